"""The retail sample: customers and orders of a household textiles shop, made for early warning and win back.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.retail`. Every customer follows a
habit (`HABITS`), so each lifecycle stage, each warning level and both decisions about lost customers of the retail
pack have people in it for a reason one can see in their orders. Nobody here is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.sheets import Row, Sheet, write_book

SEED = 20261101
AS_OF = date(2026, 10, 31)
EXPORTED = datetime(2026, 11, 2, 9, 0)


class Habit(NamedTuple):
    """How a group of customers buys: days before AS_OF of the first and last order, usual gap, and the end of it.

    From `fading` days before AS_OF on, gaps are `stretch` times as long and baskets `shrink` times as large.
    """

    name: str
    customers: int
    first: tuple[int, int]
    last: tuple[int, int] = (0, 0)
    gap: tuple[int, int] = (18, 40)
    fading: int = 0
    stretch: float = 1.0
    shrink: float = 1.0
    once: bool = False


HABITS = (
    Habit("steady", 80, (300, 780)),
    Habit("forming", 42, (40, 170), gap=(14, 32)),
    Habit("trying", 30, (2, 28), once=True),
    Habit("tried, quiet", 18, (40, 150), once=True),
    Habit("smaller baskets", 26, (300, 780), gap=(12, 24), fading=85, shrink=0.55),
    Habit("rarer orders", 26, (300, 780), gap=(12, 22), fading=88, stretch=2.6),
    Habit("breaking off", 30, (300, 780), last=(62, 150)),
    Habit("lost", 46, (420, 780), last=(185, 380), gap=(14, 60)),
    Habit("lost after one order", 22, (190, 600), once=True),
    Habit("registered only", 10, (0, 0)),
)
FAMILY = "林 周 许 江 罗 沈 韦 乔 顾 温 Adler Bonnet Castell Dunmore Esposito Farrow Grieve Holm Iversen Jansen".split()
GIVEN = "安然 晓雨 立言 家栋 若溪 明远 Ada Bruno Celia Dario Edith Felix Greta Hugo Irene Jonas".split()
REGIONS = ("North", "East", "South", "West")
CHANNELS = ("Web shop", "Store", "Marketplace", "Phone")
BRANCHES = ("Canal Street", "Old Market", "Station Mall")
PRODUCTS = (
    ("Linen sheet set", "Bedding", 129.0, 0.52), ("Duvet", "Bedding", 189.0, 0.58), ("Pillow pair", "Bedding", 59.0, 0.5),
    ("Bath towel", "Bath", 24.9, 0.45), ("Bath mat", "Bath", 34.5, 0.47), ("Dressing gown", "Bath", 79.0, 0.5),
    ("Table runner", "Table", 29.9, 0.42), ("Napkins, six", "Table", 21.5, 0.4), ("Curtain, pair", "Windows", 149.0, 0.55),
    ("Blackout blind", "Windows", 89.0, 0.57), ("Wool throw", "Living", 99.0, 0.53), ("Cushion cover", "Living", 19.9, 0.41),
)  # fmt: skip
CUSTOMERS = {
    "Customer ID": ("customer_id", 11), "Name": ("name", 18), "Birthday": ("birthday", 12), "Region": ("region", 9), "Joined": ("joined", 12),
    "Channel": ("channel", 13), "Marketable": ("marketable", 11), "Budget": ("budget", 10), "Lost reason": ("lost_reason", 14),
}  # fmt: skip
TRANSACTIONS = {
    "Transaction ID": ("transaction_id", 14), "Customer ID": ("customer_id", 11), "Date": ("date", 12),
    "Product": ("product", 18), "Category": ("category", 11), "Quantity": ("quantity", 9), "Amount": ("amount", 11),
    "Cost": ("cost", 11), "Channel": ("channel", 13), "Branch": ("branch", 14),
}  # fmt: skip
NOTES = (
    "Lantern & Loom (an invented shop for household textiles) - customers and orders",
    "Period: September 2024 to 31 October 2026. Amounts in EUR, refunds negative, cost is the cost of goods.",
    "Budget: what the household spends on textiles a month, where the customer told us.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    customers, transactions = shop_tables(np.random.default_rng(seed))
    sheets = [
        Sheet("Customers", CUSTOMERS, customers),
        Sheet("Transactions", TRANSACTIONS, transactions),
    ]
    write_book(path, sheets, NOTES, created=EXPORTED, width=100)


def shop_tables(rng: np.random.Generator) -> tuple[list[Row], list[Row]]:
    """Customers, ordered by id, and order lines, ordered by date."""
    customers: list[Row] = []
    orders: list[tuple[date, Row, float]] = []
    habits = [habit for habit in HABITS for _ in range(habit.customers)]
    for number, place in enumerate(rng.permutation(len(habits)), start=1):
        habit = habits[place]
        customer = _customer(rng, f"R{number:04d}", habit)
        customers.append(customer)
        orders += [(day, customer, size) for day, size in _order_days(rng, habit)]
    orders.sort(key=lambda order: (order[0], order[1]["customer_id"]))
    numbers = count(100_001)
    transactions = [
        line
        for day, customer, size in orders
        for line in _order(rng, f"S{next(numbers)}", day, customer, size)
    ]
    _joined(customers, orders)
    _birthdays(rng, customers)
    return customers, transactions


def _customer(rng: np.random.Generator, customer_id: str, habit: Habit) -> Row:
    lost = habit.name.startswith("lost")
    return {
        "customer_id": customer_id,
        "name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
        "region": str(rng.choice(REGIONS, p=(0.35, 0.3, 0.2, 0.15))),
        "channel": str(rng.choice(CHANNELS, p=(0.5, 0.3, 0.15, 0.05))),
        "marketable": "yes" if rng.random() < 0.85 else "no",
        # One in six names a budget; from 2,000 on there is potential.
        "budget": float(rng.choice((800, 1500, 2500, 6000, 12000))) if rng.random() < 0.17 else None,
        "lost_reason": str(rng.choice(("price", "service", "product", "competitor")))
        if lost and rng.random() < 0.5
        else None,
        "size": float(rng.lognormal(0.0, 0.6)),
    }


def _order_days(rng: np.random.Generator, habit: Habit) -> list[tuple[date, float]]:
    """Days of a customer's orders, each with the size of the basket against the customer's usual one."""
    first, last = (int(rng.integers(low, high + 1)) for low, high in (habit.first, habit.last))
    if habit.name == "registered only":
        return []
    if habit.once:
        return [(AS_OF - timedelta(first), 1.0)]
    usual = float(rng.uniform(*habit.gap))
    days = []
    ago = float(first)
    while ago >= last:
        faded = ago < habit.fading
        days.append((AS_OF - timedelta(int(ago)), habit.shrink if faded else 1.0))
        ago -= max(1.0, usual * rng.uniform(0.75, 1.25) * (habit.stretch if faded else 1.0))
    return days


def _order(rng: np.random.Generator, number: str, day: date, customer: Row, size: float) -> list[Row]:
    """The lines of one order; one in sixty is sent back a week later."""
    channel = customer["channel"] if rng.random() < 0.8 else str(rng.choice(CHANNELS))
    branch = str(rng.choice(BRANCHES)) if channel == "Store" else None
    lines = []
    for product in rng.choice(len(PRODUCTS), 1 + int(rng.random() < 0.35), replace=False):
        name, category, price, cost = PRODUCTS[product]
        quantity = max(1, round(customer["size"] * size * float(rng.uniform(0.7, 1.6)) * 60 / price))
        amount = round(quantity * price * float(rng.choice((1.0, 1.0, 1.0, 0.9))), 2)
        lines.append(
            {"transaction_id": number, "customer_id": customer["customer_id"], "date": day, "product": name, "category": category,
             "quantity": quantity, "amount": amount, "cost": round(quantity * price * cost, 2), "channel": channel, "branch": branch}
        )  # fmt: skip
    if rng.random() < 1 / 60 and day + timedelta(7) <= AS_OF:
        back = lines[0]
        refund = {"date": day + timedelta(7), "transaction_id": f"{number}-R"}
        lines.append(back | refund | {name: -back[name] for name in ("quantity", "amount", "cost")})
    return lines


def _joined(customers: list[Row], orders: Sequence[tuple[date, Row, float]]) -> None:
    """Everyone joined with the first order; who has none joined last summer."""
    first: dict[str, date] = {}
    for day, customer, _ in orders:
        first.setdefault(customer["customer_id"], day)
    for customer in customers:
        customer["joined"] = first.get(customer["customer_id"], date(2026, 8, 15))


def _birthdays(rng: np.random.Generator, customers: list[Row]) -> None:
    """Two in three told the shop their birthday, for the voucher."""
    for customer in customers:
        told, age, day = rng.random() < 2 / 3, int(rng.integers(21, 80)), int(rng.integers(365))
        customer["birthday"] = date(AS_OF.year - age, 1, 1) + timedelta(day) if told else None


if __name__ == "__main__":
    write(sample_path("retail"))
