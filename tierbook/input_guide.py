"""The tables of docs/input.md, made from the same list that reads an input.

`python -m tierbook.input_guide docs/input.md` renews the parts between `<!-- table: transactions -->` and `<!-- end -->`,
and `python -m tierbook.input_guide docs/input.zh.md zh` those of the Chinese page; a test compares both with fresh ones.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tierbook.language import label, say
from tierbook.likely import LIKELY
from tierbook.tables import TABLES, Column

_PART = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_HEADS = {
    "en": ("| column | holds | also read as |", "*Needed.* ", "; said when read so: "),
    "zh": ("| 列 | 内容 | 也可写作 |", "*必填。* ", "；这样读取时会说明："),
}
_COLON = {"en": ": ", "zh": "："}
_KINDS = {
    "id": "a text, digits as they are",
    "text": "a text",
    "number": "a number",
    "money": "an amount",
    "share": "a share, 31% or 0.31",
    "date": "a day",
    "time": "a day, with or without a time",
    "yes_no": "yes or no",
}


def renewed(text: str, language: str = "en") -> str:
    """The page with every table made afresh."""
    return _PART.sub(lambda part: f"{part[1]}{_table(part[2], language)}\n{part[3]}", text)


def _table(name: str, language: str) -> str:
    head, needed, said = _HEADS[language]
    table = TABLES[name]
    rows = [head, "|---|---|---|"]
    for column in table.columns:
        every = LIKELY.get(name, {}).get(column.name, ())
        likely = [word for word in every if word.isascii() == (language == "en")]
        also = ", ".join(column.aliases) + (f"{said}{', '.join(likely)}" if likely else "")
        holds = f"{label(column.name, language)}{_COLON[language]}{say(_KINDS[column.kind], language)}{_choices(column)}"
        rows.append(
            f"| `{column.name}` | {needed if column.required else ''}{holds} | {also.lstrip('; ；')} |"
        )
    return "\n".join(rows)


def _choices(column: Column) -> str:
    """What stands in a column whose values rules know by name."""
    names: dict[str, list[str]] = {}
    for written, name in column.choices.items():
        names.setdefault(name, []).extend([written] if written != name else [])
    known = [f"`{name}`" + (f" ({', '.join(words)})" if words else "") for name, words in names.items()]
    return f" – {', '.join(known)}" if known else ""


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(renewed(page.read_text("utf-8"), *sys.argv[2:]), "utf-8")
