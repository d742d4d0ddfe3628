import { createFeedActivities } from './feeds.ts';
import { createNightlyActivities } from './nightly.ts';
import { createPlanActivities } from './plan.ts';
import { createRankActivities } from './rank.ts';
import type { Config } from '../src/config.ts';
import type { Store } from '../src/store/db.ts';

export interface ControlDeps {
  readonly config: Config;
  readonly store: Store;
}

export type ControlActivities = ReturnType<typeof createControlActivities>;

/** Activities of the control queue: whatever is not a backtest. */
export function createControlActivities(deps: ControlDeps) {
  return {
    ...createPlanActivities(deps),
    ...createFeedActivities(deps),
    ...createRankActivities(deps),
    ...createNightlyActivities(deps),
  };
}
