"""What people hand in, as typed tables: a workbook, a folder of CSV or Parquet files, or one such file.

Source: `spec/tables.md`. Reading runs nothing, fetches nothing and follows no external link; every problem keeps
its place; all problems are reported at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierbook.arrow import keep_pandas_out, use_plain_memory
from tierbook.errors import DataError, TierbookError
from tierbook.language import Named
from tierbook.quality import Problem, status
from tierbook.tables import TABLES, Table, table_named
from workbooks.gate.kinds import is_lock_file
from workbooks.reading import delimited, parquet
from workbooks.reading.assemble import Assembled, assemble
from workbooks.reading.consistency import check
from workbooks.reading.raw import RawTable, Reading
from workbooks.reading.xlsx import read_workbook

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["InputFile", "Reading", "Source", "read", "summary"]

AS_FOUND = Reading()
# Old and binary workbooks are refused by the gate, which names what they are.
WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb")
_PLACE = re.compile(r"(?P<file>.+?\.\w+)(?::(?P<line>\d+)| (?P<sheet>[^!]+)(?:!(?P<cell>[A-Za-z]+\d+))?)?")


@dataclass(frozen=True)
class InputFile:
    """A file that was read: its fingerprint makes a run repeatable. [bytes]"""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Source:
    """Typed tables by canonical name, what there is to say about them, and the files they came from."""

    tables: dict[str, pa.Table]
    problems: list[Problem]
    files: tuple[InputFile, ...]

    def summary(self, language: str = "en") -> dict[str, Any]:
        """What `tierbook check --json` prints."""
        return summary(self.tables, self.problems, language)


def read(
    source: str | Path,
    *,
    reading: Reading = AS_FOUND,
    today: date | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Source:
    """The tables of a workbook, a folder or a file.

    Parameters
    ----------
    source : path
        `.xlsx` or `.xlsm`; a folder of CSV and Parquet files; one such file.
    reading : Reading
        How the project wants its inputs read.
    today : date or None
        Purchases after it are said; None leaves the check out.
    progress : callable
        Called with the share done, 0 to 1, and the table at work.

    Raises
    ------
    DataError
        The input is refused; `problems` holds everything there is to say, errors and warnings.
    """
    keep_pandas_out()
    use_plain_memory()
    path = Path(source)
    report = progress or _silent
    report(0.0, path.name)
    try:
        raws, problems, paths = _raw_tables(path, reading)
    except DataError as error:
        raise _refused(problems_of(error)) from error
    found: list[Assembled] = []
    for at, raw in enumerate(raws):
        report(0.5 + 0.4 * at / len(raws), raw.table.name)
        try:
            found.append(assemble(raw, reading))
        except DataError as error:
            problems += problems_of(error.at(error.place or raw.file), raw.table.name)
            continue
        problems += found[-1].problems
    tables, said = check(found, today=today)
    problems += said
    report(0.95, path.name)
    if not raws and status(problems) != "refused":
        problems.append(_no_table(path))
    if status(problems) == "refused":
        raise _refused(problems)
    files = tuple(_fingerprint(file) for file in paths)
    report(1.0, path.name)
    return Source(tables, problems, files)


def summary(tables: dict[str, pa.Table], problems: Iterable[Problem], language: str = "en") -> dict[str, Any]:
    """Status, rows and totals per table, and every problem; for a refused input without tables."""
    problems = list(problems)
    return {
        "status": status(problems),
        "tables": {name: _measured(name, table) for name, table in tables.items()},
        "problems": [problem.as_json(language) for problem in problems],
    }


def _measured(name: str, table: pa.Table) -> dict[str, Any]:
    """Rows, and the exact total of each required amount."""
    money = [column.name for column in TABLES[name].columns if column.required and column.kind == "money"]
    totals = {column: exact_total(table[column]) for column in money}
    return {"rows": table.num_rows} | ({"total": totals} if totals else {})


def exact_total(amounts: pa.ChunkedArray) -> float:
    """The sum of amounts as DECIMAL(38,6), turned into a double once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return float(pc.sum(amounts.cast(pa.decimal128(38, 6), safe=False)).as_py() or 0)


def _raw_tables(path: Path, reading: Reading) -> tuple[list[RawTable], list[Problem], list[Path]]:
    if is_lock_file(path):
        raise DataError(
            "This is the lock file a spreadsheet program keeps while a workbook is open, not a workbook.",
            fix="Name the workbook itself.",
            place=path.name,
        )
    if path.is_dir():
        return _folder(path, reading)
    if not path.exists():
        raise DataError("There is no such file.", fix="Check the name and the folder.", place=str(path))
    suffix = path.suffix.lower()
    try:
        if suffix in WORKBOOKS:
            raws, problems = read_workbook(path, reading)
            return raws, problems, [path]
        if suffix in delimited.SUFFIXES:
            return [delimited.read_delimited(path, _named(path, reading), reading)], [], [path]
        if suffix in parquet.SUFFIXES:
            return [parquet.read_parquet(path, _named(path, reading), reading)], [], [path]
    except PermissionError as error:
        raise DataError(
            "The file may not be read.",
            fix="Close it in other programs, or ask for permission to read it.",
            place=path.name,
        ) from error
    raise DataError(
        "Files of this kind are not read ({suffix}).",
        fix="Save it as .xlsx, .csv or .parquet.",
        place=path.name,
        suffix=suffix or path.name,
    )


def _folder(folder: Path, reading: Reading) -> tuple[list[RawTable], list[Problem], list[Path]]:
    """Every file of a folder whose name is a table's; a lone file may be known by its columns."""
    files = sorted(
        file
        for file in folder.iterdir()
        if file.is_file()
        and not is_lock_file(file)
        and not file.name.startswith(".")
        and file.suffix.lower() in (*delimited.SUFFIXES, *parquet.SUFFIXES)
    )
    workbooks = sorted(
        file.name for file in folder.iterdir() if file.suffix.lower() in WORKBOOKS and not is_lock_file(file)
    )
    known = {file: table for file in files if (table := _named(file, reading)) is not None}
    raws: list[RawTable] = []
    problems: list[Problem] = []
    for file, table in known.items():
        try:
            found, said, _ = _raw_tables(file, reading)
        except DataError as error:
            problems += problems_of(error, table.name)
            continue
        problems += said
        first = next((raw for raw in raws if raw.table.name == table.name), None)
        if first is not None:
            problems.append(
                Problem(
                    "error",
                    "Both {first} and {second} are {name}.",
                    "Rename one of them, or map the table in config.yaml.",
                    {"first": first.file, "second": file.name, "name": Named(table.name)},
                    file.name,
                    table=table.name,
                )
            )
            continue
        raws += found
    problems += _mapped_to_nothing(folder, files, reading)
    if workbooks:
        problems.append(
            Problem(
                "note" if known else "error",
                "Workbooks in a folder are not read: {files}.",
                "Name the workbook itself.",
                {"files": ", ".join(workbooks[:10])},
                folder.name,
            )
        )
    elif not known:
        problems.append(
            Problem(
                "error",
                "The folder holds no table Tierbook knows; its files are {files}.",
                "Name a file transactions.csv or customers.csv, or map it in config.yaml.",
                {"files": ", ".join(file.name for file in files) or "–"},
                folder.name,
            )
        )
    return raws, problems, list(known)


def _mapped_to_nothing(folder: Path, files: list[Path], reading: Reading) -> Iterator[Problem]:
    """An error for each table that is mapped to a file the folder does not have."""
    named = {name.casefold() for file in files for name in (file.name, file.stem)}
    for table_name in TABLES:
        place = reading.place_of(table_name)
        if place is not None and place.casefold() not in named:
            yield Problem(
                "error",
                "There is no file {name}; the folder has {files}.",
                "Correct the mapping in config.yaml.",
                {"name": f'"{place}"', "files": ", ".join(file.name for file in files) or "–"},
                folder.name,
                table=table_name,
            )


def _named(file: Path, reading: Reading) -> Table | None:
    """The table a file's name or the project's mapping says it holds."""
    for name, table in TABLES.items():
        place = reading.place_of(name)
        if place is not None and place.casefold() in (file.name.casefold(), file.stem.casefold()):
            return table
    named = table_named(file.stem)
    return None if named is not None and reading.place_of(named.name) else named


def problems_of(error: TierbookError, table: str = "") -> list[Problem]:
    """An error as problems, so that a list of problems is all there is to look at."""
    if error.problems:
        return list(error.problems)
    found = _PLACE.fullmatch(error.place)
    place: dict[str, Any] = (
        {name: part or "" for name, part in found.groupdict().items()} if found else {"file": error.place}
    )
    line = place.pop("line", "")
    return [
        Problem(
            "error",
            error.message,
            error.fix,
            error.values,
            table=table,
            line=int(line) if line else None,
            **place,
        )
    ]


def _no_table(path: Path) -> Problem:
    return Problem(
        "error",
        "The file holds no table Tierbook can use.",
        "Give it a sheet transactions or customers with column names above the data.",
        file=path.name,
    )


def _refused(problems: list[Problem]) -> DataError:
    """One error that carries every problem; its sentence is the first error's."""
    first = next(problem for problem in problems if problem.level == "error")
    return DataError(first.message, fix=first.fix, place=first.place, problems=problems, **first.values)


def _fingerprint(path: Path) -> InputFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return InputFile(path, digest.hexdigest(), file.tell())


def _silent(share: float, what: str) -> None:
    """Progress nobody asked for."""
