import type { Sql } from 'postgres';
import { didYouMean } from '../card/issues.ts';
import type { StrategyCode } from '../card/strategy-code.ts';
import { SweepError } from '../errors.ts';
import type { SweepOverrides } from '../grid/sweep.ts';

/** What a schedule runs every night: the card as it was when the schedule was created, and the flags. */
export interface ScheduleRow {
  readonly name: string;
  readonly cardText: string;
  readonly cardFile: string | null;
  readonly options: ScheduleOptions;
  readonly cron: string;
  readonly timezone: string;
  readonly createdMs: number;
}

export interface ScheduleOptions {
  readonly overrides: SweepOverrides;
  readonly batchSize?: number;
  readonly maxInFlight?: number;
  /** Code of the card's strategy, as it was when the schedule was created. */
  readonly strategy?: StrategyCode;
}

export type NewSchedule = Omit<ScheduleRow, 'createdMs'>;

/** @throws SweepError CONFLICT when the name is taken. */
export async function insertSchedule(sql: Sql, schedule: NewSchedule): Promise<void> {
  const { name, cardText, cardFile, options, cron, timezone } = schedule;
  const inserted = await sql`
    insert into schedules (name, card_text, card_file, options, cron, timezone)
    values (${name}, ${cardText}, ${cardFile}, ${JSON.stringify(options)}::text::jsonb, ${cron}, ${timezone})
    on conflict (name) do nothing`;
  if (inserted.count === 1) return;
  throw new SweepError('CONFLICT', `there is a schedule ${name} already`, {
    hint: `Delete it first: ideasweep schedule delete ${name}.`,
  });
}

/** @throws SweepError NOT_FOUND with close names. */
export async function findSchedule(sql: Sql, name: string): Promise<ScheduleRow> {
  const known = await listSchedules(sql);
  const found = known.find((schedule) => schedule.name === name);
  if (found) return found;
  const names = known.map((schedule) => schedule.name);
  const none = 'There is none yet: ideasweep schedule create NAME CARD --cron "0 2 * * *".';
  const hint = names.length === 0 ? none : didYouMean(name, names);
  throw new SweepError('NOT_FOUND', `there is no schedule ${name}`, {
    hint: hint ?? `There are: ${names.join(', ')}.`,
  });
}

export async function listSchedules(sql: Sql): Promise<readonly ScheduleRow[]> {
  return sql<ScheduleRow[]>`
    select name, card_text as "cardText", card_file as "cardFile", options, cron, timezone,
      extract(epoch from created_at)::float8 * 1000 as "createdMs"
    from schedules order by name`;
}

export async function deleteSchedule(sql: Sql, name: string): Promise<void> {
  await sql`delete from schedules where name = ${name}`;
}
