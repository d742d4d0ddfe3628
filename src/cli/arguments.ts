import type { ArgDef, ArgsDef } from 'citty';
import { SweepError } from '../errors.ts';
import { didYouMean } from './did-you-mean.ts';

/**
 * citty takes any flag and keeps the last of a repeated one. This checks a command line against
 * the command's definition before citty sees it: a mistyped flag must never be silently ignored,
 * for a sweep without its `--axis` is a different sweep.
 */

/**
 * @throws SweepError USAGE for an unknown flag, a flag without its value, a missing or surplus
 * argument; names the closest known flag.
 */
export function checkArguments(rawArgs: readonly string[], definition: ArgsDef): void {
  const { positionals, flags } = scan(rawArgs, definition);
  const expected = Object.entries(definition).filter(([, arg]) => arg.type === 'positional');
  const isRest = expected.some(([, arg]) => (arg.description ?? '').includes('(repeatable)'));
  const missing = expected
    .slice(positionals.length)
    .find(([, arg]) => arg.required !== false && arg.default === undefined);
  if (missing !== undefined) {
    throw new SweepError('USAGE', `missing argument ${missing[0].toUpperCase()}`, {
      hint: missing[1].description ?? 'see --help',
    });
  }
  const needed = Object.entries(definition).find(
    ([name, arg]) =>
      arg.type !== 'positional' && arg.required === true && !flags.some(([flag]) => flag === name),
  );
  if (needed !== undefined) {
    throw new SweepError('USAGE', `missing flag --${needed[0]}`, {
      hint: needed[1].description ?? 'see --help',
    });
  }
  const surplus = positionals[expected.length];
  if (surplus !== undefined && !isRest) {
    throw new SweepError('USAGE', `unexpected argument "${surplus}"`, {
      hint: expected.length === 0 ? 'this command takes no arguments' : 'see --help',
    });
  }
}

/** Every value of a repeatable flag, in the order written: `--axis a=1 --axis=b=2`. */
export function repeatedFlag(
  rawArgs: readonly string[],
  name: string,
  definition: ArgsDef,
): string[] {
  return scan(rawArgs, definition)
    .flags.filter(([flag]) => flag === name)
    .map(([, value]) => value ?? '');
}

/** The arguments that are no flags and no flags' values. */
export function positionalArguments(rawArgs: readonly string[], definition: ArgsDef): string[] {
  return scan(rawArgs, definition).positionals;
}

// --- internal ---

interface Scan {
  readonly positionals: string[];
  readonly flags: (readonly [name: string, value: string | undefined])[];
}

function scan(rawArgs: readonly string[], definition: ArgsDef): Scan {
  const positionals: string[] = [];
  const flags: (readonly [string, string | undefined])[] = [];
  const known = knownFlags(definition);
  for (let i = 0; i < rawArgs.length; i++) {
    const text = rawArgs[i] ?? '';
    if (text === '--') {
      positionals.push(...rawArgs.slice(i + 1));
      break;
    }
    // citty would take it for a flag and lose it.
    if (/^-[\d.]/.test(text)) {
      throw new SweepError('USAGE', `unexpected argument "${text}"`, {
        hint: 'no argument starts with a dash; a flag takes it as --flag=VALUE',
      });
    }
    if (!/^-{1,2}[^-\d.]/.test(text)) {
      positionals.push(text);
      continue;
    }
    const flag = readFlag(text, known);
    if (flag.takesValue && flag.value === undefined) {
      i += 1;
      flags.push([flag.name, valueAfter(text, rawArgs[i])]);
    } else {
      flags.push([flag.name, flag.value]);
    }
  }
  return { positionals, flags };
}

interface KnownFlag {
  readonly name: string;
  readonly takesValue: boolean;
}

function knownFlags(definition: ArgsDef): ReadonlyMap<string, KnownFlag> {
  const known = new Map<string, KnownFlag>();
  for (const [name, arg] of Object.entries(definition)) {
    if (arg.type === 'positional') continue;
    const takesValue = arg.type === 'string' || arg.type === 'enum';
    known.set(`--${name}`, { name, takesValue });
    if (!takesValue) known.set(`--no-${name}`, { name, takesValue });
    for (const alias of aliasesOf(arg)) {
      known.set(alias.length === 1 ? `-${alias}` : `--${alias}`, { name, takesValue });
    }
  }
  return known;
}

function aliasesOf(arg: ArgDef): string[] {
  if (!('alias' in arg) || arg.alias === undefined) return [];
  return Array.isArray(arg.alias) ? arg.alias : [arg.alias];
}

function readFlag(
  text: string,
  known: ReadonlyMap<string, KnownFlag>,
): KnownFlag & { readonly value: string | undefined } {
  const equals = text.indexOf('=');
  const written = equals < 0 ? text : text.slice(0, equals);
  const flag = known.get(written);
  if (flag !== undefined) {
    return { ...flag, value: equals < 0 ? undefined : text.slice(equals + 1) };
  }
  const shown = [...known.keys()].filter((name) => !name.startsWith('--no-'));
  throw new SweepError('USAGE', `unknown flag ${written}`, {
    hint: didYouMean(written, shown) ?? 'see --help',
  });
}

function valueAfter(flag: string, value: string | undefined): string {
  if (value === undefined || /^--?[a-z]/i.test(value)) {
    throw new SweepError('USAGE', `${flag} needs a value`, {
      hint: `write ${flag}=VALUE where the value starts with a dash`,
    });
  }
  return value;
}
