/** A store, candles and a Temporal address of its own for one test file, and workers as processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { parseCard } from '../../src/card/parse.ts';
import { aggregateCandles } from '../../src/candles/resample.ts';
import { synthesizeCandles } from '../../src/candles/synth.ts';
import type { Config } from '../../src/config.ts';
import { runSweep } from '../../src/executor/run-sweep.ts';
import { planSweep } from '../../src/executor/plan-sweep.ts';
import { startSweep, type StartedSweep } from '../../src/executor/start-sweep.ts';
import { resolveSweep, type Sweep, type SweepOverrides } from '../../src/grid/sweep.ts';
import type { Store } from '../../src/store/db.ts';
import { testDatabase, type TestDatabase } from './database.ts';
import { storeCandles } from './sweep-home.ts';
import { sweepRows } from './sweep-rows.ts';
import { temporalAddress } from './temporal.ts';

export interface TemporalHome {
  readonly database: TestDatabase;
  readonly config: Config;
}

/**
 * Call it at the top level of a file. Unless it wants none, it holds 90 days of synthetic 5m, 15m
 * and 1h candles of BTCUSDT from 2023-01-01.
 */
export function temporalHome(options: { candles?: 'synthetic' | 'none' } = {}): TemporalHome {
  const database = testDatabase();
  const address = temporalAddress();
  const config = {
    ...database.config,
    threads: 2,
    ...(address === undefined ? {} : { temporalAddress: address }),
  };
  beforeAll(async () => {
    // The template's id is in every clone, and task queues are named by it: files must not share them.
    await database.sql`update store_info set store_id = gen_random_uuid()`;
    if (options.candles === 'none') return;
    const [bars, startMs] = [90 * 288, Date.UTC(2023, 0, 1)];
    const exec = synthesizeCandles({ symbol: 'BTCUSDT', timeframe: '5m', bars, seed: 7, startMs });
    const higher = (['15m', '1h'] as const).map((to) => aggregateCandles(exec, to).candles);
    await storeCandles(config, exec, ...higher);
  });
  return { database, config };
}

export function sweepOf(cardText: string, overrides: SweepOverrides = {}): Sweep {
  return resolveSweep(parseCard(cardText), overrides, Date.UTC(2023, 2, 1));
}

/** Rows of the sweep as the local executor writes them. */
export async function localRows(config: Config, store: Store, sweep: Sweep): Promise<string[]> {
  const { row } = await runSweep(config, store, sweep, {
    threads: 1,
    isFresh: true,
    onFeeds: () => {},
  });
  return sweepRows(store.sql, row.sweepId);
}

/** A new sweep's row, for Temporal to run. */
export async function newTemporalSweep(
  config: Config,
  store: Store,
  sweep: Sweep,
): Promise<StartedSweep> {
  return startSweep(store, await planSweep(config, sweep), { executor: 'temporal', isFresh: true });
}

const MAIN = join(import.meta.dirname, '../../src/cli/ideasweep.js');

/** `ideasweep …` as a process of its own on this home and database. */
export function spawnCli(home: TemporalHome, ...args: string[]): CliProcess {
  const { config, database } = home;
  const environment = {
    IDEASWEEP_HOME: config.home,
    IDEASWEEP_THREADS: String(config.threads),
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: config.temporalAddress ?? '',
  };
  return spawnCliWith(environment, ...args);
}

export function spawnCliWith(
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): CliProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  return new CliProcess(child);
}

export class CliProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #exit: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.child = child;
    this.#exit = once(child, 'close');
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Waits until stdout holds `text`. */
  async untilPrinted(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      if (this.child.exitCode !== null) {
        throw new Error(`it ended without printing "${text}":\n${this.stdout}\n${this.stderr}`);
      }
      await Promise.race([once(this.child.stdout!, 'data'), this.#exit]);
    }
  }

  /** Exit code; null after a signal. */
  async exitCode(): Promise<number | null> {
    await this.#exit;
    return this.child.exitCode;
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.exitCode();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill('SIGKILL');
  }
}
