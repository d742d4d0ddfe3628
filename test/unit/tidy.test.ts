import { expect, test } from 'vitest';
import { tidy } from '../../scripts/tidy.ts';

test('the repository keeps its house rules', () => {
  expect(tidy()).toEqual([]);
});
