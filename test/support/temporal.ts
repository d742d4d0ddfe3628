import { inject } from 'vitest';

/** The development server of this vitest run, or why there is none. */
export type ProvidedTemporal =
  | { readonly address: string; readonly binary: string }
  | { readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    temporal: ProvidedTemporal;
  }
}

/** Address of the real server; undefined when nothing on this machine can provide one. */
export function temporalAddress(): string | undefined {
  const temporal = inject('temporal');
  return 'address' in temporal ? temporal.address : undefined;
}

/** Words for the name of a suite, so that the report of skipped tests says why. */
export function temporalSkipReason(): string {
  const temporal = inject('temporal');
  return 'reason' in temporal ? ` (skipped: ${temporal.reason})` : '';
}
