import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** Where a row of a CSV file stands. */
export interface CsvPlace {
  /** 1-based, of the rows below the header; empty lines are none. */
  readonly row: number;
  /** 1-based line of the file at which the row begins. */
  readonly line: number;
  /** 1-based, as DuckDB counts: empty lines count, line ends within quotes do not. */
  readonly record: number;
}

/**
 * Places of the rows that `isWanted` picks, at most `count`: the file is read from its beginning
 * until they are found. Meant for messages, after a row was found to be bad.
 * @param headerLines lines before the first row.
 */
export async function findPlaces(
  path: string,
  headerLines: number,
  { count, isWanted }: { count: number; isWanted: (place: CsvPlace) => boolean },
): Promise<CsvPlace[]> {
  const found: CsvPlace[] = [];
  let [line, record, row] = [0, 0, 0];
  let isQuoted = false;
  for await (const text of await linesOf(path)) {
    line += 1;
    const isInside = isQuoted && line > headerLines;
    if (line > headerLines && (text.split('"').length - 1) % 2 === 1) isQuoted = !isQuoted;
    if (isInside) continue;
    record += 1;
    if (line <= headerLines || text === '') continue;
    row += 1;
    const place = { row, line, record };
    if (isWanted(place)) found.push(place);
    if (found.length === count) break;
  }
  return found;
}

// --- internal ---

async function linesOf(path: string): Promise<AsyncIterable<string>> {
  const file = createReadStream(path);
  const input = (await isGzip(path)) ? file.pipe(createGunzip()) : file;
  return createInterface({ input, crlfDelay: Infinity });
}

async function isGzip(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return buffer[0] === 0x1f && buffer[1] === 0x8b;
}
