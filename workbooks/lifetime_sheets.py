"""Result sheets of purchase models: what is expected of every customer, the parameters, the hold-out check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.clv.holdout import MOST_REPEATS
from tierbook.language import label, say
from workbooks.lifetime import MODELS, best, in_words
from workbooks.sheet_xml import Format, ResultSheet

if TYPE_CHECKING:
    from tierbook.clv.holdout import HoldOut
    from tierbook.clv.outlook import Outlook
    from tierbook.run import Run


def outlook_sheets(run: Run, outlook: Outlook, language: str = "en") -> list[ResultSheet]:
    """Every customer with a purchase, most expected value first; the parameters with what they mean."""
    import pyarrow as pa

    rows = best(outlook)
    chosen = run.customers.select(["customer_id", "tier", "stage", "last_date"]).take(rows)

    def words(names: list[str | None]) -> pa.Array:
        return pa.array([run.word(name, language) if name else None for name in names], pa.string())

    figures = {"p_alive": outlook.p_alive, **{f"silent_{days}": one for days, one in outlook.silent.items()}}
    figures |= {"clv_expected": outlook.expected, "clv_value": outlook.value}
    table = pa.table(
        {
            "customer_id": chosen["customer_id"],
            "tier": words(chosen["tier"].to_pylist()),
            "stage": words(chosen["stage"].to_pylist()),
            "last_date": chosen["last_date"],
            **{name: pa.array(figure[rows], from_pandas=True) for name, figure in figures.items()},
        }
    )
    heads = [
        *(label(name, language) for name in ("customer_id", "tier", "stage", "last_date", "p_alive")),
        *(say("No purchase in {days} days", language, days=days) for days in outlook.silent),
        label("clv_expected", language),
        label("clv_value", language),
    ]
    ratio: Format = "ratio"
    formats: tuple[Format, ...] = ("text", "text", "text", "date", ratio)
    formats = (*formats, *[ratio] * len(outlook.silent), "score", "amount")
    return [
        ResultSheet(say("Tierbook CLV", language), "tierbook_clv", table, heads, formats),
        _parameters(outlook, language),
    ]


def hold_out_sheets(found: HoldOut, language: str = "en") -> list[ResultSheet]:
    """The verdict with errors, purchases by repeat purchases before, and the cumulated curve day by day."""
    errors = found.errors
    summary: list[tuple[str, str | float | None]] = [
        (label("clv_verdict", language), found.verdict.text(language)),
        (label("clv_model", language), MODELS[found.model]),
        (label("clv_calibration_end", language), found.calibration_end.isoformat()),
        (label("clv_end", language), found.end.isoformat()),
        *((label(f"clv_error_{name}", language), value) for name, value in errors._asdict().items()),
        *((label("clv_warning", language), one.text(language)) for one in found.fit.warnings),
    ]
    said = [(name, value, None) if isinstance(value, str) else (name, None, value) for name, value in summary]
    groups = zip(*(one.tolist() for one in found.by_frequency), strict=True)
    shown = [
        (say("{count} or more", language, count=times) if times == MOST_REPEATS else str(times), *figures)
        for times, *figures in groups
    ]
    curve = zip(
        found.curve.day.tolist(), found.curve.actual.tolist(), found.curve.expected.tolist(), strict=True
    )
    return [
        _sheet(
            say("Tierbook Hold-out", language), "tierbook_hold_out",
            [label(name, language) for name in ("figure", "clv_said", "rules_number")],
            ("text", "text", "score"), said,
        ),
        _sheet(
            say("Tierbook Hold-out groups", language), "tierbook_hold_out_groups",
            [label(name, language) for name in ("clv_repeats", "customers", "clv_actual_each", "clv_foreseen_each")],
            ("text", "integer", "score", "score"), shown,
        ),
        _sheet(
            say("Tierbook Hold-out curve", language), "tierbook_hold_out_curve",
            [label(name, language) for name in ("day", "clv_actual", "clv_foreseen")],
            ("date", "integer", "score"), curve,
        ),
    ]  # fmt: skip


def _parameters(outlook: Outlook, language: str) -> ResultSheet:
    rows: list[tuple[str, str | None, float | None, float | None]] = [
        (label("clv_model", language), MODELS[outlook.model], None, None)
    ]
    for fit in (outlook.fit, *([outlook.spend] if outlook.spend else [])):
        for name, value, error in zip(type(fit.params)._fields, fit.params, fit.standard_errors, strict=True):
            rows.append((name, None, value, None if np.isnan(error) else error))
        rows.append((label("clv_log_likelihood", language), None, fit.log_likelihood, None))
    rows += [("", one, None, None) for one in in_words(outlook, language)]
    rows += [(label("clv_warning", language), one.text(language), None, None) for one in outlook.warnings]
    heads = [
        label(name, language) for name in ("clv_parameter", "clv_said", "clv_estimate", "clv_standard_error")
    ]
    formats: Sequence[Format] = ("text", "text", "score", "score")
    return _sheet(say("Tierbook CLV model", language), "tierbook_clv_model", heads, formats, rows)


def _sheet(
    name: str, table: str, heads: Sequence[str], formats: Sequence[Format], rows: Iterable[Sequence[Any]]
) -> ResultSheet:
    """A sheet from rows; texts, dates and numbers by the format of their column."""
    import pyarrow as pa

    kinds = {"text": pa.string(), "date": pa.date32(), "integer": pa.float64(), "score": pa.float64()}
    cells = [list(column) for column in zip(*rows, strict=True)]
    columns = [pa.array(column, kinds[kind]) for column, kind in zip(cells, formats, strict=True)]
    names = [f"c{at}" for at in range(len(columns))]
    return ResultSheet(name, table, pa.table(columns, names=names), heads, formats)
