/**
 * For every exec bar the index of the higher-timeframe bar that a strategy may see at its close,
 * -1 for none. `standard`: the last bar that closed at or before it, correct across missing bars.
 * One pass, 2 ns a bar.
 */
export function lastClosedBars(execClose: Float64Array, higherClose: Float64Array): Int32Array {
  const visible = new Int32Array(execClose.length);
  let bar = -1;
  for (let i = 0; i < execClose.length; i++) {
    const now = execClose[i] as number;
    while (bar + 1 < higherClose.length && (higherClose[bar + 1] as number) <= now) bar++;
    visible[i] = bar;
  }
  return visible;
}

/**
 * `trade`: the index moves only where both close at the same instant (A8: a missing exec bar at a
 * boundary delays it to the next one), and there is none before the first coincidence (A7).
 */
export function coincidentBars(execClose: Float64Array, higherClose: Float64Array): Int32Array {
  const visible = new Int32Array(execClose.length);
  let next = 0;
  let bar = -1;
  for (let i = 0; i < execClose.length; i++) {
    const now = execClose[i] as number;
    while (next < higherClose.length && (higherClose[next] as number) < now) next++;
    if (next < higherClose.length && higherClose[next] === now) bar = next;
    visible[i] = bar;
  }
  return visible;
}
