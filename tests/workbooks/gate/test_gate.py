"""The package gate: hostile, damaged and odd workbooks are refused in words; sound ones give up their oddities."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from workbooks.gate.cells import Book, OddCell, SheetFacts
from workbooks.gate.gate import gate
from workbooks.gate.guard import as_utf8
from workbooks.gate.kinds import is_lock_file, what_is
from workbooks.gate.package import Package
from workbooks.gate.scan import scan

NASTY = Path(__file__).parents[2] / "nasty"
BASELINE = NASTY / "ok_baseline.xlsx"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet2.xml"

REFUSED = {
    ".~lock.ok_baseline.xlsx#": "lock file",
    "kind_empty.xlsx": "empty",
    "kind_encrypted.xlsx": "password-protected",
    "kind_xlsx_named.csv": "Excel workbook with the name of a text file",
    "kind_zip_other.xlsx": "holds no Excel workbook",
    "pkg_cell_beyond_XFD.xlsx": "transactions!XFE2: Cell XFE2 is beyond",
    "pkg_duplicate_cell_ref.xlsx": "transactions!D2: Cell D2 is defined twice",
    "pkg_no_workbook_rels.xlsx": "xl/_rels/workbook.xml.rels is missing",
    "pkg_sheet_part_missing.xlsx": "'transactions' points to a part that is missing",
    "pkg_sst_index_negative.xlsx": "customers!A2: Cell A2 refers to shared text number -1",
    "pkg_sst_index_out_of_range.xlsx": "customers!A2: Cell A2 refers to shared text number 9999",
    "pkg_sst_missing.xlsx": "that part is missing",
    "xml_billion_laughs.xlsx": "DTD",
    "xml_deep_nesting.xlsx": "nested more than 256",
    "xml_malformed.xlsx": "transactions: The XML is damaged",
    "xml_xxe_file.xlsx": "DTD",
    "xml_xxe_remote_dtd.xlsx": "DTD",
    "zip_backslash_names.xlsx": "is not allowed",
    "zip_bad_crc.xlsx": "xl/worksheets/sheet2.xml of the workbook is damaged",
    "zip_duplicate_entry.xlsx": "twice",
    "zip_truncated_half.xlsx": "not a complete Excel workbook",
}


def workbooks() -> list[str]:
    with (NASTY / "expect.csv").open(encoding="utf-8") as file:
        return [row["file"] for row in csv.DictReader(file) if "xlsx" in row["file"]]


def changed(
    tmp_path: Path, edits: Mapping[str, bytes | None], source: Path = BASELINE, name: str = "book.xlsx"
) -> Path:
    """The baseline with some parts replaced, added or (None) left out."""
    path = tmp_path / name
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            data = edits.get(entry.filename, before.read(entry))
            if data is not None:
                after.writestr(entry.filename, data)
        for part in edits.keys() - set(before.namelist()):
            after.writestr(part, edits[part] or b"")
    return path


def part(name: str, source: Path = BASELINE) -> bytes:
    with zipfile.ZipFile(source) as archive:
        return archive.read(name)


@pytest.mark.parametrize("name", workbooks())
def test_every_nasty_workbook_is_refused_in_words_or_passes_the_gate(name):
    if name in REFUSED:
        with pytest.raises(DataError) as refusal:
            gate(NASTY / name)
        assert REFUSED[name] in str(refusal.value)
        assert refusal.value.place.startswith(name)
        assert refusal.value.text("zh") != str(refusal.value), "the refusal is not translated"
    else:
        assert isinstance(gate(NASTY / name), Package)


@pytest.mark.parametrize(
    "name, sheet, expected",
    [
        (
            "amount_nan_numeric.xlsx",
            "transactions",
            [("D2", "not_a_number", "NaN"), ("D3", "not_a_number", "INF")],
        ),
        ("formula_dde.xlsx", "customers", [("B2", "dde", "=cmd|'/c calc'!A0")]),
        ("formula_external_link.xlsx", "transactions", [("D2", "external", "=[1]Sheet1!A1")]),
        ("formula_no_cache_string_id.xlsx", "customers", [("A2", "uncached", '="C"&"001"')]),
    ],
)
def test_odd_cells_are_named(name, sheet, expected):
    assert gate(NASTY / name).odd_cells(sheet) == [OddCell(*cell) for cell in expected]


def test_structure_of_a_workbook_is_reported():
    assert [(sheet.name, sheet.state) for sheet in gate(NASTY / "sheet_hidden.xlsx").sheets] == [
        ("customers", "visible"),
        ("transactions", "veryHidden"),
    ]
    assert gate(NASTY / "layout_merged_data.xlsx").merged("transactions") == ["B2:B3"]
    assert gate(NASTY / "pkg_style_index_out_of_range.xlsx").style_out_of_range("transactions") == ["D2"]
    assert gate(BASELINE).number_formats
    assert not gate(NASTY / "pkg_no_styles.xlsx").number_formats


def test_tables_names_protection_hidden_parts_and_date_system_are_reported(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "sales"
    for row in (["customer_id", "amount", "note"], ["1", 2, "x"], ["2", 3, "y"]):
        sheet.append(row)
    sheet.add_table(openpyxl.worksheet.table.Table(displayName="transactions", ref="A1:B3"))
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    book.defined_names["first"] = openpyxl.workbook.defined_name.DefinedName("first", attr_text="sales!$A$2")
    book.create_chartsheet("chart")
    book.security.lockStructure = True
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    path = tmp_path / "book.xlsx"
    book.save(path)
    package = gate(path)
    assert [(table.name, table.sheet, table.ref, table.header_row) for table in package.tables] == [
        ("transactions", "sales", "A1:B3", True)
    ]
    assert [(name.name, name.text) for name in package.defined_names] == [("first", "sales!$A$2")]
    assert [sheet.kind for sheet in package.sheets] == ["worksheet", "chartsheet"]
    assert (package.hidden_rows("sales"), package.hidden_columns("sales")) == (1, 1)
    assert package.structure_locked
    assert package.date1904


def test_strict_ooxml_is_recognised(tmp_path):
    edits = {}
    for name in zipfile.ZipFile(BASELINE).namelist():
        data = part(name).replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
        old = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        edits[name] = data.replace(old, b"http://purl.oclc.org/ooxml/officeDocument/relationships")
    assert gate(changed(tmp_path, edits)).strict


def test_utf16_parts_are_given_to_readers_as_utf8():
    package = gate(NASTY / "xml_utf16_part.xlsx")
    assert package.recoded == ("xl/worksheets/sheet1.xml",)
    with zipfile.ZipFile(package.source()) as copy:
        assert b"customer_id" in copy.read("xl/worksheets/sheet1.xml")
    assert gate(BASELINE).source() == BASELINE
    assert as_utf8('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16-le")) == b"<a/>"


@pytest.mark.parametrize("code", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "docProps/custom.xml"])
def test_a_dtd_is_refused_in_every_part_and_encoding(tmp_path, code, name):
    text = (
        f'<?xml version="1.0" encoding="{code[:6]}"?><!DOCTYPE a [<!ENTITY b "c">]><a xmlns="{MAIN}">&b;</a>'
    )
    with pytest.raises(DataError, match="DTD"):
        gate(changed(tmp_path, {name: text.encode(code)}))


def test_a_dtd_is_refused_in_a_part_too_large_to_hear_whole(tmp_path):
    text = b'<!DOCTYPE a [<!ENTITY b "c">]><a>' + bytes(range(97, 123)) * 200_000 + b"</a>"
    with pytest.raises(DataError, match="DTD"):
        gate(changed(tmp_path, {"customXml/item1.xml": text}))


def test_a_part_that_inflates_too_far_is_refused_whatever_it_claims(tmp_path, monkeypatch):
    path = changed(tmp_path, {"xl/media/image1.png": b"\0" * (64 << 20)})
    with pytest.raises(DataError, match=r"image1\.png inflates"):
        gate(path)
    monkeypatch.setattr("workbooks.gate.container.MAX_INFLATED", 1_000)
    with pytest.raises(DataError, match="inflates"):
        gate(BASELINE)


def test_too_many_parts_are_refused_before_the_directory_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("workbooks.gate.kinds.MAX_PARTS", 5)
    with pytest.raises(DataError, match="more than 5 parts"):
        gate(BASELINE)


@pytest.mark.parametrize("name", ["../evil.xml", "/abs.xml", "xl/../../evil.xml"])
def test_part_names_that_leave_the_package_are_refused(tmp_path, name):
    with pytest.raises(DataError, match="not allowed"):
        gate(changed(tmp_path, {name: b"<a/>"}))


def test_part_names_that_differ_by_case_only_are_refused(tmp_path):
    with pytest.raises(DataError, match="twice"):
        gate(changed(tmp_path, {"XL/Worksheets/Sheet2.xml": part(SHEET)}))


def test_macros_signatures_and_external_targets_do_not_stop_reading(tmp_path):
    package = gate(
        changed(
            tmp_path, {"xl/vbaProject.bin": b"x", "_xmlsignatures/sig1.xml": b"<Signature/>"}, name="b.xlsm"
        )
    )
    assert package.signed
    assert gate(NASTY / "rel_external_targets.xlsx").sheets


def test_what_macos_adds_when_it_zips_is_no_damage(tmp_path):
    assert gate(changed(tmp_path, {"__MACOSX/xl/._sharedStrings.xml": b"\0\5\x16\7"})).sheets


@pytest.mark.parametrize(
    "content, words",
    [
        (b"customer_id,name\n1,Ada\n", "text file with the name of a workbook"),
        (b"<html><table></table></html>", "web page"),
        (b"PAR1" + b"\0" * 40, "Parquet"),
        (b"\x89PNG\0\0", "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "Workbook".encode("utf-16-le"), r"old \.xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Office document"),
        (b"PK\3\4 and no more", "complete"),
    ],
)
def test_what_a_file_really_is_comes_first(tmp_path, content, words):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        gate(path)


def test_other_archives_and_missing_files_have_their_own_words(tmp_path):
    with zipfile.ZipFile(tmp_path / "sheet.xlsx", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<a/>")
    with pytest.raises(DataError, match="OpenDocument"):
        gate(tmp_path / "sheet.xlsx")
    with pytest.raises(DataError, match="no such file"):
        gate(tmp_path / "none.xlsx")
    with pytest.raises(DataError, match="folder"):
        gate(tmp_path)
    assert what_is(BASELINE) == "workbook"
    assert is_lock_file("a/~$book.xlsx")
    assert not is_lock_file("a/book.xlsx")


def test_a_random_cut_or_flip_never_raises_anything_but_a_refusal(tmp_path):
    whole = BASELINE.read_bytes()
    path = tmp_path / "book.xlsx"
    for at in range(0, len(whole), 41):
        for broken in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
            path.write_bytes(broken)
            with suppress(DataError):
                gate(path)


# The two ways through a sheet must find the same facts.

BOOK = Book(strings=12, formats=3)


def sheet_xml(rows: str, *, prefix: str = "", tail: str = "", cols: str = "") -> bytes:
    opening = f'<{prefix}worksheet xmlns{":" if prefix else ""}{prefix[:-1]}="{MAIN}">'
    p = prefix
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{opening}{cols}<{p}sheetData>{rows}</{p}sheetData>{tail}</{p}worksheet>'
    ).encode()


def both_ways(
    data: bytes, book: Book = BOOK, piece: int = 1 << 20
) -> tuple[SheetFacts | str, SheetFacts | str]:
    answers: list[SheetFacts | str] = []
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr("workbooks.gate.sheet_rows._CHUNK", piece)
    for exact_below in (0, 1 << 60):
        try:
            answers.append(
                scan(
                    lambda: iter([data[at : at + piece] for at in range(0, len(data), piece)]),
                    book,
                    size=len(data),
                    exact_below=exact_below,
                )
            )
        except DataError as error:
            answers.append(f"{error.message} {error.values}")
    monkeypatch.undo()
    return answers[0], answers[1]


CELLS = [
    "<v>12</v>",
    "<v>-1.5E-3</v>",
    "<v>.5</v>",
    "<v>NaN</v>",
    "<v>-INF</v>",
    "<v>word</v>",
    "<f>A1+1</f><v>2</v>",
    "<f>A1+1</f>",
    "<f>A1+1</f><v/>",
    "<f>A1+1</f><v></v>",
    '<f t="shared" si="0"/><v>3</v>',
    '<f t="shared" si="0"/>',
    "<f>[1]Sheet1!A1</f><v>3</v>",
    "<f>'[2]My Sheet'!A1&amp;\"[x]y!\"</f><v>3</v>",
    "<f>Table1[amount]*2</f><v>3</v>",
    "<f>cmd|'/c calc'!A0</f><v>3</v>",
    "",
]
TYPED = [
    (' t="s"', "<v>0</v>"),
    (' t="s"', "<v>11</v>"),
    (' t="s"', "<v>12</v>"),
    (' t="s"', "<v>-1</v>"),
    (' t="e"', "<v>#REF!</v>"),
    (' t="e"', "<f>1/0</f><v>#DIV/0!</v>"),
    (' t="str"', '<f>"a"</f><v>Nancy</v>'),
    (' t="str"', '<f>"a"</f><v></v>'),
    (' t="str"', '<f>"a"</f>'),
    (' t="str"', '<f>"a"</f><v/>'),
    (' t="str"', '<f>" "</f><v xml:space="preserve"> </v>'),
    (' t="b"', "<v>1</v>"),
    (' t="d"', "<v>2024-01-31</v>"),
    (' t="inlineStr"', "<is><t>Zoë &amp; co</t></is>"),
    (' t="inlineStr"', "<is><r><t>a</t></r><r><t>b</t></r></is>"),
    *[("", cell) for cell in CELLS],
]
cell_kind = st.tuples(
    st.sampled_from(TYPED), st.sampled_from(["", ' s="0"', ' s="2"', ' s="3"']), st.integers(1, 3)
)


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["", ' hidden="1"']), st.lists(cell_kind, max_size=4)),
        max_size=6,
    ),
    st.sampled_from(["", "x:"]),
    st.booleans(),
    st.sampled_from([7, 100, 1 << 20]),
)
def test_the_fast_way_finds_what_the_exact_way_finds(rows, prefix, address_last, piece):
    at, text = 0, []
    for step, hidden, cells in rows:
        at += step
        column, body = 0, []
        for (typed, content), style, skip in cells:
            column += skip
            ref = f"{chr(64 + column)}{at}"
            address = f' r="{ref}"'
            attributes = f"{typed}{style}{address}" if address_last else f"{address}{style}{typed}"
            body.append(f"<c{attributes}>{content}</c>" if content else f"<c{attributes}/>")
        text.append(f'<row r="{at}"{hidden}>{"".join(body)}</row>')
    xml = "".join(text)
    if prefix:
        for name in ("row", "c", "v", "f", "is", "t", "r"):
            for ending in (" ", ">", "/"):
                xml = xml.replace(f"<{name}{ending}", f"<{prefix}{name}{ending}")
            xml = xml.replace(f"</{name}>", f"</{prefix}{name}>")
    fast, exact = both_ways(sheet_xml(xml, prefix=prefix), piece=piece)
    if isinstance(fast, str) or isinstance(exact, str):
        assert isinstance(fast, str)
        assert isinstance(exact, str)
    else:
        assert fast == exact


@pytest.mark.parametrize(
    "rows, why",
    [
        ("<row r='1'><c r='A1' t='s'><v>99</v></c></row>", "single quotes"),
        ('<row r="1"><c t="s" r="A1"><v>99</v></c></row>', "attributes in another order"),
        ('<row><c t="s"><v>99</v></c></row>', "no addresses"),
        ('<row r="1"><!-- </row> --><c r="A1" t="s"><v>99</v></c></row>', "a comment"),
        ('<row r="1"><c r="A1" t="s"><v><![CDATA[99]]></v></c></row>', "CDATA"),
        ('<row r="1">\n<c r="A1"\n t="s">\n<v>99</v>\n</c>\n</row>\n', "line ends between attributes"),
        (
            '<row r="1"><c r="A1" t="inlineStr"><is><t>a > b</t></is></c><c r="B1" t="s"><v>99</v></c></row>',
            "a bare >",
        ),
        ('<row r="1"><c r="A1" t="s"><v>9</v></c><c r="XFE1"/></row>', "beyond the last column"),
        ('<row r="1048577"><c r="A1048577"/></row>', "beyond the last row"),
        ('<row r="1"><c r="B1"/><c r="A1"/></row>', "out of order"),
        ('<row r="1"><c r="A1"/><c r="A1"/></row>', "twice"),
        ("<row>" * 300 + "</row>" * 300, "nested too deep"),
        ('<row r="1"><c r="A1"><v>1</v></row>', "an element left open"),
        ('<row r="1"><c r="$A$1"><v>1</v></c></row>', "not an address"),
    ],
)
def test_irregular_sheets_are_refused_the_same_either_way(rows, why):
    fast, exact = both_ways(sheet_xml(rows))
    assert isinstance(exact, str), why
    assert fast == exact, why


def test_head_and_tail_of_a_large_sheet_are_heard():
    data = sheet_xml(
        '<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>1</v></c></row>',
        cols='<cols><col min="2" max="2" hidden="1"/></cols>',
        tail='<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>',
    )
    fast, exact = both_ways(data)
    assert fast == exact
    assert isinstance(fast, SheetFacts)
    assert (fast.merged, fast.hidden_columns, fast.last_column) == (["A1:B1"], 1, 3)


def test_workbooks_of_common_libraries_take_the_fast_way(monkeypatch):
    """Every cell kind they write is regular; the exact way would only cost time."""
    xlsxwriter = pytest.importorskip("xlsxwriter")
    openpyxl = pytest.importorskip("openpyxl")
    first, second = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(first) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", 1, True, None, 2.5])
        sheet.write_formula(1, 0, "=A1", value="a")
        sheet.write_formula(1, 1, "=1/0", value="#DIV/0!")
        sheet.set_row(2, None, None, {"hidden": True})
    other = openpyxl.Workbook()
    for row in (["a", 1, True, None, 2.5], ["=A1", "=1/0"]):
        other.active.append(row)
    other.save(second)
    monkeypatch.setattr("workbooks.gate.scan._Listener._begin_cell", None)
    for stream in (first, second):
        data = zipfile.ZipFile(stream).read("xl/worksheets/sheet1.xml")
        facts = scan(partial(iter, [data]), Book(9, 9), size=len(data), exact_below=0)
        assert {cell.ref for cell in facts.odd} <= {"A2", "B2"}


def test_large_shared_string_tables_are_counted_across_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("workbooks.gate.parts._SMALL", 0)
    for chunk in (7, 64, 1 << 20):
        monkeypatch.setattr("workbooks.gate.container._CHUNK", chunk)
        gate(BASELINE)
        with pytest.raises(DataError, match="has 29"):
            gate(NASTY / "pkg_sst_index_out_of_range.xlsx")
