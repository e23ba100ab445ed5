"""What people decided about records that may be one customer, kept beside the source and in force from the next run.

One CSV file, `orders.xlsx.tierbook/duplicates.csv`: a row for each pair of records, by source and source_id.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from tierbook.duplicates import Decision, Key
from tierbook.errors import DataError
from workbooks.files import replace_file, undo_folder

_HEADS = ("source_a", "source_id_a", "source_b", "source_id_b", "decision")
_WORDS = {True: "merge", False: "keep_apart"}


def decisions_path(source: Path) -> Path:
    """Where the decisions about the records of a source are kept."""
    return undo_folder(Path(os.path.realpath(source))).parent / "duplicates.csv"


def read_decisions(source: Path) -> list[Decision]:
    """The decisions kept so far; none where there is no file.

    Raises
    ------
    DataError
        A line that is no decision; names it.
    """
    path = decisions_path(source)
    if not path.exists():
        return []
    known = {word: merge for merge, word in _WORDS.items()}
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.reader(file), start=1):
            if line == 1 or not row:
                continue
            if len(row) != len(_HEADS) or row[4] not in known:
                raise DataError(
                    "This is not a decision about two records: {text}.",
                    fix="Correct the line or delete it; a decision is merge or keep_apart.",
                    place=f"{path.name}:{line}",
                    text=",".join(row),
                )
            found.append(Decision(Key(row[0], row[1]), Key(row[2], row[3]), known[row[4]]))
    return found


def keep_decisions(source: Path, decisions: Iterable[Decision]) -> Path:
    """Keep the decisions in place of the earlier ones.

    Raises
    ------
    HostError
        The file cannot be written.
    """
    path = decisions_path(source)
    path.parent.mkdir(exist_ok=True)
    rows = [(*one.a, *one.b, _WORDS[one.merge]) for one in decisions]

    def write(file: Path) -> None:
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([_HEADS, *rows])

    return replace_file(path, write, keep_undo=False)
