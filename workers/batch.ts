/** `npm run worker:batch`: backtests. */
import { enterAs } from './entry.ts';

await enterAs('batch');
