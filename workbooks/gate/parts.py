"""The parts of an open workbook: small ones heard element by element and kept, large ones passed by in pieces."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tierbook.errors import DataError
from workbooks.gate.container import Container, inflates_too_far
from workbooks.gate.guard import Elements, Guard, Prolog, is_utf16
from workbooks.gate.relations import Relation, relation, relations_part

MAX_RECODED = 64 << 20  # UTF-16 parts are rewritten in memory for the reader [bytes]
_SMALL = 1 << 20  # parts up to here are heard element by element [bytes]


class Parts:
    """The parts of one archive. `recoded` names those in UTF-16 that were come across."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self.container = path, Container(archive)
        self.entries, self.named = self.container.parts, self.container.named
        self.recoded: list[str] = []
        self.elements: dict[str, Elements] = {}

    def heard(self, name: str) -> Elements:
        """The elements of a small part; read once."""
        if name not in self.elements:
            elements = Elements()
            try:
                for piece in self.pieces(name):
                    elements.feed(piece)
                    if len(elements.found) > 2_000_000:
                        raise inflates_too_far(name)
                elements.feed(b"", True)
            except DataError as error:
                raise error.at(error.place or f"{self.path.name} {name}") from error
            self.elements[name] = elements
        return self.elements[name]

    def pieces(self, name: str) -> Iterator[bytes]:
        """The part's pieces, noting a part in UTF-16: bulk readers need it in UTF-8."""
        for at, piece in enumerate(self.container.pieces(name)):
            if at == 0 and is_utf16(piece):
                self.recoded.append(name)
                if self.entries[name].file_size > MAX_RECODED:
                    raise DataError(
                        "Part {part} is written in UTF-16 and too large to convert.",
                        fix="Open the workbook in Excel and save it again.",
                        part=name,
                    )
            yield piece

    def relations(self, part: str) -> dict[str, Relation] | None:
        """Relations of a part by id; None where it has no relations part."""
        name = self.named(relations_part(part))
        if name is None:
            return None
        found = {}
        for local, attributes, _ in self.heard(name).found:
            if local == "Relationship":
                found[attributes.get("Id", "")] = relation(part, attributes)
        return found

    def count_strings(self, part: str) -> int:
        """How many texts a part of shared texts holds; a large one is not taken in, only counted."""
        if self.entries[part].file_size < _SMALL:
            return sum(local == "si" and parent == "sst" for local, _, parent in self.heard(part).found)
        prolog, count, tail = Prolog(), 0, b""
        openings: tuple[bytes, ...] = ()
        try:
            for piece in self.pieces(part):
                if part in self.recoded:
                    return sum(local == "si" for local, _, _ in self.heard(part).found)
                if not openings:
                    prolog.feed_start(piece)
                    root = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sst[\s>]", piece)
                    prefix = root[1] if root else b""
                    openings = tuple(
                        b"<" + prefix + b"si" + after for after in (b">", b" ", b"/", b"\n", b"\r", b"\t")
                    )
                window = tail + piece
                tail = window[-len(openings[0]) + 1 :]
                count += sum(window.count(opening) for opening in openings)
        except DataError as error:
            raise error.at(error.place or f"{self.path.name} {part}") from error
        return count

    def check(self, name: str, types: Mapping[str, str]) -> None:
        """Checksums every part; XML parts are heard (a large one up to its first element)."""
        suffix = posixpath.splitext(name)[1].lower()
        kind = types.get(name.lower(), types.get(suffix, ""))
        xml = suffix in (".xml", ".rels", ".vml") or (kind.endswith(("+xml", "/xml")) and "svg" not in kind)
        if not xml:
            for _ in self.container.pieces(name):
                continue
            return
        guard = Guard() if self.entries[name].file_size < _SMALL else Prolog()
        # Excel 2007 wrote VML that is not well-formed, and reads it; `._x.xml` is what macOS adds when it zips.
        lenient = suffix == ".vml" or posixpath.basename(name).startswith("._")
        damaged = False
        try:
            for piece in self.container.pieces(name):
                try:
                    if isinstance(guard, Prolog):
                        guard.feed_start(piece)
                    elif not damaged:
                        guard.feed(piece)
                except DataError as error:
                    if not (lenient and "reason" in error.values):
                        raise
                    damaged = True
            if not isinstance(guard, Prolog) and not lenient:
                guard.feed(b"", True)
        except DataError as error:
            raise error.at(error.place or f"{self.path.name} {name}") from error
