"""What several rows or tables say together: duplicates, unknown customers, currencies, dates out of range."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tierbook.quality import Problem
from workbooks.assemble import Assembled

if TYPE_CHECKING:
    import pyarrow as pa


def check(found: list[Assembled], *, today: date | None) -> tuple[dict[str, pa.Table], list[Problem]]:
    """The tables that go on, and what their rows say together."""
    return {one.raw.table.name: one.table for one in found if one.table is not None}, []
