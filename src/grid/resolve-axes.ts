import { canonicalJson } from '../hash.ts';
import { didYouMean, shown } from '../card/issues.ts';
import { numberOf } from '../card/coerce.ts';
import { cardSchema, type IdeaCard } from '../card/schema.ts';
import type { PathKey } from '../card/source.ts';
import type { AxisSection } from '../card/sweep-schema.ts';
import { readerAt } from '../card/zod-issues.ts';
import { METRICS } from '../metrics/registry.ts';
import {
  axisValues,
  type Axis,
  type AxisMember,
  type AxisScalar,
  type AxisValues,
} from './axis.ts';
import { WORDS_OF_EXPRESSIONS } from './expression.ts';
import { deriveAxisName, parseAxisFlag } from './overrides.ts';
import { isPathFailure, resolvePath, valueAt } from './path.ts';

/** The axes of the section, then of the flags, against the card: resolved members and values. */

/** Reports a problem; the path is below the document, or a flag. */
export type Report = (
  path: readonly PathKey[],
  code: string,
  message: string,
  hint?: string,
) => void;

interface NamedSection {
  readonly name: string;
  readonly section: AxisSection;
  /** Where problems are reported. */
  readonly at: readonly PathKey[];
}

export function resolveAxes(
  card: IdeaCard,
  sections: Readonly<Record<string, AxisSection>>,
  flags: readonly string[],
  report: Report,
): Axis[] {
  const named = withFlags(sections, flags, report);
  const axes = named.flatMap((entry) => {
    const axis = resolveAxis(card, entry, report);
    return axis ? [axis] : [];
  });
  reportOverlaps(axes, report);
  return axes;
}

// --- internal ---

/** Names that have another meaning in results, views or expressions. */
const TAKEN_NAMES: ReadonlySet<string> = new Set<string>([
  ...METRICS.map((metric) => metric.name),
  'sweep_id',
  'point_index',
  'rank',
  'outcome',
  'eligible',
  'params',
  'error',
  'name',
  ...WORDS_OF_EXPRESSIONS,
]);

function withFlags(
  sections: Readonly<Record<string, AxisSection>>,
  flags: readonly string[],
  report: Report,
): NamedSection[] {
  const named: NamedSection[] = Object.entries(sections).map(([name, section]) => ({
    name,
    section,
    at: ['sweep', 'axes', name],
  }));
  for (const text of flags) {
    const flag = parseAxisFlag(text);
    if (!flag) {
      report(
        ['--axis'],
        'AXIS_FLAG',
        `--axis ${shown(text)} cannot be read.`,
        'write fast=5..50:5 or fast=5,10,20',
      );
      continue;
    }
    const { path } = flag;
    const name = flag.name ?? freeName(deriveAxisName(path ?? ''), named);
    const place = named.findIndex((entry) => entry.name === name);
    const earlier = named[place];
    if (path === undefined && !earlier) {
      const names = named.map((entry) => entry.name);
      report(
        ['--axis'],
        'AXIS_UNKNOWN',
        `The sweep has no axis ${shown(name)}.`,
        didYouMean(name, names) ?? 'name the path too: --axis exec.ema_fast.length=5..50:5',
      );
      continue;
    }
    const target = path === undefined ? targetOf(earlier!.section) : { path };
    const entry = { name, section: { ...target, ...flag.section }, at: ['--axis', name] };
    if (earlier) named[place] = entry;
    else named.push(entry);
  }
  return named;
}

function targetOf(section: AxisSection): AxisSection {
  return section.paths === undefined ? { path: section.path } : { paths: section.paths };
}

function freeName(name: string, named: readonly NamedSection[]): string {
  const taken = new Set(named.map((entry) => entry.name));
  let free = name;
  for (let n = 2; taken.has(free) || TAKEN_NAMES.has(free); n += 1) free = `${name}_${n}`;
  return free;
}

function resolveAxis(card: IdeaCard, entry: NamedSection, report: Report): Axis | undefined {
  const { name, section, at } = entry;
  const isNamed = checkName(name, at, report);
  const members = resolveMembers(card, entry, report);
  const result = axisValues(section);
  if ('failure' in result) {
    const { key, code, message, hint } = result.failure;
    report([...at, ...key], code, message, hint);
    return undefined;
  }
  const rows = members && resolveRows({ card, members, values: result.values, entry }, report);
  return isNamed && members && rows ? { name, members, values: rows } : undefined;
}

function checkName(name: string, at: readonly PathKey[], report: Report): boolean {
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(name)) {
    report(
      at,
      'AXIS_NAME',
      `${shown(name)} is no axis name: lower-case letters, digits and _, 48 at most.`,
    );
    return false;
  }
  if (!TAKEN_NAMES.has(name)) return true;
  report(
    at,
    'AXIS_NAME',
    `${shown(name)} is the name of a metric, column or function.`,
    `for example ${name}_param`,
  );
  return false;
}

function resolveMembers(
  card: IdeaCard,
  entry: NamedSection,
  report: Report,
): AxisMember[] | undefined {
  const { name, section, at } = entry;
  if ((section.path === undefined) === (section.paths === undefined)) {
    report(at, 'AXIS_FORM', `Axis ${name} needs either path or paths.`);
    return undefined;
  }
  const written: [string, string, readonly PathKey[]][] =
    section.path === undefined
      ? Object.entries(section.paths ?? {}).map(([column, text]) => [
          column,
          text,
          [...at, 'paths', column],
        ])
      : [[name, section.path, [...at, 'path']]];
  if (written.length === 0) report([...at, 'paths'], 'AXIS_EMPTY', 'paths names no parameter.');
  const members = written.flatMap(([column, text, place]) => {
    if (column !== name && !checkName(column, place, report)) return [];
    const member = resolveMember(card, column, text, (code, message, hint) =>
      report(place, code, message, hint),
    );
    return member ? [member] : [];
  });
  return members.length === written.length && members.length > 0 ? members : undefined;
}

function resolveMember(
  card: IdeaCard,
  column: string,
  text: string,
  report: (code: string, message: string, hint?: string) => void,
): AxisMember | undefined {
  const path = resolvePath(card, text);
  if (isPathFailure(path)) {
    report(path.code, path.message, path.hint);
    return undefined;
  }
  const value = valueAt(card, path);
  const isSymbols = path.length === 1 && path[0] === 'symbol_universe';
  if (typeof value === 'object' && value !== null && !isSymbols) {
    report(
      'PATH_NOT_A_VALUE',
      `${text} is not a single value.`,
      'lead the path to a number or text',
    );
    return undefined;
  }
  if (path.at(-1) === 'tf') {
    report('NOT_YET', `Axes over timeframes are not built yet (${text}).`);
    return undefined;
  }
  if (path.length === 1 && FREE_TEXTS.has(String(path[0]))) {
    report('PATH_WITHOUT_EFFECT', `${text} changes nothing in a backtest.`);
    return undefined;
  }
  return { column, path, text };
}

const FREE_TEXTS = new Set(['id', 'version', 'name', 'description']);

interface RowsInput {
  readonly card: IdeaCard;
  readonly members: readonly AxisMember[];
  readonly values: AxisValues;
  readonly entry: NamedSection;
}

function resolveRows(
  { card, members, values, entry }: RowsInput,
  report: Report,
): AxisScalar[][] | undefined {
  const isLinked = entry.section.paths !== undefined;
  const readers = members.map((member) => scalarReader(card, member.path));
  const seen = new Map<string, number>();
  const rows: AxisScalar[][] = [];
  values.forEach((value, k) => {
    const at = [...entry.at, ...(entry.section.values ? ['values', k] : [])];
    const row = Array.isArray(value) ? value : isLinked ? [] : [value as AxisScalar];
    if (row.length !== members.length || Array.isArray(value) !== isLinked) {
      const want = isLinked
        ? `a list of ${members.length} values (${members.map((member) => member.column).join(', ')})`
        : 'a single value';
      report(at, 'AXIS_TUPLE', `${shown(value)}: each value of ${entry.name} is ${want}.`);
      return;
    }
    const normal = row.map((scalar, m) => readers[m]!(scalar));
    const key = normal.every((scalar) => typeof scalar !== 'number' || Number.isFinite(scalar))
      ? canonicalJson(normal)
      : undefined;
    if (key === undefined) report(at, 'AXIS_VALUE', `${shown(value)} is not a finite value.`);
    else if (seen.has(key))
      report(
        at,
        'AXIS_DUPLICATE',
        `${entry.name} has the value ${shown(value)} twice (values ${seen.get(key)! + 1} and ${k + 1}).`,
      );
    else seen.set(key, k);
    rows.push(normal);
  });
  return rows.length === values.length ? rows : undefined;
}

/** Values as the card's schema reads them ("2" → 2); one that it cannot read stays and is refused later. */
function scalarReader(card: IdeaCard, path: readonly PathKey[]): (value: AxisScalar) => AxisScalar {
  if (path.at(-1) === 'value' && path.at(-3) === 'conditions') {
    const isKey = valueAt(card, [...path.slice(0, -1), 'is_indicator_comparison']) === true;
    return (value) => (!isKey && typeof value === 'string' ? (numberOf(value) ?? value) : value);
  }
  const read = readerAt(cardSchema, path);
  return (value) => {
    const normal = read(value).value;
    return typeof normal === 'object' || normal === undefined ? value : (normal as AxisScalar);
  };
}

function reportOverlaps(axes: readonly Axis[], report: Report): void {
  const owners = new Map<string, string>();
  const columns = new Map<string, string>();
  for (const axis of axes) {
    for (const { column, path } of axis.members) {
      const key = path[0] === 'symbol_universe' ? 'symbol_universe' : path.join('/');
      const owner = owners.get(key);
      if (owner !== undefined)
        report(
          ['sweep', 'axes', axis.name],
          'AXIS_PATH_TWICE',
          `${axis.name} and ${owner} move the same parameter.`,
        );
      if (columns.has(column))
        report(['sweep', 'axes', axis.name], 'AXIS_NAME', `The column ${column} stands twice.`);
      owners.set(key, axis.name);
      columns.set(column, axis.name);
    }
  }
}
