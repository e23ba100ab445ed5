"""The exhibition sample: exhibitors and visitors of five editions of a fair, made for retention, cost and matching.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.exhibition`. Every customer follows a
habit (`HABITS`): which editions it comes to, whether it announces itself, what it shows or wants. Nobody here is real.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.sheets import Row, Sheet, write_book

SEED = 20261123
EXPORTED = datetime(2026, 9, 21, 9, 0)
EDITIONS = {
    "2024 autumn": date(2024, 9, 12), "2025 spring": date(2025, 3, 13), "2025 autumn": date(2025, 9, 11),
    "2026 spring": date(2026, 3, 12), "2026 autumn": date(2026, 9, 10),
}  # fmt: skip


class Habit(NamedTuple):
    """How a group takes part.

    `editions` are the first and last edition it comes to, `comes` the share of those it does come to, `size` the stand
    or ticket [currency], `budget` a month [currency], `announces` the share of preregistrations, `shrinks` the change
    of the stand at the latest edition.
    """

    name: str
    side: str
    people: int
    editions: tuple[int, int]
    comes: float
    size: tuple[float, float]
    budget: tuple[float, float] = (0, 0)
    expert: float = 0.0
    announces: float = 0.6
    shrinks: float = 0.0


HABITS = (
    Habit("market leaders", "exhibitor", 12, (0, 4), 1.0, (18_000, 45_000)),
    Habit("regular exhibitors", "exhibitor", 34, (0, 4), 0.85, (5_000, 14_000)),
    Habit("new exhibitors", "exhibitor", 16, (4, 4), 1.0, (3_000, 8_000)),
    Habit("shrinking", "exhibitor", 9, (0, 4), 1.0, (9_000, 20_000), shrinks=-0.5),
    Habit("stayed away lately", "exhibitor", 14, (0, 3), 0.9, (4_000, 12_000)),
    Habit("gone exhibitors", "exhibitor", 12, (0, 2), 0.9, (3_000, 9_000)),
    Habit("purchasing departments", "visitor", 60, (1, 4), 0.85, (30, 60), (300_000, 2_000_000), expert=1.0),
    Habit("engineers", "visitor", 150, (0, 4), 0.6, (25, 45), (20_000, 200_000), expert=0.9),
    Habit("curious", "visitor", 130, (0, 4), 0.3, (15, 25), announces=0.3),
    Habit("first time", "visitor", 120, (4, 4), 1.0, (15, 45), (0, 90_000), expert=0.4),
    Habit("gone visitors", "visitor", 70, (0, 2), 0.7, (15, 45), (0, 90_000), expert=0.4),
    Habit("announced and never came", "visitor", 40, (2, 4), 0.0, (15, 45), (0, 90_000), expert=0.5, announces=1.0),
)  # fmt: skip
CATEGORIES = (
    "pumps", "valves", "sensors", "drives", "control", "robots", "welding", "coating", "packaging", "logistics", "software", "safety",
)  # fmt: skip
# Everybody asks for robots and software; hardly anybody shows welding that nobody wants.
SHOWN = np.array([9, 9, 8, 8, 7, 3, 8, 6, 7, 6, 3, 4], dtype=float)
WANTED = np.array([6, 6, 9, 5, 8, 12, 1, 3, 5, 6, 12, 4], dtype=float)
TOWNS = ("Nantes", "Porto", "Graz", "Malmö", "苏州", "青岛")
FIRST = "Delta Meridian Nordic Atlas Helix Quartz Orion Vega Cobalt Ferro 恒达 卓越".split()
SECOND = "Pumps Systems Robotics Controls Werke Industrie Automation 机械 科技".split()
PEOPLE = "Ana Bruno Chiara Dov Elif Farid Greta Hugo Iris Jun 李娜 王强 陈晨 Kemal Lotte Marta".split()
FAMILY = "Almeida Bauer Costa Duarte Eriksen Fabre Grün Holm Ito Jansen Kaya Lund".split()
CUSTOMERS = {
    "Customer ID": ("customer_id", 11), "Name": ("name", 24), "Side": ("side", 11), "Region": ("region", 10),
    "Joined": ("joined", 12), "Budget": ("budget", 14), "Marketable": ("marketable", 11),
}  # fmt: skip
TRANSACTIONS = {
    "Transaction ID": ("transaction_id", 14), "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Edition": ("edition", 13),
    "Product": ("product", 13), "Amount": ("amount", 12), "Cost": ("cost", 11), "Channel": ("channel", 10),
}  # fmt: skip
INTERACTIONS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Type": ("type", 11), "Phase": ("phase", 10), "Channel": ("channel", 10),
    "Outcome": ("outcome", 10), "Cost": ("cost", 9), "Edition": ("edition", 13), "Owner": ("owner", 10), "Severity": ("severity", 9),
}  # fmt: skip
WANTS = {
    "Customer ID": ("customer_id", 11), "Edition": ("edition", 13), "Side": ("side", 11), "Categories": ("categories", 34),
    "Professional": ("professional", 12), "Preregistered": ("preregistered", 13), "Attended": ("attended", 10),
}  # fmt: skip
NOTES = (
    "Estuary Industry Fair (an invented trade fair) - exhibitors and visitors of five editions",
    "Amount is stand rent or ticket in EUR; Cost what the stand or the ticket costs the fair.",
    "Wants: what an exhibitor shows or a visitor looks for, one row for each edition. Interactions: what was done, and spent, to bring them.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    tables = fair_tables(np.random.default_rng(seed))
    given = (
        ("Customers", CUSTOMERS), ("Transactions", TRANSACTIONS), ("Interactions", INTERACTIONS), ("Wants", WANTS),
    )  # fmt: skip
    sheets = [Sheet(name, columns, tables[name.lower()]) for name, columns in given]
    write_book(path, sheets, NOTES, created=EXPORTED, width=120)


def fair_tables(rng: np.random.Generator) -> dict[str, list[Row]]:
    """Customers by id, the other tables by date."""
    habits = [habit for habit in HABITS for _ in range(habit.people)]
    tables: dict[str, list[Row]] = {
        name: [] for name in ("customers", "transactions", "interactions", "wants")
    }
    numbers = {"exhibitor": count(1), "visitor": count(1)}
    for place in rng.permutation(len(habits)).tolist():
        habit = habits[place]
        letter = habit.side[0].upper()
        _take_part(rng, f"{letter}{next(numbers[habit.side]):04d}", habit, tables)
    tables["customers"].sort(key=lambda row: row["customer_id"])
    for name in ("transactions", "interactions", "wants"):
        tables[name].sort(key=lambda row: (str(row.get("date") or row["edition"]), row["customer_id"]))
    for number, row in zip(count(70_001), tables["transactions"], strict=False):
        row["transaction_id"] = f"B{number}"
    return tables


def _take_part(
    rng: np.random.Generator, customer_id: str, habit: Habit, tables: dict[str, list[Row]]
) -> None:
    expert = rng.random() < habit.expert
    size = float(rng.uniform(*habit.size))
    likes = _categories(rng, habit.side)
    first, last = habit.editions
    editions = list(EDITIONS.items())
    for at in range(first, last + 1):
        edition, opens = editions[at]
        announced = rng.random() < habit.announces
        came = rng.random() < habit.comes
        if habit.side == "exhibitor" and at == last:
            came = came or habit.comes > 0.8
        if habit.side == "visitor" and not (announced or came):
            continue
        if rng.random() < 0.25:
            likes = _categories(rng, habit.side)
        _recruit(rng, customer_id, habit, edition, opens, came, tables["interactions"])
        if habit.side == "visitor" or came:
            tables["wants"].append({
                "customer_id": customer_id, "edition": edition, "side": habit.side, "categories": "; ".join(likes),
                "professional": _said(expert) if habit.side == "visitor" else None,
                "preregistered": _said(announced) if habit.side == "visitor" else None, "attended": _said(came),
            })  # fmt: skip
        if came:
            shrunk = 1 + habit.shrinks if at == 4 else 1.0
            tables["transactions"].append(_booking(rng, customer_id, habit, edition, opens, size * shrunk))
    name = (
        f"{rng.choice(FIRST)} {rng.choice(SECOND)}"
        if habit.side == "exhibitor"
        else f"{rng.choice(PEOPLE)} {rng.choice(FAMILY)}"
    )
    tables["customers"].append({
        "customer_id": customer_id, "name": name, "side": habit.side, "region": str(rng.choice(TOWNS)),
        "joined": editions[first][1] - timedelta(int(rng.integers(30, 200))),
        "budget": round(float(rng.uniform(*habit.budget)), -2) if habit.budget[1] else None,
        "marketable": _said(rng.random() < 0.85),
    })  # fmt: skip


def _categories(rng: np.random.Generator, side: str) -> list[str]:
    weight = SHOWN if side == "exhibitor" else WANTED
    picked = rng.choice(len(CATEGORIES), int(rng.integers(1, 4)), replace=False, p=weight / weight.sum())
    return [CATEGORIES[at] for at in sorted(picked.tolist())]


def _booking(
    rng: np.random.Generator, customer_id: str, habit: Habit, edition: str, opens: date, size: float
) -> Row:
    amount = round(size * float(rng.uniform(0.95, 1.05)), 2)
    stand = habit.side == "exhibitor"
    return {
        "customer_id": customer_id, "date": opens if stand else opens + timedelta(int(rng.integers(0, 3))), "edition": edition,
        "product": ("stand, corner" if amount > 12_000 else "stand, row") if stand else ("ticket, 3 days" if amount > 30 else "ticket, day"),
        "amount": amount, "cost": round(amount * float(rng.uniform(0.5, 0.75)) + (0 if stand else 3), 2),
        "channel": "sales" if stand else str(rng.choice(("web", "box office"), p=(0.7, 0.3))),
    }  # fmt: skip


def _recruit(
    rng: np.random.Generator,
    customer_id: str,
    habit: Habit,
    edition: str,
    opens: date,
    came: bool,
    log: list[Row],
) -> None:
    """What was done to bring somebody, and now and then a complaint after the fair."""
    if habit.side == "visitor" and rng.random() < 0.55:
        return
    times = int(rng.integers(1, 4)) if habit.side == "exhibitor" else 1
    for time in range(times):
        channel = str(
            rng.choice(("visit", "phone", "mail") if habit.side == "exhibitor" else ("mail", "web"))
        )
        cost = {"visit": 140.0, "phone": 18.0, "mail": 1.2, "web": 0.4}[channel]
        done = came and time == times - 1
        log.append({
            "customer_id": customer_id, "date": opens - timedelta(int(rng.integers(20, 150)) - 5 * time), "type": "call" if channel == "phone" else "visit",
            "phase": "presale", "channel": channel, "outcome": "won" if done else None,
            "cost": round(cost * float(rng.uniform(0.8, 1.3)), 2), "edition": edition,
            "owner": str(rng.choice(("Dupont", "Okoye", "Sato"))), "severity": None,
        })  # fmt: skip
    if came and rng.random() < 0.05:
        log.append({
            "customer_id": customer_id, "date": opens + timedelta(2), "type": "complaint", "phase": "aftersale", "channel": "phone",
            "outcome": "answered", "cost": None, "edition": edition, "owner": "Sato", "severity": int(rng.integers(1, 4)),
        })  # fmt: skip


def _said(yes: bool) -> str:
    return "yes" if yes else "no"


if __name__ == "__main__":
    write(sample_path("exhibition"))
