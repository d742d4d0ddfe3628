import type { IdeaCard } from '../card/schema.ts';
import { SweepError } from '../errors.ts';
import { firstAtOrAfter } from '../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../feed/multi-tf.ts';
import { outputKeys } from '../indicators/registry.ts';
import { TIMEFRAMES } from '../time.ts';
import type { ProfileRules } from './profile.ts';

/** Fewest bars that the reference simulates (trade-semantics §3.4). */
const SIMULATION_BARS_MIN = 10;

/**
 * The first exec row that is simulated. `window`: the first bar of the window. `reference`: §3.4,
 * from the columns that must have values, the window and the delay.
 * @throws SweepError WINDOW_EMPTY when no bar is left, WARMUP_NOT_COVERED when no bar is valid.
 */
export function simulationStart(
  card: IdeaCard,
  feeds: MultiTFFeedStore,
  rules: ProfileRules,
): number {
  if (rules.simulationStart === 'window') return feeds.windowStartBar;
  const first = firstValidBar(card, feeds);
  if (first >= feeds.endBar) {
    throw new SweepError('WARMUP_NOT_COVERED', 'no bar has a value in every required indicator', {
      hint: 'Import earlier candles, or shorten the indicators.',
    });
  }
  const start = delayedStart(card, feeds, Math.max(first, feeds.windowStartBar));
  if (feeds.endBar - start < SIMULATION_BARS_MIN) {
    throw new SweepError(
      'WINDOW_EMPTY',
      `${Math.max(0, feeds.endBar - start)} bars are left to simulate, ${SIMULATION_BARS_MIN} are needed`,
      { hint: 'Take a longer window.' },
    );
  }
  return start;
}

// --- internal ---

/** First row where every ordinary column has a value and each long/short pair has one. */
function firstValidBar(card: IdeaCard, feeds: MultiTFFeedStore): number {
  const exec = card.tf_configs.exec;
  const wanted =
    exec.required_indicators.length > 0
      ? exec.required_indicators
      : exec.feature_specs.flatMap((spec) => outputKeys(spec).map(({ key }) => key));
  const names = new Set(wanted.filter((key) => feeds.exec.indicators.has(key)));
  const groups = [...names]
    .filter((name) => !isPaired(name, names) || name.endsWith('_long'))
    .map((name) => (isPaired(name, names) ? [name, partnerOf(name)] : [name]));
  let bar = feeds.firstBar;
  while (bar < feeds.endBar && !groups.every((group) => hasValue(feeds, group, bar))) bar += 1;
  return bar;
}

function hasValue(feeds: MultiTFFeedStore, group: readonly string[], bar: number): boolean {
  return group.some((key) => !Number.isNaN(feeds.exec.indicators.get(key)?.[bar] ?? Number.NaN));
}

/** `X_long` and `X_short` are exclusive by name when both are required (psar, supertrend). */
function partnerOf(name: string): string {
  return name.endsWith('_long')
    ? name.replace(/_long$/, '_short')
    : name.replace(/_short$/, '_long');
}

function isPaired(name: string, names: ReadonlySet<string>): boolean {
  return /_(?:long|short)$/.test(name) && names.has(partnerOf(name));
}

/** Moves the start on by `delay_bars` of each role, counted from the next boundary of its timeframe. */
function delayedStart(card: IdeaCard, feeds: MultiTFFeedStore, start: number): number {
  const { tsOpen } = feeds.exec.store;
  const startMs = tsOpen[start];
  if (startMs === undefined) return feeds.endBar;
  const { exec, mtf, htf } = card.tf_configs;
  const isMulti = [mtf, htf].some((config) => config !== undefined && config.tf !== exec.tf);
  const roles = isMulti ? [exec, htf, mtf] : [exec];
  let target = startMs;
  for (const config of roles) {
    const delay = config?.market_structure?.delay_bars ?? 0;
    if (config === undefined || delay === 0) continue;
    const { ms } = TIMEFRAMES[config.tf];
    target = Math.max(target, Math.ceil(startMs / ms) * ms + delay * ms);
  }
  return target === startMs ? start : Math.max(start, firstAtOrAfter(tsOpen, target));
}
