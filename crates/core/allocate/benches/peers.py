"""Sets the programmes of this room beside Python libraries on the same table, one after the other in one run.

Needs a Rust toolchain and the packages of the list below. Usage, from the root of the repository:

    python -m venv peers && peers/bin/pip install numpy pandas 'scipy<1.18' cvxpy clarabel PyPortfolioOpt skfolio
    peers/bin/python crates/core/allocate/benches/peers.py [WORD...]

With words, only the rows whose names contain one of them. Ours is criterion's median of one run; a peer's is the least of
its repetitions, so that a busy machine speaks against us. Objectives are printed and must agree.
"""

import os
import re
import subprocess
import sys
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd

ASSETS, ROWS_OF_TABLE = 50, 1000
UNITS = {"ps": 1e-12, "ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def table():
    """The table of the benchmark: SplitMix64, two factors and noise."""
    mask, state = (1 << 64) - 1, 7

    def draw():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / (1 << 52) - 1.0

    loads = []
    for _ in range(ASSETS):
        loads.append((1.0 + 0.5 * draw(), draw(), 0.0003 * (1.0 + draw())))
    out = np.empty((ROWS_OF_TABLE, ASSETS))
    for t in range(ROWS_OF_TABLE):
        market, style = 0.03 * draw() ** 3, 0.02 * draw() ** 3
        for k, (a, b, c) in enumerate(loads):
            out[t, k] = a * market + b * style + c + 0.04 * draw() ** 3
    return out


RETURNS = table()
COVARIANCE = np.cov(RETURNS.T)
FRAME = pd.DataFrame(RETURNS)


def ours(name):
    """Seconds of one iteration, and what the benchmark printed."""
    command = ["cargo", "bench", "-q", "-p", "scalp-allocate", "--bench", "allocate", "--"]
    command += ["--warm-up-time", "1", "--measurement-time", "2", "--noplot", name]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"time:\s+\[\S+ \S+ (\S+) (\S+) \S+ \S+\]", text)
    if found is None:
        raise SystemExit(f"no time of {name} in:\n{text}")
    return float(found[1]) * UNITS[found[2]], text


def least(work, repetitions):
    best, answer = float("inf"), None
    for _ in range(repetitions):
        start = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - start)
    return best, answer


def min_volatility_pypfopt():
    from pypfopt import EfficientFrontier

    frontier = EfficientFrontier(None, COVARIANCE)
    frontier.min_volatility()
    w = frontier.weights
    return float(np.sqrt(w @ COVARIANCE @ w))


def min_volatility_cvxpy():
    import cvxpy as cp

    w = cp.Variable(ASSETS)
    cp.Problem(cp.Minimize(cp.quad_form(w, cp.psd_wrap(COVARIANCE))), [cp.sum(w) == 1, w >= 0]).solve(solver="CLARABEL")
    return float(np.sqrt(w.value @ COVARIANCE @ w.value))


def cvar_programme():
    import cvxpy as cp

    w, cut, beyond = cp.Variable(ASSETS), cp.Variable(), cp.Variable(ROWS_OF_TABLE)
    objective = cut + cp.sum(beyond) / (0.05 * ROWS_OF_TABLE)
    limits = [cp.sum(w) == 1, w >= 0, beyond >= 0, beyond >= -RETURNS @ w - cut]
    return cp.Problem(cp.Minimize(objective), limits)


def cvar_cvxpy():
    return float(cvar_programme().solve(solver="CLARABEL"))


def cvar_clarabel():
    """The solver alone, the programme already in its form."""
    import clarabel
    from scipy import sparse

    data = cvar_programme().get_problem_data("CLARABEL")[0]
    dims = data["dims"]
    cones = [clarabel.ZeroConeT(dims.zero), clarabel.NonnegativeConeT(dims.nonneg)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    size = data["c"].size
    zero = sparse.csc_matrix((size, size))

    def work():
        return clarabel.DefaultSolver(zero, data["c"], data["A"], data["b"], cones, settings).solve().obj_val

    return work


def cvar_pypfopt():
    from pypfopt import EfficientCVaR

    frontier = EfficientCVaR(FRAME.mean(), FRAME, beta=0.95)
    frontier.min_cvar()
    return float(frontier.portfolio_performance()[-1])


def hrp_pypfopt():
    from pypfopt import HRPOpt

    HRPOpt(FRAME).optimize()


def hrp_skfolio():
    from skfolio.optimization import HierarchicalRiskParity

    HierarchicalRiskParity().fit(RETURNS)


# What is done, the criterion benchmark, the aim in seconds, the line that the benchmark prints, and the peers.
TASKS = [
    (
        "minimum volatility, 50",
        "min_volatility_50$",
        1e-3,
        "minimum volatility",
        [("PyPortfolioOpt", min_volatility_pypfopt), ("cvxpy, Clarabel", min_volatility_cvxpy)],
    ),
    (
        "CVaR 95 %, 50 x 1,000",
        "min_cvar_1000x50",
        120e-3,
        "min_cvar_1000x50",
        [("Clarabel alone", None), ("cvxpy, Clarabel", cvar_cvxpy), ("PyPortfolioOpt", cvar_pypfopt)],
    ),
    (
        "HRP, 50",
        "hrp_50",
        1e-3,
        None,
        [("PyPortfolioOpt, from returns", hrp_pypfopt), ("skfolio, from returns", hrp_skfolio)],
    ),
]


def words(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def main():
    asked = sys.argv[1:]
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| task | here | aim | peer | factor | objectives differ by |\n|---|---|---|---|---|---|")
    for task, name, aim, line, peers in TASKS:
        if asked and not any(word in task for word in asked):
            continue
        own, text = ours(name)
        mine = float(re.search(rf"{re.escape(line)} (\S+)", text)[1]) if line else None
        for peer, work in peers:
            there, answer = least(work or cvar_clarabel(), 3)
            apart = f"{abs(answer / mine - 1):.0e}" if mine and answer else ""
            print(
                f"| {task} | {words(own)} | {words(aim)} | {peer} {words(there)} | {there / own:.0f} | {apart} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
