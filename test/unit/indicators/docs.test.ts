import { expect, it } from 'vitest';
import { pageText, withTable } from '../../support/indicator-table.ts';

it('docs/indicators.md has the table of the registry (node test/support/indicator-table.ts writes it)', () => {
  const page = pageText();
  expect(page).toContain('<!-- table -->');
  expect(page).toBe(withTable(page));
});
