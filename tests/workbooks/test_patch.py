"""Result sheets arrive in a workbook; everything that was there stays byte for byte, or the reason is said."""

from __future__ import annotations

import ast
import datetime as dt
import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError, HostError
from tierbook.language import say
from workbooks import patch, rewrite, sheet_xml
from workbooks.files import undo
from workbooks.gate.gate import gate
from workbooks.own import ADDED
from workbooks.parts import PackageWriter, Written, XmlPart
from workbooks.patch import add_sheets, write_book
from workbooks.rewrite import check_written
from workbooks.sheet_xml import LONGEST_TEXT, ResultSheet, headers, plain_text
from workbooks.source import SEPARATE

ROOT = Path(__file__).parents[2]
NASTY = ROOT / "tests" / "nasty"
DAY = dt.date(2024, 2, 29)

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "{=1+1}",
    "https://example.com",
    "#REF!",
    "'quoted",
    '=HYPERLINK("http://x","y")',
    "a\x00b\x07c\x0b\x1f",
    "_x0041_",
    "]]>",
    "<b>&amp;</b>",
    " two  spaces ",
    "line\nbreak\r\nend",
    "Zoë 李小龍 🚀",
    "\ufffe\uffff",
    "1e5",
    "007",
    "TRUE",
]


def result(
    name: str = "Customer tiers",
    table: str = "tierbook_customers",
    columns: dict[str, Any] | None = None,
    formats: list[Any] | None = None,
) -> ResultSheet:
    columns = columns or {
        "customer_id": ["007", "=1+1", None],
        "last purchase": [DAY, None, dt.date(2020, 1, 1)],
        "value": [1.5, -2.25, None],
        "orders": [3, None, 1],
    }
    return ResultSheet(
        name, table, pa.table(columns), list(columns), formats or ["text", "date", "amount", "integer"]
    )


def rich_book(path: Path, **options: Any) -> Path:
    """A workbook with much that must survive: chart, comment, picture of a table, names, links, formulas, formats."""
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("sales")
        sheet.write_row(0, 0, ["customer_id", "amount"])
        for row in range(1, 6):
            sheet.write_row(row, 0, [f"C{row}", row * 10.5])
        sheet.add_table(
            0, 0, 5, 1, {"name": "transactions", "columns": [{"header": "customer_id"}, {"header": "amount"}]}
        )
        sheet.write_formula("D1", "=SUM(B2:B6)", None, 157.5)
        sheet.write_comment("A2", "a remark")
        sheet.write_url("A10", "https://example.com")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=sales!$B$2:$B$6"})
        sheet.insert_chart("F2", chart)
        sheet.conditional_format("B2:B6", {"type": "data_bar"})
        book.add_worksheet("notes").write(0, 0, "x", book.add_format({"bold": True}))
        book.define_name("total", "=sales!$D$1")
    return path


def raw_parts(path: Path) -> dict[str, bytes]:
    """Compressed bytes of every part."""
    found = {}
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            file.seek(entry.header_offset + 26)
            name, extra = struct.unpack("<HH", file.read(4))
            file.seek(name + extra, 1)
            found[entry.filename] = file.read(entry.compress_size)
    return found


def changed_parts(before: dict[str, bytes], path: Path) -> set[str]:
    after = raw_parts(path)
    assert before.keys() <= after.keys()
    return {name for name in before if before[name] != after[name]}


LISTS = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}


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


def test_texts_are_never_formulas_and_come_back_as_they_were(tmp_path):
    out = tmp_path / "out.xlsx"
    write_book(out, [result(columns={"=evil": HOSTILE}, formats=["text"])])
    with zipfile.ZipFile(out) as archive:
        data = archive.read("xl/worksheets/tierbook1.xml")
    assert b"<f" not in data
    assert data.count(b' t="inlineStr"') == len(HOSTILE) + 1
    sheet = openpyxl.load_workbook(out)["Customer tiers"]
    for (cell,), text in zip(sheet.iter_rows(min_row=2), HOSTILE, strict=True):
        assert cell.data_type == "s"
        value = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell.value)
        assert value == text


@given(st.text(max_size=40))
def test_any_text_comes_back_from_its_xml(text):
    part = XmlPart("t", f"<t>{plain_text(text)}</t>".encode())
    inside = part.data[part.tag_end(0) : part.root.end].decode() if part.root.end else ""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        inside = inside.replace(entity, character)
    back = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), inside)
    assert back == text


def test_a_text_too_long_for_a_cell_is_cut_with_a_mark(tmp_path):
    out = tmp_path / "out.xlsx"
    write_book(
        out,
        [
            result(
                columns={"a": ["x" * LONGEST_TEXT, "x" * (LONGEST_TEXT + 1), "🚀" * 20_000]}, formats=["text"]
            )
        ],
    )
    texts = [row[0] for row in openpyxl.load_workbook(out).active.iter_rows(min_row=2, values_only=True)]
    assert [len(text) for text in texts[:2]] == [LONGEST_TEXT, LONGEST_TEXT]
    assert texts[0].endswith("x")
    assert texts[1].endswith("x…")
    assert texts[2].endswith("🚀…")
    assert len(texts[2].encode("utf-16-le")) // 2 <= LONGEST_TEXT
    assert plain_text("a\ud800b") == "a�b", "half a character is replaced, not fatal"


@pytest.mark.parametrize("date1904", [False, True])
def test_dates_are_right_in_both_date_systems(tmp_path, date1904):
    book = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(book, {"date_1904": date1904}) as made:
        made.add_worksheet("a")
    days = [DAY, dt.date(1904, 1, 1), dt.date(1900, 3, 1), dt.date(1900, 2, 28), dt.date(1850, 1, 1)]
    moments = [dt.datetime(2024, 2, 29, 13, 30), None, None, None, None]
    add_sheets(book, book, [result(columns={"day": days, "moment": moments}, formats=["date", "time"])])
    rows = list(openpyxl.load_workbook(book)["Customer tiers"].iter_rows(min_row=2, values_only=True))
    assert rows[0] == (dt.datetime(2024, 2, 29), dt.datetime(2024, 2, 29, 13, 30))
    assert rows[4][0] == "1850-01-01"
    if date1904:
        assert [row[0] for row in rows[2:4]] == ["1900-03-01", "1900-02-28"]
    else:
        assert rows[2][0] == dt.datetime(1900, 3, 1)
        with zipfile.ZipFile(book) as archive:
            assert b"<v>59</v>" in archive.read("xl/worksheets/tierbook1.xml"), (
                "28 February 1900 is serial 59"
            )
    values = (
        fastexcel.read_excel(str(book)).load_sheet("Customer tiers").to_arrow().column("moment").to_pylist()
    )
    assert values[0] == dt.datetime(2024, 2, 29, 13, 30)


def test_missing_and_unusual_values_are_blank_or_exact(tmp_path):
    import decimal

    out = tmp_path / "out.xlsx"
    columns = {
        "nan": [float("nan"), float("inf"), 0.1 + 0.2],
        "money": [decimal.Decimal("10.10"), None, decimal.Decimal("-0.05")],
        "big": [12_345_678_901_234_567, None, 1],
        "yes": [True, False, None],
        "tier": pa.array(["vip", None, "vip"]).dictionary_encode(),
        "none": pa.nulls(3),
    }
    write_book(
        out, [result(columns=columns, formats=["amount", "amount", "integer", "text", "text", "text"])]
    )
    rows = list(openpyxl.load_workbook(out).active.iter_rows(min_row=2, values_only=True))
    assert rows == [
        (None, 10.1, "12345678901234567", True, "vip", None),
        (None, None, None, False, None, None),
        (0.1 + 0.2, -0.05, "1", None, "vip", None),
    ]


def test_headers_fit_an_excel_table(tmp_path):
    assert headers(["a", "A", "", "b\nc", "d\ud800", "z" * 300]) == [
        "a",
        "A 2",
        "Column 3",
        "b c",
        "d�",
        "z" * 255,
    ]
    out = tmp_path / "out.xlsx"
    odd = ["=1+1", '"<&>"', "客户编号", "_x0041_", "a'b[c]#"]
    columns = {f"c{at}": [at] for at in range(len(odd))}
    sheet = ResultSheet("R", "tierbook_r", pa.table(columns), odd, ["integer"] * len(odd))
    write_book(out, [sheet])
    loaded = openpyxl.load_workbook(out)["R"]
    assert [cell.data_type for cell in loaded[1]] == ["s"] * len(odd)
    assert write_book(out, [sheet]).path == out


def test_an_empty_result_is_an_empty_table(tmp_path):
    out = tmp_path / "out.xlsx"
    write_book(out, [result(columns={"a": pa.array([], pa.string())}, formats=["text"])])
    assert openpyxl.load_workbook(out).active.tables["tierbook_customers"].ref == "A1:A2"


def test_too_many_rows_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(DataError, match="1,048,576 rows and 1 columns"):
        write_book(tmp_path / "a.xlsx", [result(columns={"a": pa.nulls(1_048_576)}, formats=["text"])])
    assert list(tmp_path.iterdir()) == []


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


# A sheet of ours, after somebody else had it.


def saved_by_openpyxl(book: Path, change: Callable[[Any], object]) -> None:
    loaded = openpyxl.load_workbook(book)
    change(loaded)
    loaded.save(book)


def test_a_renamed_and_moved_sheet_is_found_by_its_table(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])

    def rename(loaded: Any) -> None:
        loaded["Customer tiers"].title = "My tiers"
        loaded.move_sheet("My tiers", -2)
        loaded["My tiers"].column_dimensions["A"].width = 33

    saved_by_openpyxl(book, rename)
    done = add_sheets(
        book, book, [result(columns={"customer_id": ["1"], "value": [2.0]}, formats=["text", "amount"])]
    )
    assert done.sheets == {"Customer tiers": "My tiers"}
    loaded = openpyxl.load_workbook(book)
    assert loaded.sheetnames == ["My tiers", "sales", "notes"]
    assert list(loaded["My tiers"].values) == [("customer_id", "value"), ("1", 2.0)]
    assert loaded["My tiers"].column_dimensions["A"].width == 33
    assert loaded["My tiers"].tables["tierbook_customers"].ref == "A1:B2"


def add_chart(sheet: Any) -> None:
    sheet.add_chart(openpyxl.chart.BarChart(), "H2")


def add_rows(sheet: Any) -> None:
    sheet.append(["mine", None, 1.0, 1])
    sheet.tables["tierbook_customers"].ref = "A1:D5"


def add_column(sheet: Any) -> None:
    sheet["E1"], sheet["E2"] = "notes", "call back"
    table = sheet.tables["tierbook_customers"]
    table.ref = table.autoFilter.ref = "A1:E4"
    table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=5, name="notes"))


ADDITIONS: list[tuple[str, Callable[[Any], object]]] = [
    ("chart or picture", add_chart),
    ("omments", lambda sheet: setattr(sheet["A2"], "comment", openpyxl.comments.Comment("x", "y"))),
    ("Formulas", lambda sheet: sheet.__setitem__("F2", "=A2")),
    ("Formulas", lambda sheet: sheet.__setitem__("C2", "=1+1")),
    ("outside the table", lambda sheet: sheet.__setitem__("F2", "mine")),
    ("outside the table", lambda sheet: sheet.__setitem__("A9", 5)),
    ("merged", lambda sheet: sheet.merge_cells("F1:F2")),
    ("Links", lambda sheet: setattr(sheet["A2"], "hyperlink", "https://example.com")),
    ("Columns or rows", add_rows),
    ("Columns or rows", add_column),
]


@pytest.mark.parametrize("words, addition", ADDITIONS)
def test_a_sheet_the_user_added_to_is_never_overwritten(tmp_path, words, addition):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    saved_by_openpyxl(book, lambda loaded: addition(loaded["Customer tiers"]))
    before = book.read_bytes()
    with pytest.raises(DataError, match=words) as refusal:
        add_sheets(book, book, [result()])
    assert refusal.value.place == "book.xlsx Customer tiers"
    assert "tierbook_customers" in refusal.value.text()
    assert book.read_bytes() == before


def test_formatting_alone_does_not_stop_a_replacement(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])

    def decorate(loaded: Any) -> None:
        sheet = loaded["Customer tiers"]
        sheet["H9"].fill = openpyxl.styles.PatternFill("solid", "FF0000")
        sheet.auto_filter.ref = None
        sheet.page_setup.orientation = "landscape"

    saved_by_openpyxl(book, decorate)
    assert add_sheets(book, book, [result()]).replaced == ("Customer tiers",)


def test_a_column_that_formulas_elsewhere_use_does_not_disappear(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    saved_by_openpyxl(
        book, lambda loaded: loaded["notes"].__setitem__("B1", "=SUM(tierbook_customers[value])")
    )
    fewer = result(columns={"customer_id": ["1"]}, formats=["text"])
    with pytest.raises(DataError, match="notes uses columns of table tierbook_customers"):
        add_sheets(book, book, [fewer])
    assert add_sheets(book, book, [result()]).replaced


@pytest.mark.parametrize("settings", [b"", b'<calcPr calcId="1" calcMode="manual"/>'])
def test_formulas_elsewhere_are_calculated_when_the_book_is_opened(tmp_path, settings):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    book = edited(tmp_path, book, {"xl/workbook.xml": lambda data: re.sub(rb"<calcPr[^>]*>", settings, data)})
    add_sheets(book, book, [result()])
    with zipfile.ZipFile(book) as archive:
        assert len(re.findall(rb'<calcPr[^>]*fullCalcOnLoad="1"', archive.read("xl/workbook.xml"))) == 1


# Workbooks of other makes.


def edited(tmp_path: Path, book: Path, edits: dict[str, Any], name: str = "edited.xlsx") -> Path:
    """The workbook with some parts changed by a function or given anew."""
    path = tmp_path / name
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            change = edits.pop(entry.filename, None)
            data = before.read(entry)
            after.writestr(entry.filename, change(data) if callable(change) else change or data)
        for part, data in edits.items():
            after.writestr(part, data)
    return path


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


def test_what_the_reader_knows_already_is_not_looked_at_again(tmp_path, monkeypatch):
    book = rich_book(tmp_path / "book.xlsx")
    package = gate(book)
    looked = []

    def look(path: Path, **options: Any) -> Any:
        looked.append(Path(path).name)
        return gate(path, **options)

    monkeypatch.setattr(rewrite, "gate", look)
    add_sheets(book, book, [result()], package=package)
    assert "book.xlsx" not in looked
    add_sheets(book, book, [result("B", "tierbook_b")], package=package)
    assert "book.xlsx" in looked, "the book has changed since"


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


def test_rows_stand_under_their_own_numbers_wherever_a_long_table_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(sheet_xml, "_CELLS_AT_ONCE", 24)
    columns = {
        "customer_id": [f"C{at}" if at % 5 else None for at in range(1_203)],
        "last purchase": [None] * 1_203,
        "value": [at / 4 for at in range(1_203)],
        "orders": [at if at % 3 else None for at in range(1_203)],
    }
    book = tmp_path / "book.xlsx"
    write_book(book, [result(columns=columns)])
    [sheet] = openpyxl.load_workbook(book).worksheets
    rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert rows == [list(row) for row in zip(*columns.values(), strict=True)]
    facts = gate(book).facts["Customer tiers"]
    assert (facts.last_row, facts.last_column, facts.odd) == (1_204, 4, [])


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


def test_every_sentence_of_the_writers_has_chinese_words():
    for module in ("patch.py", "rewrite.py", "own.py", "lists.py", "source.py", "parts.py", "sheet_xml.py"):
        tree = ast.parse((ROOT / "workbooks" / module).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "DataError",
                "HostError",
                "Problem",
            ):
                fixes = [keyword.value for keyword in node.keywords if keyword.arg == "fix"]
                for argument in [*node.args, *fixes]:
                    if isinstance(argument, ast.Constant):
                        assert say(str(argument.value), "zh") != argument.value, argument.value
    for sentence in [*ADDED.values(), SEPARATE]:
        assert say(sentence, "zh") != sentence
