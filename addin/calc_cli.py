"""The `tierbook calc` and `tierbook fix` commands: formulas of workbook files, computed and respelled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from addin.calc.spelling import SPELLINGS
from addin.settings import read_settings
from addin.terminal import Json, Lang, language_of, print_json, t
from tierbook.errors import HostError
from tierbook.language import say

WORKBOOKS = (".xlsx", ".xlsm")
Book = Annotated[Path, typer.Argument(help=t("An .xlsx or .xlsm workbook."), show_default=False)]
Out = Annotated[
    Path | None,
    typer.Option("--out", help=t("The workbook to write; by default the same one."), show_default=False),
]


def calc(
    book: Book,
    out: Out = None,
    patience: Annotated[
        float, typer.Option("--patience", min=1, help=t("How many seconds LibreOffice may take."))
    ] = 600.0,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from addin.calc.recalculate import recalculate

    language = language_of(lang, read_settings(Path.cwd()))
    _workbook(book)
    done = recalculate(book, out or book, patience=patience)
    if as_json:
        print_json({"path": str(done.path), "cells": done.cells, "kept": done.kept, "errors": done.errors})
        return
    sentence = "{path}: {cells:,} formula cells computed, {errors:,} show an error."
    print(say(sentence, language, path=done.path, cells=done.cells, errors=done.errors))
    if done.kept:
        sentence = "{count:,} cells use functions LibreOffice does not have and keep what they showed."
        print(say(sentence, language, count=done.kept))


def fix(
    book: Book,
    to: Annotated[
        str,
        typer.Option("--to", help=t("excel (CRM_VALUE), office (CRM.VALUE) or calc (LibreOffice's own)."), show_default=False),
    ],
    out: Out = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:  # fmt: skip
    from addin.calc.fix import fix as convert

    language = language_of(lang, read_settings(Path.cwd()))
    if to not in SPELLINGS:
        raise typer.BadParameter(
            say("{name} is not one of the spellings; write excel, office or calc.", language, name=to),
            param_hint="--to",
        )
    _workbook(book)
    done = convert(book, out or book, to)
    if as_json:
        print_json({"path": str(done.path), "parts": done.parts})
        return
    sentence = "{path}: formulas changed in {parts} parts." if done.parts else "{path}: no formula to change."
    print(say(sentence, language, path=done.path, parts=done.parts))


def _workbook(book: Path) -> None:
    if not book.is_file():
        raise HostError("There is no file {path}.", path=book)
    if book.suffix.lower() not in WORKBOOKS:
        raise HostError("{name} is not an Excel workbook (.xlsx or .xlsm).", name=book.name)
