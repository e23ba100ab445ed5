"""The small tables of a report, counted again in plain loops and run on PostgreSQL too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlglot

from tests.tierbook.aggregate_data import (
    AS_OF,
    PREPARED,
    SIDES,
    SIGNALS,
    WANTS,
    Row,
    answered,
    exact,
    query,
    tables,
)
from tierbook import aggregates
from tierbook.errors import DataError


def figures(rows: list[Row], year: dict[str, list[float]]) -> Row:
    return {
        "customers": len(rows),
        "active": sum(row["orders_recent"] > 0 for row in rows),
        "revenue_recent": exact(row["spend_recent"] for row in rows),
        "revenue": exact(row["total_spend"] for row in rows),
        "revenue_year": exact(amount for row in rows for amount in year.get(row["customer_id"], [])),
        "value": exact(row["value"] for row in rows),
        "flagged": sum(row["churn_flagged"] for row in rows),
    }


def year_of(given: dict[str, pa.Table]) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = {}
    for row in given["tierbook_transactions"].to_pylist():
        if date(2025, 3, 31) < row["date"] <= AS_OF:
            spent.setdefault(row["customer_id"], []).append(row["amount"])
    return spent


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "name, keys",
    [
        ("tiers", ["tier"]),
        ("stages", ["stage"]),
        ("churn_levels", ["churn_level"]),
        ("levels_by_tier", ["tier", "churn_level"]),
        ("rfm_cells", ["rfm_r", "rfm_f"]),
        ("rfm_segments", ["rfm_segment"]),
        ("early_warnings", ["early_warning", "early_warning_reason"]),
        ("warnings_by_stage", ["stage", "early_warning"]),
        ("winbacks", ["winback"]),
        ("breakdown:region", ["region"]),
        ("breakdown:class/region", ["class", "region"]),
    ],
)
def test_groups_are_what_plain_loops_find(seed, name, keys):
    given = tables(seed)
    groups: dict[tuple, list[Row]] = {}
    for row in given["scored"].to_pylist():
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    found = {tuple(row[key] for key in keys): row for row in answered(given, name)}
    assert set(found) == set(groups)
    for group, rows in groups.items():
        expected = figures(rows, year_of(given))
        assert {figure: found[group][figure] for figure in expected} == expected
        if name == "winbacks":
            assert found[group]["spend"] == exact(row["winback_spend"] for row in rows)
        if name == "tiers":
            assert found[group]["value.base"] == exact(row["value.base"] for row in rows)
            assert found[group]["lowest_value"] == min(
                row["value"] for row in rows if row["value"] is not None
            )


@pytest.mark.parametrize("scored", ["scored", "scored_before"])
def test_totals_are_what_plain_loops_find(scored):
    given = tables(0)
    rows, year = given[scored].to_pylist(), year_of(given)
    flagged = [row for row in rows if row["churn_flagged"]]
    expected = figures(rows, year) | {
        "buyers": sum(row["orders"] > 0 for row in rows),
        "new_customers": sum(
            bool(row["first_date"]) and row["first_date"] > AS_OF - timedelta(days=90) for row in rows
        ),
        "valued": sum(row["value"] is not None for row in rows),
        "flagged_value": exact(row["value"] for row in flagged),
        "flagged_revenue_year": exact(
            amount for row in flagged for amount in year.get(row["customer_id"], [])
        ),
    }
    assert answered(given, "totals", scored=scored) == [expected]


def test_a_signal_is_not_found_inside_the_name_of_another():
    given = tables(0)
    found = {row["signal"]: row["customers"] for row in answered(given, "signals")}
    lists = [row["churn_signals"].split("; ") for row in given["scored"].to_pylist()]
    assert found == {signal: sum(signal in shown for shown in lists) for signal in SIGNALS}


def test_twelve_months_end_on_the_day_and_keep_short_februaries():
    assert aggregates.month_ends(AS_OF)[-2:] == [date(2026, 2, 28), AS_OF]
    given = tables(1)
    months = answered(given, "months")
    assert [row["month_end"] for row in months] == aggregates.month_ends(AS_OF)[1:]
    assert sum(row["revenue"] for row in months) == pytest.approx(
        exact(amount for amounts in year_of(given).values() for amount in amounts)
    )
    march = [
        row for row in given["tierbook_transactions"].to_pylist() if date(2026, 2, 28) < row["date"] <= AS_OF
    ]
    assert months[-1]["revenue"] == exact(row["amount"] for row in march)
    assert months[-1]["active"] == len({row["customer_id"] for row in march if row["amount"] >= 0})
    assert months[-1]["orders"] == sum(row["amount"] >= 0 for row in march)


def test_movements_count_everybody_once_and_say_who_was_not_there():
    given = tables(2)
    before = {row["customer_id"]: row["tier"] for row in given["scored_before"].to_pylist()}
    expected: dict[tuple, int] = {}
    for row in given["scored"].to_pylist():
        move = (before.get(row["customer_id"]), row["tier"])
        expected[move] = expected.get(move, 0) + 1
    assert {
        (row["before"], row["now"]): row["customers"] for row in answered(given, "tier_moves")
    } == expected


def test_classes_are_the_80_20_list_and_refunders_leave_the_total_alone():
    given = tables(3)
    spend = sorted(
        ((max(row["total_spend"] or 0, 0), row["customer_id"]) for row in given["scored"].to_pylist()),
        key=lambda pair: (-pair[0], pair[1]),
    )
    total = sum(amount for amount, _ in spend)
    counts = {"A": 0, "B": 0, "C": 0}
    before = 0.0
    for amount, _ in spend:
        counts["C" if amount <= 0 or before >= 0.95 * total else "A" if before < 0.8 * total else "B"] += 1
        before += amount
    found = answered(given, "classes")
    assert {row["class"]: row["customers"] for row in found} == counts
    curve = answered(given, "pareto")
    assert len(curve) == 100
    assert (curve[-1]["customer_share"], curve[-1]["revenue_share"]) == (1, 1)
    first = [amount for amount, _ in spend[: round(curve[19]["customer_share"] * len(spend))]]
    assert curve[19]["revenue_share"] == pytest.approx(sum(first) / total)


def test_products_count_customers_who_came_back_for_them_on_another_day():
    given = tables(5)
    days: dict[tuple, set[date]] = {}
    amounts: dict[str | None, list[float]] = {}
    recent: dict[str | None, list[float]] = {}
    for row in given["tierbook_transactions"].to_pylist():
        if row["date"] <= AS_OF:
            amounts.setdefault(row["product"], []).append(row["amount"])
            if row["date"] > AS_OF - timedelta(days=90):
                recent.setdefault(row["product"], []).append(row["amount"])
            if row["amount"] >= 0:
                days.setdefault((row["product"], row["customer_id"]), set()).add(row["date"])
    found = {row["product"]: row for row in answered(given, "products")}
    assert set(found) == set(amounts)
    for product, row in found.items():
        of_product = [bought for (name, _), bought in days.items() if name == product]
        assert row["revenue"] == exact(amounts[product])
        assert row["revenue_recent"] == exact(recent[product])
        assert row["customers"] == len(of_product)
        assert row["repeat_customers"] == sum(len(bought) > 1 for bought in of_product)
        assert row["purchase_days"] == sum(map(len, of_product))


def test_products_are_paired_that_one_sale_holds_together():
    given = tables(5)
    lines = [
        row | {"customer_id": f"C{at % 40:03}", "product": ("tea", "soup", "rice", None)[at * at % 7 % 4]}
        for at, row in enumerate(given["tierbook_transactions"].to_pylist())
    ]
    given["tierbook_transactions"] = pa.Table.from_pylist(lines)
    known = set(given["scored"]["customer_id"].to_pylist())
    sales: dict[tuple, set[str]] = {}
    for row in lines:
        if row["customer_id"] in known and row["date"] <= AS_OF and row["amount"] >= 0 and row["product"]:
            key = (row["customer_id"], row["transaction_id"] or row["date"])
            sales.setdefault(key, set()).add(row["product"])
    held = {product: sum(product in sale for sale in sales.values()) for product in ("rice", "soup", "tea")}
    expected = []
    for product, other in (("rice", "soup"), ("rice", "tea"), ("soup", "tea")):
        both = sum({product, other} <= sale for sale in sales.values())
        if both >= 5:
            expected.append((product, other, both, held[product], held[other], len(sales)))
    assert expected
    assert [tuple(row.values()) for row in answered(given, "product_pairs")] == expected


def test_an_owner_is_who_sold_last_else_who_was_in_contact_last():
    given = tables(6)
    expected: dict[str, str] = {}
    for table in ("tierbook_interactions", "tierbook_transactions"):
        rows = [row for row in given[table].to_pylist() if row["owner"] and row["date"] <= AS_OF]
        latest: dict[str, date] = {}
        for row in rows:
            latest[row["customer_id"]] = max(row["date"], latest.get(row["customer_id"], row["date"]))
        for customer, day in latest.items():
            expected[customer] = min(
                row["owner"] for row in rows if (row["customer_id"], row["date"]) == (customer, day)
            )
    assert {row["customer_id"]: row["owner"] for row in answered(given, "owners")} == expected


def test_a_complaint_closed_after_the_day_was_open_on_it():
    given = tables(7)
    expected = [
        (row["customer_id"], row["date"], row["severity"] or 1)
        for row in given["tierbook_interactions"].to_pylist()
        if row["type"] == "complaint"
        and row["date"] <= AS_OF
        and (row["closed"] is None or row["closed"] > AS_OF)
    ]
    found = [
        (row["customer_id"], row["opened"], row["severity"]) for row in answered(given, "open_complaints")
    ]
    assert found == sorted(expected)
    assert found


def test_nobody_gives_empty_tables_and_not_an_error():
    given = {name: table.slice(0, 0) for name, table in tables(0).items()}
    assert answered(given, "totals")[0]["customers"] == 0
    assert len(answered(given, "months")) == 12
    assert [row["customers"] for row in answered(given, "churn_months")] == [0] * 12
    assert answered(given, "margin") == [{"lines": 0, "revenue": 0.0, "cost": 0.0}]
    assert answered(given, "best_fifth") == [{"customers": 0, "profit": 0.0}]
    there = ("totals", "months", "churn_months", "margin", "best_fifth")
    assert all(answered(given, name) == [] for name in aggregates.NAMES if name not in there)


def test_customers_of_a_campaign_count_once_and_later_campaigns_not_at_all():
    found = {row.pop("campaign_id"): row for row in answered(tables(0), "campaigns")}
    assert set(found) == {"K1", "K3", "K9"}
    first = {
        "customers": 3,
        "responded": 1,
        "revenue": 3.3,
        "control": 1,
        "control_responded": 1,
        "control_revenue": 9,
    }
    assert first.items() <= found["K1"].items()
    assert (found["K3"]["customers"], found["K3"]["cost"]) == (0, None)
    assert (found["K9"]["name"], found["K9"]["customers"], found["K9"]["control"]) == (None, 0, 1)


def test_an_account_is_a_group_with_a_key_account_in_it():
    given = tables(0)
    found = {row["account"]: row for row in answered(given, "accounts")}
    assert {name: row["customers"] for name, row in found.items()} == {"C002": 2, "Z": 1, "C007": 1}
    assert found["C002"]["revenue_previous"] == 20.5
    assert found["C002"]["contract_end"] == AS_OF + timedelta(days=9), (
        "the next one to end, not the one that has"
    )
    assert (found["Z"]["spend_of_budget"], found["Z"]["budget"], found["Z"]["contract_end"]) == (3, 300, None)
    visits = [
        row["date"] for row in given["tierbook_interactions"].to_pylist()
        if row["type"] == "visit" and row["customer_id"] in ("C001", "C002") and row["date"] <= AS_OF
    ]  # fmt: skip
    assert found["C002"]["last_visit"] == max(visits, default=None)


def test_months_of_members_count_from_the_day_of_joining():
    given = tables(0)
    joined = {row["customer_id"]: row["joined"] for row in given["scored"].to_pylist() if row["joined"]}
    wanted: dict[str, set[tuple[int, int]]] = {}
    for row in given["days_"].to_pylist():
        if row["customer_id"] in joined and joined[row["customer_id"]] <= row["date"] <= AS_OF:
            wanted.setdefault(row["customer_id"], set()).add((row["date"].year, row["date"].month))
    found = {row["customer_id"]: row["months"] for row in answered(given, "member_months")}
    assert found == {customer: len(months) for customer, months in wanted.items()}


def test_rewards_add_up_what_was_redeemed_by_the_day():
    assert answered(tables(0), "rewards") == [
        {"customer_id": "C001", "item": "mug", "times": 2, "points": 110.0}
    ]


def test_an_unknown_aggregate_is_refused_with_the_ones_there_are():
    with pytest.raises(DataError, match="tier_moves"):
        query("teirs")


@pytest.mark.host("postgresql")
def test_postgresql_gives_the_same_tables(postgres):
    given = tables(4)
    types = {
        "int64": "bigint",
        "string": "text",
        "double": "double precision",
        "date32[day]": "date",
        "bool": "boolean",
    }
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE SCHEMA aggregates")
        connection.execute("SET search_path TO aggregates; SET jit TO off")
        for name, table in given.items():
            columns = ", ".join(f'"{field.name}" {types[str(field.type)]}' for field in table.schema)
            connection.execute(f'CREATE TABLE "{name}" ({columns})'.encode())
            with connection.cursor().copy(f'COPY "{name}" FROM STDIN'.encode()) as copy:
                for row in table.to_pylist():
                    copy.write_row(list(row.values()))
        for name, text in PREPARED.items():
            connection.execute(f"CREATE TABLE {name} AS {text}".encode())
        until = "2026-01-31"
        more = ("breakdown:class/region", f"histories:{until}", f"purchase_days:{until}")
        for name in (*aggregates.NAMES, *more):
            (text,) = sqlglot.transpile(query(name), read="duckdb", write="postgres")
            rows = connection.cursor(row_factory=psycopg.rows.dict_row).execute(text.encode()).fetchall()
            assert in_order(rows) == in_order(answered(given, name)), name
        connection.rollback()


def in_order(rows: list[Row]) -> list[Row]:
    """Engines put missing keys first or last; readers of the tables order them by the pack."""
    return sorted(rows, key=lambda row: [str(cell) for cell in row.values()])


def sided() -> dict[str, str | None]:
    """The side of each customer: its own, else the first it gave with its wants."""
    said: dict[str, str] = {}
    for row in WANTS:
        if row["side"] is not None:
            said[row["customer_id"]] = min(row["side"], said.get(row["customer_id"], row["side"]))
    return {row["customer_id"]: row["side"] or said.get(row["customer_id"]) for row in SIDES}


def test_who_took_part_in_an_edition_booked_it_or_attended():
    given = tables(3)
    side = sided()
    expected = [
        (row["customer_id"], row["edition"], side[row["customer_id"]], row["date"])
        for row in given["tierbook_transactions"].to_pylist()
        if row["edition"] and row["amount"] >= 0 and row["date"] <= AS_OF
    ]
    expected += [
        (row["customer_id"], row["edition"], row["side"] or side[row["customer_id"]], None)
        for row in WANTS
        if row["edition"] and row["attended"] and row["customer_id"] in side
    ]
    found = [tuple(row.values()) for row in answered(given, "participations")]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_recruiting_cost_is_that_of_the_interactions_of_an_edition():
    given = tables(4)
    side = sided()
    spent: dict[Any, list[float]] = {}
    for row in given["tierbook_interactions"].to_pylist():
        if row["edition"] and row["cost"] is not None and row["date"] <= AS_OF:
            spent.setdefault((row["edition"], side[row["customer_id"]]), []).append(row["cost"])
    found = {(row["edition"], row["side"]): row["cost"] for row in answered(given, "recruiting")}
    assert found == {key: exact(costs) for key, costs in spent.items()}


def test_wants_and_contacts_are_those_of_customers_up_to_the_day():
    given = tables(5)
    assert len(answered(given, "wants")) == sum(row["customer_id"] <= "C119" for row in WANTS)
    met = [row for row in given["tierbook_interactions"].to_pylist() if row["date"] <= AS_OF]
    assert len(answered(given, "contacts")) == len(met)
