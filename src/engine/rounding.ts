/**
 * Python's `round(x, digits)`: the nearest decimal, exact ties to even, judged on the binary value.
 * A double is an exact tie only when it is an odd multiple of 2^-(digits + 1); everywhere else
 * `toFixed`, which works on the exact value too, gives the same.
 */
export function roundHalfEven(x: number, digits: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 1e21) return x;
  const halves = x * 2 ** (digits + 1);
  if (!Number.isInteger(halves) || Math.abs(halves) % 2 !== 1) return Number(x.toFixed(digits));
  const scaled = x * 10 ** digits;
  const below = Math.floor(scaled);
  const even = below % 2 === 0 ? below : below + 1;
  return even / 10 ** digits;
}
