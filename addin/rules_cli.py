"""The `tierbook rules` commands: a pack checked, tested, shown, compared; each one call and its words."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from addin.options import Out
from addin.settings import Settings, read_settings
from addin.terminal import Json, Lang, language_of, list_problems, print_json, print_table, problems_of, t
from tierbook.errors import TierbookError
from tierbook.language import label, say
from tierbook.quality import Problem

rules = typer.Typer(help=t("Check, test and list rule packs."), no_args_is_help=True)

PackFile = Annotated[str, typer.Argument(help=t("A pack name or file."))]
Names = Annotated[
    list[str] | None,
    typer.Argument(help=t("Pack names or files; by default all packs."), show_default=False),
]


@rules.command("list", help=t("The rule packs there are."))
def rules_list(as_json: Json = False, lang: Lang = None) -> None:
    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    shelf = settings.shelf()
    packs, problems = [], []
    for name in shelf.names():
        try:
            packs.append(shelf.pack(name))
        except TierbookError as error:
            problems += problems_of(error)
    if as_json:
        print_json(
            [
                {"pack": pack.name}
                | {key: getattr(pack, key) for key in ("version", "hash", "owner", "file")}
                for pack in packs
            ]
        )
    else:
        for pack in packs:
            sentence = "{pack} {version} ({hash}), {file}"
            shown = {"pack": pack.name, "version": pack.version, "hash": pack.hash[:12], "file": pack.file}
            print(say(sentence, language, **shown))
    list_problems(problems, language)
    if problems:
        raise typer.Exit(1)


@rules.command(
    "check",
    short_help=t("Every problem at once, with its place."),
    help=t("Every problem of a pack and its cases at once, with file, line and column."),
)
def rules_check(
    names: Names = None,
    watch: Annotated[bool, typer.Option("--watch", help=t("Check again whenever a file changes."))] = False,
    out: Out = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from tierbook.rulepack.examine import cases_of, changes

    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    if not watch:
        if _checked(_files(names, settings), language, as_json=as_json, out=out):
            raise typer.Exit(1)
        return

    # Looked up once: some editors take the file away for a moment while they save it.
    named = _files(names, settings) if names else []

    def files() -> list[Path]:
        return [one for file in named or _files(None, settings) for one in (file, cases_of(file))]

    for _ in changes(files, _a_moment):
        _checked(named or _files(None, settings), language, as_json=as_json)
        print(say("Waiting for a change; stop with Ctrl+C.", language), file=sys.stderr, flush=True)


@rules.command("test", help=t("Run the cases beside a pack."))
def rules_test(names: Names = None, as_json: Json = False, lang: Lang = None) -> None:
    settings = read_settings(Path.cwd())
    if _checked(_files(names, settings), language_of(lang, settings), as_json=as_json, cases=True):
        raise typer.Exit(1)


@rules.command(
    "schema",
    short_help=t("Write the JSON Schema for editors."),
    help=t("Write the JSON Schema that editors complete and check packs with."),
)
def rules_schema(
    out: Annotated[
        Path | None, typer.Option("--out", help=t("The file to write."), show_default=False)
    ] = None,
    lang: Lang = None,
) -> None:
    from tierbook.rulepack.schema import schema_text

    settings = read_settings(Path.cwd())
    language_of(lang, settings)
    file = out or (settings.rules or Path.cwd()) / "pack.schema.json"
    file.write_text(schema_text(), "utf-8")
    print(file)


@rules.command("show", help=t("Print a pack as a table, one line per rule."))
def rules_show(pack: PackFile, out: Out = None, as_json: Json = False, lang: Lang = None) -> None:
    from tierbook.rulepack.read import read_pack
    from tierbook.rulepack.show import key_words, rules, section_words

    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    read = read_pack(file_of(pack, settings))
    found = rules(read, language)
    if out:
        from workbooks.patch import put_sheets
        from workbooks.rule_sheets import pack_sheet

        print(put_sheets(out, [pack_sheet(read, language)]).path)
        return
    if as_json:
        print_json([asdict(rule) for rule in found])
        return
    heads = ("rules_section", "rules_name", "rules_rule", "rules_because")
    rows = [
        (section_words(rule.section, language), key_words(read, rule, language), rule.rule, rule.because)
        for rule in found
    ]
    print_table([label(head, language) for head in heads], rows)


@rules.command("new", help=t("Start a pack from another one."))
def rules_new(
    name: Annotated[str, typer.Argument(help=t("The name of the new pack."))],
    origin: Annotated[str, typer.Option("--from", help=t("The pack to start from."))],
    lang: Lang = None,
) -> None:
    from tierbook.rulepack.start import start_pack

    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    here = Path.cwd()
    for file in start_pack(file_of(origin, settings), name, settings.rules or here / "rules"):
        print(file.relative_to(here) if file.is_relative_to(here) else file)
    print(
        say(
            "Change it, then run: tierbook rules check {pack} and tierbook rules test {pack}.",
            language,
            pack=name,
        ),
        file=sys.stderr,
    )


@rules.command("history", help=t("Say what changed between two versions of a pack."))
def rules_history(
    old: Annotated[str, typer.Argument(help=t("A pack name or file."))],
    new: Annotated[str, typer.Argument(help=t("A pack name or file."))],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from tierbook.rulepack.history import changes
    from tierbook.rulepack.read import read_pack

    settings = read_settings(Path.cwd())
    language = language_of(lang, settings)
    before, after = (read_pack(file_of(name, settings)) for name in (old, new))
    found = changes(before, after, language)
    if as_json:
        print_json([{**asdict(change), "text": change.text(language)} for change in found])
    else:
        print("\n".join(change.text(language) for change in found) or say("Nothing changed.", language))


def file_of(name: str, settings: Settings) -> Path:
    """The file of a pack given by name or path."""
    return Path(name) if name.endswith((".yaml", ".yml")) else settings.shelf().file(name)


def _files(names: list[str] | None, settings: Settings) -> list[Path]:
    """The files of packs given by name or path; all packs without any."""
    return [file_of(name, settings) for name in names or settings.shelf().names()]


def _checked(
    files: list[Path], language: str, *, as_json: bool, cases: bool = False, out: Path | None = None
) -> bool:
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
    if out:
        from workbooks.patch import put_sheets
        from workbooks.rule_sheets import problem_sheet

        put_sheets(out, [problem_sheet(problems, language)])
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
