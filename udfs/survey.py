"""Survey functions in cells."""

from __future__ import annotations

from tierbook import survey
from udfs.registry import Argument, Example, ExcelFunction, declare

NPS = declare(
    ExcelFunction(
        name="CRM_NPS",
        help="Net Promoter Score of a column of 0-10 ratings.",
        arguments=(Argument("scores", "Ratings from 0 to 10; blanks are not answers.", shape="column"),),
        returns="Per cent of promoters (9-10) minus per cent of detractors (0-6), from -100 to 100.",
        result="cell",
        calculate=survey.nps,
        example=Example(([[9], [10], [3], [8], [None]],), 25),
        missing="There is no answer.",
    )
)
