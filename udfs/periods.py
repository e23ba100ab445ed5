"""Comparisons of periods in cells."""

from __future__ import annotations

from tierbook import periods
from udfs.registry import Argument, Example, ExcelFunction, declare

GROWTH = declare(
    ExcelFunction(
        name="CRM_GROWTH",
        help="Change from the previous period as a share of it: 0.2 is 20 % more.",
        arguments=(
            Argument("current", "Figures of this period.", shape="column"),
            Argument("previous", "The same figures of the period before.", shape="column"),
        ),
        returns="Change ratio for each row; #N/A where the previous figure is 0 or less.",
        result="column",
        calculate=periods.growth,
        example=Example(([[120], [70]], [[100], [100]]), [[0.2], [-0.3]]),
        missing="One of the figures is missing, or the previous one is 0 or less.",
    )
)
