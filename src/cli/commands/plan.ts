import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { loadConfig, type Config } from '../../config.ts';
import { runPilot } from '../../executor/pilot.ts';
import { planSweep, type SweepPlan } from '../../executor/plan-sweep.ts';
import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatWindow,
  plural,
} from '../../report/format.ts';
import { renderFacts } from '../../report/table.ts';
import { formatShort, timeframeMs } from '../../time.ts';
import { loadCard, warnAboutCard } from '../card-file.ts';
import { estimateSweep, loopSlowdown, type SweepEstimate } from '../estimate.ts';
import { cardArgument, jsonFlag, sweepFlags, sweepOverrides } from '../flags.ts';
import { paint, print, printJson } from '../output.ts';
import { resolveSweep } from '../../grid/sweep.ts';
import type { CardIssue } from '../../errors.ts';

const ARGS = { ...cardArgument, ...sweepFlags, ...jsonFlag } as const;

export const planCommand = defineCommand({
  meta: { name: 'plan', description: 'What a sweep would do, timed by a pilot; writes nothing' },
  args: ARGS,
  async run({ args, rawArgs }) {
    const config = loadConfig();
    const overrides = sweepOverrides(args, rawArgs, ARGS);
    const parsed = await loadCard(args.card, overrides);
    const sweep = resolveSweep(parsed, overrides, Date.now());
    const plan = await planSweep(config, sweep);
    const estimate = estimateSweep(config, plan, await runPilot(config, sweep, plan.grid));
    const warnings = [...parsed.warnings, ...plan.warnings];
    if (args.json) printJson(planDocument(config, plan, { estimate, warnings }));
    else print(renderPlan(config, plan, { estimate, warnings }));
    if (!args.json && warnings.length > 0) warnAboutCard(args.card, { ...parsed, warnings });
  },
});

// --- internal ---

/** Points looked at for an example of a refusal; a million take a second. */
const REFUSALS_LOOKED_MAX = 10_000;

interface PlanExtras {
  readonly estimate: SweepEstimate;
  readonly warnings: readonly CardIssue[];
}

function isCached(config: Config, fileName: string): boolean {
  return existsSync(join(config.feedsDir, fileName));
}

/** The document of design §11. */
function planDocument(config: Config, plan: SweepPlan, { estimate, warnings }: PlanExtras): object {
  return {
    points: {
      total: plan.points.total,
      admitted: plan.points.admitted,
      refused: plan.points.refused,
      ...(plan.points.isEstimated ? { estimated: true } : {}),
    },
    axes: plan.sweep.axes.map((axis) => ({
      name: axis.name,
      path: axis.members.length === 1 ? axis.members[0]?.text : axis.members.map((m) => m.text),
      values: axis.members.length === 1 ? axis.values.map((value) => value[0]) : axis.values,
    })),
    engine: estimate.kernel.isSupported ? 'kernel' : 'bar_loop',
    batches: estimate.batches,
    feeds: plan.feedPlans.map((feed) => ({
      symbol: feed.symbol,
      timeframe: feed.timeframe,
      columns: feed.columns.length,
      bars: feed.bars,
      bytes: feed.bytes,
      cached: isCached(config, feed.fileName),
    })),
    estimate: {
      seconds: estimate.seconds,
      memory_bytes: estimate.memoryBytes,
      result_bytes: estimate.resultBytes,
    },
    warnings: warnings.map(({ code, path, message, hint }) => ({
      code,
      path,
      message,
      hint: hint ?? null,
    })),
  };
}

function renderPlan(config: Config, plan: SweepPlan, { estimate, warnings }: PlanExtras): string {
  const { sweep } = plan;
  return renderFacts([
    ['sweep', `${sweep.name}   profile ${sweep.profile}   ${objectiveText(plan)}`],
    ['grid', gridText(plan)],
    ...candleLines(plan),
    ['feeds', feedsText(config, plan)],
    [
      'engine',
      `${engineText(estimate)}   ${plural(estimate.batches, 'batch', 'batches')} on ` +
        plural(config.threads, 'thread') +
        engineReason(estimate),
    ],
    [
      'time',
      `${timeText(estimate)}   ` +
        `results ${formatBytes(estimate.resultBytes)}   memory ${formatBytes(estimate.memoryBytes)}` +
        (estimate.withoutPilot === undefined ? '' : `\na guess: ${estimate.withoutPilot}`),
    ],
    ['warnings', warnings.length === 0 ? 'none' : paint('yellow', `${warnings.length}, see below`)],
  ]);
}

/** `2.4 s (2.1–2.8)`: the unit is said once where it is the same. */
function timeText({ seconds, secondsLow, secondsHigh }: SweepEstimate): string {
  const high = formatElapsed(secondsHigh * 1000);
  const unit = / \S+$/.exec(high)?.[0] ?? '';
  const isOneUnit = high.split(' ').length === 2;
  const short = (text: string) =>
    isOneUnit && text.endsWith(unit) ? text.slice(0, -unit.length) : text;
  const range = `${short(formatElapsed(secondsLow * 1000))}–${short(high)}`;
  return `${formatElapsed(seconds * 1000)} (${range})`;
}

function engineText({ kernel }: SweepEstimate): string {
  return kernel.isSupported ? 'kernel' : 'bar loop';
}

/** What keeps a card out of the kernel, on a line of its own. */
function engineReason({ kernel }: SweepEstimate): string {
  if (kernel.isSupported) return '';
  return `\nabout ${loopSlowdown()} times slower than the kernel: ${kernel.reason} (${kernel.path})`;
}

function objectiveText({ sweep }: SweepPlan): string {
  const { metric, direction } = sweep.objective;
  const require = sweep.require.length === 0 ? '' : `   require ${sweep.require.join(' and ')}`;
  return `${direction} ${metric}${require}`;
}

/** `12 × 10 × 5 = 600   fast × slow × stop`, then what constraints and refusals leave. */
function gridText({ sweep, grid, points }: SweepPlan): string {
  const sizes = sweep.axes.map((axis) => formatCount(axis.values.length));
  const product = sizes.length > 1 ? `${sizes.join(' × ')} = ` : '';
  const names = sweep.axes.map((axis) => axis.name).join(' × ');
  const constraints = sweep.constraints.map((text) => `"${text}"`).join(', ');
  const admitted = `${points.isEstimated ? 'about ' : ''}${formatCount(points.admitted)}`;
  const after = [
    ...(constraints === '' ? [] : [`after ${constraints}: ${admitted}`]),
    ...(points.refused > 0 ? [`${formatCount(points.refused)} refused${refusalText(grid)}`] : []),
  ];
  const whole = `${product}${formatCount(points.total)}   ${names === '' ? 'one point, no axes' : names}`;
  return [whole, ...after].join(whole.length + after.join('').length < 70 ? '   ' : '\n');
}

/** Why points are refused, by the first of them within reach. */
function refusalText(grid: SweepPlan['grid']): string {
  let index = grid.nextAdmitted(0);
  for (let looked = 0; looked < REFUSALS_LOOKED_MAX && index < grid.size; looked++) {
    const refusal = grid.refusal(index);
    if (refusal !== undefined) return ` (${refusal.message})`;
    index = grid.nextAdmitted(index + 1);
  }
  return '';
}

function candleLines({ sweep, feedPlans }: SweepPlan): (readonly [string, string])[] {
  const seen = new Set<string>();
  const lines: (readonly [string, string])[] = [];
  for (const feed of feedPlans) {
    const key = `${feed.symbol} ${feed.timeframe}`;
    if (seen.has(key)) continue;
    const label = seen.size === 0 ? 'candles' : '';
    seen.add(key);
    const inWindow = feed.bars - feed.windowStartRow;
    const spanned = Math.round((feed.endMs - feed.startMs) / timeframeMs(feed.timeframe));
    const missing = Math.max(0, spanned - feed.bars);
    lines.push([
      label,
      `${key}  ${formatWindow(sweep.window)}   ${plural(inWindow, 'bar')}, ` +
        `warm-up from ${formatShort(feed.startMs)}, ` +
        (missing === 0 ? 'no gaps' : `${plural(missing, 'bar')} missing`),
    ]);
  }
  return lines;
}

function feedsText(config: Config, { feedPlans }: SweepPlan): string {
  const columns = feedPlans.reduce((sum, feed) => sum + feed.columns.length, 0);
  const bytes = feedPlans.reduce((sum, feed) => sum + feed.bytes, 0);
  const cached = feedPlans.filter((feed) => isCached(config, feed.fileName)).length;
  const state =
    cached === feedPlans.length ? 'built' : cached === 0 ? 'not built' : `${cached} built`;
  return (
    `${plural(feedPlans.length, 'file')}, ${plural(columns, 'indicator column')}, ` +
    `${formatBytes(bytes)} (${state})`
  );
}
