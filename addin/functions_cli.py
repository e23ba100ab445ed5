"""The `tierbook functions` and `tierbook call` commands: the functions for cells, explained and called from a shell."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from addin.options import PackName
from addin.settings import read_settings
from addin.terminal import Json, Lang, language_of, print_json, t
from tierbook.errors import HostError
from tierbook.language import say

if TYPE_CHECKING:
    from udfs.registry import ExcelFunction


def functions(
    name: Annotated[
        str | None, typer.Argument(help=t("A function such as CRM_TIER."), show_default=False)
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from udfs import registry

    language = language_of(lang, read_settings(Path.cwd()))
    chosen = [registry.function(name)] if name else list(registry.functions().values())
    if as_json:
        print_json([_described(function, language) for function in chosen])
    elif name:
        described = _described(chosen[0], language)
        wanted = [f"[{one['name']}]" if one["optional"] else one["name"] for one in described["arguments"]]
        print(f"{described['name']}({', '.join(wanted)})", described["help"], sep="\n")
        for argument in described["arguments"]:
            print(f"  {argument['name']}: {argument['help']}")
        print(f"-> {described['returns']}")
    else:
        width = max(len(function.name) for function in chosen)
        for function in chosen:
            print(f"{function.name:{width}}  {say(function.help, language)}")


def call(
    name: Annotated[str, typer.Argument(help=t("A function such as CRM_NPS."))],
    cells: Annotated[list[str] | None, typer.Argument(help=t("Its arguments."), show_default=False)] = None,
    pack: PackName = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    import udfs

    settings = read_settings(Path.cwd())
    context = udfs.Context(
        packs=settings.rules,
        pack=pack or settings.pack,
        language=language_of(lang, settings),
        today=date.today(),
    )
    result = udfs.call(name.upper(), *map(_cells, cells or []), context=context)
    rows = result if isinstance(result, list) else [[result]]
    if as_json:
        print_json(result)
    else:
        for row in rows:
            print("\t".join("" if cell is None else str(cell) for cell in row))


def _described(function: ExcelFunction, language: str) -> dict[str, Any]:
    return {
        "name": function.name,
        "help": say(function.help, language),
        "arguments": [
            {
                "name": one.name,
                "help": say(one.help, language),
                "shape": one.shape,
                "optional": not one.required,
            }
            for one in function.arguments
        ],
        "returns": say(function.returns, language),
    }


def _cells(text: str) -> Any:
    """What a word of the command line stands for: JSON, cells of a workbook, or the text itself."""
    if text.startswith("@"):
        return _range(text[1:])
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if text.startswith("["):
            raise HostError(
                "{text} is no list: it breaks off at sign {at}.",
                fix="Write it in one pair of quotes, texts inside in double quotes, such as '[9, 10, \"x\"]'.",
                text=text,
                at=error.pos + 1,
            ) from None
        return text
    if isinstance(value, list) and not any(isinstance(row, list) for row in value):
        return [[cell] for cell in value]
    return value


def _range(address: str) -> list[list[Any]]:
    import udfs

    book, _, rest = address.partition("!")
    sheet, _, cells = rest.rpartition("!")
    if not Path(book).is_file() or not cells:
        raise HostError(
            "{address} does not name cells of a workbook.", fix="Write @BOOK!SHEET!A1:C9.", address=address
        )
    from openpyxl import load_workbook

    opened = load_workbook(book, data_only=True)
    if sheet not in opened.sheetnames:
        raise HostError(
            "{book} has no sheet {sheet}.",
            fix="Its sheets are {known}.",
            book=book,
            sheet=sheet,
            known=", ".join(opened.sheetnames),
        )
    found = opened[sheet][cells]
    rows = found if isinstance(found, tuple) else ((found,),)
    return [
        [udfs.CellError(cell.value) if cell.data_type == "e" else cell.value for cell in row] for row in rows
    ]
