import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tableFromIPC, tableToIPC, Timestamp, tableFromArrays } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFeatureFrame, storeOfFrame } from '../../../src/feed/feature-frame.ts';
import type { FeedManifest } from '../../../src/feed/manifest.ts';
import type { FeedPlan } from '../../../src/feed/plan.ts';
import { openMappedFeed } from '../../../src/feed/mapped-feed.ts';
import { mapFeed, mapWritten } from '../../../src/feed/read.ts';
import { Checksum } from '../../../src/feed/seal.ts';
import { writeFeed } from '../../../src/feed/write.ts';
import { crossCard } from '../../support/cards.ts';
import { withFullDisk } from '../../support/full-disk.ts';
import {
  axis,
  candlesOf,
  openFeed,
  paramPath,
  plannedCandles,
  plansOf,
  sameBits,
  sliceCandles,
  sweepOf,
} from '../../support/feeds.ts';

const dir = mkdtempSync(join(tmpdir(), 'ideasweep-feed-'));
const candles = [candlesOf({ timeframe: '5m', bars: 5000 })];
const startMs = Date.UTC(2023, 0, 15);
const sweep = sweepOf(crossCard(''), {
  window: { startMs, endMs: startMs + 6 * 3_600_000 },
  axes: [axis('fast', paramPath('exec', 0, 'length'), [5, 10, 20])],
});
const plan = plansOf(sweep, candles)[0] as FeedPlan;
const input = plannedCandles(plan, candles);
let path = '';

beforeAll(async () => {
  ({ path } = await writeFeed(dir, plan, input));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A copy under the same name in a folder of its own, to be damaged. */
function copyOf(file: string): string {
  const copy = join(mkdtempSync(join(dir, 'damaged-')), plan.fileName);
  copyFileSync(file, copy);
  chmodSync(copy, 0o644);
  return copy;
}

function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}

describe('a feed file', () => {
  test('opens with the bits that were computed', () => {
    const opened = openFeed(path, { hash: plan.hash });
    const built = storeOfFrame(buildFeatureFrame(plan, input));
    expect(opened.length).toBe(plan.bars);
    expect({ ...opened.meta, body_start: 0 }).toEqual(built.meta);
    const base = ['tsOpen', 'tsClose', 'open', 'high', 'low', 'close', 'volume'] as const;
    expect(base.filter((name) => !sameBits(opened[name], built[name]))).toEqual([]);
    expect(plan.columns.map(({ id }) => id)).toEqual([
      'ema(length=5):close',
      'ema(length=10):close',
      'ema(length=20):close',
      'ema(length=100):close',
      'atr(length=14)',
    ]);
    const ids = plan.columns.map(({ id }) => id);
    expect(ids.filter((id) => !sameBits(opened.column(id), built.column(id)))).toEqual([]);
  });

  test('is mapped as it was written by who wrote it, and checked as soon as anybody has touched it', async () => {
    const folder = mkdtempSync(join(dir, 'written-'));
    const written = await writeFeed(folder, plan, input);
    mapWritten(written);
    const opened = openFeed(written.path, { hash: plan.hash });
    expect(sameBits(opened.column('atr(length=14)'), openFeed(path).column('atr(length=14)'))).toBe(
      true,
    );
    flipByte(written.path, 20_000);
    expect(() => openFeed(written.path)).toThrow(/bytes were altered/);
  });

  test('is checked where another is in its place before it is mapped', async () => {
    const folder = mkdtempSync(join(dir, 'replaced-'));
    const written = await writeFeed(folder, plan, input);
    const other = copyOf(written.path);
    flipByte(other, 20_000);
    renameSync(other, written.path);
    mapWritten(written);
    expect(() => openFeed(written.path)).toThrow(/bytes were altered/);
  });

  test('is read-only, named by its hash, and leaves no temporary file', () => {
    expect(plan.fileName).toBe(`BTCUSDT-5m-${plan.hash.slice(0, 16)}.arrow`);
    expect(statSync(path).mode & 0o777).toBe(0o444);
    expect(readdirSync(dir).filter((name) => name.endsWith('.feed-tmp'))).toEqual([]);
  });

  test('is an Arrow file to other readers, with times, names and the manifest', () => {
    const table = tableFromIPC(readFileSync(path));
    expect(table.numRows).toBe(plan.bars);
    expect(table.batches.length).toBe(1);
    expect(table.schema.fields.map(({ name }) => name).slice(0, 9)).toEqual([
      'ts_open',
      'ts_close',
      'ts_open_ms',
      'ts_close_ms',
      'open',
      'high',
      'low',
      'close',
      'volume',
    ]);
    expect(table.schema.fields[0]?.type).toBeInstanceOf(Timestamp);
    expect(String(table.schema.fields[9]?.type)).toBe('Float64');
    expect(table.getChild('ts_open')?.get(0)).toBe(plan.startMs);
    const opened = openFeed(path);
    expect(table.getChild('close')?.toArray()).toEqual(opened.close);
    expect(table.getChild('ts_close_ms')?.toArray()).toEqual(opened.tsClose);
    const differing = plan.columns.filter(
      ({ id }) => !sameBits(table.getChild(id)?.toArray(), opened.column(id)),
    );
    expect(differing).toEqual([]);
    const manifest = JSON.parse(table.schema.metadata.get('ideasweep') ?? '') as FeedManifest;
    expect(manifest).toMatchObject({ format_version: 2, symbol: 'BTCUSDT', hash: plan.hash });
    expect(manifest.columns[0]).toMatchObject({ id: 'ema(length=5):close', warmup_bars: 35 });
  });

  test('two builders of the same plan both win', async () => {
    const other = join(dir, 'race');
    const [a, b] = await Promise.all([
      writeFeed(other, plan, input),
      writeFeed(other, plan, input),
    ]);
    expect(a.path).toBe(b.path);
    expect(readFileSync(a.path).equals(readFileSync(path))).toBe(true);
    expect(readdirSync(other)).toEqual([plan.fileName]);
  });

  test('says which disk is full, what it takes and what to do, and leaves nothing', async () => {
    const folder = mkdtempSync(join(dir, 'full-'));
    await expect(withFullDisk(() => writeFeed(folder, plan, input))).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(
        `^the disk of ${folder} is full: a feed file takes [\\d.]+ [kM]B, and [\\d.]+ .?B are free$`,
      ),
      hint: expect.stringContaining('give the same command again'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves nothing when its build fails half-way', async () => {
    const other = join(dir, 'failing');
    const last = plan.columns.at(-1)!;
    const unknown = { ...last, series: { ...last.series, type: 'nonsense' } };
    const broken = { ...plan, columns: [...plan.columns.slice(0, -1), unknown] };
    await expect(writeFeed(other, broken, input)).rejects.toThrow('nonsense');
    expect(readdirSync(other)).toEqual([]);
  });

  test('is not built from candles that are not the planned ones', async () => {
    const shorter = sliceCandles(input, (row) => row > 0);
    await expect(writeFeed(join(dir, 'none'), plan, shorter)).rejects.toThrow(
      `BTCUSDT 5m: ${plan.bars - 1} candles were read where the plan counted ${plan.bars}`,
    );
  });

  test('sweeps away what a builder that was killed left an hour ago, and nothing younger', async () => {
    const other = mkdtempSync(join(dir, 'stale-'));
    const old = join(other, '.a.arrow.1-x.feed-tmp');
    const young = join(other, '.a.arrow.2-x.feed-tmp');
    for (const file of [old, young]) writeFileSync(file, 'half');
    const twoHoursAgo = Date.now() / 1000 - 7200;
    utimesSync(old, twoHoursAgo, twoHoursAgo);
    await writeFeed(other, plan, input);
    expect(readdirSync(other).toSorted()).toEqual(['.a.arrow.2-x.feed-tmp', plan.fileName]);
  });

  test('can be read where mapping is impossible', () => {
    const mapped = mapFeed(path, { canMap: false });
    expect(mapped.shared).toBeInstanceOf(SharedArrayBuffer);
    expect(openMappedFeed(mapped).close).toEqual(openFeed(path).close);
  });
});

describe('a feed file is refused, with its name and the reason,', () => {
  const refusal = (file: string, hash?: string): string => {
    try {
      openFeed(file, hash === undefined ? {} : { hash });
      return 'opened';
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return `${code}: ${message.replace(dirname(file), '…')}`;
    }
  };

  test('when it is missing', () => {
    expect(refusal(join(dir, 'nothing.arrow'))).toBe(
      'FEED_MISSING: feed file …/nothing.arrow does not exist',
    );
  });

  test('when it is empty or short, wherever it was cut', () => {
    const size = statSync(path).size;
    for (const length of [
      0,
      1,
      5,
      6,
      70,
      4096,
      size >> 1,
      size - 700,
      size - 10,
      size - 6,
      size - 1,
    ]) {
      const file = copyOf(path);
      truncateSync(file, length);
      expect(`${length} bytes ${refusal(file)}`).toMatch(/ FEED_CORRUPT: feed file …\/BTCUSDT-5m-/);
    }
  });

  test('when bytes were appended, even a whole second file', () => {
    for (const extra of [Buffer.from([0]), Buffer.from('ARROW1'), readFileSync(path)]) {
      const file = copyOf(path);
      appendFileSync(file, extra);
      expect(refusal(file)).toMatch(/^FEED_CORRUPT: .* is refused: it /);
    }
  });

  test('when a single bit differs anywhere', () => {
    const bytes = readFileSync(path);
    const file = copyOf(path);
    const places = Array.from({ length: 300 }, (_, n) =>
      Math.floor((n * (bytes.length - 1)) / 299),
    );
    const lastBytes = Array.from({ length: 300 }, (_, n) => bytes.length - 1 - n);
    for (const place of [...places, ...lastBytes, 0, 5, 6, 7, 8, 12, 60]) {
      const altered = Buffer.from(bytes);
      altered[place] = (altered[place] as number) ^ (1 << (place % 8));
      writeFileSync(file, altered);
      expect(`byte ${place} ${refusal(file)}`).toMatch(/ FEED_CORRUPT: feed file …\/BTCUSDT-5m-/);
    }
  });

  test('when it is foreign', () => {
    const text = copyOf(path);
    writeFileSync(text, 'timestamp,open\n'.repeat(100));
    expect(refusal(text)).toContain('it is not an Arrow file');
    const arrow = copyOf(path);
    writeFileSync(arrow, tableToIPC(tableFromArrays({ close: new Float64Array(100) }), 'file'));
    expect(refusal(arrow)).toContain('it has no feed seal');
  });

  test('when it is from another version, though sealed well', () => {
    const bytes = readFileSync(path);
    const sealStart = bytes.indexOf('ideasweep-feed\0\0');
    bytes.writeUInt32LE(99, sealStart + 16);
    const checksum = new Checksum()
      .append(bytes.subarray(0, sealStart + 48))
      .append(bytes.subarray(sealStart + 64));
    bytes.set(checksum.digest(), sealStart + 48);
    const file = copyOf(path);
    writeFileSync(file, bytes);
    expect(refusal(file)).toMatch(/it is of feed format 99, and this program reads format 2$/);
  });

  test('when it holds another feed than its name or the plan says', async () => {
    const other = plansOf(sweepOf(crossCard('')), candles)[0] as FeedPlan;
    const written = await writeFeed(join(dir, 'other'), other, plannedCandles(other, candles));
    const file = copyOf(written.path);
    expect(refusal(file)).toContain('its name is not that of its content');
    expect(refusal(file, plan.hash)).toContain('it holds another feed');
  });
});
