import { formatCount, formatElapsed, formatNumber } from '../report/format.ts';
import { isTerminal, note, paint } from './output.ts';

/**
 * Progress on stderr: a bar that is redrawn on a terminal, a plain line every few seconds
 * elsewhere (logs, CI), nothing on stdout.
 */

export interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** Shown at the end of the line: `best sharpe 1.31 (fast 39 slow 270)`. */
  readonly best?: string | undefined;
}

export interface Progress extends Disposable {
  update(state: ProgressState): void;
  /** A line above the display, which goes on below it. */
  say(text: string): void;
}

/** Starts a display; dispose it before printing anything else. */
export async function startProgress(label: string): Promise<Progress> {
  return isTerminal('stderr') ? startBar() : startLines(label);
}

// --- internal ---

const LINE_EVERY_MS = 5_000;
const REDRAW_PER_SECOND = 8;
const BAR_WIDTH = 24;
const SHOW_CURSOR = '\u001b[?25h';

async function startBar(): Promise<Progress> {
  const { SingleBar } = (await import('cli-progress')).default;
  const pace = new Pace();
  let state: ProgressState = { done: 0, total: 1 };
  const bar = new SingleBar({
    stream: process.stderr,
    fps: REDRAW_PER_SECOND,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is for the command to answer; the package would end the bar on its own.
    gracefulExit: false,
    linewrap: null,
    // Own drawing: the package's own rate and ETA count from the last redraw, not from the work.
    format: (_options, params) => {
      const filled = Math.round(params.progress * BAR_WIDTH);
      const blocks = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      const room = (process.stderr.columns ?? 100) - BAR_WIDTH - 5;
      return `  ${paint('cyan', blocks, 'stderr')}  ${cut(describe(state, pace), room)}`;
    },
  });
  // A process that is ended in the middle must not leave the terminal without a cursor.
  const showCursor = () => process.stderr.write(SHOW_CURSOR);
  process.once('exit', showCursor);
  bar.start(1, 0);
  return {
    update(next) {
      state = next;
      pace.note(next.done);
      bar.setTotal(Math.max(1, next.total));
      bar.update(Math.min(next.done, next.total));
    },
    say(text) {
      bar.stop();
      note(text);
      bar.start(Math.max(1, state.total), Math.min(state.done, state.total));
    },
    [Symbol.dispose]() {
      bar.stop();
      process.off('exit', showCursor);
    },
  };
}

function startLines(label: string): Progress {
  const pace = new Pace();
  let shownAtMs = performance.now();
  return {
    update(state) {
      pace.note(state.done);
      const nowMs = performance.now();
      if (nowMs - shownAtMs < LINE_EVERY_MS) return;
      shownAtMs = nowMs;
      note(`${label}  ${describe(state, pace)}`);
    },
    say: note,
    [Symbol.dispose]: () => undefined,
  };
}

/** A line that wraps could not be redrawn. */
function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}

/** Points a second since the first report; what a resumed sweep had before does not count. */
class Pace {
  readonly #startMs = performance.now();
  #firstDone: number | undefined;
  #done = 0;

  note(done: number): void {
    this.#firstDone ??= done;
    this.#done = done;
  }

  get perSecond(): number {
    const elapsedMs = performance.now() - this.#startMs;
    const gained = this.#done - (this.#firstDone ?? 0);
    return elapsedMs > 200 ? (gained / elapsedMs) * 1000 : 0;
  }
}

function describe(state: ProgressState, pace: Pace): string {
  const share = state.total > 0 ? Math.floor((100 * state.done) / state.total) : 100;
  const rate = pace.perSecond;
  const parts = [
    `${String(share).padStart(3)} %`,
    `${formatCount(state.done)} / ${formatCount(state.total)}`,
  ];
  if (rate > 0) {
    parts.push(`${formatNumber(rate, rate >= 100 ? 0 : 1)} points/s`);
    if (state.done < state.total) {
      parts.push(`ETA ${formatElapsed(Math.ceil((state.total - state.done) / rate) * 1000)}`);
    }
  }
  if (state.best !== undefined) parts.push(state.best);
  return parts.join('   ');
}
