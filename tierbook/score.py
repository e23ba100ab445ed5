"""From input tables to a `Run`: the one place where the records of customers, the features and the rules are brought together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

from tierbook import features
from tierbook.customers import customer_table, scored, there
from tierbook.errors import DataError
from tierbook.needs import needs
from tierbook.quality import Problem
from tierbook.run import Run
from tierbook.tables import DAY_FROM

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.duplicates import Decision
    from tierbook.hierarchy import Level
    from tierbook.rulepack.pack import Pack

_MANY_ROWS = 2_000_000


def score(
    tables: Mapping[str, Any],
    pack: Pack,
    *,
    as_of: date | None = None,
    profile: str = "default",
    today: date | None = None,
    problems: Sequence[Problem] = (),
    files: Sequence[Any] = (),
    progress: Callable[[float, str], None] | None = None,
    decisions: Sequence[Decision] = (),
    level: Level = "customer",
) -> Run:
    """Score every customer of a set of input tables.

    Parameters
    ----------
    tables : mapping of str to table
        Input tables by name (`spec/tables.md`): Arrow tables, pandas frames, or anything that speaks Arrow.
        `transactions`, or `customers` with ready-made feature columns, is needed.
    as_of : date, optional
        The day the run speaks for; the pack's, else the latest purchase not after `today`.
    profile : str
        The coefficients of the pack to use.
    problems, files
        What the reader found and read; kept in the run, with the warnings of the pack, for the data-quality and audit pages.
    decisions : sequence of Decision
        What people decided about records that may be one customer.
    level : {"customer", "group"}
        With group, customers that `parent_id` holds together are one.

    Raises
    ------
    DataError
        No usable table, or no date to speak for.
    RuleError
        A profile or section that the pack does not have.
    """
    import pyarrow as pa

    from tierbook.duplicates import one_record_each
    from tierbook.engines.duckdb import DuckDB

    say = progress or (lambda share, step: None)
    given = {
        name: table if isinstance(table, pa.Table) else pa.table(table) for name, table in tables.items()
    }
    if not given.keys() & {"customers", "transactions"}:
        raise DataError(
            "There is neither a table of transactions nor one of customers.",
            fix="Name a sheet transactions or customers.",
        )
    _base_can_be_had(given, pack)
    as_of = as_of or pack.as_of or latest_day(given, today)
    if as_of is None and "transactions" in given:
        raise DataError(
            "There are no purchases up to today, so that there is no day to speak for.",
            fix="Look at the rows and dates of transactions, or name the day with --as-of.",
        )
    if as_of is None:
        raise DataError(
            "There is no date to speak for.", fix="Give --as-of, because there are no transactions."
        )
    first = first_purchase(given.get("transactions"))
    if first is not None and first > as_of:
        message = "There is no purchase up to {day}; the first is of {first}."
        values = {"day": as_of.isoformat(), "first": first.isoformat()}
        problems = [*problems, Problem("warning", message, "Name a later day.", values, table="transactions")]
    # A second thread saves less time than it costs until there is much to do.
    engine = DuckDB(threads=1 if max(table.num_rows for table in given.values()) < _MANY_ROWS else None)
    given, named_like_results = without_results(given, pack, profile)
    problems = [*problems, *named_like_results]
    given = with_declared_columns(given, pack)
    given, duplicates = one_record_each(given, pack, decisions)
    if level == "group":
        from tierbook.hierarchy import rolled_up

        given, said = rolled_up(given)
        problems = [*problems, *said]
    alone = features.load(engine, given)
    engine.view("transactions_", features.DATED)
    say(0.0, "Customer features")
    earlier = as_of - timedelta(days=pack.window_days)
    now = customer_table(engine, pack, as_of=as_of)
    before = now.slice(0, 0)
    if "transactions" in given:
        before = there(customer_table(engine, pack, as_of=earlier), now, earlier)
    say(0.8, "Scoring rules")
    counts = {name: table.num_rows for name, table in given.items()}
    customers, customers_before = (scored(one, pack, profile) for one in (now, before))
    engine.put("scored", customers)
    engine.put("scored_before", customers_before)
    base = Run(
        customers_before,
        pack,
        earlier,
        profile,
        (*problems, *(duplicates.problems() if duplicates else ()), *pack.warnings),
        counts,
        tuple(files),
        previous=None,
        engine=engine,
        view="scored_before",
        alone=alone,
    )
    previous = base if before.num_rows else None
    return replace(
        base,
        customers=customers,
        as_of=as_of,
        previous=previous,
        view="scored",
        kept={},
        duplicates=duplicates,
    )


def with_declared_columns(tables: Mapping[str, pa.Table], pack: Pack) -> dict[str, pa.Table]:
    """The tables with the columns the pack declares beyond those Tierbook knows: missing where the input lacks them.

    Raises
    ------
    DataError
        A column that does not hold what the pack declares.
    """
    import pyarrow as pa

    kinds = {"number": pa.float64(), "text": pa.string(), "date": pa.date32(), "yes_no": pa.bool_()}
    read = {"customers", *(measure.table for measure in pack.measures)}
    declared = dict(tables)
    for table_name, (name, kind) in product(read & tables.keys(), pack.columns.items()):
        table = declared[table_name]
        if name not in table.column_names:
            declared[table_name] = table.append_column(name, pa.nulls(table.num_rows, kinds[kind]))
            continue
        try:
            column = table[name].cast(kinds[kind])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise DataError(
                "The column {name} of {table} does not hold what {pack} declares: {kind}.",
                fix="Correct the column, or columns: in the rule pack.",
                name=name,
                table=table_name,
                pack=pack.name,
                kind=kind,
            ) from None
        declared[table_name] = table.set_column(table.column_names.index(name), name, column)
    return declared


def without_results(
    tables: Mapping[str, pa.Table], pack: Pack, profile: str
) -> tuple[dict[str, pa.Table], list[Problem]]:
    """The tables without columns of customers that have the name of something the rules work out, and what to say of them.

    A column `tier` of last year, or `overdue` where the pack has a threshold of that name, would be taken for it by
    every rule. Features of the pack may be brought only where there are no transactions to work them out from.
    """
    customers = tables.get("customers")
    if customers is None:
        return dict(tables), []
    worked_out = {*pack.profile(profile).thresholds, *(f"{name}_score" for name in pack.scores)}
    worked_out |= {"tier"} if pack.tiers else set()
    worked_out |= {"stage", "action"} if pack.stages else set()
    worked_out |= {"value", *(f"value.{name}" for name in pack.parts)} if pack.parts else set()
    worked_out |= {"churn_score", "churn_level", "churn_flagged", "churn_signals"} if pack.churn else set()
    worked_out |= set(pack.features) if "transactions" in tables else set()
    theirs = [name for name in customers.column_names if name.lower() in worked_out]
    problems = [
        Problem(
            "warning",
            "The column {name} of customers has the name of something the rule pack {pack} works out; it is left out.",
            "Give the column another name to keep it.",
            {"name": f'"{name}"', "pack": pack.name},
            heading=name,
            table="customers",
        )
        for name in theirs
    ]
    return {**tables, "customers": customers.drop_columns(theirs)}, problems


def latest_day(tables: Mapping[str, pa.Table], today: date | None) -> date | None:
    """The day of the last purchase not after today; without transactions, of the last reading, contact or answer."""
    if "transactions" in tables:
        return latest_purchase(tables["transactions"], today)
    last = [latest_purchase(tables.get(name), today) for name in DAY_FROM]
    return max((day for day in last if day), default=None)


def latest_purchase(transactions: pa.Table | None, today: date | None) -> date | None:
    """The day of the last purchase not after today."""
    if transactions is None or "date" not in transactions.column_names or not transactions.num_rows:
        return None
    import pyarrow as pa
    import pyarrow.compute as pc

    dates = pc.cast(transactions["date"], pa.date32(), safe=False)
    return pc.max(dates if today is None else dates.filter(pc.less_equal(dates, pa.scalar(today)))).as_py()


def first_purchase(transactions: pa.Table | None) -> date | None:
    """The day of the first purchase."""
    if transactions is None or "date" not in transactions.column_names or not transactions.num_rows:
        return None
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.min(pc.cast(transactions["date"], pa.date32(), safe=False)).as_py()


def _base_can_be_had(tables: Mapping[str, pa.Table], pack: Pack) -> None:
    """Without transactions the customers bring their features; the base of the value is the one they must bring."""
    if "transactions" in tables or "base" not in pack.parts:
        return
    wanted = needs(pack, "value", part="base")
    missing = sorted(wanted & features.COLUMNS.keys() - set(tables["customers"].column_names))
    if missing:
        raise DataError(
            "The customers have no column {name} and there is no table of transactions.",
            fix="Add a sheet transactions, or the column.",
            name=", ".join(missing),
        )
