import type { ArgDef } from 'citty';
import {
  COMMANDS,
  GROUP_TITLES,
  resolved,
  type AnyCommand,
  type CommandEntry,
} from './command-list.ts';
import { paint } from './output.ts';

/** The first screen: every command, grouped, one line each. */
export function mainHelp(version: string): string {
  const groups = Object.keys(GROUP_TITLES) as CommandEntry['group'][];
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const sections = groups.map((group) => {
    const lines = Object.entries(COMMANDS)
      .filter(([, entry]) => entry.group === group)
      .map(([name, entry]) => `  ${paint('cyan', name.padEnd(width))}  ${entry.summary}`);
    return [paint('bold', GROUP_TITLES[group]), ...lines].join('\n');
  });
  return [
    `ideasweep ${version}: one trading idea over a whole grid of parameter values, ranked in SQL`,
    '',
    'Usage: ideasweep COMMAND [ARGUMENTS] [--json]',
    '',
    sections.join('\n\n'),
    '',
    'A SWEEP is an id, a unique prefix, a name (its newest sweep) or "last".',
    'ideasweep COMMAND --help says more. Exit codes: 0 done, 1 failure, 2 bad input, 3 stopped.',
  ].join('\n');
}

/** One command: how it is called, what it does, its arguments, flags or subcommands. */
export async function commandHelp(command: AnyCommand, path: readonly string[]): Promise<string> {
  const { description = '' } = await resolved(command.meta ?? {});
  const args = Object.entries(await resolved(command.args ?? {})).filter(isBuilt);
  const positionals = args.filter(([, arg]) => arg.type === 'positional');
  const flags = args.filter(([, arg]) => arg.type !== 'positional');
  const subCommands = await subCommandLines(command);
  const call = [
    `ideasweep ${path.join(' ')}`,
    ...(subCommands.length > 0 ? ['COMMAND'] : []),
    ...positionals.map(([name, arg]) => positionalText(name, arg)),
    ...(flags.length > 0 ? ['[FLAGS]'] : []),
  ].join(' ');
  const sections = [
    [call, `  ${description}`],
    section(
      'Arguments',
      positionals.map(([name, arg]) => [name.toUpperCase(), aboutArg(arg)]),
    ),
    section(
      'Flags',
      flags.map(([name, arg]) => [flagText(name, arg), aboutArg(arg)]),
    ),
    section('Commands', subCommands),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

// --- internal ---

const LINE_WIDTH = 100;

type Line = readonly [left: string, right: string];

/** What is refused in words has no place in the help. */
function isBuilt([, { description }]: readonly [
  string,
  { readonly description?: string },
]): boolean {
  return description?.includes('not built yet') !== true;
}

async function subCommandLines(command: AnyCommand): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [name, child] of Object.entries(await resolved(command.subCommands ?? {}))) {
    const { description = '' } = await resolved((await resolved(child)).meta ?? {});
    if (isBuilt([name, { description }])) lines.push([name, description]);
  }
  return lines;
}

function positionalText(name: string, arg: ArgDef): string {
  const isOptional = arg.required === false || arg.default !== undefined;
  return isOptional ? `[${name.toUpperCase()}]` : name.toUpperCase();
}

function flagText(name: string, arg: ArgDef): string {
  if (arg.type === 'boolean') return arg.default === true ? `--no-${name}` : `--${name}`;
  return `--${name} ${arg.valueHint ?? name.toUpperCase()}`;
}

function aboutArg(arg: ArgDef): string {
  const isTold = arg.default === undefined || typeof arg.default === 'boolean';
  const needed = arg.type !== 'positional' && arg.required === true ? ' (needed)' : '';
  const isOn = arg.type === 'boolean' && arg.default === true;
  const about = isOn ? (arg.negativeDescription ?? `off: ${arg.description}`) : arg.description;
  return `${about ?? ''}${needed}${isTold ? '' : ` (default: ${String(arg.default)})`}`;
}

/** Left parts padded to one width; right parts wrapped beside them. */
function section(title: string, lines: readonly Line[]): string[] {
  if (lines.length === 0) return [];
  const width = Math.min(32, Math.max(...lines.map(([left]) => left.length)));
  const body = lines.flatMap(([left, right]) => {
    const wrapped = wrap(right, LINE_WIDTH - width - 4);
    const isLong = left.length > width;
    const first = isLong ? [`  ${paint('cyan', left)}`] : [];
    const beside = wrapped.map((text, index) => {
      const isBeside = index === 0 && !isLong;
      const start = isBeside
        ? paint('cyan', left) + ' '.repeat(width - left.length)
        : ' '.repeat(width);
      return `  ${start}  ${text}`.trimEnd();
    });
    return [...first, ...beside];
  });
  return [paint('bold', title), ...body];
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
