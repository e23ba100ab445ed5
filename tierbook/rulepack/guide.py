"""The tables of docs/rules.md, made from the same models that read a pack.

`python -m tierbook.rulepack.guide docs/rules.md` renews the parts between `<!-- keys: Level -->` and `<!-- end -->`, and
`python -m tierbook.rulepack.guide docs/rules.zh.md zh` those of the Chinese page; a test compares both with fresh ones.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tierbook.language import say
from tierbook.rulepack.schema import schema

_PART = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


_HEADS = {
    "en": ("| key | holds | for instance |", " *Needed.*", "*a name*"),
    "zh": ("| 键 | 内容 | 示例 |", " *必填。*", "*名称*"),
}


def renewed(text: str, language: str = "en") -> str:
    """The page with every table made afresh."""
    whole = schema()
    shapes = {"PackModel": whole, **whole["$defs"]}
    return _PART.sub(
        lambda part: f"{part[1]}\n{_table(shapes[part[2]], shapes, language)}\n\n{part[3]}", text
    )


def _table(shape: dict[str, Any], shapes: dict[str, Any], language: str) -> str:
    head, needs, a_name = _HEADS[language]
    rows = [say(shape["description"], language), "", head, "|---|---|---|"]
    required = shape.get("required", ())
    for key, value in shape["properties"].items():
        told = value
        if "$ref" in value and "description" not in value:
            told = shapes[value["$ref"].rpartition("/")[2]]
        example = value.get("examples", [None])[0]
        shown = "" if example is None else f"`{_yaml(example)}`"
        needed = "" if key not in required else needs
        holds = _cell(say(told.get("description", ""), language))
        rows.append(f"| `{key}` | {holds}{needed} | {_cell(shown)} |")
    if "additionalProperties" in shape and isinstance(shape["additionalProperties"], dict):
        said = say("A part of the score.", language)
        rows.append(f"| {a_name} | {said} | `{{points: 25, by: tenure_months, full_at: 60}}` |")
    return "\n".join(rows)


def _yaml(value: Any) -> str:
    """An example as one writes it in a pack."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, str) and (re.fullmatch(r"[\d.]+|.*[{}#].*|.*: .*", value)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(renewed(page.read_text("utf-8"), *sys.argv[2:]), "utf-8")
