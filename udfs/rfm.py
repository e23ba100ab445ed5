"""RFM in cells: the summary of purchases, scores, cut points, segments."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import rfm
from tierbook.errors import DataError
from tierbook.language import say
from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

SUMMARY = (
    "customer_id",
    "days_since_last",
    "orders",
    "total_spend",
    "frequency",
    "recency",
    "T",
    "monetary_value",
)
_PARTS = (
    Argument("days_since_last", "Days since the last purchase; few is good.", shape="column"),
    Argument("orders", "Number of purchases.", shape="column"),
    Argument("total_spend", "Sum of amounts.", shape="column", kind="money"),
    Argument("bins", "Groups per part, from 2 to 9.", default=5),
    Argument(
        "method",
        "independent bins each part by itself; nested bins orders inside each recency group, and spend inside both.",
        kind="text",
        default="independent",
    ),
)


def _summary(
    customer_ids: NDArray, dates: NDArray, amounts: NDArray, *, as_of: datetime | None
) -> dict[str, NDArray]:
    """The figures of `tierbook.features` for bare columns: each row is a purchase."""
    import pyarrow as pa

    from tierbook import features
    from tierbook.arrow import arrays
    from tierbook.engines.duckdb import DuckDB

    if not len(dates):
        raise DataError("No row has a customer, a date and an amount.")
    day: date = as_of.date() if as_of else dates.max().item()
    purchases = pa.table(
        {
            "customer_id": pa.array(customer_ids.tolist(), pa.string()),
            "date": pa.array(dates),
            "amount": pa.array(amounts),
        }
    )
    engine = DuckDB()
    features.load(engine, {"transactions": purchases})
    features.customer_features(engine, as_of=day, window_days=1)
    wanted = ", ".join(f'"{name}"' for name in SUMMARY)
    found = arrays(engine.sql(f"SELECT {wanted} FROM features ORDER BY customer_id"))
    return {name: found[name] for name in SUMMARY}


def _cuts(
    days_since_last: NDArray, orders: NDArray, total_spend: NDArray, *, bins: int, method: str, language: str
) -> dict[str, NDArray]:
    found = rfm.rfm_cuts(days_since_last, orders, total_spend, bins=bins, method=method)
    table: dict[str, list[Any]] = {
        "part": [part.part for part in found.parts],
        "r": [part.r for part in found.parts],
        "f": [part.f for part in found.parts],
        "customers": [part.customers for part in found.parts],
    }
    for k in range(found.bins - 1):
        table[f"cut_{k + 1}"] = [float(part.cuts[k]) if part.cuts.size else None for part in found.parts]
    rules = {"days_since_last": "score = {bins} - the number of cut points below the value"}
    table["rule"] = [
        say(
            rules.get(part.part, "score = 1 + the number of cut points below the value"),
            language,
            bins=found.bins,
        )
        + ("；" if language == "zh" else "; ")
        + say(
            "of N ascending values those at positions ceil(k N / {bins}), equal values together",
            language,
            bins=found.bins,
        )
        for part in found.parts
    ]
    return {name: _objects(cells) for name, cells in table.items()}


def _segment(rfm_score: NDArray, *, pack: Pack) -> NDArray:
    from tierbook.errors import RuleError
    from tierbook.scorer import Scorer

    if not pack.rfm_segments:
        raise RuleError(
            "{pack} names no RFM segments.", fix="Add a section rfm, or use another pack.", pack=pack.name
        )
    return Scorer(pack, {}).rfm_segment(*rfm.rfm_digits(rfm_score))


def _objects(cells: list[Any]) -> NDArray[np.object_]:
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


RFM = declare(
    ExcelFunction(
        name="CRM_RFM",
        help="Purchases of each customer summed up for RFM and lifetime value.",
        arguments=(
            Argument("customer_ids", "Customer of each purchase.", shape="column", kind="id"),
            Argument("dates", "Date of each purchase.", shape="column", kind="date"),
            Argument(
                "amounts",
                "Amount of each purchase; negative amounts are refunds and no purchases.",
                shape="column",
                kind="money",
            ),
            Argument(
                "as_of",
                "The day the figures speak for; the latest date if left out.",
                kind="date",
                default=None,
            ),
        ),
        returns="Table customer_id, days_since_last, orders, total_spend, frequency, recency, T, monetary_value; days and money.",
        result="table",
        calculate=_summary,
        example=Example(
            (
                [["A"], ["A"], ["B"]],
                [[datetime(2025, 1, 1)], [datetime(2025, 1, 11)], [datetime(2025, 1, 21)]],
                [[100], [60], [40]],
                datetime(2025, 1, 31),
            ),
            [
                list(SUMMARY),
                ["A", 20, 2, 160, 1, 10, 30, 60],
                ["B", 10, 1, 40, 0, 0, 10, None],
            ],
        ),
        complete=True,
    )
)

RFM_SCORE = declare(
    ExcelFunction(
        name="CRM_RFM_SCORE",
        help="RFM score of each customer, such as 543: recency 5, frequency 4, money 3; 5 is best.",
        arguments=_PARTS,
        returns="One score for each row; equal figures have equal scores.",
        result="column",
        calculate=rfm.rfm_score,
        example=Example(
            ([[10], [20], [30], [40], [50]], [[5], [4], [3], [2], [1]], [[500], [400], [300], [200], [100]]),
            [[555], [444], [333], [222], [111]],
        ),
        missing="Days since last, orders or spend is missing.",
    )
)

_BELOW = "the number of cut points below the value"
_AT = "of N ascending values those at positions ceil(k N / 2), equal values together"
RFM_CUTS = declare(
    ExcelFunction(
        name="CRM_RFM_CUTS",
        help="The cut points behind CRM_RFM_SCORE, and the rule by which they were found.",
        arguments=_PARTS,
        returns="Table part, r, f, customers, cut points, rule; r and f name the groups nested cut points hold for.",
        result="table",
        calculate=_cuts,
        example=Example(
            ([[10], [20], [30], [40]], [[4], [3], [2], [1]], [[8], [6], [4], [2]], 2),
            [
                ["part", "r", "f", "customers", "cut_1", "rule"],
                ["days_since_last", None, None, 4, 20, f"score = 2 - {_BELOW}; {_AT}"],
                ["orders", None, None, 4, 2, f"score = 1 + {_BELOW}; {_AT}"],
                ["total_spend", None, None, 4, 4, f"score = 1 + {_BELOW}; {_AT}"],
            ],
        ),
        given=("language",),
    )
)

RFM_SEGMENT = declare(
    ExcelFunction(
        name="CRM_RFM_SEGMENT",
        help="The name a rule pack gives to an RFM score, such as champions or at_risk.",
        arguments=(
            Argument("rfm_score", "Scores of three digits from 1 to 5, such as 543.", shape="column"),
            PACK,
        ),
        returns="Segment name for each row.",
        result="column",
        by_row=True,
        calculate=_segment,
        example=Example(([[555], [111]],), [["champions"], ["lost"]]),
        missing="The score is missing.",
    )
)
