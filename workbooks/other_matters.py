"""What is to be done and belongs to no customer: leads that wait, opportunities at the gate, goals missed, registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tierbook.arrow import arrays
from tierbook.errors import DataError
from tierbook.pipeline import pipeline
from tierbook.questionnaire import GATE, gate
from workbooks.matters import register_words
from workbooks.milestones import milestones
from workbooks.rows import records
from workbooks.wording import Wording

if TYPE_CHECKING:
    from tierbook.run import Run

MONTHS_AT_STAKE = 12
_MOST_NAMED = 3


class OtherMatter(NamedTuple):
    """One thing to do: what it is about, its kind (lead, opportunity, goal, register), and as in the list of actions."""

    subject: str
    kind: str
    action: str
    owner: str | None
    due: date | None
    stake: float | None
    why: str


def other_matters(words: Wording) -> list[OtherMatter]:
    """Everything of that kind, the highest value at stake first, then by day; without a day last."""
    run = words.run
    found = [
        one for tables, tell in _PARTS if all(run.tables.get(name) for name in tables) for one in tell(words)
    ]
    return sorted(found, key=lambda one: (-(one.stake or 0.0), one.due is None, one.due or run.as_of))


def _leads(words: Wording) -> Iterator[OtherMatter]:
    """Open leads that stand at a stage for longer than it may take."""
    run = words.run
    if not run.pack.tracks:
        return
    found = pipeline(run)
    waiting = np.flatnonzero(found.open & ~found.repeated & ~np.isnan(found.days_late))
    columns = {
        name: found.column(name) for name in ("lead_id", "name", "owner", "stage", "expected_monthly_amount")
    }
    hidden = run.unmasked is not None and "name" in run.pack.masked
    for at in waiting.tolist():
        steps = run.pack.tracks[int(found.track[at])].steps
        stage = words.word(steps[int(found.step[at])].name)
        amount = float(columns["expected_monthly_amount"][at])
        late = int(found.days_late[at])
        yield OtherMatter(
            columns["lead_id"][at] if hidden else columns["name"][at] or columns["lead_id"][at], "lead",
            words.label("action_lead"), columns["owner"][at], run.as_of - timedelta(days=late),
            None if np.isnan(amount) else amount * MONTHS_AT_STAKE,
            words.say("at {stage} for {days:.0f} days, {late} too long", stage=stage, days=found.age[at], late=late),
        )  # fmt: skip


def _opportunities(words: Wording) -> Iterator[OtherMatter]:
    """Opportunities below the gate, the nearest to it first: the questions that would bring them most."""
    run = words.run
    questions, answers = (
        arrays(run.engine.sql(f"SELECT * FROM tierbook_{name}")) for name in ("questions", "answers")
    )
    given = [
        at for at, one in enumerate(zip(answers["opportunity"], answers["question"], strict=True)) if all(one)
    ]
    asked = questions["question"].tolist()
    try:
        found = gate(
            asked, questions["weight"], questions["allowed"].tolist(),
            opportunity=answers["opportunity"][given].tolist(), asked=answers["question"][given].tolist(),
            answer=answers["answer"][given].tolist(), gate=gate_of(run),
        )  # fmt: skip
    except DataError:
        # The page Three-part value says what is wrong with the questionnaire.
        return
    for at in np.argsort(found.short, kind="stable")[int(found.passes.sum()) :].tolist():
        best = np.argsort(-found.lost[at], kind="stable")[:_MOST_NAMED].tolist()
        missing = words.label("list_comma").join(
            f"{asked[one]} +{found.lost[at][one]:.0f}" for one in best if found.lost[at][one]
        )
        said = words.say(
            "{total:.0f} points, {short:.0f} short of the gate", total=found.total[at], short=found.short[at]
        )
        yield OtherMatter(
            found.opportunity[at], "opportunity", words.label("action_gate"), None, None, None,
            words.label("colon").join((said, missing)),
        )  # fmt: skip


def gate_of(run: Run) -> float:
    """The points from which an opportunity may move on: the pack's threshold `gate`."""
    return float(run.pack.profile(run.profile).thresholds.get("gate", GATE))


def _goals(words: Wording) -> Iterator[OtherMatter]:
    """Goals whose latest milestone with a figure was missed."""
    given, found, _ = milestones(words.run)
    day = np.datetime64(words.run.as_of, "D")
    goals = given["goal"].tolist()
    for goal in dict.fromkeys(one for one in goals if one):
        rows = [
            at
            for at, one in enumerate(goals)
            if one == goal
            and given["month"][at] <= day
            and found.status[at] in ("met", "within_10", "missed")
        ]
        if not rows:
            continue
        at = max(rows, key=lambda row: given["month"][row])
        if found.status[at] == "missed":
            yield OtherMatter(
                goal, "goal", words.label("action_goal"), None, given["month"][at].item(), None,
                words.say("target {target:,.6g}, reached {actual:,.6g}", target=given["target"][at], actual=given["actual"][at]),
            )  # fmt: skip


def _registers(words: Wording) -> Iterator[OtherMatter]:
    """Overdue items of registers that name no customer we know."""
    run = words.run
    known = set(run.customers["customer_id"].to_pylist())
    for one in records(run.table("register_items")):
        if one["overdue"] and one["customer_id"] not in known:
            yield OtherMatter(
                one["item"] or one["kind"] or "", "register", words.label("action_register"), one["owner"], one["due"], None,
                register_words(words, one),
            )  # fmt: skip


_PARTS: tuple[tuple[tuple[str, ...], Callable[[Wording], Iterator[OtherMatter]]], ...] = (
    (("leads",), _leads),
    (("questions", "answers"), _opportunities),
    (("targets",), _goals),
    (("registers",), _registers),
)
