/** Values that NumPy adds in one block of eight running sums; longer arrays are halved. */
const BLOCK = 128;
const LANES = 8;

/** NumPy's sum of contiguous doubles, bit for bit: fewer than 8 in order, else eight running sums. */
export function pairwiseSum(x: Float64Array): number {
  const count = x.length;
  if (count > BLOCK) {
    const half = Math.floor(count / 2);
    const cut = half - (half % LANES);
    return pairwiseSum(x.subarray(0, cut)) + pairwiseSum(x.subarray(cut));
  }
  let sum = 0;
  let next = 0;
  if (count >= LANES) {
    const lanes = x.slice(0, LANES);
    for (next = LANES; next < count - (count % LANES); next += LANES) {
      for (let lane = 0; lane < LANES; lane++) lanes[lane]! += x[next + lane]!;
    }
    const [a, b, c, d, e, f, g, h] = lanes as unknown as Lanes;
    sum = a + b + (c + d) + (e + f + (g + h));
  }
  for (; next < count; next++) sum += x[next]!;
  return sum;
}

type Lanes = readonly [number, number, number, number, number, number, number, number];
