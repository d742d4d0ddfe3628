import { resolveScalar } from '../card/scalar.ts';
import type { AxisScalar, AxisSection } from '../card/sweep-schema.ts';
import { parseInstant } from '../time.ts';

/** Texts of command-line flags → the shapes of the sweep section. */

/** `--axis` as written: which axis, an explicit path if any, and its values. */
export interface AxisFlag {
  readonly name: string | undefined;
  readonly path: string | undefined;
  readonly section: AxisSection;
}

/**
 * `fast=5..50:5` (range, stop included; step 1 where left out), `fast=5,10,20` (values),
 * `pair=20/80,30/70` (linked axis), `exec.ema_fast.length=…` (a path: the name is derived),
 * `fast:exec.ema_fast.length=…` (name and path). Undefined when it is none of these.
 */
export function parseAxisFlag(text: string): AxisFlag | undefined {
  const split = splitAssignment(text);
  if (!split || split.right === '') return undefined;
  const section = flagValues(split.right);
  const named = /^([a-z][a-z0-9_]*):(.+)$/.exec(split.left);
  if (named) return { name: named[1], path: named[2], section };
  const isPath = /[.[]/.test(split.left);
  return { name: isPath ? undefined : split.left, path: isPath ? split.left : undefined, section };
}

/** `path=value`; the value is a YAML 1.2 scalar. */
export function parseSetFlag(text: string): { path: string; value: AxisScalar | null } | undefined {
  const split = splitAssignment(text);
  return split && { path: split.left, value: flagScalar(split.right) };
}

/** `2023-02-01..2023-12-01` or `last:180d`, as the window section of a file. */
export function parseWindowFlag(
  text: string,
): { start: string; end: string } | { last: string } | undefined {
  const last = /^last:(.+)$/.exec(text.trim());
  if (last) return { last: last[1]! };
  const [start, end, more] = text.split('..');
  if (start === undefined || end === undefined || more !== undefined) return undefined;
  return parseInstant(start) === undefined && parseInstant(end) === undefined
    ? undefined
    : { start, end };
}

/** A name for an axis given by path: its last two names, `exec.ema_fast.length` → `ema_fast_length`. */
export function deriveAxisName(path: string): string {
  const names = path
    .replaceAll(/\[[^\]]*\]/g, '')
    .split('.')
    .filter((part) => part !== '');
  const joined = names
    .slice(-2)
    .join('_')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_');
  return /^[a-z]/.test(joined) ? joined : `axis_${joined}`;
}

// --- internal ---

/** At the first `=` outside brackets: a path may hold `[key=value]`. */
function splitAssignment(text: string): { left: string; right: string } | undefined {
  let depth = 0;
  for (let n = 0; n < text.length; n += 1) {
    const letter = text[n];
    if (letter === '[') depth += 1;
    else if (letter === ']') depth -= 1;
    else if (letter === '=' && depth === 0 && n > 0) {
      return { left: text.slice(0, n).trim(), right: text.slice(n + 1).trim() };
    }
  }
  return undefined;
}

function flagScalar(text: string): AxisScalar | null {
  const trimmed = text.trim();
  const quoted = /^(["'])(.*)\1$/.exec(trimmed);
  return quoted ? quoted[2]! : resolveScalar(trimmed, 'core');
}

function flagValues(text: string): AxisSection {
  const range = /^([^.,]*(?:\.\d+)?)\.\.([^:,]+?)(?::([^,]+))?$/.exec(text);
  if (range) {
    const [start, stop, step] = [range[1], range[2], range[3] ?? '1'].map(Number);
    const isNumeric = [range[1], range[2], range[3] ?? '1'].every((part) => part?.trim() !== '');
    if (isNumeric && start !== undefined && stop !== undefined && step !== undefined) {
      return { range: { start, stop, step } };
    }
  }
  const values = text.split(',').map((part) => {
    const tuple = part.split('/').map((one) => flagScalar(one) ?? '');
    return tuple.length === 1 ? tuple[0]! : tuple;
  });
  return { values };
}
