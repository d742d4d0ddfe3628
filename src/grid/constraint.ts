import type { Axis, AxisScalar } from './axis.ts';
import {
  compileExpression,
  isExpressionFailure,
  type Expression,
  type ExpressionFailure,
  type Kind,
  type Names,
} from './expression.ts';

/** Expression texts of a sweep: constraints over axis columns, requirements over metrics. */

/** A predicate over the digits of a grid point. */
export interface Constraint {
  readonly text: string;
  /** Axis numbers it reads, ascending. */
  readonly axes: readonly number[];
  test(digits: ArrayLike<number>): boolean;
}

/** Digits → truth, or why the text cannot be one. */
export function compileConstraint(
  text: string,
  axes: readonly Axis[],
): Constraint | ExpressionFailure {
  const columns = columnsOf(axes);
  const expression = compileExpression(text, columnNames(columns, axes));
  if (isExpressionFailure(expression)) return expression;
  return bind(expression, columns, axes);
}

export function isConstraint(result: Constraint | ExpressionFailure): result is Constraint {
  return 'test' in result;
}

// --- internal ---

interface Column {
  readonly name: string;
  readonly axis: number;
  readonly member: number;
}

function columnsOf(axes: readonly Axis[]): Column[] {
  return axes.flatMap((axis, n) =>
    axis.members.map((member, m) => ({ name: member.column, axis: n, member: m })),
  );
}

function columnNames(columns: readonly Column[], axes: readonly Axis[]): Names {
  return {
    slot: (name) => {
      const found = columns.findIndex((column) => column.name === name);
      return found === -1 ? undefined : found;
    },
    kind: (slot) => {
      const column = columns[slot]!;
      return kindOf(axes[column.axis]!.values.map((row) => row[column.member]!));
    },
    all: () => columns.map((column) => column.name),
  };
}

/** Mixed columns count as text: only == and != make sense on them. */
function kindOf(values: readonly AxisScalar[]): Kind {
  if (values.every((value) => typeof value === 'number')) return 'number';
  return values.every((value) => typeof value === 'boolean') ? 'boolean' : 'text';
}

function bind(
  expression: Expression,
  columns: readonly Column[],
  axes: readonly Axis[],
): Constraint {
  // One lookup for all calls: `digits` is set before each, so that no closure is made per point.
  let digits: ArrayLike<number> = [];
  const lookup = (slot: number): AxisScalar => {
    const { axis, member } = columns[slot]!;
    return axes[axis]!.values[digits[axis]!]![member]!;
  };
  const used = new Set(expression.slots.map((slot) => columns[slot]!.axis));
  return {
    text: expression.text,
    axes: [...used].toSorted((a, b) => a - b),
    test: (current) => {
      digits = current;
      return expression.test(lookup);
    },
  };
}
