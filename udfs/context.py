"""What a call does not see in its cells: the packs, the language, today; and what it remembers between calls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from tierbook.shipped import shipped
from udfs.cells import Range

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack
    from tierbook.rulepack.shelf import Shelf

MOST_REASONS = 200
MOST_CELLS = 1_000_000
MOST_CELLS_OF_ONE_CALL = 20_000


class Said(NamedTuple):
    """One reason in the reader's words."""

    function: str
    reason: str


class Reasons:
    """The latest reasons, newest first; the same reason stands there once."""

    def __init__(self) -> None:
        self._latest: OrderedDict[Said, None] = OrderedDict()
        self._lock = Lock()

    def __call__(self) -> list[Said]:
        """All of them, newest first."""
        with self._lock:
            return list(reversed(self._latest))

    def add(self, reasons: Iterable[Said]) -> None:
        """Put the reasons of one call on top, the first of them topmost."""
        with self._lock:
            for reason in reversed(list(reasons)):
                self._latest.pop(reason, None)
                self._latest[reason] = None
            while len(self._latest) > MOST_REASONS:
                self._latest.popitem(last=False)


class Memo:
    """Results of recent calls by what went into them, up to a number of cells."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Any, tuple[Said, ...], int]] = OrderedDict()
        self._cells = 0
        self._lock = Lock()

    def get(self, key: Hashable) -> tuple[Any, tuple[Said, ...]] | None:
        """The result and its reasons, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0], found[1]

    def put(self, key: Hashable, result: Any, reasons: tuple[Said, ...], cells: int) -> None:
        """Keep a result; the ones not asked for longest make room."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (result, reasons, cells)
                self._cells += cells
            while self._cells > MOST_CELLS:
                self._cells -= self._kept.popitem(last=False)[1][2]


def memo_key(ranges: Iterable[Range]) -> tuple[Hashable, int] | None:
    """A key that differs wherever a cell differs (1, TRUE and "1" do), and the number of cells; None for large calls."""
    key: list[Hashable] = []
    cells = 0
    for one in ranges:
        cells += one.height * one.width
        if cells > MOST_CELLS_OF_ONE_CALL:
            return None
        flat = tuple(chain.from_iterable(one.rows))
        key += [one.single, one.height, flat, tuple(map(type, flat))]
    return tuple(key), cells


@dataclass(frozen=True)
class Context:
    """Where packs are, which one a workbook uses, the reader's language and today's date.

    `packs` is a folder of rule packs or a shelf; None means the packs shipped with Tierbook. Nothing reads the clock:
    without `today`, no date counts as lying in the future. `dataclasses.replace(context, reasons=Reasons())` shares
    packs and results with somebody else, but not the reasons.
    """

    packs: Path | str | Shelf | None = None
    pack: str = "hospitality"
    language: str = "en"
    today: date | None = None
    reasons: Reasons = field(default_factory=Reasons, repr=False, compare=False)
    memo: Memo = field(default_factory=Memo, repr=False, compare=False)

    @cached_property
    def shelf(self) -> Shelf:
        """The packs a cell may name."""
        from tierbook.rulepack.shelf import Shelf

        if isinstance(self.packs, Shelf):
            return self.packs
        return Shelf(shipped("rules") if self.packs is None else Path(self.packs))

    def rule_pack(self, name: str | None) -> Pack:
        """The pack of that name, or the workbook's."""
        name = name or self.pack
        pack = self.shelf.pack(name)
        if stale := self.shelf.complaint(name):
            self.reasons.add([Said(pack.name, stale.text(self.language))])
        return pack


DEFAULT = Context()
