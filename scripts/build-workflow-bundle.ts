/** `npm run build:workflows`: the one build artefact, so that production workers bundle nothing at start. */
import { buildWorkflowBundle } from '../workers/bundle.ts';

const { path, sizeBytes } = await buildWorkflowBundle();
process.stdout.write(`${path} ${Math.round(sizeBytes / 1024)} kB\n`);
