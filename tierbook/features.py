"""The customer table: one row per customer with the standard features (`spec/systems.md`, Standard features).

`load` gives every engine the same views over whatever tables there are; `features.sql` is the calculation.
Both are written in DuckDB's dialect with constructs that PostgreSQL and Spark also have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from string import Template
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from tierbook.engines.coded import CODED_NUMBERS, CODED_SALES, NUMBER, enumeration, put_coded
from tierbook.engines.duckdb import DuckDB
from tierbook.shipped import package
from tierbook.tables import TABLES, Kind, Table

if TYPE_CHECKING:
    import pyarrow as pa

NARROW = 1e11
"""Amounts from which DECIMAL(18, 6) might not do; narrow decimals add up faster, and as exactly."""

FeatureType = Literal["number", "text", "date", "yes_no"]

# Feature names by the table without which there is nothing to calculate them from, in the order of the specification.
_CALCULATED_FROM = {
    "transactions": """
        orders total_spend total_cost net_value average_order
        first_date last_date days_since_last tenure_months orders_per_month spend_per_month active_months
        orders_recent spend_recent orders_previous spend_previous spend_change
        median_gap_days overdue_ratio frequency recency T monetary_value
        rfm_r rfm_f rfm_m rfm_total rfm_r_before rfm_f_before rfm_m_before rfm_total_before
        top_category top_category_share top_channel channels new_products
        mean_discount turnover median_holding_days
        referrals referred_spend guest_visits designations
    """,
    "interactions": "complaints_recent praises_recent contacts_recent open_complaints worst_severity",
    "surveys": "nps satisfaction",
    "receivables": "receivable overdue_days credit_used",
    "customers": "settlement",
}

_OTHER_TYPES: dict[str, FeatureType] = {
    "first_date": "date",
    "last_date": "date",
    "top_category": "text",
    "top_channel": "text",
    "settlement": "text",
}

COLUMNS: dict[str, FeatureType] = {
    name: _OTHER_TYPES.get(name, "number") for names in _CALCULATED_FROM.values() for name in names.split()
}
"""Every standard feature and its type, in the order of the specification."""

TRANSACTIONS = "tierbook_transactions"
"""The view `load` makes over the transactions; the others are called alike."""

DATED = f"SELECT customer_id, date, amount FROM {TRANSACTIONS}"
"""The query of what readers of a run look up about its transactions."""

_SQL_TYPES: dict[Kind | FeatureType, str] = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "number": "DOUBLE",
    "money": "DOUBLE",
    "share": "DOUBLE",
    "date": "DATE",
    "time": "TIMESTAMP",
    "yes_no": "BOOLEAN",
}


class Engine(Protocol):
    """What the calculation asks of an engine; texts are in DuckDB's dialect, the engine translates them."""

    def put(self, name: str, table: Any) -> None: ...

    def make(self, name: str, text: str) -> None: ...

    def view(self, name: str, text: str) -> None: ...

    def columns(self, name: str) -> dict[str, str]: ...


def calculated_from(table: str) -> set[str]:
    """Names of the features that cannot be had without an input table."""
    return set(_CALCULATED_FROM.get(table, "").split())


def load(engine: Engine, tables: Mapping[str, pa.Table]) -> bool:
    """Whether every transaction has a number of its own; makes views `tierbook_<table>` over all tables of the specification, each with all its columns.

    A table or column that is not there is empty or missing in its view, with the type it would have, so that the
    texts over the views never change; `tierbook_given` says which tables there are. Columns nobody knows follow the known ones. Exact duplicates of a
    transaction row with a number count once. Without a `turnover` column, turnover is the amount.

    Three tables hold what every date's features begin with: `tierbook_numbers` gives each customer a number, lighter
    to group by and to join on than the identifiers people use, `tierbook_sales` has the rows of transactions with it
    and exact money, `tierbook_purchase_days` one row per customer and day with a purchase. In DuckDB the rows bring
    the numbers along (`engines/coded.py`), which costs less than joining them on.

    Parameters
    ----------
    tables : mapping of str to Arrow table
        By canonical names, with canonical column names (`tierbook/tables.py`).
    """
    columns: dict[str, list[str]] = {}
    sold, rising = None, False
    for name in TABLES:
        given = tables.get(name)
        if given is None:
            continue
        rows = _finite(given)
        if name == "transactions":
            rising = _numbers_rise(rows)
            if not rising and len(repeated := repeated_rows(rows)):
                rows = rows.take(np.delete(np.arange(len(rows)), repeated))
            sold = rows
        if name == "customers":
            rows = rows.drop_columns(recalculated(rows.column_names, tables))
        engine.put(f"tierbook_given_{name}", rows)
        columns[name] = rows.column_names
    name_views(engine, columns)
    settings = {}
    if sold is not None and isinstance(engine, DuckDB):
        put_coded(engine, sold, identified="customers" in columns)
        rows = f"{_normalised(TABLES['transactions'], sold.column_names)}, {NUMBER} FROM {CODED_SALES}"
        settings = _CODED | {"rows": f"({rows}) AS sale WHERE {NUMBER} IS NOT NULL"}
        names = [name for name in _NAMES if name in sold.column_names]
        if kind := enumeration([sold[name] for name in names]):
            settings |= {name: f"CAST(sale.{name} AS {kind})" for name in names}
    prepare(
        engine, narrow=bool(sold and _narrow(sold)), numbered=bool(sold and not rising), settings=settings
    )
    return rising


def name_views(engine: Engine, given: Mapping[str, Iterable[str]]) -> None:
    """The views `tierbook_<table>` over the tables or views `tierbook_given_<table>` of an engine.

    Parameters
    ----------
    given : mapping
        Table -> its columns, by canonical names.
    """
    for name, table in TABLES.items():
        source = f"FROM tierbook_given_{name}" if name in given else "WHERE 1 = 0"
        engine.view(f"tierbook_{name}", f"{_normalised(table, given.get(name, ()))} {source}")
    engine.view("tierbook_given", f"SELECT {', '.join(f'{name in given} AS {name}' for name in TABLES)}")


def prepare(
    engine: Engine, *, narrow: bool, numbered: bool, settings: Mapping[str, str] | None = None
) -> None:
    """The three tables that every date's features begin with.

    Parameters
    ----------
    narrow : bool
        Whether every amount of money stays below `NARROW`.
    numbered : bool
        Whether a transaction number may stand on several rows; numbers that stand on one row only group nothing.
    settings : mapping, optional
        Other pieces of the texts than those that work in every engine.
    """
    pieces = {
        **_JOINED,
        **(settings or {}),
        "money": "DECIMAL(18, 6)" if narrow else "DECIMAL(38, 6)",
        "order_number": "transaction_id" if numbered else "NULL",
    }
    for name, text in _PREPARED.items():
        engine.make(name, Template(text).substitute(pieces))


_NAMES = ("product", "category", "channel", "settlement")
_JOINED = {
    "numbers": """
        SELECT customer_id, ROW_NUMBER() OVER (ORDER BY customer_id) AS customer
        FROM (
            SELECT customer_id FROM tierbook_customers UNION SELECT customer_id FROM tierbook_transactions
        ) AS everyone
        WHERE customer_id IS NOT NULL""",
    "customer": "numbers.customer",
    "rows": """tierbook_transactions AS sale
        JOIN tierbook_numbers AS numbers ON numbers.customer_id = sale.customer_id""",
    **{name: f"sale.{name}" for name in _NAMES},
}
_CODED = {"numbers": f"SELECT customer_id, customer FROM {CODED_NUMBERS}", "customer": f"sale.{NUMBER}"}

_PREPARED = {
    "tierbook_numbers": "$numbers",
    "tierbook_sales": """
        SELECT
            $customer AS customer, sale.date, CAST($order_number AS VARCHAR) AS order_number,
            $product AS product, $category AS category, $channel AS channel, $settlement AS settlement,
            CAST(sale.amount AS $money) AS amount,
            CAST(sale.cost AS $money) AS cost,
            CAST(sale.turnover AS $money) AS turnover
        FROM $rows""",
    # Beside each day the purchase day before it, which of the customer's days it is, and whether it is the first in
    # its month.
    "tierbook_purchase_days": """
        SELECT
            customer, date, spend, day_before, place,
            day_before IS NULL OR DATE_TRUNC('month', day_before) < DATE_TRUNC('month', date) AS new_month
        FROM (
            SELECT
                customer, date, spend,
                LAG(date) OVER (PARTITION BY customer ORDER BY date) AS day_before,
                ROW_NUMBER() OVER (PARTITION BY customer ORDER BY date) AS place
            FROM (
                SELECT customer, date, SUM(amount) AS spend
                FROM tierbook_sales
                WHERE amount >= 0 AND date IS NOT NULL
                GROUP BY customer, date
            ) AS days
        ) AS placed""",
}


def customer_features(engine: Engine, *, as_of: date, window_days: int) -> None:
    """Table `features`: the result of `customer_text`."""
    engine.make("features", customer_text(engine, as_of=as_of, window_days=window_days))


def customer_text(engine: Engine, *, as_of: date, window_days: int) -> str:
    """The query of customer_id, every column of `customers` as given, then the standard features.

    Parameters
    ----------
    as_of : date
        The day the analysis speaks for; rows dated later are ignored.
    window_days : int
        Length of the last window and of the one before it. [days]
    """
    standard = Template((package() / "features.sql").read_text(encoding="utf-8")).substitute(
        as_of=_day(as_of),
        recent_after=_day(as_of - timedelta(days=window_days)),
        previous_after=_day(as_of - timedelta(days=2 * window_days)),
    )
    listed = [
        name for name in engine.columns("tierbook_customers") if name not in ("customer_id", "settlement")
    ]
    # Customers that come with a ready-made feature keep it: `load` has dropped those that are calculated.
    columns = [
        "standard.customer_id",
        *(f'listed."{name}"' for name in listed if name not in COLUMNS),
        *(
            f'CAST({"listed" if name in listed else "standard"}."{name}" AS {_SQL_TYPES[kind]}) AS "{name}"'
            for name, kind in COLUMNS.items()
        ),
    ]
    return (
        f"SELECT {', '.join(columns)} FROM (\n{standard}\n) AS standard "
        "LEFT JOIN tierbook_customers AS listed ON listed.customer_id = standard.customer_id"
    )


def repeated_rows(transactions: pa.Table) -> np.ndarray:
    """Positions of transaction rows that repeat an earlier row, number and all, in rising order.

    Two equal rows without a transaction number are two purchases.
    """
    if "transaction_id" not in transactions.column_names:
        return np.empty(0, dtype=np.int64)
    import duckdb
    import pyarrow as pa

    every = ", ".join(f'"{name}"' for name in transactions.column_names)
    with duckdb.connect(":memory:") as connection:
        connection.register("given", transactions)
        # Almost every table is clean, and sorted hashes say so at a fraction of the cost of comparing rows.
        hashes = connection.sql(f"SELECT HASH({every}) AS hash FROM given").fetchnumpy()["hash"]
        ordered = np.sort(hashes)
        doubtful = np.isin(hashes, ordered[1:][ordered[1:] == ordered[:-1]])
        doubtful &= transactions["transaction_id"].is_valid().to_numpy()
        (places,) = np.nonzero(doubtful)
        if not len(places):
            return places
        suspects = transactions.take(places).append_column("tierbook_place", pa.array(places))
        connection.register("suspects", suspects)
        return connection.sql(f"""
            SELECT tierbook_place AS place
            FROM suspects
            QUALIFY ROW_NUMBER() OVER (PARTITION BY {every} ORDER BY tierbook_place) > 1
            ORDER BY place
        """).fetchnumpy()["place"]


def _numbers_rise(transactions: pa.Table) -> bool:
    """Whether every row has a number above that of the row before, so that none occurs twice; that is cheap to see."""
    import pyarrow.compute as pc

    if "transaction_id" not in transactions.column_names:
        return False
    numbers = transactions["transaction_id"].combine_chunks()
    if numbers.null_count:
        return False
    return bool(pc.all(pc.greater(numbers[1:], numbers[:-1]), min_count=0).as_py())


def _narrow(transactions: pa.Table) -> bool:
    """Whether every amount fits the narrowest DECIMAL."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in ("amount", "cost", "turnover"):
        if name in transactions.column_names:
            bounds = pc.min_max(transactions[name].cast(pa.float64(), safe=False)).as_py()
            if bounds["min"] is not None and max(-bounds["min"], bounds["max"]) >= NARROW:
                return False
    return True


def _normalised(table: Table, given: Iterable[str]) -> str:
    """The SELECT list that makes a given table one with every column of the specification, typed."""
    given = list(given)
    known = [column.name for column in table.columns]
    columns = [
        f'CAST({_source(table.name, column.name, given)} AS {_SQL_TYPES[column.kind]}) AS "{column.name}"'
        for column in table.columns
    ]
    extras = [f'"{name}"' for name in given if name not in known]
    return f"SELECT {', '.join([*columns, *extras])}"


def _source(table: str, column: str, given: list[str]) -> str:
    if column in given:
        return f'"{column}"'
    if (table, column) == ("transactions", "turnover") and "amount" in given:
        return "amount"
    return "NULL"


def recalculated(columns: Iterable[str], tables: Iterable[str]) -> list[str]:
    """Columns of `customers` that the tables at hand give afresh, like an old `total_spend` beside transactions."""
    afresh = set().union(*(calculated_from(table) for table in tables if table != "customers"))
    return [name for name in columns if name in afresh]


def _finite(rows: pa.Table) -> pa.Table:
    """The same table with NaN and infinities, which frames may carry, as missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, column in enumerate(rows.columns):
        if pa.types.is_floating(column.type) and not pc.all(pc.is_finite(column), min_count=0).as_py():
            missing = pa.scalar(None, column.type)
            rows = rows.set_column(
                place, rows.field(place), pc.if_else(pc.is_finite(column), column, missing)
            )
    return rows


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
