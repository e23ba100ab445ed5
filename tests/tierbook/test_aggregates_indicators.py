"""The indicators of a period, counted again in plain loops and run on PostgreSQL too."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlglot

from tierbook import aggregates
from tierbook.engines.duckdb import DuckDB
from tierbook.features import load

AS_OF, START, WINDOW = date(2026, 3, 31), date(2025, 12, 31), 90
Row = dict[str, Any]


def tables(seed: int, *, customers: int = 60) -> dict[str, pa.Table]:
    """Everything the indicators read, some of it missing."""
    chance = random.Random(seed)

    def who() -> str:
        return f"C{chance.randint(0, customers - 1):03}"

    def day(back: int = 400) -> date:
        return AS_OF - timedelta(days=chance.randint(-10, back))

    def moment(after: date, days: int) -> datetime | None:
        return chance.choice(
            [
                None,
                datetime(after.year, after.month, after.day, 15)
                + timedelta(hours=chance.randint(0, 24 * days)),
            ]
        )

    sales = [
        {"customer_id": who(), "date": day(), "amount": round(chance.uniform(-30, 300), 2), "channel": chance.choice([None, "shop", "web"]),
         "owner": chance.choice([None, "Ann", "Bo"]), "product": chance.choice([None, "tea", "soup", "rice"]), "cost": chance.choice([None, 5.0])}
        for _ in range(500)
    ]  # fmt: skip
    said = []
    for _ in range(200):
        opened = day(120)
        said.append({
            "customer_id": who(), "date": datetime(opened.year, opened.month, opened.day, 12), "type": chance.choice(["complaint", "visit", "claim", "praise"]),
            "phase": chance.choice([None, "presale", "sale", "aftersale"]), "channel": chance.choice([None, "shop", "phone"]),
            "outcome": chance.choice([None, "", "reached"]), "responded": moment(opened, 3), "closed": moment(opened, 30),
            "cost": chance.choice([None, 0.0, 12.5]),
        })  # fmt: skip
    leads = [
        {"lead_id": f"L{at:03}", "created": day(120), "closed": chance.choice([None, day(60)]), "won": chance.choice([None, True, False]),
         "mobile": chance.choice([None, "138 0013-8000", "13800138000", f"139{at:08}"]), "email": None}
        for at in range(60)
    ]  # fmt: skip
    return {
        "customers": pa.table({"customer_id": [f"C{at:03}" for at in range(customers)]}),
        "transactions": pa.Table.from_pylist(sales),
        "interactions": pa.Table.from_pylist(said),
        "surveys": pa.Table.from_pylist([
            {"customer_id": who(), "date": day(150), "item": chance.choice(["nps", "rooms"]), "score": float(chance.randint(0, 5)), "scale": 5.0}
            for _ in range(80)
        ]),
        "leads": pa.Table.from_pylist(leads),
        "campaigns": pa.Table.from_pylist([
            {"campaign_id": "K1", "start": date(2026, 1, 15), "cost": 100.0}, {"campaign_id": "K2", "start": date(2026, 2, 1), "cost": None},
            {"campaign_id": "K3", "start": date(2025, 1, 1), "cost": 9.0},
        ]),
        "campaign_responses": pa.Table.from_pylist([
            {"campaign_id": "K1", "customer_id": "C001", "group": "target", "revenue": 250.0},
            {"campaign_id": "K1", "customer_id": "C002", "group": "control", "revenue": 999.0},
            {"campaign_id": "K2", "customer_id": "C003", "group": None, "revenue": 50.0},
        ]),
    }  # fmt: skip


def engine_of(given: dict[str, pa.Table]) -> DuckDB:
    engine = DuckDB()
    load(engine, given)
    engine.put("scored", scored(given))
    return engine


def scored(given: dict[str, pa.Table]) -> pa.Table:
    names = aggregates.query("totals", as_of=AS_OF).partition("people AS (SELECT ")[2].partition(" FROM")[0]
    columns = [name.strip('"') for name in names.split(", ")]
    ids = given["customers"]["customer_id"].to_pylist()
    return pa.table(
        {name: ids if name == "customer_id" else pa.nulls(len(ids), pa.float64()) for name in columns}
    )


def indicators(given: dict[str, pa.Table]) -> dict[str, Row]:
    text = aggregates.query(f"indicators:{START}", as_of=AS_OF, window_days=WINDOW)
    return {row["indicator"]: row for row in engine_of(given).sql(text).to_pylist()}


def within(day: date | None) -> bool:
    return day is not None and START < day <= AS_OF


@pytest.mark.parametrize("seed", range(3))
def test_indicators_are_what_plain_loops_find(seed):
    given = tables(seed)
    rows = {name: table.to_pylist() for name, table in given.items()}
    found = {name: (row["part"], row["whole"]) for name, row in indicators(given).items()}

    days: dict[str, set[date]] = {}
    for row in rows["transactions"]:
        if row["amount"] >= 0 and row["date"] <= AS_OF:
            days.setdefault(row["customer_id"], set()).add(row["date"])

    def buying(first: date, last: date) -> set[str]:
        return {who for who, bought in days.items() if any(first < day <= last for day in bought)}

    length = timedelta(days=WINDOW)
    was, now, during = buying(START - length, START), buying(AS_OF - length, AS_OF), buying(START, AS_OF)
    before = buying(date.min, START)
    assert found["churn_rate"] == (len(was - now), len(was))
    assert found["retention_rate"] == (len(was & now), len(was))
    assert found["reactivation_rate"] == (len((before - was) & during), len(before - was))
    again = {who for who in during if sum(within(day) for day in days[who]) > 1}
    assert found["repurchase_rate"] == (len(again), len(during))

    sold = [row for row in rows["transactions"] if row["date"] <= AS_OF]
    profit, buyers = found["clv_historic"]
    assert profit == pytest.approx(sum(row["amount"] - (row["cost"] or 0) for row in sold))
    assert buyers == len(buying(date.min, AS_OF))

    ways: dict[str, set[str]] = {}
    firsts: dict[tuple[str, str], list[date]] = {}
    for row in rows["transactions"]:
        if row["amount"] >= 0 and row["channel"] and within(row["date"]):
            ways.setdefault(row["customer_id"], set()).add(row["channel"])
        if row["amount"] >= 0 and row["product"] and row["date"] <= AS_OF:
            firsts.setdefault((row["customer_id"], row["product"]), []).append(row["date"])
    assert found["multi_channel_share"] == (sum(len(one) > 1 for one in ways.values()), len(ways))
    old = {who for (who, _), bought in firsts.items() if min(bought) <= START}
    back = old & {who for (who, _), bought in firsts.items() if max(bought) > START}
    new = {who for (who, _), bought in firsts.items() if min(bought) > START}
    assert found["cross_sell_rate"] == (len(back & new), len(back))

    said = [row for row in rows["interactions"] if within(row["date"].date())]
    complaints = [row for row in said if row["type"] == "complaint"]
    closed = [row for row in complaints if row["closed"] and row["closed"].date() <= AS_OF]
    responded = [row for row in said if row["responded"] and row["responded"].date() <= AS_OF]
    assert found["complaint_rate"] == (
        len({row["customer_id"] for row in complaints}),
        len(during | {row["customer_id"] for row in said}),
    )
    assert found["resolution_rate"] == (len(closed), len(complaints))
    hours = sum((row["responded"] - row["date"]).total_seconds() / 3600 for row in responded)
    assert found["response_time"] == (pytest.approx(hours), len(responded))
    span = sum((row["closed"] - row["date"]).total_seconds() / 86400 for row in closed)
    assert found["resolution_time"] == (pytest.approx(span, abs=1e-3), len(closed))
    serving = [
        row
        for row in said
        if row["phase"] == "aftersale" or (row["phase"] is None and row["type"] in ("complaint", "claim"))
    ]
    assert found["service_cost"] == (
        sum(row["cost"] or 0 for row in serving),
        len({row["customer_id"] for row in serving}),
    )
    first = {who: min(bought) for who, bought in days.items()}
    winning = [
        row for row in said
        if row["phase"] == "presale" or (row["phase"] is None and row["type"] == "visit" and first.get(row["customer_id"], date.max) > row["date"].date())
    ]  # fmt: skip
    assert found["acquisition_cost"] == (
        sum(row["cost"] or 0 for row in winning),
        sum(within(day) for day in first.values()),
    )

    sold = [row for row in rows["transactions"] if within(row["date"]) and row["owner"]]
    assert found["sales_per_salesperson"] == (
        pytest.approx(sum(row["amount"] for row in sold)),
        len({row["owner"] for row in sold}),
    )
    answers = [row["score"] * 2 for row in rows["surveys"] if row["item"] == "nps" and within(row["date"])]
    assert found["nps"] == (100 * sum((one >= 9) - (one <= 6) for one in answers), len(answers))
    ended = [row for row in rows["leads"] if within(row["closed"]) and row["won"] is not None]
    won = [row for row in ended if row["won"]]
    assert found["conversion_rate"] == (len(won), len(ended))
    assert found["conversion_days"] == (sum((row["closed"] - row["created"]).days for row in won), len(won))
    seen: set[str] = set()
    repeated = fresh = 0
    for row in sorted(rows["leads"], key=lambda row: (row["created"], row["lead_id"])):
        number = (row["mobile"] or "").replace(" ", "").replace("-", "")
        if within(row["created"]):
            fresh += 1
            repeated += number in seen
        seen |= {number} - {""}
    assert found["duplicate_lead_rate"] == (repeated, fresh)
    assert found["promotion_roi"] == (150, 100)
    assert found["retention_cost"] == (100, len(was & now))


def test_an_empty_period_has_nothing_to_divide_by():
    given = {name: table.slice(0, 0) for name, table in tables(0).items()}
    for name, row in indicators(given).items():
        assert (row["part"] or 0, row["whole"] or 0, row["cases"] or 0) == (0, 0, 0), name


def test_costs_of_nothing_are_zero_and_unknown_costs_are_unknown():
    given = tables(1)
    column = given["interactions"].column_names.index("cost")
    for cost, whole in ((0.0, True), (None, False)):
        costs = pa.array([cost] * given["interactions"].num_rows, pa.float64())
        found = indicators(given | {"interactions": given["interactions"].set_column(column, "cost", costs)})
        for name in ("service_cost", "acquisition_cost"):
            assert found[name]["part"] == 0
            assert bool(found[name]["whole"]) is whole, name


def test_one_customer_and_one_answer_are_enough():
    sale = pa.table({"customer_id": ["A"] * 2, "date": [START, AS_OF], "amount": [5.0, 5.0]})
    answer = pa.table({"customer_id": ["A"], "date": [AS_OF], "item": ["nps"], "score": [9.0]})
    found = indicators(
        {"customers": pa.table({"customer_id": ["A"]}), "transactions": sale, "surveys": answer}
    )
    assert (found["nps"]["part"], found["nps"]["cases"]) == (100, 1)
    assert (found["churn_rate"]["part"], found["churn_rate"]["whole"]) == (0, 1)
    assert (found["repurchase_rate"]["part"], found["repurchase_rate"]["whole"]) == (0, 1)


# --- Channels


def channel_tables() -> dict[str, pa.Table]:
    sales = [
        ("A", "shop", "tea", 100.0, 60.0, 2.0), ("A", "web", "tea", 53.0, 30.0, 1.0), ("B", "shop", "tea", 50.0, 30.0, 1.0),
        ("B", "web", "tea", 52.5, 30.0, 1.0), ("B", None, "tea", 10.0, 5.0, None), ("A", "web", "rice", 20.0, None, 1.0),
    ]  # fmt: skip
    names = ("customer_id", "channel", "product", "amount", "cost", "quantity")
    said = [
        ("A", "shop", 2.0, "reached", date(2026, 3, 2)), ("A", "shop", None, "won", date(2026, 3, 9)), ("A", "web", None, "reached", date(2026, 3, 19)),
        ("A", "web", None, "", date(2026, 3, 20)), ("B", "phone", 0.0, None, date(2026, 3, 20)),
    ]  # fmt: skip
    return {
        "customers": pa.table({"customer_id": ["A", "B"]}),
        "transactions": pa.Table.from_pylist(
            [dict(zip(names, row, strict=True)) | {"date": AS_OF} for row in sales]
        ),
        "interactions": pa.Table.from_pylist(
            [
                dict(zip(("customer_id", "channel", "cost", "outcome", "date"), row, strict=True))
                for row in said
            ]
        ),
    }


def asked(name: str) -> list[Row]:
    engine = engine_of(channel_tables())
    people = scored(channel_tables())
    people = people.set_column(people.column_names.index("tier"), "tier", pa.array(["vip", "general"]))
    engine.put("scored", people)
    return engine.sql(aggregates.query(name, as_of=AS_OF)).to_pylist()


def test_channels_cost_and_earn_by_segment():
    found = {
        (row["channel"], row["segment"]): (row["contacts"], row["cost"], row["revenue"], row["margin"])
        for row in asked("channels:tier")
    }
    assert found == {
        ("shop", "vip"): (2, 2.0, 100.0, 40.0), ("shop", "general"): (0, None, 50.0, 20.0), ("web", "vip"): (2, None, 73.0, 43.0),
        ("web", "general"): (0, None, 52.5, 22.5), ("phone", "general"): (1, 0.0, 0.0, None), (None, "general"): (0, None, 10.0, 5.0),
    }  # fmt: skip


def test_the_best_channel_earns_most_with_a_product_in_a_segment():
    found = {
        (row["product"], row["segment"]): (row["channel"], row["channels"], row["margin"])
        for row in asked("best_channels:tier")
    }
    assert found == {
        ("tea", "vip"): ("shop", 2, 40.0),
        ("tea", "general"): ("web", 2, 22.5),
        ("rice", "vip"): ("web", 1, None),
    }


def test_habits_come_from_contacts_with_an_outcome():
    (habit,) = asked("contact_habits")
    assert habit == {
        "customer_id": "A",
        "channel": "shop",
        "weekday": 1,
        "gap_days": 8.5,
        "contacts": 3,
        "last_day": date(2026, 3, 19),
    }


def test_prices_are_apart_from_more_than_five_per_cent():
    (conflict,) = asked("channel_conflicts")
    assert (conflict["customer_id"], conflict["low_channel"], conflict["high_channel"]) == (
        "A",
        "shop",
        "web",
    )
    assert conflict["gap"] == pytest.approx(0.06), "B pays exactly 5 % more, which is not more than that"


@pytest.mark.host("postgresql")
def test_postgresql_gives_the_same_figures(postgres):
    given, engine = tables(2), engine_of(tables(2))
    names = "transactions interactions surveys leads campaigns campaign_responses numbers sales purchase_days".split()
    sources = {f"tierbook_{name}": engine.sql(f"SELECT * FROM tierbook_{name}") for name in names}
    sources["scored"] = scored(given)
    types = {
        "string": "text",
        "double": "double precision",
        "date32[day]": "date",
        "bool": "boolean",
        "timestamp[us]": "timestamp",
    }
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE SCHEMA indicators")
        connection.execute("SET search_path TO indicators; SET jit TO off")
        for name, table in sources.items():
            columns = ", ".join(
                f'"{field.name}" {types.get(str(field.type)) or ("text" if pa.types.is_dictionary(field.type) else "numeric")}'
                for field in table.schema
            )
            connection.execute(f'CREATE TABLE "{name}" ({columns})'.encode())
            with connection.cursor().copy(f'COPY "{name}" FROM STDIN'.encode()) as copy:
                for row in table.to_pylist():
                    copy.write_row(list(row.values()))
        for name in (
            f"indicators:{START}",
            "channels:customer_id",
            "best_channels:customer_id",
            "contact_habits",
            "channel_conflicts",
        ):
            text = aggregates.query(name, as_of=AS_OF)
            (translated,) = sqlglot.transpile(text, read="duckdb", write="postgres")
            rows = (
                connection.cursor(row_factory=psycopg.rows.dict_row).execute(translated.encode()).fetchall()
            )
            here = engine.sql(text).to_pylist()
            assert sorted(map(str, map(rounded, rows))) == sorted(map(str, map(rounded, here))), name
        connection.rollback()


def rounded(row: Row) -> Row:
    return {name: round(cell, 9) if isinstance(cell, float) else cell for name, cell in row.items()}
