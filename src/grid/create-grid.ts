import { Grid } from './grid.ts';
import { findRefusedValues } from './refused-values.ts';
import type { Sweep } from './spec.ts';

/** @throws SweepError GRID_TOO_LARGE when the product of the axes is no exact integer any more. */
export function createGrid(sweep: Sweep): Grid {
  return new Grid(sweep, findRefusedValues(sweep));
}
