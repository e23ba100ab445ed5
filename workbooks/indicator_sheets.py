"""The result sheet of the effect table: indicators of two periods, with counts, verdicts and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tierbook.language import label, say
from workbooks.indicators import Change, direction, lacks_in_words
from workbooks.sheet_xml import Format, ResultSheet

if TYPE_CHECKING:
    from workbooks.indicators import Period

_HEADS: tuple[tuple[str, Format], ...] = (
    ("indicator", "text"), ("indicator_before", "score"), ("indicator_cases", "integer"), ("indicator_after", "score"),
    ("indicator_cases", "integer"), ("indicator_change", "score"), ("indicator_relative", "ratio"), ("indicator_direction", "text"),
    ("indicator_verdict", "text"), ("indicator_benchmark", "score"), ("indicator_gap", "score"), ("note", "text"),
)  # fmt: skip


def effect_sheet(found: Sequence[Change], before: Period, after: Period, language: str = "en") -> ResultSheet:
    """One row per indicator; shares are in per cent, so that one format does for all."""
    import pyarrow as pa

    rows = [_cells(one, language) for one in found]
    columns = [list(column) for column in zip(*rows, strict=True)]
    kinds = [pa.string() if form == "text" else pa.float64() for _, form in _HEADS]
    table = pa.table(
        {
            f"{at}": pa.array(column, kind)
            for at, (column, kind) in enumerate(zip(columns, kinds, strict=True))
        }
    )
    heads = [label(name, language) for name, _ in _HEADS]
    for at, period in ((1, before), (3, after)):
        heads[at] = say("{first} to {last}", language, first=period.first, last=period.end)
        heads[at + 1] = f"{heads[at + 1]} {1 if at == 1 else 2}"
    return ResultSheet(
        say("Tierbook Effect", language), "tierbook_effect", table, heads, [form for _, form in _HEADS]
    )


def _cells(one: Change, language: str) -> list[str | float | None]:
    percent = one.indicator.unit in ("share", "ratio")
    scale = 100 if percent else 1
    name = label(f"indicator_{one.indicator.name}", language)
    benchmark = one.target.benchmark if one.target else None
    figures = [
        None if figure is None else figure * scale
        for figure in (one.before.figure, one.after.figure, one.change, benchmark, one.gap)
    ]
    if one.missing:
        figures = [None] * 5
    return [
        f"{name}, %" if percent else name, figures[0], one.before.cases, figures[1], one.after.cases, figures[2], one.relative,
        label(f"direction_{direction(one)}", language), label(f"verdict_{one.verdict}", language) if one.verdict else None,
        figures[3], figures[4], lacks_in_words(one.missing, language) if one.missing else None,
    ]  # fmt: skip
