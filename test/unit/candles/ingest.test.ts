import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importCandles } from '../../../src/candles/ingest.ts';
import { listSeries, readCandles, type Candles } from '../../../src/candles/query.ts';
import { candleHome, failureOf, START_MS, type CandleHome } from '../../support/candle-files.ts';

const EVERYTHING = { startMs: -Infinity, endMs: Infinity };
const ROWS = ['2023-01-01 00:00:00,1,2,0.5,1.5,10', '2023-01-01 00:05:00,1.5,3,1,2,11.25'];

async function stored(home: CandleHome, symbol = 'BTCUSDT'): Promise<Candles> {
  return readCandles(home.db, { symbol, timeframe: '5m', ...EVERYTHING });
}

describe('what can be imported', () => {
  const epoch = START_MS / 1000;
  test.each([
    ['naive text, UTC', '2023-01-01 00:00:00', '2023-01-01 00:05:00'],
    ['text with Z and T', '2023-01-01T00:00:00Z', '2023-01-01T00:05:00.000Z'],
    ['text with an offset', '2023-01-01T02:00:00+02:00', '2022-12-31 19:05:00-05:00'],
    ['seconds', `${epoch}`, `${epoch + 300}`],
    ['seconds with a fraction', `${epoch}.0`, `${epoch + 300}.000`],
    ['milliseconds', `${epoch}000`, `${epoch + 300}000`],
    ['microseconds', `${epoch}000000`, `${epoch + 300}000000`],
    ['nanoseconds', `${epoch}000000000`, `${epoch + 300}000000000`],
    ['milliseconds, then microseconds', `${epoch}000`, `${epoch + 300}000000`],
  ])('reads times as %s', async (_name, first, second) => {
    await using home = await candleHome();
    const file = home.csv([`${first},1,2,0.5,1.5,10`, `${second},1.5,3,1,2,11.25`]);
    const [report] = await importCandles(home.db, [file]);
    expect(report).toMatchObject({ symbol: 'BTCUSDT', timeframe: '5m', rows: 2, added: 2 });
    const candles = await stored(home);
    expect([...candles.tsOpen]).toEqual([START_MS, START_MS + 300_000]);
    expect([...candles.open, ...candles.high, ...candles.low]).toEqual([1, 1.5, 2, 3, 0.5, 1]);
    expect([...candles.close, ...candles.volume]).toEqual([1.5, 2, 10, 11.25]);
  });

  test.each([
    ['milliseconds', '1735689600000', '1735689899999'],
    ['microseconds, as since 2025', '1735689600000000', '1735689899999999'],
  ])("reads the exchange's header-less 12 columns in %s", async (_name, open, close) => {
    await using home = await candleHome();
    const line = `${open},93576.00,93610.93,93537.50,93610.93,8.21827,${close},768978.1,2631,3.9,370.1,0`;
    const file = home.file('BTCUSDT-5m-2025-01.csv', `${line}\n`);
    await importCandles(home.db, [file]);
    const candles = await stored(home);
    expect(candles.tsOpen[0]).toBe(Date.UTC(2025, 0, 1));
    expect(candles.volume[0]).toBe(8.21827);
    const [row] = await home.db.rows<{ turnover: number }>('SELECT turnover FROM ohlcv_live');
    expect(row?.turnover).toBe(768978.1);
  });

  test.each([
    ['semicolons', 'open_time;Open;HIGH;low;close;Volume\n1672531200;1;2;0.5;1.5;10\n'],
    ['tabs', 'date\topen\thigh\tlow\tclose\tvolume\n1672531200\t1\t2\t0.5\t1.5\t10\n'],
    [
      'quotes',
      '"Open Time","open","high","low","close","volume"\n"1672531200","1","2","0.5","1.5","10"\n',
    ],
    [
      'a byte order mark',
      '\uFEFFtimestamp,open,high,low,close,volume\n1672531200,1,2,0.5,1.5,10\n',
    ],
    ['Windows line ends', 'timestamp,open,high,low,close,volume\r\n1672531200,1,2,0.5,1.5,10\r\n'],
    ['no last line end', 'timestamp,open,high,low,close,volume\n1672531200,1,2,0.5,1.5,10'],
    ['blank lines', '\n\ntimestamp,open,high,low,close,volume\n\n1672531200,1,2,0.5,1.5,10\n\n'],
    [
      'columns in another order',
      'volume,close,low,high,open,timestamp,x\n10,1.5,0.5,2,1,1672531200,q\n',
    ],
  ])('reads CSV with %s', async (_name, text) => {
    await using home = await candleHome();
    await importCandles(home.db, [home.file('BTCUSDT-5m.csv', text)]);
    const candles = await stored(home);
    expect([...candles.tsOpen, ...candles.open, ...candles.volume]).toEqual([START_MS, 1, 10]);
  });

  test('reads gzipped CSV and Parquet alike', async () => {
    await using home = await candleHome();
    const csv = home.csv(ROWS);
    const text = ['timestamp,open,high,low,close,volume', ...ROWS].join('\n');
    const zipped = home.file('BTCUSDT-5m.csv.gz', gzipSync(text));
    const parquet = join(home.folder, 'BTCUSDT-5m.parquet');
    await home.db.run(`COPY (SELECT * FROM read_csv('${csv}')) TO '${parquet}' (FORMAT parquet)`);
    const reports = await importCandles(home.db, [csv, zipped, parquet]);
    expect(reports.map((r) => [r.added, r.unchanged])).toEqual([
      [2, 0],
      [0, 2],
      [0, 2],
    ]);
  });

  test('takes a file name literally, quotes and wildcards included', async () => {
    await using home = await candleHome();
    home.csv(ROWS, 'AAA-5m.csv');
    const odd = home.csv(ROWS.slice(0, 1), `x'; DROP TABLE ohlcv_live; --[A]*?-5m.csv`);
    const [report] = await importCandles(home.db, [odd], { symbol: 'ODD' });
    expect(report).toMatchObject({ rows: 1, added: 1 });
    expect((await listSeries(home.db)).map((series) => series.symbol)).toEqual(['ODD']);
  });

  test('flags override what the file name says', async () => {
    await using home = await candleHome();
    const flags = { symbol: 'ethusdt', timeframe: '1m' };
    const [report] = await importCandles(home.db, [home.csv(ROWS)], flags);
    expect(report).toMatchObject({ symbol: 'ETHUSDT', timeframe: '1m' });
  });
});

describe('importing again', () => {
  test('the same file twice changes nothing', async () => {
    await using home = await candleHome();
    const file = home.csv(ROWS);
    await importCandles(home.db, [file]);
    const before = await stored(home);
    const [report] = await importCandles(home.db, [file]);
    expect(report).toMatchObject({ rows: 2, added: 0, unchanged: 2, replaced: 0 });
    expect(await stored(home)).toEqual(before);
  });

  test('rows that differ from stored ones are refused, and overwritten with replace', async () => {
    await using home = await candleHome();
    await importCandles(home.db, [home.csv(ROWS)]);
    const changed = home.csv([ROWS[0] as string, '2023-01-01 00:05:00,1.5,3,1,2.5,11.25']);
    const error = await failureOf(importCandles(home.db, [changed]));
    expect(error.code).toBe('IMPORT_REFUSED');
    expect(error.message).toContain('row 2 (BTCUSDT 5m 2023-01-01T00:05:00Z)');
    expect(error.message).toContain('close is 2.5, stored is 2');
    expect((await stored(home)).close[1]).toBe(2);
    const [report] = await importCandles(home.db, [changed], { replace: true });
    expect(report).toMatchObject({ added: 0, unchanged: 1, replaced: 1 });
    expect((await stored(home)).close[1]).toBe(2.5);
  });

  test('one bad file among several stores nothing of any', async () => {
    await using home = await candleHome();
    const good = home.csv(ROWS, 'AAA-5m.csv');
    const bad = home.csv(['2023-01-01 00:00:00,1,0.1,0.5,1.5,10'], 'BBB-5m.csv');
    await failureOf(importCandles(home.db, [good, bad]));
    expect(await listSeries(home.db)).toEqual([]);
    expect(await home.db.rows('SELECT * FROM sync_metadata_live')).toEqual([]);
  });

  test('equal rows of one file are stored once and counted', async () => {
    await using home = await candleHome();
    const [report] = await importCandles(home.db, [home.csv([...ROWS, ROWS[0] as string])]);
    expect(report).toMatchObject({ rows: 3, added: 2, duplicates: 1 });
  });

  test('a bar that is still open is left out and said', async () => {
    await using home = await candleHome();
    const file = home.csv(ROWS);
    const [report] = await importCandles(home.db, [file], { nowMs: START_MS + 599_999 });
    expect(report).toMatchObject({ rows: 2, added: 1, droppedOpen: 1, lastMs: START_MS });
    const [later] = await importCandles(home.db, [file], { nowMs: START_MS + 600_000 });
    expect(later).toMatchObject({ added: 1, unchanged: 1, droppedOpen: 0 });
  });
});

describe('what is refused', () => {
  const T0 = '2023-01-01 00:00:00';
  const T1 = '2023-01-01 00:05:00';
  test.each([
    ['a number that is none', `${T1},x,2,0.5,1.5,10`, 'open "x" is not a finite number'],
    ['NaN', `${T1},1,nan,0.5,1.5,10`, 'high "nan" is not a finite number'],
    ['infinity', `${T1},1,inf,0.5,1.5,10`, 'high "inf" is not a finite number'],
    ['an empty cell', `${T1},1,2,,1.5,10`, 'low is missing'],
    ['a short row', `${T1},1,2`, 'low is missing'],
    ['a time that is none', `soon,1,2,0.5,1.5,10`, 'time "soon" is not a time'],
    ['a day that does not exist', `2023-02-30,1,2,0.5,1.5,10`, 'is not a time'],
    ['a price of 0', `${T1},1,2,0,1.5,10`, 'low 0 is not above 0'],
    ['a negative price', `${T1},-1,2,0.5,1.5,10`, 'open -1 is not above 0'],
    ['a negative volume', `${T1},1,2,0.5,1.5,-1`, 'volume -1 is negative'],
    ['high below low', `${T1},1,0.4,0.5,0.5,10`, 'high 0.4 is below low 0.5'],
    ['high below close', `${T1},1,1.2,0.5,1.5,10`, 'high 1.2 is below close 1.5'],
    ['low above open', `${T1},1,2,1.1,1.5,10`, 'low 1.1 is above open 1'],
    [
      'a time off the lattice',
      `2023-01-01 00:05:01,1,2,0.5,1.5,10`,
      'is not the open time of a 5m bar',
    ],
    ['a time in the future', `2123-01-01 00:05:00,1,2,0.5,1.5,10`, 'is in the future'],
    [
      'a time again with other values',
      `${T0},1,2,0.5,1.5,99`,
      'has the time 2023-01-01T00:00:00Z of row 1 again',
    ],
    ['a date without separators', `20230101,1,2,0.5,1.5,10`, 'time 20230101 reads as 1970'],
  ])('%s is refused with file, row and reason', async (_name, row, reason) => {
    await using home = await candleHome();
    const file = home.csv([`${T0},1,2,0.5,1.5,10`, row]);
    const error = await failureOf(importCandles(home.db, [file]));
    expect(error.code).toBe('IMPORT_REFUSED');
    expect(error.message).toContain(`${file}: row 2: `);
    expect(error.message).toContain('(line 3 of the file)');
    expect(error.message).toContain(reason);
    expect(await listSeries(home.db)).toEqual([]);
  });

  test('lists the first five bad rows and counts the rest', async () => {
    await using home = await candleHome();
    const rows = Array.from(
      { length: 9 },
      (_, i) => `${START_MS + i * 300_000},1,2,0.5,1.5,-${i + 1}`,
    );
    const error = await failureOf(importCandles(home.db, [home.csv(rows)]));
    expect(error.issues).toHaveLength(5);
    expect(error.issues[4]).toMatchObject({ line: 6, message: 'row 5: volume -5 is negative' });
    expect(error.message).toContain('8 more bad rows');
  });

  const HEADER = 'timestamp,open,high,low,close,volume\n';
  const GOOD = `${START_MS},1,2,0.5,1.5,10\n`;
  const SHORT = `${START_MS},1,2\n`;
  const LONG = `${START_MS},1,2,0.5,1.5,10,7\n`;
  const QUOTED = `${START_MS},1,2,0.5,1.5,"10\n"\n`;
  const windows = (text: string) => text.replaceAll('\n', '\r\n');
  test.each([
    ['after an empty line', `${HEADER}${GOOD}\n${SHORT}`, 4, 'low is missing'],
    ['after Windows lines', windows(`${HEADER}${GOOD}\n\n${SHORT}`), 5, 'low is missing'],
    ['with a cell too many', `${HEADER}${GOOD}\n\n${LONG}`, 5, 'has 7 cells instead of 6'],
    ['after a quoted line end', `${HEADER}${QUOTED}${LONG}`, 4, 'has 7 cells instead of 6'],
    ['below empty first lines', `\n\n${HEADER}${GOOD}${LONG}`, 5, 'has 7 cells instead of 6'],
  ])('a bad row %s has its row and line', async (_name, text, line, reason) => {
    await using home = await candleHome();
    const files = [
      home.file('BTCUSDT-5m.csv', text),
      home.file('BTCUSDT-5m.csv.gz', gzipSync(text)),
    ];
    for (const file of files) {
      const error = await failureOf(importCandles(home.db, [file]));
      expect(error.message).toContain(`${file}: row 2: ${reason}`);
      expect(error.message).toContain(`(line ${line} of the file)`);
      expect(error.issues).toEqual([
        expect.objectContaining({ path: file, line, message: expect.stringContaining(reason) }),
      ]);
      // DuckDB's advice is about options of its own.
      expect(error.cause).toBeUndefined();
    }
  });

  test.each([
    [
      'every row an hour early in a 4h file',
      ['2023-01-01 03:00', '2023-01-01 07:00'],
      'local times',
    ],
    ['close times', ['2023-01-01 03:59:59.999', '2023-01-01 07:59:59.999'], 'close times'],
    [
      'one row out of line',
      ['2023-01-01 00:00', '2023-01-01 05:00'],
      'Is the timeframe really 4h?',
    ],
  ])('the hint names the likely cause: %s', async (_name, times, hint) => {
    await using home = await candleHome();
    const file = home.csv(
      times.map((time) => `${time},1,2,0.5,1.5,10`),
      'A-4h.csv',
    );
    expect((await failureOf(importCandles(home.db, [file]))).hint).toContain(hint);
  });

  test.each([
    [
      'BTCUSDT-5m.csv',
      'timestamp,open,high,low,close\n1672531200,1,2,0.5,1.5\n',
      'no volume column',
    ],
    ['BTCUSDT-5m.csv', 'a,b\n1,2\n', 'no time column (found: a, b)'],
    ['BTCUSDT-5m.csv', '1,2,3\n', 'no header line and 3 columns'],
    ['BTCUSDT-5m.csv', '', 'is empty'],
    ['BTCUSDT-5m.csv', 'timestamp,open,high,low,close,volume\n', 'holds no rows'],
    ['BTCUSDT-5m.csv', 'timestamp,open,open,low,close,volume\n', 'two columns called open'],
    [
      'BTCUSDT-5m.csv',
      'timestamp,open,high,low,close,volume\n1672531200,1,2,0.5,1.5,10,7\n',
      'row 1: has 7 cells instead of 6 (line 2 of the file)',
    ],
    ['BTCUSDT-5m.parquet', 'PAR1 and nothing else', 'BTCUSDT-5m.parquet'],
    ['candles.csv', 'timestamp,open,high,low,close,volume\n', 'does not say the symbol'],
    ['BTCUSDT-1M.csv', 'timestamp,open,high,low,close,volume\n', 'does not say the symbol'],
  ])('%s holding %j is refused', async (name, text, reason) => {
    await using home = await candleHome();
    const error = await failureOf(importCandles(home.db, [home.file(name, text)]));
    expect(error.code).toBe('IMPORT_REFUSED');
    expect(error.message).toContain(reason);
  });

  test('bars of a longer timeframe than the name says are refused', async () => {
    await using home = await candleHome();
    const rows = (count: number) =>
      Array.from({ length: count }, (_, n) => `${START_MS + n * 3_600_000},1,2,0.5,1.5,10`);
    const { code, message } = await failureOf(importCandles(home.db, [home.csv(rows(40))]));
    expect([code, message]).toEqual([
      'IMPORT_REFUSED',
      expect.stringContaining('its rows are 60 min apart or more, so they are no 5m bars'),
    ]);
    expect(await listSeries(home.db)).toEqual([]);
    // A handful may be far apart by chance; a file with any two neighbours has gaps, as has one whose
    // step is no timeframe's.
    const sparse = rows(40).map((row, n) => row.replace(/^\d+/, String(START_MS + n * 1_500_000)));
    await using other = await candleHome();
    expect((await importCandles(other.db, [other.csv(sparse)]))[0]?.added).toBe(40);
    expect((await importCandles(home.db, [home.csv(rows(10))]))[0]?.added).toBe(10);
    const withNeighbour = [...rows(40), `${START_MS + 300_000},1,2,0.5,1.5,10`];
    expect((await importCandles(home.db, [home.csv(withNeighbour)]))[0]?.added).toBe(31);
  });

  test.each([
    ['UTF-16', Buffer.from('\uFEFFtimestamp,open,high,low,close,volume\n', 'utf16le')],
    ['binary', Buffer.from([0x1b, 0x5b, 0x31, 0x6d, 0, 1, 2, 3, 0x0a])],
  ])('a file of %s is refused without printing it', async (_name, content) => {
    await using home = await candleHome();
    const { code, message } = await failureOf(
      importCandles(home.db, [home.file('BTCUSDT-5m.csv', content)]),
    );
    expect(code).toBe('IMPORT_REFUSED');
    expect(message).toMatch(/BTCUSDT-5m\.csv: is no text in UTF-8, nor Parquet$/);
  });

  test('zip and Arrow files are refused as not built yet', async () => {
    await using home = await candleHome();
    const zip = home.file('BTCUSDT-5m.zip', 'PK\u0003\u0004rest');
    const arrow = home.file('BTCUSDT-5m.arrow', 'ARROW1rest');
    expect((await failureOf(importCandles(home.db, [zip]))).code).toBe('NOT_YET');
    expect((await failureOf(importCandles(home.db, [arrow]))).code).toBe('NOT_YET');
  });

  test('missing files, folders and unknown flags are refused', async () => {
    await using home = await candleHome();
    const of = (file: string, flags = {}) => failureOf(importCandles(home.db, [file], flags));
    expect((await of('/nowhere/BTCUSDT-5m.csv')).message).toContain('there is no such file');
    expect((await of(home.folder, { symbol: 'A', timeframe: '5m' })).message).toContain(
      'is a folder',
    );
    expect((await of(home.csv(ROWS), { timeframe: '7m' })).code).toBe('USAGE');
    expect((await of(home.csv(ROWS), { symbol: "A';--" })).code).toBe('USAGE');
  });

  test('a file whose volumes are all 0 is imported with a warning', async () => {
    await using home = await candleHome();
    const [report] = await importCandles(home.db, [home.csv([`${T0},1,2,0.5,1.5,0`])]);
    expect(report?.warnings).toEqual([expect.stringContaining('every volume is 0')]);
  });
});
