/** The slow twins of src/feed/visible-bars.ts: each exec bar looks through every higher bar. */

/** Last bar whose close is at or before the exec close; -1 for none. */
export function lastClosedBar(execCloseMs: number, higherClose: Float64Array): number {
  let found = -1;
  higherClose.forEach((closeMs, bar) => {
    if (closeMs <= execCloseMs) found = bar;
  });
  return found;
}

/** The loop of trade-semantics §4.2, with no value before the first coincidence (A7). */
export function coincidentBarsSlowly(execClose: Float64Array, higherClose: Float64Array): number[] {
  let current = -1;
  return [...execClose].map((closeMs) => {
    const coincident = higherClose.indexOf(closeMs);
    if (coincident >= 0) current = coincident;
    return current;
  });
}
