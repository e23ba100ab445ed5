from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.columns import type_column
from tierbook.columns.amounts import Amount, parse_amount
from tierbook.columns.dates import Moment, parse_date, parse_serial
from tierbook.language import say

REF = SimpleNamespace(error="#REF!")
NOT_AVAILABLE = SimpleNamespace(error="#N/A")


def values(cells, kind, **settings):
    return type_column(cells, kind, **settings).array.to_pylist()


def refused(cells, kind, **settings):
    return [refusal.row for refusal in type_column(cells, kind, **settings).refused]


def notes(cells, kind, **settings):
    return [
        (note.level, say(note.message, cells="…", **note.values))
        for note in type_column(cells, kind, **settings).notes
    ]


@pytest.mark.parametrize(
    ("cell", "expected", "why"),
    [
        (1001.0, "1001", "Excel stores whole numbers as doubles"),
        (2.5, "2.5", "a fraction is kept as it is"),
        (-7.0, "-7", "signs stay"),
        ("007", "007", "text is never a number"),
        ("1e5", "1e5", "text is never a number"),
        ("12345678901234567890", "12345678901234567890", "text keeps all its digits"),
        (12345678901234567890, "12345678901234567890", "a Python integer is exact"),
        (999_999_999_999_999.0, "999999999999999", "fifteen digits are exact"),
        (" A1\u00a0", "A1", "spaces and no-break spaces around a key do not count"),
        ("a1", "a1", "case is never folded"),
        ("   ", None, "only spaces is nothing"),
        (None, None, "blank stays blank"),
        ("-", "-", "in a text column a dash is a dash"),
        ("NA", "NA", "a customer may be called NA"),
        (True, "TRUE", "as Excel shows it"),
    ],
)
def test_an_identifier_stays_text(cell, expected, why):
    assert values([cell], "id") == [expected], why


def test_a_numeric_identifier_of_more_than_fifteen_digits_is_refused():
    typed = type_column([1e15, 123_456_789_012_345_680.0, 12.0], "id")
    assert [refusal.row for refusal in typed.refused] == [0, 1]
    assert typed.array.to_pylist() == [None, None, "12"]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([101, None], pa.int64()), ["101", None]),
        (pa.array([1001.0, None]), ["1001", None]),
        (pa.array(["x", "x", None]).dictionary_encode(), ["x", "x", None]),
        (pa.array(["x"], pa.large_string()), ["x"]),
        (pa.array([Decimal("12345678901234567890")], pa.decimal128(20, 0)), ["12345678901234567890"]),
        (pa.chunked_array([["a"], ["b "]]), ["a", "b"]),
        (pa.nulls(2), [None, None]),
        (pa.array([], pa.string()), []),
    ],
)
def test_identifiers_of_any_arrow_type_become_text(array, expected):
    assert values(array, "id") == expected


def test_trimmed_identifiers_are_counted():
    assert notes(["a ", "b\u00a0", "c"], "id") == [
        ("warning", "Identifiers with spaces around them: 2; the spaces are left out.")
    ]


def test_an_identifier_in_powers_of_ten_is_warned_of():
    ((level, sentence),) = notes(["1.23E+15", "C2"], "id")
    assert level == "warning"
    assert "1.23E+15" in sentence


def test_an_identifier_that_became_a_date_is_warned_of():
    ((level, sentence),) = notes([datetime(2024, 1, 2), "C2"], "id")
    assert level == "warning"
    assert "2024-01-02" in sentence


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("1234.5", 1234.5, "a plain number"),
        ("1,234.50", 1234.5, "thousands"),
        ("1,23,456.5", 123456.5, "Indian grouping"),
        ("1 234 567.25", 1234567.25, "spaces between thousands"),
        ("1\u00a0234", 1234.0, "no-break space between thousands"),
        ("1'234.50", 1234.5, "Swiss apostrophe"),
        ("€1,234.50", 1234.5, "currency before"),
        ("100 kr", 100.0, "currency after"),
        ("US$ 250.50", 250.5, "currency of several characters"),
        ("￥１，２３４．５", 1234.5, "full-width digits and signs"),
        ("(20)", -20.0, "accountants' parentheses"),
        ("($20.00)", -20.0, "parentheses around the currency"),
        ("12-", -12.0, "trailing minus"),
        ("−12", -12.0, "Unicode minus"),
        ("-€5", -5.0, "minus before the currency"),
        ("€-5", -5.0, "minus after the currency"),
        ("+5", 5.0, "plus"),
        (".5", 0.5, "no leading zero"),
        ("1.5E+03", 1500.0, "as Excel writes large numbers to CSV"),
        ("31 %", 0.31, "a percentage is its hundredth"),
        ("0", 0.0, "zero is a number"),
    ],
)
def test_an_amount_is_read_however_it_is_written(text, expected, why):
    assert values([text], "money") == [expected], why


@pytest.mark.parametrize(
    "text",
    ["NaN", "inf", "-Infinity", "1e309", "TRUE", "abc", "1.234,56", "100,00", "12 34", "--5", "(-5)", "€5$", "5 apples", "1,2345", "$", "9" * 400],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text):
    typed = type_column([text, 1.0], "money")
    assert [refusal.row for refusal in typed.refused] == [0]
    assert typed.array.to_pylist() == [None, 1.0]


@pytest.mark.parametrize(
    ("text", "expected"), [("1.234,56", 1234.56), ("100,00", 100.0), ("1234", 1234.0), ("12,5-", -12.5)]
)
def test_a_decimal_comma_is_read_where_the_settings_say_so(text, expected):
    assert values([text], "money", decimal=",") == [expected]


def test_a_point_in_a_comma_column_is_never_taken_for_thousands_it_cannot_be():
    assert refused(["100.00"], "money", decimal=",") == [0]
    assert values(["1.000"], "money", decimal=",") == [1000.0]


def test_cells_that_are_numbers_ignore_the_decimal_sign_of_texts():
    assert values([1.234, "1,5"], "money", decimal=",") == [1.234, 1.5]


@pytest.mark.parametrize("word", ["", " ", "-", "N/A", "n/a", "#N/A", "NULL", "无"])
def test_missing_words_are_blank_in_number_and_date_columns_only(word):
    assert values([word, 1.0], "money") == [None, 1.0]
    assert values([word], "date") == [None]
    assert refused([word], "money") == []
    assert values([word], "text") == [word if word.strip() else None]


def test_not_available_is_missing_and_other_errors_are_refused():
    assert refused([NOT_AVAILABLE, REF, 1.0], "money") == [1]
    assert refused([NOT_AVAILABLE, REF], "date") == [1]
    assert refused([NOT_AVAILABLE, REF], "text") == [0, 1]


def test_numbers_that_are_none_are_refused():
    assert refused([float("nan"), float("inf"), 1.0, True], "money") == [0, 1, 3]
    assert refused(pa.array([float("nan"), None, 2.0]), "money") == [0]


def test_two_currencies_in_one_column_are_an_error_that_shows_them():
    typed = type_column(["€100.00", "US$ 250.50", "100 kr", 5.0], "money")
    (note,) = [note for note in typed.notes if note.level == "error"]
    assert note.rows == (0, 1, 2)


def test_one_currency_with_and_without_its_sign_is_no_problem():
    assert notes(["€1", "2", "3 EUR"], "money") == []
    assert notes(["¥1", "2元", "3 RMB"], "money") == []


def test_two_separator_styles_in_one_column_are_an_error():
    typed = type_column(["1,234.50", "1.234,50"], "money")
    assert [note.rows for note in typed.notes if note.level == "error"] == [(0, 1)]


def test_huge_amounts_are_flagged_and_absurd_ones_refused():
    typed = type_column([1e15, 5.0, 1e24, -2e15], "money")
    assert [refusal.row for refusal in typed.refused] == [2]
    assert [(note.level, note.values["count"]) for note in typed.notes] == [("warning", 2)]


@pytest.mark.parametrize(
    ("cell", "expected"), [("31 %", 0.31), ("31%", 0.31), (0.31, 0.31), ("0.31", 0.31), (1, 1.0)]
)
def test_a_share_is_a_percentage_or_a_fraction(cell, expected):
    typed = type_column([cell], "share")
    assert typed.array.to_pylist() == pytest.approx([expected])
    assert typed.notes == []


def test_a_share_above_one_is_said():
    assert [level for level, _ in notes([31.0], "share")] == ["warning"]


@pytest.mark.parametrize(
    ("cell", "expected", "why"),
    [
        ("2024-01-31", date(2024, 1, 31), "ISO"),
        ("2024-1-5", date(2024, 1, 5), "ISO without zeros"),
        ("2024-01-31T23:59:59.999", date(2024, 1, 31), "the last moment of a day is that day"),
        ("2024-01-31 00:00:00", date(2024, 1, 31), "with a time"),
        ("2024-01-31T23:30:00-05:00", date(2024, 1, 31), "the local date, not that of UTC"),
        ("2024年3月5日", date(2024, 3, 5), "Chinese"),
        ("2024/3/5", date(2024, 3, 5), "year first"),
        ("31.01.2024", date(2024, 1, 31), "points are day first"),
        ("２０２４-０１-３１", date(2024, 1, 31), "full-width digits"),
        ("5-Mar-2024", date(2024, 3, 5), "English month"),
        ("March 5, 2024", date(2024, 3, 5), "American English"),
        ("20240305", date(2024, 3, 5), "eight digits"),
        (20240305.0, date(2024, 3, 5), "eight digits as a number"),
        (datetime(2024, 1, 31, 23, 59, 59, 999_000), date(2024, 1, 31), "no rounding into February"),
        (date(2024, 2, 29), date(2024, 2, 29), "a leap day"),
        (datetime(2024, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5))), date(2024, 1, 31), "wall time"),
        (45322.0, date(2024, 1, 31), "serial"),
        (45322.999999988424, date(2024, 1, 31), "serial just before midnight"),
        ("45322", date(2024, 1, 31), "serial as text"),
        (1.0, date(1900, 1, 1), "the first serial"),
        (59.0, date(1900, 2, 28), "before the leap day that never was"),
        (61.0, date(1900, 3, 1), "after it"),
        ("1899-12-31", date(1899, 12, 31), "text knows earlier days"),
    ],
)
def test_a_date_is_read_however_it_is_written(cell, expected, why):
    assert values([cell], "date") == [expected], why


@pytest.mark.parametrize(
    "cell",
    [0.0, 60.0, -1.0, 2_958_466.0, float("nan"), "60", "2024-02-30", "2023-02-29", "31.04.2024", "2024-13-01", "31.01.24", "yesterday", "2024-01-01 25:00", True],
)  # fmt: skip
def test_an_impossible_date_is_refused(cell):
    assert refused([cell], "date") == [0]
    assert values([cell], "date") == [None]


def test_serials_count_from_1904_where_the_workbook_does():
    assert values([0.0, 60.0, "43860"], "date", date1904=True) == [
        date(1904, 1, 1),
        date(1904, 3, 1),
        date(2024, 1, 31),
    ]


def test_serials_are_said_with_their_date_system():
    ((level, sentence),) = notes([45322.0, 45323.0], "date")
    assert level == "warning"
    assert "45322" in sentence
    assert "1900" in sentence
    assert "2024-01-31" in sentence


def test_the_order_of_day_and_month_comes_from_the_settings():
    assert values(["03/04/2024"], "date", day_first=True) == [date(2024, 4, 3)]
    assert values(["03/04/2024"], "date", day_first=False) == [date(2024, 3, 4)]
    assert refused(["13/14/2024"], "date", day_first=True) == [0]


def test_a_day_above_twelve_settles_the_order_of_its_column():
    assert values(["25/04/2024", "03/04/2024"], "date") == [date(2024, 4, 25), date(2024, 4, 3)]
    assert values(["04/25/2024", "03/04/2024"], "date") == [date(2024, 4, 25), date(2024, 3, 4)]
    assert values(["05/05/2024"], "date") == [date(2024, 5, 5)]


@pytest.mark.parametrize("cells", [["03/04/2024", "05/06/2024"], ["25/04/2024", "04/25/2024"]])
def test_a_column_that_reads_both_ways_is_an_error_that_shows_a_cell(cells):
    typed = type_column(cells, "date")
    (note,) = typed.notes
    assert note.level == "error"
    assert note.rows[0] == 0


def test_a_time_column_keeps_the_time():
    assert values(["2024-01-31T08:30", 45322.75, "5 Mar 2024 3:15 pm"], "time") == [
        datetime(2024, 1, 31, 8, 30),
        datetime(2024, 1, 31, 18),
        datetime(2024, 3, 5, 15, 15),
    ]


def test_time_zones_are_said_and_different_ones_flagged():
    assert "different" not in notes(["2024-01-31T23:30:00Z"], "date")[0][1]
    assert "different" in notes(["2024-01-31T23:30:00Z", "2024-01-31T23:30:00+01:00"], "date")[0][1]


def test_arrow_timestamps_keep_their_local_date():
    moment = pa.array([datetime(2024, 1, 31, 23, 30)], pa.timestamp("us", "America/New_York"))
    typed = type_column(moment, "date")
    assert typed.array.to_pylist() == [date(2024, 1, 31)]
    assert [note.level for note in typed.notes] == ["warning"]


def test_days_no_calendar_has_are_refused():
    days = pa.array([19_000, 2_932_896, 2_932_897, -719_163, None], pa.int32()).cast(pa.date32())
    assert refused(days, "date") == [2, 3]
    assert values(days, "date")[1:] == [date(9999, 12, 31), None, None, None]


@pytest.mark.parametrize(
    ("array", "kind", "arrow"),
    [
        (pa.array(["a"]), "text", pa.string()),
        (pa.array([1.5]), "number", pa.float64()),
        (pa.array([Decimal("1.50")], pa.decimal128(12, 2)), "money", pa.float64()),
        (pa.array([date(2024, 1, 1)]), "date", pa.date32()),
        (pa.array([datetime(2024, 1, 1)], pa.timestamp("ns")), "time", pa.timestamp("us")),
        (pa.array([True]), "yes_no", pa.bool_()),
    ],
)
def test_every_kind_has_its_arrow_type(array, kind, arrow):
    assert type_column(array, kind).array.type == arrow
    assert type_column(array.slice(0, 0), kind).array.type == arrow
    assert type_column([None], kind).array.type == arrow


@pytest.mark.parametrize("word", ["yes", "Y", "TRUE", "是", 1.0, True, "1"])
def test_yes_is_yes(word):
    assert values([word], "yes_no") == [True]


@pytest.mark.parametrize("word", ["no", "N", "false", "否", 0.0, False, "0"])
def test_no_is_no(word):
    assert values([word], "yes_no") == [False]


def test_neither_yes_nor_no_is_refused_and_blank_is_missing():
    assert refused(["maybe", 2.0, None, ""], "yes_no") == [0, 1]
    assert values([None, ""], "yes_no") == [None, None]


def test_choices_become_the_names_rules_use_and_other_words_stay():
    choices = {"预付": "prepaid", "on time": "on_time"}
    assert values(["预付", "On Time ", "barter", None], "text", choices=choices) == [
        "prepaid",
        "on_time",
        "barter",
        None,
    ]


def test_text_is_kept_code_point_for_code_point():
    kept = ["\t=1+1", "👩\u200d👩\u200d👧", "\u202eevil\u202c", " padded "]
    assert values(kept, "text") == kept


@given(st.lists(st.one_of(st.none(), st.floats(-1e14, 1e14).map(lambda x: round(x, 2)))))
def test_numbers_and_their_texts_type_alike(numbers):
    texts = [None if number is None else repr(number) for number in numbers]
    assert values(numbers, "money") == values(texts, "money")


@given(st.lists(st.one_of(st.none(), st.dates(date(1900, 3, 1), date(9999, 12, 31)))))
def test_dates_and_their_texts_type_alike(days):
    texts = [None if day is None else day.isoformat() for day in days]
    assert values(days, "date") == values(texts, "date") == days


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_a_serial_is_the_day_it_counts_to(day):
    moment = parse_serial((day - date(1899, 12, 30)).days)
    assert isinstance(moment, Moment)
    assert moment.when.date() == day


@given(st.text())
def test_no_text_makes_parsing_fail(text):
    parse_amount(text)
    parse_amount(text, decimal=",")
    parse_date(text)
    for kind in ("id", "text", "number", "money", "share", "date", "time", "yes_no"):
        typed = type_column([text], kind)
        assert len(typed.array) == 1


@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 2)))
def test_an_amount_survives_its_own_formatting(amount):
    read = parse_amount(f"€{amount:,.2f}")
    assert isinstance(read, Amount)
    assert read.value == pytest.approx(amount)
    assert read.currency == "EUR"
