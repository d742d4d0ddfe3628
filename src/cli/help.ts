import { stripVTControlCharacters } from 'node:util';
import { renderUsage } from 'citty';
import { COMMANDS, GROUP_TITLES, type AnyCommand, type CommandEntry } from './command-list.ts';
import { colorCount, paint } from './output.ts';

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

/** Usage of one command, from its definition. */
export async function commandHelp(
  command: AnyCommand,
  parents: readonly string[],
): Promise<string> {
  const text = await renderUsage(command, {
    meta: { name: ['ideasweep', ...parents].join(' ') },
  });
  return colorCount() === 0 ? stripVTControlCharacters(text) : text;
}
