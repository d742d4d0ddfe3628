import type { EndSweepInput } from '../src/contracts.ts';
import { finishSweep, setSweepStatus } from '../src/store/sweeps.ts';
import type { ControlDeps } from './control.ts';
import { runActivity } from './failure.ts';

export function createRankActivities({ store }: ControlDeps) {
  return {
    /** Writes ranks and the final state; returns that state. Safe to repeat. */
    async endSweep(input: EndSweepInput): Promise<{ readonly status: string }> {
      return runActivity(async () => {
        const { sweepId, ending } = input;
        if (ending !== 'finished') {
          await setSweepStatus(store.sql, sweepId, ending, because(input));
          return { status: ending };
        }
        const { status } = await finishSweep(store.sql, sweepId);
        if (input.failedBatches === 0) return { status };
        await setSweepStatus(store.sql, sweepId, 'completed_with_failures', because(input));
        return { status: 'completed_with_failures' };
      });
    },
  };
}

// --- internal ---

function because({ message }: EndSweepInput): { readonly error?: string } {
  return message === undefined ? {} : { error: message };
}
