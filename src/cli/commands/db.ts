import { defineCommand } from 'citty';
import { loadConfig, type Config } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import {
  findPostgres,
  keepPostgres,
  stopPostgres,
  type PostgresAddress,
} from '../../services/postgres.ts';
import { addressOf, openStore } from '../../store/db.ts';
import { schemaVersion } from '../../store/migrate.ts';
import { jsonFlag } from '../flags.ts';
import { note, print, printJson } from '../output.ts';

const startCommand = defineCommand({
  meta: { name: 'start', description: 'Start the embedded Postgres and keep it up until db stop' },
  args: jsonFlag,
  async run({ args }) {
    const config = embeddedOnly(loadConfig(), 'start');
    // Migrated while we are at it, so that psql finds the tables.
    const address = await keepPostgres(config);
    await (await openStore(config)).close();
    if (args.json) printJson(addressDocument(address));
    else {
      print(address.url);
      note('running until: ideasweep db stop');
    }
  },
});

const stopCommand = defineCommand({
  meta: { name: 'stop', description: 'Stop the embedded Postgres' },
  args: {
    force: { type: 'boolean', description: 'Stop it even while commands of ours use it' },
  },
  async run({ args }) {
    const config = embeddedOnly(loadConfig(), 'stop');
    const { wasRunning, isStopped, commandCount } = await stopPostgres(config, args.force === true);
    if (!wasRunning) print('Postgres was not running');
    else if (isStopped) print('Postgres is stopped');
    else {
      print(`${commandCount} running ${commandCount === 1 ? 'command uses' : 'commands use'} it`);
      note('it stops when the last of them ends; to stop it now: ideasweep db stop --force');
    }
  },
});

const urlCommand = defineCommand({
  meta: { name: 'url', description: 'The connection string, for psql and other programs' },
  args: jsonFlag,
  async run({ args }) {
    const config = loadConfig();
    const address = await addressFor(config);
    if (args.json) printJson(addressDocument(address));
    else print(address.url);
  },
});

const migrateCommand = defineCommand({
  meta: { name: 'migrate', description: "Bring the database's schema to this version" },
  args: jsonFlag,
  async run({ args }) {
    await using store = await openStore(loadConfig());
    const { address, migrations } = store;
    if (args.json) {
      printJson({ address, version: await schemaVersion(store.sql), applied: migrations });
    } else if (migrations.length === 0) print(`the schema of ${address} is current`);
    else print(`${address}: applied ${migrations.join(', ')}`);
  },
});

export const dbCommand = defineCommand({
  meta: { name: 'db', description: 'The embedded Postgres, and migrations' },
  subCommands: {
    start: startCommand,
    stop: stopCommand,
    url: urlCommand,
    migrate: migrateCommand,
  },
});

// --- internal ---

function embeddedOnly(config: Config, verb: string): Config {
  if (config.databaseUrl === undefined) return config;
  throw new SweepError(
    'USAGE',
    `db ${verb} is for the embedded Postgres, but DATABASE_URL names ${addressOf(config.databaseUrl)}`,
    { hint: 'Unset DATABASE_URL to use the embedded one.' },
  );
}

async function addressFor(config: Config): Promise<PostgresAddress> {
  if (config.databaseUrl !== undefined) {
    const { hostname, port, pathname } = new URL(config.databaseUrl);
    const database = pathname.slice(1);
    return { host: hostname, port: Number(port) || 5432, database, url: config.databaseUrl };
  }
  const address = await findPostgres(config);
  if (address) return address;
  throw new SweepError(
    'STORE_UNREACHABLE',
    `the embedded Postgres of ${config.home} is not running`,
    {
      hint: 'Start it with: ideasweep db start',
    },
  );
}

function addressDocument({ host, port, database, url }: PostgresAddress): object {
  return { host, port, database, url };
}
