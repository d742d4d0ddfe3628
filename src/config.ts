/**
 * Everything the program takes from its environment, read once into one frozen object and passed
 * down. Precedence: flag (`overrides`), environment, default. No other file reads process.env,
 * but cli/ideasweep.js for IDEASWEEP_HOME, before anything is loaded.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { SweepError } from './errors.ts';
import { homePath } from './home.ts';

export interface Config {
  /** The one folder under which the product keeps everything. */
  readonly home: string;
  readonly candlesPath: string;
  readonly feedsDir: string;
  readonly postgresDir: string;
  /** Clusters of which new ones are copies, one for each version; it need not be there. */
  readonly clusterTemplatesDir: string;
  readonly temporalDir: string;
  /** Addresses of running services and their locks. */
  readonly runDir: string;
  readonly logsDir: string;
  /** Absent: embedded Postgres under `postgresDir`. */
  readonly databaseUrl?: string;
  readonly temporalAddress?: string;
  readonly temporalNamespace: string;
  /** Path of a `temporal` binary to use before any other. */
  readonly temporalCli?: string;
  /** Engine threads of this process. */
  readonly threads: number;
  readonly logLevel: LogLevel;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type ConfigOverrides = { readonly [K in keyof Config]?: Config[K] | undefined };

/** The keys of the environment that mean something here; deploy/ files are tested against it. */
export const ENVIRONMENT = z.object({
  IDEASWEEP_HOME: z.string().min(1).optional(),
  IDEASWEEP_THREADS: z.coerce.number().int().min(1).max(1024).optional(),
  IDEASWEEP_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).optional(),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: 'must look like postgres://user:password@host:5432/database',
    })
    .optional(),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).optional(),
  TEMPORAL_CLI: z.string().min(1).optional(),
});

type Environment = z.infer<typeof ENVIRONMENT>;

/**
 * Reads and checks the environment.
 * @throws SweepError USAGE naming every variable that cannot be used.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  overrides: ConfigOverrides = {},
): Config {
  // An empty variable is an unset one, as in compose files with `${TEMPORAL_ADDRESS:-}`.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = ENVIRONMENT.safeParse(given);
  if (!parsed.success) throw badEnvironment(parsed.error);
  const values = parsed.data;
  const home = overrides.home === undefined ? homePath(given) : resolve(overrides.home);
  const config = {
    ...foldersOf(home),
    clusterTemplatesDir: CLUSTER_TEMPLATES,
    temporalNamespace: values.TEMPORAL_NAMESPACE ?? 'default',
    threads: values.IDEASWEEP_THREADS ?? availableParallelism(),
    logLevel: values.IDEASWEEP_LOG_LEVEL ?? 'info',
    ...servicesOf(values),
    ...withoutUndefined({ ...overrides, home }),
  };
  return Object.freeze(config) as Config;
}

/** The environment for a program that we start, with `extra` in it: the one other use of process.env. */
export function childEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...extra };
}

// --- internal ---

/** With the code that `npm ci` compiles ahead. */
const CLUSTER_TEMPLATES = join(import.meta.dirname, '../node_modules/.cache/ideasweep-clusters');

function foldersOf(home: string) {
  return {
    home,
    candlesPath: join(home, 'candles.duckdb'),
    feedsDir: join(home, 'feeds'),
    postgresDir: join(home, 'postgres'),
    temporalDir: join(home, 'temporal'),
    runDir: join(home, 'run'),
    logsDir: join(home, 'logs'),
  };
}

function servicesOf(values: Environment): Partial<Config> {
  return withoutUndefined({
    databaseUrl: values.DATABASE_URL,
    temporalAddress: values.TEMPORAL_ADDRESS,
    temporalCli: values.TEMPORAL_CLI,
  });
}

function badEnvironment(error: z.ZodError): SweepError {
  const issues = error.issues.map((issue) => ({
    path: issue.path.join('.'),
    code: 'environment',
    message: issue.message,
  }));
  const names = issues.map((issue) => `${issue.path} ${issue.message}`).join('; ');
  return new SweepError('USAGE', `the environment cannot be used: ${names}`, { issues });
}

function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
