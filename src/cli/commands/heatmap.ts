import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import { METRIC_COLUMNS } from '../../metrics/registry.ts';
import { renderHeatmap } from '../../report/heatmap.ts';
import { formatMetric } from '../../report/metrics-table.ts';
import type { StoredAxis } from '../../store/axis-columns.ts';
import { openStore, type Store } from '../../store/db.ts';
import { quoteIdentifier } from '../../store/identifiers.ts';
import { findSweep, type SweepRow } from '../../store/sweeps.ts';
import { didYouMean } from '../did-you-mean.ts';
import { jsonFlag, sweepArgument } from '../flags.ts';
import { colorCount, print, printJson, terminalWidth } from '../output.ts';
import { isHigherBetter } from '../sweep-view.ts';

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
    const { x, y } = chooseAxes(sweep, args.x, args.y);
    const cells = await bestPerCell(store, sweep, { x, y, metric });
    if (args.json) {
      printJson({
        x: x.title,
        y: y.title,
        metric,
        x_values: valuesOf(x),
        y_values: valuesOf(y),
        cells,
      });
      return;
    }
    const picture = {
      xTitle: x.title,
      yTitle: y.title,
      metric,
      xLabels: labelsOf(x),
      yLabels: labelsOf(y),
      cells,
      isHigherBetter: isHigherBetter(sweep.spec, metric),
    };
    const format = (value: number) => formatMetric(metric, value);
    print(titleOf(sweep, { x, y, metric }));
    print();
    print(renderHeatmap(picture, { width: terminalWidth(), colors: colorCount(), format }));
  },
});

// --- internal ---

/** An axis, or one member of a linked axis, as a side of the heatmap. */
interface Side {
  readonly title: string;
  readonly axis: StoredAxis;
  /** Which member labels the values; undefined shows all members of a linked axis. */
  readonly member: number | undefined;
}

interface Request {
  readonly x: Side;
  readonly y: Side;
  readonly metric: string;
}

/**
 * cells[y][x]: the best value over all other axes, of eligible points, so that the best cell is the
 * first of the ranking (and a point without trades, whose sharpe is 0, beats no loss); null where
 * there is none. One aggregate in the database: a million points cost one scan and no memory here.
 */
async function bestPerCell(
  store: Store,
  sweep: SweepRow,
  { x, y, metric }: Request,
): Promise<(number | null)[][]> {
  const best = isHigherBetter(sweep.spec, metric) ? 'max' : 'min';
  const rows = await store.sql.unsafe<{ kx: number; ky: number; value: number | null }[]>(
    `select point_index / $2 % $3 as kx, point_index / $4 % $5 as ky,
            ${best}(${quoteIdentifier(metric)}) as value
     from results where sweep_id = $1 and eligible group by 1, 2`,
    [sweep.sweepId, x.axis.stride, x.axis.count, y.axis.stride, y.axis.count],
  );
  const cells = y.axis.values.map(() => x.axis.values.map((): number | null => null));
  for (const { kx, ky, value } of rows) {
    const line = cells[ky];
    if (line !== undefined) line[kx] = value;
  }
  return cells;
}

function knownMetric(metric: string): string {
  if ((METRIC_COLUMNS as readonly string[]).includes(metric)) return metric;
  throw new SweepError('USAGE', `unknown metric "${metric}"`, {
    hint: didYouMean(metric, METRIC_COLUMNS) ?? 'docs/metrics.md lists them',
  });
}

function chooseAxes(
  sweep: SweepRow,
  xName: string | undefined,
  yName: string | undefined,
): { x: Side; y: Side } {
  const names = sweep.axes.map((axis) => axis.name);
  if (names.length < 2) {
    throw new SweepError('USAGE', `a heatmap needs two axes; ${sweep.name} has ${names.length}`);
  }
  const x = sideOf(sweep, xName ?? names.find((name) => name !== yName) ?? '');
  const y = sideOf(sweep, yName ?? names.find((name) => name !== x.axis.name) ?? '');
  if (x.axis === y.axis) {
    throw new SweepError('USAGE', `--x ${x.title} and --y ${y.title} are the same axis`, {
      hint: `its axes: ${names.join(', ')}`,
    });
  }
  return { x, y };
}

function sideOf({ name: sweepName, axes }: SweepRow, name: string): Side {
  for (const axis of axes) {
    const member = axis.columns.indexOf(name);
    if (axis.name === name) return { title: name, axis, member: undefined };
    if (member >= 0) return { title: name, axis, member };
  }
  const names = axes.flatMap((axis) => [axis.name, ...axis.columns]);
  throw new SweepError('USAGE', `${sweepName} has no axis "${name}"`, {
    hint: didYouMean(name, names) ?? `its axes: ${axes.map((axis) => axis.name).join(', ')}`,
  });
}

function valuesOf({ axis, member }: Side): unknown[] {
  if (member !== undefined) return axis.values.map((value) => value[member]);
  return axis.values.map((value) => (value.length === 1 ? value[0] : value));
}

function labelsOf({ axis, member }: Side): string[] {
  return axis.values.map((value) =>
    member === undefined ? value.join('/') : String(value[member]),
  );
}

function titleOf(sweep: SweepRow, { x, y, metric }: Request): string {
  const others = sweep.axes.filter((axis) => axis !== x.axis && axis !== y.axis);
  const names = others.map((axis) => axis.name).join(', ');
  const over = others.length === 0 ? '' : `, each cell the best eligible point over ${names}`;
  const state = sweep.rankedMs === null ? '   (not finished)' : '';
  return `  ${sweep.name}: ${metric}${over}${state}`;
}
