"""EMA cross, long only, in vectorbt and raptorbt; run by scripts/compare-peers.ts.

Pinned: vectorbt==1.2.0 raptorbt==0.13.4 (Python 3.11). Reads a CSV with the columns open, high, low,
close, volume and prints JSON: per library and case the crosses it finds and its trades. All decide
at a close and fill at the next open, all in, with the same fee.
"""

import json
import sys

import numpy as np
import pandas as pd


def crosses(fast, slow, first):
    above = fast > slow
    up = np.zeros(len(above), dtype=bool)
    down = np.zeros(len(above), dtype=bool)
    up[1:] = above[1:] & ~above[:-1]
    down[1:] = ~above[1:] & above[:-1]
    up[:first] = down[:first] = False
    return up, down


def by_vectorbt(data, job):
    import vectorbt as vbt

    fast = vbt.MA.run(data.close, job["fast"], ewm=True).ma.to_numpy().ravel()
    slow = vbt.MA.run(data.close, job["slow"], ewm=True).ma.to_numpy().ravel()
    up, down = crosses(fast, slow, job["first"])
    shifted = {"entries": np.roll(up, 1), "exits": np.roll(down, 1)}
    results = {}
    for name, stops in job["cases"].items():
        portfolio = vbt.Portfolio.from_signals(
            close=data.close,
            open=data.open,
            high=data.high,
            low=data.low,
            price=data.open,
            entries=pd.Series(shifted["entries"]),
            exits=pd.Series(shifted["exits"]),
            fees=job["fee"],
            init_cash=job["cash"],
            sl_stop=stops.get("stop"),
            tp_stop=stops.get("target"),
            stop_entry_price="price",
            stop_exit_price="stoplimit",
            freq="5min",
        )
        records = portfolio.trades.records
        results[name] = {
            "final": float(portfolio.value().iloc[-1]),
            "trades": records[["entry_idx", "exit_idx", "entry_price", "exit_price", "return"]]
            .to_numpy()
            .tolist(),
        }
    return {"version": vbt.__version__, "up": np.flatnonzero(up).tolist(), "cases": results}


def by_raptorbt(data, job):
    import raptorbt
    from importlib.metadata import version

    close = np.ascontiguousarray(data.close.to_numpy())
    fast, slow = raptorbt.ema(close, job["fast"]), raptorbt.ema(close, job["slow"])
    up, down = crosses(np.asarray(fast), np.asarray(slow), job["first"])
    arrays = {
        name: np.ascontiguousarray(data[name].to_numpy(dtype=float))
        for name in ("open", "high", "low", "close", "volume")
    }
    results = {}
    for name, stops in job["cases"].items():
        config = raptorbt.BacktestConfig(
            initial_capital=job["cash"], fees=job["fee"], slippage=0.0, fill_timing="next_bar_open"
        )
        if "stop" in stops:
            config.set_fixed_stop(stops["stop"])
        if "target" in stops:
            config.set_fixed_target(stops["target"])
        result = raptorbt.run_single_backtest(
            timestamps=np.arange(len(close), dtype=np.int64) * 300_000_000_000,
            entries=up,
            exits=down,
            direction=1,
            weight=1.0,
            symbol="BTCUSDT",
            config=config,
            **arrays,
        )
        results[name] = {
            "final": float(np.asarray(result.equity_curve())[-1]),
            "trades": [
                [t.entry_idx, t.exit_idx, t.entry_price, t.exit_price, t.return_pct / 100]
                for t in result.trades()
            ],
        }
    return {"version": version("raptorbt"), "up": np.flatnonzero(up).tolist(), "cases": results}


def main():
    job = json.load(sys.stdin)
    data = pd.read_csv(job["csv"])
    found = {}
    for name, run in (("vectorbt", by_vectorbt), ("raptorbt", by_raptorbt)):
        try:
            found[name] = run(data, job)
        except ImportError as error:
            found[name] = {"missing": str(error)}
    json.dump(found, sys.stdout)


main()
