"""Customer lifetime value in cells: fit once into a table of parameters, predict from it anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.clv import equity, gamma_gamma, models, retention, simple
from tierbook.clv.fit import Fit
from tierbook.clv.gamma_gamma import GammaGammaParams
from tierbook.errors import DataError
from udfs.cells import Range, is_blank
from udfs.registry import Argument, Example, ExcelFunction, declare

PROJECTED = 5  # periods beyond the data
_HISTORY = (
    Argument(
        "frequency", "Repeat purchases: days with a purchase, less the first (see CRM_RFM).", shape="column"
    ),
    Argument("recency", "Time from the first purchase to the last.", shape="column"),
    Argument("T", "Time from the first purchase to today, in the same unit.", shape="column"),
)
_PARAMS = Argument("params", "The table CRM_CLV_FIT gives.", shape="range")
_PERIODS = Argument("periods", "How far to look ahead, in the unit of T.", default=90)


def _fit(
    frequency: NDArray,
    recency: NDArray,
    T: NDArray,
    monetary_value: NDArray | None = None,
    *,
    model: str,
    language: str,
) -> dict[str, NDArray]:
    found = models.fit(frequency, recency, T, model=model)
    rows: list[tuple[str, Any, float | None]] = [("model", model, None), *_estimates(found)]
    rows += [
        ("log_likelihood", found.log_likelihood, None),
        ("customers", found.customers, None),
        ("repeaters", found.repeaters, None),
        ("converged", found.converged, None),
        ("gradient_norm", found.gradient_norm, None),
    ]
    warnings = list(found.warnings)
    if monetary_value is not None:
        # Who has no history is not asked for spend either.
        known = ~(np.isnan(frequency) | np.isnan(recency) | np.isnan(T))
        x, z = np.where(known, frequency, np.nan), monetary_value
        spend = gamma_gamma.fit_gamma_gamma(x, z)
        rows += [
            *_estimates(spend),
            ("spend_log_likelihood", spend.log_likelihood, None),
            ("spend_customers", spend.customers, None),
            ("spend_converged", spend.converged, None),
            ("spend_gradient_norm", spend.gradient_norm, None),
            ("correlation", gamma_gamma.correlation(x, z), None),
        ]
        warnings += [one for one in spend.warnings if one not in warnings]
    rows += [("warning", one.text(language), None) for one in warnings]
    return _table(("parameter", "value", "standard_error"), rows)


def _expected(frequency: NDArray, recency: NDArray, T: NDArray, params: Range, *, periods: float) -> NDArray:
    return models.expected_purchases(frequency, recency, T, horizon=periods, params=_purchase_params(params))


def _alive(frequency: NDArray, recency: NDArray, T: NDArray, params: Range, *, periods: float) -> NDArray:
    """`periods` changes nothing: the three predictions take the same arguments, so only the name differs."""
    return models.p_alive(frequency, recency, T, params=_purchase_params(params))


def _silent(frequency: NDArray, recency: NDArray, T: NDArray, params: Range, *, periods: float) -> NDArray:
    return models.p_silent(frequency, recency, T, horizon=periods, params=_purchase_params(params))


def _clv(
    frequency: NDArray,
    recency: NDArray,
    T: NDArray,
    monetary_value: NDArray,
    params: Range,
    *,
    months: int,
    annual_discount: float,
    margin: float,
    unit: Any,
) -> NDArray:
    values = _values(params)
    spend = GammaGammaParams(*(_number(values, name) for name in GammaGammaParams._fields))
    return models.clv(
        frequency,
        recency,
        T,
        monetary_value,
        params=_purchase_params(params),
        spend=spend,
        months=months,
        annual_discount=annual_discount,
        margin=margin,
        unit=unit,
    )


def _retention(survivors: NDArray) -> dict[str, NDArray]:
    found = retention.retention_fit(survivors)
    periods = np.arange(1, survivors.size + PROJECTED)
    rates = retention.retention_rate(periods, params=found.params)
    left = retention.survival(periods, params=found.params)
    rows: list[tuple[str, Any, float | None, int | None]] = [
        (name, value, error, None) for name, value, error in _estimates(found)
    ]
    rows += [
        ("log_likelihood", found.log_likelihood, None, None),
        ("converged", found.converged, None, None),
    ]
    rows += [
        ("retention", rate, None, period)
        for rate, period in zip(rates.tolist(), periods.tolist(), strict=True)
    ]
    rows += [
        ("survival", share, None, period)
        for share, period in zip(left.tolist(), periods.tolist(), strict=True)
    ]
    return _table(("figure", "value", "standard_error", "period"), rows)


def _equity(segment: NDArray, clv: NDArray, acquisition_cost: NDArray | None = None) -> dict[str, NDArray]:
    found = equity.equity(segment, clv, acquisition_cost)._asdict()
    found["segment"][-1] = "total"
    return found


def _estimates(found: Fit[Any]) -> list[tuple[str, float, float | None]]:
    names = type(found.params)._fields
    return [
        (name, value, None if np.isnan(error) else error)
        for name, value, error in zip(names, found.params, found.standard_errors, strict=True)
    ]


def _table(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, NDArray]:
    columns: dict[str, NDArray] = {}
    for name, cells in zip(names, zip(*rows, strict=True), strict=True):
        columns[name] = np.empty(len(rows), dtype=object)
        columns[name][:] = [None if isinstance(cell, float) and np.isnan(cell) else cell for cell in cells]
    return columns


def _purchase_params(params: Range) -> models.Params:
    values = _values(params)
    if is_blank(values.get("model")):
        raise DataError("The parameters do not name their model.", fix="Give the whole table of CRM_CLV_FIT.")
    make = models.PARAMS[models.known_model(str(values["model"]).strip())]
    return make(*(_number(values, name) for name in make._fields))


def _values(params: Range) -> dict[str, Any]:
    """Parameter -> value, from the first two columns of the table."""
    if params.width < 2:
        raise DataError(
            "Parameters are a table with names and values, not {columns} column.",
            fix="Give the whole table of CRM_CLV_FIT.",
            columns=params.width,
        )
    return {str(row[0]).strip(): row[1] for row in params.rows if not is_blank(row[0])}


def _number(values: dict[str, Any], name: str) -> float:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
        raise DataError(
            "The parameters have no positive number for {name}.",
            fix="Give the whole table of CRM_CLV_FIT; p, q and gamma need monetary values in the fit."
            if name in GammaGammaParams._fields
            else "Give the whole table of CRM_CLV_FIT.",
            name=name,
        )
    return float(value)


_CDNOW = [
    ["parameter", "value"],
    ["model", "bg_nbd"],
    ["r", 0.2426],
    ["alpha", 4.4136],
    ["a", 0.7929],
    ["b", 2.4259],
    ["p", 6.25],
    ["q", 3.74],
    ["gamma", 15.44],
]
_ROWS: tuple[list[list[Any]], ...] = ([[2], [0]], [[30.43], [0]], [[38.86], [20]])
_LOST = "Frequency, recency or T is missing."

CLV_FIT = declare(
    ExcelFunction(
        name="CRM_CLV_FIT",
        help="Fit how customers buy and drop out; the table goes into CRM_CLV, CRM_EXPECTED, CRM_ALIVE and CRM_SILENT.",
        arguments=(
            *_HISTORY,
            Argument(
                "monetary_value",
                "Mean amount of the repeat purchases; with it spend is fitted too.",
                shape="column",
                kind="money",
                default=None,
            ),
            Argument(
                "model",
                "bg_nbd: drop-out after a purchase; mbg_nbd: also after the first one; pareto_nbd: at any time.",
                kind="text",
                default="bg_nbd",
            ),
        ),
        returns="Table parameter, value, standard_error: parameters, log-likelihood, customers, convergence, warnings.",
        result="table",
        calculate=_fit,
        example=Example(
            (
                [[3], [0], [1], [5], [2], [0], [1], [1], [4], [2], [0], [1], [3], [0]],
                [[20], [0], [4], [30], [12], [0], [9], [25], [33], [7], [0], [3], [28], [0]],
                [[36], [30], [35], [33], [38], [22], [31], [29], [34], [36], [12], [38], [30], [37]],
            ),
            [
                ["parameter"],
                ["model"],
                ["r"],
                ["alpha"],
                ["a"],
                ["b"],
                ["log_likelihood"],
                ["customers"],
                ["repeaters"],
                ["converged"],
                ["gradient_norm"],
                ["warning"],
            ],
            columns=("parameter",),
        ),
        given=("language",),
    )
)

CLV = declare(
    ExcelFunction(
        name="CRM_CLV",
        help="Discounted margin to expect of each customer in the coming months; a month has 365.25 / 12 days.",
        arguments=(
            *_HISTORY,
            Argument(
                "monetary_value",
                "Mean amount of the repeat purchases; may be blank at frequency 0.",
                shape="column",
                kind="money",
            ),
            Argument("params", "The table CRM_CLV_FIT gives, fitted with monetary values.", shape="range"),
            Argument("months", "How many months to look ahead.", default=12),
            Argument("annual_discount", "What money costs in a year; 0.1 is 10%.", default=0.1),
            Argument("margin", "Share of revenue left after costs; 1 gives revenue.", default=1),
            Argument(
                "unit",
                "What recency and T are counted in: day, week, month or year.",
                kind="text",
                default="day",
            ),
        ),
        returns="Expected value of each customer, in the currency of monetary_value.",
        result="column",
        by_row=True,
        calculate=_clv,
        example=Example(
            (*_ROWS, [[35], [None]], _CDNOW, 12, 0.1, 0.3, "week"),
            [[15.6614674037494], [4.14411952226834]],
        ),
        missing=_LOST,
    )
)

EXPECTED = declare(
    ExcelFunction(
        name="CRM_EXPECTED",
        help="Purchases to expect of each customer in the next periods.",
        arguments=(*_HISTORY, _PARAMS, _PERIODS),
        returns="Expected number of purchases for each row.",
        result="column",
        by_row=True,
        calculate=_expected,
        example=Example((*_ROWS, _CDNOW, 39), [[1.22592265798703], [0.322154140053852]]),
        missing=_LOST,
    )
)

ALIVE = declare(
    ExcelFunction(
        name="CRM_ALIVE",
        help="Probability that each customer is still active; under bg_nbd it is 1 for all who bought once.",
        arguments=(
            *_HISTORY,
            _PARAMS,
            Argument(
                "periods",
                "Changes nothing: the probability is that of today. It is there so that the three predictions take the same arguments.",
                default=90,
            ),
        ),
        returns="Probability from 0 to 1 for each row.",
        result="column",
        by_row=True,
        calculate=_alive,
        example=Example((*_ROWS, _CDNOW), [[0.726614044854247], [1]]),
        missing=_LOST,
    )
)

SILENT = declare(
    ExcelFunction(
        name="CRM_SILENT",
        help="Probability that each customer buys nothing in the next periods, whether active or not.",
        arguments=(*_HISTORY, _PARAMS, _PERIODS),
        returns="Probability from 0 to 1 for each row.",
        result="column",
        by_row=True,
        calculate=_silent,
        example=Example((*_ROWS, _CDNOW, 13), [[0.676533694244803], [0.901617897943703]]),
        missing=_LOST,
    )
)

CLV_SIMPLE = declare(
    ExcelFunction(
        name="CRM_CLV_SIMPLE",
        help="Lifetime value at constant retention: m r / (1 + d - r), or the sum over some periods.",
        arguments=(
            Argument("margin_per_period", "Margin m per period.", shape="column", kind="money", repeats=True),
            Argument(
                "retention_rate",
                "Share r of customers kept per period, 0 to 1.",
                shape="column",
                repeats=True,
            ),
            Argument("discount_rate", "Discount d per period; 0.1 is 10%.", shape="column", repeats=True),
            Argument(
                "periods",
                "Number of periods; for ever if left out.",
                shape="column",
                default=None,
                repeats=True,
            ),
        ),
        returns="Value for each row; #N/A where it has no limit, r >= 1 + d.",
        result="column",
        by_row=True,
        calculate=simple.clv_simple,
        example=Example(([[100], [100]], [[0.8], [0.5]], 0.1), [[266.666666666667], [83.3333333333333]]),
        missing="A figure is missing, or retention is so high that the sum has no limit.",
    )
)

CLV_HISTORY = declare(
    ExcelFunction(
        name="CRM_CLV_HISTORY",
        help="Historic lifetime value: orders per month × average order × lifetime in months × margin.",
        arguments=(
            Argument("orders_per_month", "Orders per month.", shape="column", repeats=True),
            Argument(
                "average_order", "Average amount of an order.", shape="column", kind="money", repeats=True
            ),
            Argument(
                "lifetime_months", "Length of the relationship in months.", shape="column", repeats=True
            ),
            Argument(
                "margin",
                "Share of revenue left after costs; 1 gives revenue.",
                shape="column",
                default=1,
                repeats=True,
            ),
        ),
        returns="Value for each row.",
        result="column",
        by_row=True,
        calculate=simple.clv_history,
        example=Example(([[2], [0.5]], [[50], [120]], 36, 0.4), [[1440], [864]]),
        missing="A figure is missing.",
    )
)

RETENTION_FIT = declare(
    ExcelFunction(
        name="CRM_RETENTION_FIT",
        help="Project the retention of a cohort of contracts from the survivors so far (shifted-beta-geometric).",
        arguments=(
            Argument(
                "survivors",
                "Customers of one cohort: at the start, after one renewal, after two …",
                shape="column",
            ),
        ),
        returns="Table figure, value, standard_error, period: alpha, beta, then retention and survival per period, five beyond the data.",
        result="table",
        calculate=_retention,
        example=Example(
            ([[1000], [631], [468]],),
            [
                ["figure", "period"],
                *([name, None] for name in ("alpha", "beta", "log_likelihood", "converged")),
                *([name, period] for name in ("retention", "survival") for period in range(1, 8)),
            ],
            columns=("figure", "period"),
        ),
    )
)

EQUITY = declare(
    ExcelFunction(
        name="CRM_EQUITY",
        help="Customer equity: what the customers of each segment are worth together.",
        arguments=(
            Argument(
                "segment",
                "Segment of each customer; blank counts in the total only.",
                shape="column",
                kind="text",
            ),
            Argument("clv", "Lifetime value of each customer.", shape="column", kind="money"),
            Argument(
                "acquisition_cost",
                "What it cost to win the customer, each or one figure for all.",
                shape="column",
                kind="money",
                default=None,
                repeats=True,
            ),
        ),
        returns="Table segment, customers, mean_clv, equity, share, acquisition_cost, return_on_acquisition; the total last.",
        result="table",
        calculate=_equity,
        example=Example(
            ([["a"], ["b"], ["a"]], [[100], [80], [60]], 40),
            [
                [
                    "segment",
                    "customers",
                    "mean_clv",
                    "equity",
                    "share",
                    "acquisition_cost",
                    "return_on_acquisition",
                ],
                ["a", 2, 80, 160, 2 / 3, 40, 2],
                ["b", 1, 80, 80, 1 / 3, 40, 2],
                ["total", 3, 80, 240, 1, 40, 2],
            ],
        ),
    )
)
