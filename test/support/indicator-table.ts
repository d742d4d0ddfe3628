import { readFileSync, writeFileSync } from 'node:fs';
import type { IndicatorDefinition } from '../../src/indicators/definition.ts';
import { INDICATORS, resolveParams } from '../../src/indicators/registry.ts';

/**
 * The table of docs/indicators.md, made from the registry. `node test/support/indicator-table.ts`
 * writes it into the page; a test compares the two.
 */
const PAGE = new URL('../../docs/indicators.md', import.meta.url);
const MARKS = /(<!-- table -->\n).*(<!-- end of table -->)/su;

export function indicatorTable(): string {
  const head = [
    '| type | inputs | parameters | outputs | formula | first value | bars read before the window | from |',
    '|---|---|---|---|---|---|---|---|',
  ];
  const rows = [...INDICATORS.values()]
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .map((definition) => `| ${cells(definition).map(escapeCell).join(' | ')} |`);
  return `${[...head, ...rows].join('\n')}\n`;
}

export function pageText(): string {
  return readFileSync(PAGE, 'utf8');
}

/** The page with its table replaced by today's. */
export function withTable(page: string): string {
  return page.replace(MARKS, (_, start: string, end: string) => start + indicatorTable() + end);
}

function cells(definition: IndicatorDefinition): string[] {
  const { params } = resolveParams(definition.type, {});
  const names = Object.keys(definition.params).filter((name) => name !== 'offset');
  const first = definition.firstIndex(params);
  const refused = definition.trade === 'refused' ? ' (not in `trade`)' : '';
  return [
    `\`${definition.type}\`${refused}`,
    definition.inputs.join(' '),
    names.map((name) => `${name} ${params[name]}`).join(', ') || '–',
    definition.outputs.join(' ') || '–',
    definition.doc,
    Object.entries(first)
      .map(([name, row]) => (name === '' ? String(row) : `${name} ${row}`))
      .join(', '),
    String(definition.seedBars(params)),
    definition.source,
  ];
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) writeFileSync(PAGE, withTable(pageText()));
