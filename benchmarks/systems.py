"""Time of each subject of the packs exhibition, b2b and automotive on 100,000 customers; one line per pack and subject.

Those of power and hospital are in `benchmarks.power`; what every pack shares is here.

Customers and the rows beside them are drawn from a seed: five editions with 2,000 exhibitors among 100,000 customers,
40 categories; 400,000 contacts; 20,000 opportunities of 10 questions. Seconds are those of the subject alone, in this
process, medians of three runs after one unmeasured; features and tables are made before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from operator import methodcaller
from typing import Any

import numpy as np

from benchmarks.measure import Cost, Result

CUSTOMERS, EXHIBITORS, EDITIONS, CATEGORIES, SEED = 100_000, 2_000, 5, 40, 20261122
CONTACTS, OPPORTUNITIES, QUESTIONS = 400_000, 20_000, 10
RUNS = 3


def results() -> list[Result]:
    """One line per pack and subject."""
    random = np.random.default_rng(SEED)
    ids = np.array([f"C{number:06d}" for number in range(CUSTOMERS)], dtype=object)
    work = _exhibition(random, ids) | _b2b(random) | _automotive(random, ids) | _shared(random)
    return [Result(f"{what}, {CUSTOMERS:,} customers", *_measured(one)) for what, one in work.items()]


def _measured(work: Callable[[], str]) -> tuple[Cost, str]:
    note = work()
    cpu, wall = [], []
    for _ in range(RUNS):
        begun, clock = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - begun)
        wall.append(time.perf_counter() - clock)
    return Cost(statistics.median(cpu), statistics.median(wall), 0.0), note


def _pack_work(name: str, columns: dict[str, Any]) -> dict[str, Callable[[], str]]:
    """The rules of a pack over ready features."""
    from tierbook.rulepack.read import read_pack
    from tierbook.scorer import Scorer
    from tierbook.shipped import shipped

    pack = read_pack(shipped("rules") / f"{name}.yaml")

    def scored(subject: Callable[[Scorer], Any]) -> Callable[[], str]:
        def run() -> str:
            subject(Scorer(pack, dict(columns)))
            return ""

        return run

    found = {
        f"{name}: tiers": scored(lambda one: one.tier()),
        f"{name}: positions": scored(lambda one: one.positions()),
        f"{name}: stages": scored(lambda one: one.stage()),
        f"{name}: churn": scored(lambda one: one.churn_level()),
    }
    return found | {f"{name}: score {score}": scored(methodcaller("score", score)) for score in pack.scores}


def _features(random: np.random.Generator) -> dict[str, Any]:
    """Standard features and what the packs add to them."""
    size = CUSTOMERS
    columns: dict[str, Any] = {
        name: random.integers(low, high, size).astype(float)
        for name, low, high in (
            ("orders", 0, 30), ("days_since_last", 0, 900), ("contacts_recent", 0, 9), ("referrals", 0, 4), ("tenure_months", 0, 120),
            ("editions", 0, 5), ("announced", 0, 3), ("came", 0, 3), ("expert", 0, 3), ("open_claims", 0, 2), ("cars", 0, 7),
            ("services", 0, 9), ("service_recent", 0, 3), ("cars_recent", 0, 2), ("cars_lately", 0, 2), ("worst_severity", 1, 4),
            ("joint_projects", 0, 4), ("competitors", 0, 5), ("satisfaction", 20, 101),
        )
    }  # fmt: skip
    columns |= {
        name: random.lognormal(8, 1.2, size)
        for name in ("total_spend", "net_value", "spend_per_month", "budget", "median_gap_days")
    }
    columns |= {"spend_change": random.normal(0, 0.4, size), "overdue_ratio": random.lognormal(0, 1, size), "wallet_share": random.random(size)}  # fmt: skip
    for name, words in (
        ("side", ("exhibitor", "visitor")), ("kind", ("company", "individual")), ("switching_cost", ("low", "medium", "high")),
        ("reference", ("yes", "no")),
    ):  # fmt: skip
        columns[name] = np.array(words, dtype=object)[random.integers(0, len(words), size)]
    return columns


def _exhibition(random: np.random.Generator, ids: np.ndarray) -> dict[str, Callable[[], str]]:
    from tierbook.editions import editions, recruiting, registered
    from tierbook.partners import balance, partners

    there = random.random((EDITIONS, CUSTOMERS)) < 0.5
    edition_number, who = np.nonzero(there)
    edition = np.array([f"edition {number}" for number in range(EDITIONS)], dtype=object)[edition_number]
    date = np.datetime64("2024-09-01") + edition_number * 180
    sides = np.where(np.arange(CUSTOMERS) < EXHIBITORS, "exhibitor", "visitor").astype(object)
    side, customer = sides[who], ids[who]
    names = np.array([f"category {number}" for number in range(CATEGORIES)])
    sets = [";".join(names[random.choice(CATEGORIES, 3, replace=False)]) for _ in range(9_000)]
    wanted = np.array(sets, dtype=object)[random.integers(0, len(sets), CUSTOMERS)]
    value = random.lognormal(4, 1, CUSTOMERS)
    flow = editions(customer, edition, date, side)
    yes = random.integers(0, 2, len(who)).astype(float)

    def of_editions() -> str:
        return f"{len(editions(customer, edition, date, side).edition)} rows from {len(who):,} participations"

    def of_cost() -> str:
        recruiting(flow, flow.place(edition, side), value[who])
        return ""

    def of_registration() -> str:
        registered(
            flow.place(edition, side), len(flow.edition), preregistered=yes, attended=yes, professional=yes
        )
        return ""

    def of_partners() -> str:
        found = partners(
            wanted[:EXHIBITORS], wanted[EXHIBITORS:], ids=ids[EXHIBITORS:], value=value[EXHIBITORS:]
        )
        return f"{len(found.visitor):,} matches of {EXHIBITORS:,} exhibitors and {CUSTOMERS - EXHIBITORS:,} visitors"

    def of_balance() -> str:
        return f"{len(balance(wanted[:EXHIBITORS], wanted[EXHIBITORS:]).category)} categories"

    return {
        **_pack_work("exhibition", _features(random)), "exhibition: editions": of_editions, "exhibition: recruiting cost": of_cost,
        "exhibition: registration": of_registration, "exhibition: supply-demand matching": of_partners, "exhibition: categories": of_balance,
    }  # fmt: skip


def _b2b(random: np.random.Generator) -> dict[str, Callable[[], str]]:
    from tierbook.questionnaire import gate

    question = [f"question {number}" for number in range(QUESTIONS)]
    opportunity = [f"O{number}" for number in range(OPPORTUNITIES) for _ in question]
    asked = question * OPPORTUNITIES
    answer = np.array(["no", "partly", "yes", None], dtype=object)[random.integers(0, 4, len(asked))].tolist()

    def of_gate() -> str:
        found = gate(
            question, np.ones(QUESTIONS), ["no;partly;yes"] * QUESTIONS, opportunity=opportunity, asked=asked, answer=answer
        )  # fmt: skip
        return f"{len(found.opportunity):,} opportunities, {len(asked):,} answers"

    return {**_pack_work("b2b", _features(random)), "b2b: questionnaire": of_gate}


def _automotive(random: np.random.Generator, ids: np.ndarray) -> dict[str, Callable[[], str]]:
    from tierbook.goals import goal_tree, ranking
    from tierbook.potential import potential
    from tierbook.targets import targets
    from tierbook.touchpoints import touch_points

    who = random.integers(0, CUSTOMERS, CONTACTS)
    phase = np.array(["presale", "sale", "aftersale"], dtype=object)[random.integers(0, 3, CONTACTS)]
    channel = np.array(["web", "phone", "visit", "mail"], dtype=object)[random.integers(0, 4, CONTACTS)]
    outcome = np.array(["won", None], dtype=object)[random.integers(0, 2, CONTACTS)]
    tier = np.array(["vip", "important", "general"], dtype=object)[random.integers(0, 3, CUSTOMERS)]
    tree = goal_tree([f"goal {at}" for at in range(50)], [None] * 50, [0.02] * 50)
    score = random.random((1_000, 50))
    figures = random.lognormal(3, 1, (4, CUSTOMERS))

    def of_touch_points() -> str:
        return f"{len(touch_points(ids[who], phase, channel, outcome, tier[who]).contacts)} cells of {CONTACTS:,} contacts"

    def of_ranking() -> str:
        return f"{len(ranking(tree, score).total):,} options, 50 goals"

    def of_potential() -> str:
        return f"{int(potential(*figures).focus.sum()):,} of {CUSTOMERS:,} rows in focus"

    def of_targets() -> str:
        return f"{len(targets(*figures[:3]).status):,} targets"

    return {
        **_pack_work("automotive", _features(random)), "automotive: touch points": of_touch_points, "automotive: goals": of_ranking,
        "automotive: potential": of_potential, "automotive: targets": of_targets,
    }  # fmt: skip


def _shared(random: np.random.Generator) -> dict[str, Callable[[], str]]:
    """What every pack shares: the most urgent of all systems, and the days of care."""
    from datetime import date

    from tierbook.actions import next_actions, reminders

    as_of, today = date(2026, 10, 31), np.datetime64("2026-10-31")

    def days(share: float) -> np.ndarray:
        found = today + random.integers(-60, 60, CUSTOMERS)
        found[random.random(CUSTOMERS) >= share] = np.datetime64("NaT")
        return found

    def some(share: float) -> np.ndarray:
        return random.random(CUSTOMERS) < share

    care: dict[str, Any] = {
        "expected": days(0.8),
        "birthday": days(0.9),
        "contract_end": days(0.2),
        "marketable": some(0.8),
    }
    asked = {
        kind: days(0.02)
        for kind in ("request", "load", "register", "report", "credit_watch", "review", "level")
    }
    more: dict[str, Any] = {
        "complaint_due": days(0.02), "frozen": some(0.02), "flagged": some(0.2), "valued": some(0.3), "let_go": some(0.05),
        "has_stage_action": some(0.9),
    }  # fmt: skip

    def of_actions() -> str:
        found = next_actions(as_of=as_of, window_days=90, also=asked, **more, **care)
        return f"{int(found.kind.astype(bool).sum()):,} customers with something to do"

    def of_reminders() -> str:
        return f"{len(reminders(as_of=as_of, **care).row):,} days of care"

    return {"every pack: list of actions": of_actions, "every pack: care reminders": of_reminders}


if __name__ == "__main__":
    for result in results():
        print(
            result.what, f"{result.cost.cpu:.3f} CPU-s", f"{result.cost.wall:.3f} s", result.note, sep=" | "
        )
