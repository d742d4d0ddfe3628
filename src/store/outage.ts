/** Node's socket errors, the `postgres` driver's own codes, and SQLSTATE classes 08, 40, 53, 57. */
const OUTAGE_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|08...|40...|53...|57P..)$/;

/**
 * Whether Postgres is the cause: it is gone, starts again, or has no room. What was saved is kept, and
 * the same work may be tried again.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && OUTAGE_CODES.test(code);
}
