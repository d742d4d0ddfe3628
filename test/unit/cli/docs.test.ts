import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS, NOT_BUILT_YET } from '../../../src/cli/command-list.ts';
import { mainHelp } from '../../../src/cli/help.ts';

const README = readFileSync('README.md', 'utf8');

/** The rows the README must have, in the order of the help. */
const ROWS = Object.entries(COMMANDS).map(([name, { usage, summary }]) => {
  const call = `ideasweep ${name} ${usage}`.trim().replaceAll('|', '\\|');
  return `| \`${call}\` | ${summary} |`;
});

test('the README has one row per command, as the help says it', () => {
  const table = README.split('<!-- commands')[1]?.split('\n\n')[1] ?? '';
  expect(table.split('\n').slice(2)).toEqual(ROWS);
});

test('the help names every command and none that is not built', () => {
  const help = mainHelp('0.0.0');
  for (const name of Object.keys(COMMANDS)) expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
  for (const name of NOT_BUILT_YET) expect(help).not.toMatch(new RegExp(`^  ${name} `, 'm'));
  for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('every link of the README leads to a file', () => {
  const links = [...README.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '');
  expect(links.length).toBeGreaterThan(4);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test('every folder of the README exists', () => {
  const table = README.split('## Folders')[1]?.split('## ')[0] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const folders = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
  expect(folders.length).toBeGreaterThan(15);
  expect(folders.filter((folder) => !existsSync(folder))).toEqual([]);
});
