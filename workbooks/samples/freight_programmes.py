"""What the freight company of the logistics sample does for its customers: holdings, campaigns, points, contracts.

Everything is drawn from its own generator, so that the other sheets stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from workbooks.samples.freight import AS_OF
from workbooks.samples.sheets import Row

SHEETS: dict[str, dict[str, tuple[str, int]]] = {
    "Campaigns": {
        "Campaign ID": ("campaign_id", 12), "Name": ("name", 30), "Start": ("start", 12), "End": ("end", 12), "Cost": ("cost", 10),
    },
    "Campaign responses": {
        "Campaign ID": ("campaign_id", 12), "Customer ID": ("customer_id", 12), "Group": ("group", 9),
        "Responded": ("responded", 11), "Revenue": ("revenue", 11),
    },
    "Redemptions": {
        "Customer ID": ("customer_id", 12), "Date": ("date", 12), "Points": ("points", 9), "Item": ("item", 20),
    },
    "Contracts": {
        "Customer ID": ("customer_id", 12), "Contract": ("contract", 11), "Start": ("start", 12), "End": ("end", 12), "Status": ("status", 10),
    },
}  # fmt: skip
# Name, days before AS_OF it began, cost, addressed, in control, chance that either answers, what an answer brings.
CAMPAIGNS: tuple[tuple[str, int, float | None, int, int, float, float, float], ...] = (
    ("Spring road freight rates", 210, 4200.0, 90, 60, 0.31, 0.09, 1800.0),
    ("Cold chain trial week", 120, 2600.0, 60, 40, 0.13, 0.12, 2400.0),
    ("Portal bookings, no fee", 60, 0.0, 50, 0, 0.22, 0.0, 350.0),
    ("Come back with a first free pick-up", 35, 1500.0, 40, 20, 0.0, 0.05, 0.0),
)
REWARDS = ("Free pick-up", "Packing material", "Fuel voucher", "Insurance upgrade")
NOBODY = "E9999"


def holdings(customers: Sequence[Row]) -> None:
    """Give the largest accounts subsidiaries, one of them a chain, and two customers a parent nobody is."""
    companies = [one for one in customers if one["kind"] == "company" and one["customer_class"] == "fixed"]
    by_size = sorted(companies, key=lambda one: (-one["_monthly"], one["customer_id"]))
    heads, small = by_size[:4], iter(by_size[60:])
    for at, head in enumerate(heads):
        above = head
        for place in range(3):
            below = next(small)
            below["parent_id"] = above["customer_id"]
            above = below if at == 0 and place == 0 else head
    for _ in range(2):
        next(small)["parent_id"] = NOBODY


def programmes(rng: np.random.Generator, customers: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of these sheets, by title."""
    senders = [one for one in customers if one["_monthly"]]
    campaigns, answers = _campaigns(rng, [one for one in senders if one["marketable"] == "yes"])
    members = [one for one in senders if one["is_member"] == "yes"]
    return {
        "Campaigns": campaigns,
        "Campaign responses": answers,
        "Redemptions": _redemptions(rng, members),
        "Contracts": _contracts(rng, [one for one in senders if one["contract_end"]]),
    }


def _campaigns(rng: np.random.Generator, senders: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Each campaign with whom it addressed and whom it left alone, both drawn from the same customers."""
    campaigns, answers = [], []
    for number, (name, ago, cost, addressed, control, chance, by_itself, brings) in enumerate(CAMPAIGNS, 1):
        key, start = f"K{number}", AS_OF - timedelta(ago)
        campaigns.append({"campaign_id": key, "name": name, "start": start, "end": start + timedelta(28), "cost": cost})  # fmt: skip
        for place, at in enumerate(rng.choice(len(senders), addressed + control, replace=False).tolist()):
            target = place < addressed
            responded = rng.random() < (chance if target else by_itself)
            answers.append({
                "campaign_id": key, "customer_id": senders[at]["customer_id"], "group": "target" if target else "control",
                "responded": "yes" if responded else "no",
                "revenue": round(max(brings, 300.0) * float(rng.uniform(0.4, 1.6)), 2) if responded else None,
            })  # fmt: skip
    return campaigns, answers


def _redemptions(rng: np.random.Generator, members: Sequence[Row]) -> list[Row]:
    """Points spent by two in three of the members who have been with us for a while, less than a month's worth at a time."""
    rows = []
    for one in members:
        if one["_first"] < 120 or rng.random() < 1 / 3:
            continue
        favourite = int(rng.integers(len(REWARDS)))
        for _ in range(int(rng.integers(1, 4))):
            item = REWARDS[favourite if rng.random() < 0.7 else int(rng.integers(len(REWARDS)))]
            points = max(5, int(one["_monthly"] / 10 * float(rng.uniform(0.1, 0.5))))
            rows.append({"customer_id": one["customer_id"], "date": AS_OF - timedelta(int(rng.integers(1, 90))), "points": points, "item": item})  # fmt: skip
    return sorted(rows, key=lambda row: (row["date"], row["customer_id"]))


def _contracts(rng: np.random.Generator, senders: Sequence[Row]) -> list[Row]:
    """The contract each ends with, and for some the one before it."""
    rows = []
    for one in senders:
        end: date = one["contract_end"]
        start = end - timedelta(365)
        if rng.random() < 0.3:
            rows.append({"customer_id": one["customer_id"], "start": start - timedelta(365), "end": start - timedelta(1), "status": "ended"})  # fmt: skip
        rows.append({"customer_id": one["customer_id"], "start": start, "end": end, "status": "ended" if end < AS_OF else "running"})  # fmt: skip
    rows.sort(key=lambda row: (row["start"], row["customer_id"]))
    for number, row in enumerate(rows, start=301):
        row["contract"] = f"F{number}"
    return rows
