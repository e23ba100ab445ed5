"""Calls of functions as they come over the wire: one, or many in one message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import udfs
from addin.engine_project import Project, Session
from addin.engine_together import Call, together
from addin.engine_wire import packed
from tierbook.language import say
from udfs.context import Context, Said

MOST_CALLS = 10_000


class Malformed(ValueError):
    """A message that no client of ours sends."""


def call(message: dict[str, Any], session: Session, project: Project, log: Log) -> dict[str, Any]:
    """The answer to one call: `{"result": cells}`, or `{"error": {code, reason}}` for a wrong call."""
    context = session.context(project, _pack(message))
    return _answer(*_call_in(message), context, log)


def batch(message: dict[str, Any], session: Session, project: Project, log: Log) -> dict[str, Any]:
    """The answers to many calls, in their order: `{"results": [..]}`."""
    calls = message.get("calls")
    if not isinstance(calls, list) or len(calls) > MOST_CALLS:
        raise Malformed(f"calls is a list of at most {MOST_CALLS}")
    context = session.context(project, _pack(message))
    asked = [_call_in(one) for one in calls]
    try:
        found = together(asked, context)
    except Exception as error:  # noqa: BLE001 - the edge of the host: then each call is computed by itself
        log(error)
        found = {}
    return {
        "results": [
            {"result": found[at]} if at in found else _answer(function, cells, context, log)
            for at, (function, cells) in enumerate(asked)
        ]
    }


Log = Callable[[BaseException], None]


def _call_in(message: Any) -> Call:
    if not isinstance(message, dict):
        raise Malformed("a call is an object")
    function, cells = message.get("function"), message.get("cells")
    if not isinstance(function, str) or not isinstance(cells, list):
        raise Malformed("a call has function and cells")
    return function, cells


def _answer(function: str, cells: list[Any], context: Context, log: Log) -> dict[str, Any]:
    try:
        return {"result": packed(udfs.call(function, *cells, context=context))}
    except udfs.FunctionError as error:
        return {"error": {"code": "function", "reason": str(error)}}
    except Exception as error:  # noqa: BLE001 - the edge of the host: one cell fails, the engine goes on
        log(error)
        reason = say(
            "Tierbook met something it was not made for ({kind}).",
            context.language,
            kind=type(error).__name__,
        )
        context.reasons.add([Said(function[:40], reason)])
        return {"error": {"code": "internal", "reason": reason}}


def _pack(message: dict[str, Any]) -> str | None:
    pack = message.get("pack")
    return pack if isinstance(pack, str) else None
