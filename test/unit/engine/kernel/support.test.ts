import { describe, expect, test } from 'vitest';
import { SweepKernel } from '../../../../src/engine/kernel/kernel.ts';
import { kernelSupport } from '../../../../src/engine/kernel/support.ts';
import { MultiTFFeedStore } from '../../../../src/feed/multi-tf.ts';
import { METRIC_COLUMNS } from '../../../../src/metrics/registry.ts';
import { kernelSweep } from '../../../support/kernel-backtests.ts';

describe('what the kernel takes', () => {
  const sweep = kernelSweep(1);
  const card = sweep.cards[0]!;

  test('is every card of profile standard', () => {
    expect(kernelSupport(card, { profile: 'standard' })).toEqual({ isSupported: true });
  });

  test('is not profile trade, and it says so', () => {
    expect(kernelSupport(card, { profile: 'trade' })).toMatchObject({
      isSupported: false,
      path: 'sweep.profile',
    });
  });

  test('is no condition that looks ahead, whose place it names', () => {
    const { signal_rules: rules } = card;
    const [entry] = rules.entry_rules;
    const conditions = entry!.conditions.map((condition) => ({ ...condition, prev_offset: -1 }));
    const ahead = { ...card, signal_rules: { ...rules, entry_rules: [{ ...entry!, conditions }] } };
    expect(kernelSupport(ahead, { profile: 'standard' })).toMatchObject({
      path: 'signal_rules.entry_rules[0].conditions[0].prev_offset',
    });
  });

  test('leaves a point without a bar to the bar loop', () => {
    const kernel = new SweepKernel(sweep.window);
    const out = new Float64Array(METRIC_COLUMNS.length).fill(7);
    const { exec, windowStartBar } = sweep.feeds;
    const empty = new MultiTFFeedStore({ exec, windowStartBar, endBar: windowStartBar });
    expect(kernel.run([{ card, feeds: empty, out }])).toEqual([undefined]);
    expect(new Set(out)).toEqual(new Set([7]));
  });
});
