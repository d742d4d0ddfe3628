import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';

/** Where Temporal is and how to reach it: what a client's and a worker's connection both need. */
export interface TemporalEndpoint {
  readonly address: string;
  readonly namespace: string;
  /** Address, TLS, API key, headers: what both kinds of connection take. */
  readonly options: EndpointOptions;
}

export interface EndpointOptions {
  readonly address: string;
  readonly tls?: NonNullable<ConnectionOptions['tls']>;
  readonly apiKey?: string;
  readonly metadata?: NonNullable<ConnectionOptions['metadata']>;
}

/**
 * Flag, TEMPORAL_ADDRESS or Temporal's own profile file (TLS, API key and headers come with it);
 * without any of them the server that `ideasweep dev` has left in the run folder.
 * @throws SweepError TEMPORAL_UNREACHABLE when there is no address at all.
 */
export function temporalEndpoint(config: Config): TemporalEndpoint {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const { tls, apiKey, metadata } = connectionOptions;
  const address = configuredAddress(config) ?? runningTemporal(config)?.address;
  if (address === undefined) {
    throw new SweepError('TEMPORAL_UNREACHABLE', 'no Temporal server is known', {
      hint: START_HINT,
    });
  }
  return {
    address,
    namespace: given(namespace) ?? config.temporalNamespace,
    options: {
      address,
      ...(tls === undefined || tls === null ? {} : { tls }),
      ...(typeof apiKey === 'string' ? { apiKey } : {}),
      ...(metadata === undefined ? {} : { metadata }),
    },
  };
}

/** Whether an address is configured or a development server has been left running; asks nobody. */
export function hasTemporal(config: Config): boolean {
  return configuredAddress(config) !== undefined || runningTemporal(config) !== undefined;
}

/**
 * A connection that has answered.
 * @throws SweepError TEMPORAL_UNREACHABLE naming the address, within CONNECT_TIMEOUT_MS.
 */
export async function connectTo(endpoint: TemporalEndpoint): Promise<Connection> {
  try {
    return await Connection.connect({ ...endpoint.options, connectTimeout: CONNECT_TIMEOUT_MS });
  } catch (error) {
    throw unreachable(endpoint.address, error);
  }
}

export function unreachable(address: string, cause: unknown): SweepError {
  return new SweepError('TEMPORAL_UNREACHABLE', `Temporal at ${address} does not answer`, {
    hint: START_HINT,
    cause,
    facts: { address },
  });
}

/** What a development server writes to the run folder. */
export interface RunningTemporal {
  readonly address: string;
  /** Process of the server. */
  readonly pid: number;
  /** Process that started it and will stop it. */
  readonly ownerPid: number;
  readonly startedAt: string;
}

export function runningTemporalPath(config: Pick<Config, 'runDir'>): string {
  return join(config.runDir, 'temporal.json');
}

/** The development server of this home whose process lives; a file left by a dead one is no server. */
export function runningTemporal(config: Pick<Config, 'runDir'>): RunningTemporal | undefined {
  try {
    const running = JSON.parse(
      readFileSync(runningTemporalPath(config), 'utf8'),
    ) as RunningTemporal;
    return isAlive(running.pid) ? running : undefined;
  } catch {
    // No file, or a half-written one: then no server is known.
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user lives too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

// --- internal ---

function configuredAddress(config: Config): string | undefined {
  return config.temporalAddress ?? given(loadClientConnectConfig().connectionOptions.address);
}

/** An empty variable is an unset one, as in config.ts; envconfig passes it on as it is. */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

const CONNECT_TIMEOUT_MS = 5_000;

const START_HINT =
  'Start one with "ideasweep dev" (it keeps running in its terminal), or set TEMPORAL_ADDRESS to yours.';
