"""Lifetime value of 1,000,000 simulated customers with about 9.8 million purchases, stage by stage, beside the packages
`lifetimes` 0.11.3 and `pymc-marketing` 0.19.2 (each installed into an environment of its own for the run) on the same
arrays. The latter finds its estimate as the mode under flat priors, which is maximum likelihood, compiled beforehand.

Goals: at least 15 x less CPU than lifetimes in total, the same log-likelihood to 1e-6, under 500 MB beyond the input, the
CDNOW sample fitted in milliseconds. Seconds are those of the stage alone, imports and loading left out; peak is what the
stage adds to the resident memory of its process. All in one thread.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, Result

CUSTOMERS, DAYS, SEED = 1_000_000, 1_460, 20261122
PEERS = {"lifetimes": "lifetimes==0.11.3", "pymc-marketing": "pymc-marketing==0.19.2"}
STAGES = ("summary", "bg_nbd", "gamma_gamma", "predictions")
HORIZON, MONTHS, MONTHLY_DISCOUNT = 365, 12, 0.01
RUNS = 3
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")


def results() -> list[Result]:
    """All packages on the same purchases; ratios are peer over Tierbook in CPU-seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        purchases = simulate(folder)
        ours = {stage: _measured(sys.executable, "tierbook", stage, folder, RUNS) for stage in STAGES}
        peers = {peer: _peer(peer, folder) for peer in PEERS}
        agreed = {
            peer: _run([sys.executable, "-m", "benchmarks.clv", "agree", peer, str(folder)])["note"]
            for peer, costs in peers.items()
            if not isinstance(costs, str)
        }
        cdnow = _measured(sys.executable, "tierbook", "cdnow", folder, 1)
    found = []
    for stage in (*STAGES, "all four"):
        cost = _total(ours) if stage == "all four" else ours[stage]
        theirs: dict[str, Cost] = {
            peer: _total(costs) if stage == "all four" else costs[stage]
            for peer, costs in peers.items()
            if not isinstance(costs, str)
        }
        note = ", ".join(f"{one.cpu / cost.cpu:.1f} x less CPU than {peer}" for peer, one in theirs.items())
        if stage == "all four":
            note += f"; {purchases:,} purchases; goal 15 x lifetimes, < 477 MiB"
        found.append(Result(f"{stage}, Tierbook", cost, note))
        found += [
            Result(f"{stage}, {peer}", one, agreed[peer] if stage == "all four" else "")
            for peer, one in theirs.items()
        ]
    nothing = Cost(math.nan, math.nan, math.nan)
    found += [Result(peer, nothing, why) for peer, why in peers.items() if isinstance(why, str)]
    return [
        *found,
        Result("BG/NBD fit of CDNOW, 2,357 customers, mean of 20", cdnow, f"{1000 * cdnow.wall:.0f} ms"),
    ]


def simulate(folder: Path) -> int:
    """Purchases of BG/NBD customers with Gamma-Gamma amounts, in the order of time; returns how many."""
    import numpy as np

    random = np.random.default_rng(SEED)
    rate = random.gamma(0.9, 1 / 34, CUSTOMERS)
    drop_out = random.beta(0.7, 6.0, CUSTOMERS)
    spend = random.gamma(4.0, 1 / 40.0, CUSTOMERS)
    begin = random.integers(0, DAYS - 30, CUSTOMERS)
    customer, at = np.arange(CUSTOMERS), begin.astype(float)
    customers, days = [customer], [begin]
    while customer.size:
        at = at + random.exponential(1 / rate[customer])
        inside = at < DAYS
        customer, at = customer[inside], at[inside]
        customers.append(customer)
        days.append(at.astype(np.int64))
        stays = random.random(customer.size) >= drop_out[customer]
        customer, at = customer[stays], at[stays]
    who, day = np.concatenate(customers), np.concatenate(days)
    order = np.argsort(day, kind="stable")
    who, day = who[order].astype(np.int32), day[order]
    np.save(folder / "customer.npy", who)
    np.save(folder / "day.npy", np.datetime64("2021-01-01") + day)
    np.save(folder / "amount.npy", np.round(random.gamma(6.0, 1 / spend[who]), 2) + 0.01)
    return who.size


def _peer(peer: str, folder: Path) -> dict[str, Cost] | str:
    """What each stage costs a peer, or why that is not known here."""
    home = folder / peer
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", PEERS[peer]], capture_output=True, text=True
    )
    if installed.returncode:
        return f"could not be installed here: {installed.stderr.strip().splitlines()[-1]}"
    warmed = ("bg_nbd", "gamma_gamma", "predictions") if peer == "pymc-marketing" else ()
    try:
        for stage in warmed:
            _run([str(python), "-m", "benchmarks.clv", peer, f"{stage}:warm", str(folder)])
        return {stage: _measured(str(python), peer, stage, folder, 1) for stage in STAGES}
    except RuntimeError as error:
        return f"could not be run here: {str(error).strip().splitlines()[-1]}"


def _measured(python: str, package: str, stage: str, folder: Path, runs: int) -> Cost:
    said = [_run([python, "-m", "benchmarks.clv", package, stage, str(folder)]) for _ in range(runs)]
    return Cost(*(statistics.median(one[name] for one in said) for name in ("cpu", "wall", "peak")))


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **_ONE_THREAD})
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _total(costs: dict[str, Cost]) -> Cost:
    every = list(costs.values())
    return Cost(sum(c.cpu for c in every), sum(c.wall for c in every), max(c.peak for c in every))


# --- In a process of its own


class _Peak:
    """The largest resident memory while a block runs, beyond what was there before. [MiB]"""

    def __enter__(self) -> _Peak:
        self._begin = self._largest = _resident()
        self._running = True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running = False
        self._thread.join()
        self.added = max(self._largest, _resident()) - self._begin

    def _watch(self) -> None:
        while self._running:
            self._largest = max(self._largest, _resident())
            time.sleep(0.005)


def _resident() -> float:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def run_stage(package: str, stage: str, folder: Path) -> dict[str, float]:
    """CPU-seconds, seconds and MiB of one stage; what it found is left in the folder for the next."""
    packages = {"tierbook": _tierbook, "lifetimes": _lifetimes, "pymc-marketing": _pymc_marketing}
    work = packages[package](stage, folder)
    with _Peak() as memory:
        cpu, wall = time.process_time(), time.perf_counter()
        keep = work()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if stage == "cdnow":
        cpu, wall = cpu / 20, wall / 20
    keep()
    return {"cpu": cpu, "wall": wall, "peak": memory.added}


def _tierbook(stage: str, folder: Path) -> Callable[[], Callable[[], None]]:
    import numpy as np

    from tierbook.clv import gamma_gamma, models, summary

    importlib.import_module("scipy.special")  # before the clock starts
    if stage == "summary":
        columns = [np.load(folder / f"{name}.npy") for name in ("customer", "day", "amount")]
        end = date(2021, 1, 1) + timedelta(days=DAYS)
        return lambda: _save(folder / "summary.npz", summary.purchase_summary(*columns, as_of=end)._asdict())
    if stage == "cdnow":
        return _cdnow(folder)
    x, t_x, T, z = _summary(folder)
    if stage == "bg_nbd":
        return lambda: _save(folder / "ours_bg.npz", models.fit(x, t_x, T).params._asdict())
    if stage == "gamma_gamma":
        return lambda: _save(folder / "ours_gg.npz", gamma_gamma.fit_gamma_gamma(x, z).params._asdict())
    params = models.BgNbdParams(*_values(folder / "ours_bg.npz"))
    spend = models.GammaGammaParams(*_values(folder / "ours_gg.npz"))

    def predict() -> Callable[[], None]:
        return _save(
            folder / "ours.npz",
            {
                "purchases": models.expected_purchases(x, t_x, T, horizon=HORIZON, params=params),
                "alive": models.p_alive(x, t_x, T, params=params),
                "clv": models.clv(
                    x, t_x, T, z, params=params, spend=spend, months=MONTHS,
                    annual_discount=(1 + MONTHLY_DISCOUNT) ** 12 - 1,
                ),
            },
        )  # fmt: skip

    return predict


def _cdnow(folder: Path) -> Callable[[], Callable[[], None]]:
    import numpy as np

    from tierbook.clv import models, summary
    from workbooks.samples import cdnow

    purchases = cdnow.purchases()
    _, customer = np.unique([one.customer_id for one in purchases], return_inverse=True)
    day = np.array([one.date for one in purchases], dtype="datetime64[D]")
    found = summary.purchase_summary(customer, day, as_of=date(1997, 9, 30))
    history = found.frequency, found.recency / 7, found.T / 7
    models.fit(*history)

    def fit() -> Callable[[], None]:
        for _ in range(20):
            params = models.fit(*history).params
        return _save(folder / "cdnow.npz", params._asdict())

    return fit


def _lifetimes(stage: str, folder: Path) -> Callable[[], Callable[[], None]]:
    import lifetimes
    import numpy as np
    import pandas as pd
    from lifetimes.utils import summary_data_from_transaction_data

    if stage == "summary":
        names = ("customer", "day", "amount")
        log = pd.DataFrame({name: np.load(folder / f"{name}.npy") for name in names})
        log["day"] = log["day"].astype("datetime64[ns]")
        end = pd.Timestamp("2021-01-01") + pd.Timedelta(days=DAYS)

        def sum_up() -> Callable[[], None]:
            found = summary_data_from_transaction_data(
                log, "customer", "day", "amount", observation_period_end=end
            )
            return lambda: _compare_summary(folder, found)

        return sum_up
    x, t_x, T, z = (pd.Series(column) for column in _summary(folder))
    z = z.fillna(0)
    repeat = (x > 0) & (z > 0)
    bg, gg = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()
    if stage == "bg_nbd":
        return lambda: _save(folder / "lifetimes_bg.npz", dict(bg.fit(x, t_x, T).params_))
    if stage == "gamma_gamma":
        return lambda: _save(folder / "lifetimes_gg.npz", dict(gg.fit(x[repeat], z[repeat]).params_))
    bg.params_ = pd.Series(_values(folder / "lifetimes_bg.npz"), index=["r", "alpha", "a", "b"])
    gg.params_ = pd.Series(_values(folder / "lifetimes_gg.npz"), index=["p", "q", "v"])
    bg.predict = bg.conditional_expected_number_of_purchases_up_to_time

    def predict() -> Callable[[], None]:
        purchases = bg.conditional_expected_number_of_purchases_up_to_time(HORIZON, x, t_x, T)
        alive = bg.conditional_probability_alive(x, t_x, T)
        value = gg.customer_lifetime_value(
            bg, x, t_x, T, z, time=MONTHS, discount_rate=MONTHLY_DISCOUNT, freq="D"
        )
        return _save(
            folder / "lifetimes.npz",
            {"purchases": np.asarray(purchases), "alive": np.asarray(alive), "clv": np.asarray(value)},
        )

    return predict


def _pymc_marketing(stage: str, folder: Path) -> Callable[[], Callable[[], None]]:
    """`bg_nbd:warm` is the stage over a thousand customers, so that what it compiles is there when it is measured."""
    import arviz
    import numpy as np
    import pandas as pd
    from pymc_extras.prior import Prior
    from pymc_marketing import clv

    stage, _, warm = stage.partition(":")
    if stage == "summary":
        names = ("customer", "day", "amount")
        log = pd.DataFrame({name: np.load(folder / f"{name}.npy") for name in names})
        log["day"] = log["day"].astype("datetime64[ns]")
        end = pd.Timestamp("2021-01-01") + pd.Timedelta(days=DAYS)

        def sum_up() -> Callable[[], None]:
            found = clv.utils.rfm_summary(
                log, "customer", "day", "amount", observation_period_end=end, time_unit="D"
            )
            return lambda: _compare_summary(folder, found.sort_values("customer_id"))

        return sum_up
    x, t_x, T, z = (column[:1_000] if warm else column for column in _summary(folder))
    people = pd.DataFrame({
        "customer_id": np.arange(x.size), "frequency": x, "recency": t_x, "T": T, "monetary_value": np.nan_to_num(z),
    })  # fmt: skip
    paid = people[(x > 0) & (people["monetary_value"] > 0)]
    made = {
        "bg": (clv.BetaGeoModel, people, ("r", "alpha", "a", "b")),
        "gg": (clv.GammaGammaModel, paid, ("p", "q", "v")),
    }

    def model(kind: str) -> Any:
        make, data, names = made[kind]
        return make(data=data, model_config={name: Prior("HalfFlat") for name in names})

    def path(kind: str) -> Path:
        return folder / f"pymc-marketing_{kind}{warm}.npz"

    if stage != "predictions":
        kind = "bg" if stage == "bg_nbd" else "gg"

        def fit() -> Callable[[], None]:
            found = model(kind)
            found.fit(method="map", progressbar=False)
            return _save(path(kind), {name: found.fit_result[name].item() for name in made[kind][2]})

        return fit

    def fitted(kind: str) -> Any:
        found, values = model(kind), _values(path(kind))
        found.build_model()
        posterior = {name: np.array([[value]]) for name, value in zip(made[kind][2], values, strict=True)}
        found.idata = arviz.from_dict(posterior=posterior)
        return found

    bg, gg = fitted("bg"), fitted("gg")

    def predict() -> Callable[[], None]:
        purchases = bg.expected_purchases(people, future_t=HORIZON)
        alive = bg.expected_probability_alive(people)
        value = gg.expected_customer_lifetime_value(
            bg, people, future_t=MONTHS, discount_rate=MONTHLY_DISCOUNT, time_unit="D"
        )
        arrays = {"purchases": purchases, "alive": alive, "clv": value}
        return _save(
            folder / f"pymc-marketing{warm}.npz", {name: np.ravel(one) for name, one in arrays.items()}
        )

    return predict


def _save(path: Path, arrays: dict[str, Any]) -> Callable[[], None]:
    """What writes the arrays once the clock has stopped."""
    import numpy as np

    named: dict[str, Any] = {name: np.asarray(values) for name, values in arrays.items()}
    return lambda: np.savez(path, **named)


def _values(path: Path) -> list[float]:
    import numpy as np

    with np.load(path) as file:
        return [float(file[name]) for name in file.files]


def _summary(folder: Path) -> list[Any]:
    import numpy as np

    with np.load(folder / "summary.npz") as file:
        return [file[name] for name in ("frequency", "recency", "T", "monetary_value")]


def _compare_summary(folder: Path, found: Any) -> None:
    """Stop the benchmark if the two summaries differ: then the rest compares nothing."""
    import numpy as np

    for name, ours in zip(("frequency", "recency", "T", "monetary_value"), _summary(folder), strict=True):
        np.testing.assert_allclose(np.nan_to_num(ours), found[name].to_numpy(), rtol=1e-9, atol=1e-9)


def agree(package: str, folder: Path) -> dict[str, str]:
    """How far Tierbook and a peer agree on log-likelihood, purchases and the share alive."""
    import numpy as np

    from tierbook.clv import bg_nbd

    x, t_x, T, _ = _summary(folder)
    ours, peer = (
        float(
            bg_nbd.log_likelihood(
                x, t_x, T, params=bg_nbd.BgNbdParams(*_values(folder / f"{one}_bg.npz"))
            ).sum()
        )
        for one in ("ours", package)
    )
    with np.load(folder / "ours.npz") as mine, np.load(folder / f"{package}.npz") as theirs:
        totals = [
            f"{name} {mine[name].sum() / np.nansum(theirs[name]) - 1:+.1e}" for name in ("purchases", "alive")
        ]
    return {
        "note": f"log-likelihood {ours:.3f} and {peer:.3f} (relative {abs(ours - peer) / abs(ours):.0e}); "
        f"totals apart: {', '.join(totals)}"
    }


if __name__ == "__main__":
    command, what, where = sys.argv[1:4]
    answer: Any = agree(what, Path(where)) if command == "agree" else run_stage(command, what, Path(where))
    print(json.dumps(answer))
