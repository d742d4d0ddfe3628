import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { testDatabase } from '../../support/database.ts';
import { dumpSchema } from '../../support/dump-schema.ts';

const db = testDatabase();

it('makes by its migrations the schema that was reviewed; else: npm run db:dump', async () => {
  const reviewed = readFileSync(new URL('../../support/schema.sql', import.meta.url), 'utf8');
  expect(await dumpSchema(db.sql)).toBe(reviewed);
});
