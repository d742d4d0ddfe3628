import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { LogLevel } from '../src/config.ts';
import { log, type LogFacts } from '../src/log.ts';

let isInstalled = false;

/** Temporal's lines go where ours go; signals are ours, so that `dev` can stop things in order. */
export function installRuntime(logLevel: LogLevel): void {
  if (isInstalled) return;
  isInstalled = true;
  try {
    Runtime.install({
      shutdownSignals: [],
      logger: new DefaultLogger(logLevel === 'debug' ? 'DEBUG' : 'WARN', forward),
      // Else the native part prints its own lines, in colour and on stdout.
      telemetryOptions: { logging: { forward: {} } },
    });
  } catch (error) {
    // The download of a binary has brought up the SDK's runtime already: it works, with its own lines.
    log.debug('the default Temporal runtime is in use', { reason: String(error) });
  }
}

// --- internal ---

type Entry = Parameters<ConstructorParameters<typeof DefaultLogger>[1] & {}>[0];

/** A batch worker has no workflows, by intention; tokens and module names are of no use to a reader. */
const EXPECTED = 'No workflows registered';
const NO_FACTS = new Set(['taskToken', 'sdkComponent', 'target']);

/** What the SDK does as a matter of course is of interest to nobody but who looks for a fault. */
const OUR_LEVELS: Readonly<Record<Entry['level'], LogLevel>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

function forward({ level, message, meta }: Entry): void {
  if (message.startsWith(EXPECTED)) return;
  log[OUR_LEVELS[level]](message, factsOf(meta));
}

function factsOf(meta: Readonly<Record<string, unknown>> | undefined): LogFacts {
  const entries = Object.entries(meta ?? {}).flatMap(
    ([key, value]): [string, LogFacts[string]][] => {
      if (NO_FACTS.has(key)) return [];
      if (value instanceof Error) return [[key, value.message]];
      const isFact = typeof value === 'string' || typeof value === 'number';
      return isFact ? [[key, value]] : [];
    },
  );
  return Object.fromEntries(entries);
}
