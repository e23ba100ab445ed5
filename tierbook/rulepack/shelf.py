"""The packs there are: files `<name>.yaml` in one or more folders, read when first asked for and again when changed."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tierbook.errors import RuleError
from tierbook.quality import Problem

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

LONGEST_NAME = 100  # longer ones no file system takes as a file's name
_STALE = "The newest edit cannot be used; {pack} {version} as it was before stays in use."


class Shelf:
    """Rule packs by name; a folder named earlier hides packs of the same name in later ones."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
        self._read: dict[Path, tuple[tuple[int, int], Pack]] = {}

    def names(self) -> list[str]:
        """The packs there are, in alphabetical order."""
        return sorted(
            {
                file.stem
                for folder in self.folders
                for file in folder.glob("*.yaml")
                if not file.stem.endswith(".cases")
            }
        )

    def file(self, name: str) -> Path:
        """The file of a pack.

        Raises
        ------
        RuleError
            There is no such pack; names those there are.
        """
        for folder in self.folders:
            if (
                name.isidentifier()
                and len(name) <= LONGEST_NAME
                and (file := folder / f"{name}.yaml").is_file()
            ):
                return file
        near = difflib.get_close_matches(name, self.names(), n=1)
        raise RuleError(
            "There is no rule pack called {name}.",
            fix="Did you mean {near}? The packs are {known}." if near else "The packs are {known}.",
            name=name,
            near=near[0] if near else "",
            known=", ".join(self.names()) or "-",
        )

    def pack(self, name: str) -> Pack:
        """The compiled pack of that name, read again when its file has changed.

        While an edit cannot be used, the pack as it was before stays in use; the first of its warnings says so.

        Raises
        ------
        RuleError
            There is no such pack, or it cannot be used and could not before.
        """
        file = self.file(name)
        stamp = _stamp(file)
        known = self._read.get(file)
        if known is None or known[0] != stamp:
            self._read[file] = (stamp, self._newest(file, known[1] if known else None))
        return self._read[file][1]

    def complaint(self, name: str) -> Problem | None:
        """What a reader should know about the pack in use: that the newest edit is not."""
        return next((one for one in self.pack(name).warnings if one.message == _STALE), None)

    def _newest(self, file: Path, before: Pack | None) -> Pack:
        from tierbook.rulepack.read import read_pack

        try:
            return read_pack(file)
        except RuleError as error:
            if before is None:
                raise
            first = next(iter(error.problems), None)
            stale = Problem(
                "warning",
                _STALE,
                "Run: tierbook rules check {pack}.",
                {"pack": before.name, "version": before.version},
                file=first.file if first else before.file,
                line=first.line if first else None,
                column=first.column if first else None,
            )
            rest = tuple(one for one in before.warnings if one.message != _STALE)
            return replace(before, warnings=(stale, *rest))


def _stamp(file: Path) -> tuple[int, int]:
    try:
        stat = file.stat()
    except OSError:
        # An editor that saves by renaming leaves a moment without a file.
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size
