/** One sweep, one driver: an advisory lock on a connection of its own; it ends with its process. */
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

/** Whether a process holds the lease now. Only looks: a driver that starts at this moment still gets it. */
export async function isLeased({ sql }: Pick<Store, 'sql'>, sweepId: string): Promise<boolean> {
  const [row] = await sql<{ isHeld: boolean }[]>`
    select exists (
      select from pg_locks join pg_database d on d.oid = database and datname = current_database()
      where locktype = 'advisory' and (classid::bigint << 32) | objid::bigint
        = hashtextextended(${`sweep/${sweepId}`}, 0)) as "isHeld"`;
  return row?.isHeld === true;
}
