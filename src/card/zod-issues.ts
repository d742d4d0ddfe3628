import type { z } from 'zod';
import { didYouMean, shown, type FoundIssue } from './issues.ts';
import { schemaAt, knownKeys } from './schema-walk.ts';
import { pathText, type PathKey } from './source.ts';

/** zod's issues in the words and codes of this project (codes of trade-semantics §1.11 where they exist). */
export function translateIssues(
  schema: z.ZodType,
  input: unknown,
  issues: readonly z.core.$ZodIssue[],
): FoundIssue[] {
  return issues.flatMap((found) => translate(schema, input, found));
}

export interface ReadValue {
  /** As the schema reads it; the value itself where it has issues. */
  readonly value: unknown;
  readonly issues: readonly FoundIssue[];
}

/** A reader of values for one path of the card; the schema is looked up once. */
export function readerAt(
  schema: z.ZodType,
  path: readonly PathKey[],
): (value: unknown) => ReadValue {
  const at = schemaAt(schema, path);
  if (at === undefined) return (value) => ({ value, issues: [] });
  return (value) => {
    const result = at.safeParse(value);
    if (result.success) return { value: result.data, issues: [] };
    const issues = translateIssues(at, value, result.error.issues).map((found) => ({
      ...found,
      path: [...path, ...found.path],
      message: found.message.replace(/^The value /, `${pathText(path)} `),
    }));
    return { value, issues };
  };
}

// --- internal ---

const MISSING_CODES: Record<string, string> = {
  id: 'MISSING_ID',
  version: 'MISSING_VERSION',
  account: 'MISSING_ACCOUNT',
  symbol_universe: 'MISSING_SYMBOLS',
  tf_configs: 'MISSING_EXEC_TF',
  'tf_configs.exec': 'MISSING_EXEC_TF',
  signal_rules: 'NO_SIGNAL_RULES',
  'account.starting_equity_usdt': 'INVALID_STARTING_EQUITY',
  'account.max_leverage': 'INVALID_MAX_LEVERAGE',
};

function translate(schema: z.ZodType, input: unknown, found: z.core.$ZodIssue): FoundIssue[] {
  const path = found.path as PathKey[];
  if (found.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path) ?? [];
    return found.keys.map((key) => ({
      path: [...path, key],
      code: 'UNKNOWN_KEY',
      message: `Unknown key ${shown(key)}.`,
      hint: didYouMean(key, known) ?? `known keys: ${known.join(', ')}`,
    }));
  }
  const name = pathText(path);
  const value = valueAt(input, path);
  const special = MISSING_CODES[name];
  if (value === undefined || (value === null && special !== undefined)) {
    const code = special ?? 'MISSING_FIELD';
    return [{ path, code, message: `${name || 'The value'} is missing.` }];
  }
  const named = special?.startsWith('INVALID') ? special : undefined;
  return [
    { path, ...describe(found, name || 'The value', value), ...(named ? { code: named } : {}) },
  ];
}

function describe(
  found: z.core.$ZodIssue,
  name: string,
  value: unknown,
): { code: string; message: string; hint?: string | undefined } {
  switch (found.code) {
    case 'invalid_value': {
      const allowed = found.values.map(String);
      return {
        code: value === 'structure' ? 'STRUCTURE_STOP' : 'INVALID_VALUE',
        message: `${name} is ${shown(value)}; it can be ${allowed.join(', ')}.`,
        hint:
          value === 'structure'
            ? 'a structure stop has no definition anywhere; use atr_multiple, percent or fixed_points'
            : didYouMean(String(value), allowed),
      };
    }
    case 'too_small':
      return { code: 'INVALID_VALUE', message: tooSmall(found, name, value) };
    case 'too_big':
      return {
        code: 'INVALID_VALUE',
        message: `${name} is ${shown(value)}; it must be ${found.inclusive === false ? 'below' : 'at most'} ${found.maximum}.`,
      };
    case 'invalid_type': {
      const kind = KIND_WORDS[found.expected] ?? found.expected;
      return {
        code: 'INVALID_TYPE',
        message: `${name} must be ${kind}, not ${shown(value)}.`,
        hint: quoteHint(found.expected, value),
      };
    }
    case 'invalid_union':
      return { code: 'INVALID_TYPE', message: `${name} cannot be ${shown(value)}.` };
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      break;
  }
  return { code: 'INVALID_VALUE', message: `${name}: ${found.message}.` };
}

const KIND_WORDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

function quoteHint(expected: string, value: unknown): string | undefined {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return 'put the value in quotes; YAML reads it as something else';
  }
  return undefined;
}

function tooSmall(found: z.core.$ZodIssueTooSmall, name: string, value: unknown): string {
  if (found.origin === 'array' || found.origin === 'string') return `${name} must not be empty.`;
  return `${name} is ${shown(value)}; it must be ${found.inclusive ? 'at least' : 'above'} ${found.minimum}.`;
}

function valueAt(input: unknown, path: readonly PathKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, key) ? (value as Record<PathKey, unknown>)[key] : undefined;
  }
  return value;
}
