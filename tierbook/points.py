"""Loyalty points, month by month: earned by value, spent oldest first, expired (`spec/systems.md` A, Points).

In the formulas E is all that was earned up to a month, and G all that is gone again, redeemed or expired. Since the
oldest points are spent first, what a customer earned up to month m - k is used up at the end of month m once
G >= E(m - k); so exactly max(0, E(m - k) - G(m)) expires then, and no lot needs to be followed by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tierbook import features, periods
from tierbook.rounding import half_away

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = NDArray[np.float64]
Months = NDArray[np.int64]
NEVER = np.iinfo(np.int64).max


class Engine(Protocol):
    """What counting by month asks of an engine."""

    def put(self, name: str, table: pa.Table) -> None: ...

    def sql(self, text: str) -> pa.Table: ...


class Entries(NamedTuple):
    """What customers did, one element for each customer and month in which something happened.

    `customer` is a position among the customers, `month` a number as in `periods.period_number`, `spend` the sum of the
    month [currency], `orders` its orders [count], `bought` whether there was a purchase and not a refund only,
    `redeemed` what was spent of the points [points].
    """

    customer: NDArray[np.int64]
    month: Months
    spend: Numbers
    orders: Numbers
    bought: NDArray[np.bool_]
    redeemed: Numbers


class Ledger(NamedTuple):
    """One element for each customer and month, in that order; all figures in points."""

    customer: NDArray[np.int64]
    month: Months
    earned: Numbers
    redeemed: Numbers
    expired: Numbers
    balance: Numbers


def first_months(joined: NDArray, first_date: NDArray, *, as_of: date) -> Months:
    """The month each customer's points begin: of `joined`, else of the first purchase.

    Parameters
    ----------
    joined, first_date : array (n,)
        [datetime64[D]; NaT = unknown]

    Returns
    -------
    int array (n,)
        `NEVER` where neither is known, or the customer joined after `as_of`.
    """
    begin = np.where(np.isnat(joined), first_date, joined).astype("datetime64[D]")
    there = ~np.isnat(begin) & (begin <= np.datetime64(as_of))
    months = np.full(len(begin), NEVER)
    months[there] = periods.period_number(begin[there], period="month")
    return months


def entries(engine: Engine, customer_ids: NDArray[np.object_], *, as_of: date) -> Entries:
    """What each of the customers bought and redeemed in each calendar month up to `as_of`; nothing of those that are None.

    Customers are named by their position in `customer_ids` (n,). `features.load` has put the input tables into the engine.
    """
    import pyarrow as pa

    known = np.flatnonzero(np.not_equal(customer_ids, np.array(None, dtype=object)))
    if not known.size:
        nobody, none = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Entries(nobody, nobody, none, none, none.astype(bool), none)
    ids = pa.array(customer_ids[known], type=pa.string())
    engine.put("points_customers", pa.table({"customer_id": ids, "customer": pa.array(known)}))
    found = engine.sql(_BY_MONTH.format(as_of=f"DATE '{as_of.isoformat()}'"))
    column = {name: found[name].to_numpy() for name in found.column_names}
    return Entries(
        column["customer"].astype(np.int64),
        periods.period_number(column["month"].astype("datetime64[D]"), period="month"),
        column["spend"].astype(float),
        column["orders"].astype(float),
        column["bought"].astype(bool),
        column["redeemed"].astype(float),
    )


def ledger(
    first_month: Months,
    entries: Entries,
    value: Callable[[NDArray[np.intp], Numbers, Numbers, Numbers], Numbers],
    *,
    as_of: date,
    cumulative: bool,
    expire_after_months: int,
) -> Ledger:
    """Points of every customer in every month from their first one to that of `as_of`.

    Parameters
    ----------
    first_month : int array (n,)
        As `first_months` gives it.
    entries : Entries
        Purchases before the first month count nowhere; what was redeemed before it is booked in it.
    value : callable
        Value of the customers at some positions from spend [currency], orders a month [count] and tenure [months],
        in currency; a value that is unknown (NaN) earns nothing.
    as_of : date
        A month that is not over by then lets nothing expire yet.
    cumulative : bool
        Points are the growth of the value of all months so far, not the value of the month alone.
    expire_after_months : int
        Points of month m expire at the end of month m + this. [months, >= 0]

    Returns
    -------
    Ledger
        balance = earned - redeemed - expired, all added up. Below 0 for those who redeemed more than they had; what
        they earn next makes up for it.
    """
    order = np.argsort(first_month, kind="stable")
    first = first_month[order]
    first = first[: np.searchsorted(first, NEVER)]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    by_month = _in_ranks(entries, rank, first)
    last = int(periods.period_number(np.array([as_of], dtype="datetime64[D]"), period="month")[0])
    over = (as_of + timedelta(days=1)).day == 1

    n = len(first)
    earned_so_far, gone, spend_so_far, orders_so_far, value_before = np.zeros((5, n))
    # E of the last months, the oldest first, so that E(m - k) stands at its beginning.
    history: list[Numbers] = []
    pieces: list[Ledger] = []
    for month in range(int(first[0]) if n else last + 1, last + 1):
        # Sorted by their first month, those who have begun stand in front.
        there = int(np.searchsorted(first, month, side="right"))
        spend, orders, bought, redeemed = _month(by_month, month, there)
        tenure: Numbers = np.ones(there)
        if cumulative:
            spend_so_far[:there] += spend
            orders_so_far[:there] += orders
            tenure = (month - first[:there] + 1).astype(float)
            spend, orders = spend_so_far[:there], orders_so_far[:there] / tenure
        worth = np.nan_to_num(value(order[:there], spend, orders, tenure), nan=0.0)
        gain = worth - value_before[:there]
        if cumulative:
            value_before[:there] = worth
        earned = np.where(bought, np.maximum(half_away(gain), 0.0), 0.0)
        earned_so_far[:there] += earned
        gone[:there] += redeemed
        history.append(earned_so_far.copy())
        expired = np.zeros(there)
        if len(history) > expire_after_months:
            oldest = history.pop(0)
            if month < last or over:
                expired = np.maximum(oldest[:there] - gone[:there], 0.0)
        gone[:there] += expired
        balance = earned_so_far[:there] - gone[:there]
        pieces.append(Ledger(order[:there], np.full(there, month), earned, redeemed, expired, balance))
    if not pieces:
        return Ledger(*np.zeros((2, 0), dtype=np.int64), *np.zeros((4, 0)))
    whole = Ledger(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
    rows = np.lexsort((whole.month, whole.customer))
    return Ledger(whole.customer[rows], whole.month[rows], *(figures[rows] for figures in whole[2:]))


# Orders as in features.sql: the lines of one transaction are one order on the day of its first purchase row, and a row
# without a number is an order of its own.
_BY_MONTH = f"""
WITH sales AS (
    SELECT who.customer, sale.date, sale.transaction_id, CAST(sale.amount AS DECIMAL(38, 6)) AS amount
    FROM {features.TRANSACTIONS} AS sale
    JOIN points_customers AS who ON who.customer_id = sale.customer_id
    WHERE sale.date <= {{as_of}}
),
booked AS (
    SELECT customer, date, amount, 0 AS orders, CASE WHEN amount >= 0 THEN 1 ELSE 0 END AS bought, 0 AS redeemed
    FROM sales
    UNION ALL
    SELECT customer, MIN(date), 0, 1, 0, 0
    FROM sales
    WHERE amount >= 0 AND transaction_id IS NOT NULL
    GROUP BY customer, transaction_id
    UNION ALL
    SELECT customer, date, 0, 1, 0, 0
    FROM sales
    WHERE amount >= 0 AND transaction_id IS NULL
    UNION ALL
    SELECT who.customer, spent.date, 0, 0, 0, CAST(spent.points AS DECIMAL(38, 6))
    FROM tierbook_redemptions AS spent
    JOIN points_customers AS who ON who.customer_id = spent.customer_id
    WHERE spent.date <= {{as_of}} AND spent.points IS NOT NULL
)
SELECT
    customer, CAST(DATE_TRUNC('month', date) AS DATE) AS month,
    CAST(COALESCE(SUM(amount), 0) AS DOUBLE) AS spend, CAST(SUM(orders) AS DOUBLE) AS orders,
    MAX(bought) = 1 AS bought, CAST(SUM(redeemed) AS DOUBLE) AS redeemed
FROM booked
GROUP BY customer, month
ORDER BY month, customer
"""


def _in_ranks(entries: Entries, rank: NDArray[np.int64], first: Months) -> Entries:
    """The entries of customers who have a ledger, by month, customers by their rank in it.

    Purchases before the first month are left out; what was redeemed then moves into it.
    """
    rows = np.flatnonzero(rank[entries.customer] < len(first))
    customer = rank[entries.customer[rows]]
    month = np.maximum(entries.month[rows], first[customer])
    by_month = np.argsort(month, kind="stable")
    rows, customer, month = rows[by_month], customer[by_month], month[by_month]
    begun = entries.month[rows] == month
    return Entries(
        customer,
        month,
        np.where(begun, entries.spend[rows], 0.0),
        np.where(begun, entries.orders[rows], 0.0),
        entries.bought[rows] & begun,
        entries.redeemed[rows],
    )


def _month(entries: Entries, month: int, there: int) -> tuple[Numbers, Numbers, NDArray[np.bool_], Numbers]:
    """Spend, orders, purchase and points redeemed in one month, of the first `there` customers."""
    here = slice(*np.searchsorted(entries.month, [month, month + 1]))
    who = entries.customer[here]

    def summed(column: NDArray) -> Numbers:
        return np.bincount(who, weights=column[here], minlength=there).astype(float, copy=False)

    return (
        summed(entries.spend),
        summed(entries.orders),
        summed(entries.bought) > 0,
        summed(entries.redeemed),
    )
