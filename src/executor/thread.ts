import { createContext, type SweepContext } from './sweep-context.ts';
import { runRange, type RangeRequest, type RangeResult } from './run-range.ts';
import type { SharedContext } from './thread-pool.ts';

/**
 * A thread of the pool. It keeps the contexts it has seen, so that the grid and the column views
 * of a sweep are made once per thread; feeds are views over the process's one mapping.
 */
const contexts = new Map<string, SweepContext>();

export async function runOnThread(task: {
  context: SharedContext;
  request: RangeRequest;
}): Promise<RangeResult> {
  return runRange(await contextOf(task.context), task.request);
}

// --- internal ---

const CONTEXTS_MAX = 2;

async function contextOf(shared: SharedContext): Promise<SweepContext> {
  const known = contexts.get(shared.contextId);
  if (known) return known;
  const [oldest] = contexts.keys();
  if (contexts.size >= CONTEXTS_MAX && oldest !== undefined) contexts.delete(oldest);
  const text = new TextDecoder().decode(new Uint8Array(shared.sweepJson).slice());
  const context = await createContext(JSON.parse(text), shared.feeds);
  contexts.set(shared.contextId, context);
  return context;
}
