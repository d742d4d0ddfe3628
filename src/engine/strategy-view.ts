import { closeMatches, shown } from '../card/issues.ts';
import type { Role } from '../card/keys.ts';
import type { IdeaCard } from '../card/schema.ts';
import { SweepError } from '../errors.ts';
import type { MultiTFFeedStore } from '../feed/multi-tf.ts';
import { isPriceName, type PriceName } from '../feed/references.ts';
import type { RuntimeSnapshotView, TFContext } from '../feed/snapshot-view.ts';
import { formatInstant } from '../time.ts';
import type { Account } from './account.ts';
import { EXIT_SIGNAL, NO_SIGNAL, type SignalCode, type Strategy } from './strategy.ts';
import type {
  StrategyFunction,
  StrategyPosition,
  StrategyView,
  TimeframeView,
} from './user-strategy.ts';

/**
 * A user's function as a Strategy of the bar loop. The function gets views that read and nothing
 * else: no rows of the feed (they depend on the rest of the grid), no way to move on to another bar.
 */
export interface UserStrategyInput {
  /** Made for this run alone: it may keep state between bars. */
  readonly decide: StrategyFunction;
  readonly card: IdeaCard;
  readonly feeds: MultiTFFeedStore;
  /** Axis values of the point by column name. */
  readonly params: Params;
}

type Params = Readonly<Record<string, number | string | boolean>>;

/** The strategy of one run; `decide` throws SweepError STRATEGY_FAILED with the bar's time. */
export function userStrategy({ decide, card, feeds, params }: UserStrategyInput): Strategy {
  const all = { ...card.strategy_params, ...params };
  const { mode } = card.position_policy;
  const [takesLong, takesShort] = [mode !== 'short_only', mode !== 'long_only'];
  let account: Account | undefined;
  let startBar = 0;
  let user: UserView | undefined;
  return {
    begin(run) {
      ({ account, startBar } = run);
    },
    decide(view) {
      user ??= new UserView({ view, feeds, params: all, account, startBar });
      let signal: unknown;
      try {
        signal = decide(user);
      } catch (cause) {
        // Its message is all a row can hold; a stack of bundled code helps nobody.
        throw failedAt(view, messageOf(cause));
      }
      switch (signal) {
        case 'long':
          return takesLong ? 1 : NO_SIGNAL;
        case 'short':
          return takesShort ? 2 : NO_SIGNAL;
        case 'exit':
          return EXIT_SIGNAL satisfies SignalCode;
        case null:
        case undefined:
          return NO_SIGNAL;
        default:
          throw failedAt(view, `it returned ${described(signal)}, not long, short, exit or null`);
      }
    },
  };
}

// --- internal ---

function failedAt(view: RuntimeSnapshotView, message: string): SweepError {
  const at = formatInstant(view.exec.tsOpen);
  return new SweepError('STRATEGY_FAILED', `the strategy failed at the bar of ${at}: ${message}`, {
    facts: { bar: at },
  });
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `it threw ${described(thrown)}`;
  return thrown.name === 'Error' ? thrown.message : `${thrown.name}: ${thrown.message}`;
}

function described(value: unknown): string {
  if (value instanceof Promise) return 'a promise (an async function)';
  return typeof value === 'function' || typeof value === 'symbol'
    ? `a ${typeof value}`
    : text(value);
}

function text(value: unknown): string {
  try {
    return shown(value);
  } catch {
    // Circular objects and big integers have no JSON.
    return `a ${typeof value}`;
  }
}

interface UserViewInput {
  readonly view: RuntimeSnapshotView;
  readonly feeds: MultiTFFeedStore;
  readonly params: Params;
  readonly account: Account | undefined;
  readonly startBar: number;
}

class UserView implements StrategyView {
  readonly #view: RuntimeSnapshotView;
  readonly #params: ReadonlyMap<string, number | string | boolean>;
  readonly #account: Account | undefined;
  readonly #startBar: number;
  readonly #roles: Readonly<Record<Role, RoleView | undefined>>;
  readonly #position: PositionView | undefined;

  constructor({ view, feeds, params, account, startBar }: UserViewInput) {
    this.#view = view;
    this.#params = new Map(Object.entries(params));
    this.#account = account;
    this.#startBar = startBar;
    const roleView = (role: Role): RoleView | undefined => {
      const [context, feed] = [view[role], feeds[role]];
      return context && feed && new RoleView(context, role, feed.indicators);
    };
    this.#roles = { exec: roleView('exec'), mtf: roleView('mtf'), htf: roleView('htf') };
    this.#position = account && new PositionView(account, view);
  }

  get exec(): TimeframeView {
    return this.#role('exec');
  }

  get mtf(): TimeframeView {
    return this.#role('mtf');
  }

  get htf(): TimeframeView {
    return this.#role('htf');
  }

  get position(): StrategyPosition | null {
    return this.#account === undefined || this.#account.side === 0 ? null : this.#position!;
  }

  get equity(): number {
    return this.#account?.equity ?? Number.NaN;
  }

  get barNumber(): number {
    return this.#view.barIndex - this.#startBar;
  }

  param(name: string): number {
    const value = this.option(name);
    if (typeof value === 'number') return value;
    throw new TypeError(`param ${shown(name)} is ${shown(value)}, no number: read it with option`);
  }

  option(name: string): number | string | boolean {
    const value = this.#params.get(name);
    if (value === undefined) throw unknownName('param', name, this.#params.keys());
    return value;
  }

  #role(role: Role): TimeframeView {
    const view = this.#roles[role];
    if (view === undefined) throw new RangeError(`the card configures no ${role}`);
    return view;
  }
}

class RoleView implements TimeframeView {
  readonly #context: TFContext;
  readonly #role: Role;
  readonly #keys: ReadonlyMap<string, unknown>;

  constructor(context: TFContext, role: Role, keys: ReadonlyMap<string, unknown>) {
    this.#context = context;
    this.#role = role;
    this.#keys = keys;
  }

  get open(): number {
    return this.#context.open;
  }

  get high(): number {
    return this.#context.high;
  }

  get low(): number {
    return this.#context.low;
  }

  get close(): number {
    return this.#context.close;
  }

  get volume(): number {
    return this.#context.volume;
  }

  get tsOpen(): number {
    return this.#context.tsOpen;
  }

  get tsClose(): number {
    return this.#context.tsClose;
  }

  price(name: PriceName, barsBack = 0): number {
    if (!isPriceName(name)) throw new RangeError(`${shown(name)} is no price`);
    return this.#context.price(name, barsBack);
  }

  indicator(key: string, barsBack = 0): number {
    if (!this.#keys.has(key)) throw unknownName(`${this.#role} indicator`, key, this.#keys.keys());
    return this.#context.indicator(key, barsBack);
  }
}

/** The account's position, read anew at every access; only handed out while one is open. */
class PositionView implements StrategyPosition {
  readonly #account: Account;
  readonly #view: RuntimeSnapshotView;

  constructor(account: Account, view: RuntimeSnapshotView) {
    this.#account = account;
    this.#view = view;
  }

  get side(): 'long' | 'short' {
    return this.#account.side > 0 ? 'long' : 'short';
  }

  get entryPrice(): number {
    return this.#account.entryPrice;
  }

  get size(): number {
    return this.#account.size;
  }

  get barsHeld(): number {
    return this.#view.barIndex - this.#account.entryBar;
  }

  get stopLoss(): number | null {
    return orNull(this.#account.stop);
  }

  get takeProfit(): number | null {
    return orNull(this.#account.target);
  }

  get unrealizedPnl(): number {
    return this.#account.unrealized(this.#view.markPrice);
  }
}

function orNull(price: number): number | null {
  return Number.isNaN(price) ? null : price;
}

function unknownName(what: string, name: unknown, known: Iterable<string>): RangeError {
  const names = [...known];
  const close = closeMatches(String(name), names);
  const hint =
    close.length > 0 ? `did you mean ${close.join(' or ')}?` : `there are: ${names.join(', ')}`;
  return new RangeError(`there is no ${what} ${shown(name)}; ${hint}`);
}
