import { open } from 'node:fs/promises';
import { devNull } from 'node:os';
import { vi } from 'vitest';

/** While it runs, what is written to any file handle of this process finds the disk full. */
export async function withFullDisk<T>(action: () => Promise<T>): Promise<T> {
  await using handle = await open(devNull, 'w');
  const prototype = Object.getPrototypeOf(handle) as Pick<typeof handle, 'write'>;
  const message = 'ENOSPC: no space left on device, write';
  const write = vi
    .spyOn(prototype, 'write')
    .mockRejectedValue(Object.assign(new Error(message), { code: 'ENOSPC', syscall: 'write' }));
  try {
    return await action();
  } finally {
    write.mockRestore();
  }
}
