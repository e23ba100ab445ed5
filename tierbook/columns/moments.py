"""Columns of dates and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tierbook.columns.cells import Cells
from tierbook.columns.dates import IMPOSSIBLE, EitherWay, Moment, parse_date, parse_serial
from tierbook.columns.typed import (
    Distinct,
    Note,
    Refusal,
    Typed,
    error_cells,
    few,
    is_missing,
    missing_words,
    quoted,
    refusal,
    typed_of,
    where,
)
from tierbook.tables import Kind

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN_DATE = r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?)?$"


def moment_column(cells: Cells, kind: Kind, *, day_first: bool | None, date1904: bool) -> Typed:
    """A column of dates or times; `day_first` is the order of 03/04/2024, None where the cells have to decide it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    refused, notes = error_cells(cells, missing=("#N/A",)), []
    parts = []
    if cells.moment is not None:
        parts.append(cells.moment)
        if cells.zone:
            notes.append(_zone_note(int(pc.count(cells.moment).as_py()), [cells.zone], ()))
    if cells.text is not None:
        array, refusals, said = _date_texts(cells.text, day_first, date1904)
        parts.append(array)
        refused += refusals
        notes += said
    if cells.number is not None:
        distinct = Distinct(cells.number)
        outcomes = [parse_serial(serial, date1904=date1904) for serial in distinct.words]
        parts.append(distinct.spread(_moments(outcomes)))
        refused += distinct.refusals(outcomes)
        notes += _serial_note(distinct, outcomes, date1904)
    if cells.truth is not None:
        refused += [
            refusal(int(row), str(cells.truth[int(row)]).upper(), IMPOSSIBLE)
            for row in where(pc.is_valid(cells.truth))
        ]
    typed = typed_of(cells, parts, "timestamp[us]", refused, notes)
    array = typed.array.cast(pa.date32(), safe=False) if kind == "date" else typed.array
    return Typed(array, typed.refused, notes)


def _date_texts(
    text: pa.Array, day_first: bool | None, date1904: bool
) -> tuple[pa.Array, list[Refusal], list[Note]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.match_substring_regex(text, _PLAIN_DATE)
    try:
        array = pc.cast(pc.if_else(plain, text, None), "timestamp[us]")
    except pa.ArrowInvalid:  # a 30 February somewhere: let the slow way name it
        plain = pc.if_else(pc.is_valid(text), False, None)
        array = pa.nulls(len(text), "timestamp[us]")
    odd = pc.if_else(pc.fill_null(plain, True), None, text)
    if odd.null_count == len(odd):
        return array, [], []
    distinct = Distinct(odd)
    outcomes: list = [
        None if is_missing(word) else parse_date(word, date1904=date1904) for word in distinct.words
    ]
    undecided = [at for at, outcome in enumerate(outcomes) if isinstance(outcome, EitherWay)]
    notes = missing_words(distinct, outcomes)
    if undecided:
        order, said = _order(distinct, outcomes, undecided, day_first)
        notes += said
        for at in undecided:
            outcomes[at] = outcomes[at].read(day_first=order) if order is not None else None
    found = distinct.spread(_moments(outcomes))
    notes += _serial_note(distinct, outcomes, date1904)
    months = distinct.rows(lambda outcome: isinstance(outcome, Moment) and outcome.form == "month", outcomes)
    if len(months):
        notes.append(
            Note(
                "warning",
                "Cells that name a month, such as {value}: {count}. Read as its first day.",
                values={"count": len(months), "value": quoted(text[int(months[0])])},
                rows=few(months),
            )
        )
    zoned = distinct.rows(lambda outcome: isinstance(outcome, Moment) and outcome.offset, outcomes)
    if len(zoned):
        offsets = {
            outcome.offset.upper() for outcome in outcomes if isinstance(outcome, Moment) and outcome.offset
        }
        notes.append(_zone_note(len(zoned), sorted(offsets), few(zoned)))
    return pc.coalesce(found, array), distinct.refusals(outcomes), notes


def _order(
    distinct: Distinct, outcomes: list, undecided: list[int], day_first: bool | None
) -> tuple[bool | None, list[Note]]:
    """Which order a column of 03/04/2024 is in, from the settings or from a day above 12."""
    if day_first is not None:
        return day_first, []
    day = next((at for at in undecided if outcomes[at].first > 12), None)
    month = next((at for at in undecided if outcomes[at].second > 12), None)
    if day is not None and month is not None:
        return None, [
            Note(
                "error",
                "One column writes dates in two orders, {first} and {second}: {cells}.",
                "Use one order, or Excel dates.",
                {"first": quoted(distinct.words[day]), "second": quoted(distinct.words[month])},
                (distinct.first(day), distinct.first(month)),
            )
        ]
    if day is None and month is None and any(outcomes[at].first != outcomes[at].second for at in undecided):
        at = next(at for at in undecided if outcomes[at].first != outcomes[at].second)
        return None, [
            Note(
                "error",
                "{value} can be read day first or month first.",
                "Write reading: {{date_order: day_first}} or {{date_order: month_first}} into config.yaml, or use Excel dates.",
                {"value": quoted(distinct.words[at])},
                (distinct.first(at),),
            )
        ]
    proof = day if day is not None else month
    order = month is None
    if proof is None:
        return order, []
    return order, [
        Note(
            "note",
            "Dates are read day first, as {value} shows."
            if order
            else "Dates are read month first, as {value} shows.",
            values={"value": quoted(distinct.words[proof])},
            rows=(distinct.first(proof),),
        )
    ]


def _serial_note(distinct: Distinct, outcomes: list, date1904: bool) -> list[Note]:
    rows = distinct.rows(lambda outcome: isinstance(outcome, Moment) and outcome.form == "serial", outcomes)
    if not len(rows):
        return []
    first = next(outcome for outcome in outcomes if isinstance(outcome, Moment) and outcome.form == "serial")
    at = outcomes.index(first)
    word = distinct.words[at]
    return [
        Note(
            "warning",
            "Dates that are plain numbers, such as {value}: {count}. Read in the {system} date system, {day}.",
            "Format the column as dates.",
            {
                "count": len(rows),
                "value": f"{word:g}" if isinstance(word, float) and word % 1 else quoted(word) if isinstance(word, str) else str(int(word)),
                "system": 1904 if date1904 else 1900,
                "day": first.when.date().isoformat(),
            },
            (distinct.first(at),),
        )
    ]  # fmt: skip


def _zone_note(count: int, zones: list[str], rows: tuple[int, ...]) -> Note:
    message = (
        "Dates with a time zone ({zones}): {count}. The local date is kept as written."
        if len(zones) == 1
        else "Dates with different time zones ({zones}): {count}. The local date is kept as written."
    )
    return Note("warning", message, values={"count": count, "zones": ", ".join(zones)}, rows=rows)


def _moments(outcomes: list) -> pa.Array:
    import pyarrow as pa

    return pa.array(
        [outcome.when if isinstance(outcome, Moment) else None for outcome in outcomes], pa.timestamp("us")
    )
