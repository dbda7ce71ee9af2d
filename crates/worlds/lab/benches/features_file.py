"""From file to file: `scalp features compute` beside polars with the C library of TA-Lib, in turns on the same four threads.

A million bars in Parquet and in CSV, 100 items: windows, which polars computes on all threads, and functions of TA-Lib, which its
C library computes one after the other on the columns as numpy has them. Both sides read the file, compute, and write all columns
with the times to a file of the same kind. The Python side is timed inside a process that has everything imported; ours is the
whole process. Every column is compared first, to 1e-9 of its size. The best of several rounds is printed, by the clock and by
what the processors gave.

Needs the packages `numpy`, `polars` and `TA-Lib`. Usage: python features_file.py PATH-OF-SCALP
"""

import os

os.environ["POLARS_MAX_THREADS"] = "4"

import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import polars as pl
import talib

BARS = 1_000_000
ROUNDS = 3
WINDOWS = [5, 10, 20, 50, 100]


def bars():
    draw = np.random.default_rng(1)
    closes = np.empty(BARS)
    close = 100.0
    for i, step in enumerate(draw.uniform(-0.5, 0.5, BARS)):
        if 50.0 <= close + step < 150.0:
            close += step
        closes[i] = close
    opens = np.concatenate([[100.0], closes[:-1]])
    high = np.maximum(opens, closes) + 0.3 * draw.uniform(size=BARS)
    low = np.minimum(opens, closes) - 0.3 * draw.uniform(size=BARS)
    volume = np.round(1000.0 + 500.0 * draw.uniform(size=BARS), 3)
    prices = {"open": opens, "high": high, "low": low, "close": closes}
    prices = {name: np.round(column, 4) for name, column in prices.items()}
    return pl.DataFrame({"time": 1_600_000_000 + 60 * np.arange(BARS), **prices, "volume": volume})


def items():
    """Each item with polars' expression, or with a function of the C library over columns of numpy."""
    of_polars, of_ta = [], []
    close, volume = pl.col("close"), pl.col("volume")
    for n in WINDOWS:
        for name in ["close", "volume"]:
            x = pl.col(name)
            low, top = x.rolling_min(n), x.rolling_max(n)
            of_polars += [
                (f"LAG({name},{n})", x.shift(n)),
                (f"PCTCHANGE({name},{n})", x.pct_change(n)),
                (f"ROLLMEAN({name},{n})", x.rolling_mean(n)),
                (f"ROLLSTD({name},{n})", x.rolling_std(n)),
                (f"RANGEPLACE({name},{n})", (x - low) / (top - low)),
            ]
        of_polars += [(f"CORR(close,volume,{n})", pl.rolling_corr(close, volume, window_size=n))]
        for name in ["SMA", "EMA", "RSI", "ROC", "CMO", "LINEARREG"]:
            call = getattr(talib, name)
            of_ta.append((f"{name}({n})", lambda c, call=call, n=n: call(c["close"], n)))
        for name in ["ATR", "ADX", "CCI"]:
            call = getattr(talib, name)
            of_ta.append((f"{name}({n})", lambda c, call=call, n=n: call(c["high"], c["low"], c["close"], n)))
    return of_polars, of_ta


def theirs(kind, source, target, queue=None):
    of_polars, of_ta = items()
    clock, processors = time.perf_counter(), time.process_time()
    frame = pl.read_parquet(source) if kind == "parquet" else pl.read_csv(source)
    columns = {name: frame[name].to_numpy() for name in ["high", "low", "close"]}
    made = [pl.Series(item, call(columns)).fill_nan(None) for item, call in of_ta]
    out = frame.lazy().select(["time"] + [it.alias(item) for item, it in of_polars]).collect().hstack(made)
    out.write_parquet(target) if kind == "parquet" else out.write_csv(target)
    spent = time.perf_counter() - clock, time.process_time() - processors
    queue.put(spent) if queue else None
    return spent


def ours(path, source, target):
    listed = ", ".join(item for part in items() for item, _ in part)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = time.perf_counter()
    command = [path, "features", "compute", "--threads", "4", "--input", source, "--list", listed, "--out", target]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    clock = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(mine, other):
    """The largest difference of a column, by its size."""
    a, b = pl.read_parquet(mine), pl.read_parquet(other)
    worst = (0.0, "")
    for item in b.columns[1:]:
        x, y = (it[item].cast(pl.Float64).to_numpy() for it in (a, b))
        there = np.isfinite(x) & np.isfinite(y)
        assert there.sum() > 0.99 * BARS, item
        x, y = x[there], y[there]
        worst = max(worst, (float((np.abs(x - y) / (np.abs(y) + np.std(y))).max()), item))
    assert worst[0] < 1e-9, worst
    print(f"{len(b.columns) - 1} columns of {BARS} rows, worst deviation {worst[0]:.0e} ({worst[1]})", flush=True)


def main():
    path, frame = sys.argv[1], bars()
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ["parquet", "csv"]:
            source, mine, other = (f"{folder}/{name}.{kind}" for name in ("bars", "mine", "other"))
            frame.write_parquet(source) if kind == "parquet" else frame.write_csv(source)
            best = [(9e9, 9e9), (9e9, 9e9)]
            for _ in range(ROUNDS):
                queue = spawn.Queue()
                one = ours(path, source, mine)
                process = spawn.Process(target=theirs, args=(kind, source, other, queue))
                process.start()
                two = queue.get()
                process.join()
                best = [tuple(map(min, zip(*it))) for it in zip(best, (one, two))]
            if kind == "parquet":
                compare(mine, other)
            sizes = [os.path.getsize(it) / 1e6 for it in (mine, other)]
            (a, b), (c, d) = best
            print(
                f"{kind:8} clock: ours {a:6.2f} s, theirs {c:6.2f}, {c / a:5.2f} times   "
                f"processors: {b:6.2f}, {d:6.2f}, {d / b:5.2f} times   written, MB: {sizes[0]:.0f}, {sizes[1]:.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
