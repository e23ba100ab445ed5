"""What to act on, in sentences with numbers, from the aggregates of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from tierbook.language import labels
from workbooks.page import Page
from workbooks.rows import records, signals, tier_names, totals
from workbooks.standing import things_to_do

MOST = 5
_PRESSING = ("complaint", "request", "credit", "load", "register", "report", "credit_watch", "review")


def things(page: Page) -> list[tuple[str, str]]:
    """Up to five things to act on, most urgent first: (what to do, why with numbers)."""
    found = [
        thing
        for tell in (_at_risk, _asked_for, _fallen, _warning, _quiet, _first, _never)
        for thing in tell(page)
    ]
    return found[:MOST]


def signal_words(page: Page, name: str) -> str:
    """A churn signal in words, without one customer's figures."""
    if f"signal_{name}" in labels():
        return page.label(f"signal_{name}")
    said = re.sub(r"\{[^{}]*\}", "…", page.word(name))
    return said[:1].upper() + said[1:]


def _at_risk(page: Page) -> Iterator[tuple[str, str]]:
    run = page.run
    lowest = tier_names(run)[-1]
    rows = [row for row in records(run.table("levels_by_tier")) if row["flagged"] and row["tier"]]
    # The lowest tier has the most customers and the least to lose: it is named only where no other has any at risk.
    if rows := [row for row in rows if row["tier"] != lowest] or rows:
        by_tier = {
            tier: totals([row for row in rows if row["tier"] == tier], "flagged", "revenue_year")
            for tier in {row["tier"] for row in rows}
        }
        tier = max(by_tier, key=lambda tier: (by_tier[tier]["revenue_year"], tier))
        everyone = next(row["customers"] for row in records(run.table("tiers")) if row["tier"] == tier)
        count, all_, revenue = (
            _count(by_tier[tier]["flagged"]),
            _count(everyone),
            by_tier[tier]["revenue_year"],
        )
        yield (
            page.say("Call the {tier} customers at risk", tier=page.word(tier)),
            page.say(
                "{count} of {all} flagged for churn, with {revenue} of revenue in the last twelve months.",
                count=count, all=all_, revenue=page.short(revenue),
            )
            if revenue
            else page.say("{count} of {all} flagged for churn; they paid nothing in the last twelve months.", count=count, all=all_),
        )  # fmt: skip


def _asked_for(page: Page) -> Iterator[tuple[str, str]]:
    """What is overdue, frozen or out of order in the other systems."""
    yield from things_to_do(page, _PRESSING, most=2)


def _fallen(page: Page) -> Iterator[tuple[str, str]]:
    run = page.run
    place = {name: position for position, name in enumerate(tier_names(run))}
    fallen = [
        row for row in records(run.table("tier_moves"))
        if row["before"] in place and place.get(row["now"], len(place)) > place[row["before"]]
    ]  # fmt: skip
    if fallen:
        sums = totals(fallen, "customers", "value")
        yield (
            page.say("Ask why customers fell to a lower tier"),
            page.say(
                "Customers who stand lower than on {day}: {count}; their value is {value}.",
                day=page.date(run.as_of - timedelta(days=run.window_days)), count=_count(sums["customers"]),
                value=page.short(sums["value"]),
            ),
        )  # fmt: skip


def _warning(page: Page) -> Iterator[tuple[str, str]]:
    if shown := [row for row in records(page.run.table("signals")) if row["customers"]]:
        costliest = max(shown, key=lambda row: (row["revenue_year"], row["signal"]))
        yield (
            page.say("Work on the costliest warning sign"),
            page.say(
                "{signal}: {count} customers, who paid {revenue} in the last twelve months.",
                signal=signal_words(page, signals(page.run)[costliest["signal"]].reason), count=_count(costliest["customers"]),
                revenue=page.short(costliest["revenue_year"]),
            ),
        )  # fmt: skip


def _quiet(page: Page) -> Iterator[tuple[str, str]]:
    classes = {row["class"]: row for row in records(page.run.table("classes"))}
    best = classes.get("A")
    if best and best["customers"] > best["active"]:
        everyone = totals(list(classes.values()), "customers")["customers"]
        yield (
            page.say("Win back who carries the revenue"),
            page.say(
                "{count} customers ({share}) bring 80% of revenue; {quiet} of them bought nothing in the window.",
                count=_count(best["customers"]), share=page.share(best["customers"] / everyone),
                quiet=_count(best["customers"] - best["active"]),
            ),
        )  # fmt: skip


def _first(page: Page) -> Iterator[tuple[str, str]]:
    if new := records(page.run.table("totals"))[0]["new_customers"]:
        yield (
            page.say("Turn first purchases into second ones"),
            page.say(
                "First purchases in the last {days} days: {count}.",
                days=page.run.window_days,
                count=_count(new),
            ),
        )


def _never(page: Page) -> Iterator[tuple[str, str]]:
    row = records(page.run.table("totals"))[0]
    if never := row["customers"] - row["buyers"]:
        yield (
            page.say("Approach who has not bought yet"),
            page.say("Customers on file without a purchase: {count}.", count=_count(never)),
        )


def _count(number: float) -> str:
    return f"{number:,.0f}"
