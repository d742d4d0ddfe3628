import xxhash from 'xxhash-addon';

/**
 * The seal is 64 bytes between the last record batch and the footer, where Arrow readers look at
 * nothing: where the manifest lies, how long the file is, and a checksum of every other byte of it.
 * So a file that was cut, grown or altered anywhere is known before any of it is believed.
 *
 * | bytes | content |
 * |---|---|
 * | 0..16 | `ideasweep-feed` and two zeros |
 * | 16..20 | format version, uint32 (all integers little endian) |
 * | 20..24 | length of the manifest, uint32 |
 * | 24..32 | absolute offset of the manifest's UTF-8 text (inside the footer), uint64 |
 * | 32..40 | length of the file, uint64 |
 * | 40..48 | zeros |
 * | 48..64 | checksum of the file without these 16 bytes |
 */
export interface Seal {
  readonly formatVersion: number;
  readonly manifestLength: number;
  readonly manifestStart: number;
  readonly fileLength: number;
}

export const SEAL_BYTES = 64;
/** The checksum is the seal's last part. */
export const CHECKSUM_BYTES = 16;

/** The seal without its checksum. */
export function encodeSeal(seal: Seal): Uint8Array {
  const bytes = new Uint8Array(SEAL_BYTES - CHECKSUM_BYTES);
  bytes.set(SEAL_MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, seal.formatVersion, true);
  view.setUint32(20, seal.manifestLength, true);
  view.setBigUint64(24, BigInt(seal.manifestStart), true);
  view.setBigUint64(32, BigInt(seal.fileLength), true);
  return bytes;
}

/** Undefined when the bytes are not a seal. */
export function decodeSeal(bytes: Uint8Array): Seal | undefined {
  if (bytes.length !== SEAL_BYTES) return undefined;
  if (SEAL_MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEAL_BYTES);
  return {
    formatVersion: view.getUint32(16, true),
    manifestLength: view.getUint32(20, true),
    manifestStart: Number(view.getBigUint64(24, true)),
    fileLength: Number(view.getBigUint64(32, true)),
  };
}

/**
 * Running checksum: XXH3 of 128 bits, seed zero, in its canonical (big-endian) form. It finds accidents, not
 * attackers. Node's own digests are slower: 37.6 MB take 2.0 ms on a processor without AVX-512 where the tag of
 * AES-GCM takes 5.1 and CRC-32 8.7.
 */
export class Checksum {
  readonly #hash = new xxhash.XXHash128(Buffer.alloc(4));

  append(bytes: Uint8Array): this {
    this.#hash.update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return this;
  }

  /** CHECKSUM_BYTES bytes; the checksum takes no more after this. */
  digest(): Uint8Array {
    return this.#hash.digest();
  }
}

// --- internal ---

const SEAL_MAGIC = new TextEncoder().encode('ideasweep-feed\0\0');
