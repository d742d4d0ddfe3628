/**
 * The seal is 32 bytes between the last record batch and the footer, where Arrow readers look at
 * nothing: magic, format version, CRC-32 of every other byte of the file, and the file's length.
 * So a file that was cut, grown or altered anywhere is known before any of it is believed.
 */
export interface Seal {
  readonly formatVersion: number;
  readonly crc32: number;
  readonly fileLength: number;
}

export const SEAL_BYTES = 32;

export function encodeSeal({ formatVersion, crc32, fileLength }: Seal): Uint8Array {
  const bytes = new Uint8Array(SEAL_BYTES);
  bytes.set(SEAL_MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, formatVersion, true);
  view.setUint32(20, crc32, true);
  view.setBigUint64(24, BigInt(fileLength), true);
  return bytes;
}

/** Undefined when the bytes are not a seal. */
export function decodeSeal(bytes: Uint8Array): Seal | undefined {
  if (bytes.length !== SEAL_BYTES) return undefined;
  if (SEAL_MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEAL_BYTES);
  return {
    formatVersion: view.getUint32(16, true),
    crc32: view.getUint32(20, true),
    fileLength: Number(view.getBigUint64(24, true)),
  };
}

// --- internal ---

const SEAL_MAGIC = new TextEncoder().encode('ideasweep-feed\0\0');
