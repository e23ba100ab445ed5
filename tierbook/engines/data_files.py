"""The tables of a folder, by its files: a Parquet or CSV file each, or a folder of parts each; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tierbook.errors import HostError
from tierbook.quality import Problem
from tierbook.tables import table_named

PARQUET, _CSV = (".parquet", ".pq"), (".csv",)
_MARK = b"PAR1"
# The mark at both ends, and the length of what describes the columns.
_SMALLEST = 12


def data_files(folder: Path) -> dict[str, list[Path]]:
    """Table -> its parts, in the order of their names; hidden files and those of tools (`_SUCCESS`) are passed over.

    Raises
    ------
    HostError
        Files of Tierbook's tables that cannot be read: damaged, empty, two kinds in one table; `problems` holds every one.
    """
    found: dict[str, list[Path]] = {}
    problems: list[Problem] = []
    for name, parts in _named(folder):
        if name not in found:
            found[name] = parts
            problems += _wrong(folder, parts) if table_named(name) else []
        elif table_named(name):
            problems.append(
                Problem(
                    "error",
                    "{first} and {second} are both the table {table}.",
                    fix="Take one of them out of the folder.",
                    values={
                        "first": _said(folder, found[name][0]),
                        "second": _said(folder, parts[0]),
                        "table": name,
                    },
                )
            )
    if problems:
        first = problems[0]
        raise HostError(first.message, fix=first.fix, place=first.place, problems=problems, **first.values)
    return found


def _named(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    for path in sorted(folder.iterdir()):
        if _passed_over(path.name):
            continue
        if path.is_file() and path.suffix.lower() in (*PARQUET, *_CSV):
            yield path.stem, [path]
        elif path.is_dir():
            parts = [
                part
                for part in path.rglob("*")
                if part.suffix.lower() in (*PARQUET, *_CSV)
                and part.is_file()
                and not any(map(_passed_over, part.relative_to(path).parts))
            ]
            if parts:
                yield path.name, sorted(parts)


def _passed_over(name: str) -> bool:
    return name.startswith((".", "_"))


def _wrong(folder: Path, parts: list[Path]) -> Iterator[Problem]:
    kinds = {part.suffix.lower() in _CSV: part for part in parts}
    if len(kinds) == 2:
        yield Problem(
            "error",
            "{first} and {second} are parts of one table, but not of one kind.",
            fix="Keep either Parquet or CSV files in the folder.",
            values={"first": _said(folder, kinds[False]), "second": _said(folder, kinds[True])},
        )
    for part in parts:
        place = _said(folder, part)
        if not part.stat().st_size:
            yield Problem(
                "error",
                "This file is empty.",
                fix="Write the file anew, or take it out of the folder.",
                file=place,
            )
        elif part.suffix.lower() in PARQUET and not _whole(part):
            yield Problem(
                "error",
                "This is no Parquet file, or it is cut off.",
                fix="Write the file anew, or take it out of the folder.",
                file=place,
            )


def _whole(path: Path) -> bool:
    """Whether a file begins and ends as Parquet does, and has room for what its end says."""
    size = path.stat().st_size
    if size < _SMALLEST:
        return False
    with path.open("rb") as file:
        begins = file.read(len(_MARK))
        file.seek(-8, 2)
        described, ends = int.from_bytes(file.read(4), "little"), file.read(len(_MARK))
    return begins == ends == _MARK and described <= size - _SMALLEST


def _said(folder: Path, path: Path) -> str:
    return path.relative_to(folder.parent).as_posix()
