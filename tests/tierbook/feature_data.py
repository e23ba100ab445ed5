"""Small random tables that are hard on purpose: ties, refunds, window edges, future rows, absent columns and tables."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

AS_OF = date(2025, 6, 30)
WINDOW_DAYS = 90

IDS = (
    "007", "7", "a1", "A1", "B-2", "O'Neil", "张三", "Ünal", "no one", "12345678901234567890", "c10", "c11", "c12",
    "c13", "c14", "c15", "c16", "c17", "c18", "c19", "c20", "c21", "c22", "c23", "c24",
)  # fmt: skip
NAMES = ("Tea", "tea", "Äpfel", "茶", "Zimmer", "😀", "ｆ", None)  # code points, not an alphabet, order them
AMOUNTS = (
    "0",
    "10",
    "10",
    "20",
    "20.5",
    "33.33",
    "0.1",
    "0.2",
    "0.3",
    "99.99",
    "1000000.01",
    "-10",
    "-20.5",
    "-0.1",
    "-500",
)
EDGES = (
    -1,
    0,
    1,
    WINDOW_DAYS - 1,
    WINDOW_DAYS,
    WINDOW_DAYS + 1,
    2 * WINDOW_DAYS - 1,
    2 * WINDOW_DAYS,
    2 * WINDOW_DAYS + 1,
)
# Columns the tables work without; each is left out of some of the data.
OPTIONAL = {
    "customers": ("referrer_id", "settlement", "credit_limit", "region", "joined", "is_member", "budget"),
    "transactions": (
        "transaction_id", "cost", "turnover", "product", "category", "channel", "settlement", "discount", "holding_days",
        "guests", "designated_by",
    ),
    "interactions": ("type", "severity", "closed"),
    "surveys": ("scale",),
    "receivables": ("issued", "paid", "paid_date"),
}  # fmt: skip


def random_tables(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Tables of about 25 customers and 200 transactions, around `AS_OF` and its windows of `WINDOW_DAYS`."""
    rng = random.Random(seed)
    spread = rng.choice((40, 300, 1200))  # days: everything recent, or a long history
    tables = {
        "customers": [_customer(rng, customer) for customer in rng.sample(IDS, rng.randint(1, 20))],
        "transactions": _transactions(rng, spread),
        "interactions": [_interaction(rng, spread) for _ in range(rng.randint(0, 80))],
        "surveys": [_answer(rng, spread) for _ in range(rng.randint(0, 60))],
        "receivables": [_invoice(rng, spread) for _ in range(rng.randint(0, 50))],
    }
    for name in ("customers", "interactions", "surveys", "receivables"):
        if rng.random() < 0.15 or not tables[name]:
            del tables[name]
    if "customers" in tables and rng.random() < 0.04:
        del tables["transactions"]
    for name, rows in tables.items():
        for column in OPTIONAL[name]:
            if rng.random() < 0.12:
                for row in rows:
                    del row[column]
    return tables


def as_arrow(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, pa.Table]:
    """The same tables as the reader hands them on: number float64, date date32, time timestamp[us], text string."""
    import pyarrow as pa

    from tierbook.tables import TABLES

    types = {
        "id": pa.string(), "text": pa.string(), "number": pa.float64(), "money": pa.float64(), "share": pa.float64(),
        "date": pa.date32(), "time": pa.timestamp("us"), "yes_no": pa.bool_(),
    }  # fmt: skip
    found = {}
    for name, rows in tables.items():
        kinds = {column.name: types[column.kind] for column in TABLES[name].columns}
        columns = list(rows[0])
        schema = pa.schema([(column, kinds[column]) for column in columns])
        plain = [
            {column: float(cell) if isinstance(cell, Decimal) else cell for column, cell in row.items()}
            for row in rows
        ]
        found[name] = pa.Table.from_pylist(plain, schema=schema)
    return found


def _customer(rng: random.Random, customer: str) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "region": rng.choice(("North", "South", None)),
        "referrer_id": rng.choice((*IDS[:8], "nobody on file", None, None, None)),
        "settlement": rng.choice(("cash", "prepaid", None, None)),
        "credit_limit": rng.choice((Decimal(-5), Decimal(0), Decimal(100), Decimal("250.5"), None)),
        "budget": rng.choice((Decimal(5000), None)),
        "joined": rng.choice((AS_OF - timedelta(400), None)),
        "is_member": rng.choice((True, False, None)),
    }


def _transactions(rng: random.Random, spread: int) -> list[dict[str, Any]]:
    # Some customers only on file, some with refunds only, some who buy most of everything.
    buyers = rng.sample(IDS, rng.randint(1, 20))
    refunded = set(buyers[:2])
    favourites = buyers[-3:]
    rows = []
    for _ in range(rng.choice((1, 20, 200, 200, 200))):
        customer = rng.choice(buyers if rng.random() < 0.6 else favourites)
        amount = Decimal(rng.choice(AMOUNTS))
        if customer in refunded:
            amount = -abs(amount) - 1
        rows.append({
            "customer_id": customer,
            "date": _day(rng, spread),
            "amount": amount,
            # The same few numbers for everybody: lines of one order, and equal numbers of different customers.
            "transaction_id": rng.choice((None, *(f"T{n}" for n in range(12)))),
            "cost": rng.choice((None, Decimal("3.3"), Decimal("12.07"), Decimal(0))),
            "turnover": rng.choice((None, Decimal(1000), Decimal("250.25"))),
            "product": rng.choice(NAMES),
            "category": rng.choice(NAMES[:4] if rng.random() < 0.7 else NAMES),
            "channel": rng.choice(NAMES),
            "settlement": rng.choice(("cash", "prepaid", "on_time", None)),
            "discount": rng.choice((None, 0.0, 0.1, 0.15)),
            "holding_days": rng.choice((None, None, 1.0, 30.0, 365.0)),
            "guests": _guests(rng),
            "designated_by": rng.choice((None, None, None, *IDS[:6], "nobody on file")),
        })  # fmt: skip
    for _ in range(rng.randint(0, 3)):
        rows.insert(rng.randrange(len(rows)), dict(rng.choice(rows)))  # exact repetitions
    return rows


def _guests(rng: random.Random) -> str | None:
    if rng.random() < 0.7:
        return None
    named = [rng.choice((*IDS, "nobody on file", "")) for _ in range(rng.randint(1, 4))]
    return rng.choice((";", "; ", "；", " ; ")).join(named)


def _interaction(rng: random.Random, spread: int) -> dict[str, Any]:
    day = _day(rng, spread)
    closed = rng.choice((None, day + timedelta(rng.randint(0, 30)), AS_OF, AS_OF + timedelta(1)))
    kinds = (
        "complaint",
        "complaint",
        "praise",
        "visit",
        "call",
        "follow_up",
        "suggestion",
        "consultation",
        "claim",
        "booking",
    )
    return {
        "customer_id": rng.choice((*IDS, "nobody on file")),
        "date": datetime.combine(day, _clock(rng)),
        "type": rng.choice((*kinds, None)),
        "severity": rng.choice((1.0, 2.0, 3.0, None)),
        "closed": closed and datetime.combine(closed, _clock(rng)),
    }


def _answer(rng: random.Random, spread: int) -> dict[str, Any]:
    scale = rng.choice((None, 5.0, 10.0, 100.0))
    return {
        "customer_id": rng.choice((*IDS, "nobody on file", None)),
        # Few days, so that several answers fall on the latest one.
        "date": rng.choice((AS_OF, AS_OF + timedelta(1), AS_OF - timedelta(rng.choice((7, spread))))),
        "item": rng.choice(("nps", "nps", "room", "food", "service")),
        "score": float(rng.randint(0, int(scale or 10))),
        "scale": scale,
    }


def _invoice(rng: random.Random, spread: int) -> dict[str, Any]:
    amount = Decimal(rng.choice(("100", "59.9", "0", "1000.01", "-20")))
    return {
        "customer_id": rng.choice((*IDS, "nobody on file")),
        "issued": rng.choice((None, _day(rng, spread))),
        "due": _day(rng, spread) + timedelta(rng.choice((0, 30))),
        "amount": amount,
        "paid": rng.choice((None, Decimal(0), Decimal("10.5"), amount, amount + 1)),
        "paid_date": rng.choice((None, _day(rng, spread))),
    }


def _day(rng: random.Random, spread: int) -> date:
    """Often the first or last day of a window, sometimes after AS_OF."""
    ago = rng.choice(EDGES) if rng.random() < 0.3 else rng.randint(-10, spread)
    return AS_OF - timedelta(ago)


def _clock(rng: random.Random) -> time:
    return rng.choice((time(0, 0), time(9, 30), time(23, 59, 59, 999999)))
