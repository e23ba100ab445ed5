"""Conditions of a pack over the rows of an input table, such as leads or customer records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tierbook.tables import TABLES, Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import Profile


class Rows:
    """The columns of a table as conditions read them, each made when first asked for.

    Parameters
    ----------
    table : Table (n,)
        By canonical names; a column it lacks is missing in every row.
    name : str
        Which input table it is, which says what a column that is not there would hold.
    profile : Profile
        The thresholds conditions may name.
    """

    def __init__(self, table: pa.Table, name: str, profile: Profile) -> None:
        self.table, self.name, self.profile = table, name, profile

    def holds(self, condition: Expression | None) -> NDArray[np.bool_]:
        """Whether a condition is yes, row by row; no condition always is."""
        if condition is None:
            return np.ones(len(self.table), dtype=bool)
        return np.broadcast_to(condition.holds(self._columns(condition.names)), len(self.table))

    def _columns(self, names: Iterable[str]) -> dict[str, NDArray | float]:
        from tierbook.arrow import arrays

        there = arrays(self.table.select([name for name in names if name in self.table.column_names]))
        columns: dict[str, NDArray | float] = dict(there)
        for name in names:
            if name in self.profile.thresholds:
                columns[name] = self.profile.thresholds[name]
            elif name not in there:
                column = TABLES[self.name].column(name)
                columns[name] = _missing(column.kind if column else "text", len(self.table))
        return columns


def _missing(kind: Kind, count: int) -> NDArray:
    if kind in ("id", "text"):
        return np.full(count, None, dtype=object)
    if kind in ("date", "time"):
        return np.full(count, np.datetime64("NaT", "D"))
    return np.full(count, np.nan)
