/** `npm run worker:control`: workflows, plans, feeds, ranks. */
import { enterAs } from './entry.ts';

await enterAs('control');
