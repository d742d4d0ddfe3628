import { spawn } from 'node:child_process';
import { defineCommand } from 'citty';
import type { Row, RowList } from 'postgres';
import { childEnvironment, loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import { renderTable, type Cell } from '../../report/table.ts';
import { openStore, type Store } from '../../store/db.ts';
import { formatInstant } from '../../time.ts';
import { jsonFlag } from '../flags.ts';
import { note, paint, print, printJson } from '../output.ts';

export const sqlCommand = defineCommand({
  meta: { name: 'sql', description: 'One query as a table or JSON; without a query, psql' },
  args: {
    query: { type: 'positional', required: false, description: 'SQL; without it, psql is opened' },
    ...jsonFlag,
  },
  async run({ args }) {
    if (args.json && args.query === undefined) {
      throw new SweepError('USAGE', 'sql --json needs a query', {
        hint: 'ideasweep sql --json "select * from ranked_results limit 5"; without --json, psql is opened',
      });
    }
    await using store = await openStore(loadConfig());
    if (args.query === undefined) {
      await openPsql(store);
      return;
    }
    const rows = await query(store, args.query);
    if (args.json) printJson(rows.map(jsonRow));
    else if (rows.columns === undefined || rows.columns.length === 0) note(rows.command);
    else print(renderRows(rows));
  },
});

// --- internal ---

type Rows = RowList<Row[]>;

const NUMERIC_TYPE = 1700;

/** What Postgres refuses of a query is the reader's to correct: its message, and where. */
async function query(store: Store, text: string): Promise<Rows> {
  try {
    const result = (await store.sql.unsafe(text)) as Rows | Rows[];
    // Several statements give several results; the last is the answer.
    return Array.isArray(result[0]) ? ((result as Rows[]).at(-1) as Rows) : (result as Rows);
  } catch (error) {
    const { severity, message, hint, position } = error as PostgresFailure;
    if (severity === undefined) throw error;
    const where = position === undefined ? '' : ` (at letter ${position})`;
    throw new SweepError('USAGE', `${message}${where}`, {
      cause: error,
      hint: hint ?? 'Tables and views are listed by: ideasweep sql "select * from pg_views"',
    });
  }
}

interface PostgresFailure {
  readonly severity?: string;
  readonly message: string;
  readonly hint?: string;
  readonly position?: string;
}

/** `numeric` comes as text; where a double holds it exactly it is a number. */
function plainValue(value: unknown, type: number | undefined): unknown {
  if (value instanceof Date) return formatInstant(value.getTime());
  if (type !== NUMERIC_TYPE || typeof value !== 'string') return value;
  const shortest = value.includes('.') ? value.replace(/\.?0+$/, '') : value;
  return String(Number(value)) === shortest ? Number(value) : value;
}

function jsonRow(row: Row, _index: number, rows: readonly Row[]): object {
  const { columns } = rows as Rows;
  return Object.fromEntries(columns.map(({ name, type }) => [name, plainValue(row[name], type)]));
}

function renderRows(rows: Rows): string {
  const columns = rows.columns.map(({ name }) => ({ key: name, title: name }));
  const cells = rows.map((row) =>
    Object.fromEntries(
      rows.columns.map(({ name, type }) => [name, cellOf(plainValue(row[name], type))]),
    ),
  );
  const table = renderTable(columns, cells, { titleStyle: (text) => paint('bold', text) });
  return `${table}\n  (${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
}

function cellOf(value: unknown): Cell {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Cell);
}

/** The password goes by the environment: a command line can be read by every user of the machine. */
async function openPsql(store: Store): Promise<void> {
  const url = new URL(store.url);
  const password = decodeURIComponent(url.password);
  url.password = '';
  const ignoreInterrupt = () => {};
  // Ctrl-C cancels a query inside psql; it must not end us and with us the server.
  process.on('SIGINT', ignoreInterrupt);
  try {
    const child = spawn('psql', [url.href], {
      stdio: 'inherit',
      env: childEnvironment({ PGPASSWORD: password }),
    });
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
    if (exitCode !== 0) process.exitCode = 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new SweepError('USAGE', 'psql is not on the PATH', {
      hint: 'Install it (postgresql-client), or give a query: ideasweep sql "select * from ranked_results limit 5". Other clients: ideasweep db start prints the address.',
    });
  } finally {
    process.off('SIGINT', ignoreInterrupt);
  }
}
