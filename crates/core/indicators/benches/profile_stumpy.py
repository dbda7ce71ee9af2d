"""The matrix profile of 50,000 values with windows of 100 by stumpy, for comparison with `cargo bench --bench profile`.

Usage: NUMBA_NUM_THREADS=4 python profile_stumpy.py   (needs stumpy from PyPI)
"""

import os
import time

import numpy as np
import stumpy


def best(f, times):
    f()  # compiles
    took = []
    for _ in range(times):
        start = time.perf_counter()
        f()
        took.append(time.perf_counter() - start)
    return min(took), sorted(took)[len(took) // 2]


rng = np.random.default_rng(1)
x = 100.0 + np.cumsum(rng.uniform(-0.5, 0.5, (50_000, 3)).sum(axis=1))
print("stumpy", stumpy.__version__, "threads", os.environ.get("NUMBA_NUM_THREADS", "all"))
print("self-join, s (best, median):", best(lambda: stumpy.stump(x, 100), 5))
print("one query, s (best, median):", best(lambda: stumpy.mass(x[7000:7100], x), 20))
stream = stumpy.stumpi(x[:5000], 100, egress=True)
values = iter(x[5000:])
print("one streamed value, s (best, median):", best(lambda: stream.update(next(values)), 500))
