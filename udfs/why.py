"""Why a function did not give what one expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from udfs.context import Reasons
from udfs.registry import Example, ExcelFunction, declare


def _latest(*, reasons: Reasons) -> dict[str, NDArray]:
    said = reasons()
    return {
        "function": np.array([one.function for one in said], dtype=object),
        "reason": np.array([one.reason for one in said], dtype=object),
    }


WHY = declare(
    ExcelFunction(
        name="CRM_WHY",
        help="Why functions gave an error or left rows out: the latest reasons, newest first.",
        arguments=(),
        returns="Table function, reason.",
        result="table",
        calculate=_latest,
        example=Example((), [["function", "reason"]]),
        given=("reasons",),
    )
)
