"""From input tables to a `Run`: every customer scored by a rule pack, and the small tables reports are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import features
from tierbook.errors import DataError
from tierbook.needs import needs
from tierbook.quality import Problem
from tierbook.scorer import Scorer
from tierbook.tables import DAY_FROM

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.backtest import Backtest, FalseAlarms, SideBySide
    from tierbook.clv.holdout import HoldOut
    from tierbook.clv.outlook import Outlook
    from tierbook.duplicates import Decision, Duplicates
    from tierbook.engines.duckdb import DuckDB
    from tierbook.features import Engine
    from tierbook.hierarchy import Groups, Level
    from tierbook.measures import Measure
    from tierbook.points import Ledger
    from tierbook.rulepack.pack import CompiledMeasure, Pack


_MANY_ROWS = 2_000_000


@dataclass(frozen=True)
class Snapshot:
    """What an earlier run of the same pack said: one row of customer_id, value, tier, stage, churn_level per customer."""

    as_of: date
    version: str
    hash: str
    customers: pa.Table = field(repr=False)


@dataclass(frozen=True)
class Moment:
    """Where the customers stood on one day: the aggregates `totals`, `tiers`, `stages` and `churn_levels` of that day."""

    as_of: date
    tables: Mapping[str, pa.Table] = field(repr=False)


@dataclass(frozen=True)
class Run:
    """Everything one scoring run found out.

    `customers` has one row per customer, ordered by `customer_id`: the customer's own columns, the features, and the
    results `value`, `value.<part>`, `tier`, `stage`, `action`, `positions`, `ladder`, `class.<group>`, `score.<name>`,
    `rfm_segment`, `early_warning`, `early_warning_reason`, `winback`, `winback_spend`, `retention_group`, `credit`, `target_lists`, `key_account` where the pack has the section,
    `churn_score`, `churn_level`, `churn_flagged`, `churn_signals`. Results hold the pack's names;
    `word` says what a reader sees for them. `previous` is the same pack at `as_of - window_days`,
    `last` what the last run before this one said, where that was kept. `history` are the same rules at earlier days a
    window apart, the earliest first and this run's last; `earlier` what kept runs said; both only when asked for.
    So are `compared`, two periods (start, end] to hold against each other. `alone` says whether every transaction has a
    number of its own, so that nothing was sold together.
    `duplicates` says which records of several sources were joined, where customers carry `source` and `source_id`.
    """

    customers: pa.Table
    pack: Pack
    as_of: date
    profile: str
    problems: Sequence[Problem]
    tables: Mapping[str, int]
    files: Sequence[Any]
    previous: Run | None
    engine: DuckDB = field(repr=False)
    view: str = field(default="scored", repr=False)
    kept: dict[str, pa.Table] = field(default_factory=dict, repr=False)
    last: Snapshot | None = None
    history: Sequence[Moment] = ()
    earlier: Sequence[Snapshot] = ()
    compared: tuple[tuple[date, date], tuple[date, date]] | None = None
    unmasked: pa.Table | None = field(default=None, repr=False)
    duplicates: Duplicates | None = field(default=None, repr=False)
    alone: bool = False

    @property
    def window_days(self) -> int:
        return self.pack.window_days

    @property
    def population(self) -> int:
        """How many customers were scored."""
        return self.customers.num_rows

    def word(self, name: str, language: str = "en") -> str:
        """What a reader sees for a name of the pack."""
        return self.pack.word(name, language)

    def masked(self) -> Run:
        """The same run for sharing: the columns the pack masks are empty, and no problem quotes their values."""
        previous = replace(self.previous, customers=_emptied(self.previous)) if self.previous else None
        customers = _emptied(self)
        self.engine.put(self.view, customers)
        if previous:
            self.engine.put(previous.view, previous.customers)
        problems = [_unquoted(one, self.pack.masked) for one in self.problems]
        return replace(
            self,
            customers=customers,
            previous=previous,
            problems=problems,
            unmasked=self.customers,
            kept={},
        )

    def since(self, snapshot: Snapshot) -> Run:
        """The same run beside what an earlier one said: with the aggregates `…_since_last`."""
        self.engine.put("scored_last", snapshot.customers)
        return replace(self, last=snapshot, kept={})

    def over_time(self, count: int, *, earlier: Sequence[Snapshot] = ()) -> Run:
        """The same run with its `history`: the last `count` days a window apart, as far back as there were purchases.

        Rules, and what customers are (their own columns), are those of today. `earlier` are the runs that were kept.
        """
        moments = [_moment(self)]
        first = _first_purchase(self.customers)
        for back in range(1, count):
            day = self.as_of - timedelta(days=back * self.window_days)
            if first is None or day < first:
                break
            moments.append(_moment(self.at(day)))
        return replace(self, history=moments[::-1], earlier=tuple(earlier))

    def at(self, day: date) -> Run:
        """The customers there were on an earlier day, scored as of then, until another day is asked for."""
        there = _there(customer_table(self.engine, self.pack, as_of=day), self.customers, day)
        view = "scored_then"
        self.engine.put(view, scored := _scored(there, self.pack, self.profile))
        return replace(self, customers=scored, as_of=day, previous=None, view=view, kept={})

    def table(self, name: str) -> pa.Table:
        """One of the small tables of `tierbook.aggregates`, computed where the rows are and kept."""
        from tierbook import aggregates
        from tierbook.aggregates import since_last
        from tierbook.rulepack import care_tables

        if name == "accounts" and name not in self.kept:
            import pyarrow as pa

            ids = self.customers["customer_id"]
            self.engine.put(
                "groups_", pa.table({"customer_id": ids, "root": pa.array(self.groups.root, pa.string())})
            )
        if name in since_last.NAMES and name not in self.kept:
            self.kept[name] = self.engine.sql(since_last.query(name, scored=self.view))
        if name in care_tables.NAMES and name not in self.kept:
            text = care_tables.query(
                name, self.pack, profile=self.profile, as_of=self.as_of, scored=self.view
            )
            self.kept[name] = self.engine.sql(text)
        if name not in self.kept:
            signals = [signal.name for signal in self.pack.churn.signals] if self.pack.churn else []
            text = aggregates.query(
                name,
                as_of=self.as_of,
                parts=self.pack.value_parts,
                signals=signals,
                window_days=self.window_days,
                scored=self.view,
                year_table=self._year_table,
            )
            if name == "product_pairs" and self.alone:
                text = f"SELECT * FROM ({text}) AS pairs WHERE 1 = 0"
            self.kept[name] = self.engine.sql(text)
        return self.kept[name]

    @cached_property
    def _year_table(self) -> str:
        """The engine's table of what each customer brought in the last twelve months, kept when first asked for."""
        from tierbook.aggregates.query import year_spend

        name = f"year_spend_{self.as_of:%Y%m%d}"
        self.engine.make(name, year_spend(self.as_of))
        return name

    @cached_property
    def groups(self) -> Groups:
        """The group of each customer, in the order of `customers`.

        Raises
        ------
        DataError
            A cycle of parents.
        """
        from tierbook.hierarchy import groups

        customers = self.customers if self.unmasked is None else self.unmasked
        return groups(*arrays(customers.select(["customer_id", "parent_id"])).values())

    @cached_property
    def ledger(self) -> Ledger | None:
        """Points of members month by month, positions in `customers`; None where the pack gives no points."""
        from tierbook import points

        if self.pack.points is None:
            return None
        columns = arrays(self.customers if self.unmasked is None else self.unmasked)
        scorer = Scorer(self.pack, columns, profile=self.profile, ids=columns["customer_id"])
        first = points.first_months(columns["joined"], columns["first_date"], as_of=self.as_of)
        first[~scorer.earns_points()] = points.NEVER
        # What the others bought is not looked at.
        earning = columns["customer_id"].copy()
        earning[first == points.NEVER] = None
        return points.ledger(
            first,
            points.entries(self.engine, earning, as_of=self.as_of),
            scorer.points_value,
            as_of=self.as_of,
            cumulative=self.pack.points.basis == "cumulative",
            expire_after_months=self.pack.points.expire_after_months,
        )

    @cached_property
    def outlook(self) -> Outlook:
        """What purchase models expect of each customer, in the order of `customers`; fitted when first asked for.

        Raises
        ------
        DataError
            As `foresee`.
        """
        return self.foresee()

    def foresee(self, **asked: Any) -> Outlook:
        """The outlook with other settings than the usual ones: `model`, `months`, `annual_discount`, `margin`.

        Raises
        ------
        DataError
            Too few customers bought again, their histories or a setting cannot be.
        """
        from tierbook.clv.outlook import fit_models, foreseen

        asked.setdefault("margin", self.margin)
        fitted = fit_models(*self._fitted_to(), model=asked.pop("model", None))
        return foreseen(fitted, *self._histories(), **asked)

    @property
    def margin(self) -> float:
        """Share of revenue that counts as value: the margin of the sales with a known cost."""
        (known,) = self.table("margin").to_pylist()
        margin = 1 - known["cost"] / known["revenue"] if known["revenue"] > 0 else 1.0
        # A margin that is not positive would turn every value round; then value is revenue.
        return margin if margin > 0 else 1.0

    @cached_property
    def held_out(self) -> HoldOut:
        """The model of `outlook` fitted to the first half of the time, against the purchases of the second; at most a year.

        Raises
        ------
        DataError
            As `outlook` and `hold_out`.
        """
        return self.hold_out(model=self.outlook.model)

    def hold_out(self, *, model: str, until: date | None = None) -> HoldOut:
        """A model fitted to the purchases up to a day, against those after it.

        Raises
        ------
        DataError
            No transactions, too few repeat purchases before the day, none after it.
        """
        import pyarrow.compute as pc

        from tierbook.clv.holdout import calibration_until, hold_out_counted

        first = pc.min(self.customers["first_date"]).as_py()
        if first is None or not self.tables.get("transactions"):
            raise DataError("There is no purchase up to {day}.", day=self.as_of.isoformat())
        until = until or calibration_until(first, self.as_of)
        found = arrays(self.table(f"histories:{until}"))
        alike = found.pop("customers").astype(np.int64)
        days = arrays(self.table(f"purchase_days:{until}"))
        return hold_out_counted(
            *(np.repeat(found[name], alike) for name in ("frequency", "recency", "age", "later")),
            day=days["date"], purchases=days["customers"], calibration_end=until, end=self.as_of, model=model,
        )  # fmt: skip

    @cached_property
    def backtest(self) -> SideBySide | None:
        """The churn flag of one window ago, and P(alive) beside it, against who then bought; None where there is no flag.

        The horizon is the window: whoever bought in it has the last purchase in it.
        """
        import pyarrow.compute as pc

        from tierbook.backtest import side_by_side
        from tierbook.clv.outlook import likely_alive

        before = self.previous
        if before is None or self.pack.churn is None:
            return None
        place = pc.index_in(before.customers["customer_id"], value_set=self.customers["customer_id"])
        columns = arrays(before.customers.select(["churn_flagged", "last_date"]))
        return side_by_side(
            columns["churn_flagged"] == 1, likely_alive(*before._histories()[:3]), columns["last_date"],
            arrays(self.customers.select(["last_date"]).take(place))["last_date"],
            cutoff=before.as_of, lost_after_days=self.pack.churn.lost_after_days, horizon_days=self.window_days,
        )  # fmt: skip

    def false_alarms(self, found: Backtest) -> FalseAlarms | None:
        """What the warnings of a backtest cost and bring; None where the pack does not say what contacting does."""
        from tierbook.backtest import false_alarms

        amounts = self.pack.false_alarm_amounts(self.profile)
        return (
            None
            if amounts is None
            else false_alarms(found, contact_cost=amounts[0], gain_of_keeping=amounts[1])
        )

    def _histories(self) -> list[NDArray]:
        # A model may rest on a column that a masked copy only must not show.
        customers = self.customers if self.unmasked is None else self.unmasked
        names = ["frequency", "recency", "T", "monetary_value"]
        return list(arrays(customers.select(names)).values())

    def _fitted_to(self) -> list[NDArray]:
        """The histories models are fitted to."""
        return self._histories()

    def reasons(self, language: str = "en") -> list[str]:
        """Why each customer may leave, in words, one text per row of `customers`."""
        import pyarrow as pa

        # The scores and three pages of the report ask for them.
        name = f"reasons:{language}"
        if name not in self.kept:
            self.kept[name] = pa.table({"reason": pa.array(self._reasons(language), pa.string())})
        return self.kept[name]["reason"].to_pylist()

    def _reasons(self, language: str) -> list[str]:
        if not self.pack.churn:
            return [""] * self.customers.num_rows
        # A reason may rest on a column that a masked copy only must not show.
        customers = self.customers if self.unmasked is None else self.unmasked
        wanted = needs(
            self.pack, "churn", given=customers.column_names, profile=self.profile, language=language
        )
        columns = arrays(customers.select([name for name in customers.column_names if name in wanted]))
        return Scorer(self.pack, columns, profile=self.profile).churn_reasons(language).tolist()


_OF_A_MOMENT = ("totals", "tiers", "stages", "churn_levels")


def _moment(run: Run) -> Moment:
    return Moment(run.as_of, {name: run.table(name) for name in _OF_A_MOMENT})


def _first_purchase(customers: pa.Table) -> date | None:
    import pyarrow.compute as pc

    return pc.min(customers["first_date"]).as_py()


HIDDEN = "•••"


def _emptied(run: Run) -> pa.Table:
    """The customers without what the pack masks."""
    import pyarrow as pa

    customers = run.customers
    for name in run.pack.masked:
        if name in customers.column_names:
            at = customers.column_names.index(name)
            empty = pa.nulls(customers.num_rows, customers.schema.field(at).type)
            customers = customers.set_column(at, name, empty)
    return customers


def _unquoted(problem: Problem, masked: Sequence[str]) -> Problem:
    """A problem that quotes nothing from a masked column, nor from one whose heading we do not know."""
    from tierbook.tables import TABLES, folded

    table = TABLES.get(problem.table)
    columns = table.columns if table else ()
    heading = folded(problem.heading)
    known = next(
        (one.name for one in columns if heading in {folded(word) for word in (one.name, *one.aliases)}), None
    )
    if not problem.heading or (known is not None and known not in masked):
        return problem
    values = {name: HIDDEN if isinstance(value, str) else value for name, value in problem.values.items()}
    return replace(problem, values=values)


def arrays(table: pa.Table) -> dict[str, NDArray]:
    """The columns of an Arrow table as NumPy arrays: numbers and yes/no as float (NaN), texts as objects (None), dates as datetime64[D] (NaT)."""
    import pyarrow as pa

    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            found[name] = column.cast(pa.date32()).to_numpy().astype("datetime64[D]")
        elif (
            pa.types.is_string(column.type)
            or pa.types.is_large_string(column.type)
            or pa.types.is_dictionary(column.type)
        ):
            found[name] = column.to_numpy()
        else:
            found[name] = column.cast(pa.float64()).to_numpy()
    return found


def customer_table(engine: DuckDB, pack: Pack, *, as_of: date) -> pa.Table:
    """The customer table of a pack: own columns, standard features, measures; ordered by `customer_id`.

    `features.load` has put the input tables into the engine.
    """
    return engine.sql(f"{customer_query(engine, pack, as_of=as_of)} ORDER BY features.customer_id")


def customer_query(engine: Engine, pack: Pack, *, as_of: date) -> str:
    """The query of the customer table, over tables that are made for it; without order."""
    if not pack.measures:
        text = features.customer_text(engine, as_of=as_of, window_days=pack.window_days)
        return f"SELECT * FROM (\n{text}\n) AS features"
    from tierbook import measures

    features.customer_features(engine, as_of=as_of, window_days=pack.window_days)
    measures.add_measures(engine, [_measure(measure, pack) for measure in pack.measures], as_of=as_of)
    made = [measure.name for measure in pack.measures]
    known = [name for name in engine.columns("features") if name not in made]
    listed = ", ".join([*(f'features."{name}"' for name in known), *(f'measured."{name}"' for name in made)])
    return f"SELECT {listed} FROM features LEFT JOIN measured ON measured.customer_id = features.customer_id"


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
    if as_of is None:
        raise DataError(
            "There is no date to speak for.", fix="Give --as-of, because there are no transactions."
        )
    # A second thread saves less time than it costs until there is much to do.
    engine = DuckDB(threads=1 if max(table.num_rows for table in given.values()) < _MANY_ROWS else None)
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
        before = _there(customer_table(engine, pack, as_of=earlier), now, earlier)
    say(0.8, "Scoring rules")
    counts = {name: table.num_rows for name, table in given.items()}
    scored, scored_before = (_scored(customers, pack, profile) for customers in (now, before))
    engine.put("scored", scored)
    engine.put("scored_before", scored_before)
    base = Run(
        scored_before,
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
        base, customers=scored, as_of=as_of, previous=previous, view="scored", kept={}, duplicates=duplicates
    )


def with_declared_columns(tables: Mapping[str, pa.Table], pack: Pack) -> dict[str, pa.Table]:
    """The tables with the columns the pack declares beyond those Tierbook knows: missing where the input lacks them."""
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


def _there(before: pa.Table, now: pa.Table, earlier: date) -> pa.Table:
    """The customers there were at the earlier date: those who joined or bought later are left out."""
    import pyarrow.compute as pc

    columns = arrays(now.select(["joined", "first_date"]))
    later = np.fmin(columns["joined"], columns["first_date"]) > np.datetime64(earlier)
    return before.filter(pc.invert(pc.is_in(before["customer_id"], now["customer_id"].filter(later))))


def _scored(customers: pa.Table, pack: Pack, profile: str) -> pa.Table:
    import pyarrow as pa

    columns = arrays(customers)
    scorer = Scorer(pack, columns, profile=profile, ids=columns.get("customer_id"))
    results: dict[str, Any] = {name: scorer[name] for name in pack.features}
    empty_text, empty_number = np.full(scorer.length, None, dtype=object), np.full(scorer.length, np.nan)
    results |= {f"value.{name}": part for name, part in scorer.value_parts().items()} if pack.parts else {}
    results["value"] = scorer.value() if pack.parts else empty_number
    results["tier"] = scorer.tier() if pack.tiers else empty_text
    results["positions"] = scorer.positions() if pack.positions else empty_text
    results["stage"] = scorer.stage() if pack.stages else empty_text
    actions = {level.name: level.action for level in pack.stages}
    results["action"] = np.array([actions.get(name) for name in results["stage"].tolist()], dtype=object)
    results["ladder"] = scorer.ladder() if pack.ladder else empty_text
    if pack.relation:
        results["relation"] = scorer.relation()
    results |= {f"class.{group}": scorer.class_of(group) for group in pack.classes}
    for name, section in pack.scores.items():
        results[f"score.{name}"] = scorer.score(name)
        if section.levels:
            results[f"score.{name}.level"] = scorer.score_level(name)
    if pack.rfm_segments:
        results["rfm_segment"] = scorer.rfm_segment(columns["rfm_r"], columns["rfm_f"], columns["rfm_m"])
    if pack.early_warning:
        results["early_warning"] = scorer.early_warning()
        results["early_warning_reason"] = scorer.early_warning_reason()
    if pack.groups:
        results["retention_group"] = scorer.retention_group()
    if pack.winback:
        results["winback"], results["winback_spend"] = scorer.winback(), scorer.winback_spend()
    if pack.credit:
        results["credit"] = scorer.credit()
    if pack.target_lists:
        results["target_lists"] = scorer.target_lists()
    if pack.key_accounts:
        results["key_account"] = scorer.key_account()
    results["churn_score"] = scorer.churn_score() if pack.churn else empty_number
    results["churn_level"] = scorer.churn_level() if pack.churn else empty_text
    results["churn_flagged"] = scorer.churn_flagged() if pack.churn else np.zeros(scorer.length, dtype=bool)
    results["churn_signals"] = scorer.churn_signals() if pack.churn else empty_text
    for name, result in results.items():
        column = pa.array(result, from_pandas=True, type=pa.string() if result.dtype == object else None)
        if name in customers.column_names:
            customers = customers.set_column(customers.column_names.index(name), name, column)
        else:
            customers = customers.append_column(name, column)
    return customers


def _measure(measure: CompiledMeasure, pack: Pack) -> Measure:
    from tierbook.measures import Measure

    thresholds = pack.profiles["default"].thresholds
    where = measure.where.sql(constants=thresholds) if measure.where is not None else None
    return Measure(
        measure.name, measure.how, measure.table, measure.column, where, measure.days, measure.customer
    )
