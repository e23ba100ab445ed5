"""The workbook a result goes into, as it is: its parts, their relations, and which of them are open for changes."""

from __future__ import annotations

import zipfile
import zlib
from itertools import count
from typing import BinaryIO

from tierbook.errors import DataError
from workbooks.gate.relations import Relation, relations_part, resolved
from workbooks.parts import XmlPart

MAX_PART = 64 << 20  # largest part we take into memory to edit [bytes]
MAX_SHEET = 512 << 20  # largest sheet whose cells we change one by one [bytes]
SEPARATE = "Give the results a workbook of their own (--out)."


class Source:
    """The parts of the workbook as it is; `workbook` is the name of its main part, `left_out` are parts that go."""

    def __init__(self, file: BinaryIO, archive: zipfile.ZipFile) -> None:
        self.file, self.archive = file, archive
        self.entries = {entry.filename: entry for entry in archive.infolist()}
        self.folded = {name.lower(): name for name in self.entries}
        self.edited: dict[str, XmlPart] = {}
        self.left_out: set[str] = set()
        main = (relation for relation in self.relations("").values() if relation.kind == "officeDocument")
        target = next(main).target
        self.workbook = self.named(target) or target

    def named(self, part: str) -> str | None:
        """The part's name as the archive spells it; None when it is not there."""
        return self.folded.get(part.lower())

    def read(self, part: str) -> bytes:
        """A part's bytes."""
        name = self.named(part)
        if name is None:
            raise DataError(
                "Part {part} is missing from the workbook.",
                fix="Open the workbook in Excel, let it repair the file, and save it.",
                part=part,
            )
        if self.entries[name].file_size > MAX_PART:
            raise DataError("Part {part} is too large to be added to.", fix=SEPARATE, part=part)
        return self._read(name)

    def whole(self, part: str) -> bytes:
        """A sheet's bytes, which may be many more than those of the lists we edit."""
        if self.entries[part].file_size > MAX_SHEET:
            raise DataError("Part {part} is too large to be added to.", fix=SEPARATE, part=part)
        return self._read(part)

    def _read(self, name: str) -> bytes:
        try:
            return self.archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DataError(
                "Part {part} of the workbook is damaged (checksum or compression error).",
                fix="Copy or download the file again.",
                part=name,
            ) from error

    def part(self, name: str) -> XmlPart:
        """A part open for changes."""
        real = self.named(name) or name
        if real not in self.edited:
            self.edited[real] = XmlPart(real, self.read(real))
        return self.edited[real]

    def relations(self, part: str) -> dict[str, Relation]:
        """Relations of a part by id."""
        name = relations_part(part)
        if self.named(name) is None:
            return {}
        found = {}
        for node in XmlPart(name, self.read(name)).all("Relationship"):
            external = node.attributes.get("TargetMode") == "External"
            target = node.attributes.get("Target", "")
            found[node.attributes.get("Id", "")] = Relation(
                node.attributes.get("Type", "").rpartition("/")[2],
                target if external else resolved(part, target),
                external,
            )
        return found

    def free(self, pattern: str, taken: set[str]) -> str:
        """A part name of that pattern nobody uses."""
        name = next(
            name for name in map(pattern.format, count(1)) if not self.named(name) and name not in taken
        )
        taken.add(name)
        return name
