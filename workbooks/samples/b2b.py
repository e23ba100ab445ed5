"""The b2b sample: accounts of a maker of machine parts, made for three-part value, and opportunities with a questionnaire.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.b2b`. Every account follows a habit
(`HABITS`), so each level of the three values has somebody in it for a reason. Nobody here is real.
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

SEED = 20261124
AS_OF = date(2026, 10, 30)
EXPORTED = datetime(2026, 11, 2, 9, 0)


class Habit(NamedTuple):
    """How a group of accounts buys and how close it is.

    `months` since the first order, `gap` days between orders, `amount` of one [currency], `margin` [share], `contacts` in
    90 days, `happy` satisfaction 0-10, `wallet` share of what they buy, `rivals` competitors, `stopped` days ago.
    """

    name: str
    accounts: int
    months: tuple[int, int]
    gap: tuple[int, int]
    amount: tuple[float, float]
    margin: float
    contacts: tuple[int, int]
    happy: tuple[int, int]
    wallet: tuple[float, float]
    rivals: tuple[int, int]
    stopped: int = 0
    fades: float = 1.0


HABITS = (
    Habit("partners", 14, (60, 120), (12, 20), (9_000, 30_000), 0.4, (5, 9), (8, 10), (0.5, 0.8), (0, 1)),
    Habit(
        "large and cool", 12, (24, 70), (14, 25), (12_000, 35_000), 0.35, (0, 2), (5, 7), (0.1, 0.3), (2, 5)
    ),
    Habit("steady", 44, (24, 90), (25, 45), (2_000, 8_000), 0.3, (1, 5), (6, 9), (0.2, 0.6), (1, 3)),
    Habit("small friends", 26, (40, 100), (40, 70), (400, 1_500), 0.25, (3, 8), (8, 10), (0.4, 0.9), (0, 1)),
    Habit("price hunters", 24, (6, 30), (30, 60), (1_500, 6_000), 0.06, (0, 2), (4, 7), (0.05, 0.2), (3, 6)),
    Habit(
        "fading", 14, (20, 80), (15, 30), (3_000, 9_000), 0.28, (0, 2), (3, 6), (0.1, 0.3), (2, 4), fades=0.35
    ),
    Habit(
        "gone", 12, (20, 80), (20, 40), (1_000, 9_000), 0.25, (0, 0), (3, 7), (0.0, 0.2), (2, 5), stopped=220
    ),
    Habit("in talks", 14, (0, 0), (0, 0), (0, 0), 0.0, (1, 4), (6, 9), (0.0, 0.0), (2, 4)),
)
FIRST = "Alder Birch Cedar Elm Fir Hazel Juniper Larch Maple Oak Pine Rowan 东海 南山 北辰".split()
SECOND = "Engines Hydraulics Gears Tools Turbines Werke Motion Foundry 重工 机床".split()
INDUSTRIES = ("machine tools", "energy", "vehicles", "food machines", "mining")
OWNERS = ("Adeyemi", "Lindqvist", "Rossi", "周")
PRODUCTS = {
    "bearings": ("Bearing A", "Bearing B"),
    "seals": ("Seal S", "Seal L"),
    "shafts": ("Shaft",),
    "service": ("Overhaul",),
}
# A piece, and what a contact costs. [EUR]
PRICES = {"Bearing A": 4.2, "Bearing B": 6.9, "Seal S": 1.1, "Seal L": 2.3, "Shaft": 11.5, "Overhaul": 9.0}
CONTACT_COST = {"visit": 180.0, "phone": 22.0, "video": 35.0, "mail": 6.0}
# One account in twelve pays less on the portal than its salesman asks: a conflict of channels. [share of the price]
CHEAPER = 0.12
QUESTIONS = (
    ("Budget", 20, "none; asked for; granted"), ("Decision maker", 20, "unknown; known; met"),
    ("Need", 15, "vague; described; measured"), ("Date of decision", 10, "open; this year; this quarter"),
    ("Competitors", 10, "ahead=0; level=0.5; behind=0.8; none=1"), ("Technical fit", 15, "no; with changes; yes"),
    ("Coach in the account", 10, "no; yes"),
)  # fmt: skip
CUSTOMERS = {
    "Customer ID": ("customer_id", 11), "Name": ("name", 22), "Industry": ("industry", 14), "Region": ("region", 9), "Joined": ("joined", 12),
    "Wallet share": ("wallet_share", 12), "Competitors": ("competitors", 11), "Switching cost": ("switching_cost", 13),
    "Joint projects": ("joint_projects", 12), "Reference": ("reference", 10), "Referrer ID": ("referrer_id", 11), "Marketable": ("marketable", 11),
}  # fmt: skip
TRANSACTIONS = {
    "Transaction ID": ("transaction_id", 14), "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Category": ("category", 10),
    "Product": ("product", 12), "Amount": ("amount", 12), "Cost": ("cost", 12), "Owner": ("owner", 11), "Channel": ("channel", 9),
    "Quantity": ("quantity", 10),
}  # fmt: skip
INTERACTIONS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Type": ("type", 11), "Phase": ("phase", 10), "Channel": ("channel", 9),
    "Outcome": ("outcome", 10), "Owner": ("owner", 11), "Cost": ("cost", 9),
}  # fmt: skip
SURVEYS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Item": ("item", 14), "Score": ("score", 8), "Scale": ("scale", 8),
}  # fmt: skip
QUESTION_COLUMNS = {"Question": ("question", 22), "Weight": ("weight", 9), "Allowed": ("allowed", 44)}
ANSWERS = {"Opportunity": ("opportunity", 22), "Question": ("question", 22), "Answer": ("answer", 16)}
NOTES = (
    "Lindenau Machine Parts (an invented maker) - accounts, orders, contacts and opportunities",
    "Amount and Cost are in EUR. Wallet share is our share of what the account buys of our goods, as its account manager sees it.",
    "Questions and Answers: the questionnaire every opportunity goes through before it moves to the next stage.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    tables = account_tables(np.random.default_rng(seed))
    given = (
        ("Customers", CUSTOMERS), ("Transactions", TRANSACTIONS), ("Interactions", INTERACTIONS), ("Surveys", SURVEYS),
        ("Questions", QUESTION_COLUMNS), ("Answers", ANSWERS),
    )  # fmt: skip
    sheets = [Sheet(name, columns, tables[name.lower()]) for name, columns in given]
    write_book(path, sheets, NOTES, created=EXPORTED, width=120)


def account_tables(rng: np.random.Generator) -> dict[str, list[Row]]:
    """Customers by id, the other tables by date, opportunities of the accounts in talks and of some others."""
    habits = [habit for habit in HABITS for _ in range(habit.accounts)]
    tables: dict[str, list[Row]] = {
        name: [] for name in ("customers", "transactions", "interactions", "surveys", "answers")
    }
    talks = []
    for number, place in enumerate(rng.permutation(len(habits)).tolist(), start=1):
        habit, customer_id = habits[place], f"K{number:03d}"
        tables["customers"].append(_account(rng, customer_id, habit, tables["customers"]))
        tables["transactions"] += _orders(rng, customer_id, habit)
        tables["interactions"] += _contacts(rng, customer_id, habit)
        if rng.random() < 0.8:
            tables["surveys"] += _survey(rng, customer_id, habit)
        if habit.name == "in talks" or rng.random() < 0.12:
            talks.append(customer_id)
    for at, customer_id in enumerate(talks):
        tables["answers"] += _answers(rng, f"{customer_id} line {at % 3 + 1}", at)
    for name in ("transactions", "interactions", "surveys"):
        tables[name].sort(key=lambda row: (row["date"], row["customer_id"]))
    for number, row in zip(count(40_001), tables["transactions"], strict=False):
        row["transaction_id"] = f"A{number}"
    _priced(np.random.default_rng(SEED), tables)
    tables["questions"] = [
        {"question": name, "weight": weight, "allowed": allowed} for name, weight, allowed in QUESTIONS
    ]
    return tables


def _priced(rng: np.random.Generator, tables: dict[str, list[Row]]) -> None:
    """Pieces and the channel of each order, and what each contact cost; from a seed of their own, so that nothing else moves."""
    for row in tables["transactions"]:
        if row["channel"] == "sales":
            row["channel"] = str(rng.choice(("visit", "phone", "video"), p=(0.45, 0.4, 0.15)))
        cheaper = row["channel"] == "portal" and int(str(row["customer_id"])[1:]) % 12 == 5
        price = PRICES[str(row["product"])] * (1 - CHEAPER if cheaper else 1)
        row["quantity"] = max(1, round(float(str(row["amount"])) / price))
    for row in tables["interactions"]:
        row["cost"] = round(CONTACT_COST[str(row["channel"])] * float(rng.uniform(0.8, 1.2)), 2)


def _account(rng: np.random.Generator, customer_id: str, habit: Habit, before: list[Row]) -> Row:
    known = habit.name in ("partners", "small friends")
    return {
        "customer_id": customer_id, "name": f"{rng.choice(FIRST)} {rng.choice(SECOND)}", "industry": str(rng.choice(INDUSTRIES)),
        "region": str(rng.choice(("North", "South", "East"))), "joined": AS_OF - timedelta(habit.months[1] * 30),
        "wallet_share": round(float(rng.uniform(*habit.wallet)), 2), "competitors": int(rng.integers(habit.rivals[0], habit.rivals[1] + 1)),
        "switching_cost": str(rng.choice(("low", "medium", "high"), p=(0.2, 0.3, 0.5) if known else (0.6, 0.3, 0.1))),
        "joint_projects": int(rng.integers(0, 4)) if known else int(rng.random() < 0.2),
        "reference": "yes" if known and rng.random() < 0.5 else "no",
        "referrer_id": before[int(rng.integers(0, min(len(before), 25)))]["customer_id"] if before and rng.random() < 0.3 else None,
        "marketable": "yes" if rng.random() < 0.85 else "no",
    }  # fmt: skip


def _orders(rng: np.random.Generator, customer_id: str, habit: Habit) -> list[Row]:
    """Orders of the last eighteen months, and the first of all."""
    if not habit.gap[1]:
        return []
    usual, size = float(rng.uniform(*habit.gap)), float(rng.uniform(*habit.amount))
    opened = int(rng.integers(habit.months[0], habit.months[1] + 1)) * 30 + 1
    begin = min(opened, 548)
    days = [opened] if opened > begin else []
    ago = begin - usual * float(rng.uniform(0, 1))
    while ago >= habit.stopped:
        days.append(int(ago))
        ago -= max(1.0, usual * float(rng.uniform(0.6, 1.4)))
    found = []
    for day in days:
        category = str(rng.choice(list(PRODUCTS), p=(0.4, 0.3, 0.2, 0.1)))
        amount = round(size * float(rng.lognormal(0, 0.35)) * (habit.fades if day < 90 else 1.0), 2)
        found.append({
            "customer_id": customer_id, "date": working_day(AS_OF - timedelta(day)), "category": category,
            "product": str(rng.choice(PRODUCTS[category])), "amount": amount,
            "cost": round(amount * (1 - habit.margin * float(rng.uniform(0.8, 1.2))), 2), "owner": str(rng.choice(OWNERS)),
            "channel": str(rng.choice(("sales", "portal"), p=(0.7, 0.3))),
        })  # fmt: skip
    return found


def _contacts(rng: np.random.Generator, customer_id: str, habit: Habit) -> list[Row]:
    found = []
    for quarter in range(4):
        for _ in range(int(rng.integers(habit.contacts[0], habit.contacts[1] + 1))):
            phase = str(rng.choice(("presale", "sale", "aftersale"), p=(0.4, 0.25, 0.35)))
            found.append({
                "customer_id": customer_id, "date": working_day(AS_OF - timedelta(quarter * 90 + int(rng.integers(0, 90)))),
                "type": str(rng.choice(("visit", "call", "follow_up"))), "phase": phase,
                "channel": str(rng.choice(("visit", "phone", "video", "mail"))),
                "outcome": str(rng.choice(("won", "answered"))) if rng.random() < 0.45 else None, "owner": str(rng.choice(OWNERS)),
            })  # fmt: skip
    return found


def _survey(rng: np.random.Generator, customer_id: str, habit: Habit) -> list[Row]:
    day = AS_OF - timedelta(int(rng.integers(10, 120)))
    return answers(rng, customer_id, day, habit.happy, ("nps", "delivery", "quality", "advice"))


def _answers(rng: np.random.Generator, opportunity: str, at: int) -> list[Row]:
    """One opportunity in seven is not answered yet, one in seven in full, all others in part."""
    found = []
    ready = float(rng.uniform(0.2, 1.0))
    for question, _, allowed in QUESTIONS:
        answers = [one.partition("=")[0].strip() for one in allowed.split(";")]
        best = min(len(answers) - 1, int(ready * len(answers) + float(rng.uniform(-0.4, 0.6))))
        answer = None if at % 7 == 3 or (at % 7 and rng.random() < 0.12) else answers[max(best, 0)]
        found.append({"opportunity": opportunity, "question": question, "answer": answer})
    return found


if __name__ == "__main__":
    write(sample_path("b2b"))
