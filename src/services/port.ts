import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Where the servers of this machine listen. */
export const LOCAL_HOST = '127.0.0.1';

/** `wanted` when it is free, otherwise any free port. */
export function choosePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      if (wanted === 0) reject(error);
      else resolve(choosePort(0));
    });
    probe.listen(wanted, LOCAL_HOST, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** The port written to `path` when the server ran last; 0 when it never did. */
export async function previousPort(path: string): Promise<number> {
  return Number(await readFile(path, 'utf8').catch(() => '0')) || 0;
}
