"""A rule pack's measures: one figure per customer over the rows of an input table (`spec/rules.md`, features).

The texts are in DuckDB's dialect over the views of `features.load`, with constructs PostgreSQL and Spark also have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from tierbook.errors import RuleError
from tierbook.features import Engine
from tierbook.tables import TABLES

How = Literal["count", "sum", "mean", "median", "min", "max", "distinct", "share"]

# The column that says when a row of a table happened; rows of the other tables are always there.
_HAPPENED = {
    "transactions": "date",
    "interactions": "date",
    "surveys": "date",
    "receivables": "issued",
    "leads": "created",
    "lead_history": "changed",
    "campaigns": "start",
    "redemptions": "date",
    "readings": "date",
    "contracts": "start",
}


@dataclass(frozen=True)
class Measure:
    """One figure per customer over a table's rows.

    Parameters
    ----------
    name : str
        The feature it makes.
    how : str
        `share` is the column's sum where the condition holds, over its sum over all rows.
    table, column : str
        What is counted or added up; a count has no column.
    where_sql : str, optional
        A condition on the row, never NULL, in DuckDB's dialect.
    days : (int, int), optional
        First and last day counted back from the as-of date, both included; 0 is the as-of date.
        None: every row up to the as-of date.
    customer_key : str
        The column that names the customer.
    """

    name: str
    how: How
    table: str
    column: str = ""
    where_sql: str | None = None
    days: tuple[int, int] | None = None
    customer_key: str = "customer_id"


def add_measures(engine: Engine, measures: Sequence[Measure], *, as_of: date) -> None:
    """Table `measured`: every customer of `features` with one column per measure.

    Without rows a count, a distinct count and a sum are 0; the other figures are missing.

    Raises
    ------
    RuleError
        A measure of a column that the table does not have.
    """
    for measure in measures:
        there = engine.columns(f"tierbook_{measure.table}")
        for column in (measure.column, measure.customer_key):
            if column and column not in there:
                raise RuleError(
                    "The measure {measure} needs the column {column}, which the table {table} does not have.",
                    fix="Add the column to the table, or take the measure out of the rule pack.",
                    measure=measure.name,
                    column=column,
                    table=measure.table,
                )
    engine.make("measured", _text(measures, as_of))


def _text(measures: Sequence[Measure], as_of: date) -> str:
    """Measures of one table and key share one scan."""
    scans = [list(group) for _, group in groupby(sorted(measures, key=_scan), key=_scan)]
    columns = {
        measure.name: _without_rows(measure, f'scan_{number}."{measure.name}"')
        for number, scan in enumerate(scans)
        for measure in scan
    }
    listed = "".join(f', {columns[measure.name]} AS "{measure.name}"' for measure in measures)
    joins = "".join(
        f"\nLEFT JOIN (\n{_scanned(scan, as_of)}\n) AS scan_{number} ON scan_{number}.customer_id = features.customer_id"
        for number, scan in enumerate(scans)
    )
    return f"SELECT features.customer_id{listed}\nFROM features{joins}"


def _scan(measure: Measure) -> tuple[str, str]:
    return measure.table, measure.customer_key


def _without_rows(measure: Measure, figure: str) -> str:
    return f"COALESCE({figure}, 0)" if measure.how in ("count", "distinct", "sum") else figure


def _scanned(measures: Sequence[Measure], as_of: date) -> str:
    table, key = _scan(measures[0])
    figures = ",\n".join(
        f'    CAST({_figure(measure, as_of)} AS DOUBLE) AS "{measure.name}"' for measure in measures
    )
    rows = [f'"{key}" IS NOT NULL']
    if day := _day_of(table):
        # An undated row, such as an invoice without `issued`, is taken to be there already.
        required = _HAPPENED[table] in TABLES[table].required
        rows.append(f"{day} <= {_date(as_of)}" if required else f"COALESCE({day} <= {_date(as_of)}, TRUE)")
    return (
        f'SELECT "{key}" AS customer_id,\n{figures}\n'
        f'FROM tierbook_{table}\nWHERE {" AND ".join(rows)}\nGROUP BY "{key}"'
    )


def _figure(measure: Measure, as_of: date) -> str:
    column, in_time = f'"{measure.column}"', _in_time(measure, as_of)
    counted = [*in_time, *([f"({measure.where_sql})"] if measure.where_sql else [])]
    match measure.how:
        case "count":
            return f"COUNT(*){_filter(counted)}"
        case "distinct":
            return f"COUNT(DISTINCT {column}){_filter(counted)}"
        case "sum":
            return _sum(measure, counted)
        case "mean":
            return f"{_sum(measure, counted)} / NULLIF(COUNT({column}){_filter(counted)}, 0)"
        case "median" | "min" | "max":
            return f"{measure.how.upper()}({column}){_filter(counted)}"
        case "share":
            whole = _sum(measure, in_time)
            return f"CASE WHEN {whole} > 0 THEN COALESCE({_sum(measure, counted)}, 0) / {whole} END"


def _sum(measure: Measure, conditions: Sequence[str]) -> str:
    """A sum in decimals, made a double once: the order of the rows cannot move its last digit."""
    known = TABLES[measure.table].column(measure.column)
    digits = 6 if known is not None and known.kind == "money" else 12
    return f'CAST(SUM(CAST("{measure.column}" AS DECIMAL(38, {digits}))){_filter(conditions)} AS DOUBLE)'


def _filter(conditions: Sequence[str]) -> str:
    return f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""


def _in_time(measure: Measure, as_of: date) -> list[str]:
    if measure.days is None:
        return []
    day = _day_of(measure.table)
    if day is None:
        raise RuleError(
            "The measure {measure} counts days, but the rows of {table} have no date.",
            fix="Leave out days.",
            measure=measure.name,
            table=measure.table,
        )
    first, last = (as_of - timedelta(days=days) for days in measure.days)
    return [f"{day} BETWEEN {_date(last)} AND {_date(first)}"]


def _day_of(table: str) -> str | None:
    return f'CAST("{_HAPPENED[table]}" AS DATE)' if table in _HAPPENED else None


def _date(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
