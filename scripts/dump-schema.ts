/** `npm run db:dump`: writes what the migrations make to test/support/schema.sql; says whether it moved. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../src/config.ts';
import { openStore } from '../src/store/db.ts';
import { dumpSchema } from '../test/support/dump-schema.ts';

const FILE = join(import.meta.dirname, '../test/support/schema.sql');

const home = mkdtempSync(join(tmpdir(), 'ideasweep-schema-'));
try {
  await using store = await openStore(loadConfig({ IDEASWEEP_HOME: home }));
  const text = await dumpSchema(store.sql);
  const before = readOr(FILE, '');
  writeFileSync(FILE, text);
  process.stdout.write(`${FILE}: ${text === before ? 'unchanged' : 'written'}\n`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

// --- internal ---

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The first dump: there is no file yet.
    return fallback;
  }
}
