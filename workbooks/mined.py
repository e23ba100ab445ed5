"""What mining finds in a run: groups of like customers, pairs of products, unusual customers, and who did not come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.arrow import arrays
from tierbook.errors import DataError
from tierbook.mining import baskets, clusters, outliers, tree
from tierbook.mining.numbers import drawn

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.run import Run

SEED = 1
# What customers are compared by; the first one puts the groups in order.
ASPECTS = ("total_spend", "orders_per_month", "average_order", "days_since_last", "tenure_months")
# Amounts and rates differ by factors: twice as much counts the same at the top as at the bottom.
_IN_PROPORTION = ("total_spend", "orders_per_month", "average_order", "median_gap_days")
GROUPS = (3, 4, 5, 6)
FEWEST_GROUPED = 20
_STARTS = 5  # of k-means; beyond them a map of a few groups hardly changes
_NOTHING = 0.01  # the logarithm of what is less is that of a cent
# Customers a forest or a tree is made from; more would say the same, later.
MOST_LEARNED = 20_000
_UNUSUAL = ("total_spend", "orders_per_month", "average_order", "median_gap_days")
# A pair stands above chance that far. [standard deviations of the sales to expect]
_ABOVE_CHANCE = 2.0
_MOST_WEIGHED = 2_000
# What was known on the earlier day, for the sentences about who came back.
_SIGNS = (
    "days_since_last", "overdue_ratio", "median_gap_days", "orders", "orders_recent", "orders_per_month", "tenure_months",
    "total_spend", "average_order", "spend_change", "mean_discount", "channels", "complaints_recent", "open_complaints",
    "satisfaction", "nps", "region", "industry", "size", "channel", "top_category", "top_channel", "is_member",
)  # fmt: skip
ACTIVE_DAYS = 365


class Groups(NamedTuple):
    """Groups of like buyers, the largest mean spend first.

    `row` are the buyers among the customers and `number` their groups, 1 to k. `marks` say for each group which of
    `ASPECTS` set it apart and whether they are high, `profile` holds the means.
    """

    row: NDArray[np.int64]
    number: NDArray[np.int64]
    marks: list[tuple[tuple[str, bool], ...]]
    profile: NDArray[np.float64]
    silhouette: float


class Unusual(NamedTuple):
    """Customers beyond 3.5 robust standard deviations, those most alone first; `aspect` is where, `usual` its median."""

    row: NDArray[np.int64]
    z: NDArray[np.float64]
    aspect: list[str]
    figure: NDArray[np.float64]
    usual: NDArray[np.float64]
    alone: NDArray[np.float64]


def groups(run: Run) -> Groups | None:
    """Buyers in three to six groups, as many as part best; None for too few or too equal ones."""
    table = _numbers(run.customers, ASPECTS)
    row = np.flatnonzero(~np.isnan(table).any(axis=1) & (table[:, 0] > 0))
    compared = _in_proportion(table[row], ASPECTS)
    if len(row) < FEWEST_GROUPED:
        return None
    try:
        k = clusters.best_k(compared, among=GROUPS, seed=SEED, starts=_STARTS)
        found = clusters.clusters(compared, k=k, seed=SEED, starts=_STARTS)
    except DataError:  # fewer different customers than groups
        return None
    number = found.number.astype(np.int64)
    marks = [tuple((ASPECTS[aspect], high) for aspect, high in one) for one in clusters.marks(found.apart)]
    means = [np.bincount(number, column)[1:] / found.rows for column in table[row].T]
    return Groups(row, number, marks, np.array(means).T, clusters.silhouette(compared, number, seed=SEED))


def pairs(run: Run) -> baskets.Rules | None:
    """Products bought together clearly more often than by chance, each pair in the direction of the higher confidence; None without products."""
    if "product" not in run.engine.columns("tierbook_given_transactions"):
        return None
    found = arrays(run.table("product_pairs"))
    sales = float(found["sales"].max(initial=0))
    expected = found["product_sales"] * found["other_sales"] / max(sales, 1.0)
    together = found["both_sales"] > expected + _ABOVE_CHANCE * np.sqrt(expected)
    found = {name: column[together] for name, column in found.items()}
    rarer = found["other_sales"] < found["product_sales"]
    item, other = _turned(found["product"], found["other"], rarer)
    with_item, with_other = _turned(found["product_sales"], found["other_sales"], rarer)
    return baskets.rules_of(item, other, found["both_sales"], with_item, with_other, total=int(sales))


def _turned(one: NDArray, other: NDArray, turned: NDArray[np.bool_]) -> tuple[NDArray, NDArray]:
    return np.where(turned, other, one), np.where(turned, one, other)


def unusual(run: Run) -> Unusual:
    """Customers worth a look, among those who bought in the window."""
    table = _numbers(run.customers, _UNUSUAL)
    # Who never came or is long away is unlike the others in every figure, and no riddle.
    table[~(_numbers(run.customers, ("orders_recent",))[:, 0] > 0)] = np.nan
    compared = _in_proportion(table, _UNUSUAL)
    found = outliers.outliers(compared)
    far = np.flatnonzero(np.abs(np.nan_to_num(found.z)) > outliers.FAR)
    weighed = far[np.argsort(-np.abs(found.z[far]), kind="stable")]
    # Beyond the farthest two thousand nobody is shown; they follow by distance alone.
    first, rest = weighed[:_MOST_WEIGHED], weighed[_MOST_WEIGHED:]
    learned = np.union1d(drawn(len(table), MOST_LEARNED, SEED), first)
    alone = outliers.isolation(compared[learned], rows=np.searchsorted(learned, first), seed=SEED)
    order = np.argsort(-alone, kind="stable")
    row = np.concatenate([first[order], rest])
    aspect = found.column[row]
    usual = np.array(
        [np.median(known) if (known := column[~np.isnan(column)]).size else np.nan for column in table.T]
    )
    return Unusual(
        row, found.z[row], [_UNUSUAL[one] for one in aspect.tolist()], table[row, aspect], usual[aspect],
        np.concatenate([alone[order], np.full(len(rest), np.nan)]),
    )  # fmt: skip


def who_stayed_away(run: Run, *, came: str, gone: str) -> tree.Tree | None:
    """What told, one window ago, who would buy nothing since; None without that earlier run.

    The customers are those who had bought in the year before, as in a backtest; `came` and `gone` are what a reader
    sees for the two answers.

    Raises
    ------
    DataError
        Too few of them, or all did the same; says so.
    """
    import pyarrow.compute as pc

    if run.previous is None:
        return None
    before = run.previous.customers
    days = arrays(before.select(["days_since_last"]))["days_since_last"]
    active = np.flatnonzero(days < ACTIVE_DAYS)
    active = active[drawn(len(active), MOST_LEARNED, SEED)]
    asked = before.take(active)
    now = pc.index_in(asked["customer_id"], value_set=run.customers["customer_id"])
    back = arrays(run.customers.select(["orders_recent"]).take(now))["orders_recent"] > 0
    target = np.where(back, came, gone).astype(object)
    return tree.tree(_signs(asked), target, seed=SEED)


def _signs(customers: pa.Table) -> dict[str, NDArray]:
    import pyarrow as pa

    names = [name for name in _SIGNS if name in customers.column_names]
    columns = arrays(customers.select(names))
    for name in names:
        if pa.types.is_boolean(customers[name].type):
            place = np.nan_to_num(columns[name], nan=2).astype(np.intp)
            columns[name] = np.array(["no", "yes", None], dtype=object)[place]
    return {name: column for name, column in columns.items() if column.dtype.kind in "fO"}


def _in_proportion(table: NDArray[np.float64], names: tuple[str, ...]) -> NDArray[np.float64]:
    """Logarithms of amounts, rates and gaps, so that few very large ones do not hide the rest."""
    compared = table.copy()
    for at, name in enumerate(names):
        if name in _IN_PROPORTION:
            compared[:, at] = np.log(np.maximum(compared[:, at], _NOTHING))
    return compared


def _numbers(customers: pa.Table, names: tuple[str, ...]) -> NDArray[np.float64]:
    columns = arrays(customers.select(list(names)))
    return np.array([columns[name] for name in names]).T
