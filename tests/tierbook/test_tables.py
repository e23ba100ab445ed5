"""Tables and columns are known by what people call them, in both languages."""

from __future__ import annotations

import pytest

from tierbook.language import label
from tierbook.tables import TABLES, Table, match_headers, table_named

# What a column holds is called otherwise in these tables than where the label is shown.
OTHERWISE = {
    ("campaigns", "name"), ("redemptions", "points"), ("readings", "value"), ("answers", "answer"), ("registers", "kind"),
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_chinese_workbook_may_use_the_words_tierbook_asks_with(table: Table):
    asked = [one.name for one in table.columns if (table.name, one.name) not in OTHERWISE]
    found = match_headers(table, [label(name, "zh") for name in asked])
    assert found.names == asked
    assert table_named(label(f"table_{table.name}", "zh")) is table


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_has_a_chinese_heading_and_no_two_share_one(table: Table):
    headings = [(one.name, word) for one in table.columns for word in one.aliases if not word.isascii()]
    assert {name for name, _ in headings} == {one.name for one in table.columns}
    assert len({word for _, word in headings}) == len(headings)
