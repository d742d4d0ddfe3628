import { GarbageWatch } from './process-memory.ts';
import { Grid } from '../grid/grid.ts';
import { createContext, type SweepContext } from './sweep-context.ts';
import { runRange, type RangeRequest, type RangeResult } from './run-range.ts';
import type { SharedContext, SharedSweep } from './thread-pool.ts';

/**
 * A thread of the pool. It keeps the contexts it has seen, so that the grid and the column views
 * of a sweep are made once per thread; feeds are views over the process's one mapping.
 */
const contexts = new Map<string, SweepContext>();
const garbage = new GarbageWatch();
// It is there for that alone; strategies do without it.
Reflect.deleteProperty(globalThis, 'gc');

export async function runOnThread(task: {
  context: SharedContext;
  request: RangeRequest;
}): Promise<RangeResult> {
  const result = runRange(await contextOf(task.context), task.request);
  garbage.look();
  return result;
}

// --- internal ---

const CONTEXTS_MAX = 2;

async function contextOf(shared: SharedContext): Promise<SweepContext> {
  const known = contexts.get(shared.contextId);
  if (known) return known;
  const [oldest] = contexts.keys();
  if (contexts.size >= CONTEXTS_MAX && oldest !== undefined) contexts.delete(oldest);
  const text = new TextDecoder().decode(new Uint8Array(shared.json).slice());
  const { sweep, refusedValues } = JSON.parse(text) as SharedSweep;
  const grid = new Grid(sweep, refusedValues);
  const context = await createContext(sweep, grid, shared.feeds);
  contexts.set(shared.contextId, context);
  return context;
}
