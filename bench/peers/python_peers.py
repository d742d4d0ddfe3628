"""EMA cross over many points in raptorbt, vectorbt and a Numba loop; run by python-peers.ts.

Pinned: raptorbt==0.13.4 vectorbt==1.2.0 numba==0.68.1 (Python 3.11). Reads a job as JSON from stdin;
prices and averages are raw float64 files of its folder. Prints per peer its version, seconds, and per
point the final equity and the number of trades; the Numba loop wins and the largest drawdown too. All get the same averages and signals, decide at a
close, fill at the next open, all in, with a fee a side. Making signals, and compiling, is not timed.

A stop counts from the signal's close ("signal", as ideasweep) or from the fill ("entry", as the
libraries); vectorbt looks for no stop on the entry's bar and lets a stop go before an exit at the
open. The Numba loop knows all three, so that each is compared with what it can express.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

VECTORBT_COLUMNS = 10


class Market:
    def __init__(self, job):
        folder = Path(job["folder"])
        start, end = job["start"], job["end"]
        read = lambda name: np.fromfile(folder / f"{name}.f64")[:end]
        self.prices = {name: np.ascontiguousarray(read(name)[start:]) for name in ("open", "high", "low", "close")}
        lengths = sorted({length for point in job["points"] for length in point[:2]})
        self.row = {length: row for row, length in enumerate(lengths)}
        # One bar more in front: a cross looks at the bar before.
        self.averages = np.stack([read(f"ema-{length}")[start - 1 :] for length in lengths])
        self.bars = end - start

    def crosses(self, point):
        fast, slow = (self.averages[self.row[length]] for length in point[:2])
        up = (fast[1:] > slow[1:]) & (fast[:-1] <= slow[:-1])
        down = (fast[1:] < slow[1:]) & (fast[:-1] >= slow[:-1])
        return up, down


def by_raptorbt(market, job, points):
    import raptorbt

    signals = [market.crosses(point) for point in points]
    stamps = np.arange(market.bars, dtype=np.int64) * 300_000_000_000
    results = []
    began = time.perf_counter()
    for (_, _, stop, target), (up, down) in zip(points, signals):
        config = raptorbt.BacktestConfig(
            initial_capital=job["cash"], fees=job["fee"], slippage=0.0, fill_timing="next_bar_open"
        )
        if stop > 0:
            config.set_fixed_stop(stop / 100)
            config.set_fixed_target(target / 100)
        results.append(
            raptorbt.run_single_backtest(
                timestamps=stamps,
                volume=market.prices["close"],
                entries=up,
                exits=down,
                direction=1,
                weight=1.0,
                symbol="PEER",
                config=config,
                **market.prices,
            )
        )
    seconds = time.perf_counter() - began
    trades = [result.trades() for result in results]
    last = market.prices["close"][-1]
    equity = [
        # What is open at the end is closed without a fee there.
        float(np.asarray(result.equity_curve())[-1])
        * (1 - job["fee"] if own and own[-1].exit_idx == market.bars - 1 and own[-1].exit_price == last else 1)
        for result, own in zip(results, trades)
    ]
    return seconds, equity, [len(own) for own in trades]


def by_vectorbt(market, job, points):
    import pandas as pd
    import vectorbt as vbt

    frame = pd.DataFrame(market.prices)

    def run(block):
        signals = [market.crosses(point) for point in block]
        # Acted on at the next bar's open.
        later = lambda side: np.stack([np.concatenate(([False], s[side][:-1])) for s in signals], axis=1)
        entries, exits = later(0), later(1)
        stops = np.array([[point[2] / 100 or np.nan for point in block]])
        targets = np.array([[point[3] / 100 if point[2] > 0 else np.nan for point in block]])
        began = time.perf_counter()
        portfolio = vbt.Portfolio.from_signals(
            close=frame.close,
            open=frame.open,
            high=frame.high,
            low=frame.low,
            price=frame.open,
            entries=entries,
            exits=exits,
            fees=job["fee"],
            init_cash=job["cash"],
            sl_stop=stops,
            tp_stop=targets,
            stop_entry_price="price",
            stop_exit_price="stoplimit",
            freq="5min",
        )
        final, count = portfolio.final_value(), portfolio.trades.count()
        seconds = time.perf_counter() - began
        # What is open at the end is valued, not closed.
        is_open = np.atleast_1d(portfolio.trades.open.count()) > 0
        return seconds, np.atleast_1d(final) * np.where(is_open, 1 - job["fee"], 1), np.atleast_1d(count)

    blocks = [points[at : at + VECTORBT_COLUMNS] for at in range(0, len(points), VECTORBT_COLUMNS)]
    run(blocks[0])
    done = [run(block) for block in blocks]
    equity = [float(value) for _, final, _ in done for value in final]
    return sum(seconds for seconds, _, _ in done), equity, [int(n) for _, _, c in done for n in c]


def numba_loop():
    from numba import njit

    @njit(cache=False)
    def loop(opens, highs, lows, closes, fast, slow, fee, cash, stop_part, target_part, from_entry, lenient):
        size = entry = stop = target = signal = entry_cost = drawdown = 0.0
        trades, wins, held, pending, peak = 0, 0, False, False, cash
        last = closes.shape[0] - 1
        for i in range(closes.shape[0]):
            entered = False
            if lenient and held and pending and stop_part > 0 and (lows[i] <= stop or highs[i] >= target):
                pending = False
            if pending:
                pending = False
                if held:
                    gain = (opens[i] - entry) * size - size * opens[i] * fee
                    cash += gain
                    held = False
                    trades += 1
                    wins += gain > entry_cost
                else:
                    entry = opens[i]
                    size = cash / (1 + fee) / entry
                    entry_cost = size * entry * fee
                    cash -= entry_cost
                    base = entry if from_entry else signal
                    stop, target = base - base * stop_part, base + base * target_part
                    held = entered = True
            if held and not (lenient and entered) and stop_part > 0 and (lows[i] <= stop or highs[i] >= target):
                price = stop if lows[i] <= stop else target
                if opens[i] <= stop or opens[i] >= target:
                    price = opens[i]
                gain = (price - entry) * size - size * price * fee
                cash += gain
                held = False
                trades += 1
                wins += gain > entry_cost
            equity = cash + (closes[i] - entry) * size if held else cash
            if held:
                pending = fast[i + 1] < slow[i + 1] and fast[i] >= slow[i]
            elif fast[i + 1] > slow[i + 1] and fast[i] <= slow[i]:
                pending = True
                signal = closes[i]
            if i == last and held:
                gain = (closes[i] - entry) * size - size * closes[i] * fee
                cash += gain
                trades += 1
                wins += gain > entry_cost
                equity = cash
            peak = max(peak, equity)
            drawdown = max(drawdown, (peak - equity) / peak)
        return cash, trades, wins, 100 * drawdown

    return loop


def by_numba(market, job, points, from_entry, lenient=False):
    loop = numba_loop()
    prices = [market.prices[name] for name in ("open", "high", "low", "close")]

    def run(point, length):
        fast, slow = (market.averages[market.row[n]][: length + 1] for n in point[:2])
        levels = (job["fee"], job["cash"], point[2] / 100, point[3] / 100, from_entry, lenient)
        return loop(*(price[:length] for price in prices), fast, slow, *levels)

    run(points[0], 100)
    began = time.perf_counter()
    done = [run(point, market.bars) for point in points]
    seconds = time.perf_counter() - began
    equity, trades, wins, drawdown = (list(column) for column in zip(*done))
    return seconds, equity, trades, {"wins": wins, "drawdown": drawdown}


PEERS = {
    "raptorbt": ("raptorbt", by_raptorbt),
    "vectorbt": ("vectorbt", by_vectorbt),
    "numba": ("numba", lambda market, job, points: by_numba(market, job, points, False)),
    "numba-from-entry": ("numba", lambda market, job, points: by_numba(market, job, points, True)),
    "numba-as-vectorbt": ("numba", lambda market, job, points: by_numba(market, job, points, True, True)),
}


def main():
    job = json.load(sys.stdin)
    market = Market(job)
    found = {}
    for name, (package, run) in PEERS.items():
        sample = job["samples"][name]
        try:
            seconds, equity, trades, *more = run(market, job, [job["points"][at] for at in sample])
        except ImportError as error:
            found[name] = {"missing": str(error)}
            continue
        found[name] = {
            "version": version(package),
            "seconds": seconds,
            "sample": sample,
            "equity": equity,
            "trades": trades,
            **(more[0] if more else {}),
        }
    json.dump(found, sys.stdout)


main()
