"""What each system asks to be done for a customer, beside purchases and churn: the parts of the action list.

Each part is absent without its tables or its section of the rules; `not_looked_at` says which tables would bring it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.actions import WATCH
from tierbook.arrow import arrays
from tierbook.errors import DataError
from tierbook.language import labels
from tierbook.service_level import service_levels
from workbooks.rows import records
from workbooks.wording import Wording

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack
    from tierbook.run import Run

Days = NDArray[np.datetime64]


class Matter(NamedTuple):
    """What one system asks for.

    due: the day for each row of `customers`, NaT for nothing; why: its reason in words, of rows that have a day; owner:
    whose it is, where the system says so; asked: the pack's name of what to do, where it is not the same for all.
    """

    due: Days
    why: Callable[[Wording, int], str]
    owner: Callable[[int], str | None] = lambda row: None
    asked: NDArray[np.object_] | None = None


class Part(NamedTuple):
    """A kind of action: the tables it needs (`a|b`: one is enough), whether the rules ask for it, how it is found.

    missed: whether it is worth a word that the tables are not there, where that is not the same as `ruled`.
    """

    tables: tuple[str, ...]
    ruled: Callable[[Pack], Any]
    found: Callable[[Run], Matter] | None = None
    missed: Callable[[Pack], Any] | None = None


def matters(run: Run) -> dict[str, Matter]:
    """What the systems of a run ask for, by kind."""
    return {
        kind: part.found(run)
        for kind, part in PARTS.items()
        if part.found and part.ruled(run.pack) and not _lacking(run, part)
    }


def not_looked_at(run: Run) -> dict[str, list[str]]:
    """Kinds of action the rules ask for and the input cannot tell: the tables or columns each would need."""
    return {
        kind: missing
        for kind, part in PARTS.items()
        if (part.missed or part.ruled)(run.pack) and (missing := _lacking(run, part))
    }


def _lacking(run: Run, part: Part) -> list[str]:
    return [need for need in part.tables if not any(_has(run, one) for one in need.split("|"))]


def _has(run: Run, need: str) -> bool:
    table, _, column = need.partition(".")
    if column:
        customers = run.customers if run.unmasked is None else run.unmasked
        return column in customers.column_names and customers[column].null_count < customers.num_rows
    return bool(run.tables.get(table))


def overdue_requests(run: Run) -> tuple[list[dict[str, Any]], Days]:
    """Requests that are open past the last day the pack gives them, and that day."""
    table = run.table("requests")
    columns = arrays(table.select(["opened", "closed", "within_days"]))
    opened, closed = columns["opened"], columns["closed"].copy()
    # Closed before it came: as on the page Service level, it is still open.
    closed[closed < opened] = np.datetime64("NaT")
    found = service_levels(opened, closed, columns["within_days"], as_of=run.as_of)
    over = np.flatnonzero(found.overdue)
    return records(table.take(over)), found.due[over]


def first_due(run: Run, rows: list[dict[str, Any]], due: Days) -> tuple[Days, dict[int, dict[str, Any]]]:
    """The day of each customer's most pressing row, and that row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days = np.full(run.customers.num_rows, np.datetime64("NaT"), dtype="datetime64[D]")
    found: dict[int, dict[str, Any]] = {}
    ids = pa.array([one["customer_id"] for one in rows], pa.string())
    places = pc.index_in(ids, value_set=run.customers["customer_id"].combine_chunks()).to_pylist()
    for place, one, day in zip(places, rows, due, strict=True):
        if place is not None and (place not in found or day < days[place]):
            days[place], found[place] = day, one
    return days, found


def _requests(run: Run) -> Matter:
    rows, due = overdue_requests(run)
    kept = [at for at, one in enumerate(rows) if one["type"] != "complaint"]
    days, found = first_due(run, [rows[at] for at in kept], due[kept])

    def why(words: Wording, row: int) -> str:
        one = found[row]
        kind = f"type_{one['type']}" if f"type_{one['type']}" in labels() else str(one["type"])
        said = words.say(
            "{kind} of {day}, not closed", kind=words.label(kind), day=words.date(one["opened"].date())
        )
        return words.label("colon").join(text for text in (said, one["reason"]) if text)

    return Matter(days, why, lambda row: found[row]["owner"])


def _load(run: Run) -> Matter:
    table = run.table("load_alerts")
    today = np.full(table.num_rows, np.datetime64(run.as_of, "D"))
    rows = records(table)
    days, _ = first_due(run, rows, today)
    of: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in rows:
        of[one["customer_id"]].append(one)
    ids = run.customers["customer_id"]

    def why(words: Wording, row: int) -> str:
        return words.label("list_semicolon").join(_alert(words, one) for one in of[ids[row].as_py()])

    return Matter(days, why)


def _alert(words: Wording, one: Mapping[str, Any]) -> str:
    """One alert with its worst figure."""
    name, worst = words.label(one["alert"]), one["worst"]
    if one["alert"] == "no_load_reading":
        return name if worst is None else words.say("{alert} for {days:.0f} days", alert=name, days=worst)
    if one["border"] is None or worst is None:
        return name
    return words.say(
        "{alert}: {worst}, the limit is {border}", alert=name, worst=words.share(worst), border=words.share(one["border"])
    )  # fmt: skip


def _registers(run: Run) -> Matter:
    rows = [one for one in records(run.table("register_items")) if one["overdue"]]
    days, found = first_due(run, rows, np.array([one["due"] for one in rows], dtype="datetime64[D]"))
    return Matter(days, lambda words, row: register_words(words, found[row]), lambda row: found[row]["owner"])


def register_words(words: Wording, one: Mapping[str, Any]) -> str:
    """An open item of a register in words."""
    item = words.label("colon").join(text for text in (one["kind"], one["item"]) if text)
    return words.say("{item}, due on {day}, not closed", item=item, day=words.date(one["due"]))


def _report(run: Run) -> Matter:
    periods = records(run.table("ten_days"))
    start, end = periods[-1]["period_start"], periods[-1]["period_end"]
    rows = records(run.table("ten_days_open"))
    days, found = first_due(run, rows, np.full(len(rows), np.datetime64(end, "D")))

    def why(words: Wording, row: int) -> str:
        last = found[row]["last"]
        said = words.say(
            "no volume reported for {start} to {end}", start=words.date(start), end=words.date(end)
        )
        since = (
            words.say("the last is of {day}", day=words.date(last))
            if last
            else words.say("never reported one")
        )
        return words.label("list_semicolon").join((said, since))

    return Matter(days, why)


def _watched(run: Run) -> Matter:
    import pyarrow.compute as pc

    watched = pc.fill_null(pc.equal(run.customers["credit"], WATCH), False).to_numpy()
    due = np.where(watched, np.datetime64(run.as_of, "D"), np.datetime64("NaT", "D"))
    return Matter(due, lambda words, row: owed_words(words, run.customers.slice(row, 1).to_pylist()[0]))


def owed_words(words: Wording, one: Mapping[str, Any]) -> str:
    """What is owed, for how long, and how much of the limit that is."""
    said = (
        [words.say("{amount} is owed", amount=f"{one['receivable']:,.0f}")] if one.get("receivable") else []
    )
    if one.get("overdue_days"):
        said.append(words.say("{days:.0f} days past due", days=one["overdue_days"]))
    if one.get("credit_used") is not None:
        said.append(words.say("{share} of the limit", share=words.share(one["credit_used"])))
    elif one.get("receivable"):
        said.append(words.say("no limit was given"))
    return words.label("list_semicolon").join(said)


def _reviews(run: Run) -> Matter:
    """Key accounts to be visited: never, not for long, or with a contract that ends."""
    section = run.pack.key_accounts
    assert section is not None
    try:
        accounts = records(run.table("accounts"))
    except DataError:
        # A circle of parents: the page Key accounts says so.
        accounts = []
    waiting = []
    for one in accounts:
        review = one["last_visit"] + timedelta(days=section.review_after_days) if one["last_visit"] else None
        ends = one["contract_end"]
        due = [run.as_of] if review is None else [review] if review <= run.as_of else []
        due += [ends] if ends and ends <= run.as_of + timedelta(days=run.window_days) else []
        if due:
            waiting.append(one | {"customer_id": one["account"], "review": review, "due": min(due)})
    days, found = first_due(run, waiting, np.array([one["due"] for one in waiting], dtype="datetime64[D]"))
    return Matter(days, lambda words, row: _review_words(words, found[row], run.as_of))


def _review_words(words: Wording, one: Mapping[str, Any], as_of: date) -> str:
    said = [words.word("key_account")]
    if one["review"] is None:
        said.append(words.say("never visited"))
    elif one["review"] <= as_of:
        said.append(words.say("the last visit was on {day}", day=words.date(one["last_visit"])))
    if one["contract_end"] and one["contract_end"] <= one["due"]:
        ended = one["contract_end"] < as_of
        said.append(
            words.say("contract has ended") if ended else words.say("the contract ends on {day}", day=words.date(one["contract_end"]))
        )  # fmt: skip
    return words.label("list_semicolon").join(said)


def _levels(run: Run) -> Matter:
    """What a level of the rules asks for, beside the stages; the first column with such a level counts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    count = run.customers.num_rows
    asked, level = (np.full(count, None, dtype=object) for _ in range(2))
    for column, actions in reversed(run.pack.level_actions.items()):
        if column not in run.customers.column_names:
            continue
        names = run.customers[column].combine_chunks()
        at = pc.index_in(names, value_set=pa.array(list(actions), pa.string()))
        here = pc.is_valid(at).to_numpy(zero_copy_only=False)
        asked[here] = (
            pa.array(list(actions.values()), pa.string()).take(at.drop_null()).to_numpy(zero_copy_only=False)
        )
        level[here] = names.filter(pa.array(here)).to_numpy(zero_copy_only=False)
    due = np.full(count, np.datetime64("NaT"), dtype="datetime64[D]")
    due[asked.astype(bool)] = np.datetime64(run.as_of, "D") + run.window_days

    def why(words: Wording, row: int) -> str:
        return words.label("colon").join(
            text for text in (words.word(level[row]), words.goal(level[row])) if text
        )

    return Matter(due, why, asked=asked)


def _always(pack: Pack) -> bool:
    return True


PARTS: dict[str, Part] = {
    "complaint": Part(("interactions",), _always),
    "request": Part(("interactions",), lambda pack: pack.service, _requests),
    "credit": Part(("receivables",), lambda pack: pack.credit),
    "load": Part(("readings",), lambda pack: pack.readings, _load),
    "churn": Part((), lambda pack: pack.churn),
    "register": Part(("registers",), _always, _registers, lambda pack: pack.closed_when),
    "report": Part(("readings",), lambda pack: pack.readings and pack.readings.ten_days, _report),
    "credit_watch": Part(("receivables",), lambda pack: pack.credit, _watched),
    "expected": Part(("transactions",), _always),
    "review": Part(("transactions",), lambda pack: pack.key_accounts, _reviews),
    "level": Part((), lambda pack: pack.level_actions, _levels),
    "stage": Part((), lambda pack: any(level.action for level in pack.stages)),
    "birthday": Part(("customers.birthday",), _always),
    "contract": Part(("customers.contract_end|contracts",), _always),
    "holiday": Part((), lambda pack: pack.holidays),
}
"""Every kind of `tierbook.actions.KINDS`; those without `found` come of the customers themselves."""
