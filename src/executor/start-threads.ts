import { limitMemory } from './process-memory.ts';
import { ThreadPool } from './thread-pool.ts';

/** The threads of a process that runs sweeps, and the bounds on its memory while it has them. */
export interface Threads extends AsyncDisposable {
  readonly pool: ThreadPool;
}

/** Threads load their modules from here on: started before they are needed, they are ready then. */
export async function startThreads(count: number): Promise<Threads> {
  const held = new AsyncDisposableStack();
  held.use(await limitMemory());
  const pool = held.use(new ThreadPool(count));
  let ended: Promise<void> | undefined;
  return { pool, [Symbol.asyncDispose]: () => (ended ??= held.disposeAsync()) };
}
