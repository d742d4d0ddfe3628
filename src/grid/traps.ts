import type { FoundIssue } from '../card/issues.ts';
import { placeIssue } from '../card/issues.ts';
import { liquidatedFirst } from '../card/liquidation.ts';
import { neverTrades } from '../card/never.ts';
import { isSpecUsed } from '../card/references.ts';
import type { Role } from '../card/keys.ts';
import type { FeatureSpec, IdeaCard } from '../card/schema.ts';
import { cardWarnings } from '../card/warn.ts';
import type { PathKey } from '../card/source.ts';
import type { CardIssue } from '../errors.ts';
import { CONSTRAINT_PRODUCT_MAX } from '../limits.ts';
import { applyAxis } from './apply-axis.ts';
import { compileConstraint, isConstraint } from './constraint.ts';
import type { Grid } from './grid.ts';
import { valueAt } from './path.ts';
import type { Sweep } from './spec.ts';

/**
 * Warnings before a sweep runs: fields and axes without effect, parts of the grid that can never
 * trade, points that will be refused. Nothing here stops a sweep, but `--strict` does.
 */
export function findTraps(sweep: Sweep, grid: Grid): CardIssue[] {
  const swept = new Set(
    sweep.axes.flatMap((axis) => axis.members.map((member) => member.path.join('/'))),
  );
  // What an axis moves is judged below, value by value.
  const onCard = cardWarnings(sweep.card, sweep.profile).filter(
    ({ path, code }) =>
      !(SWEPT_CODES.has(code) || path.includes('params')) ||
      ![...swept].some((other) => `${other}/`.startsWith(`${path.join('/')}/`)),
  );
  const found = [
    ...onCard,
    ...idleAxes(sweep),
    ...neverTrading(sweep),
    ...partlyLiquidated(sweep),
    ...largeConstraints(sweep),
    ...refusedPoints(grid),
  ];
  return found.map((issue) => placeIssue(issue, undefined));
}

// --- internal ---

/** Warnings about values, which do not hold where an axis moves the value. */
const SWEPT_CODES = new Set([
  'RULE_NEVER_TRUE',
  'LEVERAGE_REPLACED',
  'UNUSED_FEATURE',
  'EXTRA_SYMBOLS',
  'LIQUIDATED_FIRST',
]);

function idleAxes(sweep: Sweep): FoundIssue[] {
  // A strategy may read any axis by its name.
  if (sweep.card.strategy !== undefined) return [];
  const swept = new Set(
    sweep.axes.flatMap((axis) => axis.members.map((member) => member.path.join('/'))),
  );
  return sweep.axes.flatMap((axis) =>
    axis.members.flatMap(({ path, text }) => {
      const reason = idleReason(sweep, path, swept);
      if (reason === undefined) return [];
      const message = `The axis ${axis.name} changes nothing: ${text} ${reason}.`;
      return [{ path: ['sweep', 'axes', axis.name], code: 'AXIS_WITHOUT_EFFECT', message }];
    }),
  );
}

/** Why a value at `path` cannot change a result, or undefined. */
function idleReason(
  sweep: Sweep,
  path: readonly PathKey[],
  swept: ReadonlySet<string>,
): string | undefined {
  const { card, profile } = sweep;
  const name = path.join('/');
  // Without a sizing there is nothing that replaces it.
  if (name === 'account/max_leverage' && !card.risk_model?.sizing)
    return 'is not read, and without risk_model.sizing the leverage is 1';
  const fixed = NEVER_READ[name];
  if (fixed !== undefined) return fixed;
  if (path[2] === 'feature_specs') {
    const spec = valueAt(card, path.slice(0, 4)) as FeatureSpec;
    return isSpecUsed(card, spec, path[1] as Role)
      ? undefined
      : 'belongs to an indicator that no rule uses';
  }
  if (path.at(-1) === 'role' || path.at(-1) === 'exit_type') return 'is ignored';
  if (path[0] === 'symbol_universe' && path.length === 2 && path[1] !== 0)
    return 'is not traded, only the first symbol is';
  const isAtrOnly = path[0] === 'risk_model' && (path[2] === 'atr_key' || path[2] === 'buffer_pct');
  if (isAtrOnly && !swept.has(`risk_model/${path[1]}/type`)) {
    const type = valueAt(card, [...path.slice(0, 2), 'type']);
    return type === 'atr_multiple'
      ? undefined
      : `counts for type atr_multiple only, not ${String(type)}`;
  }
  if (path.at(-1) === 'prev_offset' && !swept.has([...path.slice(0, -1), 'operator'].join('/'))) {
    const operator = valueAt(card, [...path.slice(0, -1), 'operator']);
    return String(operator).startsWith('cross') ? undefined : 'counts for cross operators only';
  }
  const isWarmup = name === 'bars_history_required' || WARMUP_FIELDS.has(String(path[2]));
  return profile === 'standard' && isWarmup ? 'counts in profile trade only' : undefined;
}

const WARMUP_FIELDS = new Set(['warmup_bars', 'required_indicators', 'market_structure']);

const NEVER_READ: Record<string, string | undefined> = {
  'account/fee_model/maker_bps': 'is never charged',
  'account/max_notional_usdt': 'limits nothing',
  'account/max_margin_usdt': 'limits nothing',
  'account/margin_mode': 'is not read',
  'account/max_leverage': 'is replaced by risk_model.sizing.max_leverage',
};

/** Combinations looked at; a larger product is sampled evenly. */
const TRAP_SAMPLES = 5_000;

function neverTrading(sweep: Sweep): FoundIssue[] {
  const found = judgeGrid(sweep, (card) => neverTrades(card, sweep.profile));
  if (found === undefined) return [];
  const { reason, names, share, isAll } = found;
  if (isAll) {
    const whole = sweep.axes.length === 0 ? 'The card' : 'No point of the grid';
    const verb = sweep.axes.length === 0 ? 'can never trade' : 'can ever trade';
    return [{ path: [], code: 'NEVER_TRADES', message: `${whole} ${verb}: ${reason}.` }];
  }
  const message = `About ${share} % of the values of ${names} can never trade; one of them: ${reason}.`;
  return [
    {
      path: ['sweep', 'axes'],
      code: 'PARTLY_NEVER_TRADES',
      message,
      hint: 'leave them out with a constraint',
    },
  ];
}

/** Where an axis moves a stop or the leverage; a card by itself is judged with its other warnings. */
function partlyLiquidated(sweep: Sweep): FoundIssue[] {
  const isMoved = sweep.axes.some(({ members }) =>
    members.some(({ path }) => path[0] === 'risk_model' || path[0] === 'account'),
  );
  if (sweep.profile !== 'standard' || !isMoved) return [];
  const found = judgeGrid(sweep, liquidatedFirst);
  if (found === undefined) return [];
  const { reason, names, share } = found;
  const message = `About ${share} % of the values of ${names} are liquidated before their stop; one of them: ${reason}.`;
  return [
    {
      path: ['sweep', 'axes'],
      code: 'PARTLY_LIQUIDATED_FIRST',
      message,
      hint: 'leave them out with a constraint',
    },
  ];
}

interface Judged {
  /** What is said of the first that anything is said of. */
  readonly reason: string;
  /** The axes that move what is judged. */
  readonly names: string;
  /** Percent, 1 at least. */
  readonly share: number;
  readonly isAll: boolean;
}

/** What `judge` says of the cards of the grid, as far as their trading parts differ. */
function judgeGrid(
  sweep: Sweep,
  judge: (card: IdeaCard) => string | undefined,
): Judged | undefined {
  const axes = sweep.axes.filter((axis) =>
    axis.members.some(({ path }) => TRADE_PARTS.has(String(path[0]))),
  );
  const product = axes.reduce((total, axis) => total * axis.values.length, 1);
  const stride = Math.max(1, Math.floor(product / TRAP_SAMPLES));
  let looked = 0;
  let trapped = 0;
  let reason: string | undefined;
  for (let index = 0; index < product; index += stride) {
    let rest = index;
    let card: IdeaCard = sweep.card;
    for (const axis of axes) {
      card = applyAxis(card, axis, rest % axis.values.length);
      rest = Math.floor(rest / axis.values.length);
    }
    const found = judge(card);
    looked += 1;
    if (found === undefined) continue;
    trapped += 1;
    reason ??= found;
  }
  if (reason === undefined) return undefined;
  return {
    reason,
    names: axes.map((axis) => axis.name).join(', '),
    share: Math.max(1, Math.round((100 * trapped) / looked)),
    isAll: trapped === looked,
  };
}

const TRADE_PARTS = new Set(['signal_rules', 'risk_model', 'account']);

function largeConstraints(sweep: Sweep): FoundIssue[] {
  return sweep.constraints.flatMap((text, n) => {
    const constraint = compileConstraint(text, sweep.axes);
    if (!isConstraint(constraint)) return [];
    const product = constraint.axes.reduce(
      (total, axis) => total * sweep.axes[axis]!.values.length,
      1,
    );
    if (product <= CONSTRAINT_PRODUCT_MAX) return [];
    const message = `The constraint spans ${product} combinations, more than ${CONSTRAINT_PRODUCT_MAX}; counts are estimates and walking is slower.`;
    return [{ path: ['sweep', 'constraints', n], code: 'CONSTRAINT_TOO_LARGE', message }];
  });
}

function refusedPoints(grid: Grid): FoundIssue[] {
  const count = grid.countRefused();
  if (count === 0) return [];
  const first = grid.firstRefusal();
  const message = `${count} of ${grid.countAdmitted().count} points will be refused${first ? `; one of them: ${first.message}` : '.'}`;
  return [
    {
      path: ['sweep', 'axes'],
      code: 'POINTS_REFUSED',
      message,
      hint: 'a constraint leaves them out',
    },
  ];
}
