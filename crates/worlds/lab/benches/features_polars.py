"""Sets features over a million bars beside polars, in turns, four threads each, all columns in memory. First every column is
compared; then each side's best of several rounds is printed, by the clock and by what the processors gave.

Needs the packages `numpy` and `polars`. Usage: python features_polars.py PATH-OF-THE-FEATURES-BENCHMARK
The path is what `cargo bench -p scalp-lab --bench features --no-run` prints.
"""

import os

os.environ["POLARS_MAX_THREADS"] = "4"

import subprocess
import sys
import tempfile
import time

import numpy as np
import polars as pl

BARS = 1_000_000
ROUNDS = 7
WINDOWS = [5, 10, 20, 50, 100, 200, 500]


def uniform(seed):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(BARS, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 9007199254740992.0


def bars():
    steps = uniform(1)
    opens, closes, close = np.empty(BARS), np.empty(BARS), 100.0
    for i in range(BARS):
        opens[i] = close
        moved = close + steps[i] - 0.5
        if 50.0 <= moved < 150.0:
            close = moved
        closes[i] = close
    high = np.maximum(opens, closes) + 0.3 * uniform(2)
    return pl.DataFrame({"close": closes, "high": high, "volume": 1000.0 + 500.0 * uniform(4)})


def features():
    """For each kind our items and polars' expressions, and the first row that is compared."""
    kinds = {}

    def add(kind, item, expression, first=0):
        kinds.setdefault(kind, []).append((item, expression.alias(item), first))

    change, log = pl.col("close").pct_change(1), (pl.col("close") / pl.col("close").shift(1)).log()
    for n in WINDOWS:
        for name in ["close", "high", "volume"]:
            x = pl.col(name)
            low, top = x.rolling_min(n), x.rolling_max(n)
            add("lag", f"LAG({name},{n})", x.shift(n))
            add("difference", f"DIFF({name},{n})", x.diff(n))
            add("simple return", f"PCTCHANGE({name},{n})", x.pct_change(n))
            add("log return", f"LOGRETURN({name},{n})", (x / x.shift(n)).log())
            add("sum", f"ROLLSUM({name},{n})", x.rolling_sum(n))
            add("mean", f"ROLLMEAN({name},{n})", x.rolling_mean(n))
            add("variance", f"ROLLVAR({name},{n})", x.rolling_var(n))
            add("deviation", f"ROLLSTD({name},{n})", x.rolling_std(n))
            add("z-score", f"ROLLZ({name},{n})", (x - x.rolling_mean(n)) / x.rolling_std(n))
            add("minimum", f"ROLLMIN({name},{n})", low)
            add("maximum", f"ROLLMAX({name},{n})", top)
            add("place in range", f"RANGEPLACE({name},{n})", (x - low) / (top - low))
            # Ours begins with a mean, theirs with the first value: compared once neither is felt.
            add("exponential mean", f"EMA({n},real={name})", x.ewm_mean(span=n, adjust=False), 20 * n + 100)
        close, volume = pl.col("close"), pl.col("volume")
        add("correlation", f"CORR(close,volume,{n})", pl.rolling_corr(close, volume, window_size=n))
        add("covariance", f"COV(close,volume,{n})", pl.rolling_cov(close, volume, window_size=n))
        add("deviation of returns", f"ROLLSTD(PCTCHANGE(close,1),{n})", change.rolling_std(n))
        add("mean of log returns", f"ROLLMEAN(LOGRETURN(close,1),{n})", log.rolling_mean(n))
    return kinds


class Ours:
    def __init__(self, path):
        self.process = subprocess.Popen([path, "--bench"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        clock, processors, _ = self.process.stdout.readline().split()
        return int(clock) * 1e-9, int(processors) * 1e-9


def theirs(frame, expressions):
    clock, processors = time.perf_counter(), time.process_time()
    out = frame.lazy().select(expressions).collect()
    spent = time.perf_counter() - clock, time.process_time() - processors
    del out
    return spent


def compare(ours, frame, all_features):
    worst = (0.0, "none")
    with tempfile.NamedTemporaryFile() as file:
        for item, expression, first in all_features:
            ours.ask(f"dump {file.name} {item}")
            assert ours.process.stdout.readline() == "written\n"
            got = np.fromfile(file.name)[first:]
            want = frame.select(expression).to_series().to_numpy()[first:]
            # Where a window does not move ours is absent; what is left of a rounded deviation there is no number to compare.
            there = np.isfinite(got) & np.isfinite(want)
            assert there.sum() > 0.99 * len(got), item
            off = np.abs(got[there] - want[there]) / (np.abs(want[there]) + np.std(want[there]))
            worst = max(worst, (float(off.max()), item))
            assert worst[0] < 1e-6, worst
    print(f"{len(all_features)} columns of {BARS} bars compared, worst deviation {worst[0]:.1e} ({worst[1]})", flush=True)


def main():
    frame, kinds, ours = bars(), features(), Ours(sys.argv[1])
    everything = [it for kind in kinds.values() for it in kind]
    compare(ours, frame, everything)
    for kind, members in list(kinds.items()) + [("all", everything)]:
        line, expressions = ", ".join(it[0] for it in members), [it[1] for it in members]
        spent = [(ours.ask(line), theirs(frame, expressions)) for _ in range(ROUNDS)]
        best = [[min(it[side][by] for it in spent) for by in range(2)] for side in range(2)]
        a, b = [[1e9 * it / BARS / len(members) for it in side] for side in best]
        print(
            f"{kind:22}{len(members):4} columns   clock: ours {a[0]:6.2f} ns a value, polars {b[0]:6.2f}, {b[0] / a[0]:5.2f} times as fast"
            f"   processors: {a[1]:6.2f}, {b[1]:6.2f}, {b[1] / a[1]:5.2f} times",
            flush=True,
        )


if __name__ == "__main__":
    main()
