import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import type { Sweep } from '../../grid/sweep.ts';
import { METRIC_NAMES } from '../../metrics/registry.ts';
import { formatParam } from '../../report/format.ts';
import { renderHeatmap } from '../../report/heatmap.ts';
import { formatMetric } from '../../report/metrics-table.ts';
import type { RankedPoint } from '../../report/ranking.ts';
import { openStore } from '../../store/db.ts';
import { rankResults } from '../../store/rank.ts';
import { findSweep } from '../../store/sweeps.ts';
import { didYouMean } from '../did-you-mean.ts';
import { jsonFlag, sweepArgument } from '../flags.ts';
import { colorCount, print, printJson, terminalWidth } from '../output.ts';
import { axisColumns, isHigherBetter } from '../sweep-view.ts';

export const heatmapCommand = defineCommand({
  meta: { name: 'heatmap', description: 'A metric over two axes of a sweep' },
  args: {
    ...sweepArgument,
    x: { type: 'string', valueHint: 'AXIS', description: 'Axis across (default: the first)' },
    y: { type: 'string', valueHint: 'AXIS', description: 'Axis down (default: the second)' },
    metric: {
      type: 'string',
      valueHint: 'METRIC',
      description: "Metric to show (default: the sweep's objective)",
    },
    ...jsonFlag,
  },
  async run({ args }) {
    await using store = await openStore(loadConfig());
    const sweep = await findSweep(store.sql, args.sweep);
    const metric = knownMetric(args.metric ?? sweep.spec.objective.metric);
    const { x, y } = chooseAxes(sweep.spec, args.x, args.y);
    const points = await rankResults(store.sql, { sweep });
    const cells = bestPerCell(points, { x, y, metric });
    if (args.json) {
      printJson({ x: x.name, y: y.name, metric, x_values: x.values, y_values: y.values, cells });
      return;
    }
    print(title(sweep.spec, { x, y, metric }));
    print();
    print(
      renderHeatmap(
        {
          xTitle: x.name,
          yTitle: y.name,
          metric,
          xLabels: x.values.map(formatParam),
          yLabels: y.values.map(formatParam),
          cells,
          isHigherBetter: isHigherBetter(metric),
        },
        {
          width: terminalWidth(),
          colors: colorCount(),
          format: (value) => formatMetric(metric, value),
        },
      ),
    );
  },
});

/** One axis of a heatmap: a column of the sweep and its distinct values in axis order. */
export interface HeatmapAxis {
  readonly name: string;
  readonly values: readonly (number | string | boolean)[];
}

/**
 * The best value of the metric for each pair of axis values, over all other axes; null where no
 * point has one. A linked axis may repeat a value; its cells are merged.
 */
export function bestPerCell(
  points: readonly RankedPoint[],
  { x, y, metric }: { readonly x: HeatmapAxis; readonly y: HeatmapAxis; readonly metric: string },
): (number | null)[][] {
  const better = isHigherBetter(metric) ? Math.max : Math.min;
  const column = new Map(x.values.map((value, index) => [value, index]));
  const row = new Map(y.values.map((value, index) => [value, index]));
  const cells = y.values.map(() => x.values.map((): number | null => null));
  for (const point of points) {
    const value = point.metrics[metric];
    const line = cells[row.get(point.params[y.name] ?? '') ?? -1];
    const index = column.get(point.params[x.name] ?? '');
    if (typeof value !== 'number' || line === undefined || index === undefined) continue;
    const known = line[index] ?? null;
    line[index] = known === null ? value : better(known, value);
  }
  return cells;
}

// --- internal ---

function knownMetric(metric: string): string {
  if ((METRIC_NAMES as readonly string[]).includes(metric)) return metric;
  throw new SweepError('USAGE', `unknown metric "${metric}"`, {
    hint: didYouMean(metric, METRIC_NAMES) ?? 'docs/metrics.md lists them',
  });
}

function chooseAxes(
  sweep: Sweep,
  xName: string | undefined,
  yName: string | undefined,
): { x: HeatmapAxis; y: HeatmapAxis } {
  const names = axisColumns(sweep);
  if (names.length < 2) {
    throw new SweepError('USAGE', `a heatmap needs two axes; ${sweep.name} has ${names.length}`);
  }
  const x = xName ?? names.find((name) => name !== yName) ?? '';
  const y = yName ?? names.find((name) => name !== x) ?? '';
  if (x === y) throw new SweepError('USAGE', `--x and --y are both "${x}"`);
  return { x: axisOf(sweep, x, names), y: axisOf(sweep, y, names) };
}

function axisOf(sweep: Sweep, name: string, names: readonly string[]): HeatmapAxis {
  for (const axis of sweep.axes) {
    const member = axis.members.findIndex(({ column }) => column === name);
    if (member < 0) continue;
    const values = axis.values.map((value) => value[member] ?? '');
    return { name, values: [...new Set(values)] };
  }
  throw new SweepError('USAGE', `${sweep.name} has no axis "${name}"`, {
    hint: didYouMean(name, names) ?? `its axes: ${names.join(', ')}`,
  });
}

function title(
  sweep: Sweep,
  { x, y, metric }: { readonly x: HeatmapAxis; readonly y: HeatmapAxis; readonly metric: string },
): string {
  const others = axisColumns(sweep).filter((name) => name !== x.name && name !== y.name);
  const over = others.length === 0 ? '' : `, each cell the best over ${others.join(', ')}`;
  return `  ${sweep.name}: ${metric}${over}`;
}
