"""Texts filled with a customer's figures look as Excel would write them."""

import numpy as np
import pytest

from tierbook.rulepack.words import filled, formatted, is_format


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (-0.345, "0%", "-35%"),
        (0.005, "0%", "1%"),
        (2.5, "0", "3"),
        (-0.4, "0", "0"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (12.0, "", "12"),
        (0.125, "0.0%", "12.5%"),
    ],
)
def test_numbers_are_written_as_excel_writes_them(value, form, expected):
    assert formatted(value, form) == expected


def test_a_format_of_another_language_is_not_one_of_ours():
    assert is_format("#,##0.0") and is_format("yyyy-mm-dd")
    assert not is_format(".2f") and not is_format("0.0.0") and not is_format("!r")


def test_every_row_gets_its_own_figures_and_missing_reads_unknown():
    columns = {
        "days": np.array([40.0, np.nan, 7.0]),
        "region": np.array(["North", None, "南"], dtype=object),
        "last_date": np.array(["2026-01-31", "NaT", "2025-12-01"], dtype="datetime64[D]"),
    }
    said = filled("{days:0} days, {region}, {last_date}", columns, np.array([0, 1, 2]), "en")
    assert said.tolist() == [
        "40 days, North, 2026-01-31",
        "unknown days, unknown, unknown",
        "7 days, 南, 2025-12-01",
    ]
    assert filled("{days:0} 天", columns, np.array([1]), "zh").tolist() == ["未知 天"]
    assert filled("{days}", columns, np.array([], dtype=int), "en").tolist() == []
