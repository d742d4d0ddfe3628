/** Every bound of the product: name with unit, and why it is what it is. */

/** Bytes of YAML read as a card; the largest real card is 12 kB, a bomb is megabytes. */
export const CARD_BYTES_MAX = 131_072;

/** YAML tokens of a card, so that the densest text is still parsed in a fraction of a second. */
export const CARD_TOKENS_MAX = 60_000;

/** Problems of one kind listed for a card; a broken file repeats itself. */
export const CARD_ISSUES_MAX = 100;

/** YAML aliases resolved in one card; expansion bombs need thousands. */
export const CARD_ALIASES_MAX = 100;

/** Levels of nesting in a card; a real one has nine. */
export const CARD_DEPTH_MAX = 64;

/** Values of a card with aliases expanded; a real one has some hundreds, a bomb billions. */
export const CARD_NODES_MAX = 100_000;

/** Points of a grid: every index must be an exact integer in a double. */
export const GRID_POINTS_MAX = 2 ** 53 - 1;

/** Values of one axis: resolved values live in memory and in the sweep's stored spec. */
export const AXIS_VALUES_MAX = 100_000;

/** Product of a constraint's own axes that is evaluated exactly; above, counts are estimates. */
export const CONSTRAINT_PRODUCT_MAX = 10_000_000;

/** Combinations of one part of the card whose refusal is remembered, a byte each. */
export const REFUSAL_TABLE_MAX = 10_000_000;

/** Letters of a sweep name: `sweep_` + name must stay below Postgres' 63 bytes. */
export const SWEEP_NAME_LENGTH_MAX = 48;

/** Bytes of all feed files of one plan; beyond it the plan is refused with the axis to blame. */
export const FEED_PLAN_BYTES_MAX = 32 * 2 ** 30;

/** Bytes of the feeds of a plan's pilot, which lie in private memory for a second. */
export const PILOT_BYTES_MAX = 128 * 2 ** 20;

/**
 * Bytes of one feed file; a plan that needs more is cut into groups of columns. Files are written two at a
 * time: most of that is the system's, which finds pages for one file on one core alone.
 */
export const FEED_FILE_BYTES_MAX = 192 * 2 ** 20;

/** Wanted run time of one batch, ms (design §6: 5–30 s; less in a small sweep). */
export const BATCH_TARGET_MS = 8_000;

/**
 * Run time below which a batch of the local executor is not cut further, ms. A batch is claimed and
 * finished in 3 ms, but it also reads anew the columns that its points have in common with others.
 */
export const BATCH_FLOOR_MS = 700;

/** Batches in flight per workflow: Temporal's pending-activity limit is 2,000 per workflow. */
export const BATCHES_IN_FLIGHT_MAX = 500;

/**
 * What one batch costs around its backtests when Temporal drives it, ms: scheduling, claim, two
 * transactions. Measured 8 ms of orchestration on 2 cores shared with the server, plus the writes.
 */
export const BATCH_ORCHESTRATION_MS = 25;

/** Batches of one workflow run: about 6 events each, and Temporal warns at 10,240 events, ends at 51,200. */
export const BATCHES_PER_WORKFLOW_RUN = 2_000;

/** Open ranges that one plan payload lists, 40 bytes each; a fragmented sweep is planned in pieces. */
export const RANGES_PER_PLAN_MAX = 500;

/**
 * Rows of one checkpoint: a killed worker loses at most these. One block of BLOCK_POINTS_MAX; 0.8 MB
 * of memory, of which a process has two for each thread and two more.
 */
export const CHECKPOINT_ROWS_MAX = 1_536;

/** Rows that `verify` reads again to compare digests of whole batches: 35 µs a row, 0.7 s. */
export const AUDIT_DIGEST_ROWS_MAX = 20_000;

/** Points that a thread runs in an order of its own: 15 values of one axis by 100 of another. */
export const BLOCK_POINTS_MAX = 1_536;

/** Combinations of the axes of one feature spec that a feed plan enumerates: 250,000 columns of the
 * shortest useful window are past FEED_PLAN_BYTES_MAX anyway. */
export const FEED_COMBINATIONS_MAX = 250_000;

/** Synthetic bars of one call: nineteen years of 1m, 480 MB of columns. */
export const SYNTH_BARS_MAX = 10_000_000;

/** Days of a window: each is a sample of the risk metrics at every point, bars or none. */
export const WINDOW_DAYS_MAX = 36_525;

/** Bytes of a strategy with everything it imports; it is stored with every sweep. */
export const STRATEGY_CODE_BYTES_MAX = 1_048_576;

/** Indicators on top of each other, the lowest included; warm-ups add up, and three is a long chain. */
export const INDICATOR_CHAIN_MAX = 8;
