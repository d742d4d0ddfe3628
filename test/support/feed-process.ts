import { readFileSync } from 'node:fs';
import { openMappedFeed } from '../../src/feed/mapped-feed.ts';
import { mapFeed } from '../../src/feed/read.ts';
import { threadCpuMs } from './cpu-time.ts';

/**
 * A worker process for tests of mapped feeds: opens the file in argv, prints what that cost, waits
 * for a line on stdin, prints how the pages are shared, ends.
 */
export interface OpeningCost {
  /** Processor time of the thread: others on the machine stretch the wall time. */
  readonly ms: number;
  /** Growth of private memory while opening, kB. */
  readonly anonKb: number;
  readonly lastClose: number;
}

/** Sizes of one file's mappings in this process, kB. */
export interface MappedPages {
  readonly mappings: number;
  readonly rssKb: number;
  /** Resident pages divided by the number of processes that share each. */
  readonly pssKb: number;
  readonly privateDirtyKb: number;
}

/** What /proc says about this process's mappings of a file. */
export function mappedPages(path: string): MappedPages {
  const entries = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const own = entries.filter((entry) => entry.split('\n', 1)[0]?.endsWith(path));
  const sum = (field: string) =>
    own.reduce(
      (total, entry) => total + Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(entry)?.[1]),
      0,
    );
  return {
    mappings: own.length,
    rssKb: sum('Rss'),
    pssKb: sum('Pss'),
    privateDirtyKb: sum('Private_Dirty'),
  };
}

function anonKb(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

if (import.meta.main) {
  const path = process.argv[2] as string;
  const anonBefore = anonKb();
  const before = threadCpuMs();
  const feed = openMappedFeed(mapFeed(path));
  const ms = threadCpuMs() - before;
  const cost: OpeningCost = {
    ms,
    anonKb: anonKb() - anonBefore,
    lastClose: feed.close[feed.length - 1] as number,
  };
  process.stdout.write(`${JSON.stringify(cost)}\n`);
  process.stdin.once('data', () => {
    process.stdout.write(`${JSON.stringify(mappedPages(path))}\n`);
    process.exit(0);
  });
}
