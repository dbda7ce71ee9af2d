"""Sets the batch functions beside the C library, in turns, over the same million bars: each function by its best.
Both sides are timed by what the processor gave to their thread, so that other work on the machine counts less.

Needs the packages `numpy` and `TA-Lib`. Usage: python talib_c.py PATH-OF-THE-SWEEP-BENCHMARK [NAME...]
The path is what `cargo bench -p scalp-indicators --bench sweep --no-run` prints.
"""

import os
import subprocess
import sys
import time

import numpy as np
import talib
from talib import abstract

BARS = 1_000_000
# In each round either side walks the bars twice.
ROUNDS = 8


def uniform(seed):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(BARS, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 9007199254740992.0


def bars():
    steps = uniform(1) - 0.5
    opens, closes, close = np.empty(BARS), np.empty(BARS), 100.0
    for i in range(BARS):
        opens[i] = close
        moved = close + steps[i]
        if 50.0 <= moved < 150.0:
            close = moved
        closes[i] = close
    return {
        "open": opens,
        "high": np.maximum(opens, closes) + 0.3 * uniform(2),
        "low": np.minimum(opens, closes) - 0.3 * uniform(3),
        "close": closes,
        "volume": 1000.0 + 500.0 * uniform(4),
        "periods": np.floor(2.0 + 28.0 * uniform(5)),
    }


def main():
    data = bars()
    names = sys.argv[2:] or talib.get_functions()
    # Arrays of numpy lie in huge pages; so that the memory is the same, ours do too.
    pages = os.environ | {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    ours = subprocess.Popen([sys.argv[1], "--bench"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=pages)
    work = []
    for name in names:
        function = abstract.Function(name)
        wanted = [it for group in function.input_names.values() for it in (group if isinstance(group, list) else [group])]
        parameters = dict(function.parameters)
        written = ",".join(f"{key}={float(value):g}" for key, value in parameters.items())
        work.append((name, getattr(talib, name), [data[it] for it in wanted], parameters, f"{name}({written})\n"))
    best = {name: [float("inf")] * 2 for name in names}
    # All functions once and then again, so that what slows the machine for a while falls on one turn of a function, and not on all.
    for _ in range(ROUNDS):
        for name, call, arguments, parameters, line in work:
            for _ in range(2):
                start = time.thread_time()
                out = call(*arguments, **parameters)
                best[name][0] = min(best[name][0], (time.thread_time() - start) * 1e9 / BARS)
                del out
            ours.stdin.write(line)
            ours.stdin.flush()
            best[name][1] = min(best[name][1], float(ours.stdout.readline()))
    rows = [(rust / c, name, c, rust) for name, (c, rust) in best.items()]
    ours.stdin.close()
    for ratio, name, c, rust in sorted(rows, reverse=True):
        print(f"{name:22} C {c:9.2f} ns   ours {rust:9.2f} ns   {1 / ratio:6.2f} times as fast")
    c, rust = sum(it[2] for it in rows), sum(it[3] for it in rows)
    slower = [it[1] for it in rows if it[0] > 1.1]
    print(f"{len(rows)} functions: C {c / 1000:.3f} us a bar, ours {rust / 1000:.3f} us, {c / rust:.2f} times as fast")
    print(f"slower than C by more than a tenth: {len(slower)} {' '.join(slower)}")


if __name__ == "__main__":
    main()
