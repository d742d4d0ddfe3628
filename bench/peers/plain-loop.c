/*
 * The loop an expert writes for one idea: in on a cross up, out on a cross down, at the next open,
 * with a fee a side, all equity; optionally a stop and a target in percent of the signal's close,
 * tested inside the bar with fills at the open beyond a level. Four metrics: final equity, trades,
 * wins, largest drawdown. One pass over the bars of a point; the indicators are given.
 *
 * Build: cc -O3 -march=native -ffp-contract=off -shared -fPIC -o plain-loop.so plain-loop.c
 */
#include <stddef.h>

void plain_loop(const double *open, const double *high, const double *low, const double *close,
                const double *fast, const double *slow, int start, int end, double fee,
                double stop_pct, double target_pct, double *out) {
  double cash = 10000.0, size = 0.0, entry_cost = 0.0, notional = 0.0;
  double stop = 0.0, target = 0.0, entry = 0.0, peak = cash, drawdown = 0.0;
  double next_stop = 0.0, next_target = 0.0;
  int pending = 0, held = 0, trades = 0, wins = 0;
  double net = 0.0;
  for (int i = start; i < end; i++) {
    if (pending) {
      if (held) {
        double value = size * open[i];
        net = (open[i] - entry) * size - entry_cost - value * fee;
        cash += (open[i] - entry) * size - value * fee;
        held = 0;
        trades++;
        wins += net > 0;
      } else {
        notional = cash / (1 + fee);
        entry = open[i];
        size = notional / entry;
        entry_cost = notional * fee;
        cash -= entry_cost;
        stop = next_stop;
        target = next_target;
        held = 1;
      }
      pending = 0;
    }
    if (stop_pct > 0 && held) {
      double price = 0.0;
      if (low[i] <= stop || high[i] >= target) {
        if (open[i] <= stop || open[i] >= target) price = open[i];
        else price = low[i] <= stop ? stop : target;
        net = (price - entry) * size - entry_cost - size * price * fee;
        cash += (price - entry) * size - size * price * fee;
        held = 0;
        trades++;
        wins += net > 0;
      }
    }
    double equity = held ? cash + (close[i] - entry) * size : cash;
    if (held) {
      if (fast[i] < slow[i] && fast[i - 1] >= slow[i - 1]) pending = 1;
    } else if (fast[i] > slow[i] && fast[i - 1] <= slow[i - 1]) {
      pending = 1;
      next_stop = close[i] - close[i] * (stop_pct / 100);
      next_target = close[i] + close[i] * (target_pct / 100);
    }
    if (i == end - 1 && held) {
      double value = size * close[i];
      net = (close[i] - entry) * size - entry_cost - value * fee;
      cash += (close[i] - entry) * size - value * fee;
      trades++;
      wins += net > 0;
      equity = cash;
    }
    if (equity > peak) peak = equity;
    double part = (peak - equity) / peak;
    if (part > drawdown) drawdown = part;
  }
  out[0] = cash;
  out[1] = trades;
  out[2] = wins;
  out[3] = 100 * drawdown;
}
