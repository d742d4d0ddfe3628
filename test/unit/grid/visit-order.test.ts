import { describe, expect, test } from 'vitest';
import { VisitOrder } from '../../../src/grid/visit-order.ts';
import type { Axis } from '../../../src/grid/axis.ts';

function axis(name: string, path: readonly string[], size: number): Axis {
  return {
    name,
    members: [{ column: name, path, text: path.join('.') }],
    values: Array.from({ length: size }, (_, i) => [i]),
  };
}

const FAST = axis('fast', ['tf_configs', 'exec', 'feature_specs', 'fast', 'length'], 2);
const SLOW = axis('slow', ['tf_configs', 'exec', 'feature_specs', 'slow', 'length'], 3);
const STOP = axis('stop', ['risk_model', 'stop_loss', 'value'], 2);

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('the order in which points are visited', () => {
  test('takes all points of a value of the last axis of signals together', () => {
    // Index = 3·fast + slow.
    expect(new VisitOrder([FAST, SLOW]).arrange(indices(6))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('keeps points with the same signals neighbours, wherever the axis of levels stands', () => {
    // Index = 6·fast + 2·slow + stop.
    const last = new VisitOrder([FAST, SLOW, STOP]).arrange(indices(12));
    expect(last).toEqual([0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
    // Index = 6·stop + 3·fast + slow: each pair differs in the stop alone.
    const first = new VisitOrder([STOP, FAST, SLOW]).arrange(indices(12));
    expect(first.filter((_, n) => n % 2 === 1).map((point, n) => point - first[2 * n]!)).toEqual(
      Array.from({ length: 6 }, () => 6),
    );
  });

  test('turns around every other time, so that the last columns of a block are the first of the next', () => {
    const order = new VisitOrder([FAST, SLOW]);
    const first = order.arrange(indices(6));
    expect(order.arrange(indices(6))).toEqual(first.toReversed());
    expect(order.arrange(indices(6))).toEqual(first);
  });

  test('loses no point of a part of a grid', () => {
    const part = [3, 4, 5, 7, 8, 11];
    const sorted = new VisitOrder([FAST, SLOW, STOP]).arrange(part);
    expect(sorted.toSorted((a, b) => a - b)).toEqual(part);
    expect(new VisitOrder([]).arrange([0])).toEqual([0]);
  });
});
