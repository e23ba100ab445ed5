"""Parts and archives keep what is not changed, however they were written."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.workbooks.result_books import LISTS, changed_parts, raw_parts, result, rich_book
from workbooks.parts import XmlPart
from workbooks.patch import add_sheets


def test_a_part_keeps_what_is_not_changed():
    part = XmlPart(
        "p", b"\xef\xbb\xbf<?xml version='1.0'?>\n<a  b='1'><c/><c x = \"2>\"></c><!-- d --></a>\n"
    )
    first, second = part.all("c")
    part.append(first, "<e/>")
    part.append(part.root, "<f/>")
    part.set(second, "x", "3")
    part.set(part.root, "new", "4")
    assert part.edited() == (
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<a  b='1' new=\"4\"><c><e/></c><c x=\"3\"></c><!-- d --><f/></a>\n"
    )


def test_zip_features_other_writers_use_are_copied(tmp_path):
    """Data descriptors, stored entries, extra fields and a comment, as streaming writers leave them."""
    stream = io.BytesIO()

    class OneWay(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return stream.write(data)

    with zipfile.ZipFile(rich_book(tmp_path / "b.xlsx")) as before, zipfile.ZipFile(OneWay(), "w") as after:
        for at, entry in enumerate(before.infolist()):
            copy = zipfile.ZipInfo(entry.filename, (2024, 1, 2, 3, 4, 6))
            copy.compress_type = zipfile.ZIP_STORED if at % 2 else zipfile.ZIP_DEFLATED
            copy.extra = b"\x99\x99\x02\x00ab"
            after.writestr(copy, before.read(entry))
        after.comment = b"made elsewhere"
    book = tmp_path / "book.xlsx"
    book.write_bytes(stream.getvalue())
    before_parts = raw_parts(book)
    add_sheets(book, book, [result()])
    assert changed_parts(before_parts, book) == LISTS | {"xl/styles.xml"}
    with zipfile.ZipFile(book) as archive:
        assert archive.comment == b"made elsewhere"
        assert archive.testzip() is None
        assert archive.getinfo("xl/workbook.xml").date_time == (2024, 1, 2, 3, 4, 6)
