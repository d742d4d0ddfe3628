import { ServiceError } from '@temporalio/client';
import { describe, expect, it, vi } from 'vitest';
import { reportFailure } from '../../../src/cli/failure.ts';

function told(error: unknown, isJson: boolean): { code: number; text: string } {
  let text = '';
  const take = (part: unknown): boolean => {
    text += String(part);
    return true;
  };
  using out = vi.spyOn(process.stdout, 'write').mockImplementation(take);
  using err = vi.spyOn(process.stderr, 'write').mockImplementation(take);
  const code = reportFailure(error, isJson);
  expect(out.mock.calls.length + err.mock.calls.length).toBeGreaterThan(0);
  return { code, text };
}

describe('Postgres that goes away in the middle of a command', () => {
  // Codes of the socket, of the driver, and of a server that recovers or has no disk left.
  it.each(['ECONNRESET', 'CONNECTION_CLOSED', '57P03', '53100'])('is no defect (%s)', (code) => {
    const error = Object.assign(new Error('the system is in recovery mode'), { code });
    const { code: exitCode, text } = told(error, false);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/error: Postgres was lost: the system is in recovery mode\nhint: .*kept/);
    expect(text).not.toMatch(/defect|\.ts:/);
  });

  it('is an error document with a code and a hint', () => {
    const error = Object.assign(new Error('read ECONNRESET'), {
      code: 'ECONNRESET',
      syscall: 'read',
    });
    expect(JSON.parse(told(error, true).text)).toMatchObject({
      error: { code: 'STORE_UNREACHABLE', hint: expect.stringContaining('goes on from there') },
    });
  });

  it('leaves errors that are not its own as they are', () => {
    expect(told(new Error('odd'), false).text).toContain('this is a defect of ideasweep');
  });
});

describe('Temporal that goes away in the middle of a command', () => {
  const lost = (code: number) =>
    new ServiceError('Failed to get Workflow execution history', {
      cause: Object.assign(new Error('14'), {
        code,
        details: 'connect ECONNREFUSED 127.0.0.1:7233',
      }),
    });

  it('is an outage that names the address and what to start', () => {
    const { code, text } = told(lost(14), false);
    expect(code).toBe(1);
    expect(text).toMatch(/Temporal was lost: .*127\.0\.0\.1:7233\nhint: .*ideasweep dev/);
    expect(JSON.parse(told(lost(14), true).text).error.code).toBe('TEMPORAL_UNREACHABLE');
  });

  it('is told apart from a request that Temporal refuses', () => {
    expect(told(lost(3), false).text).not.toContain('was lost');
  });
});
