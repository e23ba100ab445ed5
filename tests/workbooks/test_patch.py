"""Result sheets arrive in a workbook; everything that was there stays byte for byte, or the reason is said."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl
import pytest

from tests.workbooks.result_books import (
    DAY,
    HOSTILE,
    LISTS,
    changed_parts,
    edited,
    raw_parts,
    result,
    rich_book,
)
from tierbook.errors import DataError
from workbooks import patch
from workbooks.files import undo
from workbooks.gate.gate import gate
from workbooks.parts import XmlPart
from workbooks.patch import add_sheets, write_book

NASTY = Path(__file__).parents[1] / "nasty"


def test_every_part_but_the_lists_stays_byte_for_byte(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    before = raw_parts(book)
    done = add_sheets(book, book, [result(), result("Second", "tierbook_second")])
    assert done.path == book
    assert done.sheets == {"Customer tiers": "Customer tiers", "Second": "Second"}
    assert changed_parts(before, book) == LISTS | {"xl/styles.xml"}
    assert len(raw_parts(book)) == len(before) + 6
    again = raw_parts(book)
    done = add_sheets(book, book, [result()])
    assert done.replaced == ("Customer tiers",)
    assert changed_parts(again, book) <= {"xl/worksheets/tierbook1.xml", "xl/tables/tierbook1.xml"}


def test_insertions_keep_every_byte_of_the_lists(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    with zipfile.ZipFile(book) as archive:
        before = {name: archive.read(name) for name in LISTS}
    add_sheets(book, book, [result()])
    with zipfile.ZipFile(book) as archive:
        for name, data in before.items():
            after = archive.read(name)
            kept = next(at for at in range(len(data)) if data[: at + 1] != after[: at + 1])
            assert after.endswith(data[kept:]), name


def test_results_read_back_the_same_by_openpyxl_and_fastexcel(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    loaded = openpyxl.load_workbook(book)
    assert loaded.sheetnames == ["sales", "notes", "Customer tiers"]
    rows = [tuple(row) for row in loaded["Customer tiers"].iter_rows(values_only=True)]
    assert rows == [
        ("customer_id", "last purchase", "value", "orders"),
        ("007", dt.datetime(2024, 2, 29), 1.5, 3),
        ("=1+1", None, -2.25, None),
        (None, dt.datetime(2020, 1, 1), None, 1),
    ]
    assert loaded["Customer tiers"]["A3"].data_type == "s"
    assert loaded["Customer tiers"]["C2"].number_format == "#,##0.00"
    table = loaded["Customer tiers"].tables["tierbook_customers"]
    assert (table.ref, len({table.id, *(t.id for t in loaded["sales"].tables.values())})) == ("A1:D4", 2)
    read = fastexcel.read_excel(str(book)).load_table("tierbook_customers").to_arrow().to_pylist()
    assert [row["customer_id"] for row in read] == ["007", "=1+1", None]
    assert read[0]["last purchase"] == dt.datetime(2024, 2, 29)


@pytest.mark.host("libreoffice")
def test_libreoffice_opens_the_result_and_sees_text_where_text_was_written(tmp_path, office):
    book = rich_book(tmp_path / "book.xlsx")
    columns = {"text": [*HOSTILE, "y" * 40_000]}
    add_sheets(book, book, [result("R", columns=columns, formats=["text"])])
    saved = openpyxl.load_workbook(office.convert(book, "xlsx"))
    cells = [row[0] for row in saved["R"].iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s"] * len(cells)
    for cell, text in zip(cells, HOSTILE, strict=False):
        if not re.search("[\x00-\x1f\ufffe\uffff]|_x", text):
            assert cell.value == text
    assert saved["sales"]["D1"].value == "=SUM(B2:B6)"


@pytest.mark.host("libreoffice")
def test_a_sheet_that_libreoffice_saved_is_found_again_and_stays_where_it_is(tmp_path, office):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    saved = office.convert(book, "xlsx")
    done = add_sheets(
        saved,
        saved,
        [
            result(
                columns={"customer_id": ["9"], "value": [1.0], "last purchase": [DAY], "orders": [1]},
                formats=["text", "amount", "date", "integer"],
            )
        ],
    )
    assert done.replaced == ("Customer tiers",)
    assert fastexcel.read_excel(str(saved)).load_table("tierbook_customers").to_arrow().num_rows == 1
    office.convert(saved, "pdf")


def test_names_that_are_taken_or_not_allowed_are_changed(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    loaded = openpyxl.load_workbook(book)
    loaded.defined_names["tierbook_a"] = openpyxl.workbook.defined_name.DefinedName(
        "tierbook_a", attr_text="1"
    )
    loaded.save(book)
    names = ["SALES", "sales", "a/b:c", "History", "'", "客" * 40]
    for _ in range(2):
        done = add_sheets(
            book, book, [result(name, f"tierbook_{'abcdef'[at]}") for at, name in enumerate(names)]
        )
        assert done.sheets["a/b:c"] == "a b c"
        assert done.sheets["SALES"] == "SALES (2)"
        assert done.sheets["sales"] == "sales (3)"
        assert done.sheets["History"] == "History 1"
        assert done.sheets["客" * 40] == "客" * 31
        tables = [table.name for table in gate(book).tables]
        assert "tierbook_a_2" in tables
        assert "tierbook_a" not in tables
    assert len(set(tables)) == len(tables) == 7


def test_undo_restores_the_workbook_byte_for_byte(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    before = book.read_bytes()
    add_sheets(book, book, [result()])
    undo(book)
    assert book.read_bytes() == before


def test_a_separate_result_leaves_the_book_alone(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    before = book.read_bytes()
    assert add_sheets(book, tmp_path / "scored.xlsx", [result()]).path == tmp_path / "scored.xlsx"
    assert book.read_bytes() == before
    with pytest.raises(DataError, match=r"must end in \.xlsx"):
        add_sheets(book, tmp_path / "scored.xlsm", [result()])


@pytest.mark.parametrize("settings", [b"", b'<calcPr calcId="1" calcMode="manual"/>'])
def test_formulas_elsewhere_are_calculated_when_the_book_is_opened(tmp_path, settings):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    book = edited(tmp_path, book, {"xl/workbook.xml": lambda data: re.sub(rb"<calcPr[^>]*>", settings, data)})
    add_sheets(book, book, [result()])
    with zipfile.ZipFile(book) as archive:
        assert len(re.findall(rb'<calcPr[^>]*fullCalcOnLoad="1"', archive.read("xl/workbook.xml"))) == 1


def protected(data: bytes) -> bytes:
    return data.replace(b"<bookViews>", b'<workbookProtection lockStructure="1"/><bookViews>')


@pytest.mark.parametrize(
    "edits, words",
    [
        ({"_xmlsignatures/sig1.xml": b"<Signature/>"}, "digitally signed"),
        ({"xl/revisions/revisionHeaders.xml": b"<headers/>"}, "tracked changes"),
        ({"xl/workbook.xml": protected}, "structure of the workbook is protected"),
        ({"xl/worksheets/sheet2.xml": lambda data: data[:-20]}, "XML is damaged"),
        ({"xl/styles.xml": lambda data: data[:-20]}, "XML is damaged"),
        ({"xl/workbook.xml": lambda data: data.replace(b"?>", b"?><!DOCTYPE a>", 1)}, "DTD"),
    ],
)
def test_workbooks_that_must_not_be_changed_are_refused_in_words(tmp_path, edits, words):
    book = edited(tmp_path, rich_book(tmp_path / "book.xlsx"), dict(edits))
    before = book.read_bytes()
    with pytest.raises(DataError, match=words) as refusal:
        add_sheets(book, book, [result()])
    assert refusal.value.place.startswith("edited.xlsx")
    assert refusal.value.text("zh") != refusal.value.text()
    assert book.read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".tierbook")]


def test_a_protected_structure_still_lets_our_own_sheet_be_replaced(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    book = edited(tmp_path, book, {"xl/workbook.xml": protected})
    assert add_sheets(book, book, [result()]).replaced


def test_prefixed_and_single_quoted_parts_take_insertions(tmp_path):
    def prefix(data: bytes) -> bytes:
        text = re.sub(rb"<(/?)([A-Za-z])", rb"<\1x:\2", data.replace(b"xmlns=", b"xmlns:x="))
        return text.replace(b'"', b"'")

    names = ["xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"]
    book = edited(tmp_path, rich_book(tmp_path / "book.xlsx"), dict.fromkeys(names, prefix))
    add_sheets(book, book, [result()])
    for name in ("xl/worksheets/tierbook1.xml", "xl/tables/tierbook1.xml"):
        book = edited(tmp_path, book, {name: prefix}, name=f"{len(name)}.xlsx")
    assert add_sheets(book, book, [result()]).replaced
    assert fastexcel.read_excel(str(book)).load_sheet("Customer tiers").to_arrow().num_rows == 3
    assert openpyxl.load_workbook(book)["Customer tiers"]["A2"].value == "007"


def test_a_strict_workbook_gets_strict_sheets(tmp_path):
    def strict(data: bytes) -> bytes:
        for old, new in (
            (
                b"schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"purl.oclc.org/ooxml/spreadsheetml/main",
            ),
            (
                b"schemas.openxmlformats.org/officeDocument/2006/relationships",
                b"purl.oclc.org/ooxml/officeDocument/relationships",
            ),
        ):
            data = data.replace(old, new)
        return data

    book = rich_book(tmp_path / "book.xlsx")
    with zipfile.ZipFile(book) as archive:
        edits = dict.fromkeys(archive.namelist(), strict)
    book = edited(tmp_path, book, edits)
    for _ in range(2):
        add_sheets(book, book, [result()])
        with zipfile.ZipFile(book) as archive:
            assert not [
                name
                for name in archive.namelist()
                if "tierbook" in name and strict(archive.read(name)) != archive.read(name)
            ]
        assert fastexcel.read_excel(str(book)).load_sheet("Customer tiers").to_arrow().num_rows == 3


def test_a_book_without_styles_gets_dates_as_text_and_no_new_meaning_for_old_cells(tmp_path):
    book = tmp_path / "book.xlsx"
    book.write_bytes((NASTY / "pkg_no_styles.xlsx").read_bytes())
    before = raw_parts(book)
    add_sheets(book, book, [result()])
    assert changed_parts(before, book) == LISTS
    read = fastexcel.read_excel(str(book)).load_sheet("Customer tiers").to_arrow()
    assert read.column("last purchase").to_pylist() == ["2024-02-29", None, "2020-01-01"]


def test_cells_of_a_replaced_sheet_leave_the_calculation_chain(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    chain = f'<calcChain xmlns="{main}"><c r="A1" i="1"/><c r="A2" i="3"/><c r="A3"/><c r="D1" i="1"/><c r="D2"/><c r="B9" i="3"/></calcChain>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = edited(
        tmp_path,
        book,
        {
            "xl/calcChain.xml": chain.encode(),
            "xl/_rels/workbook.xml.rels": lambda data: data.replace(
                b"</Relationships>",
                f'<Relationship Id="cc" Type="{space}/calcChain" Target="calcChain.xml"/></Relationships>'.encode(),
            ),
            "[Content_Types].xml": lambda data: data.replace(
                b"</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{kind}"/></Types>'.encode()
            ),
        },
    )
    add_sheets(book, book, [result()])
    with zipfile.ZipFile(book) as archive:
        text = archive.read("xl/calcChain.xml").decode()
    assert re.findall(r'<c r="(\w+)"(?: i="(\d)")?', text) == [("A1", "1"), ("D1", "1"), ("D2", "")]


def test_formats_the_workbook_has_are_used_and_only_missing_ones_appended(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    with zipfile.ZipFile(book) as archive:
        once = archive.read("xl/styles.xml")
    add_sheets(book, book, [result("Other", "tierbook_other")])
    with zipfile.ZipFile(book) as archive:
        assert archive.read("xl/styles.xml") == once
    formats = XmlPart("s", once).first("cellXfs")
    assert formats is not None
    assert int(formats.attributes["count"]) == len(XmlPart("s", once).all("xf", "cellXfs"))


def test_a_long_result_is_compared_by_its_bytes_and_its_table_is_still_looked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(patch, "_LOOKED_AT", 100)
    looked = []

    def look(path: Path, **options: Any) -> Any:
        looked.append(options["cells_of"])
        return gate(path, **options)

    monkeypatch.setattr(patch, "gate", look)
    write_book(tmp_path / "book.xlsx", [result()])
    assert looked == [[]]
    assert not gate(tmp_path / "book.xlsx").odd_cells("Customer tiers")


def test_an_open_workbook_gets_its_results_in_a_sibling(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    (tmp_path / "~$book.xlsx").touch()
    done = add_sheets(book, book, [result()])
    assert done.path.name == "book (2).xlsx"
    assert "book (2).xlsx" in done.problems[0].text()


def test_macros_stay_in_a_macro_workbook(tmp_path):
    book = edited(
        tmp_path, rich_book(tmp_path / "b.xlsx"), {"xl/vbaProject.bin": bytes(range(256)) * 9}, "book.xlsm"
    )
    before = raw_parts(book)
    add_sheets(book, book, [result()])
    assert "xl/vbaProject.bin" not in changed_parts(before, book)


@pytest.mark.parametrize("path", sorted(NASTY.glob("*.xlsx")), ids=lambda path: path.stem)
def test_nasty_workbooks_are_patched_without_harm_or_refused(tmp_path, path):
    book = tmp_path / path.name
    book.write_bytes(path.read_bytes())
    try:
        add_sheets(book, book, [result()])
    except DataError:
        assert book.read_bytes() == path.read_bytes()
        return
    assert changed_parts(raw_parts(path), book) <= LISTS | {"xl/styles.xml"}
    package = gate(book)
    assert package.sheets[-1].name == "Customer tiers"
    assert not package.odd_cells("Customer tiers")
