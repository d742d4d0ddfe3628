import { access, rm, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { loadConfig, type Config } from '../../config.ts';
import { makeHomeFolder } from '../../home.ts';
import { SweepError } from '../../errors.ts';
import { formatBytes, plural } from '../../report/format.ts';
import { padCell } from '../../report/table.ts';
import { jsonFlag } from '../flags.ts';
import { paint, print, printJson } from '../output.ts';

export const doctorCommand = defineCommand({
  meta: {
    name: 'doctor',
    description: 'Check what this machine offers; exit 1 if something needed is missing',
  },
  args: jsonFlag,
  async run({ args }) {
    const config = loadConfig();
    const checks: Check[] = [];
    for (const check of CHECKS) checks.push(await check(config));
    if (args.json) printJson({ checks: checks.map(checkDocument) });
    else print(checks.map(renderCheck).join('\n'));
    if (checks.some((check) => check.required && !check.ok)) process.exitCode = 1;
  },
});

// --- internal ---

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint: string | null;
  /** Whether nothing works without it. */
  readonly required: boolean;
}

const NODE_MIN = [24, 12] as const;
const DISK_FREE_MIN = 2e9;

const CHECKS: readonly ((config: Config) => Promise<Check> | Check)[] = [
  checkNode,
  checkMachine,
  checkHome,
  checkDisk,
  checkMapping,
  checkCandles,
  checkPostgres,
  checkTemporal,
];

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return {
    name: 'node',
    ok,
    detail: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    hint: ok ? null : `Node ${NODE_MIN.join('.')} or newer is needed; npm scripts bring their own`,
    required: true,
  };
}

function checkMachine(config: Config): Check {
  const cores = plural(availableParallelism(), 'core');
  return {
    name: 'machine',
    ok: true,
    detail: `${cores}, ${formatBytes(totalmem())} memory; sweeps use ${plural(config.threads, 'thread')}`,
    hint: null,
    required: false,
  };
}

async function checkHome(config: Config): Promise<Check> {
  const probe = join(config.home, `.doctor-${process.pid}`);
  const failure = await attempt(async () => {
    makeHomeFolder(config.home);
    await writeFile(probe, '');
    await rm(probe);
  });
  return {
    name: 'home',
    ok: failure === undefined,
    detail: failure === undefined ? config.home : `${config.home} cannot be written: ${failure}`,
    hint: failure === undefined ? null : 'set IDEASWEEP_HOME to a folder you can write',
    required: true,
  };
}

async function checkDisk(config: Config): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(config.home);
    const free = bavail * bsize;
    const ok = free >= DISK_FREE_MIN;
    return {
      name: 'disk',
      ok,
      detail: `${formatBytes(free)} free`,
      hint: ok ? null : 'feeds and results of a large sweep need gigabytes',
      required: false,
    };
  } catch (error) {
    // Not every file system tells; the check of the home is the one that counts.
    return { name: 'disk', ok: false, detail: reason(error), hint: null, required: false };
  }
}

async function checkMapping(): Promise<Check> {
  const { mappingSupport } = await import('../../feed/mmap.ts');
  const { ok, detail } = mappingSupport();
  const hint = ok ? null : 'it works, but each process keeps its own copy of the feeds';
  return { name: 'mapping', ok, detail, hint, required: false };
}

async function checkCandles(config: Config): Promise<Check> {
  const base = { name: 'candles', required: true } as const;
  const isAbsent = (await attempt(() => access(config.candlesPath))) !== undefined;
  try {
    const { openCandleDb } = await import('../../candles/db.ts');
    const { listSeries } = await import('../../candles/query.ts');
    await using db = await openCandleDb(config.candlesPath, { readOnly: true });
    const series = await listSeries(db);
    const bars = series.reduce((sum, one) => sum + one.bars, 0);
    const detail =
      isAbsent || series.length === 0
        ? 'none stored yet'
        : `${plural(series.length, 'series', 'series')}, ${plural(bars, 'candle')}`;
    const hint = series.length === 0 ? 'ideasweep data import FILE, or ideasweep data synth' : null;
    return { ...base, ok: true, detail, hint };
  } catch (error) {
    // Whatever stops DuckDB is this check's finding.
    return { ...base, ok: false, detail: reason(error), hint: hintOf(error) };
  }
}

async function checkPostgres(config: Config): Promise<Check> {
  const base = { name: 'postgres', required: true } as const;
  try {
    const { openStore } = await import('../../store/db.ts');
    await using store = await openStore(config);
    const [row] = await store.sql<{ version: string }[]>`show server_version`.then((rows) =>
      rows.map((one) => ({ version: String(Object.values(one)[0]) })),
    );
    const kind = config.databaseUrl === undefined ? 'embedded' : 'DATABASE_URL';
    const detail = `PostgreSQL ${row?.version ?? ''} at ${store.address} (${kind})`;
    return { ...base, ok: true, detail, hint: null };
  } catch (error) {
    // Whatever stops Postgres is this check's finding.
    return { ...base, ok: false, detail: reason(error), hint: hintOf(error) };
  }
}

/** Temporal is optional: sweeps run without it. */
async function checkTemporal(config: Config): Promise<Check> {
  const base = { name: 'temporal', required: false } as const;
  try {
    const { hasTemporal } = await import('../../temporal/connect.ts');
    if (hasTemporal(config)) {
      const { connectTemporal } = await import('../../temporal/client.ts');
      await using temporal = await connectTemporal(config);
      return { ...base, ok: true, detail: `answers at ${temporal.address}`, hint: null };
    }
    const { findTemporalBinary } = await import('../../services/temporal-binary.ts');
    const binary = await findTemporalBinary({ temporalCli: config.temporalCli, mayMake: false });
    const detail = `not running; ${binary.path} (${binary.source})`;
    return { ...base, ok: true, detail, hint: 'ideasweep dev starts it' };
  } catch (error) {
    // Not reachable or not installed: the finding of this check.
    const hint = hintOf(error) ?? 'only needed for --executor temporal and schedules';
    return { ...base, ok: false, detail: reason(error), hint };
  }
}

async function attempt(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    // The caller reports it as a finding.
    return reason(error);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hintOf(error: unknown): string | null {
  return error instanceof SweepError ? (error.hint ?? null) : null;
}

/** One order of keys, whichever check made it. */
function checkDocument({ name, ok, detail, hint, required }: Check): Check {
  return { name, ok, detail, hint, required };
}

function renderCheck(check: Check): string {
  const mark = check.ok
    ? paint('green', '✓')
    : check.required
      ? paint('red', '✗')
      : paint('yellow', '–');
  const line = `  ${mark} ${padCell(check.name, 10, false)} ${check.detail}`;
  return check.hint === null ? line : `${line}\n               ${paint('dim', check.hint)}`;
}
