"""The inputs of workloads W1 and W3 as plain Python values, and what this process holds."""

import csv
import gzip
import os

GAP_NS = 1_000_000  # between the last event of a copy and the first of the next


def rows_of(data, name):
    with gzip.open(os.path.join(data, "nautilus/bench", name), "rt", newline="") as file:
        return list(csv.DictReader(file))


def trades(data):
    """Trades `(ns, id, price, size, seller was the aggressor)`, and the shift from one copy to the next."""
    rows = rows_of(data, "btcusdt_spot_trades.csv.gz")
    parsed = [
        (int(row["ts_ns"]), row["trade_id"], float(row["price"]), float(row["qty"]), row["buyer_maker"] == "1")
        for row in rows
    ]
    return parsed, parsed[-1][0] - parsed[0][0] + GAP_NS


def messages(data):
    """Messages `(ns, is a snapshot, [(is a bid, price, size)])`, and the shift from one copy to the next."""
    groups = {}
    for row in rows_of(data, "xrpusdt_ob500_l2.csv.gz"):
        groups.setdefault(int(row["msg"]), []).append(row)
    parsed = [
        (
            int(rows[0]["ts_ns"]),
            rows[0]["kind"] == "S",
            [(row["side"] == "B", float(row["price"]), float(row["qty"])) for row in rows],
        )
        for rows in groups.values()
    ]
    return parsed, parsed[-1][0] - parsed[0][0] + GAP_NS


def peak_rss_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
