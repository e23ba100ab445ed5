"""The conformance table: what every host must answer, read from the YAML files beside this module.

One entry is one call. `cells` holds one item per argument: a cell, or a list of rows. A text such as "#N/A" is an error
cell, a date is a date cell, null a blank cell. `gives` is the result in the same notation, or `error` a piece of the
message of a wrong call. `says` is a piece of what CRM_WHY shows afterwards, `first` a call made before, `columns` the
columns compared of a wide table, `context` what differs from the shipped packs and English. `why` says why it is so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from udfs import CellError

FOLDER = Path(__file__).parent
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?")


@dataclass(frozen=True)
class Entry:
    """One call of the table."""

    function: str
    why: str
    cells: list[Any] = field(default_factory=list)
    gives: Any = None
    error: str = ""
    says: str = ""
    first: list[Any] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.function}: {self.why}"


def entries() -> list[Entry]:
    """All entries of all files."""
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        found += [Entry(**_cells(one)) for one in yaml.safe_load(file.read_text("utf-8"))]
    return found


def shown(result: Any, columns: list[str]) -> Any:
    """A result, of a wide table only some columns."""
    if not columns:
        return result
    places = [result[0].index(name) for name in columns]
    return [[row[place] for place in places] for row in result]


def same(found: Any, expected: Any) -> bool:
    """Whether two results are equal: numbers to nine digits, all else exactly."""
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(same(one, other) for one, other in zip(found, expected, strict=True))
        )
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return number and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
    return type(found) is type(expected) and found == expected


def _cells(value: Any) -> Any:
    if isinstance(value, list):
        return [_cells(one) for one in value]
    if isinstance(value, dict):
        return {key: _cells(one) for key, one in value.items()}
    if isinstance(value, str) and _ERROR.fullmatch(value):
        return CellError(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value
