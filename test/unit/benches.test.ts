import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Bench } from '../../bench/harness.ts';

const files = globSync('bench/*.bench.ts').toSorted();

test.each(files)(
  '%s runs at its small size and repeats its result',
  { timeout: 60_000 },
  async (file) => {
    const { bench } = (await import(`../../${file}`)) as { bench: Bench<unknown> };
    const first = await bench.run(bench.small);
    const second = await bench.run(bench.small);
    expect(first.figures.length).toBeGreaterThan(0);
    expect(second.hash).toBe(first.hash);
  },
);
