import { hashJson } from '../hash.ts';

/** The best point of a night, as `nightly_runs.best` keeps it. */
export interface NightBest {
  readonly rank: number;
  readonly point_index: number;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly objective_metric: string;
  /** Value of the objective; null where no point has one. */
  readonly objective: number | null;
}

/** How a night differs from the one before, as `nightly_runs.comparison` keeps it. */
export interface NightComparison {
  readonly previous_best: NightBest;
  readonly is_same_point: boolean;
  /** Tonight's best objective − last night's; null where one of them has none or the metric changed. */
  readonly objective_change: number | null;
  /** Where last night's best point stands tonight; null where the grid has it no more. */
  readonly previous_best_tonight: {
    readonly rank: number;
    readonly objective: number | null;
  } | null;
}

/** `standing`: rank and objective tonight of the point with last night's best params. */
export function compareNights(
  tonight: NightBest | undefined,
  previous: NightBest,
  standing: { readonly rank: number; readonly objective: number | null } | undefined,
): NightComparison {
  return {
    previous_best: previous,
    is_same_point: tonight !== undefined && isSameParams(tonight.params, previous.params),
    objective_change: tonight === undefined ? null : changeOf(tonight, previous),
    previous_best_tonight: standing ?? null,
  };
}

// --- internal ---

function changeOf(tonight: NightBest, previous: NightBest): number | null {
  if (tonight.objective_metric !== previous.objective_metric) return null;
  if (tonight.objective === null || previous.objective === null) return null;
  return tonight.objective - previous.objective;
}

function isSameParams(a: NightBest['params'], b: NightBest['params']): boolean {
  return hashJson(a) === hashJson(b);
}
