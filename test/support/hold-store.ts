/**
 * A process for tests of the embedded server's life: opens the store of IDEASWEEP_HOME, says
 * `open <pid of the server>`, and closes it when its stdin ends. Its argument is the folder of templates.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { openStore } from '../../src/store/db.ts';

const config = loadConfig(undefined, { clusterTemplatesDir: process.argv[2] });
const store = await openStore(config);
const [pid] = readFileSync(join(config.postgresDir, 'data', 'postmaster.pid'), 'utf8').split('\n');
console.log(`open ${pid}`);
process.stdin.resume();
await new Promise((resolve) => process.stdin.on('end', resolve));
await store.close();
console.log('closed');
