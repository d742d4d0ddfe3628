import type { Store } from '../store/db.ts';
import { sweepProgress } from '../store/progress.ts';
import type { SweepRow } from '../store/sweeps.ts';
import { startProgress } from './progress.ts';
import { describeBest } from './sweep-view.ts';

/** A sweep's progress on stderr until it is disposed. */
export interface SweepDisplay extends Disposable {
  say(text: string): void;
  add(points: number): void;
  refresh(): Promise<void>;
}

/** A progress display over what is saved, with the best point so far asked for once a second. */
export async function followProgress(store: Store, row: SweepRow): Promise<SweepDisplay> {
  const progress = await startProgress(row.name);
  const before = await sweepProgress(store.sql, row.sweepId);
  let done = before.completed + before.failed + before.refused;
  let best: string | undefined;
  let isAsking = false;
  let isOver = false;
  const draw = () => {
    // An answer may come in after the display has ended; it would draw over what follows.
    if (!isOver) progress.update({ done, total: row.points.admitted, best });
  };
  const askBest = async () => {
    if (isAsking) return;
    isAsking = true;
    // The display is no reason to end a sweep: without an answer it shows the last best.
    best = await sweepProgress(store.sql, row.sweepId).then(
      (now) => describeBest(row.spec, now.best) ?? best,
      () => best,
    );
    isAsking = false;
    draw();
  };
  const timer = setInterval(() => void askBest(), 1000);
  draw();
  return {
    say: (text) => progress.say(text),
    add(points) {
      done += points;
      draw();
    },
    async refresh() {
      const now = await sweepProgress(store.sql, row.sweepId).catch(() => undefined);
      if (now !== undefined) done = now.completed + now.failed + now.refused;
      draw();
    },
    [Symbol.dispose]() {
      isOver = true;
      clearInterval(timer);
      progress[Symbol.dispose]();
    },
  };
}
