import { parentPort, workerData } from 'node:worker_threads';
import { openMappedFeed, type MappedFeed } from '../../src/feed/mapped-feed.ts';

/** A thread for tests of mapped feeds: views what the main thread mapped, answers with sums. */
const feed = openMappedFeed(workerData as MappedFeed);
let sum = 0;
for (const { id } of feed.meta.columns) {
  for (const value of feed.column(id)) if (!Number.isNaN(value)) sum += value;
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort?.postMessage({ length: feed.length, lastClose: feed.close.at(-1), sum });
