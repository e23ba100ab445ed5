"""Every Excel function, declared once; hosts, help pages and the command line read this one list."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tierbook.errors import DataError
from tierbook.tables import Kind

# The order of the subjects is the order of the functions in every list a reader sees.
SUBJECTS = (
    "features",
    "rfm",
    "value",
    "points",
    "clv",
    "holdout",
    "tiers",
    "lifecycle",
    "scores",
    "churn",
    "early_warning",
    "winback",
    "actions",
    "reminders",
    "backtest",
    "pareto",
    "mining",
    "survey",
    "usage",
    "care",
    "wallet",
    "campaigns",
    "referrals",
    "goals",
    "potential",
    "targets",
    "touchpoints",
    "questionnaire",
    "editions",
    "partners",
    "pivot",
    "channels",
    "completeness",
    "matching",
    "credit",
    "leads",
    "receivers",
    "periods",
    "indicators",
    "retention",
    "rules",
    "why",
)
REQUIRED = object()

Shape = Literal["cell", "column", "features", "headers", "headed", "table", "range", "pairs", "pack"]


@dataclass(frozen=True)
class Argument:
    """One argument: what a reader is told about it, and the shape and kind of its cells.

    Shapes: `cell` one value; `column` one column; `features` customers with a header row; `headers` that header row
    given apart; `headed` any columns with a header row; `table` the input table `table` with a header row; `range` cells
    as they are; `pairs` further names and ranges; `pack` the name of a rule pack. A blank optional argument is its
    `default`; a blank optional column, of which there is one at most and after the others, is not passed at all.
    `either` marks features that may also be one bare column, `repeats` a column for which a single cell may hold for all
    rows.
    """

    name: str
    help: str
    shape: Shape = "cell"
    kind: Kind = "number"
    default: Any = REQUIRED
    table: str = ""
    either: bool = False
    repeats: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True)
class Example:
    """A call that is run in the tests and printed in the help: cells in, cells out.

    `columns` names the columns that are shown of a table too wide to print.
    """

    cells: tuple[Any, ...]
    gives: Any
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExcelFunction:
    """A function people type in a cell.

    Parameters
    ----------
    help, returns : str
        Sentences for the reader; English, translated by `tierbook.language`.
    result : {"cell", "column", "columns", "table"}
        One value; one cell for each row; a header and a row of cells for each row; a table of its own.
    calculate : callable
        Columns, features and tables by position, all else by name.
    missing : str
        Why a row may have no result.
    complete : bool
        Whether rows with any column missing are left out, and said.
    by_row : bool
        Whether each row of columns is computed by itself, so that many calls of one row can be computed as one.
    given : tuple of str
        What it takes from the context, by name: language, today, reasons, shelf.
    """

    name: str
    help: str
    arguments: tuple[Argument, ...]
    returns: str
    result: Literal["cell", "column", "columns", "table"]
    calculate: Callable[..., Any]
    example: Example
    missing: str = ""
    complete: bool = False
    by_row: bool = False
    given: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The module that holds the calculation's Excel face."""
        return self.calculate.__module__.rpartition(".")[2]


_DECLARED: dict[str, ExcelFunction] = {}


def declare(function: ExcelFunction) -> ExcelFunction:
    """Put a function on the list."""
    if function.name in _DECLARED:
        raise ValueError(f"{function.name} is declared twice")
    _DECLARED[function.name] = function
    return function


def functions() -> dict[str, ExcelFunction]:
    """All functions by name, in the order of the subjects."""
    for subject in SUBJECTS:
        importlib.import_module(f"udfs.{subject}")
    return dict(_DECLARED)


def function(name: str) -> ExcelFunction:
    """The function a reader means: `CRM_VALUE`, `crm_value` or `CRM.VALUE`.

    Raises
    ------
    DataError
        There is none; names the nearest.
    """
    wanted = name.strip().upper().replace(".", "_")
    if wanted in _DECLARED:
        return _DECLARED[wanted]
    known = functions()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1)
        raise DataError(
            "There is no function called {name}.",
            fix="Did you mean {near}?" if near else "The functions are {known}.",
            name=name,
            near="".join(near),
            known=", ".join(known),
        )
    return known[wanted]
