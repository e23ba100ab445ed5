"""What every command shares: the reader's language, options, JSON for machines and problems for people."""

from __future__ import annotations

import json
import locale
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from addin.engine_place import user_folder
from addin.settings import FILE, Settings
from tierbook.errors import TierbookError
from tierbook.language import LANGUAGES, label, say
from tierbook.quality import Problem

# Control characters of a customer's name would steer the terminal.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NARROWEST = 16  # a column of a table on a terminal that is too narrow
# Our help is plain text; where rich is installed, typer escapes its brackets all the same.
typer.core.HAS_RICH = False


def asked_language() -> str:
    """The language of help texts and errors, needed before options are read: --lang, else the project's, else the system's."""
    if asked := _lang_option() or _project_language():
        return asked
    system = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    # Windows calls it Chinese (Simplified)_China.
    return "zh" if system.lower().startswith(("zh", "chinese")) else "en"


def _lang_option() -> str | None:
    """What follows --lang, wherever on the line it stands."""
    words = sys.argv[1:]
    for i, word in enumerate(words):
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
        if word == "--lang" and i + 1 < len(words):
            return words[i + 1]
    return None


def _project_language() -> str:
    """What this folder's settings say, even where something else in them cannot be used."""
    try:
        text = Path(FILE).read_text("utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(rf"^language:\s*[\"']?({'|'.join(LANGUAGES)})\b", text, re.MULTILINE)
    return found[1] if found else ""


LANGUAGE = asked_language()


def t(template: str) -> str:
    return say(template, LANGUAGE)


Lang = Annotated[str | None, typer.Option("--lang", help=t("en or zh."), show_default=False)]
Json = Annotated[bool, typer.Option("--json", help=t("Print JSON for machines."))]


def language_of(asked: str | None, settings: Settings) -> str:
    if asked is not None and asked not in LANGUAGES:
        raise typer.BadParameter(
            say("{lang} is not a language Tierbook speaks; write en or zh.", "en", lang=asked),
            param_hint="--lang",
        )
    return asked or _lang_option() or settings.language


def project_folder() -> Path:
    """Whose settings hold for an engine started here: this folder's where it is a project, else the user's."""
    here = Path.cwd()
    return here if (here / FILE).is_file() else user_folder()


def problems_of(error: TierbookError) -> list[Problem]:
    return list(error.problems) or [
        Problem("error", error.message, error.fix, error.values, file=error.place)
    ]


def list_problems(problems: Iterable[Problem], language: str) -> None:
    for problem in problems:
        said = label("colon", language).join((label(problem.level, language), problem.text(language)))
        print(said, file=sys.stderr)


def show_error(error: TierbookError) -> None:
    language = LANGUAGE if LANGUAGE in LANGUAGES else "en"
    if error.problems:
        list_problems(error.problems, language)
    else:
        print(error.text(language), file=sys.stderr)


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """A table in plain text; `right` are the columns of numbers. Wide letters take two columns on a terminal.

    On a terminal long cells go on below themselves, so that the table is as wide as the window; elsewhere a row is a line.
    """
    lines = [[_STEERING.sub("�", cell) for cell in line] for line in (heads, *rows)]
    widths = [max(_width(line[at]) for line in lines) for at in range(len(heads))]
    if sys.stdout.isatty():
        widths = _fitting(widths, shutil.get_terminal_size().columns)
    for line in lines:
        parts = [_wrapped(cell, width) for cell, width in zip(line, widths, strict=True)]
        for step in range(max(map(len, parts))):
            cells = [part[step] if step < len(part) else "" for part in parts]
            padded = [
                " " * (width - _width(cell)) + cell if at in right else cell + " " * (width - _width(cell))
                for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ]
            print("  ".join(padded).rstrip())


def _fitting(widths: Sequence[int], room: int) -> list[int]:
    """Widths of columns that fit beside each other; the widest give way, none below a few words."""
    fitting = list(widths)
    while sum(fitting) + 2 * (len(fitting) - 1) > room and max(fitting) > _NARROWEST:
        fitting[fitting.index(max(fitting))] -= 1
    return fitting


def _wrapped(cell: str, width: int) -> list[str]:
    """The lines of a cell, broken at spaces where there are any."""
    lines, line = [], ""
    for word in re.findall(r"\S+\s*", cell) or [cell]:
        if line and _width(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        while _width(word.rstrip()) > width:
            fits = next(at for at in range(1, len(word) + 1) if _width(word[: at + 1]) > width)
            lines.append(word[:fits])
            word = word[fits:]
        line += word
    return [*lines, line.rstrip()]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
