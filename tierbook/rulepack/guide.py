"""The tables of docs/rules.md, made from the same models that read a pack.

`python -m tierbook.rulepack.guide docs/rules.md` renews the parts between `<!-- keys: Level -->` and `<!-- end -->`; a
test compares the file with a fresh one.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tierbook.rulepack.schema import schema

_PART = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The page with every table made afresh."""
    whole = schema()
    shapes = {"PackModel": whole, **whole["$defs"]}
    return _PART.sub(lambda part: f"{part[1]}\n{_table(shapes[part[2]], shapes)}\n\n{part[3]}", text)


def _table(shape: dict[str, Any], shapes: dict[str, Any]) -> str:
    rows = [f"{shape['description']}", "", "| key | holds | for instance |", "|---|---|---|"]
    required = shape.get("required", ())
    for key, value in shape["properties"].items():
        told = value
        if "$ref" in value and "description" not in value:
            told = shapes[value["$ref"].rpartition("/")[2]]
        example = value.get("examples", [None])[0]
        shown = "" if example is None else f"`{_yaml(example)}`"
        needed = "" if key not in required else " *Needed.*"
        rows.append(f"| `{key}` | {_cell(told.get('description', ''))}{needed} | {_cell(shown)} |")
    if "additionalProperties" in shape and isinstance(shape["additionalProperties"], dict):
        rows.append("| *a name* | A part of the score. | `{points: 25, by: tenure_months, full_at: 60}` |")
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
    page.write_text(renewed(page.read_text("utf-8")), "utf-8")
