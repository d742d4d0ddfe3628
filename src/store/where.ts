/**
 * `--where "total_trades >= 100 and fast < slow"` as SQL. The text is parsed to a tree and each node
 * is printed anew: names become quoted columns or axis expressions, values become parameters, so no
 * letter of the text reaches the server. A comparison with no value (NULL) is false, as it is in
 * constraints.
 */
import jsep from 'jsep';
import { didYouMean, shown } from '../card/issues.ts';
import { SweepError } from '../errors.ts';

export interface SqlFragment {
  readonly text: string;
  readonly parameters: readonly (string | number | boolean)[];
}

export type SqlKind = 'number' | 'boolean' | 'text';

/** What a name may stand for; `expression` is trusted SQL. */
export interface NamedColumn {
  readonly kind: SqlKind;
  readonly expression: string;
}

/** As in grid/expression.ts: nobody writes longer ones, and the parser recurses. */
const EXPRESSION_LENGTH_MAX = 500;

// The parser's operators are global to the process; the grid's expressions declare the same ones.
jsep.addBinaryOp('or', 1);
jsep.addBinaryOp('and', 2);
jsep.addUnaryOp('not');

/**
 * @param firstParameter number of the first `$n` it may use.
 * @throws SweepError USAGE: syntax, an unknown name (with near ones), or sides that do not compare.
 */
export function whereToSql(
  text: string,
  columns: ReadonlyMap<string, NamedColumn>,
  firstParameter = 1,
): SqlFragment {
  if (text.length > EXPRESSION_LENGTH_MAX) {
    throw refuse(`a condition has at most ${EXPRESSION_LENGTH_MAX} letters`);
  }
  const printer = new Printer(text, columns, firstParameter);
  const printed = printer.print(parse(text));
  if (printed.kind !== 'boolean') {
    throw refuse(`${shown(text)} is no condition`, 'compare two sides: total_trades >= 100');
  }
  return { text: printed.sql, parameters: printer.parameters };
}

// --- internal ---

interface Printed {
  readonly kind: SqlKind;
  readonly sql: string;
}

const COMPARISONS: Readonly<Record<string, string>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '==': '=',
  '!=': '<>',
};

const LOGIC: Readonly<Record<string, string>> = { '&&': 'and', and: 'and', '||': 'or', or: 'or' };

const FUNCTIONS: Readonly<Record<string, string>> = { abs: 'abs', min: 'least', max: 'greatest' };

const PARAMETER_TYPES = { number: 'double precision', boolean: 'boolean', text: 'text' } as const;

class Printer {
  readonly parameters: (string | number | boolean)[] = [];
  readonly #text: string;
  readonly #columns: ReadonlyMap<string, NamedColumn>;
  readonly #firstParameter: number;

  constructor(text: string, columns: ReadonlyMap<string, NamedColumn>, firstParameter: number) {
    this.#text = text;
    this.#columns = columns;
    this.#firstParameter = firstParameter;
  }

  print(node: jsep.Expression): Printed {
    switch (node.type) {
      case 'Literal':
        return this.#literal((node as jsep.Literal).value);
      case 'Identifier':
        return this.#name((node as jsep.Identifier).name);
      case 'UnaryExpression':
        return this.#unary(node as jsep.UnaryExpression);
      case 'BinaryExpression':
        return this.#binary(node as jsep.BinaryExpression);
      case 'CallExpression':
        return this.#call(node as jsep.CallExpression);
      default:
        throw refuse(`${shown(this.#text)} is not one condition of names, values and operators`);
    }
  }

  #literal(value: unknown): Printed {
    const kind = typeof value === 'string' ? 'text' : (typeof value as SqlKind);
    if (kind !== 'number' && kind !== 'boolean' && kind !== 'text') {
      throw refuse(`${shown(this.#text)}: ${shown(value)} is not a value`);
    }
    this.parameters.push(value as string | number | boolean);
    const number = this.#firstParameter + this.parameters.length - 1;
    return { kind, sql: `$${number}::${PARAMETER_TYPES[kind]}` };
  }

  #name(name: string): Printed {
    const column = this.#columns.get(name);
    if (column) return { kind: column.kind, sql: column.expression };
    const known = [...this.#columns.keys()];
    throw refuse(
      `${shown(this.#text)}: unknown name ${shown(name)}`,
      didYouMean(name, known) ?? 'names are metrics, axes, outcome, eligible and point_index',
    );
  }

  #unary(node: jsep.UnaryExpression): Printed {
    const inner = this.print(node.argument);
    if (node.operator === '!' || node.operator === 'not') {
      this.#need(inner, 'boolean', node.operator);
      return { kind: 'boolean', sql: `(not ${inner.sql})` };
    }
    if (node.operator !== '-' && node.operator !== '+') throw this.#badOperator(node.operator);
    this.#need(inner, 'number', node.operator);
    return { kind: 'number', sql: `(${node.operator} ${inner.sql})` };
  }

  #binary(node: jsep.BinaryExpression): Printed {
    const { operator } = node;
    const [left, right] = [this.print(node.left), this.print(node.right)];
    const logic = LOGIC[operator];
    if (logic) {
      for (const side of [left, right]) this.#need(side, 'boolean', operator);
      return { kind: 'boolean', sql: `(${left.sql} ${logic} ${right.sql})` };
    }
    const comparison = COMPARISONS[operator];
    if (comparison) {
      const kind = operator === '==' || operator === '!=' ? left.kind : 'number';
      for (const side of [left, right]) this.#need(side, kind, operator);
      return { kind: 'boolean', sql: `coalesce(${left.sql} ${comparison} ${right.sql}, false)` };
    }
    for (const side of [left, right]) this.#need(side, 'number', operator);
    return { kind: 'number', sql: this.#arithmetic(operator, left.sql, right.sql) };
  }

  /** Division by zero gives no value instead of an error: one such row must not end the query. */
  #arithmetic(operator: string, left: string, right: string): string {
    if (operator === '+' || operator === '-' || operator === '*') {
      return `(${left} ${operator} ${right})`;
    }
    if (operator === '/') return `(${left} / nullif(${right}, 0))`;
    if (operator === '%') return `(${left} - ${right} * trunc(${left} / nullif(${right}, 0)))`;
    throw this.#badOperator(operator);
  }

  #call(node: jsep.CallExpression): Printed {
    const name = node.callee.type === 'Identifier' ? (node.callee as jsep.Identifier).name : '';
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!known) {
      throw refuse(
        `${shown(this.#text)}: unknown function ${shown(name)}`,
        'functions: abs, min, max',
      );
    }
    const parts = node.arguments.map((argument) => this.print(argument));
    for (const part of parts) this.#need(part, 'number', name);
    if (parts.length === 0 || (name === 'abs' && parts.length > 1)) {
      throw refuse(
        `${shown(this.#text)}: ${name} takes ${name === 'abs' ? 'one number' : 'numbers'}`,
      );
    }
    return { kind: 'number', sql: `${known}(${parts.map((part) => part.sql).join(', ')})` };
  }

  #need(part: Printed, kind: SqlKind, operator: string): void {
    if (part.kind === kind) return;
    const word = { number: 'numbers', boolean: 'conditions', text: 'texts' }[kind];
    const hint = kind === 'number' ? 'write a < b and b < c, not a < b < c' : undefined;
    throw refuse(`${shown(this.#text)}: ${operator} works on ${word} here`, hint);
  }

  #badOperator(operator: string): SweepError {
    const hint = operator === '===' ? 'write ==' : undefined;
    return refuse(`${shown(this.#text)}: the operator ${operator} is not allowed`, hint);
  }
}

function parse(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    // The parser throws an Error with the index of the letter it stopped at.
    const { message, index } = error as { message: string; index?: number };
    const reason = message.replace(/ at character \d+$/, '');
    throw refuse(`${shown(text)}: ${reason} at character ${(index ?? 0) + 1}`);
  }
}

function refuse(message: string, hint?: string): SweepError {
  return new SweepError('USAGE', `--where ${message}`, hint === undefined ? {} : { hint });
}
