import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgsDef } from 'citty';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { checkArguments } from '../../../src/cli/arguments.ts';
import { COMMANDS } from '../../../src/cli/command-list.ts';
import { ENVIRONMENT, loadConfig } from '../../../src/config.ts';

const ROOT = join(import.meta.dirname, '../../..');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly volumes?: readonly string[];
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

const compose = parse(read('deploy/compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const dockerfile = read('deploy/Dockerfile');
const ours = Object.entries(compose.services).filter(
  ([, service]) => service.image === 'ideasweep',
);

/** What compose makes of a value where nothing is set on the host. */
function withDefaults(value: string): string {
  return value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
}

function environmentOf(service: Service | undefined): Record<string, string> {
  const entries = Object.entries(service?.environment ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, withDefaults(value)]));
}

describe('compose.yaml', () => {
  it('runs control and batch workers and the command line', () => {
    expect(ours.map(([name]) => name)).toEqual(['control', 'batch', 'cli']);
    expect(compose.services['control']?.command).toEqual(['worker', '--role', 'control']);
    expect(compose.services['batch']?.command).toEqual(['worker', '--role', 'batch']);
  });

  it.each(ours)('%s starts with a command and flags that exist', async (_name, service) => {
    const [command = '', ...flags] = service.command ?? [];
    const entry = COMMANDS[command];
    expect(entry, `there is no command ${command}`).toBeDefined();
    const definition = await entry?.load();
    const args = typeof definition?.args === 'object' ? (definition.args as ArgsDef) : {};
    expect(() => checkArguments(flags, args)).not.toThrow();
  });

  it.each(ours)('%s gets variables that the program reads, and can use them', (_name, service) => {
    const environment = environmentOf(service);
    const known = Object.keys(ENVIRONMENT.shape);
    expect(Object.keys(environment).filter((key) => !known.includes(key))).toEqual([]);
    expect(loadConfig(environment)).toMatchObject({ home: '/var/lib/ideasweep', logLevel: 'info' });
  });

  it('passes every variable that means something in a container', () => {
    const onlyOnOneMachine = ['TEMPORAL_CLI'];
    const wanted = Object.keys(ENVIRONMENT.shape).filter((key) => !onlyOnOneMachine.includes(key));
    expect(Object.keys(environmentOf(compose.services['batch'])).toSorted()).toEqual(
      wanted.toSorted(),
    );
  });

  it('points at the services where they listen, as who they know', () => {
    const { DATABASE_URL = '', TEMPORAL_ADDRESS = '' } = environmentOf(compose.services['batch']);
    const url = new URL(DATABASE_URL);
    const postgres = environmentOf(compose.services['postgres']);
    expect(url.hostname in compose.services).toBe(true);
    expect([url.username, url.password, url.pathname.slice(1)]).toEqual([
      postgres['POSTGRES_USER'],
      postgres['POSTGRES_PASSWORD'],
      postgres['POSTGRES_DB'],
    ]);
    expect(compose.services['postgres']?.ports).toEqual([`127.0.0.1:${url.port}:${url.port}`]);
    const [host = '', port] = TEMPORAL_ADDRESS.split(':');
    expect(compose.services[host]?.ports).toEqual([`127.0.0.1:${port}:${port}`]);
    const temporal = environmentOf(compose.services[host]);
    expect([temporal['POSTGRES_USER'], temporal['POSTGRES_PWD']]).toEqual([
      url.username,
      url.password,
    ]);
    expect([temporal['POSTGRES_SEEDS'], temporal['DB_PORT']]).toEqual([url.hostname, url.port]);
  });

  it('waits for services that say when they are ready, and declares its volumes', () => {
    for (const service of Object.values(compose.services)) {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(condition).toBe('service_healthy');
        expect(compose.services[name]?.healthcheck, `${name} has no health check`).toBeDefined();
      }
      for (const volume of service.volumes ?? []) {
        expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
      }
    }
  });
});

describe('Dockerfile', () => {
  const lines = dockerfile.split('\n');

  it('copies what exists, and its ignore file lets it through', () => {
    const ignored = read('deploy/Dockerfile.dockerignore').split('\n');
    const sources = lines
      .filter((line) => line.startsWith('COPY '))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      const path = source.replace(/^\.\//, '');
      expect(existsSync(join(ROOT, path)), `${path} does not exist`).toBe(true);
      expect(ignored).toContain(`!${path}`);
    }
  });

  it('starts the command line of the package on a Node that it runs on', () => {
    const entry = lines.find((line) => line.startsWith('ENTRYPOINT '))?.slice('ENTRYPOINT '.length);
    const [, main = ''] = JSON.parse(entry ?? '[]') as string[];
    const workdir = lines.find((line) => line.startsWith('WORKDIR '))?.slice('WORKDIR '.length);
    expect(main).toBe(`${workdir}/${packageJson.bin.ideasweep}`);
    const major = Number(/^FROM node:(\d+)/m.exec(dockerfile)?.[1]);
    expect(major).toBe(Number(/\d+/.exec(packageJson.engines.node)?.[0]));
  });

  it('sets variables that the program reads', () => {
    const keys = [...dockerfile.matchAll(/\b(IDEASWEEP_\w+)=/g)].map(([, key]) => key);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Object.keys(ENVIRONMENT.shape)).toContain(key);
  });
});

describe('docs/operations.md', () => {
  it('lists every variable of the environment, and no other of ours', () => {
    const text = read('docs/operations.md');
    const documented = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, key]) => key);
    expect(new Set(documented)).toEqual(new Set(Object.keys(ENVIRONMENT.shape)));
  });
});
