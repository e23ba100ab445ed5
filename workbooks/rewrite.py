"""A workbook with some of its parts changed, every other one copied as compressed bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tierbook.errors import DataError, HostError
from workbooks.files import replace_file
from workbooks.gate.package import Package, Stamp, gate
from workbooks.parts import PackageWriter
from workbooks.source import SEPARATE, Source

Parts = Mapping[str, Iterable[bytes]]


def rewrite(
    book: Path,
    out: Path,
    change: Callable[[Source, Package], Parts],
    *,
    package: Package | None = None,
    verify: Callable[[Path], object],
    keep_undo: bool = True,
) -> Path:
    """Write a workbook anew with changed and added parts.

    Parameters
    ----------
    change : callable
        Edits parts of the source and returns those that are written whole, by name.
    package : Package, optional
        What `gate` said about `book`, when the caller has just read it.
    verify : callable
        Raises unless the written file is sound.

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
    known = package if package is not None and package.stamp == stamp else gate(book)
    _refuse(known, book)

    def write(temporary: Path) -> None:
        with book.open("rb") as file, zipfile.ZipFile(file) as archive, temporary.open("r+b") as target:
            source = Source(file, archive)
            parts = dict(change(source, known))
            try:
                with PackageWriter(target, archive.comment) as writer:
                    copy_parts(source, parts, writer)
            except DataError as error:
                raise error.at(error.place or book.name) from error
        if Stamp.of(book) != stamp:
            raise HostError(
                "{name} was changed by another program while the result was being written.",
                fix="Save and close it there, then run again.",
                name=book.name,
            )

    try:
        return replace_file(out, write, verify=verify, keep_undo=keep_undo)
    except DataError as error:
        if error.place:
            raise
        raise error.at(book.name) from error


def copy_parts(source: Source, parts: dict[str, Iterable[bytes]], writer: PackageWriter) -> None:
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
