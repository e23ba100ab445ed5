"""The packs there are: files `<name>.yaml` in one or more folders, read when first asked for and again when changed."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from tierbook.errors import RuleError

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


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
            if name.isidentifier() and (file := folder / f"{name}.yaml").is_file():
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
        """The compiled pack of that name, read again when its file has changed."""
        from tierbook.rulepack.read import read_pack

        file = self.file(name)
        stat = file.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if file not in self._read or self._read[file][0] != stamp:
            self._read[file] = (stamp, read_pack(file))
        return self._read[file][1]
