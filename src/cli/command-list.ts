import type { ArgsDef, CommandDef } from 'citty';

/**
 * Every command: what the help says, and how its definition is loaded. Loaded lazily, so that
 * `ideasweep --help` does not pay for DuckDB, Arrow and the database driver.
 */

// Definitions differ in their flags; the list only passes them on.
export type AnyCommand = CommandDef;

export interface CommandEntry {
  readonly group: 'start' | 'ideas' | 'sweeps' | 'services';
  /** What follows the name in the help, main flags only. */
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<AnyCommand>;
}

export const GROUP_TITLES: Record<CommandEntry['group'], string> = {
  start: 'Start',
  ideas: 'Run an idea',
  sweeps: 'Read results',
  services: 'Services and nights',
};

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  init: {
    group: 'start',
    usage: '[FOLDER]',
    summary: 'write an example card to start from',
    load: async () => erased((await import('./commands/init.ts')).initCommand),
  },
  doctor: {
    group: 'start',
    usage: '',
    summary: 'check this machine: Node, disk, mapping, Postgres, candles, Temporal',
    load: async () => erased((await import('./commands/doctor.ts')).doctorCommand),
  },
  data: {
    group: 'start',
    usage: 'import | synth | check | resample | list',
    summary: 'candles: import files, make synthetic ones, check, resample, list',
    load: async () => erased((await import('./commands/data.ts')).dataCommand),
  },
  backtest: {
    group: 'ideas',
    usage: 'CARD',
    summary: 'one backtest: metrics, trades, equity plot',
    load: async () => erased((await import('./commands/backtest.ts')).backtestCommand),
  },
  plan: {
    group: 'ideas',
    usage: 'CARD',
    summary:
      'what a sweep would do: points, feeds, memory, time by a pilot, warnings; saves nothing',
    load: async () => erased((await import('./commands/plan.ts')).planCommand),
  },
  run: {
    group: 'ideas',
    usage: 'CARD',
    summary: 'run a sweep and rank it; resumes an unfinished one',
    load: async () => erased((await import('./commands/run.ts')).runCommand),
  },
  status: {
    group: 'sweeps',
    usage: '[SWEEP]',
    summary: 'how far a sweep is',
    load: async () => erased((await import('./commands/status.ts')).statusCommand),
  },
  list: {
    group: 'sweeps',
    usage: '',
    summary: 'all sweeps, newest first',
    load: async () => erased((await import('./commands/list.ts')).listCommand),
  },
  rank: {
    group: 'sweeps',
    usage: '[SWEEP]',
    summary: 'ranked points, by any metric, filtered, as table, JSON, CSV or Parquet',
    load: async () => erased((await import('./commands/rank.ts')).rankCommand),
  },
  show: {
    group: 'sweeps',
    usage: 'SWEEP POINT',
    summary: 'one point in full: params, metrics, trades, equity plot',
    load: async () => erased((await import('./commands/show.ts')).showCommand),
  },
  heatmap: {
    group: 'sweeps',
    usage: '[SWEEP] --x AXIS --y AXIS',
    summary: 'a metric over two axes, in the terminal',
    load: async () => erased((await import('./commands/heatmap.ts')).heatmapCommand),
  },
  verify: {
    group: 'sweeps',
    usage: '[SWEEP] [--sample N]',
    summary: 'run a sample again by the bar loop, compare every bit; count all rows',
    load: async () => erased((await import('./commands/verify.ts')).verifyCommand),
  },
  sql: {
    group: 'sweeps',
    usage: '[QUERY]',
    summary: 'psql on the right database, or one query',
    load: async () => erased((await import('./commands/sql.ts')).sqlCommand),
  },
  nightly: {
    group: 'services',
    usage: 'CARD',
    summary: 'refresh, rolling window, sweep, compare with last night; once, for cron',
    load: async () => erased((await import('./commands/nightly.ts')).nightlyCommand),
  },
  schedule: {
    group: 'services',
    usage: 'create | list | show | trigger | delete',
    summary: 'nights by a Temporal Schedule',
    load: async () => erased((await import('./commands/schedule.ts')).scheduleCommand),
  },
  worker: {
    group: 'services',
    usage: '',
    summary: 'a Temporal worker: control, batch or both',
    load: async () => erased((await import('./commands/worker.ts')).workerCommand),
  },
  dev: {
    group: 'services',
    usage: '',
    summary: 'Postgres, Temporal and a worker in one terminal',
    load: async () => erased((await import('./commands/dev.ts')).devCommand),
  },
  db: {
    group: 'services',
    usage: 'start | stop | url | migrate',
    summary: 'the embedded Postgres, and migrations',
    load: async () => erased((await import('./commands/db.ts')).dbCommand),
  },
};

/** Commands of the design whose time has not come: refused in words, absent from the help. */
export const NOT_BUILT_YET = ['watch', 'pause', 'resume', 'stop', 'cancel', 'report'];

/** The value of what citty lets a definition give directly, as a promise or by a function. */
export async function resolved<T>(
  value: T | Promise<T> | (() => T) | (() => Promise<T>),
): Promise<T> {
  return typeof value === 'function' ? (value as () => T | Promise<T>)() : value;
}

// --- internal ---

function erased<T extends ArgsDef>(command: CommandDef<T>): AnyCommand {
  return command as unknown as AnyCommand;
}
