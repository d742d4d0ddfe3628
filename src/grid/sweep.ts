import { checkCard, checkForTrade } from '../card/check.ts';
import { didYouMean, shown } from '../card/issues.ts';
import { cardInvalid, type ParsedCard } from '../card/parse.ts';
import { cardSchema, type IdeaCard } from '../card/schema.ts';
import { pathText } from '../card/source.ts';
import type { SweepSection } from '../card/sweep-schema.ts';
import { readerAt } from '../card/zod-issues.ts';
import type { ProfileName } from '../engine/profile.ts';
import { SweepError, type CardIssue } from '../errors.ts';
import { SWEEP_NAME_LENGTH_MAX } from '../limits.ts';
import { METRICS } from '../metrics/registry.ts';
import type { Axis } from './axis.ts';
import { compileConstraint, isConstraint } from './constraint.ts';
import { compileRequirement } from './require.ts';
import { createGrid } from './create-grid.ts';
import type { Grid } from './grid.ts';
import { parseSetFlag } from './overrides.ts';
import { applyPath, isPathFailure, resolvePath } from './path.ts';
import { isExpressionFailure } from './expression.ts';
import { resolveAxes, type Report } from './resolve-axes.ts';
import { reportStrategy } from './strategy.ts';
import type { Objective, Sweep, SweepOverrides } from './spec.ts';
import { findTraps } from './traps.ts';
import { resolveWindow } from './window.ts';

export type { Objective, Sweep, SweepOverrides } from './spec.ts';

/**
 * A parsed card and the flags → the resolved sweep. A card without a `sweep:` section is a grid of
 * one point.
 * @param nowMs the as-of instant of `{ last: 180d }`
 * @throws SweepError CARD_INVALID with every issue; GRID_EMPTY when no point can run.
 */
export function resolveSweep(parsed: ParsedCard, overrides: SweepOverrides, nowMs: number): Sweep {
  const { sweep, issues } = draftSweep(parsed, overrides, nowMs);
  if (issues.length > 0) throw cardInvalid(issues);
  const grid = createGrid(sweep);
  refuseEmptyGrid(sweep, grid);
  const traps = overrides.strict === true ? findTraps(sweep, grid) : [];
  if (traps.length > 0) throw cardInvalid(traps);
  return sweep;
}

/** As resolveSweep, but reports instead of throwing; with issues the sweep has no grid. */
export function draftSweep(
  parsed: ParsedCard,
  overrides: SweepOverrides,
  nowMs: number,
): { readonly sweep: Sweep; readonly issues: readonly CardIssue[] } {
  const issues: CardIssue[] = [];
  const report: Report = (path, code, message, hint) => {
    const isFlag = String(path[0]).startsWith('--');
    const place = isFlag ? undefined : parsed.locate(path);
    issues.push({
      path: pathText(path),
      ...place,
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const section = parsed.rawSweep ?? {};
  reportNotYet(section, report);
  const card = applySets(parsed.card, overrides.set ?? [], report);
  const axes = resolveAxes(card, section.axes ?? {}, overrides.axis ?? [], report);
  const profile = resolveProfile(overrides.profile ?? section.profile ?? 'standard', report);
  if (profile === 'trade') reportForTrade(card, axes, report);
  reportTexts(section, axes, report);
  reportStrategy(parsed, axes, report);
  const sweep: Sweep = {
    name: resolveName(section.name, overrides.name, card, report),
    card,
    profile,
    window: resolveWindow(section.window, overrides, nowMs, report),
    axes,
    constraints: section.constraints ?? [],
    require: section.require ?? [],
    objective: resolveObjective(section, overrides.objective, report),
    precision: section.feed?.precision ?? 'float64',
    allowShortWarmup: overrides.allowShortWarmup ?? false,
    ...(parsed.strategy === undefined ? {} : { strategy: parsed.strategy }),
  };
  return { sweep, issues };
}

// --- internal ---

function reportNotYet(section: SweepSection, report: Report): void {
  const method = section.search?.method ?? 'grid';
  if (method !== 'grid')
    report(
      ['sweep', 'search', 'method'],
      'NOT_YET',
      `search method ${method} is not built yet.`,
      'use grid',
    );
  for (const key of ['limit', 'seed'] as const) {
    if (section.search?.[key] !== undefined && method === 'grid') {
      report(
        ['sweep', 'search', key],
        'SEARCH_KEY',
        `search.${key} has no meaning for method grid.`,
        'remove it',
      );
    }
  }
  if (section.keep?.finalists !== undefined)
    report(
      ['sweep', 'keep', 'finalists'],
      'NOT_YET',
      'Finalists are not built yet.',
      'remove the key',
    );
  if (section.keep?.metrics !== undefined)
    report(
      ['sweep', 'keep', 'metrics'],
      'NOT_YET',
      'Narrowing the stored metrics is not built yet.',
      'remove the key',
    );
}

function reportForTrade(card: IdeaCard, axes: readonly Axis[], report: Report): void {
  const swept = axes.flatMap((axis) => axis.members.map((member) => member.path));
  for (const { path, code, message, hint } of checkForTrade(card)) {
    // What an axis moves is judged point by point.
    const isSwept = swept.some((other) =>
      other.every((key, n) => path[n] === key || n >= path.length),
    );
    if (!isSwept) report(path, code, message, hint);
  }
}

/** Constraints and requirements: every text that is no condition. */
function reportTexts(section: SweepSection, axes: readonly Axis[], report: Report): void {
  // A constraint over an axis that failed would only repeat that axis' problem.
  const failed = Object.keys(section.axes ?? {}).filter(
    (name) => !axes.some((axis) => axis.name === name),
  );
  section.constraints?.forEach((text, n) => {
    const result = compileConstraint(text, axes);
    const isRepeat = text.match(/\w+/g)?.some((word) => failed.includes(word)) === true;
    if (isConstraint(result) || (isRepeat && result.code === 'UNKNOWN_NAME')) return;
    report(['sweep', 'constraints', n], result.code, result.message, result.hint);
  });
  section.require?.forEach((text, n) => {
    const result = compileRequirement(text);
    if (!isExpressionFailure(result)) return;
    report(['sweep', 'require', n], result.code, result.message, result.hint);
  });
}

function applySets(card: IdeaCard, sets: readonly string[], report: Report): IdeaCard {
  let current = card;
  for (const text of sets) {
    const flag = parseSetFlag(text);
    if (!flag) {
      report(['--set'], 'SET_FLAG', `--set ${shown(text)} cannot be read.`, 'write path=value');
      continue;
    }
    const path = resolvePath(current, flag.path);
    if (isPathFailure(path)) {
      report(['--set'], path.code, path.message, path.hint);
      continue;
    }
    if (path[0] === 'strategy') {
      report(['--set'], 'STRATEGY_SET', '--set cannot change the strategy.', 'use --strategy FILE');
      continue;
    }
    const { value, issues } = readerAt(cardSchema, path)(flag.value);
    issues.forEach((issue) => report(['--set'], issue.code, issue.message, issue.hint));
    if (issues.length === 0) current = applyPath(current, path, value);
  }
  if (current !== card) {
    checkCard(current).forEach((issue) => report(['--set'], issue.code, issue.message, issue.hint));
  }
  return current;
}

function resolveName(
  written: string | undefined,
  flag: string | undefined,
  card: IdeaCard,
  report: Report,
): string {
  const ownName = card.id.replaceAll(/[^A-Za-z0-9_.-]/g, '-').slice(0, SWEEP_NAME_LENGTH_MAX);
  const name = flag ?? written ?? ownName;
  const isGood = /^[A-Za-z0-9_.-]+$/.test(name) && name.length <= SWEEP_NAME_LENGTH_MAX;
  if (!isGood)
    report(
      flag === undefined ? ['sweep', 'name'] : ['--name'],
      'SWEEP_NAME',
      `${shown(name)} is no sweep name: letters, digits, _ - . and at most ${SWEEP_NAME_LENGTH_MAX}.`,
    );
  return name;
}

function resolveProfile(name: string, report: Report): ProfileName {
  if (name === 'standard' || name === 'trade') return name;
  report(
    ['--profile'],
    'INVALID_VALUE',
    `profile is ${shown(name)}; it can be standard, trade.`,
    didYouMean(name, ['standard', 'trade']),
  );
  return 'standard';
}

function resolveObjective(
  section: SweepSection,
  flag: string | undefined,
  report: Report,
): Objective {
  const [flagMetric, flagDirection] = flag?.split(':') ?? [];
  const at = flag === undefined ? ['sweep', 'objective', 'metric'] : ['--objective'];
  const metric = flagMetric ?? section.objective?.metric ?? 'sharpe';
  const known = METRICS.find((entry) => entry.name === metric);
  const rankable = METRICS.filter((entry) => entry.unit !== 'text').map((entry) => entry.name);
  if (!known || known.unit === 'text') {
    const message = known
      ? `${metric} is text and cannot be ranked by.`
      : `Unknown metric ${shown(metric)}.`;
    report(at, 'UNKNOWN_METRIC', message, didYouMean(metric, rankable));
  }
  const natural = known?.better === 'lower' ? 'minimize' : 'maximize';
  const direction = flag === undefined ? section.objective?.direction : flagDirection;
  if (direction === undefined) return { metric, direction: natural };
  if (direction === 'maximize' || direction === 'minimize') return { metric, direction };
  report(at, 'INVALID_VALUE', `direction is ${shown(direction)}; it can be maximize, minimize.`);
  return { metric, direction: natural };
}

/** @throws SweepError GRID_EMPTY */
function refuseEmptyGrid(sweep: Sweep, grid: Grid): void {
  const admitted = grid.nextAdmitted(0) < grid.size;
  if (!admitted) {
    throw new SweepError('GRID_EMPTY', `The constraints reject all ${grid.size} points.`, {
      hint: `loosen one of: ${sweep.constraints.join(', ')}`,
    });
  }
  if (hasRunnable(grid)) return;
  const refusal = grid.refusal(grid.nextAdmitted(0));
  throw new SweepError('GRID_EMPTY', `The card can take no point: ${refusal?.message ?? ''}`, {
    hint: 'every point that the constraints let through is refused for a reason like this one',
    facts: { points: grid.size },
  });
}

/** Points looked at before counting: in all but broken sweeps the first one will do. */
const PROBES = 1000;

function hasRunnable(grid: Grid): boolean {
  let index = grid.nextAdmitted(0);
  for (let n = 0; n < PROBES && index < grid.size; n += 1) {
    if (grid.refusal(index) === undefined) return true;
    index = grid.nextAdmitted(index + 1);
  }
  if (index >= grid.size) return false;
  const runnable = grid.countRunnable();
  return runnable.count > 0 || runnable.isEstimated;
}
