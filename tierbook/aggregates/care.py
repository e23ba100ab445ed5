"""Surveys, call-backs and contacts of patients (`spec/systems.md` H): SQL texts over surveys and interactions.

The engine has the tables of `aggregates.query`, and `tierbook_surveys` and `tierbook_interactions`. Rows count whether or
not their customer is known, because surveys may be anonymous; later ones than `as_of` do not.

| aggregate | one row per | columns beside the key |
|---|---|---|
| `survey_answers` | department, set, item, month (its first day) | answers, points: the sum of score / scale x 100 |
| `call_backs` | department, month of discharges | discharged, reached: those with a follow-up that reached them before the next discharge |
| `voices` | department | complaints, praises, suggestions, open_complaints, of the window |
| `consultations` | department | consultations, answered, hours: from the question to the answer, added up; of the window |
| `bookings` | channel | bookings of the window and of the window before |
| `day_sheet` | day of the last 31 that has something | calls (follow-ups), reached, complaints, surveys (people who answered), satisfied (of them) |
| `requests` | request open or opened in the window | customer_id, opened, closed, term, within_days, type, severity, department, owner, reason |

A scale is 10 unless given. The recommendation question is not part of satisfaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tierbook.aggregates.pieces import count_of, day_text, exact_sum, hours_between
from tierbook.engines.quoting import literal

NAMES = (
    "survey_answers",
    "call_backs",
    "voices",
    "consultations",
    "bookings",
    "day_sheet",
    "requests",
)
MOST_DAYS = 31
_DAY = "CAST(date AS DATE)"
_MONTH = "CAST(DATE_TRUNC('month', date) AS DATE)"
# Of one answer, 0 to 100; missing off the scale and without one that makes sense.
_POINTS = """CASE WHEN score >= 0 AND score <= COALESCE(scale, 10) AND COALESCE(scale, 10) > 0
    THEN score / COALESCE(scale, 10) * 100 END"""


class Term(NamedTuple):
    """How long requests may take: a condition on the row, never NULL, "" for all others. [days]"""

    name: str
    when: str
    within_days: float


class Care(NamedTuple):
    """What a pack says of surveys and requests; `requests` is a condition on an interaction, never NULL."""

    satisfied_from: float = 100.0
    sets: Mapping[str, Sequence[str]] = {}
    requests: str = "FALSE"
    terms: Sequence[Term] = ()


def query(name: str, *, as_of: date, window_days: int, care: Care) -> str:
    """The SQL text of one aggregate of `NAMES`.

    Parameters
    ----------
    as_of : date
        The day the run speaks for.
    window_days : int
        Length of the window. [days]
    """
    if name == "survey_answers":
        return _survey_answers(as_of, care)
    if name == "call_backs":
        return _call_backs(as_of)
    if name == "day_sheet":
        return _day_sheet(as_of, care)
    after = as_of - timedelta(days=window_days)
    if name == "requests":
        return _requests(as_of, after, care)
    if name == "bookings":
        return _bookings(as_of, after, after - timedelta(days=window_days))
    return (_voices if name == "voices" else _consultations)(as_of, after)


def _within(after: date, as_of: date) -> str:
    return f"{_DAY} > {day_text(after)} AND {_DAY} <= {day_text(as_of)}"


def _survey_answers(as_of: date, care: Care) -> str:
    cases = " ".join(
        f"WHEN item IN ({', '.join(map(literal, items))}) THEN {literal(name)}"
        for name, items in care.sets.items()
    )
    of_set = f'COALESCE("set", CASE {cases} END)' if cases else '"set"'
    return f"""WITH answers AS (
    SELECT department, {of_set} AS of_set, item, {_MONTH} AS month, {_POINTS} AS points
    FROM tierbook_surveys WHERE item <> 'nps' AND {_DAY} <= {day_text(as_of)}
)
SELECT department, of_set AS "set", item, month, COUNT(points) AS answers, {exact_sum("points")} AS points
FROM answers WHERE points IS NOT NULL
GROUP BY department, of_set, item, month ORDER BY department, of_set, item, month"""


def _call_backs(as_of: date) -> str:
    return f"""WITH left_on AS (
    SELECT customer_id, department, date, LEAD(date) OVER (PARTITION BY customer_id ORDER BY date) AS next_date
    FROM tierbook_interactions WHERE type = 'discharge' AND {_DAY} <= {day_text(as_of)}
), called AS (
    SELECT DISTINCT left_on.customer_id, left_on.date
    FROM left_on JOIN tierbook_interactions AS call ON call.customer_id = left_on.customer_id
    WHERE call.type = 'follow_up' AND call.outcome IN ('reached', 'satisfied', 'dissatisfied')
        AND CAST(call.date AS DATE) <= {day_text(as_of)} AND CAST(call.date AS DATE) >= CAST(left_on.date AS DATE)
        AND (left_on.next_date IS NULL OR call.date < left_on.next_date)
)
SELECT department, CAST(DATE_TRUNC('month', left_on.date) AS DATE) AS month, COUNT(*) AS discharged,
    COUNT(called.customer_id) AS reached
FROM left_on LEFT JOIN called ON called.customer_id = left_on.customer_id AND called.date = left_on.date
GROUP BY department, CAST(DATE_TRUNC('month', left_on.date) AS DATE) ORDER BY department, month"""


def _voices(as_of: date, after: date) -> str:
    still = f"type = 'complaint' AND (closed IS NULL OR CAST(closed AS DATE) > {day_text(as_of)})"
    return f"""
SELECT department, {count_of("type = 'complaint'")} AS complaints, {count_of("type = 'praise'")} AS praises,
    {count_of("type = 'suggestion'")} AS suggestions, {count_of(still)} AS open_complaints
FROM tierbook_interactions WHERE {_within(after, as_of)} AND type IN ('complaint', 'praise', 'suggestion')
GROUP BY department ORDER BY department"""


def _consultations(as_of: date, after: date) -> str:
    answered = f"responded >= date AND CAST(responded AS DATE) <= {day_text(as_of)}"
    hours = f"CASE WHEN {answered} THEN {hours_between('date', 'responded')} END"
    return f"""
SELECT department, COUNT(*) AS consultations, {count_of(answered)} AS answered, {exact_sum(hours)} AS hours
FROM tierbook_interactions WHERE {_within(after, as_of)} AND type = 'consultation'
GROUP BY department ORDER BY department"""


def _bookings(as_of: date, after: date, before: date) -> str:
    recent = f"{_DAY} > {day_text(after)}"
    return f"""
SELECT channel, {count_of(recent)} AS bookings, {count_of(f"NOT ({recent})")} AS bookings_before
FROM tierbook_interactions WHERE {_within(before, as_of)} AND type = 'booking'
GROUP BY channel ORDER BY channel"""


def _day_sheet(as_of: date, care: Care) -> str:
    after = as_of - timedelta(days=MOST_DAYS)
    return f"""WITH contacts AS (
    SELECT {_DAY} AS day, {count_of("type = 'follow_up'")} AS calls,
        {count_of("type = 'follow_up' AND outcome IN ('reached', 'satisfied', 'dissatisfied')")} AS reached,
        {count_of("type = 'complaint'")} AS complaints
    FROM tierbook_interactions WHERE {_within(after, as_of)} GROUP BY {_DAY}
), people AS (
    SELECT {_DAY} AS day, customer_id, AVG({_POINTS}) AS satisfaction
    FROM tierbook_surveys WHERE {_within(after, as_of)} AND item <> 'nps' GROUP BY {_DAY}, customer_id
), asked AS (
    SELECT day, COUNT(satisfaction) AS surveys, {count_of(f"satisfaction >= {care.satisfied_from!r}")} AS satisfied
    FROM people GROUP BY day
)
SELECT COALESCE(contacts.day, asked.day) AS day, COALESCE(calls, 0) AS calls, COALESCE(reached, 0) AS reached,
    COALESCE(complaints, 0) AS complaints, COALESCE(surveys, 0) AS surveys, COALESCE(satisfied, 0) AS satisfied
FROM contacts FULL JOIN asked ON asked.day = contacts.day
WHERE COALESCE(calls, 0) + COALESCE(complaints, 0) + COALESCE(surveys, 0) > 0 ORDER BY 1"""


def _requests(as_of: date, after: date, care: Care) -> str:
    def chosen(pick: Sequence[str]) -> str:
        cases = " ".join(
            f"WHEN {term.when or 'TRUE'} THEN {one}" for term, one in zip(care.terms, pick, strict=True)
        )
        return f"CASE {cases} END" if cases else "NULL"

    term = chosen([literal(one.name) for one in care.terms])
    days = chosen([repr(float(one.within_days)) for one in care.terms])
    still = f"closed IS NULL OR CAST(closed AS DATE) > {day_text(as_of)}"
    return f"""
SELECT customer_id, date AS opened, closed, {term} AS term, CAST({days} AS DOUBLE PRECISION) AS within_days,
    type, severity, department, owner, reason
FROM tierbook_interactions
WHERE ({care.requests}) AND {_DAY} <= {day_text(as_of)} AND ({_DAY} > {day_text(after)} OR {still})
ORDER BY date, customer_id"""
