"""The tables of a source as Tierbook's tables, where they lie: columns matched, typed by what they hold, and counted.

Everything is a view in the engine; rows stay where they are. What a file's reader says cell by cell is said here in
counts: a query sees no cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tierbook.engines.casts import Typed, bare, cast_as, kind_of
from tierbook.engines.quoting import quoted
from tierbook.errors import DataError
from tierbook.features import NARROW, recalculated
from tierbook.language import Phrase
from tierbook.quality import Problem
from tierbook.tables import DAY_FROM, TABLES, Table, folded, match_headers, table_named

# What a reader calls what a column is to hold.
_CALLED = {
    "id": Phrase("an identifier"), "text": Phrase("a text"), "number": Phrase("a number"), "money": Phrase("money"),
    "share": Phrase("a share"), "date": Phrase("a date"), "time": Phrase("a time"), "yes_no": Phrase("yes or no"),
}  # fmt: skip
_AS = {"number": "DOUBLE", "text": "VARCHAR", "date": "DATE", "yes_no": "BOOLEAN"}


@dataclass(frozen=True)
class Given:
    """What a source holds.

    `columns` are the columns of each table by canonical names, `rows` how many rows it has, `latest` the day of the last
    purchase not after today, or of `score.latest_day` where there are no transactions, `narrow` and `numbered` as `features.prepare` asks for them, `alone` whether every transaction
    has a number of its own; `facts` are counts and sums that change when the data does.
    """

    columns: dict[str, list[str]]
    rows: dict[str, int]
    latest: date | None
    narrow: bool
    numbered: bool
    alone: bool
    facts: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


def given(
    engine: Any,
    source: Mapping[str, str],
    *,
    mapping: Mapping[str, Any],
    declared: Mapping[str, str],
    declared_in: Sequence[str],
    today: date | None,
    max_bad_share: float = 0.05,
) -> Given:
    """Views `tierbook_given_<table>` over the tables of a source.

    Parameters
    ----------
    source : mapping
        Name of each table of the source -> what a query calls it.
    mapping : mapping
        The project's names for tables and columns: `{transactions: {table: Bookings, columns: {amount: Net total}}}`.
    declared, declared_in
        Columns that a rule pack declares, and the tables it reads them in.
    max_bad_share : float
        More unusable rows than this stop the run. [0-1]

    Raises
    ------
    DataError
        A table or column that is missing or cannot be used; `problems` holds every one.
    """
    problems: list[Problem] = []
    views: dict[str, dict[str, Typed]] = {}
    for name, reference in _chosen(source, mapping, problems):
        engine.show(f"tierbook_source_{name}", reference)
        kinds = engine.columns(f"tierbook_source_{name}")
        wanted = declared if name in declared_in else {}
        views[name] = _columns(TABLES[name], kinds, mapping.get(name), wanted, engine.dialect, problems)
    if not source:
        problems.append(
            Problem(
                "error",
                "The source holds no table that can be read.",
                fix="Look at source: in config.yaml, at the schema it names, and at the rights to read it.",
            )
        )
    if not problems and not views.keys() & {"customers", "transactions"}:
        problems.append(
            Problem(
                "error",
                "The source has neither a table of transactions nor one of customers; it has {known}.",
                fix="Say in config.yaml which table is which: tables: {{transactions: NAME}}.",
                values={"known": ", ".join(sorted(source)[:20]) or "-"},
            )
        )
    _refuse(problems)
    engine.bring()
    counted = {name: _counted(engine, TABLES[name], view, today) for name, view in views.items()}
    for name, counts in counted.items():
        problems += _in_words(TABLES[name], counts, max_bad_share)
    _refuse(problems)
    sales = counted.get("transactions", {})
    numbered = _named(engine, views, counted)
    columns = {name: list(view) for name, view in views.items()}
    return Given(
        columns | ({"customers": _kept(columns)} if "customers" in columns else {}),
        {name: counts["rows"] for name, counts in counted.items()},
        _latest(counted),
        all((sales.get(f"most {name}") or 0) < NARROW for name in ("amount", "cost", "turnover")),
        numbered,
        not numbered and sales.get("without transaction_id") == 0,
        {name: {fact: str(value) for fact, value in counts.items()} for name, counts in counted.items()},
        problems,
    )


def _latest(counted: Mapping[str, Mapping[str, Any]]) -> date | None:
    if "transactions" in counted:
        return counted["transactions"].get("latest")
    last = [counted.get(name, {}).get("latest") for name in DAY_FROM]
    return max((day for day in last if day), default=None)


def _refuse(problems: Sequence[Problem]) -> None:
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        first = errors[0]
        raise DataError(first.message, fix=first.fix, problems=problems, **first.values)


def _chosen(
    source: Mapping[str, str], mapping: Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[str, str]]:
    """Tables by the project's mapping, then by their names."""
    by_name = {folded(name): name for name in source}
    taken: set[str] = set()
    for name, entry in mapping.items():
        wanted = entry
        if isinstance(entry, Mapping):
            wanted = next((entry[key] for key in ("table", "sheet", "file", "name") if entry.get(key)), None)
        if name not in TABLES or wanted is None:
            continue
        found = by_name.get(folded(wanted))
        if found is None:
            problems.append(
                Problem(
                    "error",
                    "The source has no table {table}; it has {known}.",
                    fix="Correct tables: in config.yaml, or ask for the right to read it.",
                    values={"table": wanted, "known": ", ".join(sorted(source)[:20]) or "-"},
                    table=name,
                )
            )
        else:
            yield name, source[found]
        taken.add(name)
    read: dict[str, str] = {}
    for found, reference in source.items():
        known = table_named(found)
        if known is not None and known.name in read:
            problems.append(
                Problem(
                    "warning",
                    "{first} and {second} are both a table of {table}; only {first} is read.",
                    fix="Say in config.yaml which table is which: tables: {{{table}: NAME}}.",
                    values={"first": read[known.name], "second": found, "table": known.name},
                    table=known.name,
                )
            )
        elif known is not None and known.name not in taken:
            read[known.name] = found
            yield known.name, reference


def _columns(
    table: Table,
    kinds: Mapping[str, str],
    entry: Any,
    declared: Mapping[str, str],
    dialect: str,
    problems: list[Problem],
) -> dict[str, Typed]:
    """Canonical name -> every column that can be used."""
    renamed = entry.get("columns") or {} if isinstance(entry, Mapping) else {}
    by_header = {folded(header): name for name, header in renamed.items()}
    headers_there = {folded(header) for header in kinds}
    lost = {name: header for name, header in renamed.items() if folded(header) not in headers_there}
    problems += [
        Problem(
            "error",
            "The table {table} has no column {header}, which config.yaml names for {column}; it has {known}.",
            fix="Correct tables: in config.yaml.",
            values={
                "table": table.name,
                "header": header,
                "column": name,
                "known": ", ".join(list(kinds)[:40]),
            },
            table=table.name,
        )
        for name, header in lost.items()
    ]
    headers = [by_header.get(folded(header), header) for header in kinds]
    match = match_headers(table, headers)
    problems += [
        Problem(
            "error",
            "The table {table} has no column {column}; it has {known}.",
            fix="Name the column in config.yaml: tables: {{{table}: {{columns: {{{column}: NAME}}}}}}.",
            values={"table": table.name, "column": name, "known": ", ".join(list(kinds)[:40])},
            table=table.name,
        )
        for name in match.missing
        if name not in lost
    ]
    problems += [
        Problem(
            "error",
            "Two columns of {table} are both {column}: {first} and {second}.",
            fix="Say which one counts in config.yaml.",
            values={"table": table.name, "column": name, "first": list(kinds)[a], "second": list(kinds)[b]},
            table=table.name,
        )
        for name, a, b in match.clashes
    ]
    found: dict[str, Typed] = {}
    for header, name in zip(kinds, match.names, strict=True):
        if name is None or name in found:
            continue
        known = table.column(name)
        wanted = declared.get(name) or (known.kind if known else None)
        # Of the texts, only these are none to PostgreSQL.
        uuid = kinds[header].lower().lstrip("!").startswith("uuid")
        column = f"CAST({quoted(header)} AS VARCHAR)" if uuid else quoted(header)
        typed = cast_as(column, kind_of(kinds[header]), wanted, known, dialect)
        if typed:
            found[name] = typed
            continue
        # A column nobody asked for is left out; one with a meaning is a reason to stop.
        problems.append(
            Problem(
                "error" if wanted else "note",
                "The column {column} of {table} has a type that cannot be read as {kind}: {held}.",
                fix="Make a view of the table in which it has another type.",
                values={
                    "column": header,
                    "table": table.name,
                    "kind": _CALLED[wanted or "text"],
                    "held": bare(kinds[header]),
                },
                table=table.name,
            )
        )
    for name, kind in declared.items():
        found.setdefault(name, Typed(f"CAST(NULL AS {_AS[kind]})"))
    return found


def _counted(engine: Any, table: Table, view: Mapping[str, Typed], today: date | None) -> dict[str, Any]:
    """One look at all rows: how many, how many cannot be used, and what `features` has to know.

    Every later query reads the columns in which nothing has to be put right as they are: that is most of what it costs.
    """
    name = table.name
    columns = ", ".join(f"{typed.sql} AS {quoted(column)}" for column, typed in view.items())
    usable = _usable(table, view)
    facts = {"rows": f"COUNT(CASE WHEN {usable} THEN 1 END)", "given": "COUNT(*)"}
    facts |= {f"without {one}": f"COUNT(*) - COUNT({quoted(one)})" for one in table.required if one in view}
    if name == "customers":
        facts["listed"] = "COUNT(DISTINCT customer_id)"
    if name in ("transactions", *DAY_FROM) and "date" in view:
        upto = f"CAST(date AS DATE) <= DATE '{today.isoformat()}'" if today else "TRUE"
        facts["latest"] = f"MAX(CASE WHEN {usable} AND {upto} THEN CAST(date AS DATE) END)"
    if name == "transactions":
        facts["first"] = "MIN(date)"
        if "transaction_id" in view:
            facts["without transaction_id"] = "COUNT(*) - COUNT(transaction_id)"
    texts = {one: typed.tried for one, typed in view.items() if typed.tried}
    for one in view:
        known = table.column(one)
        if known and known.kind == "money":
            facts[f"most {one}"] = f"MAX(ABS({quoted(one)}))"
            facts[f"sum {one}"] = f"SUM(CAST({quoted(one)} AS DECIMAL(38, 6)))"
        if one in texts:
            facts[f"unread {one}"] = f"COUNT({quoted(f'text {one}')}) - COUNT({quoted(one)})"
    cleaned = {one: typed for one, typed in view.items() if typed.clean}
    facts |= {
        f"changed {one}": f"COUNT(CASE WHEN {quoted(one)} IS DISTINCT FROM {quoted(f'given {one}')} THEN 1 END)"
        for one in cleaned
    }
    tried = "".join(f", {text} AS {quoted(f'text {one}')}" for one, text in texts.items())
    tried += "".join(f", {typed.clean} AS {quoted(f'given {one}')}" for one, typed in cleaned.items())
    listed = ", ".join(f"{sql} AS {quoted(fact)}" for fact, sql in facts.items())
    source = f"(SELECT {columns}{tried} FROM tierbook_source_{name}) AS typed"
    (counts,) = engine.sql(f"SELECT {listed} FROM {source}").to_pylist()
    columns = ", ".join(
        f"{typed.clean if counts.get(f'changed {one}') == 0 else typed.sql} AS {quoted(one)}"
        for one, typed in view.items()
    )
    engine.view(f"tierbook_typed_{name}", f"SELECT {columns} FROM tierbook_source_{name}")
    return counts


def _usable(table: Table, view: Mapping[str, Typed]) -> str:
    return " AND ".join(f"{quoted(one)} IS NOT NULL" for one in table.required if one in view) or "TRUE"


def _in_words(table: Table, counts: Mapping[str, Any], max_bad_share: float) -> Iterator[Problem]:
    name, rows = table.name, counts["given"]
    aside = rows - counts["rows"]
    if aside:
        level, fix = "warning", ""
        if aside > max_bad_share * rows:
            level, fix = "error", "Correct the table, or allow more in config.yaml: reading: max_bad_share."
        without = [one for one in table.required if counts.get(f"without {one}")]
        yield Problem(
            level,  # type: ignore[arg-type]
            "{count:,} of {given:,} rows of {table} have no usable {columns} and are set aside.",
            fix=fix,
            values={"count": aside, "given": rows, "table": name, "columns": ", ".join(without)},
            table=name,
            count=aside,
            set_aside=aside,
        )
    for fact, count in counts.items():
        column = fact.removeprefix("changed ")
        known = table.column(column) if column != fact else None
        if (
            known
            and known.kind in ("date", "time")
            and count
            and f"unread {column}" not in counts
            and column not in table.required
        ):
            yield Problem(
                "warning",
                "{count:,} dates in the column {column} of {table} are beyond any calendar and count as missing.",
                values={"count": count, "column": column, "table": name},
                table=name,
                count=count,
            )
        column = fact.removeprefix("unread ")
        if column != fact and count and column not in table.required:
            yield Problem(
                "warning",
                "{count:,} texts in the column {column} of {table} cannot be read and count as missing.",
                values={"count": count, "column": column, "table": name},
                table=name,
                count=count,
            )
    if name == "customers" and counts["listed"] < counts["rows"]:
        yield Problem(
            "error",
            "{count:,} rows of {table} repeat a customer who is listed already.",
            fix="Keep one row per customer.",
            values={"count": counts["rows"] - counts["listed"], "table": name},
            table=name,
        )


def _named(
    engine: Any, views: Mapping[str, Mapping[str, Typed]], counted: Mapping[str, Mapping[str, Any]]
) -> bool:
    """The views of all tables; whether a transaction number stands on several rows."""
    numbered = False
    columns = {name: list(view) for name, view in views.items()}
    for name, view in views.items():
        listed = ", ".join(map(quoted, _kept(columns) if name == "customers" else view))
        every = counted[name]["rows"] == counted[name]["given"]
        where = "TRUE" if every else _usable(TABLES[name], view)
        usable = f"SELECT {listed} FROM tierbook_typed_{name} WHERE {where}"
        if name == "transactions" and "transaction_id" in view and not _rises(engine):
            repeated = "SELECT transaction_id FROM tierbook_typed_transactions WHERE transaction_id IS NOT NULL GROUP BY transaction_id HAVING COUNT(*) > 1"
            (found,) = engine.sql(f"SELECT COUNT(*) AS numbers FROM ({repeated}) AS repeated").to_pylist()
            numbered = found["numbers"] > 0
            if numbered and _equal_rows(engine, listed, usable, repeated):
                engine.make(
                    "tierbook_given_transactions",
                    f"SELECT DISTINCT {listed} FROM ({usable}) AS numbered WHERE transaction_id IS NOT NULL "
                    f"UNION ALL {usable} AND transaction_id IS NULL",
                )
                continue
        engine.view(f"tierbook_given_{name}", usable)
    return numbered


def _rises(engine: Any) -> bool:
    """Whether every row has a number above that of the row before; DuckDB sees that in one pass, without sorting."""
    if engine.dialect != "duckdb":
        return False
    return engine.in_order(
        "SELECT COALESCE(BOOL_AND(rises), TRUE) FROM (SELECT COALESCE(transaction_id > before, FALSE) OR first AS rises FROM ("
        "SELECT transaction_id, LAG(transaction_id) OVER () AS before, ROW_NUMBER() OVER () = 1 AS first "
        "FROM tierbook_typed_transactions))"
    )


def _equal_rows(engine: Any, listed: str, usable: str, repeated: str) -> bool:
    found = engine.sql(
        f"SELECT COUNT(*) AS rows FROM (SELECT 1 AS one FROM ({usable}) AS numbered "
        f"WHERE transaction_id IN ({repeated}) GROUP BY {listed} HAVING COUNT(*) > 1) AS equal_rows"
    ).to_pylist()
    return found[0]["rows"] > 0


def _kept(columns: Mapping[str, list[str]]) -> list[str]:
    """The columns of the customers without those other tables give afresh."""
    afresh = recalculated(columns["customers"], columns)
    return [name for name in columns["customers"] if name not in afresh]
