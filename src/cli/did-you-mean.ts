import { distance } from 'fastest-levenshtein';

/** `did you mean "rank"?` where a known name is close to what was written, else undefined. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(written.length / 3));
  const closest = known
    .map((name) => ({ name, edits: distance(written.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)[0];
  return closest !== undefined && closest.edits <= limit
    ? `did you mean ${closest.name}?`
    : undefined;
}
