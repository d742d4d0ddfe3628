import { formatCount, formatNumber, formatWindow } from '../report/format.ts';
import { renderMetrics } from '../report/metrics-table.ts';
import { areaPlot } from '../report/plot.ts';
import { describeParams } from '../report/ranking.ts';
import { renderFacts } from '../report/table.ts';
import { renderTrades } from '../report/trades.ts';
import { formatShort } from '../time.ts';
import type { Recorded } from './one-point.ts';
import { paint, terminalWidth } from './output.ts';

/** Trades shown at each end of a long list. */
const TRADES_EDGE = 10;
const PLOT_ROWS = 8;
const WIDTH_MAX = 100;

/** The screen of one backtest: what ran, metrics, equity, trades. */
export function renderRecorded(
  recorded: Recorded,
  heading: readonly (readonly [string, string | undefined])[] = [],
): string {
  const width = Math.min(WIDTH_MAX, terminalWidth());
  const bold = (text: string) => paint('bold', text);
  const { trades, metrics } = recorded;
  const sections = [
    renderFacts([...heading, ...facts(recorded)]),
    renderMetrics(metrics, { width, title: bold }),
    equityPlot(recorded, width),
    trades.length === 0
      ? '  no trades'
      : renderTrades(trades, { edge: TRADES_EDGE, titleStyle: bold }),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

// --- internal ---

function facts({ sweep, card, params, result }: Recorded): (readonly [string, string])[] {
  const { exec, mtf, htf } = card.tf_configs;
  const frames = [exec.tf, mtf && `mtf ${mtf.tf}`, htf && `htf ${htf.tf}`].filter(Boolean);
  const shown = describeParams(params);
  return [
    ['card', `${card.id}${card.name === null ? '' : `   ${card.name}`}`],
    ...(shown === '' ? [] : [['params', shown] as const]),
    [
      'candles',
      `${card.symbol_universe[0]} ${frames.join(', ')}   ${formatWindow(sweep.window)}   ` +
        `${formatCount(result.bars)} bars`,
    ],
    [
      'outcome',
      `${result.outcome.replaceAll('_', ' ')}   profile ${sweep.profile}` +
        (result.simulationStartMs > sweep.window.startMs
          ? `   simulated from ${formatShort(result.simulationStartMs)}`
          : ''),
    ],
  ];
}

function equityPlot({ card, result, metrics }: Recorded, width: number): string {
  if (result.equity.length < 2) return '';
  const first = result.simulationStartMs;
  const last = result.equityTs[result.equityTs.length - 1] ?? 0;
  const finalEquity = metrics['final_equity'];
  const title =
    typeof finalEquity === 'number'
      ? `  equity, USDT (ends at ${formatNumber(finalEquity, 2)})`
      : '  equity';
  const { starting_equity_usdt: start } = card.account;
  const plot = areaPlot([start, ...result.equity], {
    width: width - 16,
    height: PLOT_ROWS,
    startLabel: formatShort(first),
    endLabel: formatShort(last),
    paint: (text, isAbove) => paint(isAbove ? 'green' : 'red', text),
  });
  return `${paint('bold', title)}\n${plot}`;
}
