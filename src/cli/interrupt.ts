/**
 * Ctrl-C in two steps: the first stops (running batches end, the rest is kept for a resume), the
 * second aborts (running batches hand back after the point they are on). A third ends the process.
 */
export class Interrupt implements Disposable {
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #say: (text: string) => void;
  readonly #listener = () => this.#next();

  /** What it says, `say` shows: above a progress display, where there is one. */
  constructor(say: (text: string) => void) {
    this.#say = say;
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  /** No new work. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** End what is running too. */
  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }

  #next(): void {
    if (this.#abort.signal.aborted) process.exit(3);
    if (this.#stop.signal.aborted) {
      this.#say('aborting');
      this.#abort.abort();
      return;
    }
    this.#say('stopping: running batches end, nothing is lost; press again to abort');
    this.#stop.abort();
  }
}
