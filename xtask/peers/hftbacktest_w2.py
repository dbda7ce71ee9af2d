"""Runs workload W2 on hftbacktest, the peer, and prints its counters as one JSON object.

    python hftbacktest_w2.py CAPTURE [--work w2a|w2b|w2c|import] [--tick 0.1] [--lot 0.001] [--qty 0.01] ...

CAPTURE is a raw combined-stream capture of Binance futures (`<receive ns> <json>` lines, gzip). The converted rows are
kept in --cache, so that a second run only replays. What is timed is the replay alone (or, for `import`, the conversion of the
capture alone): the median CPU time of --repeat runs after one that also compiles. With --trace FILE every submit, cancel and fill is written, sorted, one
per line: `time_ns kind side price_ticks`, requests at the time they were sent, fills at their time at the exchange.
"""

import argparse
import json
import os
import statistics
import time

import hftbacktest
import numpy as np
import recorded
from numba import njit

from hftbacktest import (
    BUY,
    CANCELED,
    EXPIRED,
    FILLED,
    GTX,
    LIMIT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.data.utils import binancefutures

SUBMIT, CANCEL, FILL = 0, 1, 2
SELL_IDS = 1 << 40


@njit
def replay(hbt, step):
    """W2a: go to the end in steps, without orders."""
    steps = 0
    while hbt.elapse(step) == 0:
        steps += 1
    return steps


@njit
def note(trace, count, kind, at, side, tick):
    if count < len(trace):
        trace[count, 0] = kind
        trace[count, 1] = at
        trace[count, 2] = side
        trace[count, 3] = tick
    return count + 1


@njit
def grid(hbt, step, levels, interval, half_spread, skew, qty, limit, trace):
    """W2b and W2c: quote a grid around a reservation price, all in ticks."""
    tick = hbt.depth(0).tick_size
    steps = submits = cancels = noted = 0
    wanted = np.zeros(levels, np.int64)
    stale = np.zeros(4096, np.int64)
    while hbt.elapse(step) == 0:
        steps += 1
        orders = hbt.orders(0)
        values = orders.values()
        while values.has_next():
            order = values.get()
            if order.status == FILLED:
                side = 1 if order.side == BUY else -1
                noted = note(trace, noted, FILL, order.exch_timestamp, side, order.price_tick)
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        best_bid, best_ask = depth.best_bid_tick, depth.best_ask_tick
        if best_bid < -(1 << 60) or best_ask > (1 << 60):
            continue
        units = round(hbt.position(0) / qty)
        reservation = (best_bid + best_ask) / 2.0 - skew * units
        for side in (1, -1):
            start = 0
            count = 0
            if side == 1:
                start = np.int64(np.floor(min(reservation - half_spread, best_bid) / interval) * interval)
                if units < limit:
                    count = levels
            else:
                start = np.int64(np.ceil(max(reservation + half_spread, best_ask) / interval) * interval)
                if units > -limit:
                    count = levels
            for at in range(count):
                wanted[at] = start - side * at * interval
            ids = 0 if side == 1 else SELL_IDS
            gone = 0
            values = orders.values()
            while values.has_next():
                order = values.get()
                same = (order.side == BUY) == (side == 1)
                if same and order.cancellable:
                    kept = False
                    for at in range(count):
                        kept = kept or order.order_id == ids + wanted[at]
                    if not kept:
                        stale[gone] = order.order_id
                        gone += 1
            for at in range(gone):
                hbt.cancel(0, stale[at], False)
                cancels += 1
                noted = note(trace, noted, CANCEL, hbt.current_timestamp, side, stale[at] - ids)
            for at in range(count):
                id = ids + wanted[at]
                if id not in orders:
                    if side == 1:
                        hbt.submit_buy_order(0, id, wanted[at] * tick, qty, GTX, LIMIT, False)
                    else:
                        hbt.submit_sell_order(0, id, wanted[at] * tick, qty, GTX, LIMIT, False)
                    submits += 1
                    noted = note(trace, noted, SUBMIT, hbt.current_timestamp, side, wanted[at])
    return steps, submits, cancels, noted


def fnv1a(text):
    """A digest that any language computes in five lines: FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{value:016x}"


def convert(options):
    return binancefutures.convert(options.capture, buffer_size=options.rows_max)


def converted(options):
    name = os.path.basename(options.capture) + ".npz"
    path = os.path.join(options.cache, name)
    if not os.path.exists(path):
        os.makedirs(options.cache, exist_ok=True)
        data = convert(options)
        np.savez(path, data=data)
    return np.load(path)["data"]


def backtest(options, data):
    latency = int(options.latency_ms * 1_000_000)
    asset = BacktestAsset().data(data).linear_asset(1.0).constant_order_latency(latency, latency)
    if options.queue == "power":
        asset = asset.power_prob_queue_model(options.power)
    elif options.queue == "log":
        asset = asset.log_prob_queue_model()
    else:
        asset = asset.risk_adverse_queue_model()
    asset = asset.no_partial_fill_exchange().trading_value_fee_model(options.maker_fee, options.taker_fee)
    asset = asset.tick_size(options.tick).lot_size(options.lot)
    if options.book == "vector":
        prices = data["px"][np.isfinite(data["px"]) & (data["px"] > 0)]
        asset = asset.roi_lb(float(prices.min())).roi_ub(float(prices.max()))
        return ROIVectorMarketDepthBacktest([asset])
    return HashMapMarketDepthBacktest([asset])


def medians(cpu, wall):
    return {"cpu_seconds": statistics.median(cpu), "wall_seconds": statistics.median(wall)}


def imported(options):
    cpu, wall = [], []
    # The first run also compiles; it is not timed.
    for run in range(options.repeat + 1):
        started = time.process_time(), time.perf_counter()
        data = convert(options)
        if run > 0:
            cpu.append(time.process_time() - started[0])
            wall.append(time.perf_counter() - started[1])
    return {"events": len(data)} | medians(cpu, wall)


def replayed(options):
    presets = {
        "w2a": (100.0, 0, 1, 0.0, 0.0, 0),
        "w2b": (100.0, 5, 5, 10.0, 2.0, 10),
        "w2c": (10.0, 1, 1, 1.0, 1.0, 5),
    }
    given = (options.step_ms, options.levels, options.interval, options.half_spread, options.skew, options.limit)
    chosen = [b if a is None else a for a, b in zip(given, presets[options.work])]
    step_ms, levels, interval, half_spread, skew, limit = chosen
    step = int(step_ms * 1_000_000)
    data = converted(options)
    cpu, wall = [], []
    trace = np.zeros((1_000_000 if options.trace else 0, 4), np.int64)
    # The first run also compiles; it is not timed.
    for run in range(options.repeat + 1):
        hbt = backtest(options, data)
        started = time.process_time(), time.perf_counter()
        if options.work == "w2a":
            steps, submits, cancels, noted = replay(hbt, step), 0, 0, 0
        else:
            steps, submits, cancels, noted = grid(
                hbt, step, levels, interval, half_spread, skew, options.qty, limit, trace
            )
        if run > 0:
            cpu.append(time.process_time() - started[0])
            wall.append(time.perf_counter() - started[1])
        state, depth = hbt.state_values(0), hbt.depth(0)
        mid = (depth.best_bid + depth.best_ask) / 2.0
        result = {
            "events": len(data),
            "steps": steps,
            "submits": submits,
            "cancels": cancels,
            "fills": state.num_trades,
            "position": state.position,
            "fee": state.fee,
            "balance": state.balance,
            "volume": state.trading_volume,
            "value": state.trading_value,
            "mid": mid,
            "equity": state.balance + state.position * mid - state.fee,
        }
        hbt.close()
    if options.trace:
        names = ("submit", "cancel", "fill")
        lines = sorted(f"{at} {names[kind]} {'buy' if side == 1 else 'sell'} {price}" for kind, at, side, price in trace[:noted])
        with open(options.trace, "w") as out:
            out.write("\n".join(lines))
        result["trace_fnv1a"] = fnv1a("\n".join(lines))
    return result | medians(cpu, wall)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("capture")
    parser.add_argument("--work", choices=["w2a", "w2b", "w2c", "import"], default="w2b")
    parser.add_argument("--tick", type=float, default=0.1)
    parser.add_argument("--lot", type=float, default=0.001)
    parser.add_argument("--qty", type=float, default=0.01)
    parser.add_argument("--step-ms", type=float)
    parser.add_argument("--levels", type=int)
    parser.add_argument("--interval", type=int, help="grid interval in ticks")
    parser.add_argument("--half-spread", type=float, help="in ticks")
    parser.add_argument("--skew", type=float, help="in ticks per unit of position")
    parser.add_argument("--limit", type=int, help="units of position at which a side stops")
    parser.add_argument("--latency-ms", type=float, default=5.0, help="entry and response, each")
    parser.add_argument("--queue", choices=["power", "log", "risk-averse"], default="power")
    parser.add_argument("--power", type=float, default=2.0)
    parser.add_argument("--maker-fee", type=float, default=0.0002)
    parser.add_argument("--taker-fee", type=float, default=0.0005)
    parser.add_argument("--book", choices=["hash", "vector"], default="hash")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--rows-max", type=int, default=20_000_000)
    parser.add_argument("--cache", default="/tmp/hftbacktest-w2")
    parser.add_argument("--trace")
    options = parser.parse_args()
    result = imported(options) if options.work == "import" else replayed(options)
    result["peak_rss_bytes"] = recorded.peak_rss_bytes()
    result["version"] = hftbacktest.__version__
    print(json.dumps({"work": options.work} | result))


if __name__ == "__main__":
    main()
