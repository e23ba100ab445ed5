"""One problem found in an input, with its place, level and fix: what the data-quality page and `check` list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tierbook.language import say, together

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what to do.

    `message` and `fix` are English templates filled from `values` (see `tierbook.language`). The place is
    file, sheet and cell for a workbook; file, line and column for text, `heading` that of the cell's column; `path` is the place inside a rule
    pack (`value.frequency`). `table` is the Tierbook table concerned, `count` how many rows one entry stands for,
    `set_aside` how many rows were left out because of it; a row with several problems is counted at the first.
    """

    level: Level
    message: str
    fix: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    sheet: str = ""
    cell: str = ""
    line: int | None = None
    column: int | None = None
    heading: str = ""
    path: str = ""
    table: str = ""
    count: int = 1
    set_aside: int = 0

    @property
    def place(self) -> str:
        """`orders.xlsx Orders!C14` or `rules/retail.yaml:14:16`."""
        if self.line is not None:
            return ":".join(
                str(part) for part in (self.file, self.line, self.column) if part not in (None, "")
            )
        inside = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or self.cell
        return " ".join(part for part in (self.file, inside) if part)

    def text(self, language: str = "en") -> str:
        """The sentence a reader sees, place first."""
        said = together(
            (say(part, language, **self.values) for part in (self.message, self.fix) if part), language
        )
        return ": ".join(part for part in (self.place, self.path, said) if part)

    def __str__(self) -> str:
        return self.text()

    def at(self, **place: Any) -> Problem:
        """The same problem, its place completed."""
        return replace(self, **place)

    def as_json(self, language: str = "en") -> dict[str, Any]:
        """For `--json`: the parts with a value, sentence and fix rendered."""
        parts = {
            "level": self.level,
            "table": self.table,
            "file": self.file,
            "sheet": self.sheet,
            "cell": self.cell,
            "line": self.line,
            "column": self.column,
            "heading": self.heading,
            "path": self.path,
            "message": say(self.message, language, **self.values),
            "fix": say(self.fix, language, **self.values) if self.fix else "",
            "count": self.count,
            "set_aside": self.set_aside or None,
        }
        return {name: part for name, part in parts.items() if part not in (None, "")}


def status(problems: Iterable[Problem]) -> Literal["ok", "warning", "refused"]:
    """`refused` with any error, else `warning` with any warning, else `ok`."""
    levels = {problem.level for problem in problems}
    return "refused" if "error" in levels else "warning" if "warning" in levels else "ok"
