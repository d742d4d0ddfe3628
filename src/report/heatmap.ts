import { NO_VALUE } from './format.ts';
import { padCell } from './table.ts';

/**
 * A metric over two axes, as text. Numbers on coloured cells where they fit, shades where they do
 * not, and neighbours grouped where even shades are too many.
 */

export interface Heatmap {
  readonly xTitle: string;
  readonly yTitle: string;
  readonly metric: string;
  readonly xLabels: readonly string[];
  readonly yLabels: readonly string[];
  /** cells[y][x]; null where no point has a value. */
  readonly cells: readonly (readonly (number | null)[])[];
  /** Whether the largest value is the best one; colours follow it. */
  readonly isHigherBetter: boolean;
}

export interface HeatmapOptions {
  /** Terminal columns available. */
  readonly width: number;
  /** Colours the terminal shows; 0 for none. */
  readonly colors: number;
  readonly format: (value: number) => string;
}

/** Lines of text: title row of x values, one row per y value (first at the top), legend. */
export function renderHeatmap(heatmap: Heatmap, options: HeatmapOptions): string {
  const labelWidth = Math.max(
    heatmap.yTitle.length,
    ...heatmap.yLabels.map((label) => label.length),
  );
  const room = Math.max(8, options.width - labelWidth - 4);
  const numbered = numberedWidth(heatmap, options);
  if (numbered * heatmap.xLabels.length <= room) {
    return draw(heatmap, options, { labelWidth, cellWidth: numbered, isNumbered: true });
  }
  const small = group(heatmap, Math.floor(room / 2));
  return draw(small, options, { labelWidth, cellWidth: 2, isNumbered: false });
}

// --- internal ---

interface Layout {
  readonly labelWidth: number;
  readonly cellWidth: number;
  readonly isNumbered: boolean;
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly best: number;
  /** 0 worst … 1 best. */
  readonly share: (value: number) => number;
}

const SHADES = ['·', '░', '▒', '▓', '█'];
/** Viridis at five stops: even in lightness, readable without telling red from green. */
const VIRIDIS: readonly (readonly [number, number, number])[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

function numberedWidth(heatmap: Heatmap, options: HeatmapOptions): number {
  const texts = heatmap.cells.flat().map((value) => cellText(value, options));
  return 2 + Math.max(1, ...texts.map((text) => text.length), ...labelLengths(heatmap));
}

function labelLengths(heatmap: Heatmap): number[] {
  return heatmap.xLabels.map((label) => label.length);
}

function cellText(value: number | null, options: HeatmapOptions): string {
  return value === null ? NO_VALUE : options.format(value);
}

function draw(heatmap: Heatmap, options: HeatmapOptions, layout: Layout): string {
  const values = heatmap.cells.flat().filter((value): value is number => value !== null);
  const scale = scaleOf(values, heatmap.isHigherBetter);
  const rows = heatmap.cells.map((line, y) => {
    const label = padCell(heatmap.yLabels[y] ?? '', layout.labelWidth, true);
    return `  ${label}  ${line.map((value) => drawCell(value, scale, options, layout)).join('')}`;
  });
  return [
    ...titleLines(heatmap, layout),
    ...rows,
    '',
    `  ${' '.repeat(layout.labelWidth)}  ${legend(heatmap, scale, options)}`,
  ].join('\n');
}

function scaleOf(values: readonly number[], isHigherBetter: boolean): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const share = (value: number) => {
    if (!(high > low)) return 1;
    const fraction = (value - low) / (high - low);
    return isHigherBetter ? fraction : 1 - fraction;
  };
  return { low, high, best: isHigherBetter ? high : low, share };
}

function titleLines(heatmap: Heatmap, layout: Layout): string[] {
  const corner = padCell(heatmap.yTitle, layout.labelWidth, true);
  const blank = ' '.repeat(layout.labelWidth);
  if (layout.isNumbered) {
    const labels = heatmap.xLabels.map((label) => padCell(label, layout.cellWidth - 1, true) + ' ');
    return [`  ${blank}  ${heatmap.xTitle} →`, `  ${corner}  ${labels.join('').trimEnd()}`];
  }
  const first = heatmap.xLabels[0] ?? '';
  const last = heatmap.xLabels.at(-1) ?? '';
  const gap = layout.cellWidth * heatmap.xLabels.length - first.length - last.length;
  return [
    `  ${blank}  ${heatmap.xTitle} →`,
    `  ${corner}  ${first}${' '.repeat(Math.max(1, gap))}${last}`,
  ];
}

function drawCell(
  value: number | null,
  scale: Scale,
  options: HeatmapOptions,
  layout: Layout,
): string {
  if (layout.isNumbered) {
    const mark = value !== null && value === scale.best ? '*' : ' ';
    const text = padCell(cellText(value, options), layout.cellWidth - 1, true) + mark;
    return value === null ? text : onColor(text, scale.share(value), options.colors);
  }
  if (value === null) return ' '.repeat(layout.cellWidth);
  if (options.colors > 0) {
    return onColor(' '.repeat(layout.cellWidth), scale.share(value), options.colors);
  }
  return shade(scale.share(value)).repeat(layout.cellWidth);
}

function shade(share: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.floor(share * SHADES.length))] ?? ' ';
}

function legend(heatmap: Heatmap, scale: Scale, options: HeatmapOptions): string {
  if (!Number.isFinite(scale.low)) return `no eligible point has a value of ${heatmap.metric}`;
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const bar = steps
    .map((share) => (options.colors > 0 ? onColor('   ', share, options.colors) : shade(share)))
    .join('');
  const ends = heatmap.isHigherBetter ? [scale.low, scale.high] : [scale.high, scale.low];
  const [worst, best] = ends.map((value) => options.format(value ?? 0));
  return `${heatmap.metric}  ${worst} ${bar} ${best} best`;
}

function onColor(text: string, share: number, colors: number): string {
  if (colors < 256) return text;
  const [red, green, blue] = viridis(share);
  const isLight = red * 0.299 + green * 0.587 + blue * 0.114 > 130;
  const foreground = isLight ? '30' : '97';
  const background =
    colors > 256
      ? `48;2;${red};${green};${blue}`
      : `48;5;${16 + 36 * level(red) + 6 * level(green) + level(blue)}`;
  return `\u001B[${foreground};${background}m${text}\u001B[0m`;
}

function level(component: number): number {
  return Math.round((component / 255) * 5);
}

function viridis(share: number): [number, number, number] {
  const position = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const index = Math.min(VIRIDIS.length - 2, Math.floor(position));
  const from = VIRIDIS[index] ?? [0, 0, 0];
  const to = VIRIDIS[index + 1] ?? from;
  const mix = (part: 0 | 1 | 2) =>
    Math.round(from[part] + (to[part] - from[part]) * (position - index));
  return [mix(0), mix(1), mix(2)];
}

/** Groups neighbouring x and y values until `columns` cells fit; a group shows its best value. */
function group(heatmap: Heatmap, columns: number): Heatmap {
  const per = Math.ceil(heatmap.xLabels.length / Math.max(1, columns));
  if (per <= 1) return heatmap;
  const better = heatmap.isHigherBetter ? Math.max : Math.min;
  const xs = chunkStarts(heatmap.xLabels.length, per);
  const ys = chunkStarts(heatmap.yLabels.length, per);
  const bestOf = (y: number, x: number) => {
    let best: number | null = null;
    for (const line of heatmap.cells.slice(y, y + per)) {
      for (const value of line.slice(x, x + per)) {
        if (value !== null) best = best === null ? value : better(best, value);
      }
    }
    return best;
  };
  return {
    ...heatmap,
    metric: `${heatmap.metric} (a cell is the best of ${per} × ${per})`,
    xLabels: xs.map((x) => heatmap.xLabels[x] ?? ''),
    yLabels: ys.map((y) => heatmap.yLabels[y] ?? ''),
    cells: ys.map((y) => xs.map((x) => bestOf(y, x))),
  };
}

function chunkStarts(length: number, per: number): number[] {
  return Array.from({ length: Math.ceil(length / per) }, (_, index) => index * per);
}
