"""Columns of numbers, money and shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tierbook.columns.amounts import NOT_A_NUMBER, TOO_LARGE, Amount, Decimal, other_style, parse_amount
from tierbook.columns.cells import Cells
from tierbook.columns.typed import (
    Distinct,
    Note,
    Refusal,
    Typed,
    Unreadable,
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

LARGE, TOO_LARGE_FROM = 1e15, 1e24
_PLAIN_NUMBER = r"^[+-]?\d{1,300}(?:\.\d{1,300})?$"
_PLAIN_WHOLE = r"^[+-]?\d{1,300}$"


def number_column(cells: Cells, kind: Kind, decimal: Decimal) -> Typed:
    """A column of numbers, money or shares; texts are read with that decimal sign."""
    import pyarrow.compute as pc

    refused, notes = error_cells(cells, missing=("#N/A",)), []
    parts = []
    if cells.text is not None:
        array, refusals, said = _number_texts(cells.text, kind, decimal)
        refused += refusals
        notes += said
        parts.append(array)
    if cells.number is not None:
        finite = pc.is_finite(cells.number)
        refused += [
            refusal(int(row), str(cells.number[int(row)]), NOT_A_NUMBER) for row in where(pc.invert(finite))
        ]
        parts.append(pc.if_else(finite, cells.number, None))
    if cells.moment is not None:
        refused += [
            refusal(int(row), str(cells.moment[int(row)]), NOT_A_NUMBER)
            for row in where(pc.is_valid(cells.moment))
        ]
    if cells.truth is not None:
        refused += [
            refusal(int(row), str(cells.truth[int(row)]).upper(), parse_amount("TRUE", decimal=decimal))
            for row in where(pc.is_valid(cells.truth))
        ]
    typed = typed_of(cells, parts, "double", refused, notes)
    return _within_bounds(typed, kind)


def _within_bounds(typed: Typed, kind: Kind) -> Typed:
    import pyarrow.compute as pc

    array, size = typed.array, pc.abs(typed.array)
    top = pc.max(size).as_py()
    if top is None:
        return typed
    if top >= TOO_LARGE_FROM:
        over = pc.greater_equal(size, TOO_LARGE_FROM)
        typed.refused.extend(
            refusal(int(row), repr(array[int(row)].as_py()), TOO_LARGE) for row in where(over)
        )
        array = pc.if_else(over, None, array)
    if kind == "share":
        above = where(pc.greater(size, 1))
        if len(above):
            typed.notes.append(
                Note(
                    "warning",
                    "Shares above 1, such as {value}: {count}.",
                    "Write a share as 31% or 0.31.",
                    {"count": len(above), "value": f"{array[int(above[0])].as_py():g}"},
                    few(above),
                )
            )
    elif top >= LARGE:
        large = where(pc.greater_equal(pc.abs(array), LARGE))
        if len(large):
            typed.notes.append(
                Note(
                    "warning",
                    "Numbers of 1e15 or more, such as {value}: {count}. They are no longer exact to the unit.",
                    "Check the unit.",
                    {"count": len(large), "value": f"{array[int(large[0])].as_py():.17g}"},
                    few(large),
                )
            )
    return Typed(array, typed.refused, typed.notes)


def _number_texts(text: pa.Array, kind: Kind, decimal: Decimal) -> tuple[pa.Array, list[Refusal], list[Note]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.match_substring_regex(text, _PLAIN_NUMBER if decimal == "." else _PLAIN_WHOLE)
    array = pc.cast(pc.if_else(plain, text, None), "double")
    odd = pc.if_else(pc.fill_null(plain, True), None, text)
    # A text of three hundred digits casts to inf: look at it one by one.
    overflow = pc.fill_null(pc.is_inf(array), False)
    odd = pc.if_else(overflow, text, odd)
    if odd.null_count == len(odd):
        return array, [], []
    distinct = Distinct(odd)
    outcomes = [None if is_missing(word) else parse_amount(word, decimal=decimal) for word in distinct.words]
    found = distinct.spread(
        pa.array(
            [outcome.value if isinstance(outcome, Amount) else None for outcome in outcomes], pa.float64()
        )
    )
    array = pc.coalesce(found, pc.if_else(overflow, None, array))
    refused = distinct.refusals(outcomes)
    notes = missing_words(distinct, outcomes)
    percent = distinct.rows(lambda outcome: isinstance(outcome, Amount) and outcome.percent, outcomes)
    if len(percent) and kind != "share":
        notes.append(
            Note(
                "warning",
                "Percentages among amounts, such as {value}: {count}. Read as Excel reads them, {number}.",
                "Enter an amount if no percentage is meant.",
                {
                    "count": len(percent),
                    "value": quoted(text[int(percent[0])]),
                    "number": f"{array[int(percent[0])].as_py():g}",
                },
                few(percent),
            )
        )
    return (
        array,
        refused,
        notes + _two_currencies(distinct, outcomes) + _two_styles(distinct, outcomes, decimal),
    )


def _two_currencies(distinct: Distinct, outcomes: list) -> list[Note]:
    rows: dict[str, int] = {}
    for position, outcome in enumerate(outcomes):
        if isinstance(outcome, Amount) and outcome.currency:
            rows.setdefault(outcome.currency, distinct.first(position))
    if len(rows) < 2:
        return []
    return [
        Note(
            "error",
            "One column holds amounts in several currencies, {currencies}: {cells}.",
            "Convert them to one currency before reading.",
            {"currencies": ", ".join(rows)},
            tuple(rows.values()),
        )
    ]


def _two_styles(distinct: Distinct, outcomes: list, decimal: Decimal) -> list[Note]:
    own = next(
        (at for at, outcome in enumerate(outcomes) if isinstance(outcome, Amount) and outcome.separator), None
    )
    other = next(
        (
            at
            for at, outcome in enumerate(outcomes)
            if isinstance(outcome, Unreadable) and other_style(distinct.words[at], decimal=decimal)
        ),
        None,
    )
    if own is None or other is None:
        return []
    return [
        Note(
            "error",
            "One column writes numbers in two ways, {first} and {second}: {cells}.",
            "Use one decimal sign throughout.",
            {"first": quoted(distinct.words[own]), "second": quoted(distinct.words[other])},
            (distinct.first(own), distinct.first(other)),
        )
    ]
