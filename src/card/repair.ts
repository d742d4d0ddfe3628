import { z } from 'zod';
import type { FoundIssue } from './issues.ts';
import { peel, schemaAt } from './schema-walk.ts';
import type { PathKey, PlainValue } from './source.ts';

/** Begins texts that stand in for ill-typed ones; no message may speak of it. */
export const PLACEHOLDER = 'repaired-value';

/**
 * A card with ill-typed parts, made well-typed, so that the cross-field rules can still look at the
 * rest of it and every problem is reported at once. The result is never run.
 */
export function repaired(
  schema: z.ZodType,
  plain: PlainValue,
  issues: readonly FoundIssue[],
): PlainValue {
  let copy = structuredClone(plain);
  for (const [n, { path }] of issues.entries()) {
    const at = schemaAt(schema, path);
    if (at) copy = withValue(copy, path, sample(at, n));
  }
  return copy;
}

/** Issues of the repaired card that are about the card and not about the repair. */
export function genuine(
  found: readonly FoundIssue[],
  repairs: readonly FoundIssue[],
): FoundIssue[] {
  // A broken spec may have declared what a rule misses; a broken timeframe has no order.
  const inRoles = repairs.map(({ path }) => path).filter(([top]) => top === 'tf_configs');
  const hidesColumns = inRoles.some(
    (path) => path.length <= 2 || (path[2] === 'feature_specs' && path[4] !== 'params'),
  );
  const hidesTimeframes = inRoles.some((path) => path.length <= 2 || path[2] === 'tf');
  return found.filter(
    (issue) =>
      !(hidesColumns && COLUMN_CODES.has(issue.code)) &&
      !(hidesTimeframes && issue.code.includes('TIMEFRAME')) &&
      !issue.message.includes(PLACEHOLDER) &&
      !repairs.some(({ path }) => startsWith(path, issue.path) || startsWith(issue.path, path)),
  );
}

/**
 * A sweep section without the keys that have issues, so that the rest of it can be resolved. A broken
 * axis stays by its name, since constraints may speak of it.
 */
export function withoutBroken(plain: PlainValue, issues: readonly FoundIssue[]): PlainValue {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return {};
  const copy: Record<string, PlainValue> = { ...plain };
  for (const { path } of issues) {
    const [key, axis] = path;
    // A path that leads into the axes leads into a map.
    const axes = copy['axes'] as Record<string, PlainValue>;
    if (key === 'axes' && axis !== undefined) copy['axes'] = { ...axes, [axis]: {} };
    else if (key !== undefined) delete copy[key];
  }
  return copy;
}

// --- internal ---

const COLUMN_CODES = new Set(['UNDECLARED_FEATURE', 'UNKNOWN_TF_ROLE', 'INVALID_LITERAL']);

function startsWith(path: readonly PathKey[], start: readonly PathKey[]): boolean {
  return start.length > 0 && start.every((key, n) => path[n] === key);
}

function withValue(node: PlainValue, path: readonly PathKey[], value: PlainValue): PlainValue {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(node)) {
    const copy = node.slice();
    copy[key as number] = withValue(node[key as number] ?? null, rest, value);
    return copy;
  }
  const record = typeof node === 'object' && node !== null ? node : {};
  const member = Object.hasOwn(record, key) ? record[key] : undefined;
  return { ...record, [key]: withValue(member ?? null, rest, value) };
}

/** Some value that the schema accepts; `n` keeps texts apart. The last option needs no companion. */
function sample(schema: z.ZodType, n: number): PlainValue {
  if (schema instanceof z.ZodDefault) return schema.def.defaultValue as PlainValue;
  if (schema instanceof z.ZodNullable) return null;
  const next = peel(schema);
  if (next) return sample(next, n);
  if (schema instanceof z.ZodEnum) return schema.options.at(-1) as PlainValue;
  if (schema instanceof z.ZodLiteral) return schema.value as PlainValue;
  if (schema instanceof z.ZodNumber) return 0.5;
  if (schema instanceof z.ZodString) return `${PLACEHOLDER}-${n}`;
  if (schema instanceof z.ZodUnion) return sample(schema.options[0] as z.ZodType, n);
  if (schema instanceof z.ZodArray) return [sample(schema.element as z.ZodType, n)];
  if (!(schema instanceof z.ZodObject)) return {};
  const members = Object.entries(schema.shape as Record<string, z.ZodType>)
    .filter(([, member]) => !member.safeParse(undefined).success)
    .map(([key, member]): [string, PlainValue] => [key, sample(member, n)]);
  return Object.fromEntries(members);
}
