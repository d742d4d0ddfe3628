/** Lines for a message, of what a server wrote until it ended. */
const LINES_MAX = 5;

/** What it told clients that knocked while it was not ready; never the reason. */
const ANSWER = /the database system is/;

/**
 * The last lines that say why a server did not start: what it calls fatal where it calls anything so,
 * else its last lines.
 */
export function reasonLines(serverLog: string): string {
  const lines = serverLog.trim().split('\n');
  const fatal = lines.filter((line) => /FATAL|PANIC/.test(line) && !ANSWER.test(line));
  return (fatal.length > 0 ? fatal : lines).slice(-LINES_MAX).join('\n');
}
