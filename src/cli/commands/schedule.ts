import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineCommand } from 'citty';
import { inspectCard } from '../../card/parse.ts';
import type { StrategyCode } from '../../card/strategy-code.ts';
import { loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import type { SweepOverrides } from '../../grid/sweep.ts';
import { resolveNight } from '../../nightly/rolling-window.ts';
import {
  deleteSchedule,
  findSchedule,
  insertSchedule,
  listSchedules,
  type NewSchedule,
  type ScheduleRow,
} from '../../nightly/schedule-rows.ts';
import { renderTable, type TableColumn } from '../../report/table.ts';
import { openStore } from '../../store/db.ts';
import type { ScheduleClient, ScheduleState } from '../../temporal/schedules.ts';
import { formatInstant } from '../../time.ts';
import { loadCard, warnAboutCard } from '../card-file.ts';
import { cardArgument, jsonFlag, sweepFlags, sweepOverrides, wholeNumber } from '../flags.ts';
import { print, printJson } from '../output.ts';

const nameArgument = {
  name: { type: 'positional', description: 'Name of the schedule', required: true },
} as const;

const CREATE_ARGS = {
  ...nameArgument,
  ...cardArgument,
  cron: {
    type: 'string',
    valueHint: '"0 2 * * *"',
    description: 'When: minute hour day month weekday',
    required: true,
  },
  timezone: { type: 'string', valueHint: 'ZONE', description: 'Of the cron text', default: 'UTC' },
  axis: sweepFlags.axis,
  set: sweepFlags.set,
  window: sweepFlags.window,
  objective: sweepFlags.objective,
  profile: sweepFlags.profile,
  'sweep-name': { type: 'string', valueHint: 'NAME', description: 'Name of its sweeps' },
  'allow-short-warmup': sweepFlags['allow-short-warmup'],
  strict: sweepFlags.strict,
  'batch-size': {
    type: 'string',
    valueHint: 'N',
    description: 'Points per batch (default: by measured cost)',
  },
  ...jsonFlag,
} as const;

const createCommand = defineCommand({
  meta: { name: 'create', description: 'Run a card every night by a Temporal Schedule' },
  args: CREATE_ARGS,
  async run({ args, rawArgs }) {
    checkName(args.name);
    const batchSize = wholeNumber('--batch-size', args['batch-size'], { min: 1 });
    const sweepName = args['sweep-name'];
    const overrides = {
      ...sweepOverrides({ ...args, name: undefined }, rawArgs, CREATE_ARGS),
      ...(sweepName === undefined ? {} : { name: sweepName }),
    };
    const { cardText, strategy } = await readNightlyCard(args.card, overrides);
    const schedule = {
      name: args.name,
      cardText,
      cardFile: resolve(args.card),
      options: {
        overrides,
        ...(batchSize === undefined ? {} : { batchSize }),
        ...(strategy === undefined ? {} : { strategy }),
      },
      cron: args.cron,
      timezone: args.timezone,
    };
    const state = await withSchedules((client, sql) => create(client, sql, schedule));
    if (args.json === true) printJson(scheduleDocument(schedule, state));
    else print(`schedule ${args.name}: ${describeState(state)}`);
  },
});

const listCommand = defineCommand({
  meta: { name: 'list', description: 'All schedules and when they run next' },
  args: jsonFlag,
  async run({ args }) {
    const found = await withSchedules(async (client, sql) => {
      const { describeSchedule } = await import('../../temporal/schedules.ts');
      const rows = await listSchedules(sql);
      return Promise.all(
        rows.map(async (row) => ({ row, state: await describeSchedule(client, row.name) })),
      );
    });
    if (args.json === true) {
      printJson(found.map(({ row, state }) => scheduleDocument(row, state)));
      return;
    }
    if (found.length === 0) {
      print('no schedule yet: ideasweep schedule create NAME CARD --cron "0 2 * * *"');
      return;
    }
    const rows = found.map(({ row, state }) => ({
      name: row.name,
      when: `${row.cron} ${row.timezone}`,
      state: describeState(state),
      card: row.cardFile,
    }));
    print(renderTable(LIST_COLUMNS, rows));
  },
});

const showCommand = defineCommand({
  meta: { name: 'show', description: 'One schedule: times, flags, and its card as it was' },
  args: { ...nameArgument, ...jsonFlag },
  async run({ args }) {
    const { row, state } = await withSchedules(async (client, sql) => {
      const { describeSchedule } = await import('../../temporal/schedules.ts');
      const row = await findSchedule(sql, args.name);
      return { row, state: await describeSchedule(client, row.name) };
    });
    if (args.json === true) {
      printJson({ ...scheduleDocument(row, state), options: row.options, card: row.cardText });
      return;
    }
    print(`${row.name}  ${row.cron} ${row.timezone}  ${describeState(state)}`);
    print(row.cardText.trimEnd());
  },
});

const triggerCommand = defineCommand({
  meta: { name: 'trigger', description: 'Run a schedule now, beside its times' },
  args: nameArgument,
  async run({ args }) {
    await withSchedules(async (client, sql) => {
      const { triggerSchedule } = await import('../../temporal/schedules.ts');
      const { name } = await findSchedule(sql, args.name);
      await triggerSchedule(client, name);
    });
    print(`schedule ${args.name}: started; see ideasweep list`);
  },
});

const deleteCommand = defineCommand({
  meta: { name: 'delete', description: 'Remove a schedule; its nights stay' },
  args: nameArgument,
  async run({ args }) {
    await withSchedules(async (client, sql) => {
      const { deleteTemporalSchedule } = await import('../../temporal/schedules.ts');
      const { name } = await findSchedule(sql, args.name);
      await deleteTemporalSchedule(client, name);
      await deleteSchedule(sql, name);
    });
    print(`schedule ${args.name}: deleted`);
  },
});

const pauseCommand = switchCommand('pause', true);
const resumeCommand = switchCommand('resume', false);

export const scheduleCommand = defineCommand({
  meta: { name: 'schedule', description: 'Nights by a Temporal Schedule' },
  subCommands: {
    create: createCommand,
    list: listCommand,
    show: showCommand,
    pause: pauseCommand,
    resume: resumeCommand,
    trigger: triggerCommand,
    delete: deleteCommand,
    update: notBuilt('update'),
    backfill: notBuilt('backfill'),
  },
});

// --- internal ---

interface ListedSchedule {
  readonly name: string;
  readonly when: string;
  readonly state: string;
  readonly card: string | null;
}

const LIST_COLUMNS: readonly TableColumn<ListedSchedule>[] = [
  { key: 'name', title: 'schedule' },
  { key: 'when', title: 'cron' },
  { key: 'state', title: 'state' },
  { key: 'card', title: 'card' },
];

type Sql = Awaited<ReturnType<typeof openStore>>['sql'];

/** Opens what every schedule command needs: the store and a Temporal client. */
async function withSchedules<T>(
  action: (client: ScheduleClient, sql: Sql) => Promise<T>,
): Promise<T> {
  const config = loadConfig();
  const { connectTemporal } = await import('../../temporal/client.ts');
  // Temporal first: without it nothing is started for nothing.
  await using temporal = await connectTemporal(config);
  await using store = await openStore(config);
  return await action({ temporal, storeId: store.storeId }, store.sql);
}

/** Row and Temporal Schedule, or neither. */
async function create(
  client: ScheduleClient,
  sql: Sql,
  schedule: NewSchedule,
): Promise<ScheduleState | undefined> {
  const { createSchedule, describeSchedule } = await import('../../temporal/schedules.ts');
  await insertSchedule(sql, schedule);
  try {
    await createSchedule(client, schedule);
  } catch (error) {
    await deleteSchedule(sql, schedule.name);
    throw error;
  }
  return describeSchedule(client, schedule.name);
}

/** The card's text and code, after everything that can be wrong with it tonight has been looked at. */
async function readNightlyCard(
  path: string,
  overrides: SweepOverrides,
): Promise<{ readonly cardText: string; readonly strategy: StrategyCode | undefined }> {
  const parsed = await loadCard(path, overrides);
  resolveNight(parsed, overrides, Date.now());
  warnAboutCard(path, parsed);
  const cardText = await readFile(path, 'utf8');
  if (parsed.rawSweep !== undefined && inspectCard(cardText).rawSweep === undefined) {
    throw new SweepError('NOT_YET', `${path} is a sweep file that names a card`, {
      hint: 'Schedules take a card that holds its own "sweep:" section for now.',
    });
  }
  return { cardText, strategy: parsed.strategy };
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9_.-]{1,48}$/.test(name)) return;
  throw new SweepError('USAGE', `"${name}" is no schedule name`, {
    hint: 'Letters, digits, _ - . and at most 48 of them.',
  });
}

function describeState(state: ScheduleState | undefined): string {
  if (!state) return 'not on this Temporal server';
  if (state.isPaused) return 'paused';
  const [nextMs] = state.nextMs;
  return nextMs === undefined ? 'has no next time' : `next ${formatInstant(nextMs)}`;
}

function scheduleDocument(
  row: Omit<ScheduleRow, 'createdMs' | 'cardText' | 'options'>,
  state: ScheduleState | undefined,
): object {
  return {
    name: row.name,
    cron: row.cron,
    timezone: row.timezone,
    card_file: row.cardFile,
    is_paused: state?.isPaused ?? null,
    next_run: state?.nextMs[0] === undefined ? null : formatInstant(state.nextMs[0]),
    last_run: typeof state?.lastMs === 'number' ? formatInstant(state.lastMs) : null,
    runs: state?.runCount ?? null,
  };
}

function switchCommand(verb: 'pause' | 'resume', isPaused: boolean) {
  return defineCommand({
    meta: { name: verb, description: isPaused ? 'Run no more nights' : 'Run nights again' },
    args: nameArgument,
    async run({ args }) {
      await withSchedules(async (client, sql) => {
        const { pauseSchedule } = await import('../../temporal/schedules.ts');
        const { name } = await findSchedule(sql, args.name);
        await pauseSchedule(client, name, isPaused);
      });
      print(`schedule ${args.name}: ${isPaused ? 'paused' : 'resumed'}`);
    },
  });
}

function notBuilt(verb: string) {
  return defineCommand({
    meta: { name: verb, description: 'Not built yet', hidden: true },
    run() {
      throw new SweepError('NOT_YET', `schedule ${verb} is not built yet`, {
        hint: 'Delete and create it, or trigger it.',
      });
    },
  });
}
