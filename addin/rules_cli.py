"""The `tierbook rules` commands: a pack checked, tested, shown, compared; each one call and its words."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from addin.settings import Settings, read_settings
from addin.terminal import Json, Lang, language_of, list_problems, print_json, t
from tierbook.language import say
from tierbook.quality import Problem

rules = typer.Typer(help=t("Check, test and list rule packs."), no_args_is_help=True)

Names = Annotated[
    list[str] | None,
    typer.Argument(help=t("Pack names or files; by default all packs."), show_default=False),
]


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


@rules.command("check", help=t("Every problem of a pack and its cases at once, with file, line and column."))
def rules_check(
    names: Names = None,
    watch: Annotated[bool, typer.Option("--watch", help=t("Check again whenever a file changes."))] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from tierbook.rulepack.examine import cases_of, changes

    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    if not watch:
        if _checked(_files(names, settings), language, as_json=as_json):
            raise typer.Exit(1)
        return

    def files() -> list[Path]:
        return [one for file in _files(names, settings) for one in (file, cases_of(file))]

    for _ in changes(files, _a_moment):
        _checked(_files(names, settings), language, as_json=as_json)
        print(say("Waiting for a change; stop with Ctrl+C.", language), file=sys.stderr, flush=True)


@rules.command("test", help=t("Run the cases beside a pack."))
def rules_test(names: Names = None, as_json: Json = False, lang: Lang = None) -> None:
    settings = read_settings(Path.cwd())
    if _checked(_files(names, settings), language_of(lang, settings), as_json=as_json, cases=True):
        raise typer.Exit(1)


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


def _files(names: list[str] | None, settings: Settings) -> list[Path]:
    """The files of packs given by name or path; all packs without any."""
    shelf = settings.shelf()
    return [
        Path(name) if name.endswith((".yaml", ".yml")) else shelf.file(name)
        for name in names or shelf.names()
    ]


def _checked(files: list[Path], language: str, *, as_json: bool, cases: bool = False) -> bool:
    """Print what is wrong with some packs; whether any of them cannot be used. `cases` asks that there be some."""
    from tierbook.rulepack.examine import cases_of, examine, excerpt

    found = [examine(file) for file in files]
    every = [one for file in files for one in (file, cases_of(file))]
    problems = [problem for one in found for problem in one.problems]
    if cases:
        problems += [
            Problem(
                "warning",
                "There are no cases for this pack.",
                "Write them to {file}.",
                {"file": cases_of(one.file).name},
                file=one.pack.file,
            )
            for one in found
            if one.pack and one.cases is None and not one.fails
        ]
    if as_json:
        listed = [
            {**problem.as_json(language), "excerpt": "\n".join(excerpt(problem, every))}
            for problem in problems
        ]
        status = "refused" if any(one.fails for one in found) else "ok"
        print_json({"status": status, "problems": listed})
    else:
        for problem in problems:
            list_problems([problem], language)
            for line in excerpt(problem, every):
                print(f"    {line}", file=sys.stderr)
        for one in found:
            if one.pack and not one.fails:
                sentence = (
                    "{pack}: ok, {count} cases" if cases else "{pack}: ok, {count} rules, {cases} cases"
                )
                count = (one.cases or 0) if cases else one.pack.expressions
                print(
                    say(sentence, language, pack=one.pack.name, count=count, cases=one.cases or 0), flush=True
                )
    return any(one.fails for one in found)


def _a_moment() -> bool:
    """Wait until it is worth looking again."""
    time.sleep(0.3)
    return True
