"""The hold-out check of a purchase model in cells: fitted to the earlier purchases, compared with the later ones."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.clv.holdout import MOST_REPEATS, Errors, HoldOut, calibration_until, hold_out
from tierbook.errors import DataError
from udfs.registry import Argument, Example, ExcelFunction, declare

_STEP = 7  # days between the points of the curve
_SHOWN = ("figures", "curve")


def _table(
    customer_ids: NDArray,
    dates: NDArray,
    amounts: NDArray,
    *,
    calibration_end: datetime | None,
    end: datetime | None,
    model: str,
    show: str,
    language: str,
) -> dict[str, NDArray]:
    if show not in _SHOWN:
        raise DataError(
            "{name} is one of {known}, not {value}.", name="show", known=", ".join(_SHOWN), value=show
        )
    if not len(dates):
        raise DataError("No row has a customer, a date and an amount.")
    last: date = end.date() if end else dates.max().item()
    until = calibration_end.date() if calibration_end else calibration_until(dates.min().item(), last)
    _, customer = np.unique(customer_ids.astype(str), return_inverse=True)
    found = hold_out(customer, dates, amounts, calibration_end=until, end=last, model=model)
    return _curve(found) if show == "curve" else _figures(found, language)


def _figures(found: HoldOut, language: str) -> dict[str, NDArray]:
    errors, groups = found.errors, found.by_frequency
    rows: list[tuple[Any, ...]] = [
        ("model", found.model, None, None),
        ("calibration_end", _cell(found.calibration_end), None, None),
        ("end", _cell(found.end), None, None),
        ("customers", int(groups.customers.sum()), None, None),
        ("purchases", None, float(np.nansum(found.actual)), float(np.nansum(found.expected))),
    ]
    found_of = {group[0]: group[1:] for group in zip(*(one.tolist() for one in groups), strict=True)}
    rows += [
        (f"repeats_{count}" + ("_or_more" if count == MOST_REPEATS else ""), *found_of.get(count, (0, None, None)))
        for count in range(MOST_REPEATS + 1)
    ]  # fmt: skip
    rows += [(f"error_{name}", value, None, None) for name, value in errors._asdict().items()]
    rows.append(("converged", found.fit.converged, None, None))
    rows.append(("verdict", found.verdict.text(language), None, None))
    rows += [("warning", one.text(language), None, None) for one in found.fit.warnings]
    return {
        name: _objects(cells)
        for name, cells in zip(
            ("figure", "value", "actual", "expected"), zip(*rows, strict=True), strict=True
        )
    }


def _curve(found: HoldOut) -> dict[str, NDArray]:
    """The last day and every seventh before it."""
    shown = slice((found.curve.day.size - 1) % _STEP, None, _STEP)
    return {
        "date": found.curve.day[shown],
        "actual": found.curve.actual[shown],
        "expected": found.curve.expected[shown],
    }


def _cell(day: date) -> datetime:
    return datetime.combine(day, time())


def _objects(cells: tuple[Any, ...]) -> NDArray:
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


_DAYS = ((0, 8, 40), (0, 30), (0, 12, 24, 60), (0,), (0, 20, 50), (0, 5, 9, 44), (0, 55), (0, 15, 33, 48), (0, 28), (0, 7), (0, 18, 36, 54), (0, 26, 52), (0,), (0, 3))  # fmt: skip
_LOG = [
    (f"C{number:02}", datetime(2025, 1, 1) + timedelta(days=number % 4 + day))
    for number, days in enumerate(_DAYS)
    for day in days
]

HOLDOUT = declare(
    ExcelFunction(
        name="CRM_HOLDOUT",
        help="Whether a purchase model may be trusted: it is fitted to the earlier purchases and held against the later ones.",
        arguments=(
            Argument("customer_ids", "Customer of each purchase.", shape="column", kind="id"),
            Argument("dates", "Date of each purchase.", shape="column", kind="date"),
            Argument("amounts", "Amount of each purchase; a refund is none.", shape="column", kind="money"),
            Argument(
                "calibration_end",
                "Last day the model sees; if left out, half of the time from the first purchase to the end, and a year before it at most.",
                kind="date",
                default=None,
            ),
            Argument(
                "end", "Last day looked at; the latest purchase if left out.", kind="date", default=None
            ),
            Argument(
                "model",
                "bg_nbd: drop-out after a purchase; mbg_nbd: also after the first one; pareto_nbd: at any time.",
                kind="text",
                default="bg_nbd",
            ),
            Argument(
                "show",
                "figures: groups by repeat purchases, errors and the verdict; curve: purchases week by week, cumulated.",
                kind="text",
                default="figures",
            ),
        ),
        returns="Table figure, value, actual, expected: purchases in total and per customer by repeat purchases before, errors, verdict; or date, actual, expected.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [[customer] for customer, _ in _LOG],
                [[day] for _, day in _LOG],
                [[10]] * len(_LOG),
                datetime(2025, 2, 5),
                datetime(2025, 3, 5),
            ),
            [
                ["figure", "actual"],
                *([name, None] for name in ("model", "calibration_end", "end", "customers")),
                ["purchases", 10],
                ["repeats_0", 1 / 3],
                ["repeats_1", 7 / 9],
                ["repeats_2", 1],
                *([f"repeats_{count}", None] for count in (3, 4, 5, 6, "7_or_more")),
                *([f"error_{name}", None] for name in Errors._fields),
                *([name, None] for name in ("converged", "verdict", "warning", "warning")),
            ],
            columns=("figure", "actual"),
        ),
        complete=True,
        given=("language",),
    )
)
