"""The text of a file as UTF-8, whatever it was written in; a guess is said, a doubt is refused.

UTF-8 with and without BOM, UTF-16 with BOM or told by its NUL bytes, and GB18030. Single-byte encodings such as
cp1252 take any byte for a letter, so they are read only when the project declares them.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from tierbook.errors import DataError
from tierbook.quality import Level, Problem

_UTF8_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


class Text(NamedTuple):
    """The bytes as UTF-8 without BOM, and what there is to say about them."""

    data: bytes
    problems: list[Problem]


def decoded(path: Path, declared: str | None) -> Text:
    """The text of a file.

    Parameters
    ----------
    declared : str or None
        Encoding the project declares; None finds it out.

    Raises
    ------
    DataError
        An empty file, a file of another kind, NUL bytes, two encodings in one file, or none that fits.
    """
    data = path.read_bytes()
    if not data.strip():
        raise DataError(
            "The file is empty ({size} bytes).", fix="Ask for a fresh copy.", place=path.name, size=len(data)
        )
    if data.startswith(b"PK\3\4"):
        raise DataError(
            "This is an Excel workbook or zip archive with the name of a text file ({suffix}).",
            fix="Rename it to end in .xlsx.",
            place=path.name,
            suffix=path.suffix,
        )
    if data.startswith(b"PAR1"):
        raise DataError(
            "This is a Parquet file with the name of a text file ({suffix}).",
            fix="Rename it to end in .parquet.",
            place=path.name,
            suffix=path.suffix,
        )
    text = _as_utf8(data, declared, path.name)
    at = text.data.find(b"\0")
    if at >= 0:
        raise DataError(
            "The text holds a NUL byte.",
            fix="Export the file again as CSV UTF-8.",
            place=f"{path.name}:{_line(text.data, at)}",
        )
    return text


def _as_utf8(data: bytes, declared: str | None, file: str) -> Text:
    if declared:
        return Text(_declared(data, declared, file), [])
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            if name == "utf-8":
                data = data[len(mark) :]
                break
            return Text(
                _strict(data, name, file), [_said("The file is written in {encoding}.", "UTF-16", "note")]
            )
    if guess := _utf16_without_mark(data):
        said = _said("The file seems to be written in {encoding}.", "UTF-16", "warning")
        return Text(_strict(data, guess, file), [said])
    wrong = _first_wrong_byte(data)
    if wrong is None:
        return Text(data, [])
    if _is_gb18030(data):
        said = _said("The file seems to be written in {encoding} and is read so.", "GB18030", "warning")
        return Text(data.decode("gb18030").encode(), [said])
    line = _line(data, wrong)
    byte = f"0x{data[wrong]:02X}"
    if _UTF8_PAIR.search(data[:wrong]) or _UTF8_PAIR.search(data[wrong + 1 :]):
        raise DataError(
            "The file mixes encodings: it is UTF-8 up to byte {offset}, where {byte} is none.",
            fix="Export the file again as CSV UTF-8.",
            place=f"{file}:{line}",
            offset=wrong,
            byte=byte,
        )
    raise DataError(
        "The file is not UTF-8: byte {byte} at offset {offset}. It may be cp1252 (Western European Windows).",
        fix="Save it as CSV UTF-8, or write reading: {{encoding: cp1252}} into config.yaml.",
        place=f"{file}:{line}",
        offset=wrong,
        byte=byte,
    )


def _declared(data: bytes, encoding: str, file: str) -> bytes:
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise DataError(
            "There is no encoding called {encoding}.", fix="Try utf-8, gb18030 or cp1252.", encoding=encoding
        ) from error
    data = data.removeprefix(codecs.BOM_UTF8) if name in ("utf-8", "utf-8-sig") else data
    return _strict(data, name, file).removeprefix(codecs.BOM_UTF8)


def _strict(data: bytes, encoding: str, file: str) -> bytes:
    try:
        return data.decode(encoding).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise DataError(
            "The file is not written in {encoding}: byte {offset} does not fit.",
            fix="Write its encoding into config.yaml, such as reading: {{encoding: cp1252}}, or save it as CSV UTF-8.",
            place=f"{file}:{_line(data, error.start)}",
            encoding=encoding,
            offset=error.start,
        ) from error


def _first_wrong_byte(data: bytes) -> int | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 has a NUL in every other byte of its delimiters and line ends, and nowhere else."""
    sample = data[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd and not even and b"\n\0" in sample:
        return "utf-16-le"
    return "utf-16-be" if even and not odd and b"\0\n" in sample else None


def _is_gb18030(data: bytes) -> bool:
    """Whether the bytes are GB18030 as Chinese programs write it: mostly pairs of two high bytes.

    cp1252 text may decode by accident (`ö` followed by a letter is a pair), but then the second byte is ASCII.
    """
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", data)
    common = sum(pair[0] >= 0xA1 and pair[1] >= 0xA1 for pair in pairs)
    return bool(pairs) and common >= 0.6 * len(pairs) and not _valid_utf8_lines(data)


def _valid_utf8_lines(data: bytes) -> bool:
    """Whether some line beyond ASCII is UTF-8: then the file mixes encodings."""
    for line in data.split(b"\n")[:10_000]:
        if not line.isascii() and _first_wrong_byte(line) is None and len(_UTF8_PAIR.findall(line)) > 1:
            return True
    return False


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _said(message: str, encoding: str, level: Level) -> Problem:
    return Problem(
        level,
        message,
        "Save it as CSV UTF-8 to be sure." if level == "warning" else "",
        {"encoding": encoding},
    )
