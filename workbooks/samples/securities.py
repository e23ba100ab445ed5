"""The securities sample: accounts and trades of a brokerage, made for counts, behaviour and loyalty.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.securities`. Every account follows a
habit (`HABITS`), so each tier, each class and each level of loyalty of the securities pack has accounts in it for a
reason one can see in their trades. Nobody here is real.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.invented import working_day
from workbooks.samples.sheets import Row, Sheet, write_book

SEED = 20261122
AS_OF = date(2026, 10, 30)
EXPORTED = datetime(2026, 11, 2, 9, 0)


class Habit(NamedTuple):
    """How a group of accounts trades.

    `opened` and `stopped` are days before AS_OF, `gap` days between trades, `held` days a position is held, `volume` the
    size of a trade [currency], `risky` the share of trades in options, margin and warrants, `discount` that of trades
    with a cheaper commission, `assets` what lies in the account [currency].
    """

    name: str
    accounts: int
    opened: tuple[int, int]
    gap: tuple[int, int]
    held: tuple[int, int]
    volume: float
    assets: tuple[float, float]
    stopped: int = 0
    risky: float = 0.0
    discount: float = 0.2
    focus: float = 0.0


HABITS = (
    Habit(
        "day traders", 24, (200, 1500), (3, 9), (1, 20), 60_000, (50_000, 400_000), risky=0.75, discount=0.6
    ),
    Habit("old houses", 20, (1900, 3200), (15, 30), (200, 700), 180_000, (600_000, 6_000_000), discount=0.0),
    Habit("swing traders", 46, (300, 1500), (10, 24), (20, 110), 25_000, (20_000, 300_000), risky=0.3),
    Habit(
        "savers", 60, (400, 2500), (25, 40), (250, 900), 4_000, (10_000, 200_000), discount=0.05, focus=0.9
    ),
    Habit("fading", 24, (500, 1500), (6, 14), (20, 90), 40_000, (30_000, 200_000), stopped=75, risky=0.2),
    Habit("gone quiet", 26, (700, 1800), (14, 40), (60, 300), 15_000, (110_000, 900_000), stopped=230),
    Habit("gone for good", 20, (700, 1800), (20, 60), (60, 300), 5_000, (0, 20_000), stopped=300),
    Habit("costly", 20, (200, 900), (30, 60), (60, 300), 900, (2_000, 60_000)),
    Habit("rich and silent", 8, (300, 1500), (2000, 3000), (60, 300), 10_000, (520_000, 3_000_000)),
    Habit("opened, never traded", 26, (20, 400), (0, 0), (0, 0), 0, (0, 250_000)),
)
FAMILY = "沈 陆 潘 汪 石 顾 孟 黎 Almer Brandt Corsini Dietz Engel Fournier Graves Holt Ivers Jorda Kemp Lind".split()
GIVEN = "志远 思齐 美琳 国栋 雅文 子墨 Anna Boris Clara David Emma Frank Gina Henri Ida Jakob".split()
ADVISERS = ("Chen", "Moreau", "Okafor", "Weber")
STYLES = ("trend", "value", "swing", None)
PRODUCTS = {
    "shares": ("Blue chips", "Small caps", "New listings"), "funds": ("Index fund", "Bond fund", "Mixed fund"),
    "bonds": ("Treasury bond", "Convertible"), "options": ("Index option", "Share option"),
    "margin": ("Margin trade",), "warrants": ("Warrant",),
}  # fmt: skip
RISKY, CALM = ("options", "margin", "warrants"), ("shares", "funds", "bonds")
CUSTOMERS = {
    "Customer ID": ("customer_id", 11), "Name": ("name", 18), "Joined": ("joined", 12), "Assets": ("assets", 14),
    "Style": ("style", 9), "Adviser": ("adviser", 10), "Referrer ID": ("referrer_id", 11), "Region": ("region", 9),
    "Marketable": ("marketable", 11),
}  # fmt: skip
TRANSACTIONS = {
    "Transaction ID": ("transaction_id", 14), "Customer ID": ("customer_id", 11), "Date": ("date", 12),
    "Category": ("category", 10), "Product": ("product", 16), "Turnover": ("turnover", 14), "Amount": ("amount", 11),
    "Cost": ("cost", 10), "Discount": ("discount", 9), "Holding days": ("holding_days", 12), "Channel": ("channel", 9),
}  # fmt: skip
LEADS = {
    "Lead ID": ("lead_id", 9), "Customer ID": ("customer_id", 11), "Name": ("name", 18), "Source": ("source", 12),
    "Expected monthly amount": ("expected_monthly_amount", 24), "Created": ("created", 12), "Closed": ("closed", 12), "Won": ("won", 6),
    "Owner": ("owner", 10),
}  # fmt: skip
NOTES = (
    "Harbour Lane Securities (an invented brokerage) - accounts and trades",
    "Amount is the commission, Cost the cost of executing and serving the trade, both in EUR; Turnover is the volume traded.",
    "Discount is the share of the usual commission that was waived. Holding days are those of the position closed.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    customers, trades = brokerage_tables(np.random.default_rng(seed))
    sheets = [
        Sheet("Customers", CUSTOMERS, customers),
        Sheet("Transactions", TRANSACTIONS, trades),
        Sheet("Leads", LEADS, _leads(np.random.default_rng(seed + 1), customers)),
    ]
    write_book(path, sheets, NOTES, created=EXPORTED)


def brokerage_tables(rng: np.random.Generator) -> tuple[list[Row], list[Row]]:
    """Customers, ordered by id, and trades, ordered by date."""
    habits = [habit for habit in HABITS for _ in range(habit.accounts)]
    customers: list[Row] = []
    trades: list[Row] = []
    for number, place in enumerate(rng.permutation(len(habits)), start=1):
        habit = habits[place]
        opened = int(rng.integers(*habit.opened))
        customer = _customer(rng, f"A{number:04d}", habit, opened)
        customers.append(customer)
        trades += _trades(rng, customer["customer_id"], habit, opened)
    _referrals(rng, customers)
    trades.sort(key=lambda trade: (trade["date"], trade["customer_id"]))
    numbers = count(500_001)
    for trade in trades:
        trade["transaction_id"] = f"T{next(numbers)}"
    return customers, trades


def _customer(rng: np.random.Generator, customer_id: str, habit: Habit, opened: int) -> Row:
    low, high = habit.assets
    return {
        "customer_id": customer_id,
        "name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
        "joined": AS_OF - timedelta(opened),
        "assets": round(float(rng.uniform(low, high)), 2),
        "style": STYLES[int(rng.integers(len(STYLES)))],
        "adviser": str(rng.choice(ADVISERS)),
        "referrer_id": None,
        "region": str(rng.choice(("North", "South", "Coast"))),
        "marketable": "yes" if rng.random() < 0.85 else "no",
    }


def _trades(rng: np.random.Generator, customer_id: str, habit: Habit, opened: int) -> list[Row]:
    """Trades of one account; the log begins eighteen months before AS_OF, but for the first trade of all."""
    if not habit.gap[1]:
        return []
    usual = float(rng.uniform(*habit.gap))
    favourite = str(rng.choice(CALM)) if rng.random() < habit.focus else None
    size = habit.volume * float(rng.lognormal(0, 0.5))
    begin = min(opened, 548)
    days = [opened] if opened > begin else []
    ago = float(begin) - usual * float(rng.uniform(0, 1))
    while ago >= habit.stopped:
        days.append(int(ago))
        ago -= max(1.0, usual * float(rng.uniform(0.6, 1.4)))
    return [_trade(rng, customer_id, habit, day, size, favourite) for day in days]


def _trade(
    rng: np.random.Generator, customer_id: str, habit: Habit, ago: int, size: float, favourite: str | None
) -> Row:
    risky = rng.random() < habit.risky
    category = str(rng.choice(RISKY)) if risky else favourite or str(rng.choice(CALM))
    turnover = round(size * float(rng.lognormal(0, 0.4)), 2)
    discount = float(rng.choice((0.1, 0.2, 0.3))) if rng.random() < habit.discount else 0.0
    # A fifth of a per cent of the volume; what a trade costs hardly depends on its size.
    return {
        "customer_id": customer_id,
        "date": working_day(AS_OF - timedelta(ago)),
        "category": category,
        "product": str(rng.choice(PRODUCTS[category])),
        "turnover": turnover,
        "amount": round(turnover * 0.002 * (1 - discount), 2),
        "cost": round(4.0 + turnover * 0.0004, 2),
        "discount": discount,
        "holding_days": int(rng.integers(habit.held[0], habit.held[1] + 1)),
        "channel": str(rng.choice(("App", "Web", "Phone"), p=(0.6, 0.3, 0.1))),
    }


def _referrals(rng: np.random.Generator, customers: list[Row]) -> None:
    """One account in four was opened on the advice of another, older one; some people recommend often."""
    older = sorted(customers, key=lambda customer: customer["joined"])
    fond = [older[int(place)]["customer_id"] for place in rng.integers(0, 40, 16)]
    for customer in older[len(older) // 3 :]:
        if rng.random() < 1 / 4:
            customer["referrer_id"] = str(rng.choice(fond))


def _leads(rng: np.random.Generator, customers: list[Row]) -> list[Row]:
    """People who asked about an account: some have been won or lost since, and two have one already."""
    leads: list[Row] = []
    for number in range(1, 25):
        created = AS_OF - timedelta(int(rng.integers(5, 150)))
        closed = created + timedelta(int(rng.integers(3, 40))) if rng.random() < 0.3 else None
        over = closed is not None and closed <= AS_OF
        known = customers[int(rng.integers(len(customers)))] if number in (7, 19) else None
        leads.append({
            "lead_id": f"L{number:02d}", "customer_id": known["customer_id"] if known else None,
            "name": known["name"] if known else f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
            "source": str(rng.choice(("Seminar", "Web form", "Advice"))), "expected_monthly_amount": float(round(rng.uniform(20, 900), -1)),
            "created": created, "closed": closed if over else None, "won": ("yes" if rng.random() < 0.5 else "no") if over else None,
            "owner": str(rng.choice(ADVISERS)),
        })  # fmt: skip
    return leads


if __name__ == "__main__":
    write(sample_path("securities"))
