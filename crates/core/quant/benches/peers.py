"""Sets this room beside the Python library of each task, one after the other in one run, and prints a table.

Needs a Rust toolchain and the packages of the list below. Usage, from the root of the repository:

    python -m venv peers && peers/bin/pip install numpy scipy statsmodels scikit-learn arch pyvinecopulib
    peers/bin/python crates/core/quant/benches/peers.py [WORD...]

With words, only the rows whose names contain one of them. Ours is criterion's median of one run; a peer's is the least of
its repetitions, so that a busy machine speaks against us. GARCH is fitted to the same numbers by both; elsewhere the
numbers are of the same law and size. One thread each, but where a name says otherwise.
"""

import math
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
warnings.filterwarnings("ignore")

import numpy as np

UNITS = {"ps": 1e-12, "ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}
RETURNS = os.path.join(tempfile.mkdtemp(), "returns.txt")


def ours(bench, name):
    """Seconds of one iteration of a criterion benchmark."""
    command = ["cargo", "bench", "-q", "-p", "scalp-quant", "--bench", bench, "--"]
    command += ["--warm-up-time", "1", "--measurement-time", "2", "--noplot", name]
    environment = dict(os.environ, GARCH_RETURNS_OUT=RETURNS)
    text = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    found = re.search(r"time:\s+\[\S+ \S+ (\S+) (\S+) \S+ \S+\]", text)
    if found is None:
        raise SystemExit(f"no time of {bench} {name} in:\n{text}")
    return float(found[1]) * UNITS[found[2]]


def least(work, repetitions=3):
    best = float("inf")
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def garch(n):
    from arch import arch_model

    series = np.loadtxt(RETURNS)[:n]
    return lambda: arch_model(series, vol="GARCH", p=1, q=1, dist="t", rescale=False).fit(disp="off")


def gbm():
    generator = np.random.default_rng(1)
    drift, spread = (0.05 - 0.18) / 252, 0.6 / math.sqrt(252)

    def work():
        steps = drift + spread * generator.standard_normal((1000, 252))
        return 100.0 * np.exp(np.cumsum(steps, axis=1))

    return work


def heston():
    """Full truncation Euler, all paths at once."""
    generator = np.random.default_rng(1)
    dt = 1.0 / 252

    def work():
        log, v = np.full(1000, math.log(100.0)), np.full(1000, 0.25)
        for _ in range(252):
            a, b = generator.standard_normal((2, 1000))
            held = np.maximum(v, 0.0)
            root = np.sqrt(held * dt)
            log += (0.03 - 0.5 * held) * dt + root * (-0.6 * a + 0.8 * b)
            v += 2.0 * (0.36 - held) * dt + 0.5 * root * a
        return np.exp(log)

    return work


def student_panel():
    generator = np.random.default_rng(1)
    factor = np.linalg.cholesky(np.full((10, 10), 0.4) + 0.6 * np.eye(10))
    shared = np.sqrt(5.0 / generator.chisquare(5.0, (750, 1)))
    return generator.standard_normal((750, 10)) @ factor.T * shared


def t_copula():
    import pyvinecopulib as pv

    ranks = pv.to_pseudo_obs(student_panel())
    controls = pv.FitControlsBicop(family_set=[pv.BicopFamily.student])

    def work():
        for i in range(10):
            for j in range(i):
                pv.Bicop.from_data(ranks[:, [i, j]], controls=controls)

    return work


def kendall():
    from scipy.stats import kendalltau

    panel = student_panel()
    return lambda: [kendalltau(panel[:, i], panel[:, j]) for i in range(10) for j in range(i)]


def ledoit_wolf():
    from sklearn.covariance import ledoit_wolf as fit

    panel = student_panel()
    return lambda: fit(panel)


def bootstrap():
    """Seven ratios of blocks of geometric length, a thousand resamples at a time; ours are twelve."""
    generator = np.random.default_rng(1)
    returns = 0.0005 + 0.03 * generator.standard_normal(1825)
    n = len(returns)

    def work():
        for _ in range(10):
            fresh = generator.random((1000, n)) < 0.1
            fresh[:, 0] = True
            starts = generator.integers(0, n, (1000, n))
            since = np.arange(n) - np.maximum.accumulate(np.where(fresh, np.arange(n), 0), axis=1)
            origin = np.take_along_axis(starts, np.arange(n) - since, axis=1)
            paths = returns[(origin + since) % n]
            wealth = np.cumprod(1.0 + paths, axis=1)
            fall = (1.0 - wealth / np.maximum.accumulate(np.maximum(wealth, 1.0), axis=1)).max(axis=1)
            mean, spread = paths.mean(axis=1), paths.std(axis=1, ddof=1)
            losses = np.minimum(paths, 0.0)
            annual = wealth[:, -1] ** (365 / n) - 1
            downside = np.sqrt((losses**2).mean(axis=1))
            for ratio in (wealth[:, -1], annual, spread, mean / spread, mean / downside, annual / fall, fall):
                np.percentile(ratio, [5, 25, 50, 75, 95])

    return work


def isotonic():
    from sklearn.isotonic import IsotonicRegression

    generator = np.random.default_rng(1)
    x = generator.random(1_000_000)
    y = (generator.random(1_000_000) < x).astype(float)
    return lambda: IsotonicRegression().fit(x, y)


def noise(n):
    return np.random.default_rng(1).standard_normal(n)


def adf():
    from statsmodels.tsa.stattools import adfuller

    walk = np.cumsum(noise(1000))
    return lambda: adfuller(walk, autolag="AIC")


def arima():
    from statsmodels.tsa.arima.model import ARIMA

    x = noise(1000)
    return lambda: ARIMA(x, order=(2, 0, 1)).fit()


def seasonal():
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    x = noise(144)
    for t in range(12, 144):
        x[t] += x[t - 12]
    x = np.cumsum(x)
    return lambda: SARIMAX(x, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12)).fit(disp=0)


PATHS = 252_000
# What is done, the criterion benchmark, its filter, the aim in seconds of our unit, the peer, its work, its repetitions,
# and how many times the unit is done in one iteration of either.
ROWS = [
    ("GARCH(1,1)-t fit, 2,000", "garch", "fit/garch-t/2000", 4e-3, "arch", lambda: garch(2000), 5, 1),
    ("GARCH(1,1)-t fit, 100,000", "garch", "fit/garch-t/100000", 100e-3, "arch", lambda: garch(100_000), 3, 1),
    ("GARCH update, one return", "garch", "update/garch", 20e-9, None, None, 0, 10_000),
    ("GBM, one step", "simulation", "paths/gbm", 1 / 20e6, "NumPy", gbm, 10, PATHS),
    ("Heston QE, one step", "simulation", "paths/heston_qe", 1 / 4e6, "NumPy, Euler", heston, 10, PATHS),
    ("t-copula fit, 10 x 750", "dependence", "t_copula_fit", 30e-3, "pyvinecopulib, 45 pairs", t_copula, 2, 1),
    ("Kendall's tau, 10 x 750", "dependence", "kendall_matrix", None, "SciPy", kendall, 3, 1),
    ("Ledoit-Wolf, 10 x 750", "dependence", "ledoit_wolf", None, "scikit-learn", ledoit_wolf, 10, 1),
    (
        "bootstrap, 10,000 x 5 years, 4 threads",
        "simulation",
        "stationary_10_4_threads",
        150e-3,
        "NumPy, 7 ratios, 1 thread",
        bootstrap,
        1,
        1,
    ),
    ("isotonic fit, 1,000,000", "calibration", "isotonic fit", 100e-3, "scikit-learn", isotonic, 3, 1),
    ("ADF by AIC, 1,000", "regime", "ADF", None, "statsmodels", adf, 5, 1),
    ("ARIMA(2,0,1) fit, 1,000", "regime", "ARIMA.2,0,1", None, "statsmodels", arima, 3, 1),
    ("ARIMA(0,1,1)(0,1,1)12 fit, 144", "regime", "ARIMA.0,1,1", None, "statsmodels", seasonal, 3, 1),
]


def words(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def main():
    asked = sys.argv[1:]
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| task | here | aim | peer | factor |\n|---|---|---|---|---|")
    for task, bench, name, aim, peer, work, repetitions, times in ROWS:
        if asked and not any(word in task for word in asked):
            continue
        own = ours(bench, name) / times
        there = least(work(), repetitions) / times if work else None
        cell = f"{peer} {words(there)}" if there else ""
        factor = f"{there / own:.1f}" if there else ""
        print(f"| {task} | {words(own)} | {words(aim) if aim else ''} | {cell} | {factor} |", flush=True)


if __name__ == "__main__":
    main()
