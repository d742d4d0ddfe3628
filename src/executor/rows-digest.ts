import { hash } from 'node:crypto';
import { METRIC_COLUMNS } from '../metrics/registry.ts';

/**
 * The digest of rows: the XOR of the first halves of the SHA-256 of `index outcome ` and the metrics'
 * bytes, where no value is NaN. The same for any order of the rows and any cut into ranges.
 */
export class RowsDigest {
  readonly #xor = Buffer.alloc(DIGEST_BYTES);
  readonly #input = Buffer.alloc(ROW_LABEL_BYTES + METRIC_COLUMNS.length * 8);

  /** `values` are those of METRIC_COLUMNS. */
  add(pointIndex: number, outcome: string, values: Float64Array): void {
    const labelLength = this.#input.write(`${pointIndex} ${outcome} `, 0, 'latin1');
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#input.set(bytes, labelLength);
    // In one call and as text: a Hash object, or a Buffer of 32 bytes, costs twice the time and is freed
    // by a full collection alone.
    const digest = hash('sha256', this.#input.subarray(0, labelLength + bytes.length), 'binary');
    for (let at = 0; at < DIGEST_BYTES; at += 1) this.#xor[at]! ^= digest.charCodeAt(at);
  }

  /** 32 digits. */
  hex(): string {
    return this.#xor.toString('hex');
  }
}

/** The digest of the rows of both. */
export function combineDigests(a: string, b: string): string {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0))).toString('hex');
}

/** The digest of no rows. */
export const EMPTY_DIGEST = '0'.repeat(32);

// --- internal ---

const DIGEST_BYTES = 16;
/** The longest index and outcome. */
const ROW_LABEL_BYTES = 40;
