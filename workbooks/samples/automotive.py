"""The automotive sample: car owners of a dealer, and a CRM programme with goals, options, potential and milestones.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.automotive`. Every customer follows a
habit (`HABITS`), so each segment, stage and position of the automotive pack has somebody in it. Nobody here is real.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.invented import answers, working_day
from workbooks.samples.sheets import Row, Sheet, write_book

SEED = 20261125
AS_OF = date(2026, 10, 30)
EXPORTED = datetime(2026, 11, 2, 9, 0)


class Habit(NamedTuple):
    """What a group does here.

    `bought` days since the last car (0 for none), `cars`, `price` of one [currency], `visits` days between services (0 for
    none), `last` days since the latest visit, `happy` answers 0-10.
    """

    name: str
    people: int
    kind: str
    bought: tuple[int, int]
    cars: tuple[int, int]
    price: tuple[float, float]
    visits: tuple[int, int]
    last: tuple[int, int]
    happy: tuple[int, int]


HABITS = (
    Habit("fleets", 14, "company", (60, 400), (5, 9), (24_000, 32_000), (40, 70), (5, 60), (6, 9)),
    Habit(
        "new owners", 46, "individual", (30, 500), (1, 1), (19_000, 38_000), (200, 330), (10, 200), (7, 10)
    ),
    Habit(
        "due for a car",
        44,
        "individual",
        (930, 1430),
        (1, 2),
        (16_000, 36_000),
        (250, 340),
        (20, 250),
        (6, 10),
    ),
    Habit("overdue", 34, "individual", (700, 1400), (1, 1), (15_000, 30_000), (280, 350), (420, 700), (4, 8)),
    Habit(
        "departed", 30, "individual", (1000, 1700), (1, 1), (14_000, 28_000), (300, 380), (760, 1000), (2, 7)
    ),
    Habit("car only", 26, "individual", (420, 1000), (1, 1), (18_000, 42_000), (0, 0), (0, 0), (3, 8)),
    Habit("workshop", 60, "individual", (0, 0), (0, 0), (0, 0), (150, 330), (10, 300), (5, 9)),
    Habit("asked for an offer", 36, "individual", (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (6, 9)),
)
GIVEN = "Amir Bea Carl Dana Ebba Finn Gala Hans Ines Jorn Kira Leo 志强 丽华 建国 秀英".split()
FAMILY = "Aalto Berg Conti Dahl Evers Falk Gallo Haas Ibsen Jansson 赵 孙 周 吴".split()
MODELS = ("compact", "estate", "van")
CHANNELS = {
    "presale": ("web", "showroom", "phone", "fair"), "sale": ("showroom", "phone"), "aftersale": ("workshop", "phone", "app"),
}  # fmt: skip
# How often a contact comes to something.
OUTCOMES = {"web": 0.12, "showroom": 0.45, "phone": 0.3, "fair": 0.08, "workshop": 0.7, "app": 0.4}
GOALS = (
    ("Loyalty", None, 0.31), ("Repurchase", "Loyalty", 0.15), ("Service at the dealer", "Loyalty", 0.16),
    ("Sales", None, 0.35), ("Test drives", "Sales", 0.14), ("Conversion", "Sales", 0.13), ("Accessories", "Sales", 0.08),
    ("Service quality", None, 0.34), ("Call-back in a day", "Service quality", 0.16), ("Complaints", "Service quality", 0.18),
)  # fmt: skip
LEAVES = tuple(name for name, _, _ in GOALS if name not in {parent for _, parent, _ in GOALS})
OPTIONS = (
    ("Loyalty club", "little", "much", (3, 3, 1, 1, 2, 0, 1)), ("Call centre", "much", "much", (1, 2, 2, 2, 0, 3, 3)),
    ("Service reminders", "little", "little", (2, 3, 0, 0, 1, 1, 1)), ("Leads from the web", "much", "little", (0, 0, 3, 2, 1, 1, 0)),
    ("Trade-in offers", "little", "little", (3, 1, 2, 3, 1, 0, 0)), ("New showroom", "much", "much", (1, 0, 2, 2, 2, 0, None)),
)  # fmt: skip
SEGMENTS = (
    ("Fleet", "Cars", 14, 9_000.0, 0.09, 3_000.0), ("Fleet", "Service", 14, 2_600.0, 0.42, 1_500.0),
    ("Owner with service", "Cars", 96, 1_900.0, 0.11, 4_000.0), ("Owner with service", "Accessories", 96, 240.0, 0.38, 1_200.0),
    ("Owner without service", "Service", 78, 420.0, 0.45, 2_500.0), ("Owner without service", "Cars", 78, 700.0, 0.11, 5_000.0),
    ("Workshop customer", "Cars", 60, 1_500.0, 0.1, 2_000.0), ("Workshop customer", "Accessories", 60, 90.0, 0.38, 2_400.0),
    ("Prospect", "Cars", 36, 2_400.0, 0.1, 6_000.0),
)  # fmt: skip
# Goal, target a month later each time, what is reached, benchmark, whether more is better.
TARGETS = (
    ("Repurchase", (30, 32, 34, 36), (29.5, 30.1, 34.4, None), 38, "yes"),
    ("Service at the dealer", (60, 62, 64, 66), (58, 55, 54, None), 63, "yes"),
    ("Conversion", (20, 20, 22, 22), (21, 22.5, 22.1, None), 24, "yes"),
    ("Complaints", (14, 12, 10, 9), (13, 12.8, 12.5, None), 8, "no"),
    # Nobody set targets for these: they follow from the option that is chosen.
    ("Test drives", (None,) * 4, (96, 103, 104, None), 120, "yes"),
    ("Service quality", (None,) * 4, (71, 74, 75, None), 90, "yes"),
)  # fmt: skip
CUSTOMERS = {
    "Customer ID": ("customer_id", 11), "Name": ("name", 20), "Kind": ("kind", 11), "Region": ("region", 9), "Joined": ("joined", 12),
    "Marketable": ("marketable", 11), "Acquisition cost": ("acquisition_cost", 14),
}  # fmt: skip
TRANSACTIONS = {
    "Transaction ID": ("transaction_id", 14), "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Category": ("category", 10),
    "Product": ("product", 13), "Amount": ("amount", 12), "Cost": ("cost", 12), "Owner": ("owner", 10), "Channel": ("channel", 10),
}  # fmt: skip
INTERACTIONS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Phase": ("phase", 10), "Channel": ("channel", 10), "Type": ("type", 11),
    "Severity": ("severity", 9), "Outcome": ("outcome", 10), "Closed": ("closed", 12), "Owner": ("owner", 10),
}  # fmt: skip
SURVEYS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Item": ("item", 12), "Score": ("score", 8), "Scale": ("scale", 8),
}  # fmt: skip
PROGRAMME = {
    "Goals": {"Goal": ("goal", 22), "Parent": ("parent", 18), "Weight": ("weight", 10)},
    "Options": {"Option": ("option", 20), "Time": ("time", 10), "Money": ("money", 10)},
    "Option scores": {"Option": ("option", 20), "Goal": ("goal", 22), "Score": ("score", 9)},
    "Segments": {
        "Segment": ("segment", 22), "Product line": ("product_line", 14), "Customers": ("customers", 11), "Uplift": ("uplift", 11),
        "Margin": ("margin", 9), "CRM cost": ("crm_cost", 11),
    },
    "Targets": {
        "Goal": ("goal", 22), "Month": ("month", 12), "Target": ("target", 9), "Actual": ("actual", 9), "Benchmark": ("benchmark", 11),
        "Higher is better": ("higher_is_better", 14),
    },
}  # fmt: skip
NOTES = (
    "Autohaus Seeblick (an invented dealer) - owners, sales, workshop visits and the CRM programme",
    "Amount and Cost are in EUR: a car, or a visit to the workshop. Goals to Targets: the programme of the year.",
    "Weights of goals are shares of the whole; the scores of the options run from 0 to 3.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    tables = dealer_tables(np.random.default_rng(seed)) | programme_tables()
    own = {
        "Customers": CUSTOMERS,
        "Transactions": TRANSACTIONS,
        "Interactions": INTERACTIONS,
        "Surveys": SURVEYS,
    }
    sheets = [
        Sheet(name, columns, tables[name.lower().replace(" ", "_")])
        for name, columns in (own | PROGRAMME).items()
    ]
    write_book(path, sheets, NOTES, created=EXPORTED, width=120)


def programme_tables() -> dict[str, list[Row]]:
    """Goals, options and their scores, segments, targets."""
    months = [date(2026, month, 1) for month in (8, 9, 10, 11)]
    return {
        "goals": [{"goal": goal, "parent": parent, "weight": weight} for goal, parent, weight in GOALS],
        "options": [{"option": option, "time": time, "money": money} for option, time, money, _ in OPTIONS],
        "option_scores": [
            {"option": option, "goal": goal, "score": score}
            for option, _, _, scores in OPTIONS
            for goal, score in zip(LEAVES, scores, strict=True)
        ],
        "segments": [
            dict(zip(("segment", "product_line", "customers", "uplift", "margin", "crm_cost"), row, strict=True))
            for row in SEGMENTS
        ],
        "targets": [
            {"goal": goal, "month": month, "target": target, "actual": actual, "benchmark": benchmark, "higher_is_better": better}
            for goal, wanted, reached, benchmark, better in TARGETS
            for month, target, actual in zip(months, wanted, reached, strict=True)
        ],
    }  # fmt: skip


def dealer_tables(rng: np.random.Generator) -> dict[str, list[Row]]:
    """Customers by id, the other tables by date."""
    habits = [habit for habit in HABITS for _ in range(habit.people)]
    tables: dict[str, list[Row]] = {
        name: [] for name in ("customers", "transactions", "interactions", "surveys")
    }
    for number, place in enumerate(rng.permutation(len(habits)).tolist(), start=1):
        habit, customer_id = habits[place], f"D{number:04d}"
        sales = _sales(rng, customer_id, habit)
        tables["transactions"] += sales
        tables["interactions"] += _contacts(rng, customer_id, sales)
        if rng.random() < 0.6:
            tables["surveys"] += _survey(rng, customer_id, habit)
        first = min((row["date"] for row in sales), default=AS_OF - timedelta(60))
        tables["customers"].append({
            "customer_id": customer_id, "name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}", "kind": habit.kind,
            "region": str(rng.choice(("Lake", "Town", "Hills"))), "joined": first, "marketable": "yes" if rng.random() < 0.8 else "no",
            "acquisition_cost": round(float(rng.uniform(60, 400)), 2) if sales else None,
        })  # fmt: skip
    for name in ("transactions", "interactions", "surveys"):
        tables[name].sort(key=lambda row: (row["date"], row["customer_id"]))
    for number, row in zip(count(20_001), tables["transactions"], strict=False):
        row["transaction_id"] = f"S{number}"
    return tables


def _sales(rng: np.random.Generator, customer_id: str, habit: Habit) -> list[Row]:
    found = []
    if habit.bought[1]:
        bought = int(rng.integers(*habit.bought))
        for at in range(int(rng.integers(habit.cars[0], habit.cars[1] + 1))):
            price = float(rng.uniform(*habit.price))
            found.append(
                _sale(rng, customer_id, bought + at * int(rng.integers(40, 200)), "car", price, 0.91)
            )
    if habit.visits[1]:
        ago = float(rng.integers(*habit.last))
        while ago < 1700:
            found.append(_sale(rng, customer_id, int(ago), "service", float(rng.lognormal(5.8, 0.5)), 0.58))
            ago += float(rng.uniform(*habit.visits))
    return found


def _sale(
    rng: np.random.Generator, customer_id: str, ago: int, category: str, amount: float, cost: float
) -> Row:
    car = category == "car"
    return {
        "customer_id": customer_id, "date": working_day(AS_OF - timedelta(ago)), "category": category,
        "product": str(rng.choice(MODELS)) if car else str(rng.choice(("inspection", "repair", "tyres"))),
        "amount": round(amount, 2), "cost": round(amount * cost * float(rng.uniform(0.95, 1.08)), 2),
        "owner": str(rng.choice(("Kunz", "Silva", "Wang"))), "channel": "showroom" if car else "workshop",
    }  # fmt: skip


def _contacts(rng: np.random.Generator, customer_id: str, sales: list[Row]) -> list[Row]:
    found = []
    for _ in range(int(rng.integers(1, 6))):
        phase = "presale" if not sales else str(rng.choice(list(CHANNELS), p=(0.35, 0.2, 0.45)))
        channel = str(rng.choice(CHANNELS[phase]))
        bad = phase == "aftersale" and rng.random() < 0.12
        day = working_day(AS_OF - timedelta(int(rng.integers(1, 360))))
        found.append({
            "customer_id": customer_id, "date": day, "phase": phase, "channel": channel, "type": "complaint" if bad else "call",
            "severity": int(rng.integers(1, 4)) if bad else None,
            "outcome": ("answered" if phase != "sale" else "won") if rng.random() < OUTCOMES[channel] else None,
            "closed": day + timedelta(3) if bad and rng.random() < 0.8 else None, "owner": str(rng.choice(("Kunz", "Silva", "Wang"))),
        })  # fmt: skip
    return found


def _survey(rng: np.random.Generator, customer_id: str, habit: Habit) -> list[Row]:
    day = AS_OF - timedelta(int(rng.integers(5, 200)))
    return answers(rng, customer_id, day, habit.happy, ("nps", "workshop", "advice"))


if __name__ == "__main__":
    write(sample_path("automotive"))
