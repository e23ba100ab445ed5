"""The `tierbook action` and `tierbook actions` commands: every button, on a workbook on disk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from addin.settings import read_settings
from addin.terminal import Json, Lang, language_of, print_json, print_table, t
from tierbook.language import label, say


def actions(as_json: Json = False, lang: Lang = None) -> None:
    from addin.actions import ACTIONS

    language = language_of(lang, read_settings(Path.cwd()))
    found = [
        {
            "name": one.name,
            "label": say(one.label, language),
            "group": say(one.group, language),
            "help": say(one.help, language),
            "icon": one.icon,
        }
        for one in ACTIONS.values()
    ]
    if as_json:
        print_json(found)
        return
    heads = [label(name, language) for name in ("action_name", "action_label", "action_help")]
    print_table(heads, [(one["name"], one["label"], one["help"]) for one in found])


def action(
    name: Annotated[str, typer.Argument(help=t("An action such as score; tierbook actions lists them."))],
    book: Annotated[Path, typer.Argument(help=t("A workbook, a CSV or Parquet file, or a folder of them."))],
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer", help=t("The answer to a question the action asks, as key=text."), show_default=False
        ),
    ] = None,
    select: Annotated[
        str,
        typer.Option("--select", help=t("The cells that are selected, as Sheet!B2:D9."), show_default=False),
    ] = "",
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from addin.actions import run
    from addin.file_host import FileHost

    language = language_of(lang, read_settings(Path.cwd()))
    said: list[str] = []
    host = FileHost(
        book,
        Path.cwd(),
        language,
        answers=dict(_answer(one) for one in answer or []),
        selected=select,
        tell=said.append if as_json else print,
        show=(lambda path: None) if as_json else _name,
        watch=_watched,
    )
    run(name, host)
    _clear()
    if as_json:
        print_json({"said": said, "written": [str(path) for path in host.written]})


def doctor(
    excel: Annotated[
        bool, typer.Option("--excel", help=t("Let Excel calculate every example and write a report as JSON."))
    ] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from addin.doctor import findings

    if excel:
        from addin.excel.self_test import self_test_in_excel

        print(self_test_in_excel())
        return
    language = language_of(lang, read_settings(Path.cwd()))
    found = findings(Path.cwd())
    if as_json:
        print_json([one.as_json(language) for one in found])
    else:
        for one in found:
            print(one.text(language))
    if any(one.level == "error" for one in found):
        raise typer.Exit(1)


def _answer(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(
            say("{text} is no answer; write key=text.", "en", text=repr(text)), param_hint="--answer"
        )
    return key.strip(), value


def _name(path: Path) -> None:
    here = Path.cwd()
    print(path.relative_to(here) if path.is_relative_to(here) else path)


def _watched(share: float, text: str) -> None:
    """The step on one line of a terminal."""
    if sys.stderr.isatty():
        print(
            f"\r\x1b[K{text} {share:.0%}" if share else f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True
        )


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
