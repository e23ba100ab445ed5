"""What a single value of a rule pack may look like: numbers, names, dates, flags, expressions.

Our reader keeps every value as text (see `source`) and these types say what the text must look like; editors see
what YAML makes of it, so the schema of each type allows the number or the yes/no that an editor finds there.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"[^\W\d]\w*")
# The same as _NAME for letters of any script, in what JavaScript and Python both understand: no ASCII signs.
NAME_PATTERN = r"^[^\d\s!-/:-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*$"
NUMBER_PATTERN = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"


def problem(message: str, fix: str = "", **values: Any) -> PydanticCustomError:
    """A problem that keeps its template, so that it can be said in any language."""
    return PydanticCustomError("rule", "{template}", {"template": message, "fix": fix, **values})


def number(text: Any) -> float:
    """The number a text stands for; no `1_000`, `1:30`, `nan` or `inf`."""
    if isinstance(text, str) and (percent := re.fullmatch(r"([+-]?[\d.]+)\s*[%％]", text)):
        share = f"{float(percent[1]) / 100:.12g}" if _NUMBER.fullmatch(percent[1]) else "0.2"
        raise problem("{value} is not a number here.", "Write {share}.", value=_shown(text), share=share)
    if isinstance(text, str) and re.fullmatch(r"[+-]?\d{1,3}([,，' ]\d{3})+(\.\d+)?", text):
        share = re.sub(r"[,，' ]", "", text)
        raise problem("{value} is not a number here.", "Write {share}.", value=_shown(text), share=share)
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise problem(
            "{value} is not a number here.", "Write digits with a decimal point.", value=_shown(text)
        )
    if not math.isfinite(found := float(text)):
        raise problem("{value} is too large.", value=text)
    return found


def _whole(text: Any) -> int:
    found = number(text)
    if found != int(found):
        raise problem("{value} is not a whole number.", value=text)
    return int(found)


def _flag(text: Any) -> bool:
    if text not in ("true", "false"):
        raise problem("{value} is neither true nor false.", "Write true or false.", value=_shown(text))
    return text == "true"


def _name(text: Any) -> str:
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise problem(
            "{value} is not a name.",
            "Use letters, digits and underscores, a letter first.",
            value=_shown(text),
        )
    return text


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise problem("{value} is not a date.", "Write it as 2026-10-31.", value=_shown(text)) from None


def _formula(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise problem(
            "An expression is missing here.", "If it holds # or : or starts with > * & ! %, put it in quotes."
        )
    return text


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


Number = Annotated[
    float,
    BeforeValidator(number),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": NUMBER_PATTERN}]}),
]
Whole = Annotated[
    int,
    BeforeValidator(_whole),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[+-]?[0-9]+([.]0*)?$"}]}),
]
Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}),
]
Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": NAME_PATTERN})]
Date = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
Text = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]})]
Formula = Annotated[
    str,
    BeforeValidator(_formula),
    WithJsonSchema(
        {
            "type": ["string", "number", "boolean"],
            "minLength": 1,
            "maxLength": 4000,
            "description": "An expression over features and thresholds, in the rule language (docs/expressions.md).",
        }
    ),
]
Constant = Annotated[
    str,
    BeforeValidator(_formula),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "minLength": 1,
            "maxLength": 4000,
            "description": "A number, or an expression over thresholds.",
        }
    ),
]
