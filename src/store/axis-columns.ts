/**
 * A sweep's axes as SQL: each column is an array of the axis' values, subscripted by the digit of
 * point_index in mixed radix (last axis fastest). Typed, and free of jsonb at query time.
 */
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import type { Axis, AxisScalar } from '../grid/axis.ts';
import { quoteIdentifier, quoteLiteral } from './identifiers.ts';

/** An axis as `sweeps.axes` stores it, for SQL functions. */
export interface StoredAxis {
  readonly name: string;
  readonly columns: readonly string[];
  readonly count: number;
  /** Points between two neighbouring values: the product of the counts of the later axes. */
  readonly stride: number;
  /** `values[k][member]` */
  readonly values: readonly (readonly AxisScalar[])[];
}

export interface AxisColumn {
  /** Name in params. */
  readonly column: string;
  /** Name in the view: the same, but for a name that the view has already. */
  readonly viewColumn: string;
  readonly type: 'integer' | 'bigint' | 'double precision' | 'boolean' | 'text';
  /** Its value, computed from the point's index. */
  readonly expression: string;
}

/** Columns of every sweep's view; an axis may not be called so (the card is checked against it). */
export const VIEW_COLUMNS: readonly string[] = [
  'rank',
  'point_index',
  'outcome',
  'eligible',
  'error',
  ...METRIC_COLUMNS,
  'profit_factor_mode',
];

/** The longest name Postgres keeps whole, bytes. */
const IDENTIFIER_BYTES_MAX = 63;

const INT4_MAX = 2 ** 31 - 1;

export function storeAxes(axes: readonly Axis[]): readonly StoredAxis[] {
  let stride = 1;
  const stored = axes.toReversed().map((axis) => {
    const one = {
      name: axis.name,
      columns: axis.members.map((member) => member.column),
      count: axis.values.length,
      stride,
      values: axis.values,
    };
    stride *= axis.values.length;
    return one;
  });
  return stored.toReversed();
}

/** `pointIndex` is SQL for the point's index, qualified where the query joins. */
export function axisColumns(
  axes: readonly StoredAxis[],
  pointIndex = 'point_index',
): readonly AxisColumn[] {
  const taken = new Set(VIEW_COLUMNS);
  return axes.flatMap((axis) =>
    axis.columns.map((column, member) => {
      const values = axis.values.map((value) => value[member] ?? null);
      const type = columnType(values);
      const digit = `(${pointIndex} / ${axis.stride} % ${axis.count})::integer + 1`;
      return {
        column,
        viewColumn: uniqueName(column, taken),
        type,
        expression: `(${arrayLiteral(values, type)}::${type}[])[${digit}]`,
      };
    }),
  );
}

// --- internal ---

type Values = readonly (AxisScalar | null)[];

function columnType(values: Values): AxisColumn['type'] {
  if (values.every((value) => typeof value === 'boolean')) return 'boolean';
  if (!values.every((value) => typeof value === 'number')) return 'text';
  if (!values.every((value) => Number.isSafeInteger(value))) return 'double precision';
  return values.every((value) => Math.abs(value) <= INT4_MAX) ? 'integer' : 'bigint';
}

function arrayLiteral(values: Values, type: AxisColumn['type']): string {
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    const text = String(value);
    return type === 'text' ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : text;
  });
  return quoteLiteral(`{${elements.join(',')}}`);
}

function uniqueName(column: string, taken: Set<string>): string {
  const base = cutToBytes(column);
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base.slice(0, 58)}_${number}`;
  taken.add(name);
  return name;
}

function cutToBytes(name: string): string {
  let cut = name;
  while (Buffer.byteLength(cut) > IDENTIFIER_BYTES_MAX) cut = cut.slice(0, -1);
  return cut;
}

export function selectAxes(columns: readonly AxisColumn[]): string {
  return columns
    .map((axis) => `${axis.expression} as ${quoteIdentifier(axis.viewColumn)}`)
    .join(',\n  ');
}
