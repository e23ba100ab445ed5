"""A pack with the cases beside it: every problem of both, and the lines they speak of."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tierbook.errors import TierbookError
from tierbook.quality import Problem

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

Stamp = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True)
class Examined:
    """What was found in one pack; `pack` is None when it cannot be used, `cases` is None without a file of cases."""

    file: Path
    pack: Pack | None
    problems: tuple[Problem, ...]
    cases: int | None

    @property
    def fails(self) -> bool:
        return any(problem.level == "error" for problem in self.problems)


def examine(file: Path) -> Examined:
    """Read a pack, then run its cases; every problem of both."""
    from tierbook.rulepack.cases import failures, read_cases
    from tierbook.rulepack.read import read_pack, shown
    from tierbook.rulepack.source import read_source

    beside = cases_of(file)
    try:
        pack = read_pack(file)
    except TierbookError as error:
        return Examined(file, None, told(error), None)
    if not beside.is_file():
        return Examined(file, pack, pack.warnings, None)
    try:
        source = read_source(beside.read_bytes(), file=shown(beside), root=list)
        cases = read_cases(source, pack)
    except TierbookError as error:
        return Examined(file, pack, (*pack.warnings, *told(error)), None)
    return Examined(file, pack, (*pack.warnings, *failures(source, cases, pack)), len(cases))


def cases_of(file: Path) -> Path:
    """`hospitality.cases.yaml` beside `hospitality.yaml`."""
    return file.with_suffix(".cases.yaml")


def told(error: TierbookError) -> tuple[Problem, ...]:
    """The problems an error stands for."""
    return error.problems or (Problem("error", error.message, error.fix, error.values, file=error.place),)


def excerpt(problem: Problem, files: Sequence[Path]) -> tuple[str, ...]:
    """The line a problem speaks of and, under it, a caret; nothing where there is no such line.

    Wide characters take two columns on a terminal, so the caret follows them.
    """
    from tierbook.rulepack.read import shown

    file = next((file for file in files if shown(file) == problem.file), None)
    if file is None or problem.line is None:
        return ()
    try:
        lines = file.read_bytes().decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        return ()
    if not 1 <= problem.line <= len(lines):
        return ()
    line = lines[problem.line - 1].rstrip().replace("\t", " ")
    before = line[: (problem.column or 1) - 1]
    width = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in before)
    return (line, " " * width + "^")


def changes(files: Callable[[], Sequence[Path]], wait: Callable[[], bool]) -> Iterator[None]:
    """One turn at once, then one whenever a file changed, came or went; until `wait` says no."""
    before: tuple[tuple[Path, ...], Stamp] | None = None
    while True:
        now = tuple(files())
        state = (now, tuple(_stamp(file) for file in now))
        if state != before:
            before = state
            yield
        if not wait():
            return


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
