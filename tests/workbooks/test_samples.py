"""The sample workbooks are what they say they are, and can be made again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, datetime
from functools import cache
from zipfile import ZipFile

import pytest

from tierbook.errors import DataError
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.samples import (
    SAMPLES,
    automotive,
    b2b,
    cdnow,
    exhibition,
    hospital,
    hospitality,
    logistics,
    power,
    retail,
    sample_path,
    securities,
)

WRITERS = {
    "hospitality": hospitality.write,
    "retail": retail.write,
    "securities": securities.write,
    "logistics": logistics.write,
    "exhibition": exhibition.write,
    "b2b": b2b.write,
    "automotive": automotive.write,
    "power": power.write,
    "hospital": hospital.write,
    "cdnow": cdnow.write,
}


@cache
def cells(path):
    """Every sheet as rows of values."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    found = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    book.close()
    return found


@pytest.fixture(scope="module")
def export():
    return cells(sample_path("hospitality"))


@pytest.fixture(scope="module")
def lines(export):
    """Transaction lines of the export as dicts, blank row and total left out."""
    _title, _blank, header, *rows = export["Transactions"]
    return [dict(zip(header, row, strict=True)) for row in rows if row[1] is not None]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_lies_beside_its_generator_and_is_small(name):
    assert (
        sample_path(name).stat().st_size
        < {
            "hospitality": 600_000,
            "retail": 500_000,
            "securities": 500_000,
            "logistics": 300_000,
            "exhibition": 300_000,
            "b2b": 300_000,
            "automotive": 300_000,
            "power": 300_000,
            "hospital": 300_000,
            "cdnow": 400_000,
        }[name]
    )


def test_an_unknown_sample_is_answered_with_the_ones_there_are():
    with pytest.raises(
        DataError,
        match=r"no sample called wholesale\. Choose one of: hospitality, retail, securities, logistics, exhibition, b2b, automotive, power, hospital, cdnow",
    ):
        sample_path("wholesale")


@pytest.mark.parametrize("name", SAMPLES)
def test_writing_twice_gives_the_same_bytes_and_the_committed_cells(name, tmp_path):
    once, again = tmp_path / "once.xlsx", tmp_path / "again.xlsx"
    WRITERS[name](once)
    WRITERS[name](again)
    assert once.read_bytes() == again.read_bytes()
    # Cells, not bytes: the compression library may differ between machines.
    assert cells(once) == cells(sample_path(name))


def test_the_export_has_its_tables_under_names_tierbook_knows(export):
    with ZipFile(sample_path("hospitality")) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/tables/")]
    assert sorted(re.findall(r'displayName="(\w+)"', " ".join(parts))) == ["interactions", "surveys"]
    assert list(export) == ["客户", "Transactions", "Service log", "Survey answers", "Redemptions", "Notes"]
    assert export["客户"][0][:3] == ("客户编号", "客户名称", "客户类型")
    assert len(export["客户"]) == 421


def test_transactions_cover_26_months_up_to_the_last_of_october(lines):
    days = [line["Date"] for line in lines if isinstance(line["Date"], datetime)]
    assert 4_500 < len(lines) < 6_000
    assert min(days).date() < date(2024, 9, 20)
    assert max(days).date() == date(2026, 10, 31)


def test_spending_is_heavy_tailed(lines):
    spend: dict[str, float] = defaultdict(float)
    for line in lines:
        if isinstance(line["Amount"], int | float):
            spend[line["Customer ID"]] += line["Amount"]
    ranked = sorted(spend.values(), reverse=True)
    assert 0.5 < sum(ranked[: len(ranked) // 5]) / sum(ranked) < 0.85


@pytest.mark.parametrize(
    "dirt, found, count",
    [
        ("amounts with a currency sign", lambda line: str(line["Amount"]).startswith(("¥", "¥-")), 6),
        (
            "ids with spaces or no-break spaces",
            lambda line: line["Customer ID"] != line["Customer ID"].strip(),
            3,
        ),
        ("dates without a date format", lambda line: isinstance(line["Date"], int | float), 2),
        ("a date that does not exist", lambda line: line["Date"] == "2026-02-30", 1),
        ("an amount that is a remark", lambda line: line["Amount"] == "on the house", 1),
        ("lines of unknown customers", lambda line: line["Customer ID"] in ("C0977", "C0981"), 5),
        ("lines without an order number", lambda line: line["Transaction ID"] is None, 10),
    ],
)
def test_the_export_is_dirty_in_small_doses(lines, dirt, found, count):
    assert sum(map(found, lines)) == count, dirt


def test_one_transaction_line_is_there_twice_one_row_is_blank_and_the_last_is_a_total(export, lines):
    rows = export["Transactions"]
    assert len(lines) - len({tuple(line.values()) for line in lines}) == 1
    assert sum(all(cell is None for cell in row) for row in rows[3:]) == 1
    assert rows[-1][0] == "Total"


def test_cdnow_calibration_sums_are_the_published_ones():
    log = cdnow.purchases()
    end = date(1997, 9, 30)
    days = defaultdict(set)
    for purchase in log:
        if purchase.date <= end:
            days[purchase.customer_id].add(purchase.date)
    assert (len(log), len({purchase.customer_id for purchase in log})) == (6_919, 2_357)
    assert sum(len(seen) - 1 for seen in days.values()) == 2_457
    assert sum(len(seen) > 1 for seen in days.values()) == 946
    assert sum((max(seen) - min(seen)).days for seen in days.values()) == 112_949
    assert sum((end - min(seen)).days for seen in days.values()) == 539_779


def test_the_cdnow_workbook_holds_the_log_with_ids_as_text():
    book = cells(sample_path("cdnow"))
    header, *rows = book["transactions"]
    assert header == ("customer_id", "date", "quantity", "amount")
    log = cdnow.purchases()
    assert rows == [
        (p.customer_id, datetime(p.date.year, p.date.month, p.date.day), p.quantity, p.amount) for p in log
    ]
    assert rows[0][0] == "0001"


def test_reading_the_export_sets_two_rows_aside_and_refuses_nothing(lines):
    source = read(sample_path("hospitality"), today=date(2026, 11, 2))
    unusable, twice = 2, 1
    assert {name: len(table) for name, table in source.tables.items()} == {
        "customers": 420,
        "transactions": len(lines) - unusable - twice,
        "interactions": 745,
        "surveys": 1072,
        "redemptions": 164,
    }
    assert "error" not in {problem.level for problem in source.problems}
    assert {problem.cell for problem in source.problems if problem.table == "customers"} == set()
    assert source.tables["customers"].schema.field("lost_reason").type == "string"


def test_every_group_of_the_hospitality_pack_has_customers_in_the_export():
    source = read(sample_path("hospitality"), today=date(2026, 11, 2))
    run = score(source.tables, read_pack(shipped("rules") / "hospitality.yaml"), today=date(2026, 11, 2))
    assert (run.as_of, len(run.customers)) == (date(2026, 10, 31), 422)

    def count(column):
        cells = run.customers[column].to_pylist()
        return Counter(name for cell in cells for name in (cell or "").split("; ") if name)

    groups = {
        "tier": ("vip", "important", "general"),
        "stage": ("introduction", "growth", "maturity", "decline", "departed"),
        "ladder": ("potential", "new", "satisfied", "retained", "regular"),
        "churn_level": ("none", "watch", "warning", "lost"),
        "positions": ("key_account", "long_standing", "potential", "complaint", "member"),
    }
    for column, names in groups.items():
        counted = count(column)
        assert {name for name in names if counted[name] < 10} == set(), column


def test_every_group_of_the_retail_pack_has_customers_in_the_shop():
    source = read(sample_path("retail"), today=date(2026, 11, 2))
    assert source.problems == []
    run = score(source.tables, read_pack(shipped("rules") / "retail.yaml"), today=date(2026, 11, 2))
    assert (run.as_of, len(run.customers)) == (date(2026, 10, 31), 330)
    groups = {
        "stage": ("exploration", "formation", "stability", "decline"),
        "early_warning": ("none", "watch", "warning", "lost"),
        "early_warning_reason": ("R", "F", "M"),
        "winback": ("win_back", "let_go"),
        "tier": ("vip", "important", "general"),
    }
    for column, names in groups.items():
        counted = Counter(run.customers[column].to_pylist())
        assert {name for name in names if counted[name] < 10} == set(), column


def test_every_group_of_the_securities_pack_has_accounts_at_the_brokerage():
    source = read(sample_path("securities"), today=date(2026, 11, 2))
    assert source.problems == []
    run = score(source.tables, read_pack(shipped("rules") / "securities.yaml"), today=date(2026, 11, 2))
    groups = {
        "tier": ("vip", "important", "general", "potential", "no_value"),
        "class.rhythm": ("long", "medium", "short"),
        "class.product": ("shares", "funds", "bonds", "mixed"),
        "class.style": ("trend", "value", "swing"),
        "class.risk": ("aggressive", "balanced", "conservative"),
        "score.loyalty.level": ("loyal", "neutral", "volatile"),
        "retention_group": ("no_value", "stable_high", "at_risk_high", "stable_low", "at_risk_low"),
    }
    for column, names in groups.items():
        counted = Counter(run.customers[column].to_pylist())
        assert {name for name in names if counted[name] < 10} == set(), column


def test_warnings_of_the_freight_company_were_right_wrong_and_missing_and_mostly_in_time():
    source = read(sample_path("logistics"), today=date(2026, 11, 2))
    assert source.problems == []
    run = score(source.tables, read_pack(shipped("rules") / "logistics.yaml"), today=date(2026, 11, 2))
    assert run.backtest is not None
    found = run.backtest.rules
    cost = run.false_alarms(found)
    assert cost is not None
    hits = found.flagged - cost.false_alarms
    assert min(hits, cost.false_alarms, found.lost - hits) >= 5
    assert cost.false_alarm_cost == 60 * cost.false_alarms > 0
    assert found.lead_days > 0
    assert found.lift > 2


def test_reading_cdnow_makes_customers_from_the_purchases():
    source = read(sample_path("cdnow"), today=date(2026, 11, 2))
    assert source.problems == []
    assert list(source.tables) == ["transactions"]
    assert len(source.tables["transactions"]) == 6_919
    assert source.tables["transactions"]["customer_id"][0].as_py() == "0001"


@pytest.mark.parametrize(
    ("pack", "groups"),
    [
        (
            "exhibition",
            {
                "tier": ("key", "regular", "occasional", "contact"),
                "stage": ("introduction", "growth", "maturity", "decline", "departed"),
                "positions": ("key_exhibitor", "key_visitor", "professional", "loyal", "no_show"),
                "churn_level": ("none", "watch", "warning", "lost"),
            },
        ),
        (
            "b2b",
            {
                "tier": ("strategic", "core", "develop", "prospect"),
                "score.three_part.level": ("strong", "fair", "weak"),
                "positions": ("profitable", "trusted", "defended", "exposed"),
                "stage": ("introduction", "growth", "maturity", "decline", "departed"),
                "churn_level": ("none", "watch", "warning", "lost"),
            },
        ),
        (
            "automotive",
            {
                "tier": ("vip", "important", "general", "prospect"),
                "class.segment": ("fleet", "loyal_owner", "owner", "workshop", "prospect"),
                "positions": ("fleet", "renewal", "service_only", "car_only", "complaint"),
                "stage": ("introduction", "growth", "maturity", "decline", "departed"),
                "churn_level": ("none", "watch", "warning", "lost"),
            },
        ),
    ],
)
def test_every_group_of_a_programme_pack_has_customers_in_its_sample(pack, groups):
    source = read(sample_path(pack))
    assert source.problems == []
    run = score(source.tables, read_pack(shipped("rules") / f"{pack}.yaml"))
    for column, names in groups.items():
        counted = Counter(
            name for cell in run.customers[column].to_pylist() for name in (cell or "").split("; ")
        )
        assert {name for name in names if counted[name] < 8} == set(), column
