"""Sets features over a million bars beside polars, in turns, on the same four threads, every column in memory as one piece.

First every column of a family is compared, to 1e-9 of its size; where the two are further apart, the formula in extended
precision says who is off. Then each side's best of several rounds is printed, by what the processors gave (which other work on
the machine hardly changes) and by the clock. Of polars the fastest of its ways counts: lazy, eager, streaming.

Where definitions differ, the expression says the same as the item: deviations have n - 1 in the denominator on both sides
(n in BBANDS: ddof=0), skewness and kurtosis are corrected for bias, quantiles interpolate linearly, a rank counts the values
below. Ours is absent where a window does not move, theirs is what rounding leaves: such rows are not compared. Exponential
means begin otherwise (with the mean of the first n; with the first value) and are compared once neither is felt.
A shift in polars is a view into the column that it shifts; it is laid out as a column of its own (`rechunk`) as ours is.

Needs the packages `numpy` and `polars`. Usage: python features_polars.py PATH-OF-THE-FEATURES-BENCHMARK [PART-OF-A-FAMILY'S-NAME]
The path is what `cargo bench -p scalp-lab --bench features --no-run` prints.
"""

import os

os.environ["POLARS_MAX_THREADS"] = "4"

import gc
import subprocess
import sys
import tempfile
import time

import numpy as np
import polars as pl

BARS = 1_000_000
WINDOWS = [5, 10, 20, 50, 100, 200, 500]
# Each side of a family is run so often, and again until so many seconds are spent, at most as often as said last.
ROUNDS = (2, 2.0, 7)


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
    low = np.minimum(opens, closes) - 0.3 * uniform(3)
    time_of = pl.Series("time", np.arange(BARS) * 60_000, dtype=pl.Datetime("ms"))
    columns = {"open": opens, "high": high, "low": low, "close": closes, "volume": 1000.0 + 500.0 * uniform(4)}
    return pl.DataFrame({"time": time_of, **columns})


# The formulas that lose digits, over the last n values in extended precision.
def central(x, power):
    return ((x - x.mean()) ** power).mean()


TRUTH = {
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(),
    "variance": lambda x: x.var(ddof=1),
    "deviation": lambda x: x.std(ddof=1),
    "z-score": lambda x: (x[-1] - x.mean()) / x.std(ddof=1),
    "skewness": lambda x: (len(x) * (len(x) - 1.0)) ** 0.5 / (len(x) - 2.0) * central(x, 3) / central(x, 2) ** 1.5,
    "kurtosis": lambda x: (len(x) - 1.0)
    / ((len(x) - 2.0) * (len(x) - 3.0))
    * ((len(x) + 1.0) * central(x, 4) / central(x, 2) ** 2 - 3.0 * (len(x) - 1.0)),
    "correlation": lambda x, y: ((x - x.mean()) * (y - y.mean())).mean() / (central(x, 2) * central(y, 2)) ** 0.5,
    "covariance": lambda x, y: ((x - x.mean()) * (y - y.mean())).sum() / (len(x) - 1.0),
    "deviation of returns": lambda x: (x[1:] / x[:-1]).std(ddof=1),
    "mean of log returns": lambda x: np.log(x[1:] / x[:-1]).mean(),
}


def features():
    """For each family our items, polars' expressions, the first row that is compared, and what the truth is made of."""
    families = {}

    def add(family, item, expression, first=0, of=None):
        families.setdefault(family, []).append((item, expression.alias(item), first, of))

    close, volume = pl.col("close"), pl.col("volume")
    change, log = close.pct_change(1), (close / close.shift(1)).log()
    for n in WINDOWS:
        for name in ["close", "high", "volume"]:
            x, of = pl.col(name), ((name,), n)
            low, top = x.rolling_min(n), x.rolling_max(n)
            add("lag", f"LAG({name},{n})", x.shift(n))
            add("difference", f"DIFF({name},{n})", x.diff(n))
            add("simple return", f"PCTCHANGE({name},{n})", x.pct_change(n))
            add("log return", f"LOGRETURN({name},{n})", (x / x.shift(n)).log())
            add("sum", f"ROLLSUM({name},{n})", x.rolling_sum(n), of=of)
            add("mean", f"ROLLMEAN({name},{n})", x.rolling_mean(n), of=of)
            add("variance", f"ROLLVAR({name},{n})", x.rolling_var(n), of=of)
            add("deviation", f"ROLLSTD({name},{n})", x.rolling_std(n), of=of)
            add("z-score", f"ROLLZ({name},{n})", (x - x.rolling_mean(n)) / x.rolling_std(n), of=of)
            add("minimum", f"ROLLMIN({name},{n})", low)
            add("maximum", f"ROLLMAX({name},{n})", top)
            add("place in range", f"RANGEPLACE({name},{n})", (x - low) / (top - low))
            add("median", f"MEDIAN({n},real={name})", x.rolling_median(n))
            quantile = x.rolling_quantile(0.25, interpolation="linear", window_size=n)
            add("quantile", f"QUANTILE({n},0.25,real={name})", quantile)
            add("rank", f"PERCENTRANK({n},real={name})", (x.rolling_rank(n + 1, method="min") - 1) / n * 100)
            add("skewness", f"SKEW({n},real={name})", x.rolling_skew(n, bias=False), of=of)
            add("kurtosis", f"KURT({n},real={name})", x.rolling_kurtosis(n, bias=False), of=of)
            mean = x.ewm_mean(span=n, adjust=False)
            add("exponential mean", f"EMA({n},real={name})", mean, 20 * n + 100)
        pair = (("close", "volume"), n)
        add("correlation", f"CORR(close,volume,{n})", pl.rolling_corr(close, volume, window_size=n), of=pair)
        add("covariance", f"COV(close,volume,{n})", pl.rolling_cov(close, volume, window_size=n), of=pair)
        steps = (("close",), n + 1)
        add("deviation of returns", f"ROLLSTD(PCTCHANGE(close,1),{n})", change.rolling_std(n), of=steps)
        add("mean of log returns", f"ROLLMEAN(LOGRETURN(close,1),{n})", log.rolling_mean(n), of=steps)
        up, down = close.diff().clip(lower_bound=0.0), (-close.diff()).clip(lower_bound=0.0)
        smooth = lambda it: it.ewm_mean(alpha=1.0 / n, adjust=False)
        add("indicators", f"RSI({n})", 100.0 * smooth(up) / (smooth(up) + smooth(down)), 60 * n + 100)
        span = pl.max_horizontal(
            pl.col("high") - pl.col("low"),
            (pl.col("high") - close.shift(1)).abs(),
            (pl.col("low") - close.shift(1)).abs(),
        )
        add("indicators", f"ATR({n})", smooth(span), 60 * n + 100)
        middle, spread = close.rolling_mean(n), close.rolling_std(n, ddof=0)
        add("indicators", f"BBANDS({n},2,2,0).upperband", middle + 2.0 * spread)
        add("indicators", f"BBANDS({n},2,2,0).lowerband", middle - 2.0 * spread)
    for a in ["open", "high", "low", "close"]:
        x = pl.col(a)
        add("arithmetic", f"RATIO({a},volume)", x / volume)
        add("arithmetic", f"DELTA({a},open)", x - pl.col("open"))
        add("arithmetic", f"PRODUCT({a},volume)", x * volume)
        add("arithmetic", f"CLIP({a},90,110)", x.clip(90.0, 110.0))
        add("arithmetic", f"ABS({a})", x.abs())
        add("arithmetic", f"SIGN({a})", x.sign())
        add("logarithm", f"LN({a})", x.log())
    of_time = pl.col("time").dt
    for item, expression in [
        ("HOUR", of_time.hour()),
        ("MINUTE", of_time.minute()),
        ("DAYOFWEEK", of_time.weekday() - 1),
    ]:
        add("time", item, expression.cast(pl.Float64))
    return families


class Ours:
    def __init__(self, path):
        self.process = subprocess.Popen([path, "--bench"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        clock, processors, _ = self.process.stdout.readline().split()
        return int(processors) * 1e-9, int(clock) * 1e-9


WAYS = {
    "lazy": lambda frame, expressions: frame.lazy().select(expressions).collect(),
    "eager": lambda frame, expressions: frame.select(expressions),
    "streaming": lambda frame, expressions: frame.lazy().select(expressions).collect(engine="streaming"),
}


def theirs(way, frame, expressions):
    clock, processors = time.perf_counter(), time.process_time()
    out = WAYS[way](frame, expressions).rechunk()
    spent = time.process_time() - processors, time.perf_counter() - clock
    del out
    return spent


def compare(ours, frame, family, members):
    worst = (0.0,)
    with tempfile.NamedTemporaryFile() as file:
        ours.ask(f"dump {file.name} " + ", ".join(it[0] for it in members))
        assert ours.process.stdout.readline() == "written\n"
        all_got = np.fromfile(file.name).reshape(len(members), BARS)
    for all_of, (item, expression, first, of) in zip(all_got, members):
        got = all_of[first:]
        want = frame.select(expression).to_series().to_numpy()[first:].astype(np.float64)
        there = np.isfinite(got) & np.isfinite(want)
        assert there.sum() > 0.99 * len(got), item
        size = np.std(want[there])
        off = np.where(there, np.abs(got - want) / (np.abs(want) + size), 0.0)
        row = int(off.argmax())
        worst = max(worst, (float(off[row]), item, row + first, got[row], want[row], size, of), key=lambda it: it[0])
    said = f"worst deviation {worst[0]:.0e}"
    if worst[0] > 1e-9:
        _, item, row, got, want, size, of = worst
        assert of is not None and family in TRUTH, worst
        names, n = of
        windows = [frame[name].to_numpy()[row + 1 - n : row + 1].astype(np.longdouble) for name in names]
        truth = TRUTH[family](*windows)
        off = [float(abs(it - truth) / (abs(truth) + size)) for it in [got, want]]
        said += f" ({item}: ours off by {off[0]:.0e}, polars by {off[1]:.0e})"
        assert off[0] < 1e-9, worst
    return said


def rounds(run):
    """The best of several runs, of the processors and by the clock."""
    least, seconds, most = ROUNDS
    spent, began = [], time.perf_counter()
    while len(spent) < least or (len(spent) < most and time.perf_counter() - began < seconds):
        spent.append(run())
    return [min(it[by] for it in spent) for by in range(2)]


def measure(ours, frame, family, members, way=None):
    line, expressions = ", ".join(it[0] for it in members), [it[1] for it in members]
    mine = rounds(lambda: ours.ask(line))
    ways = {it: rounds(lambda: theirs(it, frame, expressions)) for it in ([way] if way else WAYS)}
    # In turns, so that both see what else the machine does.
    mine = [min(it) for it in zip(mine, rounds(lambda: ours.ask(line)))]
    best = min(ways, key=lambda it: ways[it][0])
    gc.collect()
    return mine, ways[best], best


def row(family, count, mine, other, way, said=""):
    a, b = [[1e9 * it / BARS / count for it in side] for side in (mine, other)]
    print(
        f"{family:22}{count:4} columns   processors: ours {a[0]:7.2f} ns a value, polars {b[0]:7.2f}, {b[0] / a[0]:6.2f} times"
        f"   clock: {a[1]:7.2f}, {b[1]:7.2f}, {b[1] / a[1]:6.2f} times   {way:9} {said}",
        flush=True,
    )


def main():
    frame, families, ours = bars(), features(), Ours(sys.argv[1])
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    families = {family: members for family, members in families.items() if part in family}
    mine, other, count = [0.0, 0.0], [0.0, 0.0], 0
    for family, members in families.items():
        said = compare(ours, frame, family, members)
        *best, way = measure(ours, frame, family, members)
        row(family, len(members), *best, way, said)
        count += len(members)
        mine, other = [[a + b for a, b in zip(sums, it)] for sums, it in zip((mine, other), best)]
    row("sum of the families", count, mine, other, "")
    if not part:
        everything = [it for members in families.values() for it in members]
        row("all in one call", count, *measure(ours, frame, "all", everything))


if __name__ == "__main__":
    main()
