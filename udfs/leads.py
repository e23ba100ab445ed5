"""Leads in cells: track and step, the funnel, and the nearest branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import leads
from tierbook.errors import DataError
from tierbook.nearest import nearest
from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

if TYPE_CHECKING:
    from tierbook.rulepack.pack import CompiledTrack, Pack


def _tracks(pack: Pack) -> tuple[CompiledTrack, ...]:
    if not pack.tracks:
        raise pack.no_section("leads")
    return pack.tracks


def _stage(amount: NDArray, stage: NDArray, *, pack: Pack) -> dict[str, NDArray]:
    import pyarrow as pa

    from tierbook.pipeline import first_track, stage_names
    from tierbook.rulepack.on_rows import Rows

    tracks = _tracks(pack)
    table = pa.table({
        "expected_monthly_amount": pa.array(amount, from_pandas=True), "stage": pa.array(stage, pa.string()),
    })  # fmt: skip
    rows = Rows(table, "leads", pack.profile("default"))
    track = first_track(tracks, [rows.holds(one.when) for one in tracks])
    track[np.isnan(amount)] = -1
    step = leads.step_index(stage, stage_names(pack), np.maximum(track, 0))
    blank = np.array([cell is None for cell in stage.tolist()], dtype=bool)
    found: dict[str, list[Any]] = {"track": [], "step": [], "next_step": []}
    for on, at, nothing in zip(track.tolist(), step.tolist(), blank.tolist(), strict=True):
        steps = [one.name for one in tracks[on].steps]
        known = on >= 0 and (at >= 0 or nothing)
        found["track"].append(tracks[on].name if on >= 0 else None)
        found["step"].append(at + 1 if known else None)
        found["next_step"].append(([*steps, ""][at + 1]) if known else None)
    return {name: np.array(cells, dtype=object) for name, cells in found.items()}


def _funnel(stage: NDArray, won: NDArray | None = None, *, pack: Pack) -> dict[str, NDArray]:
    from tierbook.pipeline import stage_names

    names = stage_names(pack)
    end = np.full(len(stage), np.nan) if won is None else np.asarray(won, dtype=float)
    cells: list[tuple[Any, ...]] = []
    at_home = np.full(len(stage), False)
    for track, called in zip(_tracks(pack), names, strict=True):
        step = leads.step_index(stage, [called], np.zeros(len(stage), np.int64))
        step[at_home] = -1
        at_home |= step >= 0
        if not (step >= 0).any():
            continue
        found = leads.funnel(step, end, len(track.steps))
        steps = [*(one.name for one in track.steps), *(["won"] if won is not None else [])]
        for place, name in enumerate(steps):
            share = float(found.conversion[place])
            cells.append((track.name, name, int(found.reached[place]), None if np.isnan(share) else share))
    unknown = np.flatnonzero(~at_home & np.not_equal(stage, np.array(None, dtype=object)).astype(bool))
    if len(unknown):
        raise DataError(
            "{stage} is no step of {pack}.", fix="Its steps are {known}.", rows=unknown.tolist(),
            stage=repr(stage[unknown[0]]), pack=pack.name,
            known=", ".join(one.name for track in pack.tracks for one in track.steps),
        )  # fmt: skip
    heads = ("track", "stage", "count", "conversion")
    return {head: np.array([row[at] for row in cells], dtype=object) for at, head in enumerate(heads)}


def _nearest(latitude: NDArray, longitude: NDArray, branches: TableRange) -> dict[str, NDArray]:
    from tierbook.arrow import arrays

    given = arrays(branches.typed())
    found = nearest(
        latitude, longitude,
        branch=given["branch"], branch_latitude=given["latitude"], branch_longitude=given["longitude"],
    )  # fmt: skip
    return found._asdict()


LEAD_STAGE = declare(
    ExcelFunction(
        name="CRM_LEAD_STAGE",
        help="Which track a lead goes, which step it stands at, and which comes next.",
        arguments=(
            Argument(
                "expected_monthly_amount",
                "What it is expected to bring a month.",
                shape="column",
                kind="money",
            ),
            Argument(
                "stage", "Where it stands; blank is before the first step.", shape="column", kind="text"
            ),
            PACK,
        ),
        returns="Table track, step, next_step, a row for each lead; step 0 is before the first, no next step is the end.",
        result="columns",
        calculate=_stage,
        example=Example(
            ([[25000], [800], [12000]], [["solution"], ["意向洽谈"], ["contract"]], "logistics"),
            [
                ["track", "step", "next_step"],
                ["large", 3, "quote"],
                ["small", 2, "nurture"],
                ["large", 5, ""],
            ],
        ),
        missing="The amount is missing, or the stage is not one of the track.",
    )
)
FUNNEL = declare(
    ExcelFunction(
        name="CRM_FUNNEL",
        help="How many leads get how far, step by step in the pack's order.",
        arguments=(
            Argument(
                "stages",
                "The stage each lead stands at, or stood at when it was closed.",
                shape="column",
                kind="text",
            ),
            Argument(
                "won",
                "Yes for won, no for lost, blank for open.",
                shape="column",
                kind="yes_no",
                default=None,
            ),
            PACK,
        ),
        returns="Table track, stage, count, conversion: leads that came so far, and their share of those at the step before.",
        result="table",
        calculate=_funnel,
        example=Example(
            ([["confirm"], ["talk"], ["talk"], ["nurture"]], [[None], [False], [None], [True]], "logistics"),
            [
                ["track", "stage", "count", "conversion"],
                ["small", "confirm", 4, 1],
                ["small", "talk", 3, 0.75],
                ["small", "nurture", 1, 1 / 3],
                ["small", "won", 1, 1],
            ],
        ),
    )
)
NEAREST = declare(
    ExcelFunction(
        name="CRM_NEAREST",
        help="The nearest branch by great-circle distance.",
        arguments=(
            Argument("latitude", "Degrees north, from -90 to 90.", shape="column"),
            Argument("longitude", "Degrees east, from -180 to 180.", shape="column"),
            Argument(
                "branches",
                "Branches with a header row: branch, latitude, longitude.",
                shape="table",
                table="branches",
            ),
        ),
        returns="Table branch, kilometres, a row for each place; equally near ones by name.",
        result="columns",
        calculate=_nearest,
        example=Example(
            (
                [[31.2], [39.0]],
                [[121.5], [117.5]],
                [["branch", "latitude", "longitude"], ["Pudong", 31.2, 121.5], ["Binhai", 39.0, 117.5]],
            ),
            [["branch", "kilometres"], ["Pudong", 0], ["Binhai", 0]],
        ),
        missing="A coordinate is missing or out of range, or no branch has one.",
    )
)
