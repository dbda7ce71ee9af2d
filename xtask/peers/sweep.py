"""Runs workload W4, a thousand moving-average crosses over a hundred thousand candles, and prints one JSON object.

    python sweep.py loop|shared|vectorbt --data FOLDER [--repeat N]

`loop` is one fused loop for each pair, compiled by numba, one thread: both averages, orders, fees and equity in one pass.
`shared` is the same with each average computed once. Both follow the rules of an exchange that answers: an order sent at the
close of a bar fills at the open of the next, and the next decision is that of the bar after. `vectorbt` takes its averages
and its portfolio from vectorbt; it decides at every bar, so a side that turns back at once costs it two orders more.
What is timed is everything after the candles lie in memory; a first run over a few of them, which
also compiles, is not counted.
"""

import argparse
import io
import json
import os
import statistics
import time

import numpy as np
import recorded
import zstandard
from numba import njit

CANDLES = "klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst"
BARS = 100_000
FEE = 0.0005
OPENING = 10_000.0
WARM_UP = 1_000  # candles of the first run, which compiles
FAST = range(2, 22)
SLOW = range(25, 275, 5)
PAIRS = np.array([(fast, slow) for fast in FAST for slow in SLOW], np.int64)


def candles(data):
    """Open and close of the recorded month, repeated until there are enough."""
    with open(os.path.join(data, CANDLES), "rb") as file:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file))
        rows = [line.split(",")[1:5:3] for line in text if line[0].isdigit()]
    prices = np.array(rows, np.float64)
    prices = np.tile(prices, (BARS // len(prices) + 1, 1))[:BARS]
    return np.ascontiguousarray(prices[:, 0]), np.ascontiguousarray(prices[:, 1])


@njit
def loop(opens, closes, pairs, equity):
    """For each pair one pass; returns orders, fills and fees of all."""
    orders = fills = 0
    fees = 0.0
    for pair in range(len(pairs)):
        fast_n, slow_n = pairs[pair]
        a, b = 2.0 / (fast_n + 1), 2.0 / (slow_n + 1)
        fast = slow = closes[0]
        cash, position, decide_at = OPENING, 0, slow_n - 1
        for n in range(len(closes)):
            if n > 0:
                fast = a * closes[n] + (1.0 - a) * fast
                slow = b * closes[n] + (1.0 - b) * slow
            if n < decide_at:
                continue
            target = 1 if fast >= slow else -1
            if target == position:
                continue
            orders += 1
            if n + 1 < len(closes):
                change = target - position
                fee = abs(change) * opens[n + 1] * FEE
                cash -= change * opens[n + 1] + fee
                fees += fee
                fills += 1
                position = target
                decide_at = n + 2
        equity[pair] = cash + position * closes[-1]
    return orders, fills, fees


@njit
def averages(closes, periods):
    out = np.empty((len(periods), len(closes)))
    for row in range(len(periods)):
        alpha = 2.0 / (periods[row] + 1)
        value = closes[0]
        out[row, 0] = value
        for n in range(1, len(closes)):
            value = alpha * closes[n] + (1.0 - alpha) * value
            out[row, n] = value
    return out


@njit
def walk(opens, closes, pairs, rows, averages, equity):
    """As `loop`, with averages computed before."""
    orders = fills = 0
    fees = 0.0
    for pair in range(len(pairs)):
        fast, slow = averages[rows[pair, 0]], averages[rows[pair, 1]]
        cash, position, n = OPENING, 0, pairs[pair, 1] - 1
        while n < len(closes):
            target = 1 if fast[n] >= slow[n] else -1
            if target == position:
                n += 1
                continue
            orders += 1
            if n + 1 == len(closes):
                break
            change = target - position
            fee = abs(change) * opens[n + 1] * FEE
            cash -= change * opens[n + 1] + fee
            fees += fee
            fills += 1
            position = target
            n += 2
        equity[pair] = cash + position * closes[-1]
    return orders, fills, fees


def run_loop(opens, closes):
    equity = np.empty(len(PAIRS))
    return *loop(opens, closes, PAIRS, equity), equity


def run_shared(opens, closes):
    periods = np.unique(PAIRS)
    rows = np.searchsorted(periods, PAIRS)
    equity = np.empty(len(PAIRS))
    return *walk(opens, closes, PAIRS, rows, averages(closes, periods), equity), equity


# As many pairs at a time as keep the arrays of vectorbt below some GB.
AT_ONCE = 50


def run_vectorbt(opens, closes):
    import vectorbt as vbt

    # A decision at the close is filled at the next open.
    price = np.append(opens[1:], np.nan)
    orders, fees, equity = 0, 0.0, []
    for start in range(0, len(PAIRS), AT_ONCE):
        pairs = PAIRS[start : start + AT_ONCE]
        fast = vbt.MA.run(closes, pairs[:, 0].tolist(), ewm=True, short_name="fast").ma.to_numpy()
        slow = vbt.MA.run(closes, pairs[:, 1].tolist(), ewm=True, short_name="slow").ma.to_numpy()
        warm = np.arange(len(closes))[:, None] >= pairs[:, 1] - 1
        is_long = fast >= slow
        portfolio = vbt.Portfolio.from_signals(
            np.broadcast_to(closes[:, None], is_long.shape),
            entries=is_long & warm,
            short_entries=~is_long & warm,
            price=price[:, None],
            size=1.0,
            fees=FEE,
            init_cash=OPENING,
            upon_opposite_entry="reverse",
            freq="1min",
        )
        orders += int(portfolio.orders.count().sum())
        fees += float(portfolio.orders.fees.sum().sum())
        equity.append(portfolio.final_value().to_numpy())
    return orders, orders, fees, np.concatenate(equity)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("how", choices=["loop", "shared", "vectorbt"])
    parser.add_argument("--data", required=True, help="folder of the recorded data")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    work = {"loop": run_loop, "shared": run_shared, "vectorbt": run_vectorbt}[options.how]
    opens, closes = candles(options.data)
    cpu, wall = [], []
    work(opens[:WARM_UP], closes[:WARM_UP])
    for _ in range(options.repeat):
        started = time.process_time(), time.perf_counter()
        orders, fills, fees, equity = work(opens, closes)
        cpu.append(time.process_time() - started[0])
        wall.append(time.perf_counter() - started[1])
    result = {
        "work": "w4",
        "jobs": len(PAIRS),
        "bars": len(closes),
        "events": len(PAIRS) * len(closes),
        "orders": orders,
        "fills": fills,
        "fees": fees,
        "best_net": float(np.max(equity)) - OPENING,
        "cpu_seconds": statistics.median(cpu),
        "wall_seconds": statistics.median(wall),
        "peak_rss_bytes": recorded.peak_rss_bytes(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
