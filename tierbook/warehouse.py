"""A run over tables where they lie: what `score.score` does with tables in memory, inside an engine.

Features, measures, rules, ranks of the whole population and the tables of a report are computed by the engine; only
those tables and the best customers come back. Every stage that is finished is kept where the engine can keep it, under
a key of the data and the rules, so that a run that broke off goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from tierbook import features
from tierbook.arrow import arrays
from tierbook.clv.outlook import fit_models
from tierbook.clv.parts import FORESEEN, HISTORY, predictor
from tierbook.customers import customer_query
from tierbook.engines.given import Given, given
from tierbook.engines.quoting import quoted
from tierbook.errors import DataError
from tierbook.needs import needs
from tierbook.quality import Problem
from tierbook.run import Run

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.backtest import SideBySide
    from tierbook.rulepack.pack import Pack

MOST_BACK = 100_000
"""Customers that come back from an engine; of more, those of highest value."""

SAMPLE = 200_000
"""Customers that models are fitted to; of more, a sample."""

_SEED = "tierbook 1"


@dataclass(frozen=True)
class WarehouseRun(Run):
    """A run whose customers are in the engine; `customers` are all of them, or the `MOST_BACK` of highest value.

    `everyone` is how many there are, `plain` the view with nothing masked where `view` masks columns, `keep` what keeps
    finished stages until all is done.
    """

    everyone: int = 0
    plain: str = field(default="", repr=False)
    keep: Any = field(default=None, repr=False)

    @property
    def population(self) -> int:
        return self.everyone

    @property
    def complete(self) -> bool:
        """Whether every customer came back."""
        return self.everyone == self.customers.num_rows

    def masked(self) -> Run:
        """As `Run.masked`; the engine keeps its customers, and aggregates see the columns as empty."""
        return super().masked() if self.complete else self._masked_in_engine()

    def at(self, day: date) -> Run:
        """As `Run.at`, with no customers of their own: what is asked of an earlier day are aggregates."""
        _scored_in(
            self.engine, self.pack, self.profile, day, "customers_then", "scored_then", before=self.view
        )
        return replace(
            self, customers=self.customers.slice(0, 0), as_of=day, previous=None, view="scored_then", kept={}
        )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Every customer of `results`, a part at a time, in no order."""
        return self.engine.batches(f"SELECT * FROM {quoted(self.results)}")

    @cached_property
    def results(self) -> str:
        """The view of every customer with what the purchase models expect of each, predicted part by part where the customers are.

        Where no model can be fitted these columns are missing in every row.
        """
        fitted, margin = None, 1.0
        with suppress(DataError):
            fitted, margin = fit_models(*self._fitted_to()), self.margin
        read = ", ".join(quoted(name) for name in ("customer_id", *HISTORY))
        self.engine.make_by(
            "tierbook_foreseen",
            f"SELECT {read} FROM {quoted(self.view)}",
            predictor(fitted, margin),
            FORESEEN,
        )
        added = ", ".join(f"foreseen.{quoted(name)}" for name in FORESEEN)
        self.engine.view(
            "tierbook_scores",
            f"SELECT known.*, {added} FROM {quoted(self.view)} AS known "
            "JOIN tierbook_foreseen AS foreseen ON foreseen.customer_id = known.customer_id",
        )
        return "tierbook_scores"

    @cached_property
    def backtest(self) -> SideBySide | None:
        """As `Run.backtest`; of many customers, over the sample that models are fitted to."""
        if self.complete or not isinstance(self.previous, WarehouseRun) or self.pack.churn is None:
            return super().backtest
        now = self._sampled("last_date")
        # The same share of fewer: a customer of then is one of now.
        then = replace(self.previous, everyone=self.everyone)._sampled("last_date", "churn_flagged", *HISTORY)
        return replace(
            self, customers=now, previous=replace(self.previous, customers=then), everyone=now.num_rows
        ).backtest

    def _fitted_to(self) -> list[NDArray]:
        if self.complete:
            return super()._fitted_to()
        return list(arrays(self._sampled(*HISTORY).drop_columns("customer_id")).values())

    def _sampled(self, *names: str) -> pa.Table:
        """These columns of customers by chance, the same ones in every run and on every engine."""
        share = min(1.0, SAMPLE / max(self.everyone, 1))
        below = f"{int(share * 0xFFFFFF):06x}"
        chance = f"SUBSTR(MD5(customer_id || '{_SEED}'), 1, 6)"
        listed = ", ".join(map(quoted, ("customer_id", *names)))
        seen = quoted(self.plain or self.view)
        return self.engine.sql(f"SELECT {listed} FROM {seen} WHERE {chance} < '{below}'").sort_by(
            "customer_id"
        )

    def _masked_in_engine(self) -> Run:
        hidden = self._hidden()
        previous = hidden.previous and self._viewed_masked(hidden.previous)
        return replace(self._viewed_masked(hidden), previous=previous)

    def _viewed_masked(self, run: Any) -> Any:
        """A masked run whose customers in the engine are masked, too."""
        name = f"{run.view}_masked"
        listed = ", ".join(
            f"CAST(NULL AS VARCHAR) AS {quoted(one)}" if one in self.pack.masked else quoted(one)
            for one in self.engine.columns(run.view)
        )
        self.engine.view(name, f"SELECT {listed} FROM {quoted(run.view)}")
        return replace(run, view=name, plain=run.view)


@dataclass(frozen=True)
class Origin:
    """Where a run's tables lie, and a fingerprint of their counts, sums, sizes and times, instead of every byte's."""

    path: Path
    sha256: str
    bytes: int = 0


@dataclass
class Stages:
    """What of a run is finished and kept in the engine, under a key of its data and rules."""

    keep: Any = None
    done: set[str] = field(default_factory=set)

    def begin(self, key: str) -> None:
        """Take up what an earlier run with the same key has finished."""
        self.done = set(self.keep.finished(key)) if self.keep else set()

    def step(self, name: str, work: Callable[[], None]) -> None:
        """Do a stage, unless it is done."""
        if name in self.done:
            return
        work()
        self.done.add(name)
        if self.keep:
            self.keep.finish(name)


def score_in(
    engine: Any,
    source: Mapping[str, str],
    pack: Pack,
    *,
    name: str = "",
    stamp: str = "",
    mapping: Mapping[str, Any] | None = None,
    max_bad_share: float = 0.05,
    as_of: date | None = None,
    profile: str = "default",
    today: date | None = None,
    most: int = MOST_BACK,
    keep: Any = None,
    progress: Callable[[float, str], None] | None = None,
) -> WarehouseRun:
    """Score every customer of a source, in its engine.

    Parameters
    ----------
    engine : DuckDB, Database or Spark
    source : mapping
        Tables of the source -> what a query calls them.
    name, stamp : str
        What a reader sees for the source; what tells one state of the source from another, beside its counts and sums: sizes and times of files.
    mapping, max_bad_share
        The project's names for tables and columns; how many unusable rows are too many. [0-1]
    most : int
        Customers that come back; of more, those of highest value.
    keep : optional
        What keeps finished stages: `finished(key)` gives their names, `finish(name)` adds one.

    Raises
    ------
    DataError
        Tables or columns that are missing or cannot be used, no date to speak for.
    RuleError
        A profile that the pack does not have.
    """
    say = progress or (lambda share, step: None)
    say(0.0, "Looking at the tables")
    pack.profile(profile)
    read = ["customers", *(measure.table for measure in pack.measures)]
    there = given(
        engine,
        source,
        mapping=mapping or {},
        declared=pack.columns,
        declared_in=read,
        today=today,
        max_bad_share=max_bad_share,
    )
    _base_can_be_had(there, pack)
    as_of = as_of or pack.as_of or there.latest
    if as_of is None:
        raise DataError(
            "There is no date to speak for.", fix="Give --as-of, because there are no transactions."
        )
    earlier = as_of - timedelta(days=pack.window_days)
    stages = Stages(keep)
    origin = Origin(Path(name), _digest([stamp, there.facts, there.columns]))
    stages.begin(_digest([origin.sha256, pack.hash, profile, as_of.isoformat()]))
    say(0.1, "Customer features")
    features.name_views(engine, there.columns)
    stages.step("prepared", lambda: features.prepare(engine, narrow=there.narrow, numbered=there.numbered))
    engine.view("transactions_", features.DATED)
    say(0.4, "Scoring rules")
    stages.step("now", lambda: _scored_in(engine, pack, profile, as_of, "customers_now", "scored"))
    say(0.7, "Scoring rules")
    stages.step(
        "before",
        lambda: _scored_in(
            engine, pack, profile, earlier, "customers_before", "scored_before", before="scored",
            nobody="transactions" not in there.columns,
        ),
    )  # fmt: skip
    say(0.9, "Bringing the customers back")
    everyone, everyone_before = (_count(engine, name) for name in ("scored", "scored_before"))
    customers, before = _brought_back(engine, "scored", pack, everyone, most)
    problems = [*there.problems, *pack.warnings]
    if {"source", "source_id"} <= set(there.columns.get("customers", ())):
        problems.append(
            Problem(
                "warning",
                "The customers come from several sources; records that are one customer count as several here.",
                fix="Name the workbook or folder on the command line, where they are joined, or join them before.",
                table="customers",
            )
        )
    if customers.num_rows < everyone:
        problems.append(
            Problem(
                "note",
                "Of {all} customers the {shown} of highest value came back; totals, tiers and breakdowns count all, "
                "models are fitted to a sample of {sample}.",
                values={"all": f"{everyone:,}", "shown": f"{customers.num_rows:,}", "sample": f"{SAMPLE:,}"},
            )
        )
    base = WarehouseRun(
        before,
        pack,
        earlier,
        profile,
        tuple(problems),
        there.rows,
        (origin,) if name else (),
        previous=None,
        engine=engine,
        view="scored_before",
        everyone=everyone_before,
        keep=keep,
        alone=there.alone,
    )
    return replace(
        base,
        customers=customers,
        as_of=as_of,
        previous=base if everyone_before else None,
        view="scored",
        kept={},
        everyone=everyone,
    )


def _digest(facts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _scored_in(
    engine: Any,
    pack: Pack,
    profile: str,
    as_of: date,
    customers: str,
    scored: str,
    *,
    before: str = "",
    nobody: bool = False,
) -> None:
    """The customers of a day and their results as tables; with `before`, without those who came later."""
    from tierbook.rulepack.in_engine import places_query, query

    text = customer_query(engine, pack, as_of=as_of)
    if before:
        day = f"DATE '{as_of.isoformat()}'"
        # Who joined or bought by then, or of whom nobody knows since when.
        there = (
            f"SELECT customer_id FROM {quoted(before)} WHERE joined <= {day} OR first_date <= {day} "
            "OR (joined IS NULL AND first_date IS NULL)"
        )
        text = (
            f"SELECT * FROM ({text}) AS everyone WHERE {'1 = 0' if nobody else f'customer_id IN ({there})'}"
        )
    engine.make(customers, text)
    for made in ("features", "measured"):
        engine.drop(made)
    native = engine.dialect == "postgres"
    dialect: Any = "postgres" if native else "duckdb"
    known = list(engine.columns(customers))
    places = None
    if engine.in_steps:
        ranked, names = places_query(pack, known, profile=profile, source=customers)
        engine.make("tierbook_places", ranked)
        places = ("tierbook_places", names)
    text = query(pack, known, profile=profile, dialect=dialect, source=customers, places=places)
    engine.make(scored, text, native=native)
    for made in (customers, *([places[0]] if places else [])):
        engine.drop(made)


def _count(engine: Any, name: str) -> int:
    (found,) = engine.sql(f"SELECT COUNT(*) AS customers FROM {quoted(name)}").to_pylist()
    return found["customers"]


def _brought_back(engine: Any, name: str, pack: Pack, everyone: int, most: int) -> tuple[pa.Table, pa.Table]:
    """The customers, and the same ones as they were, ordered by id."""
    chosen = ""
    if everyone > most:
        worth = "value" if pack.parts else "total_spend"
        engine.make(
            "tierbook_shown",
            f"SELECT customer_id FROM {quoted(name)} ORDER BY {worth} DESC NULLS LAST, customer_id LIMIT {most}",
        )
        chosen = " WHERE customer_id IN (SELECT customer_id FROM tierbook_shown)"
    now, before = (engine.sql(f"SELECT * FROM {one}{chosen}") for one in ("scored", "scored_before"))
    return now.sort_by("customer_id"), before.sort_by("customer_id")


def _base_can_be_had(there: Given, pack: Pack) -> None:
    """Without transactions the customers bring their features; the base of the value is the one they must bring."""
    if "transactions" in there.columns or "base" not in pack.parts:
        return
    wanted = needs(pack, "value", part="base")
    missing = sorted(wanted & features.COLUMNS.keys() - set(there.columns["customers"]))
    if missing:
        raise DataError(
            "The customers have no column {name} and there is no table of transactions.",
            fix="Add a sheet transactions, or the column.",
            name=", ".join(missing),
        )
