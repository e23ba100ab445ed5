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

SURVEY = declare(
    ExcelFunction(
        name="CRM_SURVEY",
        help="Satisfaction from answers to questions of different weight.",
        arguments=(
            Argument("scores", "Answers from 0 to scale; blanks are not answers.", shape="column"),
            Argument("weights", "How much each answer counts, 0 or more.", shape="column", repeats=True),
            Argument("scale", "The best answer there is.", default=10),
        ),
        returns="Sum of weight × score ÷ scale over the sum of weights, from 0 to 100.",
        result="cell",
        calculate=survey.weighted_score,
        example=Example(([[8], [10], [5]], [[2], [1], [1]]), 77.5),
        missing="There is no answer with a weight.",
    )
)
