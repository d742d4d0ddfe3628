/** Thrown when the program itself is wrong; nobody catches it (style: programmer errors crash). */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stays on in production. `message` names the broken invariant. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The value, or an AssertionError where it is null or undefined. */
export function required<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new AssertionError(message);
  return value;
}
