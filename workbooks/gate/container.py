"""The zip container of a workbook: which parts it holds, and their bytes in bounded pieces."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import cast

from tierbook.errors import DataError

MAX_INFLATED = 4 << 30  # all parts together [bytes]
MAX_RATIO = 300  # inflated to packed size, for parts over `_RATIO_FROM`; a real sheet stays under 100
_RATIO_FROM = 8 << 20
_CHUNK = 1 << 20
_PACKED = 1 << 17  # read at once [bytes]


class Container:
    """The parts of an open archive, each name once, none encrypted, none outside the package.

    `parts` holds the directory entry of each part; `named` finds a part ignoring case, as packages do.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.inflated = 0
        self.parts: dict[str, zipfile.ZipInfo] = {}
        self._check_names()
        self._folded = {name.lower(): name for name in self.parts}

    def named(self, part: str) -> str | None:
        """The part's name as the archive spells it; None when it is not there."""
        return self._folded.get(part.lower())

    def pieces(self, name: str) -> Iterator[bytes]:
        """The part's bytes, inflated in bounded pieces; its checksum is checked at the end."""
        entry = self.parts[name]
        size = 0
        try:
            for piece in unpacked(self.archive, entry):
                size += len(piece)
                self.inflated += len(piece)
                too_dense = size > _RATIO_FROM and size > MAX_RATIO * max(entry.compress_size, 1)
                if too_dense or self.inflated > 2 * MAX_INFLATED:
                    raise inflates_too_far(name)
                yield piece
        except damage() as error:
            raise DataError(
                "Part {part} of the workbook is damaged (checksum or compression error).",
                fix="Copy or download the file again.",
                part=name,
            ) from error

    def _check_names(self) -> None:
        """One part per name, and only names that stay inside the package."""
        entries = self.archive.infolist()
        seen: dict[str, str] = {}
        for entry in entries:
            name = entry.filename
            if entry.flag_bits & 1:
                raise DataError(
                    "Part {part} is encrypted.", fix="Remove the password and save again.", part=name
                )
            if "\\" in entry.orig_filename or name.startswith("/") or ".." in name.split("/") or "\0" in name:
                raise DataError(
                    "Part name {part} is not allowed in a workbook.",
                    fix="Open the workbook in Excel and save it again.",
                    part=repr(entry.orig_filename[:80]),
                )
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise DataError("Part {part} is packed in a way no spreadsheet program uses.", part=name)
            if name.lower() in seen:
                raise DataError(
                    "The file holds part {part} twice, so programs disagree about its content.",
                    fix="Open the workbook in Excel, check the data, and save it again.",
                    part=name,
                )
            seen[name.lower()] = name
            if not name.endswith("/"):
                self.parts[name] = entry
        if sum(entry.file_size for entry in entries) > MAX_INFLATED:
            raise inflates_too_far(max(entries, key=lambda entry: entry.file_size).filename)


def damage() -> tuple[type[Exception], ...]:
    """What `unpacked` raises of a damaged part."""
    from isal import isal_zlib

    inflating = cast("type[Exception]", isal_zlib.error)  # its stub calls the class an instance
    return zipfile.BadZipFile, inflating, EOFError, struct.error, NotImplementedError, RuntimeError


def unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part's bytes in bounded pieces, its checksum is checked at the end; errors are those of `damage`."""
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        yield from _inflated(archive, entry)
        return
    with archive.open(entry) as stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """As `zipfile` does it, but by ISA-L, which takes half the time of zlib."""
    from isal import isal_zlib

    archive.open(entry).close()  # compares the header before the part with the directory
    file = archive.fp
    assert file is not None
    file.seek(entry.header_offset + 26)
    name_size, extra_size = struct.unpack("<HH", file.read(4))
    at = file.tell() + name_size + extra_size
    end, checksum = at + entry.compress_size, 0
    inflater = isal_zlib.decompressobj(-15)
    while not inflater.eof:
        packed = inflater.unconsumed_tail
        if not packed:
            file.seek(at)
            packed = file.read(min(_PACKED, end - at))
            at += len(packed)
        piece = inflater.decompress(packed, _CHUNK)
        if piece:
            checksum = isal_zlib.crc32(piece, checksum)
            yield piece
        elif not packed:
            raise EOFError
    if checksum != entry.CRC:
        raise zipfile.BadZipFile


def inflates_too_far(part: str) -> DataError:
    return DataError(
        "Part {part} inflates to far more than a workbook needs; it may be built to fill the memory.",
        fix="Do not open the file; ask its sender for a fresh copy.",
        part=part,
    )
