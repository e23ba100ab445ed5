"""A pack as an editor's YAML (version 1.2) sees it: numbers and true / false typed, `yes`, `on` and dates are text."""

from __future__ import annotations

import re
from typing import Any

import yaml


class Editor(yaml.SafeLoader):
    """Loads what YAML 1.2's core schema loads."""


# The loader comes with the resolvers of YAML 1.1; ours start from none.
Editor.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def seen(text: str) -> Any:
    """The tree an editor validates."""
    return yaml.load(text, Editor)
