"""The hospital sample: patients, contacts and surveys of a hospital, made for call-backs, satisfaction and service level.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.hospital`. Departments differ in how they
answer (`DEPARTMENTS`), so each relationship level, each term and each way of missing it has patients in it. Nobody here
is real.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.sheets import Row, Sheet, write_book

SEED = 20261122
AS_OF = datetime(2026, 10, 31)
EXPORTED = datetime(2026, 11, 2, 9, 0)
FIRST_DAY = 420  # of the log, before AS_OF


class Department(NamedTuple):
    """How a department works: mean satisfaction [0-100], shares of patients reached and of requests closed in time."""

    name: str
    patients: int
    satisfaction: float
    reached: float
    in_time: float


DEPARTMENTS = (
    Department("Internal medicine", 90, 82, 0.88, 0.85),
    Department("Surgery", 80, 78, 0.8, 0.75),
    Department("Paediatrics", 60, 88, 0.93, 0.9),
    Department("妇产科", 60, 85, 0.9, 0.92),
    Department("Emergency", 50, 66, 0.55, 0.6),
)
FAMILY = "沈 陆 潘 汪 石 顾 孟 黎 Almer Brandt Corsini Dietz Engel Fournier Graves Holt Ivers Jorda".split()
GIVEN = "志远 思齐 美琳 国栋 雅文 子墨 Anna Boris Clara David Emma Frank Gina Henri Ida".split()
STAFF = ("Nurse Bell", "Nurse 周", "Officer Kent", "Officer 林")
CHANNELS = ("App", "Phone", "Desk", "WeChat")
ITEMS = (
    "Waiting time", "Registration", "Explanation", "Attention", "Skill", "Friendliness", "Response to calls", "Cleanliness",
    "Quiet", "Meals", "Discharge advice", "Bill",
)  # fmt: skip
REASONS = ("waiting", "billing", "manners", "food", "information")
CUSTOMERS = {
    "Customer ID": ("customer_id", 11), "Name": ("name", 18), "Mobile": ("mobile", 14), "Birthday": ("birthday", 12),
    "Region": ("region", 10), "Referrer ID": ("referrer_id", 11), "Marketable": ("marketable", 11),
}  # fmt: skip
INTERACTIONS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 18), "Type": ("type", 13), "Channel": ("channel", 10),
    "Department": ("department", 18), "Severity": ("severity", 9), "Reason": ("reason", 13), "Outcome": ("outcome", 11),
    "Responded": ("responded", 18), "Closed": ("closed", 18), "Owner": ("owner", 13),
}  # fmt: skip
SURVEYS = {
    "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Item": ("item", 18), "Score": ("score", 8),
    "Scale": ("scale", 8), "Department": ("department", 18),
}  # fmt: skip
NOTES = (
    "St. Alban's Hospital (an invented hospital) - patients, contacts and surveys",
    "A stay ends with a contact of type discharge; a follow_up with outcome reached is a call that got through.",
    "Scores are out of 5; nps is the question whether one would recommend us, out of 10.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    customers, interactions, surveys = hospital_tables(np.random.default_rng(seed))
    sheets = [
        Sheet("Customers", CUSTOMERS, customers),
        Sheet("Interactions", INTERACTIONS, interactions),
        Sheet("Surveys", SURVEYS, surveys),
    ]
    write_book(path, sheets, NOTES, created=EXPORTED)


def hospital_tables(rng: np.random.Generator) -> tuple[list[Row], list[Row], list[Row]]:
    """Patients by id, contacts and answers by date."""
    wards = [ward for ward in DEPARTMENTS for _ in range(ward.patients)]
    customers: list[Row] = []
    contacts: list[Row] = []
    answers: list[Row] = []
    for number, place in enumerate(rng.permutation(len(wards)), start=1):
        ward, patient = wards[place], f"P{number:04d}"
        customers.append(_patient(rng, patient, number))
        ago = int(rng.integers(2, FIRST_DAY))
        contacts += _booking(rng, patient, ward, ago + int(rng.integers(1, 9)))
        contacts += _stay(rng, patient, ward, ago)
        contacts += _voices(rng, patient, ward, ago)
        if rng.random() < 0.6:
            answers += _survey(rng, patient, ward, max(ago - int(rng.integers(1, 12)), 0))
    for row in (contacts, answers):
        row.sort(key=lambda one: (one["date"], one["customer_id"]))
    return customers, contacts, answers


def _patient(rng: np.random.Generator, patient: str, number: int) -> Row:
    born = date(1935, 1, 1) + timedelta(days=int(rng.integers(0, 32_000)))
    return {
        "customer_id": patient,
        "name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
        "mobile": f"139{int(rng.integers(10_000_000, 99_999_999))}",
        "birthday": born,
        "region": str(rng.choice(("Old town", "River", "Hills"))),
        "referrer_id": f"P{int(rng.integers(1, number)):04d}" if number > 20 and rng.random() < 0.2 else None,
        "marketable": "yes" if rng.random() < 0.8 else "no",
    }


def _contact(patient: str, moment: datetime, kind: str, ward: Department, **more: object) -> Row:
    nothing = dict.fromkeys(
        ("channel", "severity", "reason", "outcome", "responded", "closed", "owner"), None
    )
    given = {"customer_id": patient, "date": moment, "type": kind, "department": ward.name}
    return {**nothing, **given, **more}


def _moment(rng: np.random.Generator, ago: float) -> datetime:
    return AS_OF - timedelta(days=int(ago)) + timedelta(minutes=int(rng.integers(8 * 60, 18 * 60)))


def _booking(rng: np.random.Generator, patient: str, ward: Department, ago: int) -> list[Row]:
    if ward.name == "Emergency":
        return []
    # The app wins over the desk as time goes by.
    app = 0.55 - 0.35 * ago / FIRST_DAY
    channel = str(rng.choice(CHANNELS, p=(app, 0.2, 0.65 - app, 0.15)))
    return [_contact(patient, _moment(rng, ago), "booking", ward, channel=channel)]


def _stay(rng: np.random.Generator, patient: str, ward: Department, ago: int) -> list[Row]:
    found = [_contact(patient, _moment(rng, ago), "discharge", ward)]
    call = ago - int(rng.integers(2, 9))
    if call < 0:
        return found
    through = rng.random() < ward.reached
    outcome = "reached" if through else "no_answer"
    owner = str(rng.choice(STAFF[:2]))
    moment = _moment(rng, call)
    found.append(_contact(patient, moment, "follow_up", ward, channel="Phone", outcome=outcome, owner=owner))
    return found


def _voices(rng: np.random.Generator, patient: str, ward: Department, ago: int) -> list[Row]:
    """A question often, a complaint where satisfaction is low, praise where it is high, now and then a suggestion."""
    found = []
    # Half of what people say was said lately, so that the window has something to show.
    when = _moment(rng, min(ago, int(rng.integers(0, 95))) if rng.random() < 0.5 else ago)
    owner = str(rng.choice(STAFF[2:]))
    chances = {"complaint": (100 - ward.satisfaction) / 90, "praise": ward.satisfaction / 400, "suggestion": 0.08, "consultation": 0.3}  # fmt: skip
    for kind, chance in chances.items():
        if rng.random() > chance:
            continue
        if kind == "consultation":
            answered = when + timedelta(minutes=int(rng.integers(10, 2000))) if rng.random() < 0.85 else None
            if answered and answered.date() > AS_OF.date():
                answered = None
            found.append(_contact(patient, when, kind, ward, channel="App", responded=answered, owner=owner))
            continue
        severity = int(rng.choice((1, 2, 3), p=(0.5, 0.3, 0.2))) if kind == "complaint" else None
        term = 2 if severity == 3 else 5
        took = int(rng.integers(0, term + 1)) if rng.random() < ward.in_time else term + int(rng.integers(1, 12))  # fmt: skip
        closed = when + timedelta(days=took, minutes=30)
        forgotten = rng.random() < (1 - ward.in_time) / 2
        wanted = kind != "praise" and not forgotten and closed.date() <= AS_OF.date()
        found.append(_contact(
            patient, when, kind, ward, severity=severity, reason=str(rng.choice(REASONS)) if kind == "complaint" else None,
            closed=closed if wanted else None, owner=owner,
        ))  # fmt: skip
    return found


def _survey(rng: np.random.Generator, patient: str, ward: Department, ago: int) -> list[Row]:
    day = (AS_OF - timedelta(days=ago)).date()
    # Everybody has a mood, and a little is better than a year ago.
    mood = float(rng.normal(ward.satisfaction + 4 * (1 - ago / FIRST_DAY), 11))
    chosen = sorted(rng.choice(len(ITEMS), 6, replace=False).tolist())
    scores = {ITEMS[at]: np.clip(round(float(rng.normal(mood, 9)) / 20), 0, 5) for at in chosen}
    row = {"customer_id": patient, "date": day, "scale": 5, "department": ward.name}
    found = [{**row, "item": item, "score": int(score)} for item, score in scores.items()]
    likely = int(np.clip(round(mood / 10 + float(rng.normal(0.4, 1))), 0, 10))
    return [*found, {**row, "item": "nps", "score": likely, "scale": 10}]


if __name__ == "__main__":
    write(sample_path("hospital"))
