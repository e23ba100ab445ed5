"""XML parts heard safely: no DTD, bounded nesting, well-formed; in UTF-8 or UTF-16."""

from __future__ import annotations

import re
from xml.parsers import expat

from tierbook.errors import DataError

MAX_DEPTH = 256
MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)


class Guard:
    """An expat parser that refuses DTDs, deep nesting and malformed XML; subclasses hear the elements."""

    def __init__(self) -> None:
        self.depth = 0
        self.root = ""
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.buffer_text = True

    def feed(self, data: bytes, final: bool = False) -> None:
        try:
            self.parser.Parse(data, final)
        except expat.ExpatError as error:
            raise malformed(expat.ErrorString(error.code), error.lineno, error.offset + 1) from error
        except (LookupError, ValueError) as error:  # an encoding nobody knows, or one expat cannot use
            raise malformed(str(error), 1, 1) from error

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; `name` is `namespace local`."""

    def end(self, name: str) -> None:
        """An element ends."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise DataError(
                "The XML is nested more than {depth} levels deep.",
                fix="Open the workbook in Excel and save it again.",
                depth=MAX_DEPTH,
            )
        if self.depth == 1:
            self.root = name
        self.start(name, attributes)

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.end(name)

    def _doctype(self, *_: object) -> None:
        raise DataError(
            "The XML declares a DTD or entities, which no spreadsheet program writes.",
            fix="Do not open the file; ask its sender for a fresh copy.",
        )


class Elements(Guard):
    """Every element of a small part: local name, attributes, local name of its parent; text of defined names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], str]] = []
        self.texts: dict[int, str] = {}
        self.stack = [""]
        self.namespace = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if self.depth == 1:
            self.namespace = namespace
        self.found.append((local, attributes, self.stack[-1]))
        self.stack.append(local)
        if local == "definedName":
            self.text: list[str] = []
            self.parser.CharacterDataHandler = self.text.append

    def end(self, name: str) -> None:
        if self.stack.pop() == "definedName":
            self.parser.CharacterDataHandler = None
            self.texts[len(self.found) - 1] = "".join(self.text)


class Prolog(Guard):
    """Hears a large part up to its first element: a DTD can stand nowhere else."""

    def feed_start(self, data: bytes) -> None:
        if not self.root:
            self.feed(data[:65_536])

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.parser.StartElementHandler = self.parser.EndElementHandler = None


def malformed(reason: str, line: int, column: int) -> DataError:
    """The refusal of XML that is not well-formed."""
    return DataError(
        "The XML is damaged at line {line}, column {column} ({reason}).",
        fix="Open the workbook in Excel, let it repair the file, and save it.",
        line=line,
        column=column,
        reason=reason,
    )


def is_utf16(start: bytes) -> bool:
    """Whether a part begins as UTF-16 text."""
    return start[:2] in (b"\xff\xfe", b"\xfe\xff") or start[:4] in (b"<\0?\0", b"\0<\0?")


def as_utf8(data: bytes) -> bytes:
    """A UTF-16 part as UTF-8; its declaration is dropped, UTF-8 is the default."""
    code = (
        "utf-16"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff")
        else "utf-16-le"
        if data[:1] == b"<"
        else "utf-16-be"
    )
    try:
        text = data.decode(code)
    except UnicodeDecodeError as error:
        raise malformed(error.reason, 1, error.start) from error
    return re.sub(r"^\ufeff?<\?xml[^>]*\?>", "", text).encode()
