"""The next action of each customer in cells, with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.actions import FREEZE, WATCH, NextActions, expected_on, next_actions, worth_a_call
from tierbook.errors import DataError
from tierbook.holidays import Greeting, falling
from tierbook.language import label, say
from tierbook.needs import needs
from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack
    from tierbook.scorer import Scorer

# Read where they are there: each brings one kind of action more.
_OPTIONAL = (
    "days_since_last", "last_date", "median_gap_days", "open_complaints", "worst_severity", "birthday", "contract_end",
    "marketable", "receivable", "overdue_days", "credit_used",
)  # fmt: skip
# Only differences between days matter where nobody says which day it is.
_ANY_DAY = date(2000, 1, 1)


def _actions(features: FeatureRange, *, pack: Pack, language: str) -> dict[str, NDArray]:
    if not (pack.tiers or pack.churn or pack.stages or pack.level_actions):
        raise pack.no_section("stages")
    of_lost = needs(pack, "winback") if pack.winback else set()
    of_credit = needs(pack, "credit") if pack.credit else set()
    of_level = {
        column: needs(pack, _SECTION_OF.get(column, column.removesuffix(".level")))
        for column in pack.level_actions
    }
    also = (*_OPTIONAL, *sorted(of_lost | of_credit), *sorted(set().union(*of_level.values())))
    scorer = features.scorer(pack, "actions", language=language, also=also)
    day = _day(scorer, pack)
    if day is None and ("birthday" in scorer.columns or "contract_end" in scorer.columns):
        features.note(
            "No column says which day the customers are of; birthdays and contracts are left out, due is blank."
        )
    let_go, won_back, spend = _lost(scorer, of_lost)
    asked, level = _asked(
        scorer, {column: read for column, read in of_level.items() if read <= scorer.columns.keys()}
    )
    greetings = falling(pack.holidays, day, day + timedelta(days=pack.days_ahead)) if day else []
    status = _credit(scorer, of_credit)
    found = _next(scorer, day, status, asked, greetings, let_go, won_back)
    action, reason, due = (np.full(scorer.length, "", dtype=object) for _ in range(3))
    stage = scorer.stage() if pack.stages else action
    does = {level.name: level.action for level in pack.stages}
    for kind in dict.fromkeys(found.kind[found.kind.astype(bool)].tolist()):
        rows = np.flatnonzero(found.kind == kind)
        if kind in ("stage", "level"):
            action[rows] = [does[name] for name in stage[rows].tolist()] if kind == "stage" else asked[rows]
            reason[rows] = _level_words(pack, (stage if kind == "stage" else level)[rows], language)
            continue
        action[rows] = kind
        reason[rows] = (
            _greeted(pack, greetings[0], language)
            if kind == "holiday"
            else _reasons(scorer, kind, rows, language)
        )
    won = won_back & (found.kind == "churn")
    if won.any():
        action[won] = scorer.winback()[won]
        said = _filled("spend {spend:#,##0} at most", np.flatnonzero(won), {"spend": spend}, language)
        reason[won] = reason[won] + label("list_semicolon", language) + said
    if day is not None:
        known = ~np.isnat(found.due)
        due[known] = found.due[known].astype("datetime64[us]").tolist()
    return {"action": action, "reason": reason, "due": due}


def _day(scorer: Scorer, pack: Pack) -> date | None:
    """The day the rows speak for: `days_since_last` after `last_date`, the same for all; else the pack's."""
    columns = scorer.columns
    if "last_date" in columns and "days_since_last" in columns:
        known = ~np.isnat(columns["last_date"]) & ~np.isnan(columns["days_since_last"])
        ago = columns["days_since_last"][known].astype("timedelta64[D]")
        days = np.unique(columns["last_date"][known].astype("datetime64[D]") + ago)
        if len(days) > 1:
            raise DataError(
                "The customers are of different days: {first} and {last}.",
                fix="Give customers of one day.",
                first=days[0].item(),
                last=days[-1].item(),
            )
        if len(days):
            return days[0].item()
    return pack.as_of


def _lost(
    scorer: Scorer, of_lost: set[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Which lost customers are let go, which won back, and for how much; nobody without the columns for it."""
    nobody, unknown = np.full(scorer.length, False), np.full(scorer.length, np.nan)
    if not of_lost or not of_lost <= scorer.columns.keys():
        return nobody, nobody, unknown
    assert scorer.pack.winback
    decision = scorer.winback().astype(str)
    let_go = np.isin(decision, [scorer.pack.winback.levels[-1].name or ""])
    not_lost = np.isin(decision, ["", "None"])
    return let_go & ~not_lost, ~let_go & ~not_lost, scorer.winback_spend()


def _credit(scorer: Scorer, of_credit: set[str]) -> NDArray[np.object_]:
    """The status of credit; None without the columns for it."""
    if not of_credit or not of_credit <= scorer.columns.keys():
        return np.full(scorer.length, None, dtype=object)
    return scorer.credit()


# What the section of a result column is called, where it is not called alike.
_SECTION_OF = {"churn_level": "churn", "retention_group": "groups", "tier": "tiers"}


def _asked(scorer: Scorer, of_level: Iterable[str]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """What levels of the rules ask for, and those levels; the first section with one for a customer counts."""
    asked, named = (np.full(scorer.length, None, dtype=object) for _ in range(2))
    for column in reversed(list(of_level)):
        actions = scorer.pack.level_actions[column]
        kind, _, group = column.partition(".")
        if kind == "class":
            levels = scorer.class_of(group)
        elif kind == "score":
            levels = scorer.score_level(group.removesuffix(".level"))
        elif hasattr(scorer, column):
            levels = getattr(scorer, column)()
        else:
            continue
        here = np.isin(levels.astype(str), list(actions))
        asked[here] = [actions[one] for one in levels[here].tolist()]
        named[here] = levels[here]
    return asked, named


def _next(
    scorer: Scorer,
    day: date | None,
    status: NDArray[np.object_],
    asked: NDArray[np.object_],
    greetings: Sequence[Greeting],
    let_go: NDArray[np.bool_],
    won_back: NDArray[np.bool_],
) -> NextActions:
    pack, columns, length = scorer.pack, scorer.columns, scorer.length
    as_of = day or _ANY_DAY
    today = np.datetime64(as_of, "D")
    never, unknown = np.full(length, np.datetime64("NaT", "D")), np.full(length, np.nan)
    since = columns.get("days_since_last", unknown)
    last = never.copy()
    last[~np.isnan(since)] = today - since[~np.isnan(since)].astype("timedelta64[D]")
    # Features do not say since when a complaint is open: every open one counts, and is due at once.
    open_now = np.nan_to_num(columns.get("open_complaints", unknown)) > 0
    nobody = np.full(length, False)
    no_tier = np.full(length, None, dtype=object)
    tiers = [level.name for level in pack.tiers.levels if level.name] if pack.tiers else []
    with_action = [level.name or "" for level in pack.stages if level.action]
    found = next_actions(
        frozen=status == FREEZE,
        as_of=as_of,
        window_days=pack.window_days,
        complaint_due=np.where(open_now, today - np.timedelta64(1, "D"), never),
        flagged=scorer.churn_flagged() if pack.churn else nobody,
        valued=worth_a_call(
            scorer.tier() if pack.tiers else no_tier,
            scorer.value() if pack.parts and not tiers[:-1] else unknown,
            tiers=tiers,
        )
        | won_back,
        let_go=let_go,
        expected=expected_on(last, columns.get("median_gap_days", unknown)),
        has_stage_action=np.isin(scorer.stage().astype(str), with_action) if pack.stages else nobody,
        birthday=columns.get("birthday", never) if day else never,
        contract_end=columns.get("contract_end", never) if day else never,
        marketable=columns["marketable"] == 1 if "marketable" in columns else ~nobody,
        days_ahead=pack.days_ahead,
        holidays=greetings,
        also={
            "credit_watch": np.where(status == WATCH, today, np.datetime64("NaT", "D")),
            "level": np.where(asked.astype(bool), today + pack.window_days, np.datetime64("NaT", "D")),
        },
    )
    found.due[found.kind == "complaint"] = today
    return found


def _reasons(scorer: Scorer, kind: str, rows: NDArray[np.intp], language: str) -> NDArray[np.object_]:
    if kind == "churn":
        return scorer.churn_reasons(language)[rows]
    columns = scorer.columns
    if kind in ("credit", "credit_watch"):
        return _owed(scorer, rows, language)
    if kind == "expected":
        template = "{days_since_last:0} days since the last purchase, usually {median_gap_days:0}"
    elif kind == "birthday":
        template = "birthday on {birthday}"
    elif kind == "contract":
        template = "the contract ends on {contract_end}"
    elif "worst_severity" in columns:
        template = "open complaints: {open_complaints:0}, the worst of severity {worst_severity:0}"
    else:
        template = "open complaints: {open_complaints:0}"
    return _filled(template, rows, columns, language)


def _owed(scorer: Scorer, rows: NDArray[np.intp], language: str) -> NDArray[np.object_]:
    """What is owed, as far as the features say it."""
    columns, colon = scorer.columns, label("list_semicolon", language)
    said = np.full(len(rows), "", dtype=object)
    for name, template in _OWED.items():
        if name in columns:
            known = ~np.isnan(columns[name][rows]) & (columns[name][rows] > 0)
            text = np.where(said.astype(bool), colon, "") + _filled(template, rows, columns, language)
            said += np.where(known, text, "")
    return said


_OWED = {
    "receivable": "{receivable:#,##0} is owed",
    "overdue_days": "{overdue_days:0} days past due",
    "credit_used": "{credit_used:0%} of the limit",
}


def _filled(
    template: str, rows: NDArray[np.intp], columns: dict[str, Any], language: str
) -> NDArray[np.object_]:
    from tierbook.rulepack.words import filled

    return filled(say(template, language), columns, rows, language)


def _greeted(pack: Pack, greeting: Greeting, language: str) -> str:
    return say(
        "{holiday} on {day}",
        language,
        holiday=pack.word(greeting.name, language),
        day=greeting.day.isoformat(),
    )


def _level_words(pack: Pack, stage: NDArray[np.object_], language: str) -> NDArray[np.object_]:
    """The stage or level and what is wanted there, each worded once."""
    colon = label("colon", language)
    said = {}
    for name in dict.fromkeys(stage.tolist()):
        words = pack.words.get(name)
        goal = getattr(words.goal, language) if words and words.goal else ""
        said[name] = colon.join(text for text in (pack.word(name, language), goal) if text)
    return np.array([said[name] for name in stage.tolist()], dtype=object)


_CUSTOMERS = [
    ["customer_id", "net_value", "total_spend", "orders_per_month", "spend_per_month", "tenure_months", "settlement", "budget", "reputation",
     "orders", "spend_change", "overdue_ratio", "days_since_last", "median_gap_days", "last_date", "open_complaints"],
    ["A", 900, 1000, 1, 100, 12, "cash", None, "A", 12, 0.1, 0.5, 10, 20, datetime(2025, 6, 20), 0],
    ["B", 90, 100, 1, 10, 12, "cash", None, None, 12, 0.1, 0.5, 5, 20, datetime(2025, 6, 25), 2],
    ["C", 80, 90, 1, 9, 12, "cash", None, None, 12, 0.1, 1.5, 30, 20, datetime(2025, 5, 31), 0],
]  # fmt: skip
ACTIONS = declare(
    ExcelFunction(
        name="CRM_ACTIONS",
        help="The next action for each customer: the most urgent of what there is to do, and why.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Table action, reason, due, a row for each customer, empty texts for nothing to do. Tried in this order: complaint, "
        "credit, churn (of a customer worth a call) or what win back decides, credit_watch, expected, what a level or the stage asks for, birthday, contract, holiday. The "
        "day is days_since_last after last_date, the same for all rows.",
        result="columns",
        calculate=_actions,
        example=Example(
            (_CUSTOMERS, "hospitality"),
            [
                ["action", "reason", "due"],
                ["retain", "Maturity: hold spend and ask for referrals", datetime(2025, 9, 28)],
                ["complaint", "open complaints: 2", datetime(2025, 6, 30)],
                ["expected", "30 days since the last purchase, usually 20", datetime(2025, 6, 20)],
            ],
        ),
        given=("language",),
    )
)
