"""The customers of a run: what is known of each on a day, and what a rule pack says of each."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook import features
from tierbook.arrow import arrays
from tierbook.scorer import Scorer

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.engines.duckdb import DuckDB
    from tierbook.features import Engine
    from tierbook.measures import Measure
    from tierbook.rulepack.pack import CompiledMeasure, Pack


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


def _measure(measure: CompiledMeasure, pack: Pack) -> Measure:
    from tierbook.measures import Measure

    thresholds = pack.profiles["default"].thresholds
    where = measure.where.sql(constants=thresholds) if measure.where is not None else None
    return Measure(
        measure.name, measure.how, measure.table, measure.column, where, measure.days, measure.customer
    )


def there(before: pa.Table, now: pa.Table, earlier: date) -> pa.Table:
    """The customers of `before` there were at the earlier date: those who, as `now` knows, joined or bought later are left out."""
    import pyarrow.compute as pc

    columns = arrays(now.select(["joined", "first_date"]))
    later = np.fmin(columns["joined"], columns["first_date"]) > np.datetime64(earlier)
    return before.filter(pc.invert(pc.is_in(before["customer_id"], now["customer_id"].filter(later))))


def scored(customers: pa.Table, pack: Pack, profile: str) -> pa.Table:
    """The customers with a column for each result of the pack, as `tierbook.run.Run` lists them.

    `value`, `tier`, `positions`, `stage`, `action`, `ladder` and the columns of churn are there for every pack, empty
    where it has no such section; the others only where it has.

    Raises
    ------
    RuleError
        A profile that the pack does not have.
    """
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
