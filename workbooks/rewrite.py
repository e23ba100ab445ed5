"""A workbook with some of its parts changed, every other one copied as compressed bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from tierbook.errors import DataError, HostError
from workbooks.files import Stamp, replace_file, unverified
from workbooks.gate.container import damage, unpacked
from workbooks.gate.gate import gate
from workbooks.gate.package import Package
from workbooks.parts import PackageWriter, Written
from workbooks.source import SEPARATE, Source

Parts = Mapping[str, Iterable[bytes | memoryview]]
_CHUNK = 1 << 20


def rewrite(
    book: Path,
    out: Path,
    change: Callable[[Source, Package], Parts],
    *,
    verify: Callable[[Path], object],
    keep_undo: bool = True,
) -> Path:
    """Write a workbook anew with changed and added parts.

    Parameters
    ----------
    change : callable
        Edits parts of the source and returns those that are written whole, by name.
    verify : callable
        Raises unless the written file is sound; that it holds the very bytes that were written is known by then.

    Returns
    -------
    Path
        The file really written, see `workbooks.files.replace_file`.

    Raises
    ------
    DataError
        The workbook must not be changed: signed, shared with tracked changes, malformed.
    HostError
        The file system does not let us; `out` is unchanged.
    """
    stamp = Stamp.of(book)
    written: dict[str, Written] = {}
    known = gate(book)
    _refuse(known, book)

    def write(temporary: Path) -> None:
        with book.open("rb") as file, zipfile.ZipFile(file) as archive, temporary.open("r+b") as target:
            source = Source(file, archive)
            parts = dict(change(source, known))
            try:
                with PackageWriter(target, archive.comment) as writer:
                    copy_parts(source, parts, writer)
                written.update(writer.written)
            except DataError as error:
                raise error.at(error.place or book.name) from error
        if Stamp.of(book) != stamp:
            raise HostError(
                "{name} was changed by another program while the result was being written.",
                fix="Save and close it there, then run again.",
                name=book.name,
            )

    def check(temporary: Path) -> None:
        check_written(temporary, written)
        verify(temporary)

    try:
        return replace_file(out, write, verify=check, keep_undo=keep_undo)
    except DataError as error:
        if error.place:
            raise
        raise error.at(book.name) from error


def copy_parts(source: Source, parts: dict[str, Iterable[bytes | memoryview]], writer: PackageWriter) -> None:
    """The whole package: untouched entries as they are, edited parts, parts that are written whole."""
    for entry in source.archive.infolist():
        name = entry.filename
        if name in source.left_out:
            continue
        if name in parts:
            writer.add(name, parts.pop(name), entry)
        elif name in source.edited and (data := source.edited[name].edited()) != source.edited[name].data:
            writer.add(name, [data], entry)
        else:
            writer.copy(source.file, entry)
    for name, pieces in parts.items():
        writer.add(name, pieces)


def check_written(path: Path, written: Mapping[str, Written]) -> None:
    """Raises unless a package, read anew, holds what was put into it: new parts unpacked, others as packed bytes."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if entries.keys() != written.keys():
                raise unverified()
            for name, part in written.items():
                if part.new:  # unpacking compares what comes out with the checksum that stands in the file
                    found = sum(map(len, unpacked(archive, entries[name]))), entries[name].CRC
                else:
                    found = _measured(file, part)
                if found != (part.size, part.checksum):
                    raise unverified()
    except damage() as error:
        raise unverified() from error


def _measured(file: BinaryIO, part: Written) -> tuple[int, int]:
    """How many packed bytes of an entry there are, and their checksum."""
    from isal import isal_zlib

    file.seek(part.start)
    size, checksum = 0, 0
    while size < part.size and (piece := file.read(min(part.size - size, _CHUNK))):
        size, checksum = size + len(piece), isal_zlib.crc32(piece, checksum)
    return size, checksum


def _refuse(package: Package, book: Path) -> None:
    """What must not be changed at all."""
    if package.signed:
        raise DataError(
            "The workbook is digitally signed; a change would break the signature.",
            fix=SEPARATE,
            place=book.name,
        )
    if package.tracked:
        raise DataError(
            "The workbook is shared with tracked changes, which only Excel may add to.",
            fix=SEPARATE,
            place=book.name,
        )
