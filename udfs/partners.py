"""Supply and demand of a trade fair in cells: whom to introduce to whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.partners import MOST, partners
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

_COLUMNS = ("customer_id", "side", "categories")


def _table(wants: TableRange, *, most: int) -> dict[str, NDArray]:
    typed = wants.typed()
    if missing := [name for name in _COLUMNS if name not in typed.column_names]:
        raise DataError(
            "{table} has no column {names}.", fix="Give the range with its header row.",
            table="wants", names=", ".join(missing),
        )  # fmt: skip
    columns = {name: np.array(typed[name].to_pylist(), dtype=object) for name in typed.column_names}
    size = typed.num_rows
    edition = columns.get("edition", np.full(size, None, dtype=object))
    value = np.array(
        [
            float(one) if isinstance(one, int | float) else np.nan
            for one in columns.get("value", [None] * size)
        ]
    )
    heads = ("edition", "exhibitor", "rank", "visitor", "common", "categories")
    found: list[tuple[object, ...]] = []
    # Nobody meets across editions.
    for one in sorted(set(edition.tolist()), key=lambda name: (name is None, str(name))):
        here = edition == one
        shows, wanting = (
            np.flatnonzero(here & (columns["side"] == side)) for side in ("exhibitor", "visitor")
        )
        matched = partners(
            columns["categories"][shows], columns["categories"][wanting],
            ids=columns["customer_id"][wanting].astype(str), value=value[wanting], most=most,
        )  # fmt: skip
        for exhibitor, visitor, common, rank in zip(
            shows[matched.exhibitor].tolist(), wanting[matched.visitor].tolist(),
            matched.common.tolist(), matched.rank.tolist(), strict=True,
        ):  # fmt: skip
            both = _categories(columns["categories"][exhibitor]) & _categories(columns["categories"][visitor])
            found.append(
                (one, columns["customer_id"][exhibitor], rank, columns["customer_id"][visitor], common, "; ".join(sorted(both)))
            )  # fmt: skip
    table = {}
    for at, head in enumerate(heads):
        table[head] = np.empty(len(found), dtype=object)
        table[head][:] = [row[at] for row in found]
    return table


def _categories(text: str) -> set[str]:
    return {part.strip() for part in text.replace("；", ";").split(";") if part.strip()}


PARTNERS = declare(
    ExcelFunction(
        name="CRM_PARTNERS",
        help="Whom to introduce to whom at a fair: for each exhibitor the visitors who want most of what it shows.",
        arguments=(
            Argument(
                "wants",
                "customer_id, side (exhibitor or visitor), categories separated by ;, edition and value where known.",
                shape="table",
                table="wants",
            ),
            Argument("most", "How many visitors for each exhibitor.", default=MOST),
        ),
        returns="Table edition, exhibitor, rank, visitor, common, categories: most common categories first, then value, then id.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["customer_id", "side", "categories"],
                    ["E1", "exhibitor", "pumps; valves"],
                    ["V1", "visitor", "valves"],
                    ["V2", "visitor", "valves; pumps"],
                    ["V3", "visitor", "glass"],
                ],
            ),
            [
                ["edition", "exhibitor", "rank", "visitor", "common", "categories"],
                [None, "E1", 1, "V2", 2, "pumps; valves"],
                [None, "E1", 2, "V1", 1, "valves"],
            ],
        ),
    )
)
