import { randomInt } from 'node:crypto';

/** Crockford's digits, in lower case: sorted as text they sort as numbers; no i, l, o, u. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

const TIME_DIGITS = 9;
const RANDOM_DIGITS = 3;

/** A new sweep id: 12 letters, ascending with time to the millisecond, then random. */
export function newSweepId(nowMs = Date.now()): string {
  let time = nowMs;
  let text = '';
  for (let digit = 0; digit < TIME_DIGITS; digit += 1) {
    text = DIGITS.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  for (let digit = 0; digit < RANDOM_DIGITS; digit += 1) text += DIGITS.charAt(randomInt(32));
  return text;
}
