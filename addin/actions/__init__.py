"""What a user can ask for, whichever host the question comes from."""

from addin.actions.registry import ACTIONS, Action, action, run
from addin.actions.request import (
    WORKBOOKS,
    Request,
    Written,
    beside,
    beside_last,
    check,
    comparing,
    copy_with_scores,
    finish,
    for_sharing,
    keep_snapshot,
    over_time,
    score,
    write_pdf,
    write_report,
    write_scores,
)

__all__ = [
    "ACTIONS",
    "WORKBOOKS",
    "Action",
    "Request",
    "Written",
    "action",
    "beside",
    "beside_last",
    "check",
    "comparing",
    "copy_with_scores",
    "finish",
    "for_sharing",
    "keep_snapshot",
    "over_time",
    "run",
    "score",
    "write_pdf",
    "write_report",
    "write_scores",
]
