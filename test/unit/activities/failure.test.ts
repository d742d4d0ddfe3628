import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { toFailure } from '../../../activities/failure.ts';
import { AssertionError } from '../../../src/assert.ts';
import { ERROR_KINDS, SweepError, type SweepErrorCode } from '../../../src/errors.ts';

function translate(error: unknown, attempt = 1): ApplicationFailure {
  const failure = toFailure(error, attempt);
  if (!(failure instanceof ApplicationFailure)) throw new Error(`not translated: ${failure}`);
  return failure;
}

describe('failures that leave an activity', () => {
  it.each(Object.keys(ERROR_KINDS) as SweepErrorCode[])('carry %s as their type', (code) => {
    const failure = translate(new SweepError(code, 'no', { hint: 'do this' }));
    expect(failure.type).toBe(code);
    expect(failure.message).toBe('no (do this)');
    expect(failure.nonRetryable).toBe(!ERROR_KINDS[code].isRetryable);
  });

  it('retry an outage of Postgres without end, whatever the driver calls it', () => {
    for (const code of ['ECONNREFUSED', 'CONNECTION_CLOSED', '57P01', '53300', '40001']) {
      const failure = translate(Object.assign(new Error('gone'), { code }), 1000);
      expect([code, failure.type, failure.nonRetryable]).toEqual([
        code,
        'STORE_UNREACHABLE',
        false,
      ]);
    }
  });

  it('do not retry a defect of the program', () => {
    expect(translate(new AssertionError('bar index out of range')).nonRetryable).toBe(true);
    expect(translate(new TypeError('x is not a function')).nonRetryable).toBe(true);
  });

  it('give up on an unknown error after a few attempts', () => {
    expect(translate(new Error('odd'), 1).nonRetryable).toBe(false);
    expect(translate(new Error('odd'), 5).nonRetryable).toBe(true);
  });

  it('leave a cancellation as it is', () => {
    const cancelled = new CancelledFailure('CANCELLED');
    expect(toFailure(cancelled, 1)).toBe(cancelled);
  });
});
