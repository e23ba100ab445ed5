"""The questionnaire of opportunities in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tierbook.questionnaire import GATE as USUAL_GATE
from tierbook.questionnaire import gate
from udfs.cells import Reason
from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


def _table(questions: TableRange, answers: TableRange, *, pack: Pack) -> dict[str, NDArray]:
    asked, given = (
        questions.columns("question", "weight", "allowed"),
        answers.columns("opportunity", "question", "answer"),
    )
    line = pack.profile("default").thresholds.get("gate", USUAL_GATE)
    named = [
        at
        for at, (one, name) in enumerate(zip(given["opportunity"], given["question"], strict=True))
        if one and name
    ]
    opportunity, question, answer = (
        given[name][named].tolist() for name in ("opportunity", "question", "answer")
    )
    found = gate(
        asked["question"].tolist(), asked["weight"], asked["allowed"].tolist(),
        opportunity=opportunity, asked=question, answer=answer, gate=line,
    )  # fmt: skip
    for row in found.refused.tolist():
        answers.notes.append(
            Reason(
                "{opportunity}: the answer {answer} to {question} is not allowed and counts as none.", "",
                {"opportunity": opportunity[row], "answer": answer[row], "question": question[row]},
            )
        )  # fmt: skip
    for row in found.unknown.tolist():
        answers.notes.append(
            Reason(
                "{opportunity}: nobody asks {question}; the answer does not count.", "",
                {"opportunity": opportunity[row], "question": question[row]},
            )
        )  # fmt: skip
    missing = np.empty(len(found.opportunity), dtype=object)
    missing[:] = [
        "; ".join(
            f"{asked['question'][at]} {lost[at]:.4g}"
            for at in np.argsort(-lost, kind="stable").tolist()
            if lost[at] > 0
        )
        for lost in found.lost
    ]
    return {
        "opportunity": found.opportunity, "total": found.total, "gate": np.full(len(missing), float(line)),
        "passes": found.passes, "short": found.short, "unanswered": (~found.answered).sum(axis=1), "missing": missing,
    }  # fmt: skip


GATE = declare(
    ExcelFunction(
        name="CRM_GATE",
        help="Whether an opportunity may move to the next stage: total of its answers, the gate, and the points that are missing.",
        arguments=(
            Argument(
                "questions",
                "question, weight, allowed (answers from worst to best, separated by ;).",
                shape="table",
                table="questions",
            ),
            Argument("answers", "opportunity, question, answer.", shape="table", table="answers"),
            PACK,
        ),
        returns="Table opportunity, total (0 to 100), gate, passes, short (points up to the gate), unanswered, missing (points by question).",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["question", "weight", "allowed"],
                    ["budget", 60, "none; asked for; granted"],
                    ["decision maker", 40, "unknown; known; met"],
                ],
                [
                    ["opportunity", "question", "answer"],
                    ["O1", "budget", "granted"],
                    ["O1", "decision maker", "known"],
                    ["O2", "budget", "asked for"],
                ],
                "b2b",
            ),
            [
                ["opportunity", "total", "gate", "passes", "short", "unanswered", "missing"],
                ["O1", 80, 70, True, 0, 0, "decision maker 20"],
                ["O2", 30, 70, False, 40, 1, "decision maker 40; budget 30"],
            ],
        ),
    )
)
