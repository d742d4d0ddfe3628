import { expect, it } from 'vitest';
import { collectGarbage, limitMemory } from '../../../src/executor/process-memory.ts';

it('bounds the memory of a process as often as it is asked, and leaves no name behind', async () => {
  using first = await limitMemory();
  using second = await limitMemory();
  collectGarbage();
  expect(first).not.toBe(second);
  expect(Object.hasOwn(globalThis, 'gc')).toBe(false);
});
