import { rename, rm, writeFile } from 'node:fs/promises';

/** Writes a file whole or not at all: a temporary name beside it, then a rename. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
