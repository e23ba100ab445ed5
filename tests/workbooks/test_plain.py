"""Large plain sheets are read while the gate looks at them, and give what fastexcel gives, cell by cell."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import fastexcel
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbooks.gate import sheet_rows
from workbooks.gate.cells import Book, letters
from workbooks.gate.gate import gate
from workbooks.gate.scan import scan
from workbooks.reading.plain import PlainSheet, shared_texts
from workbooks.reading.raw import Reading
from workbooks.reading.xlsx import read_workbook

FORMATS = (
    "General",
    "0.00",
    "yyyy-mm-dd",
    "dd/mm/yyyy hh:mm",
    "[h]:mm",
    "0.0%",
    "m/d/yyyy",
    "mmm yy",
    '"d" 0',
    "[Red]0",
)
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


def book_of(
    rows: str,
    headers: Sequence[str] = ("first",),
    shared: Sequence[str] = ("VIP", "Rooms & Suites", "", "中"),
    tail: str = "",
) -> bytes:
    """A workbook whose only sheet holds these rows under a row of headers, beside these shared texts."""
    from xlsxwriter import Workbook

    rows = HEAD + rows_of([[text(name) for name in headers]], [1]) + rows + TAIL.replace("><", f">{tail}<", 1)
    written, changed = io.BytesIO(), io.BytesIO()
    with Workbook(written) as book:
        sheet, others = book.add_worksheet("transactions"), book.add_worksheet("others")
        for at, word in enumerate(shared):
            others.write_string(at, 0, word)
        for at, code in enumerate(FORMATS):
            sheet.write_blank(at, 0, None, book.add_format({"num_format": code}))
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            sheet_part = name == "xl/worksheets/sheet1.xml"
            after.writestr(name, rows if sheet_part else before.read(name))
    return changed.getvalue()


def plain(data: bytes, path: Path) -> list[pa.Array] | None:
    """The columns below row 1 as the gate's pass gives them."""
    path.write_bytes(data)
    formats = gate(path).number_formats
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
        strings = archive.read("xl/sharedStrings.xml")
    sheet, count = PlainSheet(), strings.count(b"<si>")
    pieces = partial(iter, [xml[at : at + 700] for at in range(0, len(xml), 700)])
    scan(pieces, Book(count, len(formats)), size=len(xml), exact_below=0, keeper=sheet)
    found = sheet.columns(1, formats, date1904=False, shared=lambda: shared_texts(strings, count))
    return found[0] if found else None


def bulk(data: bytes) -> list[pa.Array]:
    batch = fastexcel.read_excel(data).load_sheet_eager(0, header_row=0, schema_sample_rows=None)
    return list(batch.columns)


def rows_of(cells: Sequence[Sequence[str | None]], numbers: Sequence[int] | None = None) -> str:
    """Rows from row 2 on, of cells whose place is left open."""
    numbers = numbers or range(2, len(cells) + 2)
    return "".join(
        f'<row r="{number}">'
        + "".join(cell.replace("@", f"{letters(at)}{number}") for at, cell in enumerate(row, 1) if cell)
        + "</row>"
        for number, row in zip(numbers, cells, strict=True)
    )


def number(value: object, style: int | None = None) -> str:
    return f'<c r="@"{"" if style is None else f" s={chr(34)}{style}{chr(34)}"}><v>{value}</v></c>'


def text(value: str) -> str:
    return f'<c r="@" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def shared_text(number: int) -> str:
    return f'<c r="@" t="s"><v>{number}</v></c>'


def truth(value: bool) -> str:
    return f'<c r="@" t="b"><v>{int(value)}</v></c>'


WORDS = st.text(st.sampled_from("abZ0.-é中 \u3000&<>\"'_x000D\n\t\r;"), max_size=8)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**18), 10**18),
    st.decimals(-9999, 9999, places=2),
    st.sampled_from(
        ["1E-3", "1e22", "-0", "5e-324", "1.7976931348623157E+308", "0.1", "+5", ".5", "007", "1e999", "0x1"]
    ),
)
SERIALS = st.one_of(
    st.integers(1, 2_958_465), st.floats(1, 2_958_466, exclude_max=True, allow_subnormal=False)
)
COLUMN = st.one_of(
    st.just(WORDS.map(text)),
    st.just(st.sampled_from(["VIP", "Rooms & Suites", "a"]).map(text)),
    st.just(st.integers(0, 3).map(shared_text)),
    st.just(st.one_of(st.integers(0, 3).map(shared_text), WORDS.map(text))),
    st.just(st.booleans().map(truth)),
    st.sampled_from([None, *range(len(FORMATS) + 1)]).map(
        lambda style: NUMBERS.map(lambda value: number(value, style))
    ),
    st.sampled_from([3, 4, 7, 8]).map(lambda style: SERIALS.map(lambda value: number(value, style))),
    st.just(st.one_of(NUMBERS.map(number), WORDS.map(text), st.booleans().map(truth))),
)


@st.composite
def sheets(draw) -> str:
    columns = draw(st.lists(COLUMN, min_size=1, max_size=4))
    blank = st.sampled_from([None, '<c r="@" s="1"/>'])
    with_blanks = draw(st.booleans())
    cells = draw(
        st.lists(
            st.tuples(*(st.one_of(column, blank) if with_blanks else column for column in columns)),
            min_size=1, max_size=30,
        )
    )  # fmt: skip
    gaps = draw(
        st.lists(st.integers(1, 9), min_size=len(cells), max_size=len(cells)) if with_blanks else st.none()
    )
    numbers = None if gaps is None else [1 + sum(gaps[: at + 1]) for at in range(len(gaps))]
    return rows_of(cells, numbers)


@given(sheets())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_what_is_read_in_passing_is_what_fastexcel_reads(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(sheet_rows, "_CHUNK", 2_000)
    monkeypatch.setattr(sheet_rows, "_AFTER", 500)
    data = book_of(rows)
    found = plain(data, tmp_path / "book.xlsx")
    if found is not None:
        assert_same(found, bulk(data))


def assert_same(found: Sequence[pa.Array], expected: Sequence[pa.Array]) -> None:
    assert [column.type for column in found] == [column.type for column in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.to_pylist() == theirs.to_pylist()


@pytest.mark.parametrize(
    "cells, why",
    [
        ([[text("C1"), number(45_000, 3), number("12.5", 2), text("a & b"), truth(True)]] * 50, "one shape"),
        ([[text("C1"), number(7)], [text("C2"), None], [None, number(8)]] * 20, "blank cells make other shapes"),
        ([[text("C1"), number(7)], [text("C2"), '<c r="@" s="1"/>']] * 20, "so do cells with a format and no value"),
        ([[text("C1"), None, number("45000.75", 4)]] * 9, "an empty column between is empty text"),
        ([[number("1628906.5224775753", 3)]] * 9, "half a millisecond"),
        ([[text("C1")]] * 9 + [['<c r="@" s="1"/>']] * 3, "rows without a value at the end are not there"),
        ([[text("C1"), number(7, 0)], [text("C2"), number(7.5, 2)]] * 9, "formats that both show numbers"),
        ([[text("")], [text("x")]] * 9, "an empty text is one"),
        ([[text(""), text("")]] * 3_000, "tags around nothing stand closer together than others"),
        ([[text("é中" * (at % 9)), number(at)] for at in range(9_000)], "characters of several bytes"),
        ([[text("C1")] * 9] * 9 + [[text("C1")] * 4, [text("C1")] * 4] * 5, "two short rows with as many tags as a long one"),
        ([[shared_text(0), shared_text(1)], [shared_text(3), text("here")]] * 9, "shared texts"),
    ],
)  # fmt: skip
def test_plain_sheets_are_read_in_passing(cells, why, tmp_path):
    data = book_of(rows_of(cells))
    found = plain(data, tmp_path / "book.xlsx")
    assert found is not None, why
    assert_same(found, bulk(data))


@pytest.mark.parametrize(
    "cells, why",
    [
        ([[number(1)], [text("x")]], "numbers and texts in one column"),
        ([[number(45_000, 3)], [number(45_000)]], "dates and numbers in one column"),
        ([[number("1.5", 5)]], "durations"),
        ([[text(" x")]], "spaces that the bulk reader drops"),
        ([[text("_x000D_")]], "escapes"),
        ([[number(60, 3)]], "days before March 1900"),
        ([[number("2958465.999999999", 3)]], "moments that round to the year 10000"),
        ([['<c r="@"><f>1+1</f><v>2</v></c>']], "formulas"),
        ([['<c r="@" t="e"><v>#N/A</v></c>']], "error cells"),
        ([[number("1e999")]], "numbers too large for a double"),
    ],
)
def test_what_is_not_plain_is_left_to_fastexcel(cells, why, tmp_path):
    assert plain(book_of(rows_of(cells * 3)), tmp_path / "book.xlsx") is None, why


@pytest.mark.parametrize("word", [" x", "x\n", "_x000D_", "a\rb"])
def test_shared_texts_that_are_not_plain_are_left_to_fastexcel(word, tmp_path):
    data = book_of(rows_of([[shared_text(0)]] * 3), shared=[word])
    assert plain(data, tmp_path / "book.xlsx") is None


def test_a_large_workbook_is_read_without_fastexcel(tmp_path, monkeypatch):
    cells = [[text(f"C{at}"), number(45_000 + at % 900, 3), number(at / 4)] for at in range(9_000)]
    path = tmp_path / "book.xlsx"
    path.write_bytes(book_of(rows_of(cells), ["customer_id", "date", "amount"]))
    expected, said = bulk(path.read_bytes()), []
    monkeypatch.setattr("fastexcel.read_excel", lambda *_: said.append("opened"))
    [raw], problems = read_workbook(path, Reading())
    assert not problems
    assert not said
    assert raw.headers == ["customer_id", "date", "amount"]
    assert_same(raw.columns, expected)


def test_what_stands_behind_the_rows_does_not_keep_a_large_sheet_from_being_read_in_passing(tmp_path):
    rows = rows_of([[text(f"C{at}"), number(at / 4)] for at in range(20_000)])
    breaks = "".join(f'<brk id="{at}" max="16383" man="1"/>' for at in range(1, 40_000))
    data = book_of(rows, ["customer_id", "amount"], tail=f'<rowBreaks count="40000">{breaks}</rowBreaks>')
    found = plain(data, tmp_path / "book.xlsx")
    assert found is not None
    assert [len(column) for column in found] == [20_000, 20_000]


def test_columns_that_are_asked_for_again_are_the_same_until_they_are_let_go():
    sheet = PlainSheet()
    rows = (HEAD + rows_of([[text("amount")], [number(1)], [number(2.5)]], [1, 2, 3]) + TAIL).encode()
    scan(lambda: iter([rows]), Book(0, 1), size=len(rows), exact_below=0, keeper=sheet)
    for last in (False, True):
        [column], left = sheet.columns(1, (), date1904=False, last=last) or ([], 0)
        assert (column.to_pylist(), left) == ([1.0, 2.5], 1)
    assert sheet.columns(1, (), date1904=False) is None
