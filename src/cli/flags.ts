import type { ArgsDef } from 'citty';
import { SweepError } from '../errors.ts';
import type { SweepOverrides } from '../grid/sweep.ts';
import { repeatedFlag } from './arguments.ts';

/** Flags that several commands share, and how their texts become values. */

export const jsonFlag = {
  json: { type: 'boolean', description: 'Print one JSON document instead of text' },
} as const satisfies ArgsDef;

export const cardArgument = {
  card: { type: 'positional', description: 'Path of the IdeaCard (YAML)', required: true },
} as const satisfies ArgsDef;

/** `last` by default: most questions are about the sweep one just ran. */
export const sweepArgument = {
  sweep: {
    type: 'positional',
    description: 'Id, unique prefix, name (its newest sweep) or "last"',
    default: 'last',
  },
} as const satisfies ArgsDef;

/** Flags that change what a card says; `--axis` and `--set` may be given several times. */
export const sweepFlags = {
  axis: {
    type: 'string',
    valueHint: 'NAME=5..50:5|NAME=5,10,20',
    description: 'Values of an axis; a new one as NAME:PATH=… or PATH=…; repeatable',
  },
  set: {
    type: 'string',
    valueHint: 'PATH=VALUE',
    description: 'Set a value of the card; repeatable',
  },
  window: {
    type: 'string',
    valueHint: 'A..B|last:180d',
    description: 'Time range, UTC, end excluded',
  },
  objective: {
    type: 'string',
    valueHint: 'METRIC',
    description: 'Metric to rank by',
  },
  profile: {
    type: 'string',
    valueHint: 'standard|trade',
    description: 'Rule set of the engine',
  },
  name: { type: 'string', valueHint: 'NAME', description: 'Name of the sweep' },
  'allow-short-warmup': {
    type: 'boolean',
    description: 'Accept fewer candles before the window than the indicators want',
  },
  strict: { type: 'boolean', description: 'Treat warnings about the card as errors' },
  strategy: {
    type: 'string',
    valueHint: 'FILE',
    description: 'A TypeScript function that decides in place of the rules',
  },
} as const satisfies ArgsDef;

interface SweepFlagValues {
  readonly window?: string | undefined;
  readonly objective?: string | undefined;
  readonly profile?: string | undefined;
  readonly name?: string | undefined;
  readonly 'allow-short-warmup'?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly strategy?: string | undefined;
}

/** The overrides that a command line asks for; nothing that it does not mention. */
export function sweepOverrides(
  args: SweepFlagValues,
  rawArgs: readonly string[],
  definition: ArgsDef,
): SweepOverrides {
  const axis = repeatedFlag(rawArgs, 'axis', definition);
  const set = repeatedFlag(rawArgs, 'set', definition);
  return {
    ...(axis.length > 0 ? { axis } : {}),
    ...(set.length > 0 ? { set } : {}),
    ...(args.window === undefined ? {} : { window: args.window }),
    ...(args.objective === undefined ? {} : { objective: args.objective }),
    ...(args.profile === undefined ? {} : { profile: args.profile }),
    ...(args.name === undefined ? {} : { name: args.name }),
    ...(args['allow-short-warmup'] === true ? { allowShortWarmup: true } : {}),
    ...(args.strict === true ? { strict: true } : {}),
    ...(args.strategy === undefined ? {} : { strategy: args.strategy }),
  };
}

/**
 * A whole number from a flag, or undefined where it was not given.
 * @throws SweepError USAGE naming the flag and its bounds.
 */
export function wholeNumber(
  flag: string,
  text: string | undefined,
  { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const bounds = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  throw new SweepError('USAGE', `${flag} is a whole number, ${bounds}; it is "${text}"`);
}
