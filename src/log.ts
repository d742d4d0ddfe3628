/** Lines for operators on stderr: a constant message and facts as `key=value`. Nothing in the pure core logs. */
import type { LogLevel } from './config.ts';

export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

let threshold = LEVELS.indexOf('info');

/** Lines below `level` are dropped from now on; the command line sets it from its environment. */
export function setLogLevel(level: LogLevel): void {
  threshold = LEVELS.indexOf(level);
}

export const log = {
  debug: (message: string, facts: LogFacts = {}) => write('debug', message, facts),
  info: (message: string, facts: LogFacts = {}) => write('info', message, facts),
  warn: (message: string, facts: LogFacts = {}) => write('warn', message, facts),
  error: (message: string, facts: LogFacts = {}) => write('error', message, facts),
};

// --- internal ---

function write(level: LogLevel, message: string, facts: LogFacts): void {
  if (LEVELS.indexOf(level) < threshold) return;
  const fields = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${formatFact(value)}`);
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}${fields.join('')}\n`);
}

function formatFact(value: LogFacts[string]): string {
  const text = String(value);
  return /[\s="]/.test(text) ? JSON.stringify(text) : text;
}
