"""The sentences of the add-in in the reader's language, taken from Tierbook's translations when it was built.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("words.json")
_WORDS: dict[str, dict[str, str]] = {}


def words() -> Mapping[str, Mapping[str, str]]:
    """Language -> template -> translation; empty where the add-in is not built but run from its sources."""
    if not _WORDS and _FILE.exists():
        _WORDS.update(json.loads(_FILE.read_text("utf-8")))
    return _WORDS


def say(template: str, language: str, /, **values: Any) -> str:
    """A sentence in the reader's language."""
    return words().get(language, {}).get(template, template).format(**values)
