"""The power sample: key customers of a utility with readings of two years and registers, made for lists, loads and volumes.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.power`. Every customer follows a habit
(`HABITS`), so each tier, each alert and each way of not reporting has customers in it. Nobody here is real.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.sheets import Row, Sheet, write_book

SEED = 20261122
AS_OF = date(2026, 10, 31)
EXPORTED = datetime(2026, 11, 2, 9, 0)
MONTHS = [(year, month) for year in (2025, 2026) for month in range(1, 13) if (year, month) <= (2026, 10)]


class Habit(NamedTuple):
    """How a group of customers draws power: `lists` as the cell has it, capacity [kVA], load as a share of it."""

    name: str
    customers: int
    lists: str | None
    capacity: tuple[int, int]
    load: float
    growth: float = 0.02
    apart: float = 0.03
    silent: int = 0
    skips: float = 0.0
    reports: float = 1.0


HABITS = (
    Habit("steel and cement", 8, "大客户; 全省百强", (20_000, 60_000), 0.78),
    Habit("overloaded", 4, "大客户", (8_000, 15_000), 0.97, growth=0.12),
    Habit("key enterprises", 10, "百户重点企业", (4_000, 12_000), 0.7, reports=0.75),
    Habit("key, badly balanced", 4, "key_enterprises；全省百强", (3_000, 8_000), 0.72, apart=0.21),
    Habit("growing", 9, "百户高成长", (1_500, 5_000), 0.82, growth=0.25, reports=0.7),
    Habit("province list only", 6, "全省百强", (5_000, 20_000), 0.6, growth=-0.05),
    Habit("dedicated lines", 14, None, (800, 3_000), 0.55),
    Habit("broken meters", 5, None, (800, 3_000), 0.5, silent=9, skips=0.12),
)
PLACES = "Amberley Birkhill Coalport Dunmore Eastleigh 东港 西岭 北湖 南湾 临江 金山 云台".split()
TRADES = {"Steel": "steel", "Cement": "cement", "Foods": "food", "Textiles": "textiles", "化工": "chemicals", "机械": "machines"}  # fmt: skip
OWNERS = ("Liang", "Okoro", "Petrov", "Sanders")
# What is drawn in a month beside the mean of the year: hot summers, a long holiday in February.
SEASON = (0.98, 0.82, 0.95, 0.94, 1.0, 1.08, 1.18, 1.2, 1.05, 0.95, 0.92, 0.93)
CUSTOMERS = {
    "客户编号": ("customer_id", 11), "客户名称": ("name", 22), "行业": ("industry", 12), "区域": ("region", 10),
    "合同容量": ("capacity", 11), "名单": ("lists", 24), "Owner": ("owner", 10),
}  # fmt: skip
READINGS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 18), "Measure": ("measure", 11), "Value": ("value", 14),
}  # fmt: skip
REGISTERS = {
    "Item": ("item", 34), "Kind": ("kind", 18), "Customer ID": ("customer_id", 11), "Due": ("due", 12),
    "State": ("state", 10), "Owner": ("owner", 10), "Closed": ("closed", 12),
}  # fmt: skip
NOTES = (
    "Lake District Power (an invented utility) - key customers, readings and registers",
    "Volume in kWh and fee in CNY: by month, of enterprises that must report three times a month. Loads in kW, voltages in V.",
    "Lists are separated by semicolons; their Chinese names or the pack's names both count.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    customers, readings, registers = utility_tables(np.random.default_rng(seed))
    sheets = [
        Sheet("Customers", CUSTOMERS, customers),
        Sheet("Readings", READINGS, readings),
        Sheet("Registers", REGISTERS, registers),
    ]
    write_book(path, sheets, NOTES, created=EXPORTED)


def utility_tables(rng: np.random.Generator) -> tuple[list[Row], list[Row], list[Row]]:
    """Customers, readings by date, and items of registers."""
    habits = [habit for habit in HABITS for _ in range(habit.customers)]
    customers: list[Row] = []
    readings: list[Row] = []
    registers: list[Row] = []
    for number, place in enumerate(rng.permutation(len(habits)), start=1):
        habit = habits[place]
        customer = _customer(rng, f"E{number:03d}", habit)
        customers.append(customer)
        readings += _volumes(rng, customer, habit) + _loads(rng, customer, habit)
        registers += _items(rng, customer)
    readings.sort(key=lambda reading: (reading["date"], reading["customer_id"], reading["measure"]))
    registers.sort(key=lambda item: (item["due"], item["item"], item["customer_id"]))
    return customers, readings, registers


def _customer(rng: np.random.Generator, customer_id: str, habit: Habit) -> Row:
    trade = str(rng.choice(list(TRADES)))
    low, high = habit.capacity
    return {
        "customer_id": customer_id,
        "name": f"{rng.choice(PLACES)} {trade}",
        "industry": TRADES[trade],
        "region": str(rng.choice(("North", "South", "Harbour"))),
        "capacity": int(rng.integers(low, high) // 50 * 50),
        "lists": habit.lists,
        "owner": str(rng.choice(OWNERS)),
    }


def _volumes(rng: np.random.Generator, customer: Row, habit: Habit) -> list[Row]:
    """Volumes and fees; whoever must report every ten days does so three times a month since August."""
    reports = any(name in (habit.lists or "") for name in ("重点", "key_enterprises", "高成长"))
    usual = customer["capacity"] * habit.load * 0.9 * 24 * 30 * float(rng.uniform(0.35, 0.6))
    found = []
    for year, month in MONTHS:
        if rng.random() < habit.skips:
            continue
        grown = (1 + habit.growth) ** (year - 2025 + (month - 1) / 12)
        volume = usual * grown * SEASON[month - 1] * float(rng.uniform(0.97, 1.03))
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day
        often = reports and (year, month) >= (2026, 8)
        for day in (10, 20, last) if often else (last,):
            if often and rng.random() > habit.reports:
                continue
            part = round(volume / (3 if often else 1), 0)
            found.append(_reading(customer, datetime(year, month, day), "volume", part))
        price = float(rng.uniform(0.55, 0.68))
        found.append(_reading(customer, datetime(year, month, last), "fee", round(volume * price, 2)))
    return found


def _loads(rng: np.random.Generator, customer: Row, habit: Habit) -> list[Row]:
    """A load every third day and three phases once a week of the last 40 days."""
    found = []
    for ago in range(40, habit.silent, -1):
        moment = datetime(2026, 10, 31, 14, 0) - timedelta(days=ago - 1)
        if ago % 3 == 1 or ago == habit.silent + 1:
            load = customer["capacity"] * habit.load * float(rng.uniform(0.85, 1.05))
            found.append(_reading(customer, moment, "load", round(load, 1)))
        if ago % 13 == 3:
            volts = 10_000 * (1 - habit.apart * rng.permutation([0.0, 0.4, 1.0]))
            phases = "ab" if rng.random() < 0.03 else "abc"
            found += [
                _reading(customer, moment, f"voltage_{one}", round(float(volt), 0))
                for one, volt in zip(phases, volts, strict=False)
            ]
    return found


def _reading(customer: Row, moment: datetime, measure: str, value: float) -> Row:
    return {"customer_id": customer["customer_id"], "date": moment, "measure": measure, "value": value}


def _items(rng: np.random.Generator, customer: Row) -> list[Row]:
    kinds = {
        "Hidden hazards": (
            "Switchgear without interlock",
            "Old transformer oil",
            "电缆沟积水",
            "接地电阻超标",
        ),
        "Emergency plans": ("Second supply tested", "应急预案演练", "Backup generator run"),
    }
    found = []
    for kind, texts in kinds.items():
        for _ in range(int(rng.integers(0, 3))):
            due = AS_OF + timedelta(days=int(rng.integers(-180, 60)))
            done = rng.random() < (0.75 if due < AS_OF else 0.2)
            closed = min(due + timedelta(days=int(rng.integers(-30, 15))), AS_OF) if done else None
            found.append({
                "item": str(rng.choice(texts)), "kind": kind, "customer_id": customer["customer_id"], "due": due,
                "state": "已整改" if done else "open", "owner": customer["owner"], "closed": closed,
            })  # fmt: skip
    return found


if __name__ == "__main__":
    write(sample_path("power"))
