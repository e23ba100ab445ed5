"""Parts of a workbook package, changed by bytes: an edited part keeps every byte that was not asked to change.

`XmlPart` knows where its elements stand and takes insertions; `PackageWriter` writes a zip container (APPNOTE 6.3,
without zip64: no part and no workbook here reaches 4 GiB) whose untouched entries are copied as compressed bytes.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from tierbook.errors import DataError
from workbooks.gate.guard import Guard, is_utf16

_LIMIT = 0xFFFFFFFF
_CHUNK = 1 << 20
_LEVEL = 2  # of ISA-L's 0 to 3
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass
class Node:
    """An element: local name, namespace, prefix with colon (`x:`), attributes, and its place in the part's bytes.

    Attributes in a namespace are keyed `namespace name prefix`. `end` is where the end tag starts, or `start` again
    for an element without content (`<a/>`).
    """

    name: str
    namespace: str
    prefix: str
    attributes: dict[str, str]
    start: int
    end: int = 0
    parent: Node | None = field(default=None, repr=False)


class XmlPart:
    """A part as bytes with the places of its elements; changes are collected and applied by `edited`."""

    def __init__(self, name: str, data: bytes) -> None:
        if is_utf16(data) or re.match(rb"[^>]*encoding=.(?!utf-?8|us-ascii)", data[:200], re.I):
            raise DataError(
                "Part {part} is not written in UTF-8, so it cannot be added to.",
                fix="Open the workbook in Excel and save it again.",
                part=name,
            )
        self.name, self.data = name, data
        listener = _Places()
        try:
            listener.feed(data, True)
        except DataError as error:
            raise error.at(name) from error
        self.nodes = listener.nodes
        for node in self.nodes:
            # expat reports the end of `<a/>` where the next thing starts.
            if data[self.tag_end(node.start) - 2 : self.tag_end(node.start)] == b"/>":
                node.end = node.start
        self.root = self.nodes[0]
        self._inside: dict[int, list[bytes]] = {}
        self._changes: list[tuple[int, int, bytes]] = []

    def all(self, name: str, parent: str | None = None) -> list[Node]:
        """Elements of that local name in the root's namespace, in order."""
        return [
            node
            for node in self.nodes
            if node.name == name
            and node.namespace == self.root.namespace
            and (parent is None or (node.parent is not None and node.parent.name == parent))
        ]

    def first(self, name: str, parent: str | None = None) -> Node | None:
        return next(iter(self.all(name, parent)), None)

    def append(self, node: Node, text: str) -> None:
        """Add elements at the end of an element."""
        self._inside.setdefault(self.nodes.index(node), []).append(text.encode())

    def insert_before(self, node: Node, text: str) -> None:
        """Add elements before an element."""
        self._changes.append((node.start, node.start, text.encode()))

    def replace(self, start: int, end: int, text: bytes) -> None:
        """Put other bytes in the place of these."""
        self._changes.append((start, end, text))

    def remove(self, node: Node) -> None:
        self._changes.append((node.start, self.after(node), b""))

    def set(self, node: Node, attribute: str, value: str) -> None:
        """Change or add a plain attribute."""
        end = self.tag_end(node.start)
        text = f'{attribute}="{value}"'.encode()
        old = re.search(
            rb"""\s(%s\s*=\s*(?:"[^"]*"|'[^']*'))""" % attribute.encode(), self.data[node.start : end]
        )
        if old:
            self._changes.append((node.start + old.start(1), node.start + old.end(1), text))
        else:
            at = end - (2 if self.data[end - 2 : end] == b"/>" else 1)
            self._changes.append((at, at, b" " + text))

    def tag_end(self, start: int) -> int:
        """Where the tag that starts there has ended."""
        match = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""").match(self.data, start)
        return match.end() if match else len(self.data)

    def after(self, node: Node) -> int:
        """Where the element has ended."""
        return self.tag_end(node.end)

    def edited(self) -> bytes:
        """The part with all changes, checked to be well-formed."""
        changes = list(self._changes)
        for at, texts in self._inside.items():
            node, text = self.nodes[at], b"".join(texts)
            if node.end != node.start:
                changes.append((node.end, node.end, text))
                continue
            end = self.tag_end(node.start)
            closing = f"</{node.prefix}{node.name}>".encode()
            changes.append((end - 2, end, b">" + text + closing))
        pieces, at = [], 0
        for start, end, text in sorted(changes, key=lambda change: change[:2]):
            pieces += [self.data[at:start], text]
            at = end
        data = b"".join([*pieces, self.data[at:]])
        _Places().feed(data, True)
        return data


class _Places(Guard):
    def __init__(self) -> None:
        super().__init__()
        self.parser.namespace_prefixes = True
        self.nodes: list[Node] = []
        self.open: list[Node] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, local, prefix = [*name.split(" "), "", ""][:3] if " " in name else ("", name, "")
        node = Node(
            local,
            namespace,
            f"{prefix}:" if prefix else "",
            attributes,
            self.parser.CurrentByteIndex,
            parent=self.open[-1] if self.open else None,
        )
        self.nodes.append(node)
        self.open.append(node)

    def end(self, name: str) -> None:
        self.open.pop().end = self.parser.CurrentByteIndex


class Written(NamedTuple):
    """What was put into a container under one name, to be compared with what stands there.

    `size` and `checksum` (CRC-32) are those of a new part before it was packed, and of the packed bytes, which begin at
    `start`, of an entry that was taken over.
    """

    new: bool
    start: int
    size: int
    checksum: int


class PackageWriter:
    """A zip container in the making; `written` says by name what has been put into it.

    >>> import io
    >>> out = io.BytesIO()
    >>> with PackageWriter(out) as writer:
    ...     writer.add("a.xml", [b"<a/>"])
    >>> zipfile.ZipFile(out).read("a.xml")
    b'<a/>'
    """

    def __init__(self, file: BinaryIO, comment: bytes = b"") -> None:
        self.file, self.comment = file, comment
        self.directory: list[bytes] = []
        self.written: dict[str, Written] = {}

    def __enter__(self) -> PackageWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._finish()

    def copy(self, source: BinaryIO, entry: zipfile.ZipInfo) -> None:
        """Take over an entry with its compressed bytes as they are."""
        from isal import isal_zlib

        source.seek(entry.header_offset)
        header = source.read(30)
        if header[:4] != b"PK\3\4" or len(header) < 30:
            raise _damaged(entry.filename)
        name_size, extra_size = struct.unpack_from("<HH", header, 26)
        source.seek(name_size + extra_size, 1)
        # The descriptor flag goes: sizes and checksum stand in the header. The name's encoding flag stays.
        flags = entry.flag_bits & ~0x8
        name = entry.orig_filename.encode("utf-8" if flags & 0x800 else "cp437")
        packed, size = entry.compress_size, entry.file_size
        self._header(
            _Entry(name, flags, entry.compress_type, entry.date_time, entry.CRC, packed, size), entry
        )
        start, left, checksum = self.file.tell(), entry.compress_size, 0
        while left:
            piece = source.read(min(left, _CHUNK))
            if not piece:
                raise _damaged(entry.filename)
            self.file.write(piece)
            checksum = isal_zlib.crc32(piece, checksum)
            left -= len(piece)
        self.written[entry.filename] = Written(False, start, entry.compress_size, checksum)

    def add(
        self, name: str, pieces: Iterable[bytes | memoryview], like: zipfile.ZipInfo | None = None
    ) -> None:
        """Write a part from its pieces, compressed."""
        from isal import isal_zlib

        start = self.file.tell()
        coded = name.encode()
        flags = 0 if coded.isascii() else 0x800
        when = like.date_time if like else _EARLIEST
        entry = _Entry(coded, flags, zipfile.ZIP_DEFLATED, when)
        self._local(entry)
        # Quick rather than small: a third of the time of zlib's first level, and smaller than that.
        packer = isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        begun, checksum, size, packed = self.file.tell(), 0, 0, 0
        for piece in pieces:
            checksum = isal_zlib.crc32(piece, checksum)
            size += len(piece)
            packed += self.file.write(packer.compress(piece))
        packed += self.file.write(packer.flush())
        self.written[name] = Written(True, begun, size, checksum)
        end = self.file.tell()
        self.file.seek(start)
        self._header(entry._replace(checksum=checksum, packed=packed, size=size), like)
        self.file.seek(end)

    def _header(self, entry: _Entry, like: zipfile.ZipInfo | None) -> None:
        """The local header here, and the same again for the directory."""
        offset = self.file.tell()
        if max(offset + entry.packed, entry.size) >= _LIMIT:
            raise DataError(
                "The workbook would be larger than 4 GB.", fix="Write the results to a CSV or Parquet file."
            )
        self._local(entry)
        made_by, internal, external = (
            ((like.create_system << 8) | like.create_version, like.internal_attr, like.external_attr)
            if like
            else (20, 0, 0)
        )
        fields = (made_by, 20, *entry.fields, 0, 0, 0)
        self.directory.append(
            b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", *fields, internal, external, offset) + entry.name
        )

    def _local(self, entry: _Entry) -> None:
        self.file.write(b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, *entry.fields, 0) + entry.name)

    def _finish(self) -> None:
        start = self.file.tell()
        count = len(self.directory)
        self.file.write(b"".join(self.directory))
        size = self.file.tell() - start
        fields = (0, 0, count, count, size, start, len(self.comment))
        self.file.write(b"PK\5\6" + struct.pack("<HHHHIIH", *fields) + self.comment)


class _Entry(NamedTuple):
    """What both headers of an entry say; `packed` and `size` are in bytes."""

    name: bytes
    flags: int
    method: int
    when: tuple[int, ...]
    checksum: int = 0
    packed: int = 0
    size: int = 0

    @property
    def fields(self) -> tuple[int, ...]:
        """Flags to length of the name, as both headers have them."""
        return (
            self.flags,
            self.method,
            *_dos(self.when),
            self.checksum,
            self.packed,
            self.size,
            len(self.name),
        )


def _dos(when: tuple[int, ...]) -> tuple[int, int]:
    year, month, day, hour, minute, second = when
    return hour << 11 | minute << 5 | second // 2, max(year - 1980, 0) << 9 | month << 5 | day


def _damaged(part: str) -> DataError:
    return DataError(
        "Part {part} of the workbook is damaged (checksum or compression error).",
        fix="Copy or download the file again.",
        part=part,
    )
