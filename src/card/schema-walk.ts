import { z } from 'zod';
import type { PathKey } from './source.ts';

/** Looks inside a zod schema: which keys a map knows, and which schema stands at a path. */

/** The schema at a path of a card in normal form, or undefined where the path leads nowhere. */
export function schemaAt(root: z.ZodType, path: readonly PathKey[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  for (const key of path) {
    if (schema === undefined) return undefined;
    schema = child(inner(schema), key);
  }
  return schema;
}

/** The keys a map at `path` knows; undefined where any key goes (params) or it is no map. */
export function knownKeys(
  root: z.ZodType,
  path: readonly PathKey[],
): readonly string[] | undefined {
  const found = schemaAt(root, path);
  const core = found && inner(found);
  return core instanceof z.ZodObject ? Object.keys(core.shape) : undefined;
}

/** Calls `visit` for every key of `value` that the schema does not know, at every level. */
export function visitUnknownKeys(
  schema: z.ZodType,
  value: unknown,
  visit: (path: readonly PathKey[], known: readonly string[]) => void,
  path: readonly PathKey[] = [],
): void {
  const core = inner(schema);
  if (Array.isArray(value) && core instanceof z.ZodArray) {
    value.forEach((item, n) =>
      visitUnknownKeys(core.element as z.ZodType, item, visit, [...path, n]),
    );
  }
  if (!(core instanceof z.ZodObject) || !isRecord(value)) return;
  const shape: Record<string, z.ZodType> = core.shape;
  for (const [key, member] of Object.entries(value)) {
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (known) visitUnknownKeys(known, member, visit, [...path, key]);
    else visit([...path, key], Object.keys(shape));
  }
}

/** One wrapper less, or undefined for a schema without any. */
export function peel(schema: z.ZodType): z.ZodType | undefined {
  if (
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional
  ) {
    return schema.def.innerType as z.ZodType;
  }
  if (!(schema instanceof z.ZodPipe)) return undefined;
  // preprocess is transform → schema; `.transform()` is schema → transform.
  const from = schema.def.in as z.ZodType;
  return from instanceof z.ZodTransform ? (schema.def.out as z.ZodType) : from;
}

// --- internal ---

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without readonly, default, nullable, optional, transforms: the object, array or leaf beneath. */
function inner(schema: z.ZodType): z.ZodType {
  let current: z.ZodType = schema;
  for (;;) {
    const next = peel(current);
    if (next === undefined) return current;
    current = next;
  }
}

function child(schema: z.ZodType, key: PathKey): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) {
    return typeof key === 'number' ? (schema.element as z.ZodType) : undefined;
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options
      .map((option) => child(inner(option as z.ZodType), key))
      .find((found) => found !== undefined);
  }
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (!(schema instanceof z.ZodObject)) return undefined;
  const shape: Record<string, z.ZodType> = schema.shape;
  return Object.hasOwn(shape, key) ? shape[key] : undefined;
}
