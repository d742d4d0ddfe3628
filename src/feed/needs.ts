import { required } from '../assert.ts';
import { chainOf, isChained } from '../card/chains.ts';
import type { Role } from '../card/keys.ts';
import type { Condition, IdeaCard } from '../card/schema.ts';
import type { Axis } from '../grid/axis.ts';
import type { Sweep } from '../grid/sweep.ts';
import { axesTouching, cardsOver, under, type AxisFilter } from './axis-product.ts';
import { dataStartMs } from './data-start.ts';
import { referencesOf, type References } from './references.ts';
import { columnId, rolesOf, seriesOf, type Series } from './series.ts';

/** One output of one series that some point of the grid reads. */
export interface ColumnNeed {
  readonly id: string;
  readonly series: Series;
  readonly output: string;
  /** `trade`: the data_start that the series is loaded from; undefined: its own warm-up. */
  readonly startMs: number | undefined;
  /** Axes that multiply this column, for the blame when there are too many. */
  readonly axes: readonly Axis[];
}

/** What one role's feed must hold for every point of the grid, whatever the symbol. */
export interface RoleNeeds {
  readonly columns: ReadonlyMap<string, ColumnNeed>;
  readonly lookbackBars: number;
}

export interface GridNeeds {
  readonly roles: ReadonlyMap<Role, RoleNeeds>;
  readonly symbols: readonly string[];
  /** `trade`: the earliest data_start of the grid. */
  readonly earliestStartMs: number | undefined;
}

/**
 * The distinct columns of a whole grid, found by enumerating, per feature spec, only the product
 * of the axes that touch it. `standard`: the columns that a rule, an atr_key or a price needs.
 * `trade`: every declared output (§3.4 looks at all), once per distinct data_start.
 */
export function needsOf(sweep: Sweep): GridNeeds {
  const symbols = symbolsOf(sweep);
  return sweep.profile === 'trade' ? tradeNeeds(sweep, symbols) : standardNeeds(sweep, symbols);
}

/** Symbols that the grid trades: element 0 of the universe under every value of the axes on it. */
export function symbolsOf(sweep: Sweep): readonly string[] {
  const symbols = new Set<string>();
  for (const card of cardsOver(sweep, axesTouching(sweep, under('symbol_universe')))) {
    symbols.add(required(card.symbol_universe[0], 'a card has a symbol'));
  }
  return [...symbols];
}

// --- internal ---

function standardNeeds(sweep: Sweep, symbols: readonly string[]): GridNeeds {
  const references = referencesOverGrid(sweep);
  const roles = new Map<Role, RoleNeeds>();
  for (const role of rolesOf(sweep.card)) {
    const columns = new Map<string, ColumnNeed>();
    forEachSpec(sweep, role, (series, axes) => {
      for (const { key, output } of series.outputs) {
        // An axis may rename an output; a strategy may read it under any name.
        if (sweep.card.strategy === undefined && !references[role].keys.has(key)) continue;
        const id = columnId(series.id, output);
        columns.set(id, { id, series, output, startMs: undefined, axes });
      }
    });
    roles.set(role, { columns, lookbackBars: references[role].lookbackBars });
  }
  return { roles, symbols, earliestStartMs: undefined };
}

function tradeNeeds(sweep: Sweep, symbols: readonly string[]): GridNeeds {
  const references = referencesOverGrid(sweep);
  const columns = new Map(rolesOf(sweep.card).map((role) => [role, new Map<string, ColumnNeed>()]));
  const isWarmup: AxisFilter = (path) =>
    path[0] === 'tf_configs' || path[0] === 'bars_history_required';
  const axes = axesTouching(sweep, isWarmup);
  let earliestStartMs = Infinity;
  for (const card of cardsOver(sweep, axes)) {
    const startMs = dataStartMs(card, sweep.window.startMs);
    earliestStartMs = Math.min(earliestStartMs, startMs);
    for (const [role, found] of columns) addAllOutputs(card, role, { startMs, axes, found });
  }
  const roles = new Map<Role, RoleNeeds>();
  for (const [role, found] of columns) {
    roles.set(role, { columns: found, lookbackBars: references[role].lookbackBars });
  }
  return { roles, symbols, earliestStartMs };
}

function addAllOutputs(
  card: IdeaCard,
  role: Role,
  to: { startMs: number; axes: readonly Axis[]; found: Map<string, ColumnNeed> },
): void {
  const specs = card.tf_configs[role]?.feature_specs ?? [];
  for (const spec of specs) {
    const series = seriesOf(spec, specs);
    for (const { output } of series?.outputs ?? []) {
      const id = columnId((series as Series).id, output, to.startMs);
      if (to.found.has(id)) continue;
      to.found.set(id, {
        id,
        series: series as Series,
        output,
        startMs: to.startMs,
        axes: to.axes,
      });
    }
  }
}

function forEachSpec(
  sweep: Sweep,
  role: Role,
  visit: (series: Series, axes: readonly Axis[]) => void,
): void {
  const specs = sweep.card.tf_configs[role]?.feature_specs ?? [];
  for (let index = 0; index < specs.length; index++) {
    const axes = axesTouching(sweep, chainFilter(sweep, role, index));
    for (const card of cardsOver(sweep, axes)) {
      const varied = card.tf_configs[role]?.feature_specs ?? [];
      const spec = varied[index];
      const series = spec && seriesOf(spec, varied);
      if (series) visit(series, axes);
    }
  }
}

/** Axes that move a spec or one that it is computed from. */
function chainFilter(sweep: Sweep, role: Role, index: number): AxisFilter {
  const specs = sweep.card.tf_configs[role]?.feature_specs ?? [];
  const isInRole = under('tf_configs', role, 'feature_specs');
  const isRenaming: AxisFilter = (path, axis) => isInRole(path, axis) && path[4] !== 'params';
  const isSource: AxisFilter = (path, axis) => isInRole(path, axis) && path[4] === 'input_source';
  const hasChains = specs.some(isChained) || axesTouching(sweep, isSource).length > 0;
  // Where an axis renames an output or a source, the chain may lead through any spec.
  if (hasChains && axesTouching(sweep, isRenaming).length > 0) return isInRole;
  const chain = chainOf(required(specs[index], 'a spec of the role'), specs) ?? [];
  const members = new Set([index, ...chain.map(({ spec }) => specs.indexOf(spec))]);
  return (path, axis) => isInRole(path, axis) && members.has(path[3] as number);
}

/** Union over the grid of what the rules read; only axes that can change a key or an offset are enumerated. */
function referencesOverGrid(sweep: Sweep): Record<Role, References> {
  const all = {
    exec: { keys: new Set<string>(), lookbackBars: 0 },
    mtf: { keys: new Set<string>(), lookbackBars: 0 },
    htf: { keys: new Set<string>(), lookbackBars: 0 },
  };
  for (const filter of rulePartsOf(sweep.card)) {
    for (const card of cardsOver(sweep, axesTouching(sweep, filter))) {
      mergeReferences(all, referencesOf(card));
    }
  }
  return all;
}

function mergeReferences(
  all: Record<Role, { keys: Set<string>; lookbackBars: number }>,
  found: Record<Role, References>,
): void {
  for (const role of ['exec', 'mtf', 'htf'] as const) {
    for (const key of found[role].keys) all[role].keys.add(key);
    all[role].lookbackBars = Math.max(all[role].lookbackBars, found[role].lookbackBars);
  }
}

/** One filter per condition, and one for the risk model: axes on different conditions do not multiply. */
function rulePartsOf(card: IdeaCard): AxisFilter[] {
  const filters: AxisFilter[] = [
    (path) => path[0] === 'risk_model' && path.at(-1) === 'atr_key',
    // How far back a strategy can look.
    (path) => card.strategy !== undefined && path.at(-1) === 'warmup_bars',
    () => false,
  ];
  for (const kind of ['entry_rules', 'exit_rules'] as const) {
    card.signal_rules[kind].forEach((rule, r) => {
      rule.conditions.forEach((_, c) => {
        const isUnder = under('signal_rules', kind, r, 'conditions', c);
        filters.push((path, axis) => isUnder(path, axis) && changesReference(path, axis));
      });
    });
  }
  return filters;
}

function changesReference(path: readonly (string | number)[], axis: Axis): boolean {
  const key = path.at(-1) as keyof Condition;
  if (key !== 'value') return key !== undefined;
  return axis.values.some((values) => values.some((value) => typeof value === 'string'));
}
