"""The headers of a table settled: side tables cut off, clashes and missing columns named, names made canonical."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tierbook.columns import quoted
from tierbook.language import Named
from tierbook.likely import likely_columns, with_likely_columns
from tierbook.quality import Level, Problem
from tierbook.tables import match_headers
from workbooks.reading.layout import row_is_blank, side_table
from workbooks.reading.raw import RawTable

MAX_UNKNOWN = 1_000  # more columns nobody knows are left out, and said


def settle(raw: RawTable) -> tuple[RawTable, list[str | None], list[Problem]]:
    """The table without a second one beside it, the canonical name of each column, and what there is to say."""
    raw, problems = _without_side_table(raw)
    table, taken = with_likely_columns(raw.table, raw.headers)
    raw = replace(raw, table=table)
    for name, header in taken.items():
        problems.append(
            _said(
                raw,
                "note",
                "The column {header} is read as {name}.",
                _position(raw, header),
                "If it is not, name the right one in config.yaml: {mapping}.",
                header=quoted(header),
                name=Named(name),
                mapping=mapping_line(raw.table.name, columns={name: "…"}),
            )
        )
    match = match_headers(raw.table, raw.headers)
    for name, first, second in match.clashes:
        problems.append(
            _said(
                raw,
                "error",
                "Two columns are {name}: {first} and {second}.",
                second,
                "Rename or delete one of them.",
                name=Named(name),
                first=quoted(raw.headers[first]),
                second=quoted(raw.headers[second]),
            )
        )
    problems += [_missing(raw, name, match.names) for name in match.missing]
    for at, column in enumerate(raw.columns):
        if match.names[at] is None and column.null_count < len(column) and not row_is_blank([column]).all():
            problems.append(
                _said(
                    raw,
                    "warning",
                    "A column without a name is left out.",
                    at,
                    "Give it a name above the data.",
                )
            )
    return raw, match.names, problems


def columns_to_type(raw: RawTable, names: list[str | None]) -> tuple[list[tuple[int, str]], list[Problem]]:
    """Positions and names of the columns to keep; very many that nobody knows are left out."""
    named = [(at, name) for at, name in enumerate(names) if name is not None]
    unknown = [at for at, name in named if raw.table.column(name) is None]
    if len(unknown) <= MAX_UNKNOWN:
        return named, []
    said = _said(
        raw,
        "warning",
        "The table has {count} columns Tierbook does not know; they are left out.",
        unknown[0],
        count=len(unknown),
    )
    return [(at, name) for at, name in named if raw.table.column(name) is not None], [said]


def _without_side_table(raw: RawTable) -> tuple[RawTable, list[Problem]]:
    at = side_table(raw.table, raw.headers, [column.null_count == len(column) for column in raw.columns])
    if at is None:
        return raw, []
    said = _said(raw, "warning", "A second table beside the first is left alone; it begins here.", at)
    cut = replace(
        raw,
        headers=raw.headers[:at],
        columns=raw.columns[:at],
        positions=raw.positions[:at],
        odd=[odd for odd in raw.odd if odd.column < at],
    )
    return cut, [said]


def _missing(raw: RawTable, name: str, names: list[str | None]) -> Problem:
    """A required column that is not there, with the nearest header nobody knows."""
    likely = likely_columns(raw.table, raw.headers).get(name)
    if likely:
        return _said(
            raw,
            "error",
            "The column {name} may be {several}.",
            _position(raw, likely[0]),
            "Say in config.yaml which: {mapping}.",
            name=Named(name),
            several=", ".join(map(quoted, likely)),
            mapping=mapping_line(raw.table.name, columns={name: likely[0]}),
        )
    spare = [
        str(header)
        for header, known in zip(raw.headers, names, strict=True)
        if header is not None and (known is None or raw.table.column(known) is None)
    ]
    near = difflib.get_close_matches(name, spare, 1, 0.6)
    if near:
        return _said(
            raw,
            "error",
            "The column {name} is missing; the nearest is {near}.",
            _position(raw, near[0]),
            "Rename it {name}, or write into config.yaml: {mapping}.",
            name=Named(name),
            near=quoted(near[0]),
            mapping=mapping_line(raw.table.name, columns={name: near[0]}),
        )
    return _said(
        raw,
        "error",
        "The column {name} is missing; there are {found}.",
        0,
        "Add it, or say in config.yaml which column it is: {mapping}.",
        name=Named(name),
        mapping=mapping_line(raw.table.name, columns={name: "…"}),
        found=", ".join(str(header) for header in raw.headers if header is not None)[:200],
    )


def mapping_line(table: str, *, sheet: str = "", file: str = "", columns: Mapping[str, str]) -> str:
    """The line of `config.yaml` that names the sheet or file and the columns of a table."""
    listed = ", ".join(f"{name}: {_written(header)}" for name, header in columns.items())
    parts = [f"{kind}: {_written(name)}" for kind, name in (("sheet", sheet), ("file", file)) if name]
    return f"tables: {{{table}: {{{', '.join([*parts, f'columns: {{{listed}}}'])}}}}}"


def _written(text: str) -> str:
    """A text as YAML takes it inside brackets."""
    plain = text == "…" or all(part.isalnum() for part in text.replace("_", " ").split(" "))
    return text if plain and text else json.dumps(text, ensure_ascii=False)


def _position(raw: RawTable, header: str) -> int:
    """Where a header stands."""
    return next(at for at, other in enumerate(raw.headers) if other is not None and str(other) == header)


def _said(raw: RawTable, level: Level, message: str, at: int, fix: str = "", **values: Any) -> Problem:
    position = raw.positions[at] if raw.positions else 1
    return Problem(level, message, fix, values, **raw.place_of_row(raw.header_row or 1, position))
