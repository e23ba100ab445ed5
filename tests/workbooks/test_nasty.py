"""The nasty collection: 112 small inputs, each answered as `tests/nasty/expect.csv` says.

`accept` reads without a warning, `warn` reads with one, `reject` is refused; what the table says in words about
rows, totals, names and cells is asserted in `DETAILS`.
"""

from __future__ import annotations

import csv
import socket
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tierbook.errors import DataError
from tierbook.quality import Problem
from workbooks.reader import Reading, Source, read

NASTY = Path(__file__).parents[1] / "nasty"
ROWS = list(csv.DictReader((NASTY / "expect.csv").open(encoding="utf-8")))
STATUS = {"accept": "ok", "warn": "warning"}
NAMES = ["Ada Lovelace", "Grace Hopper", "Zoë Ångström", "李小龍", "O'Brien & Söhne"]
DECLARED = {"csv_semicolon_decimal_comma.csv": Reading(decimal=",")}


def answer(file: str, reading: Reading | None = None) -> tuple[Source | None, list[Problem]]:
    """What reading gives: the source, or None and the problems it is refused for."""
    try:
        source = read(NASTY / file, reading=reading or DECLARED.get(file, Reading()))
    except DataError as error:
        return None, list(error.problems)
    return source, source.problems


def said(problems: list[Problem]) -> str:
    return "\n".join(problem.text() for problem in problems)


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_every_nasty_file_is_answered_as_expected(row, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    source, problems = answer(row["file"])
    if row["expected"] == "reject":
        assert source is None, row["detail"]
        assert any(problem.level == "error" for problem in problems)
    else:
        assert source is not None, said(problems)
        assert source.summary()["status"] == STATUS[row["expected"]], said(problems)
        _check_totals(source, row["detail"])
    for word in SAYS.get(row["file"], ()):
        assert word in said(problems), said(problems)
    assert "root:" not in said(problems), "what an external entity points to never appears"


def _check_totals(source: Source, detail: str) -> None:
    tables = source.summary()["tables"]
    if "sum(amount)=1043.55" in detail:
        assert tables["transactions"] == {"rows": 8, "total": {"amount": 1043.55}}
    if "all 8 rows kept" in detail:
        assert tables["transactions"]["rows"] == 8
    if "customers 5 rows" in detail:
        assert tables["customers"] == {"rows": 5}
        assert source.tables["customers"]["name"].to_pylist() == NAMES


def _no_network(*_: object) -> None:
    raise AssertionError("reading opens no socket")


# Words the answer must hold: cells, names, counts.
SAYS: dict[str, tuple[str, ...]] = {
    "amount_currency_strings.xlsx": ("transactions!D2", "D2, D3, D4", "EUR, USD"),
    "amount_huge.xlsx": ("transactions!D2", "1e15"),
    "amount_mixed_currency.xlsx": ("JPY, EUR", "transactions!E2"),
    "amount_nan_inf_text.xlsx": ("D2", '"NaN"', "D3", '"inf"', "D4", '"-Infinity"', "D5", '"1e309"'),
    "amount_nan_numeric.xlsx": ("transactions!D2", "transactions!D3"),
    "amount_null_words.xlsx": ("D2", "D3", "D4", "D5", "4 of 8"),
    "amount_percent_style.xlsx": ("transactions!D2", '"100%"'),
    "csv_cp1252_customers.csv": (":4:", "cp1252"),
    "csv_empty.csv": ("0 bytes",),
    "csv_gbk_customers.csv": ("GB18030",),
    "csv_mixed_encoding.csv": (":5:", "byte 151"),
    "csv_no_header.csv": ("no header row",),
    "csv_ragged_long.csv": (":3:", "5 fields"),
    "csv_stray_quote.csv": (":2:", '6" pipe'),
    "csv_timezone_dates.csv": ("different time zones", "local date"),
    "csv_wide_5000_cols.csv": ("5002 columns",),
    "date_ambiguous_text.xlsx": ("transactions!C2", '"03/04/2024"'),
    "date_serial_60.xlsx": ("transactions!C2", "1900-02-29"),
    "date_serial_as_text.xlsx": ('"45322"', "2024-01-31"),
    "date_serial_general.xlsx": ("45322", "8", "2024-01-31"),
    "formula_dde.xlsx": ("customers!B2", "cmd|"),
    "formula_external_link.xlsx": ("transactions!D2", "[1]Sheet1!A1"),
    "formula_no_cache_string_id.xlsx": ("customers!A2", "Open the workbook in Excel and save it"),
    "hdr_collide_after_norm.xlsx": ('"Amount"', '"amount "'),
    "hdr_date_header.xlsx": ("2024-01-01", "2024-02-01"),
    "hdr_missing_required.xlsx": ("amount", '"amonut"', "transactions!D1"),
    "hdr_numeric.xlsx": ("no header row",),
    "hdr_title_rows_above.xlsx": ("row 4",),
    "id_case_differs.xlsx": ('"c001"', "capital"),
    "id_duplicate_customer.xlsx": ("C001", "A2 and A3"),
    "id_leading_zero_format.xlsx": ("leading zeros", "8"),
    "id_missing.xlsx": ("customers!A3",),
    "id_orphan_transactions.xlsx": ('"C999"', "2", "270.50"),
    "id_scientific_text.xlsx": ("customers!A2", '"1.23E+15"'),
    "id_trailing_space_nbsp.xlsx": ("3", "spaces"),
    "kind_encrypted.xlsx": ("password",),
    "layout_blank_rows_inside.xlsx": ("2",),
    "layout_footer_note.xlsx": ("Source: SAP export 2024",),
    "layout_merged_data.xlsx": ("transactions!B3", "B2:B3", "1 of 8"),
    "layout_side_table.xlsx": ("transactions!H1",),
    "layout_total_row.xlsx": ('"Total"',),
    "pkg_cell_beyond_XFD.xlsx": ("XFE2",),
    "pkg_duplicate_cell_ref.xlsx": ("transactions!D2",),
    "pkg_sheet_part_missing.xlsx": ("transactions",),
    "pkg_sst_index_negative.xlsx": ("customers!A2", "-1"),
    "pkg_sst_index_out_of_range.xlsx": ("customers!A2", "9999"),
    "pq_binary_strings.parquet": ("customer_id", "bytes"),
    "pq_nan_vs_null.parquet": (":1:4", '"nan"', ":2:4", "missing"),
    "pq_ts_tz.parquet": ("America/New_York", "local date"),
    "sheet_hidden.xlsx": ("hidden",),
    "sheet_missing.xlsx": ("customers, Tabelle1",),
    "str_whitespace_only.xlsx": ("customers!A2",),
    "zip_bad_crc.xlsx": ("sheet2.xml",),
    "zip_duplicate_entry.xlsx": ("xl/worksheets/sheet2.xml",),
    "zip_truncated_half.xlsx": ("not a complete Excel workbook",),
}


# Values the answer must hold: (file, table, column, row, value).
CELLS: list[tuple[str, str, str, int, Any]] = [
    ("ok_baseline.xlsx", "customers", "signup_date", 2, date(2024, 2, 29)),
    ("amount_subcent.xlsx", "transactions", "amount", 0, 12.345678),
    ("csv_bool_strings.csv", "customers", "segment", 0, "TRUE"),
    ("csv_bool_strings.csv", "customers", "segment", 2, "Off"),
    ("csv_embedded_newlines.csv", "customers", "name", 0, 'Line1\r\nLine2, "quoted"'),
    ("csv_gbk_customers.csv", "customers", "name", 2, "李小龍"),
    ("csv_late_type_change.csv", "customers", "customer_id", 0, "0001"),
    ("csv_late_type_change.csv", "customers", "customer_id", 3000, "X9"),
    ("csv_leading_zero.csv", "customers", "customer_id", 0, "00123"),
    ("csv_leading_zero.csv", "customers", "customer_id", 1, "1e5"),
    ("csv_stray_quote.csv", "customers", "name", 0, '6" pipe'),
    ("csv_timezone_dates.csv", "transactions", "date", 0, date(2024, 1, 31)),
    ("date_before_1900_text.xlsx", "customers", "signup_date", 0, date(1899, 12, 31)),
    ("date_with_time_midnight.xlsx", "transactions", "date", 0, date(2024, 1, 31)),
    ("date_serial_general.xlsx", "transactions", "date", 0, date(2024, 1, 31)),
    ("formula_dde.xlsx", "customers", "name", 0, "Ada"),
    ("formula_external_link.xlsx", "transactions", "amount", 0, 100.0),
    ("id_leading_zero_text.xlsx", "customers", "customer_id", 0, "00123"),
    ("id_leading_zero_text.xlsx", "transactions", "customer_id", 1, "00123"),
    ("id_trailing_space_nbsp.xlsx", "transactions", "customer_id", 0, "C001"),
    ("pq_int_ids.parquet", "transactions", "customer_id", 0, "101"),
    ("pq_ts_tz.parquet", "transactions", "date", 0, date(2024, 1, 31)),
    ("pq_uint64_max.parquet", "transactions", "customer_id", 0, "18446744073709551615"),
    ("str_formula_injection.xlsx", "customers", "name", 4, "\t=1+1"),
    ("str_rich_phonetic.xlsx", "customers", "name", 0, "Ada Lovelace"),
    ("str_unicode.xlsx", "customers", "name", 1, "👩\u200d👩\u200d👧 family"),
    ("str_unicode.xlsx", "customers", "name", 4, "\u202eevil\u202c bidi"),
]


@pytest.mark.parametrize(("file", "table", "column", "row", "value"), CELLS)
def test_a_value_arrives_as_it_was_meant(file, table, column, row, value):
    source, problems = answer(file)
    assert source is not None, said(problems)
    found = source.tables[table][column][row].as_py()
    assert (found.date() if isinstance(found, datetime) else found) == value


def test_money_is_summed_exactly():
    source, _ = answer("amount_float_noise.xlsx")
    assert source is not None
    assert source.summary()["tables"]["transactions"]["total"]["amount"] == 0.3


def test_a_text_of_32767_characters_is_kept():
    source, _ = answer("str_long_32767.xlsx")
    assert source is not None
    assert len(source.tables["customers"]["name"][0].as_py()) == 32_767


def test_the_first_header_of_a_file_with_bom_is_clean():
    source, _ = answer("csv_bom_customers.csv")
    assert source is not None
    assert source.tables["customers"].column_names[0] == "customer_id"


def test_the_two_currencies_of_one_file_are_never_summed():
    source, problems = answer("amount_mixed_currency.xlsx")
    assert source is None
    assert [problem.cell for problem in problems if problem.level == "error"] == ["E2"]


@pytest.mark.parametrize("sheet", ["المعاملات", "客户"])
def test_a_sheet_is_found_by_its_exact_name(sheet):
    table = "customers" if sheet == "客户" else "transactions"
    source, problems = answer("sheet_unicode_name.xlsx", Reading(mapping={table: sheet}))
    assert source is not None, said(problems)
    assert set(source.tables) == {"customers", "transactions"}


@pytest.mark.parametrize(
    ("file", "reading", "why"),
    [
        ("csv_cp1252_customers.csv", Reading(encoding="cp1252"), "declared, it is no guess"),
        ("date_ambiguous_text.xlsx", Reading(day_first=True), "the settings name the order"),
        ("layout_merged_data.xlsx", Reading(fill_merged=True), "the settings ask to fill merged keys"),
    ],
)
def test_a_setting_makes_a_refused_file_readable(file, reading, why):
    source, problems = answer(file, reading)
    assert source is not None, f"{why}: {said(problems)}"


def test_a_decimal_comma_nobody_declared_is_refused_and_never_a_thousand():
    source, problems = answer("csv_semicolon_decimal_comma.csv", Reading())
    assert source is None
    assert '";"' in said(problems)
    assert 'reading: {decimal: ","}' in said(problems)


def test_declared_cp1252_gives_the_names_exactly():
    source, _ = answer("csv_cp1252_customers.csv", Reading(encoding="cp1252"))
    assert source is not None
    assert source.tables["customers"]["name"].to_pylist()[2] == "Zoë Ångström"


def test_a_folder_scan_skips_lock_files(tmp_path):
    (tmp_path / "customers.csv").write_bytes((NASTY / "csv_ok_customers.csv").read_bytes())
    (tmp_path / ".~lock.customers.csv#").write_text("user")
    assert set(read(tmp_path).tables) == {"customers"}
