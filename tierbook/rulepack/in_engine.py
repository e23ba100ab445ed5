"""A rule pack as one query: the results of `Scorer`, computed where the customers are.

Every result is a column with the names it reads; columns that read nothing new stand in one layer of the query, those
that read them in the next. Ranks and shares of the whole population are window functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tierbook import churn
from tierbook.needs import traced
from tierbook.rulepack.expression import Expression
from tierbook.rulepack.pack import (
    CompiledFlag,
    CompiledLevel,
    CompiledLookup,
    CompiledPart,
    CompiledTiers,
    CompiledTwoWay,
    Pack,
)
from tierbook.rulepack.to_postgres import Postgres
from tierbook.rulepack.to_sql import DuckDB, column, quoted
from tierbook.rulepack.tree import Node

Dialect = Literal["duckdb", "postgres"]
_TEXT = {"duckdb": "VARCHAR", "postgres": "TEXT"}
# Steps on the way to results; a column of the input cannot be called so.
_STEP = "tierbook: "


@dataclass(frozen=True)
class Column:
    """One column of the query: its SQL, and the columns made here that it reads."""

    sql: str
    reads: frozenset[str]


def query(
    pack: Pack, known: Sequence[str], *, profile: str = "default", dialect: Dialect = "duckdb", source: str = "features",
    places: tuple[str, Sequence[str]] | None = None,
) -> str:  # fmt: skip
    """The query that adds a pack's results to a table of customers.

    Parameters
    ----------
    known : sequence of str
        Columns of the table; a feature of the pack that is among them is taken as given.
    profile : str
        The coefficients to use.
    dialect : str
        Other engines read DuckDB's, translated.
    source : str
        The table of customers.
    places : (str, sequence of str), optional
        The table that `places_query` made, and its columns.

    Returns
    -------
    str
        One row per customer: the columns of the table, the pack's features, and the results as `Run.customers` has
        them, without order.

    Raises
    ------
    RuleError
        No such profile, or an expression too long for a database.
    """
    writer = _Writer(pack, profile, dialect)
    columns = writer.columns(known)
    given = [_name(name) for name in known if name not in columns]
    steps = {f"{name}_score" for name in pack.scores}
    results = [_name(name) for name in columns if not name.startswith(_STEP) and name not in steps]
    begin = f"SELECT {', '.join(given)} FROM {_name(source)}"
    if places:
        table, placed = places
        listed = ", ".join(
            [*(f"known.{name}" for name in given), *(f"placed.{_name(one)}" for one in placed)]
        )
        begin = (
            f"SELECT {listed} FROM {_name(source)} AS known "
            f"JOIN {_name(table)} AS placed ON placed.customer_id = known.customer_id"
        )
        columns = {name: column for name, column in columns.items() if name not in placed}
    return _layered(begin, columns, [*given, *results])


def places_query(
    pack: Pack, known: Sequence[str], *, profile: str = "default", source: str = "features"
) -> tuple[str, list[str]]:
    """The query of `customer_id` and what of a pack's results looks at all customers, and the names of its columns.

    In DuckDB's dialect. Ranking customers with all they have moves every column of theirs; `query` joins the ranks to them instead.
    """
    columns = _Writer(pack, profile, "duckdb").columns(known)
    ranks = [name for name, column in columns.items() if " OVER (" in column.sql]
    given = [_name(name) for name in known if name not in columns]
    begin = f"SELECT {', '.join(given)} FROM {_name(source)}"
    return _layered(begin, columns, ["customer_id", *map(_name, ranks)]), ranks


def _layered(begin: str, columns: dict[str, Column], chosen: Sequence[str]) -> str:
    layers = _layers(columns)
    parts = [f"customers_0 AS ({begin})"]
    for i, layer in enumerate(layers):
        added = ", ".join(f"{columns[name].sql} AS {_name(name)}" for name in layer)
        parts.append(f"customers_{i + 1} AS (SELECT *, {added} FROM customers_{i})")
    return f"WITH {', '.join(parts)} SELECT {', '.join(chosen)} FROM customers_{len(layers)}"


def _layers(columns: dict[str, Column]) -> list[list[str]]:
    """The columns in layers, each reading only those of layers above it."""
    depth: dict[str, int] = {}

    def depth_of(name: str) -> int:
        if name not in depth:
            made = columns[name].reads & columns.keys()
            depth[name] = 1 + max(map(depth_of, made), default=-1)
        return depth[name]

    layers: list[list[str]] = [[] for _ in range(1 + max(map(depth_of, columns), default=-1))]
    for name in columns:
        layers[depth[name]].append(name)
    return layers


class _Writer:
    """Writes each section of a pack as columns."""

    def __init__(self, pack: Pack, profile: str, dialect: Dialect) -> None:
        self.pack, self.profile, self.dialect = pack, pack.profile(profile), dialect
        self.spelling = Postgres() if dialect == "postgres" else DuckDB()
        self.made: dict[str, Column] = {}

    def columns(self, known: Sequence[str]) -> dict[str, Column]:
        """Every column beyond those known, in the order of `Run.customers`."""
        pack = self.pack
        for name, feature in pack.features.items():
            if name not in known:
                self.add(name, self.expression(feature), feature.names)
        self.value()
        self.ranked("tier", pack.tiers)
        self.add("positions", self.every(pack.positions), self.read_by(pack.positions))
        self.levels("stage", pack.stages)
        actions = [
            f"WHEN stage = {quoted(level.name)} THEN {quoted(level.action)}"
            for level in pack.stages
            if level.name and level.action
        ]
        self.add("action", f"CASE {' '.join(actions)} END" if actions else self.none(), ["stage"])
        self.levels("ladder", pack.ladder)
        if pack.relation:
            self.levels("relation", pack.relation)
        for group, levels in pack.classes.items():
            self.levels(f"class.{group}", levels)
        for name in pack.scores:
            self.score(name)
        self.rfm_segment()
        self.early_warning()
        self.winback()
        if pack.credit:
            self.levels(
                "credit",
                pack.credit.levels,
                unless="receivable IS NULL OR (receivable = 0 AND overdue_days IS NULL)",
                instead="''",
            )
        self.churn()
        if pack.groups:
            self.ranked("retention_group", pack.groups)
        if pack.target_lists:
            listed = f"CASE WHEN coalesce(marketable, FALSE) THEN {self.every(pack.target_lists)} ELSE '' END"
            self.add("target_lists", listed, self.read_by(pack.target_lists))
        if pack.key_accounts:
            of = pack.key_accounts.of
            self.add("key_account", f"coalesce({self.expression(of)}, FALSE)", of.names)
        return self.made

    def add(self, name: str, sql: str, reads: Iterable[str] = ()) -> None:
        """A column; of what it reads only what is made here has to be waited for."""
        self.made[name] = Column(sql, frozenset(reads) & self.promised)

    @property
    def promised(self) -> set[str]:
        """What may be read: what was made so far, and what expressions may name before it is made."""
        scores = {f"{name}_score" for name in self.pack.scores}
        return {*self.made, *self.pack.features, "value", "tier", "stage", *scores}

    # Pieces

    def expression(self, expression: Expression, names: dict[str, str] | None = None) -> str:
        tree = _renamed(expression.tree, names) if names else expression.tree
        return column(tree, self.dialect, self.profile.thresholds)

    def constant(self, expression: Expression | None) -> str:
        return self.number(None if expression is None else self.profile.constant(expression))

    def number(self, number: float | None) -> str:
        return self.spelling.number(number)

    def none(self) -> str:
        return f"CAST(NULL AS {_TEXT[self.dialect]})"

    def text(self, text: str) -> str:
        return f"CAST({quoted(text)} AS {_TEXT[self.dialect]})"

    def rounded(self, sql: str) -> str:
        """To 6 decimals as on arrays: halves of millionths to even."""
        even = "round_even({}, 0)" if self.dialect == "duckdb" else "round({})"
        return f"({even.format(f'({sql}) * 1e6')} / {self.number(1e6)})"

    def every(self, flags: Sequence[CompiledFlag]) -> str:
        """The names of the flags that hold, joined."""
        if not flags:
            return self.none()
        held = ", ".join(
            f"CASE WHEN {self.expression(one.when)} THEN {quoted(one.name)} END" for one in flags
        )
        return f"concat_ws('; ', {held})"

    def read_by(self, rules: Iterable[CompiledFlag | CompiledLevel]) -> Iterator[str]:
        for rule in rules:
            yield from rule.when.names if rule.when else ()
            if isinstance(rule, CompiledLevel) and rule.name_from:
                yield rule.name_from

    # Sections

    def value(self) -> None:
        if not self.pack.parts:
            self.add("value", self.number(None))
            return
        for name, part in self.profile.parts.items():
            self.add(f"value.{name}", *self.part(part))
        added = [_name(f"value.{name}") for name in self.profile.parts if name != "base"]
        total = " + ".join(['"value.base"', *(f"coalesce({one}, {self.number(0)})" for one in added)])
        self.add("value", self.rounded(total), [f"value.{name}" for name in self.profile.parts])

    def part(self, part: CompiledPart) -> tuple[str, frozenset[str]]:
        """A part of the value, and what it reads."""
        if isinstance(part, CompiledLookup):
            key = f"CAST({_name(part.per)} AS {_TEXT[self.dialect]})"
            cases = " ".join(
                f"WHEN {key} = {quoted(text)} THEN {self.constant(gain)}" for text, gain in part.gives.items()
            )
            number = f"CASE {cases} ELSE {self.constant(part.otherwise)} END"
            if part.times is None:
                return number, frozenset({part.per})
            return f"({number}) * {self.expression(part.times)}", part.times.names | {part.per}
        if isinstance(part, CompiledTwoWay):
            rows = " ".join(
                f"WHEN {within} THEN CASE {self.bands_of(part.across, part.across_starts, part.gives[row])} END"
                for row, within in self.bands(part.down, part.down_starts)
            )
            return f"CASE {rows} END", part.across.names | part.down.names
        return self.expression(part), part.names

    def bands(self, by: Expression, starts: Sequence[Expression]) -> Iterator[tuple[int, str]]:
        """The bands of a scale from the highest, with the condition of each."""
        figures = [self.profile.constant(start) for start in starts]
        for place in sorted(range(len(figures)), key=lambda place: -figures[place]):
            yield place, f"{self.expression(by)} >= {self.number(figures[place])}"

    def bands_of(self, by: Expression, starts: Sequence[Expression], gives: Sequence[Expression]) -> str:
        return " ".join(
            f"WHEN {within} THEN {self.constant(gives[place])}" for place, within in self.bands(by, starts)
        )

    def ranked(self, name: str, section: CompiledTiers | None) -> None:
        """A column of level names in a section that ranks customers by a figure."""
        if section is None:
            self.add(name, self.none())
            return
        step = {one: f"{_STEP}{name} {one}" for one in ("ranked", "place", "count", "so far", "in all")}
        ranked = _name(step["ranked"])
        self.add(step["ranked"], self.rounded(self.expression(section.rank_by)), section.rank_by.names)
        by_id = 'customer_id COLLATE "C"' if self.dialect == "postgres" else "customer_id"
        order = f"ORDER BY {ranked} DESC NULLS LAST, {by_id}"
        gain = f"CASE WHEN {ranked} > 0 THEN {ranked} END"
        if any(level.top is not None for level in section.levels):
            self.add(step["place"], f"row_number() OVER ({order})", [step["ranked"]])
            self.add(step["count"], f"count({ranked}) OVER ()", [step["ranked"]])
        if any(level.top_of_value is not None for level in section.levels):
            so_far = f"sum({gain}) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
            self.add(step["so far"], so_far, [step["ranked"]])
            self.add(step["in all"], f"sum({gain}) OVER ()", [step["ranked"]])
        self.levels(
            name,
            section.levels,
            ranked=step["ranked"],
            also=step.values(),
            unless=f"{ranked} IS NULL",
            instead=self.none(),
        )

    def levels(
        self,
        name: str,
        levels: Sequence[CompiledLevel],
        *,
        ranked: str | None = None,
        also: Iterable[str] = (),
        unless: str = "",
        instead: str = "",
        names: dict[str, str] | None = None,
    ) -> None:
        """A column of level names: the first level whose conditions all hold; `unless` comes before them all."""
        cases = [f"WHEN {unless} THEN {instead}"] if unless else []
        for level in levels:
            fits = " AND ".join(self.conditions(level, ranked, names)) or "TRUE"
            called = _name(level.name_from) if level.name_from else self.text(level.name or "")
            cases.append(f"WHEN {fits} THEN {called}")
        reads = [*self.read_by(levels), *also, *([ranked] if ranked else [])]
        self.add(name, f"CASE {' '.join(cases)} END" if cases else self.none(), reads)

    def conditions(
        self, level: CompiledLevel, ranked: str | None, names: dict[str, str] | None
    ) -> Iterator[str]:
        if level.when is not None:
            yield f"coalesce({self.expression(level.when, names)}, FALSE)"
        if ranked is None:
            return
        if level.start is not None:
            yield f"{_name(ranked)} >= {self.constant(level.start)}"
        if level.top is not None:
            # Half up in decimals, as `levels.places` counts.
            share = f"CAST('{round(self.profile.constant(level.top), 12):.12f}' AS DECIMAL(18, 12))"
            place, count = (_name(ranked.replace("ranked", one)) for one in ("place", "count"))
            yield f"{place} <= floor({share} * {count} + 0.5)"
        if level.top_of_value is not None:
            so_far, in_all = (_name(ranked.replace("ranked", one)) for one in ("so far", "in all"))
            share = self.number(self.profile.constant(level.top_of_value) * (1 - 1e-12))
            yield f"{_name(ranked)} > 0 AND {so_far} - {_name(ranked)} < {share} * {in_all}"

    def score(self, name: str) -> None:
        section = self.pack.scores[name]
        parts = [
            f"{self.number(part.points)} * least(greatest(coalesce({self.expression(part.by)} / {self.constant(part.full_at)}, 0), 0), 1)"
            for part in section.parts.values()
        ]
        reads = [read for part in section.parts.values() for read in part.by.names]
        self.add(f"{name}_score", self.rounded(" + ".join(parts)), reads)
        self.add(f"score.{name}", _name(f"{name}_score"), [f"{name}_score"])
        if section.levels:
            self.levels(f"score.{name}.level", section.levels, ranked=f"score.{name}")

    def rfm_segment(self) -> None:
        if self.pack.rfm_segments:
            names = {part: f"rfm_{part}" for part in "rfm"}
            missing = " OR ".join(f"{name} IS NULL" for name in names.values())
            self.levels(
                "rfm_segment", self.pack.rfm_segments, unless=missing, instead=self.none(), names=names
            )

    def early_warning(self) -> None:
        listed = self.pack.early_warning
        if not listed:
            return
        self.levels("early_warning", listed)
        falls = [f"(rfm_{part}_before - rfm_{part})" for part in "rfm"]
        most = f"greatest({', '.join(falls)})"
        parts = " ".join(
            f"WHEN {fall} = {most} THEN '{part.upper()}'" for fall, part in zip(falls, "rfm", strict=True)
        )
        unknown = " OR ".join(f"{fall} IS NULL" for fall in falls)
        about_a_fall = [
            quoted(level.name)
            for level in listed
            if level.name
            and level.when is not None
            and any(name.startswith("rfm_") for name in traced(self.pack, level.when.names))
        ]
        asked = f"early_warning IN ({', '.join(about_a_fall)})" if about_a_fall else "FALSE"
        sql = f"CASE WHEN {unknown} OR {most} <= 0 OR NOT {asked} THEN NULL {parts} END"
        self.add("early_warning_reason", sql, ["early_warning"])

    def winback(self) -> None:
        section = self.pack.winback
        if section is None:
            return
        lost, limit, decided = (f"{_STEP}{one}" for one in ("lost", "limit", "decided"))
        self.add(lost, f"coalesce({self.expression(section.of)}, FALSE)", section.of.names)
        self.add(limit, self.expression(section.spend_at_most), section.spend_at_most.names)
        self.levels(decided, section.levels)
        missing = f"CASE WHEN NOT {_name(lost)} THEN '' WHEN {_name(limit)} IS NULL THEN NULL ELSE {_name(decided)} END"
        self.add("winback", missing, [lost, limit, decided])
        let_go = quoted(section.levels[-1].name)
        spend = (
            f"CASE WHEN NOT {_name(lost)} OR {_name(limit)} IS NULL THEN {self.number(None)} "
            f"WHEN {_name(decided)} = {let_go} THEN {self.number(0)} "
            f"ELSE greatest({_name(limit)}, {self.number(0)}) END"
        )
        self.add("winback_spend", spend, [lost, limit, decided])

    def churn(self) -> None:
        section = self.pack.churn
        if section is None:
            self.add("churn_score", self.number(None))
            self.add("churn_level", self.none())
            self.add("churn_flagged", "FALSE")
            self.add("churn_signals", self.none())
            return
        fired = [f"{_STEP}signal {i}" for i in range(len(section.signals))]
        for name, signal in zip(fired, section.signals, strict=True):
            self.add(name, f"coalesce({self.expression(signal.when)}, FALSE)", signal.when.names)
        points = " + ".join(
            f"CASE WHEN {_name(name)} THEN {self.number(signal.points)} ELSE {self.number(0)} END"
            for name, signal in zip(fired, section.signals, strict=True)
        )
        self.add("churn_score", f"least({points or self.number(0)}, {self.number(churn.FULL)})", fired)
        self.levels("churn_level", section.levels, ranked="churn_score")
        flagged = ", ".join(quoted(name) for name in sorted(section.flagged)) or "NULL"
        self.add("churn_flagged", f"coalesce(churn_level IN ({flagged}), FALSE)", ["churn_level"])
        strongest = churn.by_strength([signal.points for signal in section.signals])
        said = ", ".join(
            f"CASE WHEN {_name(fired[i])} THEN {quoted(section.signals[i].name)} END" for i in strongest
        )
        self.add("churn_signals", f"concat_ws('; ', {said})" if said else "''", fired)


def _renamed(node: Node, names: dict[str, str]) -> Node:
    """A tree that reads other columns."""
    args = tuple(_renamed(arg, names) for arg in node.args)
    return replace(
        node, args=args, value=names.get(node.value, node.value) if node.op == "name" else node.value
    )


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
