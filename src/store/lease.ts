/** One sweep, one driver: an advisory lock on a connection of its own; it ends with its process. */
import type { Sql } from 'postgres';
import type { Store } from './db.ts';
import type { Config } from '../config.ts';

/**
 * The lease of a sweep, or undefined while another process holds it. Dispose it to let the sweep go.
 * The server frees it when this process dies, however it dies.
 */
export async function acquireLease(
  _config: Config,
  store: Store,
  sweepId: string,
): Promise<AsyncDisposable | undefined> {
  const connection = store.connectAlone();
  const [row] = await connection<{ isLocked: boolean }[]>`
    select pg_try_advisory_lock(hashtextextended(${`sweep/${sweepId}`}, 0)) as "isLocked"`;
  if (!row?.isLocked) {
    await connection.end({ timeout: 1 });
    return undefined;
  }
  return { [Symbol.asyncDispose]: () => connection.end({ timeout: 1 }) };
}

/**
 * Those of the sweeps that say they run and that nobody drives: their command was killed and had no
 * time to say so. Temporal's sweeps are not among them: their driver, a workflow, holds no lease.
 */
export async function abandonedSweeps(
  sql: Sql,
  sweepIds: readonly string[],
): Promise<ReadonlySet<string>> {
  // Whoever ranks a sweep has let its lease go and holds its row; a row that has changed since the
  // query began is looked at again.
  const rows = await sql<{ sweepId: string }[]>`
    select s.sweep_id as "sweepId" from sweeps s
    where s.sweep_id = any(${[...sweepIds]}) and s.executor = 'local' and s.status = 'running'
      and not exists (
        select from pg_locks join pg_database d on d.oid = database and datname = current_database()
        where locktype = 'advisory' and (classid::bigint << 32) | objid::bigint
          = hashtextextended('sweep/' || s.sweep_id, 0))
    for share of s skip locked`;
  return new Set(rows.map(({ sweepId }) => sweepId));
}

export async function isAbandoned(sql: Sql, sweepId: string): Promise<boolean> {
  return (await abandonedSweeps(sql, [sweepId])).has(sweepId);
}
