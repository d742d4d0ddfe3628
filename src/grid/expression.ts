import jsep from 'jsep';
import { didYouMean, shown } from '../card/issues.ts';

/**
 * Constraint and require texts: parsed to a tree by jsep, checked, and compiled to closures. No text is
 * ever evaluated as code. Allowed: numbers, quoted text, names, + - * / %, comparisons, && || ! or and
 * or not, parentheses, abs min max.
 */
export type Kind = 'number' | 'boolean' | 'text';
export type Value = number | boolean | string;
export type Lookup = (slot: number) => Value;

export interface Names {
  /** Slot of a name for the lookup, or undefined where the name is unknown. */
  slot(name: string): number | undefined;
  kind(slot: number): Kind;
  /** For "did you mean". */
  all(): readonly string[];
}

export interface Expression {
  readonly text: string;
  /** Slots used, ascending. */
  readonly slots: readonly number[];
  test(lookup: Lookup): boolean;
}

export interface ExpressionFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Words that cannot be names in an expression. */
export const WORDS_OF_EXPRESSIONS: readonly string[] =
  'and or not true false null this abs min max'.split(' ');

/** Texts beyond this are refused: nobody writes them, and the parser recurses. */
const EXPRESSION_LENGTH_MAX = 500;

jsep.addBinaryOp('or', 1);
jsep.addBinaryOp('and', 2);
jsep.addUnaryOp('not');

/** A truth over named values. Not finite numbers make every comparison false. */
export function compileExpression(text: string, names: Names): Expression | ExpressionFailure {
  if (text.length > EXPRESSION_LENGTH_MAX) {
    return {
      code: 'EXPRESSION_SYNTAX',
      message: `An expression has at most ${EXPRESSION_LENGTH_MAX} letters.`,
    };
  }
  try {
    const slots = new Set<number>();
    const node = compileNode(jsep(text), { names, slots, text });
    if (node.kind !== 'boolean') {
      fail('EXPRESSION_TYPE', `${shown(text)} is no condition.`, 'compare two sides: fast < slow');
    }
    const test = node.evaluate as (lookup: Lookup) => boolean;
    return { text, slots: [...slots].toSorted((a, b) => a - b), test };
  } catch (error) {
    // Problems inside the recursion travel as ExpressionError; jsep throws its own with an index.
    if (error instanceof ExpressionError) return error.failure;
    if (error instanceof Error && 'index' in error) return syntaxFailure(text, error);
    throw error;
  }
}

export function isExpressionFailure(
  result: Expression | ExpressionFailure,
): result is ExpressionFailure {
  return 'code' in result;
}

// --- internal ---

class ExpressionError extends Error {
  readonly failure: ExpressionFailure;
  constructor(failure: ExpressionFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

interface Scope {
  readonly names: Names;
  readonly slots: Set<number>;
  readonly text: string;
}

interface Compiled {
  readonly kind: Kind;
  readonly evaluate: (lookup: Lookup) => Value;
}

type NumberOf = (lookup: Lookup) => number;

function fail(code: string, message: string, hint?: string): never {
  throw new ExpressionError({ code, message, hint });
}

function syntaxFailure(text: string, error: Error): ExpressionFailure {
  const index = Number((error as Error & { index: unknown }).index);
  const reason = error.message.replace(/ at character \d+$/, '');
  return {
    code: 'EXPRESSION_SYNTAX',
    message: `${shown(text)}: ${reason} at character ${index + 1}.`,
  };
}

function compileNode(node: jsep.Expression, scope: Scope): Compiled {
  switch (node.type) {
    case 'Literal':
      return literal(node as jsep.Literal);
    case 'Identifier':
      return identifier((node as jsep.Identifier).name, scope);
    case 'UnaryExpression':
      return unary(node as jsep.UnaryExpression, scope);
    case 'BinaryExpression':
      return binary(node as jsep.BinaryExpression, scope);
    case 'CallExpression':
      return call(node as jsep.CallExpression, scope);
    default:
      return fail(
        'EXPRESSION_SYNTAX',
        `${shown(scope.text)} is not one condition of numbers, names and operators.`,
      );
  }
}

function literal(node: jsep.Literal): Compiled {
  const { value } = node;
  if (typeof value === 'number') return { kind: 'number', evaluate: () => value };
  if (typeof value === 'boolean') return { kind: 'boolean', evaluate: () => value };
  if (typeof value === 'string') return { kind: 'text', evaluate: () => value };
  return fail('EXPRESSION_SYNTAX', `${node.raw} is not allowed.`);
}

function identifier(name: string, scope: Scope): Compiled {
  const slot = scope.names.slot(name);
  if (slot === undefined) {
    const all = scope.names.all();
    const known = all.length > 12 ? undefined : `known names: ${all.join(', ')}`;
    return fail(
      'UNKNOWN_NAME',
      `${shown(scope.text)}: unknown name ${shown(name)}.`,
      didYouMean(name, all) ?? known,
    );
  }
  scope.slots.add(slot);
  return { kind: scope.names.kind(slot), evaluate: (lookup) => lookup(slot) };
}

function unary(node: jsep.UnaryExpression, scope: Scope): Compiled {
  const inner = compileNode(node.argument, scope);
  if (node.operator === '!' || node.operator === 'not') {
    need(inner, 'boolean', node.operator, scope);
    return { kind: 'boolean', evaluate: (lookup) => !inner.evaluate(lookup) };
  }
  need(inner, 'number', node.operator, scope);
  const value = inner.evaluate as NumberOf;
  if (node.operator === '-') return { kind: 'number', evaluate: (lookup) => -value(lookup) };
  if (node.operator === '+') return inner;
  return fail('EXPRESSION_SYNTAX', `The operator ${node.operator} is not allowed.`);
}

function need(part: Compiled, kind: Kind, operator: string, scope: Scope): void {
  if (part.kind === kind) return;
  const word = { number: 'numbers', boolean: 'conditions', text: 'texts' }[kind];
  const hint =
    kind === 'boolean'
      ? `not (a < b), (a < b) and (c < d)`
      : 'write a < b and b < c, not a < b < c';
  fail('EXPRESSION_TYPE', `${shown(scope.text)}: ${operator} works on ${word}.`, hint);
}

const ARITHMETIC: Record<string, (a: NumberOf, b: NumberOf) => NumberOf> = {
  '+': (a, b) => (at) => a(at) + b(at),
  '-': (a, b) => (at) => a(at) - b(at),
  '*': (a, b) => (at) => a(at) * b(at),
  '/': (a, b) => (at) => a(at) / b(at),
  '%': (a, b) => (at) => a(at) % b(at),
};

type TruthOf = (lookup: Lookup) => boolean;

const COMPARISONS: Record<string, (a: NumberOf, b: NumberOf) => TruthOf> = {
  '<': (a, b) => (at) => a(at) < b(at),
  '<=': (a, b) => (at) => a(at) <= b(at),
  '>': (a, b) => (at) => a(at) > b(at),
  '>=': (a, b) => (at) => a(at) >= b(at),
};

const LOGIC: Record<string, (a: TruthOf, b: TruthOf) => TruthOf> = {
  '&&': (a, b) => (at) => a(at) && b(at),
  and: (a, b) => (at) => a(at) && b(at),
  '||': (a, b) => (at) => a(at) || b(at),
  or: (a, b) => (at) => a(at) || b(at),
};

function binary(node: jsep.BinaryExpression, scope: Scope): Compiled {
  const { operator } = node;
  const left = compileNode(node.left, scope);
  const right = compileNode(node.right, scope);
  const needBoth = (kind: Kind) =>
    [left, right].forEach((part) => need(part, kind, operator, scope));
  const [a, b] = [left.evaluate, right.evaluate];
  if (Object.hasOwn(ARITHMETIC, operator)) {
    needBoth('number');
    return { kind: 'number', evaluate: ARITHMETIC[operator]!(a as NumberOf, b as NumberOf) };
  }
  if (Object.hasOwn(COMPARISONS, operator)) {
    needBoth('number');
    return { kind: 'boolean', evaluate: COMPARISONS[operator]!(a as NumberOf, b as NumberOf) };
  }
  if (Object.hasOwn(LOGIC, operator)) {
    needBoth('boolean');
    return { kind: 'boolean', evaluate: LOGIC[operator]!(a as TruthOf, b as TruthOf) };
  }
  if (operator !== '==' && operator !== '!=') {
    const hint = operator === '===' ? 'write ==' : undefined;
    return fail(
      'EXPRESSION_SYNTAX',
      `${shown(scope.text)}: the operator ${operator} is not allowed.`,
      hint,
    );
  }
  needBoth(left.kind);
  return { kind: 'boolean', evaluate: equality(a, b, operator === '==') };
}

/** A value that is not there (NaN) is neither equal nor unequal to anything. */
function equality(a: Compiled['evaluate'], b: Compiled['evaluate'], isEqual: boolean): TruthOf {
  return (at) => {
    const [left, right] = [a(at), b(at)];
    if (Number.isNaN(left) || Number.isNaN(right)) return false;
    return (left === right) === isEqual;
  };
}

const FUNCTIONS: Record<string, { count: [number, number]; call: (values: number[]) => number }> = {
  abs: { count: [1, 1], call: ([value]) => Math.abs(value ?? Number.NaN) },
  min: { count: [2, 20], call: (values) => Math.min(...values) },
  max: { count: [2, 20], call: (values) => Math.max(...values) },
};

function call(node: jsep.CallExpression, scope: Scope): Compiled {
  const callee = node.callee as jsep.Identifier;
  const name = callee.type === 'Identifier' ? callee.name : '';
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) {
    const hint = didYouMean(name, Object.keys(FUNCTIONS)) ?? 'functions: abs, min, max';
    return fail('UNKNOWN_NAME', `${shown(scope.text)}: unknown function ${shown(name)}.`, hint);
  }
  const parts = node.arguments.map((argument) => compileNode(argument, scope));
  parts.forEach((part) => need(part, 'number', name, scope));
  if (parts.length < known.count[0] || parts.length > known.count[1]) {
    return fail(
      'EXPRESSION_SYNTAX',
      `${shown(scope.text)}: ${name} takes ${known.count[0] === 1 ? 'one number' : 'two or more numbers'}.`,
    );
  }
  const values = parts.map((part) => part.evaluate as NumberOf);
  return { kind: 'number', evaluate: (lookup) => known.call(values.map((value) => value(lookup))) };
}
