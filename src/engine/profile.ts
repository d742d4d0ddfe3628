/**
 * A profile is one record of rules: every row of the design's profile table (§5) and the decisions
 * of its §12 is a field here. The engine and the metrics read the record, never the profile's name.
 */
export type ProfileName = 'standard' | 'trade';

export interface ProfileRules {
  readonly name: ProfileName;
  /** Whether the bar that opens exactly at the window's end belongs to the run. */
  readonly windowEnd: 'exclusive' | 'inclusive';
  /** `window`: the first bar of the window. `reference`: trade-semantics §3.4, from the columns. */
  readonly simulationStart: 'window' | 'reference';
  /**
   * `at_fill`: notional = min(wanted, cash·L/(1 + L·fee)) is the gate.
   * `at_signal`: wanted is capped at equity·L, and the gate then rejects what margin and fee exceed.
   */
  readonly orderCap: 'at_fill' | 'at_signal';
  /**
   * What happens when the minimum notional cannot be opened. `ends_run`: tested when flat, the run
   * ends as `account_blown`. `disables_entries`: tested always, no entry for the rest of the run.
   */
  readonly starvation: 'ends_run' | 'disables_entries';
  /** Fill price of a stop or target when the bar opens beyond its level. */
  readonly gapFill: 'open' | 'level';
  /** Which fees the net PnL of a trade contains. */
  readonly netPnlFees: 'both' | 'exit';
  /** Whether the close at the end of the data replaces the last equity point. */
  readonly endOfData: 'replaces_point' | 'outside_curve';
  readonly hasFunding: boolean;
  /**
   * `isolated`: a level per position, tested on low and high; no trade loses more than its margin.
   * `account`: at the close, when equity falls to the maintenance margin; ends the run.
   */
  readonly liquidation: 'isolated' | 'account';
  /** Samples of the risk ratios. */
  readonly samples: 'utc_days' | 'exec_bars';
  /** `extremes`: margin figures at the lowest and highest close held. `every_bar`: at each close. */
  readonly marginPoints: 'extremes' | 'every_bar';
  /** `by_model`: what the sizing model's name says. `percent_equity`: any other acts as 1 %. */
  readonly sizing: 'by_model' | 'percent_equity';
  /** Whether `allow_flip: true` is honoured. */
  readonly hasFlips: boolean;
  /** Metrics and excursions rounded as the reference does (trade-semantics §8.3). */
  readonly isRounded: boolean;
}

export const PROFILES: Readonly<Record<ProfileName, ProfileRules>> = {
  standard: {
    name: 'standard',
    windowEnd: 'exclusive',
    simulationStart: 'window',
    orderCap: 'at_fill',
    starvation: 'ends_run',
    gapFill: 'open',
    netPnlFees: 'both',
    endOfData: 'replaces_point',
    hasFunding: true,
    liquidation: 'isolated',
    samples: 'utc_days',
    marginPoints: 'extremes',
    sizing: 'by_model',
    hasFlips: true,
    isRounded: false,
  },
  trade: {
    name: 'trade',
    windowEnd: 'inclusive',
    simulationStart: 'reference',
    orderCap: 'at_signal',
    starvation: 'disables_entries',
    gapFill: 'level',
    netPnlFees: 'exit',
    endOfData: 'outside_curve',
    hasFunding: false,
    liquidation: 'account',
    samples: 'exec_bars',
    marginPoints: 'every_bar',
    sizing: 'percent_equity',
    hasFlips: false,
    isRounded: true,
  },
};

/**
 * Part of every sweep's identity. A golden test ties it to hashes of golden results
 * (test/golden/engine-version.test.ts): no result can change while this text stays.
 */
export const ENGINE_VERSION = '1';

export function isProfileName(text: string): text is ProfileName {
  return Object.hasOwn(PROFILES, text);
}
