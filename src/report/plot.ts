import { formatNumber } from './format.ts';
import { padCell } from './table.ts';

/** Series as text: one line (sparkline) or a small area plot with a scale. */

const EIGHTHS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

export interface PlotOptions {
  /** Terminal columns of the plot without its scale. */
  readonly width: number;
  readonly height: number;
  /** Text under the left and right end. */
  readonly startLabel: string;
  readonly endLabel: string;
  /** Colour for a column, told whether its value is at or above the first value. */
  readonly paint?: (text: string, isAbove: boolean) => string;
}

/** One line, low to high; gaps (NaN) are spaces. Empty for an empty series. */
export function sparkline(values: ArrayLike<number>, width: number): string {
  const samples = sample(values, width);
  const { low, high } = extent(samples);
  return samples
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const level = high > low ? Math.round(((value - low) / (high - low)) * 7) : 3;
      return EIGHTHS[level] ?? ' ';
    })
    .join('');
}

/**
 * An area plot: each column is filled from the lowest value up to its own, to an eighth of a row.
 * A long series is drawn from values at equal distances; the scale names the extremes of what is
 * drawn and the two labels its ends.
 */
export function areaPlot(values: ArrayLike<number>, options: PlotOptions): string {
  const samples = sample(values, options.width);
  if (samples.length === 0) return '';
  const { low, high } = extent(samples);
  const first = samples.find((value) => Number.isFinite(value)) ?? 0;
  const scale = [formatNumber(high, scaleDigits(high)), formatNumber(low, scaleDigits(high))];
  const scaleWidth = Math.max(...scale.map((text) => text.length));
  const paint = options.paint ?? ((text: string) => text);
  const rows: string[] = [];
  for (let row = options.height - 1; row >= 0; row--) {
    const label = row === options.height - 1 ? scale[0] : row === 0 ? scale[1] : '';
    const cells = samples.map((value) => ({
      text: areaCell(value, row, { low, high, height: options.height }),
      isAbove: value >= first,
    }));
    const tick = label === '' ? '│' : '┤';
    rows.push(`  ${padCell(label ?? '', scaleWidth, true)} ${tick}${paintRuns(cells, paint)}`);
  }
  const room = samples.length - options.startLabel.length - options.endLabel.length;
  const under = options.startLabel + ' '.repeat(Math.max(2, room)) + options.endLabel;
  return [...rows, `  ${' '.repeat(scaleWidth)}  ${under}`].join('\n');
}

// --- internal ---

/** At most `width` values at equal distances, the first and the last among them. */
function sample(values: ArrayLike<number>, width: number): number[] {
  const count = Math.min(values.length, Math.max(1, Math.floor(width)));
  return Array.from({ length: count }, (_, column) => {
    const index = count === 1 ? 0 : Math.round((column * (values.length - 1)) / (count - 1));
    return values[index] ?? Number.NaN;
  });
}

function extent(samples: readonly number[]): { low: number; high: number } {
  const finite = samples.filter((value) => Number.isFinite(value));
  return { low: Math.min(...finite), high: Math.max(...finite) };
}

function areaCell(
  value: number,
  row: number,
  frame: { readonly low: number; readonly high: number; readonly height: number },
): string {
  if (!Number.isFinite(value)) return ' ';
  const range = frame.high - frame.low;
  const share = range > 0 ? (value - frame.low) / range : 0.5;
  // The lowest value still shows one eighth: an empty column means "no value".
  const eighths = Math.max(1, Math.round(share * frame.height * 8));
  const inRow = Math.min(8, eighths - row * 8);
  return inRow <= 0 ? ' ' : (EIGHTHS[inRow - 1] ?? ' ');
}

function scaleDigits(high: number): number {
  return Math.abs(high) >= 1000 ? 0 : 2;
}

/** One colour change per run of equal columns, not one per column. */
function paintRuns(
  cells: readonly { readonly text: string; readonly isAbove: boolean }[],
  paint: (text: string, isAbove: boolean) => string,
): string {
  let line = '';
  for (let start = 0; start < cells.length;) {
    const isAbove = cells[start]?.isAbove ?? true;
    let end = start;
    while (end < cells.length && cells[end]?.isAbove === isAbove) end += 1;
    const text = cells
      .slice(start, end)
      .map((cell) => cell.text)
      .join('');
    line += text.trim() === '' ? text : paint(text, isAbove);
    start = end;
  }
  return line.trimEnd();
}
