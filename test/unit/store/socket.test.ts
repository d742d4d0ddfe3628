import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { promptSocket } from '../../../src/store/socket.ts';

it('sends a large part of a COPY whole, then frees it; other data stays', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const received = once(server, 'connection').then(([peer]) => buffer(peer));
  const socket = await promptSocket({ host: ['127.0.0.1'], port: [port], path: false }, 1_000);
  const part = Buffer.allocUnsafeSlow(300_000).fill('d');
  const query = Buffer.allocUnsafeSlow(300_000).fill('Q');
  const sent = Buffer.concat([part, query]);
  await Promise.all(
    [part, query].map((data) => new Promise((resolve) => socket.write(data, resolve))),
  );
  expect(part.buffer.byteLength).toBe(0);
  expect(query.buffer.byteLength).toBe(300_000);
  socket.end();
  expect((await received).equals(sent)).toBe(true);
  server.close();
});
