"""Credit in cells: open amounts by age, and the status of each customer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tierbook.credit import DAYS, ageing
from tierbook.errors import DataError
from tierbook.language import label, say
from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Argument, Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


def _ageing(
    due: NDArray, amount: NDArray, paid: NDArray | None = None, *, as_of: datetime | None, language: str
) -> dict[str, NDArray]:
    # It stands after an argument that may be left out, so it cannot be required of the call.
    if as_of is None:
        raise DataError("The argument {name} is missing.", name="as_of")
    open_amount = amount if paid is None else amount - np.nan_to_num(paid)
    # An invoice without a due date has no age.
    known = ~np.isnat(due)
    found = ageing(due[known], open_amount[known], as_of=as_of.date())
    names = [*bucket_names(DAYS, language), label("open_total", language), label("credit_notes", language)]
    return {
        "bucket": np.array(names, dtype=object),
        "invoices": np.array(
            [*found.invoices.tolist(), int(found.invoices.sum()), found.credit_notes], dtype=object
        ),
        "amount": np.array(
            [*found.amount.tolist(), float(found.amount.sum()), -found.credited], dtype=object
        ),
    }


def bucket_names(last_days: tuple[int, ...], language: str) -> list[str]:
    """What readers call the buckets, such as `1–30 days`."""
    starts = [last + 1 for last in last_days]
    between = [
        say("{first}–{last} days", language, first=first, last=last)
        for first, last in zip(starts, last_days[1:], strict=False)
    ]
    return [label("not_due", language), *between, say("over {last} days", language, last=last_days[-1])]


def _credit(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "credit").credit()


AGEING = declare(
    ExcelFunction(
        name="CRM_AGEING",
        help="Unpaid amounts by how long they are past due.",
        arguments=(
            Argument("due", "Due dates of the invoices.", shape="column", kind="date"),
            Argument("amount", "Their amounts; negative for credit notes.", shape="column", kind="money"),
            Argument("paid", "What is paid of each.", shape="column", kind="money", default=None),
            Argument("as_of", "The day the figures speak for; it must be given.", kind="date", default=None),
        ),
        returns="Table bucket, invoices, amount: not due, 1–30, 31–60, 61–90 and over 90 days past due, their total, and credit notes.",
        result="table",
        calculate=_ageing,
        given=("language",),
        example=Example(
            (
                [["2026-11-15"], ["2026-10-20"], ["2026-06-30"], ["2026-10-01"]],
                [[1000], [500], [300], [-80]],
                [[None], [200], [None], [None]],
                "2026-10-31",
            ),
            [
                ["bucket", "invoices", "amount"],
                ["Not due", 1, 1000],
                ["1–30 days", 1, 300],
                ["31–60 days", 0, 0],
                ["61–90 days", 0, 0],
                ["over 90 days", 1, 300],
                ["Open", 3, 1600],
                ["Credit notes", 1, -80],
            ],
        ),
    )
)
CREDIT = declare(
    ExcelFunction(
        name="CRM_CREDIT",
        help="Credit status of each customer: freeze, watch or normal, by the pack.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Name of the status for each row; an empty text without receivables.",
        result="column",
        calculate=_credit,
        example=Example(
            (
                [
                    ["customer_id", "receivable", "credit_limit", "credit_used", "overdue_days"],
                    ["E1", 12000, 10000, 1.2, 0],
                    ["E2", 500, 10000, 0.05, 12],
                    ["E3", 500, None, None, 0],
                    ["E4", 500, 10000, 0.05, 0],
                ],
                "logistics",
            ),
            [["freeze"], ["watch"], ["freeze"], ["normal"]],
        ),
        missing="A figure the status needs is missing.",
    )
)
