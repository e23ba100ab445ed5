"""What a file is by its bytes, whatever it is called, and the lock files programs keep beside open ones."""

from __future__ import annotations

import os
import re
import struct
import zipfile
from pathlib import Path
from typing import IO, Literal

from tierbook.errors import DataError

MAX_PARTS = 20_000
_CHUNK = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
What = Literal[
    "workbook",
    "zip",
    "encrypted",
    "legacy",
    "compound",
    "parquet",
    "web_page",
    "text",
    "binary",
    "empty",
    "cut",
]


def is_lock_file(path: str | Path) -> bool:
    """Whether that is the lock file Excel or LibreOffice keeps beside an open workbook."""
    name = Path(path).name
    return name.startswith("~$") or (name.startswith(".~lock.") and name.endswith("#"))


def is_open_elsewhere(path: str | Path) -> bool:
    """Whether a spreadsheet program keeps its lock file beside that file."""
    path = Path(path)
    # os.path.exists, because a long name with these around it may be longer than a name can be.
    return any(os.path.exists(path.parent / lock) for lock in (f"~${path.name}", f".~lock.{path.name}#"))


def what_is(path: str | Path) -> What:
    """What a file is by its bytes, whatever it is called.

    `cut` is a zip without its end, `compound` an OLE container that is no workbook, `legacy` an `.xls`.
    """
    path = Path(path)
    with opened(path) as file:
        head = file.read(4096)
        if not head:
            return "empty"
        if head.startswith(_OLE):
            return _inside_compound(file)
        if head.startswith(b"PAR1"):
            return "parquet"
        if head.startswith((b"PK\3\4", b"PK\5\6")):
            if not zipfile.is_zipfile(file):
                return "cut"
            with archive_in(file) as archive:
                names = {name.replace("\\", "/").lower() for name in archive.namelist()}
            return (
                "workbook" if any(re.fullmatch(r"xl/workbook\.(xml|bin)", name) for name in names) else "zip"
            )
    if re.match(rb"\s*<(!doctype html|html|table)", head.removeprefix(b"\xef\xbb\xbf"), re.I):
        return "web_page"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    return "binary" if b"\0" in head else "text"


def check_kind(path: Path) -> None:
    """Refuses what is not a zip container, in words that name what it is."""
    if is_lock_file(path):
        raise DataError(
            "This is the lock file a spreadsheet program keeps while a workbook is open, not a workbook.",
            fix="Name the workbook itself.",
        )
    kind = what_is(path)
    suffix = path.suffix.lower()
    if kind in ("workbook", "zip") and suffix in (".csv", ".tsv", ".txt"):
        if kind == "workbook":
            raise DataError(
                "This is an Excel workbook with the name of a text file ({suffix}).",
                fix="Rename it to end in .xlsx.",
                suffix=suffix,
            )
        raise DataError("This is a zip archive with the name of a text file ({suffix}).", suffix=suffix)
    if kind not in ("workbook", "zip"):
        message, fix = _NOT_A_WORKBOOK[kind]
        raise DataError(message, fix=fix, suffix=suffix or path.name)


_NOT_A_WORKBOOK: dict[str, tuple[str, str]] = {
    "empty": ("The file is empty (0 bytes).", "Ask for a fresh copy."),
    "cut": ("The file is not a complete Excel workbook: its end is missing.", "Copy or download it again."),
    "encrypted": (
        "The workbook is password-protected, so its data cannot be read.",
        "Open it in Excel, remove the password under File > Info > Protect Workbook, and save.",
    ),
    "legacy": (
        "This is a workbook in the old .xls format.",
        "Open it in Excel or LibreOffice and save it as .xlsx.",
    ),
    "compound": ("This is an Office document, but not a workbook.", "Name an .xlsx file."),
    "parquet": ("This is a Parquet file with the name of a workbook.", "Rename it to end in .parquet."),
    "web_page": (
        "This is a web page with the name of a workbook.",
        "Open it in Excel and save it as .xlsx.",
    ),
    "text": ("This is a text file with the name of a workbook ({suffix}).", "Rename it to end in .csv."),
    "binary": ("The file is not an Excel workbook.", "Name an .xlsx file."),
}


def opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise DataError("There is no such file.", fix="Check the name and the folder.") from error
    except IsADirectoryError as error:
        raise DataError("This is a folder, not a workbook.") from error
    except PermissionError as error:
        raise DataError(
            "The file may not be read.", fix="Close it in other programs, or ask for permission to read it."
        ) from error


def _inside_compound(file: IO[bytes]) -> What:
    """OLE containers name their streams in UTF-16: an encrypted package, or an old workbook."""
    file.seek(0)
    tail, found = b"", set()
    wanted = {name: name.encode("utf-16-le") for name in ("EncryptedPackage", "Workbook", "Book")}
    while piece := file.read(_CHUNK):
        window = tail + piece
        found |= {name for name, code in wanted.items() if code in window}
        if "EncryptedPackage" in found:
            return "encrypted"
        tail = window[-64:]
    return "legacy" if found else "compound"


def archive_in(file: IO[bytes]) -> zipfile.ZipFile:
    """The zip directory, refused before it is loaded when it lists too much."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - 65_557))
    end = file.read()
    at = end.rfind(b"PK\5\6")
    if at >= 0 and len(end) >= at + 22:
        directory = struct.unpack_from("<I", end, at + 12)[0]
        large = end.rfind(b"PK\6\6", 0, at)
        if directory == 0xFFFFFFFF and large >= 0 and at >= large + 48:
            directory = struct.unpack_from("<Q", end, large + 40)[0]
        if directory > MAX_PARTS * 512:
            raise _too_many_parts()
    try:
        archive = zipfile.ZipFile(file)
    except (
        zipfile.BadZipFile,
        struct.error,
        NotImplementedError,
        OSError,
        ValueError,
        UnicodeDecodeError,
    ) as error:
        raise DataError(
            "The file is not a complete Excel workbook.", fix="Copy or download it again."
        ) from error
    if len(archive.filelist) > MAX_PARTS:
        raise _too_many_parts()
    return archive


def _too_many_parts() -> DataError:
    return DataError("The file holds more than {count} parts; no workbook does.", count=MAX_PARTS)
