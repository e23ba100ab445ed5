"""Follow-up of patients in cells: coverage, service level, relationship."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import RuleError
from tierbook.service_level import STATES, coverage, service_levels
from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import CompiledTerm, Pack


def _kept(
    opened: NDArray, closed: NDArray, severity: NDArray, *, as_of: datetime, pack: Pack
) -> dict[str, NDArray]:
    if pack.service is None:
        raise pack.no_section("service")
    profile = pack.profile("default")
    within = np.full(len(opened), np.nan)
    for term in reversed(pack.service.terms):
        within[_fits(term, severity, pack)] = profile.constant(term.within_days)
    found = service_levels(opened, closed, within, as_of=as_of)
    counts = [int(np.count_nonzero(found.state == state)) for state in STATES]
    on_time, late, _ = counts
    overdue = int(np.count_nonzero(found.overdue))
    due = on_time + late + overdue
    return {
        "figure": np.array([*STATES, "overdue", "on_time_share"], dtype=object),
        "value": np.array([*counts, overdue, on_time / due if due else np.nan], dtype=float),
    }


def _fits(term: CompiledTerm, severity: NDArray, pack: Pack) -> NDArray[np.bool_]:
    """Which requests a term is for; all a cell knows of a request is its severity."""
    if term.when is None:
        return np.ones(len(severity), dtype=bool)
    known: dict[str, Any] = {**pack.profile("default").thresholds, "severity": severity}
    if strange := sorted(term.when.names - known.keys()):
        raise RuleError(
            "The term {term} of {pack} asks for {names}; only the severity is known here.",
            fix="Use the page Service level of the report.",
            term=term.name,
            pack=pack.name,
            names=", ".join(strange),
        )
    return np.broadcast_to(term.when.holds(known), len(severity))


def _relation(satisfaction: NDArray, referrals: NDArray | None = None, *, pack: Pack) -> NDArray[np.object_]:
    from tierbook.scorer import Scorer

    if not pack.relation:
        raise pack.no_section("relation")
    nobody = np.zeros(len(satisfaction)) if referrals is None else referrals
    return Scorer(pack, {"satisfaction": satisfaction, "referrals": nobody}).relation()


COVERAGE = declare(
    ExcelFunction(
        name="CRM_COVERAGE",
        help="Share of those to be reached who were reached, such as patients called back after leaving.",
        arguments=(
            Argument("reached", "How many were reached, one row per department or month.", shape="column"),
            Argument("due", "How many were to be reached, such as discharged.", shape="column"),
        ),
        returns="All reached over all due, 0 to 1.",
        result="cell",
        calculate=coverage,
        example=Example(([[45], [30]], [[50], [50]]), 0.75),
        missing="Nobody was to be reached.",
    )
)

SLA = declare(
    ExcelFunction(
        name="CRM_SLA",
        help="Requests closed in time, late and not yet; the pack says how long each may take.",
        arguments=(
            Argument("opened", "When each request came.", shape="column", kind="time"),
            Argument("closed", "When it was closed; blank while it is open.", shape="column", kind="time"),
            Argument("severity", "1 to 3; blank is ordinary.", shape="column", repeats=True),
            Argument("as_of", "The day the figures speak for.", kind="date"),
            PACK,
        ),
        returns="Table figure, value: on_time, late, open (overdue ones too), overdue, on_time_share of those that are due.",
        result="table",
        calculate=_kept,
        example=Example(
            (
                [[datetime(2026, 3, 2, 9, 30)], [datetime(2026, 3, 2)], [datetime(2026, 3, 2)]],
                [[datetime(2026, 3, 4, 18, 0)], [datetime(2026, 3, 9)], [None]],
                [[3], [1], [3]],
                datetime(2026, 3, 10),
                "hospital",
            ),
            [
                ["figure", "value"],
                ["on_time", 1],
                ["late", 1],
                ["open", 1],
                ["overdue", 1],
                ["on_time_share", 1 / 3],
            ],
        ),
    )
)

RELATION = declare(
    ExcelFunction(
        name="CRM_RELATION",
        help="Level of the relationship: from seeking a replacement to being an owner.",
        arguments=(
            Argument("satisfaction", "Satisfaction of each person, 0 to 100.", shape="column"),
            Argument(
                "referrals",
                "How many came on this person's advice; nobody if left out.",
                shape="column",
                default=None,
            ),
            PACK,
        ),
        returns="The pack's name of the level for each row; #N/A without a survey.",
        result="column",
        by_row=True,
        calculate=_relation,
        example=Example(
            ([[55], [80], [90], [90]], [[0], [0], [0], [2]], "hospital"),
            [["seeks_replacement"], ["cooperates"], ["relies"], ["owner"]],
        ),
        missing="There is no survey.",
    )
)
