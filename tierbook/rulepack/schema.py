"""The JSON Schema of a rule pack, generated from the models that read it: editors complete and check with it."""

from __future__ import annotations

import json
import re
from typing import Any

from tierbook.rulepack import model


def schema() -> dict[str, Any]:
    """What an editor needs to know of a pack.

    Titles, which only repeat the keys, and `null`, which a pack never holds, are left out.
    """
    made = _plain(model.PackModel.model_json_schema(by_alias=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tierbook rule pack",
        **made,
    }


def schema_text() -> str:
    """The file `rules/pack.schema.json`."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _plain(node: Any, *, names: bool = False) -> Any:
    """Without titles and nulls; `names` marks a group whose keys are names of the pack, not words of the schema."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if not names:
        node = {
            key: value for key, value in node.items() if key != "title" and (key, value) != ("default", None)
        }
        node = _without_null(node)
        if "description" in node:
            # Where our specification says so is of no use in an editor.
            node = {**node, "description": re.sub(r" \(systems\.md [^)]*\)", "", node["description"])}
    return {
        key: value
        if key in ("default", "examples", "enum")
        else _plain(value, names=not names and key in ("properties", "$defs", "patternProperties"))
        for key, value in node.items()
    }


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in node.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == len(node.get("anyOf", ())):
        return node
    outer = {key: value for key, value in node.items() if key != "anyOf"}
    if len(choices) > 1:
        return {"anyOf": choices, **outer}
    # What the key says about itself is closer than what its type says.
    return {**choices[0], **outer}
