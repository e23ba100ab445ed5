"""Tables by chance for the aggregates of a report, with some of everything that can be missing, and what an engine answers."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa

from tierbook import aggregates
from tierbook.engines.duckdb import DuckDB

AS_OF = date(2026, 3, 31)
SIGNALS = ("drop", "spend_drop", "long_gap")
Row = dict[str, Any]


def tables(seed: int) -> dict[str, pa.Table]:
    """Customers, the same one window earlier, and transactions; some of everything that can be missing."""
    chance = random.Random(seed)

    def customer(number: int) -> Row:
        orders = chance.choice([0, 1, 5])
        signals = [name for name in SIGNALS if chance.random() < 0.3]
        return {
            "customer_id": f"C{number:03}",
            "first_date": AS_OF - timedelta(days=chance.randint(0, 500)) if orders else None,
            "orders": float(orders),
            "orders_recent": float(min(orders, chance.randint(0, 2))),
            "spend_recent": round(chance.uniform(-50, 500), 2),
            "total_spend": chance.choice([None, 0.0, 0.1, round(chance.uniform(-100, 9_000), 2)]),
            "value": chance.choice([None, round(chance.uniform(0, 9_000), 2), 1000.0]),
            "value.base": chance.choice([None, round(chance.uniform(0, 9_000), 2)]),
            "tier": chance.choice([None, "vip", "general"]),
            "stage": chance.choice(["growth", "decline"]),
            "churn_level": chance.choice(["lost", "none"]),
            "churn_flagged": chance.random() < 0.3,
            "churn_signals": "; ".join(signals),
            "rfm_r": chance.choice([None, 1.0, 5.0]),
            "rfm_f": chance.choice([None, 2.0, 4.0]),
            "rfm_segment": chance.choice([None, "champions", "lost"]),
            "early_warning": chance.choice(["lost", "watch", "none"]),
            "early_warning_reason": chance.choice([None, "R", "M"]),
            "winback": chance.choice([None, "", "win_back", "let_go"]),
            "winback_spend": chance.choice([None, 0.0, round(chance.uniform(0, 90), 2)]),
            "region": chance.choice([None, "North", "South / East"]),
            "spend_previous": 10.25,
            "total_cost": 0.1 * number,
            "net_value": None if number == 7 else 100.0 - number,
            "spend_per_month": float(number),
            "budget": None if number % 3 else 300.0,
            "contract_end": None if number % 5 else AS_OF - timedelta(days=20),
            "key_account": number in (1, 3, 7),
            "joined": AS_OF - timedelta(days=90) if number % 2 else None,
            # A customer's own columns may be called anything.
            "class": "gold",
            "amount": 1.0,
        }

    customers = [customer(number) for number in range(120)]
    before = [customer(number) for number in range(0, 120, 2)]
    transactions = [
        {
            "customer_id": f"C{chance.randint(0, 119):03}",
            "date": AS_OF - timedelta(days=chance.randint(-20, 420)),
            "amount": round(chance.uniform(-30, 300), 2),
            "product": chance.choice([None, "tea", "soup"]),
            "owner": chance.choice([None, None, "Ann", "Bo"]),
            "cost": chance.choice([None, 0.0, 12.5]),
            "channel": chance.choice([None, "shop", "web"]),
            "quantity": chance.choice([None, 1.0, 3.0]),
            # Lines of one customer and number are one sale; without a number it is what was bought on a day.
            "transaction_id": None if number % 5 else f"T{number // 50}",
            "edition": ("1", "2", None)[number % 3],
        }
        for number in range(1_500)
    ]
    lines = pa.Table.from_pylist(transactions)
    said = [
        {
            "customer_id": f"C{chance.randint(0, 119):03}",
            "date": AS_OF - timedelta(days=chance.randint(-5, 40)),
            "type": chance.choice(["complaint", "visit"]),
            "severity": chance.choice([None, 1.0, 3.0]),
            "reason": chance.choice([None, "noise"]),
            "closed": chance.choice([None, AS_OF - timedelta(days=1), AS_OF + timedelta(days=1)]),
            "owner": chance.choice([None, "Cy"]),
            "channel": chance.choice([None, "shop", "phone"]),
            "outcome": chance.choice([None, "reached"]),
            "phase": ("presale", None)[number // 2 % 2],
            "edition": ("1", None)[number % 2],
            "cost": (None, 0.1, 0.2)[number % 3],
        }
        for number in range(80)
    ]
    return {
        "scored": pa.Table.from_pylist(customers),
        "scored_before": pa.Table.from_pylist(before, schema=pa.Table.from_pylist(customers).schema),
        "days_": _purchase_days(transactions),
        "tierbook_transactions": lines,
        "tierbook_interactions": pa.Table.from_pylist(said),
        "tierbook_customers": pa.Table.from_pylist(SIDES),
        "tierbook_wants": pa.Table.from_pylist(WANTS),
        "tierbook_campaigns": pa.Table.from_pylist(_CAMPAIGNS),
        "tierbook_campaign_responses": pa.Table.from_pylist(_ANSWERS),
        "tierbook_contracts": pa.Table.from_pylist(_CONTRACTS),
        "tierbook_redemptions": pa.Table.from_pylist(_REDEEMED),
        "groups_": pa.Table.from_pylist(
            [{"customer_id": "C001", "root": "C002"}, {"customer_id": "C003", "root": "Z"}]
        ),
    }


_CAMPAIGNS: list[Row] = [
    {"campaign_id": "K1", "name": "Spring", "start": AS_OF - timedelta(days=60), "end": AS_OF - timedelta(days=30), "cost": 40.10},
    {"campaign_id": "K2", "name": "Later", "start": AS_OF + timedelta(days=1), "end": None, "cost": 5.0},
    {"campaign_id": "K3", "name": None, "start": AS_OF, "end": None, "cost": None},
]  # fmt: skip
SIDES: list[Row] = [
    {"customer_id": f"C{number:03}", "side": ("exhibitor", "visitor", None)[number % 3]}
    for number in range(120)
]
WANTS: list[Row] = [
    {
        "customer_id": f"C{number:03}", "edition": ("1", "2", None)[number % 3 if number % 2 else 0], "side": "visitor" if number % 5 else None,
        "categories": "a;b" if number % 4 else None, "professional": number % 2 == 0, "preregistered": number % 7 == 0,
        "attended": number % 3 != 0,
    }
    for number in range(60, 130)
]  # fmt: skip
_CONTRACTS: list[Row] = [
    {"customer_id": "C001", "start": None, "end": AS_OF + timedelta(days=9)},
    {"customer_id": "C002", "start": AS_OF, "end": AS_OF - timedelta(days=4)},
    {"customer_id": "C002", "start": AS_OF + timedelta(days=1), "end": AS_OF + timedelta(days=5)},
]
_REDEEMED: list[Row] = [
    {"customer_id": "C001", "date": AS_OF, "points": 100.5, "item": "mug"},
    {"customer_id": "C001", "date": AS_OF - timedelta(days=9), "points": 9.5, "item": "mug"},
    {"customer_id": "C001", "date": AS_OF + timedelta(days=1), "points": 50.0, "item": "bag"},
    {"customer_id": "C002", "date": AS_OF, "points": None, "item": "bag"},
]
_ANSWERS: list[Row] = [
    {"campaign_id": campaign, "customer_id": customer, "group": group, "responded": responded, "revenue": revenue}
    for campaign, customer, group, responded, revenue in (
        ("K1", "C001", "target", True, 0.10), ("K1", "C001", "target", False, 0.20), ("K1", "C002", None, None, None),
        ("K1", "C003", "control", True, 9.0), ("K1", "C004", "control", False, 1.0), ("K1", "C004", "target", False, 2.0),
        ("K2", "C001", "target", True, 7.0), ("K9", "C005", "control", False, None),
    )
]  # fmt: skip


def _purchase_days(transactions: list[Row]) -> pa.Table:
    """Each customer's days with a purchase, beside the one before and counted."""
    days = sorted({(row["customer_id"], row["date"]) for row in transactions if row["amount"] >= 0})
    found: list[Row] = []
    for customer, day in days:
        last = found[-1] if found and found[-1]["customer_id"] == customer else None
        before, place = (last["date"], last["place"] + 1) if last else (None, 1)
        new_month = before is None or before.replace(day=1) < day.replace(day=1)
        row = {"customer_id": customer, "date": day, "day_before": before, "place": place}
        found.append(row | {"new_month": new_month})
    return pa.Table.from_pylist(found)


def query(name: str, **more: Any) -> str:
    """The text of an aggregate on `AS_OF`."""
    return aggregates.query(name, as_of=AS_OF, parts=["base"], signals=SIGNALS, window_days=90, **more)


def answered(given: dict[str, pa.Table], name: str, **more: Any) -> list[Row]:
    """The rows DuckDB gives for an aggregate over these tables."""
    engine = DuckDB()
    for table, rows in given.items():
        engine.put(table, rows)
    for table, text in PREPARED.items():
        engine.make(table, text)
    return engine.sql(query(name, **more)).to_pylist()


# As `features.load` makes them.
PREPARED = {
    "tierbook_numbers": """
SELECT customer_id, ROW_NUMBER() OVER (ORDER BY customer_id) AS customer
FROM (SELECT DISTINCT customer_id FROM tierbook_transactions) AS everyone""",
    "tierbook_sales": """
SELECT numbers.customer, date, product, channel,
    CAST(amount AS DECIMAL(18, 6)) AS amount, CAST(cost AS DECIMAL(18, 6)) AS cost
FROM tierbook_transactions AS sale JOIN tierbook_numbers AS numbers ON numbers.customer_id = sale.customer_id""",
    "tierbook_purchase_days": """
SELECT numbers.customer, date, day_before, place, new_month
FROM days_ JOIN tierbook_numbers AS numbers ON numbers.customer_id = days_.customer_id""",
}


def exact(amounts: Any) -> float:
    """The sum of decimal amounts without a rounding on the way; missing ones do not count."""
    return float(sum((Fraction(str(amount)) for amount in amounts if amount is not None), Fraction(0)))
