import { expect, test } from 'vitest';
import { reasonLines } from '../../../src/services/postgres-log.ts';

const DISK_FULL = `2026-11-25 23:29:05.769 UTC [10851] FATAL:  the database system is starting up
2026-11-25 23:29:05.843 UTC [10790] FATAL:  could not write to file "pg_wal/xlogtemp.10790": No space left on device
2026-11-25 23:29:05.846 UTC [10783] LOG:  startup process (PID 10790) exited with exit code 1
2026-11-25 23:29:05.846 UTC [10783] LOG:  terminating any other active server processes
2026-11-25 23:29:05.848 UTC [10807] FATAL:  the database system is in recovery mode
2026-11-25 23:29:05.849 UTC [10783] LOG:  shutting down due to startup process failure
2026-11-25 23:29:05.877 UTC [10783] LOG:  database system is shut down
`;

test('a server that did not start is told by its fatal lines, not by its last ones', () => {
  expect(reasonLines(DISK_FULL)).toBe(DISK_FULL.split('\n')[1]);
});

test('without a fatal line its last five stand for it', () => {
  expect(reasonLines('a\nb\nc\nd\ne\nf\n')).toBe('b\nc\nd\ne\nf');
  expect(reasonLines('')).toBe('');
});
