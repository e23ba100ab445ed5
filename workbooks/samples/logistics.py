"""The logistics sample: a freight company's customers as its three systems know them, and what they send, owe and ask for.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.logistics`. Each customer follows a
habit (`HABITS`); each record that a second or third system holds of a customer is spoilt in one known way
(`SPOILT`), so every step of the matching cascade, every credit status, every churn signal and both lead tracks of
the logistics pack have somebody in them for a reason one can see in the sheets. Nobody here is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.freight import (
    AS_OF,
    CHANNELS,
    CITIES,
    CUSTOMERS,
    FAMILY,
    GIVEN,
    HABITS,
    TRADES,
    address,
    company_name,
    copies,
    customer,
    mistyped,
    record,
)
from workbooks.samples.freight_programmes import SHEETS as PROGRAMMES
from workbooks.samples.freight_programmes import holdings, programmes
from workbooks.samples.sheets import Row, Sheet, write_book

SEED = 20261102
EXPORTED = datetime(2026, 11, 2, 9, 0)


SERVICES = (
    ("Express parcel", "Express"),
    ("Road freight", "Freight"),
    ("Cold chain", "Freight"),
    ("Air freight", "Air"),
)
OWNERS = ("Lin", "Vogel", "Okafor", "Reyes", "Sato")
COMPETITORS = ("Swift Heron", "Redline Cargo", "Polar Post")
SMALL, LARGE = ("confirm", "talk", "nurture"), ("deep_contact", "motive", "solution", "quote", "contract")

SHEETS: dict[str, dict[str, tuple[str, int]]] = {
    "Customers": CUSTOMERS,
    "Transactions": {
        "Transaction ID": ("transaction_id", 14), "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Product": ("product", 15),
        "Category": ("category", 10), "Amount": ("amount", 12), "Cost": ("cost", 12), "Branch": ("branch", 12), "Counterparty ID": ("counterparty_id", 15),
    },
    "Receivables": {
        "Customer ID": ("customer_id", 11), "Invoice": ("invoice", 10), "Issued": ("issued", 12), "Due": ("due", 12),
        "Amount": ("amount", 12), "Paid": ("paid", 12), "Paid date": ("paid_date", 12),
    },
    "Leads": {
        "Lead ID": ("lead_id", 9), "Customer ID": ("customer_id", 11), "Name": ("name", 30), "Contact name": ("contact_name", 16), "Mobile": ("mobile", 14),
        "Phone": ("phone", 15), "Address": ("address", 36), "Expected monthly amount": ("expected_monthly_amount", 24), "Stage": ("stage", 13),
        "Stage since": ("stage_since", 12), "Created": ("created", 12), "Closed": ("closed", 12), "Won": ("won", 6), "Visits": ("visits", 7),
        "Industry": ("industry", 13), "Region": ("region", 9), "Channel": ("channel", 10), "Owner": ("owner", 9), "Competitor": ("competitor", 14),
        "Latitude": ("latitude", 10), "Longitude": ("longitude", 10),
    },
    "Lead history": {
        "Lead ID": ("lead_id", 9), "Changed": ("changed", 12), "From stage": ("from_stage", 13), "To stage": ("to_stage", 13), "Owner": ("owner", 9),
    },
    "Branches": {"Branch": ("branch", 12), "Latitude": ("latitude", 10), "Longitude": ("longitude", 10)},
    "Interactions": {
        "Customer ID": ("customer_id", 11), "Date": ("date", 12), "Phase": ("phase", 11), "Channel": ("channel", 10), "Type": ("type", 12),
        "Severity": ("severity", 9), "Reason": ("reason", 14), "Outcome": ("outcome", 12), "Closed": ("closed", 12), "Owner": ("owner", 9),
    },
    **PROGRAMMES,
}  # fmt: skip
NOTES = (
    "Harbourline Freight (an invented carrier) - customers of three systems, waybills, receivables and leads",
    "Period: September 2025 to 31 October 2026. Amounts in CNY, refunds negative, cost is the cost of transport.",
    "Customers: one row for each record of erp (billing), crm (sales) and web (portal); some are the same customer.",
    "Counterparty: who receives the goods, where the sender's system knows it.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    tables = freight_tables(np.random.default_rng(seed))
    sheets = [Sheet(title, columns, tables[title]) for title, columns in SHEETS.items()]
    write_book(path, sheets, NOTES, created=EXPORTED)


def freight_tables(rng: np.random.Generator) -> dict[str, list[Row]]:
    """The rows of each sheet, by its title."""
    people = [habit for habit in HABITS for _ in range(habit.customers)]
    customers = [
        customer(rng, number, people[place]) for number, place in enumerate(rng.permutation(len(people)), start=1)
    ]  # fmt: skip
    holdings(customers)
    records = [record(one) for one in customers]
    seconds = copies(rng, customers)
    also = {second["customer_id"]: second for _, second in seconds}
    known_as = {one["customer_id"]: [one["customer_id"]] for one in customers}
    for one, second in seconds:
        known_as[one["customer_id"]].append(second["customer_id"])
    leads, history = _leads(rng, customers)
    return {
        "Customers": sorted([*records, *also.values()], key=lambda record: record["customer_id"]),
        "Transactions": _transactions(rng, customers, known_as),
        "Receivables": _receivables(rng, customers),
        "Leads": leads,
        "Lead history": history,
        "Branches": [
            {"branch": name, "latitude": north, "longitude": east} for _, _, name, north, east in CITIES
        ],
        "Interactions": _interactions(rng, customers),
        **programmes(np.random.default_rng(SEED + 1), customers),
    }


def _transactions(
    rng: np.random.Generator, customers: Sequence[Row], known_as: dict[str, list[str]]
) -> list[Row]:
    """Waybills, ordered by date; one in nine is booked on a customer's other record, where there is one."""
    receivers = [one["customer_id"] for one in customers if one["_habit"].name == "receives only"]
    others = [one["customer_id"] for one in customers if one["kind"] == "company"]
    # Some receive often, most now and then, and some are in no system at all.
    favour = rng.dirichlet(np.full(len(receivers), 0.7))
    rows = []
    for sender in customers:
        ids = known_as[sender["customer_id"]]
        for day, amount in _orders(rng, sender):
            product, category = SERVICES[int(rng.integers(len(SERVICES)))]
            draw, to = rng.random(), None
            if draw < 0.3:
                to = str(rng.choice(receivers, p=favour))
            elif draw < 0.4:
                to = str(rng.choice(others))
            elif draw < 0.45:
                to = f"X{rng.integers(1, 13):03d}"
            rows.append({
                "customer_id": ids[1] if len(ids) > 1 and rng.random() < 1 / 9 else ids[0], "date": day, "product": product,
                "category": category, "amount": amount, "cost": round(amount * float(rng.uniform(0.62, 0.86)), 2),
                "branch": sender["_city"][2], "counterparty_id": to if to not in ids else None,
            })  # fmt: skip
    rows.sort(key=lambda row: (row["date"], row["customer_id"]))
    for number, row in enumerate(rows, start=200_001):
        row["transaction_id"] = f"T{number}"
    return rows


def _orders(rng: np.random.Generator, sender: Row) -> list[tuple[date, float]]:
    habit, first = sender["_habit"], sender["_first"]
    if not sender["_monthly"]:
        return []
    if habit.once:
        return [(AS_OF - timedelta(first), round(sender["_monthly"], 2))]
    last = int(rng.integers(habit.last[0], habit.last[1] + 1))
    usual = float(rng.uniform(*habit.gap))
    ago, days = float(first), []
    begins, ends = habit.pause
    while ago >= last:
        if ends < ago <= begins:
            ago = float(ends)
        size = sender["_monthly"] * usual / 30.4 * float(rng.uniform(0.8, 1.25))
        days.append(
            (AS_OF - timedelta(int(ago)), round(size * (habit.shrink if ago < habit.fading else 1.0), 2))
        )
        ago -= max(1.0, usual * rng.uniform(0.75, 1.25))
    return days


def _receivables(rng: np.random.Generator, customers: Sequence[Row]) -> list[Row]:
    """The invoices of the last months of customers on account, paid or open as they are used to pay."""
    rows, numbers = [], count(7001)
    for sender in customers:
        habit = sender["_habit"]
        if habit.credit is None:
            continue
        term = sender["credit_days"]
        for back in range(3, -1, -1):
            issued = date(AS_OF.year, AS_OF.month - back + 1, 1) - timedelta(1)
            due, amount = (
                issued + timedelta(term),
                round(sender["_monthly"] * float(rng.uniform(0.85, 1.1)), 2),
            )
            if habit.credit == "temporary":
                amount = round(amount / 3, 2)
            paid_on = due - timedelta(int(rng.integers(0, 4))) if term > 7 else due
            delay = {
                "late": int(rng.integers(12, 26)),
                "very_late": 60,
                "over_limit": 999,
                "no_limit": 25,
            }.get(habit.pays, 0)
            paid_on += timedelta(delay)
            settled = paid_on <= AS_OF
            rows.append({
                "customer_id": sender["customer_id"], "invoice": f"I{next(numbers)}", "issued": issued, "due": due,
                "amount": amount, "paid": amount if settled else round(amount * 0.25, 2) if habit.pays == "very_late" else None,
                "paid_date": paid_on if settled else None,
            })  # fmt: skip
        if habit.pays == "over_limit":
            # The rest of a bill they have argued about since early summer.
            rows.append({
                "customer_id": sender["customer_id"], "invoice": f"I{next(numbers)}", "issued": AS_OF - timedelta(150),
                "due": AS_OF - timedelta(120), "amount": round(sender["_monthly"] * 0.5, 2),
                "paid": round(sender["_monthly"] * 0.4, 2), "paid_date": None,
            })  # fmt: skip
        if habit.pays == "credit_note":
            rows.append({
                "customer_id": sender["customer_id"], "invoice": f"I{next(numbers)}", "issued": AS_OF - timedelta(9),
                "due": AS_OF - timedelta(9), "amount": -round(sender["_monthly"] * 1.6, 2), "paid": None, "paid_date": None,
            })  # fmt: skip
    return rows


def _leads(rng: np.random.Generator, customers: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Leads of both tracks with their way; some are in twice, and some are customers already."""
    leads: list[Row] = []
    history: list[Row] = []
    for number in range(1, 97):
        lead = _lead(rng, f"L{number:03d}")
        history += _way(rng, lead)
        leads.append(lead)
    for number, again in enumerate(rng.choice(len(leads), 7, replace=False), start=97):
        twin = leads[again] | {
            "lead_id": f"L{number:03d}",
            "name": mistyped(rng, leads[again]["name"]),
            "channel": "Hotline",
        }
        twin |= {
            "created": AS_OF - timedelta(int(rng.integers(3, 20))),
            "closed": None,
            "won": None,
            "visits": 0,
        }
        history += _way(rng, twin, fresh=True)
        leads.append(twin)
    known = [one for one in customers if one["customer_class"] == "fixed"]
    for number, at in enumerate(rng.choice(len(known), 5, replace=False), start=104):
        one = known[at]
        same = {
            name: one[name]
            for name in (
                "name",
                "contact_name",
                "mobile",
                "phone",
                "address",
                "industry",
                "region",
                "latitude",
                "longitude",
            )
        }
        lead = _lead(rng, f"L{number:03d}") | same | {"closed": None, "won": None}
        history += _way(rng, lead, fresh=True)
        leads.append(lead)
    # One was typed with the comma forgotten: there is no such place, so no branch is near.
    leads[11]["latitude"] = 312_215.0
    history.sort(key=lambda row: (row["lead_id"], row["changed"]))
    return leads, history


def _lead(rng: np.random.Generator, lead_id: str) -> Row:
    city = CITIES[int(rng.integers(len(CITIES)))]
    industry, large = str(rng.choice(list(TRADES))), rng.random() < 0.4
    return {
        "lead_id": lead_id, "customer_id": None, "name": company_name(rng, industry), "contact_name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
        "mobile": f"15{rng.integers(10**8, 10**9)}", "phone": f"020-6{rng.integers(10**6, 10**7)}", "address": address(rng, city[1]),
        "expected_monthly_amount": float(round(rng.uniform(10_000, 160_000) if large else rng.uniform(300, 9_900), -2)),
        "created": AS_OF - timedelta(int(rng.integers(5, 220))), "closed": None, "won": None, "visits": int(rng.integers(0, 5)),
        "industry": industry, "region": city[0], "channel": str(rng.choice(CHANNELS, p=(0.4, 0.2, 0.25, 0.15))), "owner": str(rng.choice(OWNERS)),
        "competitor": str(rng.choice(COMPETITORS)) if rng.random() < 0.5 else None,
        "latitude": round(city[3] + float(rng.normal(0, 0.4)), 4), "longitude": round(city[4] + float(rng.normal(0, 0.4)), 4),
    }  # fmt: skip


def _way(rng: np.random.Generator, lead: Row, *, fresh: bool = False) -> list[Row]:
    """The stages a lead has been through; sets where it stands, and whether it was won."""
    steps = LARGE if lead["expected_monthly_amount"] >= 10_000 else SMALL
    day, rows, before = lead["created"], [], None
    # Who is visited gets further.
    reach = 1 if fresh else int(rng.binomial(len(steps), min(0.35 + 0.12 * lead["visits"], 0.9)))
    for stage in steps[: max(reach, 1)]:
        if day > AS_OF:
            break
        rows.append(
            {
                "lead_id": lead["lead_id"],
                "changed": day,
                "from_stage": before,
                "to_stage": stage,
                "owner": lead["owner"],
            }
        )
        before, since = stage, day
        day += timedelta(int(rng.integers(3, 35)))
    lead |= {"stage": before, "stage_since": since}
    if not fresh and day <= AS_OF and (before == steps[-1] or rng.random() < 0.25):
        won = before == steps[-1] and rng.random() < 0.4 + 0.1 * lead["visits"]
        lead |= {"closed": day, "won": "yes" if won else "no"}
    return rows


def _interactions(rng: np.random.Generator, customers: Sequence[Row]) -> list[Row]:
    """Visits and calls, and complaints about parcels that came late, most of them where volumes then fall."""
    rows = []
    for sender in customers:
        habit = sender["_habit"]
        if not sender["_monthly"]:
            continue
        for _ in range(int(rng.poisson(2 if habit.company else 0.6))):
            visit = habit.company and rng.random() < 0.5
            rows.append(
                _contact(rng, sender, int(rng.integers(1, 240)), "visit" if visit else "call", "aftersale")
            )
        troubled = habit.name in ("sends less", "breaking off")
        for _ in range(int(rng.poisson(2.2 if troubled else 0.12))):
            late = _contact(rng, sender, int(rng.integers(1, 62 if troubled else 300)), "complaint", "sale")
            closed = (
                None if rng.random() < 0.2 else min(late["date"] + timedelta(int(rng.integers(1, 7))), AS_OF)
            )
            rows.append(
                late
                | {
                    "severity": int(rng.integers(1, 4)),
                    "reason": "late parcel",
                    "outcome": None,
                    "closed": closed,
                }
            )
    return sorted(rows, key=lambda row: (row["date"], row["customer_id"]))


def _contact(rng: np.random.Generator, sender: Row, ago: int, kind: str, phase: str) -> Row:
    return {
        "customer_id": sender["customer_id"], "date": AS_OF - timedelta(ago), "phase": phase, "channel": str(rng.choice(CHANNELS)), "type": kind,
        "severity": None, "reason": None, "outcome": str(rng.choice(("reached", "answered", "no answer"))), "closed": None,
        "owner": str(rng.choice(OWNERS)),
    }  # fmt: skip


if __name__ == "__main__":
    write(sample_path("logistics"))
