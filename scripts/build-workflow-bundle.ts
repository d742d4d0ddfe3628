/** `npm run build:workflows`: the one build artefact, so that production workers bundle nothing at start. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundlePath, workflowsPath } from '../workers/bundle.ts';

const { code } = await bundleWorkflowCode({ workflowsPath });
const path = bundlePath();
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, code);
process.stdout.write(`${path} ${Math.round(code.length / 1024)} kB\n`);
