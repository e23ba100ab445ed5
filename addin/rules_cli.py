"""The `tierbook rules` commands: a pack checked, tested, shown, compared; each one call and its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from addin.settings import read_settings
from addin.terminal import Json, Lang, language_of, list_problems, print_json, problems_of, t
from tierbook.errors import TierbookError
from tierbook.language import say
from tierbook.quality import Problem

rules = typer.Typer(help=t("Check, test and list rule packs."), no_args_is_help=True)


@rules.command("list", help=t("The rule packs there are."))
def rules_list(as_json: Json = False, lang: Lang = None) -> None:
    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    shelf = settings.shelf()
    packs = [shelf.pack(name) for name in shelf.names()]
    if as_json:
        print_json(
            [
                {
                    "pack": pack.name,
                    "version": pack.version,
                    "hash": pack.hash,
                    "owner": pack.owner,
                    "file": pack.file,
                }
                for pack in packs
            ]
        )
        return
    for pack in packs:
        print(
            say(
                "{pack} {version} ({hash}), {file}",
                language,
                pack=pack.name,
                version=pack.version,
                hash=pack.hash[:12],
                file=pack.file,
            )
        )


@rules.command("check", help=t("Every problem of a pack at once, with file, line and column."))
def rules_check(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=t("Pack names or files; by default all packs."), show_default=False),
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from tierbook.rulepack.cases import read_cases

    def checked(pack: Any, file: Path) -> Iterable[Problem]:
        cases = file.with_suffix(".cases.yaml")
        if cases.is_file():
            read_cases(_case_source(cases), pack)
        return pack.warnings

    _each_pack(names, lang, as_json, checked, "{pack}: ok, {count} expressions")


@rules.command("test", help=t("Run the cases beside a pack."))
def rules_test(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=t("Pack names or files; by default all packs."), show_default=False),
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from tierbook.rulepack.cases import failures, read_cases

    counts: dict[str, int] = {}

    def tested(pack: Any, file: Path) -> Iterable[Problem]:
        path = file.with_suffix(".cases.yaml")
        if not path.is_file():
            return [
                Problem(
                    "warning",
                    "There are no cases for this pack.",
                    "Write them to {file}.",
                    {"file": path.name},
                    file=pack.file,
                )
            ]
        source = _case_source(path)
        cases = read_cases(source, pack)
        counts[pack.name] = len(cases)
        return failures(source, cases, pack)

    _each_pack(names, lang, as_json, tested, "{pack}: ok, {count} cases", counts=counts)


@rules.command("schema", help=t("Write the JSON Schema that editors complete and check packs with."))
def rules_schema(
    out: Annotated[
        Path | None, typer.Option("--out", help=t("The file to write."), show_default=False)
    ] = None,
) -> None:
    from tierbook.rulepack.schema import schema_text

    settings = read_settings(Path.cwd())
    file = out or (settings.rules or Path.cwd()) / "pack.schema.json"
    file.write_text(schema_text(), "utf-8")
    print(file)


def _each_pack(
    names: list[str] | None,
    lang: str | None,
    as_json: bool,
    examine: Callable[[Any, Path], Iterable[Problem]],
    praise: str,
    *,
    counts: dict[str, int] | None = None,
) -> None:
    from tierbook.rulepack.read import read_pack

    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    shelf = settings.shelf()
    found: list[Problem] = []
    good: list[str] = []
    for name in names or shelf.names():
        file = Path(name) if name.endswith((".yaml", ".yml")) else shelf.file(name)
        try:
            pack = read_pack(file)
            problems = list(examine(pack, file))
        except TierbookError as error:
            problems = problems_of(error)
        found += problems
        if not any(problem.level == "error" for problem in problems):
            count = (counts or {}).get(pack.name, pack.expressions)
            good.append(say(praise, language, pack=pack.name, count=count))
    failed = any(problem.level == "error" for problem in found)
    if as_json:
        print_json(
            {
                "status": "refused" if failed else "ok",
                "problems": [problem.as_json(language) for problem in found],
            }
        )
    else:
        list_problems(found, language)
        print("\n".join(good)) if good else None
    if failed:
        raise typer.Exit(1)


def _case_source(path: Path) -> Any:
    from tierbook.rulepack.read import shown
    from tierbook.rulepack.source import read_source

    return read_source(path.read_bytes(), file=shown(path), root=list)
