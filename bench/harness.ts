/** What a bench file exports as `bench`. Every bench runs at `small` in the unit tier, so none rots. */
export interface Bench<Size> {
  readonly small: Size;
  readonly large: Size;
  /** Runs once at a size; fixed iterations, never "as long as it takes". */
  run(size: Size): Promise<BenchResult> | BenchResult;
}

export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
}

export interface BenchResult {
  readonly figures: readonly Figure[];
  /** Hash of what was computed, so that a speed-up that changes the result shows. */
  readonly hash: string;
}

export interface Timing {
  readonly minMs: number;
  readonly medianMs: number;
}

/** Runs `work` `iterations` times after one warm-up; minimum and median wall time. */
export function time(iterations: number, work: () => void): Timing {
  work();
  const elapsed = Array.from({ length: iterations }, () => {
    const startMs = performance.now();
    work();
    return performance.now() - startMs;
  });
  return summarise(elapsed);
}

/** As `time`, for asynchronous work. */
export async function timeAsync(iterations: number, work: () => Promise<void>): Promise<Timing> {
  await work();
  const elapsed: number[] = [];
  for (let i = 0; i < iterations; i += 1) {
    const startMs = performance.now();
    await work();
    elapsed.push(performance.now() - startMs);
  }
  return summarise(elapsed);
}

/** Runs A and B in turn, so that both see the same machine; the ratio is of the medians. */
export function compare(
  iterations: number,
  a: () => void,
  b: () => void,
): { a: Timing; b: Timing; ratio: number } {
  const elapsed: [number[], number[]] = [[], []];
  a();
  b();
  for (let i = 0; i < iterations; i += 1) {
    for (const [side, work] of [a, b].entries()) {
      const startMs = performance.now();
      work();
      elapsed[side]?.push(performance.now() - startMs);
    }
  }
  const [timingA, timingB] = [summarise(elapsed[0]), summarise(elapsed[1])];
  return { a: timingA, b: timingB, ratio: timingB.medianMs / timingA.medianMs };
}

// --- internal ---

function summarise(elapsed: readonly number[]): Timing {
  const sorted = elapsed.toSorted((x, y) => x - y);
  return { minMs: sorted[0] ?? 0, medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0 };
}
