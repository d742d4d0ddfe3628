import { z } from 'zod';

/** The reference reads cards with Python's conversions; these are the ones that a card can meet. */

/** Python's `float(text)`, finite results only; undefined where Python raises. */
export function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  if (
    !/^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+)?$/.test(trimmed)
  ) {
    return undefined;
  }
  const value = Number(trimmed.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

/** A number field that also takes numeric text and booleans, as `float()` does. */
export function numberLike<T extends z.ZodType<number, number>>(schema: T) {
  return z.preprocess((value: unknown) => {
    if (typeof value === 'string') return numberOf(value) ?? value;
    return typeof value === 'boolean' ? Number(value) : value;
  }, schema);
}

/** Python's truth of a value: empty text, 0, null and empty collections are false. */
export function pythonTruth(whenMissing: boolean) {
  return z
    .unknown()
    .optional()
    .transform((value) => (value === undefined ? whenMissing : isTruthy(value)));
}

/** Required free text: any scalar that is truthy, kept as text. */
export function truthyText() {
  return z.preprocess(
    (value: unknown) =>
      typeof value === 'number' || value === true ? String(value) : (value ?? undefined),
    z.string().min(1),
  );
}

// --- internal ---

function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
