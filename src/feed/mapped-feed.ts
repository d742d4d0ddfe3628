import { FeedStore, type FloatColumn } from './feed-store.ts';
import { bodyLayout, fileColumns, TIME_MS_COLUMNS } from './layout.ts';
import type { FeedManifest } from './manifest.ts';
import { viewMapping, type FileMapping } from './mmap.ts';

/** A mapped feed file whose every byte was checked; plain data that threads receive. */
export interface MappedFeed extends FileMapping {
  readonly manifestStart: number;
  readonly manifestLength: number;
}

/** The columns of a mapped feed as views, in any thread of the process that mapped it. */
export function openMappedFeed(mapped: MappedFeed): FeedStore {
  const manifest = manifestOf(mapped);
  const buffer = viewMapping(mapped);
  const { bars, body_start: bodyStart, precision } = manifest;
  const layout = fileColumns(
    manifest.columns.map(({ id }) => id),
    precision,
  );
  const { starts } = bodyLayout(layout, bars);
  const columns = new Map<string, FloatColumn>();
  layout.forEach(({ name, kind }, index) => {
    if (kind === 'timestamp') return;
    const offset = bodyStart + (starts[index] as number);
    columns.set(
      name,
      kind === 'float64'
        ? new Float64Array(buffer, offset, bars)
        : new Float32Array(buffer, offset, bars),
    );
  });
  const takeBase = (name: string): Float64Array => {
    const column = columns.get(name) as Float64Array;
    columns.delete(name);
    return column;
  };
  return new FeedStore(manifest, {
    tsOpen: takeBase(TIME_MS_COLUMNS[0]),
    tsClose: takeBase(TIME_MS_COLUMNS[1]),
    open: takeBase('open'),
    high: takeBase('high'),
    low: takeBase('low'),
    close: takeBase('close'),
    volume: takeBase('volume'),
    columns,
  });
}

/** What a mapped feed says about itself. */
export function manifestOf(mapped: MappedFeed): FeedManifest {
  const { manifestStart, manifestLength } = mapped;
  // A copy: TextDecoder refuses views of shared memory.
  const text = new Uint8Array(viewMapping(mapped), manifestStart, manifestLength).slice();
  return JSON.parse(new TextDecoder().decode(text)) as FeedManifest;
}
