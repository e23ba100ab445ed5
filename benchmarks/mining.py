"""Mining: what is bought together in 1,000,000 lines, 100,000 customers of 8 figures in five groups, and sentences over
the same customers; baskets beside the package `mlxtend` 0.25.0 (installed into an environment of its own for the run) on
the same lines.

Seconds are those of the stage alone, imports and loading left out; peak is what the stage adds to the resident memory of
its process. All in one thread. mlxtend starts from the lines too: a sparse table of them, apriori up to pairs, rules.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.clv import _Peak
from benchmarks.measure import Cost, Result

LINES, BASKETS, ITEMS, SUPPORT = 1_000_000, 200_000, 2_000, 0.002
CUSTOMERS, FIGURES, GROUPS, SEED = 100_000, 8, 5, 20261122
PEER = ("mlxtend==0.25.0",)
STAGES = ("baskets", "clusters", "tree", "outliers")
RUNS = 3
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")


def results() -> list[Result]:
    """Ratios are peer over Tierbook in CPU-seconds, of the same run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder)
        ours = {stage: _measured(sys.executable, stage, folder, RUNS) for stage in STAGES}
        peer = _measured(str(_peer_environment(folder)), "mlxtend", folder, 1)
        agreement = (folder / "agreement.txt").read_text("utf-8")
    ratio = f"{peer.cpu / ours['baskets'].cpu:.1f} x less CPU than the peer; {agreement}"
    return [
        Result(
            f"baskets, Tierbook, {LINES:,} lines, {ITEMS:,} items, support {SUPPORT:g}",
            ours["baskets"],
            ratio,
        ),
        Result("baskets, mlxtend", peer),
        Result(f"k-means, {CUSTOMERS:,} x {FIGURES}, k = {GROUPS}, best of 20 starts", ours["clusters"]),
        Result(f"tree of depth 3, {CUSTOMERS:,} x {FIGURES}", ours["tree"]),
        Result(f"robust z, {CUSTOMERS:,} x {FIGURES}", ours["outliers"]),
    ]


def simulate(folder: Path) -> None:
    """Lines of baskets whose items are bought by Zipf's law, some together; customers around five centres."""
    import numpy as np

    random = np.random.default_rng(SEED)
    share = 1 / np.arange(1, ITEMS + 1)
    item = random.choice(ITEMS, LINES, p=share / share.sum())
    basket = random.integers(0, BASKETS, LINES)
    # One line in ten brings the item's companion into the same basket.
    item[1::10], basket[1::10] = (item[::10] + ITEMS // 2) % ITEMS, basket[::10]
    np.save(folder / "basket.npy", basket)
    np.save(folder / "item.npy", item)
    centres = random.normal(size=(GROUPS, FIGURES)) * 3
    np.save(
        folder / "customers.npy",
        centres[random.integers(0, GROUPS, CUSTOMERS)] + random.normal(size=(CUSTOMERS, FIGURES)),
    )


def _peer_environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", folder / "peer"], check=True)
    python = folder / "peer" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER], check=True, stdout=subprocess.DEVNULL)
    return python


def _measured(python: str, stage: str, folder: Path, runs: int) -> Cost:
    said = [_run([python, "-m", "benchmarks.mining", stage, str(folder)]) for _ in range(runs)]
    return Cost(*(statistics.median(one[name] for one in said) for name in ("cpu", "wall", "peak")))


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **_ONE_THREAD})
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


# --- In a process of its own


def run_stage(stage: str, folder: Path) -> dict[str, float]:
    """CPU-seconds, seconds and MiB of one stage; what it found is kept in the folder."""
    work = _mlxtend(folder) if stage == "mlxtend" else _tierbook(stage, folder)
    with _Peak() as memory:
        cpu, wall = time.process_time(), time.perf_counter()
        keep = work()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    keep()
    return {"cpu": cpu, "wall": wall, "peak": memory.added}


def _tierbook(stage: str, folder: Path) -> Callable[[], Callable[[], None]]:
    import numpy as np

    from tierbook.mining import baskets, clusters, outliers, tree

    for name in ("scipy.sparse", "pyarrow", "sklearn.cluster", "sklearn.tree"):
        import_module(name)  # before the clock starts
    if stage == "baskets":
        basket, item = np.load(folder / "basket.npy"), np.load(folder / "item.npy")

        def mine() -> Callable[[], None]:
            found = baskets.basket_rules(basket, item, min_support=SUPPORT)
            pairs = [found.item.astype(np.int64), found.other.astype(np.int64)]
            return lambda: np.savez(folder / "ours.npz", item=pairs[0], other=pairs[1], lift=found.lift)

        return mine
    customers = np.load(folder / "customers.npy")
    if stage == "clusters":
        return lambda: _nothing(clusters.clusters(customers, k=GROUPS))
    if stage == "outliers":
        return lambda: _nothing(outliers.outliers(customers))
    columns = {f"figure {at}": column for at, column in enumerate(customers.T)}
    target = np.where(customers[:, :2].sum(axis=1) > 0, "stays", "leaves").astype(object)
    return lambda: _nothing(tree.tree(columns, target))


def _nothing(_: object) -> Callable[[], None]:
    """What there is to keep of a result nobody is compared with."""
    return lambda: None


def _mlxtend(folder: Path) -> Callable[[], Callable[[], None]]:
    import numpy as np
    import pandas as pd
    from mlxtend.frequent_patterns import apriori, association_rules
    from scipy import sparse

    basket, item = np.load(folder / "basket.npy"), np.load(folder / "item.npy")

    def mine() -> Callable[[], None]:
        _, row = np.unique(basket, return_inverse=True)
        held = sparse.coo_matrix((np.ones(row.size, dtype=bool), (row, item))).tocsr()
        lines = pd.DataFrame.sparse.from_spmatrix(held, columns=[str(one) for one in range(held.shape[1])])
        often = apriori(lines, min_support=SUPPORT, max_len=2, use_colnames=True, low_memory=True)
        rules = association_rules(often, metric="support", min_threshold=SUPPORT)
        return lambda: _compare(folder, rules)

    return mine


def _compare(folder: Path, rules: Any) -> None:
    """Write how far the two agree; stop the benchmark where they found other pairs."""
    import numpy as np

    theirs = {
        (int(next(iter(one))), int(next(iter(other)))): lift
        for one, other, lift in zip(rules["antecedents"], rules["consequents"], rules["lift"], strict=True)
    }
    with np.load(folder / "ours.npz") as file:
        pairs = zip(file["item"].tolist(), file["other"].tolist(), strict=True)
        ours = dict(zip(pairs, file["lift"].tolist(), strict=True))
    assert ours.keys() == theirs.keys(), f"{len(ours)} and {len(theirs)} rules"
    apart = max(abs(ours[pair] / theirs[pair] - 1) for pair in ours)
    (folder / "agreement.txt").write_text(
        f"the same {len(ours):,} rules, lifts apart by {apart:.0e}", "utf-8"
    )


if __name__ == "__main__":
    print(json.dumps(run_stage(sys.argv[1], Path(sys.argv[2]))))
