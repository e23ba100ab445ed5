"""Campaigns in cells: response, revenue, cost of a response, return, uplift against the control group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from udfs.cells import Reason
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

MOST_NAMED = 5


def _campaign(responses: TableRange, *, cost: float, campaign: str | None) -> dict[str, NDArray]:
    from tierbook.campaigns import indicators

    rows = responses.typed().to_pylist()
    found = sorted({row["campaign_id"] for row in rows})
    if campaign is None and len(found) > 1:
        raise DataError(
            "The range holds several campaigns: {names}.",
            fix="Name one as the third argument.",
            names=", ".join(found[:MOST_NAMED]) + (" …" if len(found) > MOST_NAMED else ""),
        )
    if campaign is not None and campaign not in found:
        raise DataError("The range holds no campaign {name}.", fix="It holds {names}.", name=campaign, names=", ".join(found[:MOST_NAMED]) or "-")  # fmt: skip
    mine = [row for row in rows if campaign is None or row["campaign_id"] == campaign]
    addressed, answered, revenue, both = _people(mine)
    if both:
        responses.notes.append(
            Reason("Customers in both groups: {count}. They count as addressed.", "", {"count": both})
        )
    figures = indicators(
        addressed.sum(), (addressed & answered).sum(), revenue, cost, (~addressed).sum(), (~addressed & answered).sum()
    )._asdict()  # fmt: skip
    names, values = (np.empty(len(figures), dtype=object) for _ in range(2))
    names[:] = list(figures)
    values[:] = [None if np.isnan(value[0]) else float(value[0]) for value in figures.values()]
    return {"figure": names, "value": values}


def _people(rows: list[dict[str, Any]]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float, int]:
    """Each customer once: whether addressed, whether one answered; revenue of those addressed, how many were in both groups."""
    from math import fsum

    groups: dict[str, set[bool]] = {}
    answered: set[str] = set()
    for row in rows:
        groups.setdefault(row["customer_id"], set()).add(row.get("group") != "control")
        if row.get("responded"):
            answered.add(row["customer_id"])
    revenue = fsum(row.get("revenue") or 0.0 for row in rows if True in groups[row["customer_id"]])
    addressed = np.array([True in group for group in groups.values()], dtype=bool)
    both = sum(len(group) == 2 for group in groups.values())
    return addressed, np.array([one in answered for one in groups], dtype=bool), revenue, both


CAMPAIGN = declare(
    ExcelFunction(
        name="CRM_CAMPAIGN",
        help="What a campaign brought: response, revenue, cost of a response, return, and the uplift against those left alone.",
        arguments=(
            Argument(
                "responses",
                "Customers of the campaign with a header row: campaign_id, customer_id, group (target or control), responded, revenue.",
                shape="table",
                table="campaign_responses",
            ),
            Argument("cost", "What the campaign cost.", kind="money"),
            Argument(
                "campaign",
                "Which campaign, where the range holds several.",
                kind="id",
                default=None,
            ),
        ),
        returns="Table figure, value: customers, responded, response_rate, revenue, cost, cost_per_response, roi of the target "
        "group; control, control_responded, control_rate; uplift with its 95% interval (Newcombe). A blank value has nobody to count.",
        result="table",
        calculate=_campaign,
        example=Example(
            (
                [
                    ["campaign_id", "customer_id", "group", "responded", "revenue"],
                    *(["K1", f"T{one}", "target", one < 9, 100 if one < 9 else 0] for one in range(10)),
                    *(["K1", f"C{one}", "control", one < 3, 0] for one in range(10)),
                ],
                450,
            ),
            [
                ["figure", "value"],
                ["customers", 10],
                ["responded", 9],
                ["response_rate", 0.9],
                ["revenue", 900],
                ["cost", 450],
                ["cost_per_response", 50],
                ["roi", 1],
                ["control", 10],
                ["control_responded", 3],
                ["control_rate", 0.3],
                ["uplift", 0.6],
                ["uplift_low", 0.17052272393450296],
                ["uplift_high", 0.809017973535488],
            ],
        ),
    )
)
