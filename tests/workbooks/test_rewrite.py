"""A workbook is put in place only as it was meant: nothing changed meanwhile, every byte read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workbooks.result_books import raw_parts, result, rich_book
from tierbook.errors import HostError
from workbooks import rewrite
from workbooks.parts import PackageWriter, Written
from workbooks.patch import add_sheets
from workbooks.rewrite import check_written


def test_a_book_changed_while_results_were_written_is_not_overwritten(tmp_path, monkeypatch):
    book = rich_book(tmp_path / "book.xlsx")
    write = rewrite.copy_parts

    def meddle(*arguments: Any) -> None:
        write(*arguments)
        book.write_bytes(book.read_bytes() + b" ")

    monkeypatch.setattr(rewrite, "copy_parts", meddle)
    with pytest.raises(HostError, match="changed by another program"):
        add_sheets(book, book, [result()])


@pytest.mark.parametrize(
    "name", ["xl/worksheets/sheet1.xml", "xl/worksheets/tierbook1.xml", "xl/workbook.xml"]
)
def test_a_file_that_does_not_hold_the_bytes_that_were_written_is_never_put_in_place(
    tmp_path, monkeypatch, name
):
    book = rich_book(tmp_path / "book.xlsx")
    before, replace = book.read_bytes(), rewrite.replace_file

    def meddle(out: Path, write: Callable[[Path], object], **options: Any) -> Path:
        def written(temporary: Path) -> None:
            write(temporary)
            packed = raw_parts(temporary)[name]
            whole = temporary.read_bytes()
            at = whole.index(packed) + len(packed) // 2
            temporary.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])

        return replace(out, written, **options)

    monkeypatch.setattr(rewrite, "replace_file", meddle)
    with pytest.raises(HostError, match="could not be read back"):
        add_sheets(book, book, [result()])
    assert book.read_bytes() == before


def test_what_was_written_is_told_from_other_sound_content(tmp_path):
    path = tmp_path / "a.zip"
    made: dict[str, dict[str, Written]] = {}
    for content in ("one", "two"):
        with path.open("wb") as file, PackageWriter(file) as writer:
            writer.add("a.xml", [content.encode()])
        made[content] = writer.written
    check_written(path, made["two"])
    for other in (made["one"], {}, made["two"] | {"b.xml": made["two"]["a.xml"]}):
        with pytest.raises(HostError, match="could not be read back"):
            check_written(path, other)
