"""What one scoring run found out: every customer, and the small tables reports are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tierbook.arrow import arrays
from tierbook.customers import customer_table, scored, there
from tierbook.errors import DataError
from tierbook.needs import needs
from tierbook.quality import Problem
from tierbook.scorer import Scorer

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.backtest import Backtest, FalseAlarms, SideBySide
    from tierbook.clv.holdout import HoldOut
    from tierbook.clv.outlook import Outlook
    from tierbook.duplicates import Duplicates
    from tierbook.engines.duckdb import DuckDB
    from tierbook.hierarchy import Groups
    from tierbook.points import Ledger
    from tierbook.rulepack.pack import Pack

HIDDEN = "•••"
"""What a masked copy shows where a value was."""


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
        hidden = self._hidden()
        for run in (hidden, hidden.previous):
            if run:
                self.engine.put(run.view, run.customers)
        return hidden

    def _hidden(self) -> Self:
        """The masked run, of which the engine does not know yet."""
        return replace(
            self,
            customers=_emptied(self),
            previous=replace(self.previous, customers=_emptied(self.previous)) if self.previous else None,
            problems=[_unquoted(one, self.pack.masked) for one in self.problems],
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
        then = there(customer_table(self.engine, self.pack, as_of=day), self.customers, day)
        view = "scored_then"
        self.engine.put(view, customers := scored(then, self.pack, self.profile))
        return replace(self, customers=customers, as_of=day, previous=None, view=view, kept={})

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
