"""The `tierbook` command: results on stdout, messages on stderr; exit 0 done, 1 problems in the user's files, 2 wrong usage."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from addin.actions import Request, Written
from addin.actions_cli import action, actions, doctor
from addin.addin_cli import addin
from addin.calc_cli import calc, fix
from addin.engine_cli import serve
from addin.figures_cli import effect, pivot
from addin.functions_cli import call, functions
from addin.host import Cancelled
from addin.lifetime_cli import clv, holdout
from addin.options import (
    After,
    AsOf,
    AtLevel,
    Before,
    Book,
    History,
    Masked,
    NoSnapshot,
    Out,
    PackName,
    Pdf,
    ProfileName,
    ReportOut,
    ScoreOut,
    Where,
    request_of,
)  # fmt: skip
from addin.rules_on_books import rules
from addin.settings import read_settings
from addin.terminal import (
    LANGUAGE,
    Json,
    Lang,
    language_of,
    list_problems,
    print_json,
    problems_of,
    show_error,
    t,
)
from addin.working import scored, working
from tierbook.engines.secrets import PASSWORD, hidden, refuse_password
from tierbook.errors import HostError, TierbookError
from tierbook.language import label, say
from tierbook.quality import Problem

# Commands in the order one meets them; a command that is not named follows.
_FIRST = ("demo", "check", "score", "report", "undo", "rules", "functions", "call", "clv", "holdout", "effect", "pivot", "actions", "action", "calc", "fix", "addin", "serve", "doctor")  # fmt: skip


class _InOrderOfUse(typer.core.TyperGroup):
    """The commands as a newcomer wants to read them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(self.commands, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))


app = typer.Typer(
    cls=_InOrderOfUse,
    help=t("Customer value, tiers, lifecycle stage and churn flags, where analysts already work."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def every_command(lang: Lang = None) -> None:
    language_of(lang, read_settings(Path.cwd()))


app.add_typer(rules, name="rules")
app.command(
    "clv",
    short_help=t("What to expect of every customer."),
    help=t(
        "Say what to expect of every customer: purchases, chances and value; --out writes them to sheets."
    ),
)(clv)
app.command(
    "holdout",
    short_help=t("Whether a purchase model may be trusted."),
    help=t(
        "Hold a purchase model against later purchases and say whether it may be trusted; --out writes sheets."
    ),
)(holdout)
app.command(
    "effect",
    short_help=t("Two periods against each other."),
    help=t("Hold the indicators of two periods against each other; --out writes them to a sheet."),
)(effect)
app.command(
    "pivot",
    short_help=t("Customers put together by two columns."),
    help=t(
        "Put a figure of the customers together by two of their columns, and list who is behind a cell; --out writes sheets."
    ),
)(pivot)
app.command("functions", help=t("List the functions for cells, or explain one."))(functions)
app.command(
    "call",
    short_help=t("Call a function for cells with values."),
    help=t(
        "Call a function with values: numbers, texts, JSON lists, or @BOOK!SHEET!A1:C9 for cells of a workbook."
    ),
)(call)
app.command("serve", help=t("Be the local engine for spreadsheet programs, until it is stopped."))(serve)
app.add_typer(addin, name="addin")
app.command(
    "calc",
    short_help=t("Compute the formulas of a workbook."),
    help=t("Compute every formula of a workbook through LibreOffice and keep the results."),
)(calc)
app.command("fix", help=t("Write the functions in formulas as another program knows them."))(fix)
app.command("action", help=t("Do what a button does, with a workbook on disk."))(action)
app.command("actions", help=t("List the actions that buttons and menus offer."))(actions)
app.command("doctor", help=t("Say what is installed, what is missing, and what to do."))(doctor)


def main() -> None:
    """Run the command and turn every outcome into an exit code and sentences."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A Windows console in another code page must not fail on a customer's name.
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        for word in sys.argv[1:]:
            if "://" in word:
                refuse_password(word)
        app()
    except Cancelled as error:
        show_error(error)
        sys.exit(130)
    except TierbookError as error:
        _refuse(error)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the edge of the host: nobody above can do better than say so
        _refuse(_unexpected(error))
        sys.exit(1)


def _refuse(error: TierbookError) -> None:
    """Say why nothing came of the command: to a program as JSON, to people in sentences with the count last."""
    if "--json" in sys.argv[1:]:
        problems = [problem.as_json(LANGUAGE) for problem in problems_of(error)]
        print_json({"status": "refused", "problems": problems})
        return
    show_error(error)
    if len(error.problems) > 1:
        levels = [problem.level for problem in error.problems]
        sentence = (
            "Errors: {errors}; warnings and notes: {others}. Correct the errors and run the command again."
        )
        errors = levels.count("error")
        print(say(sentence, LANGUAGE, errors=errors, others=len(levels) - errors), file=sys.stderr)


@app.command(help=t("Score and report on the sample workbooks."))
def demo(
    folder: Annotated[Path, typer.Option("--to", help=t("Where the results go."))] = Path("out"),
    lang: Lang = None,
) -> None:
    from addin import actions
    from workbooks.samples import sample_path

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("hospitality", "cdnow"):
        request = request_of(sample_path(name), lang)
        with working(request) as request:
            run = actions.score(request)
            copy = actions.copy_with_scores(request, run, folder / f"{name}-scored.xlsx")
            report = actions.write_report(request, run, folder / f"{name}-report.xlsx")
        _print_run(run, request, [copy, report])


@app.command(
    short_help=t("Read everything and list every problem."),
    help=t("Read everything and list every problem; exit 1 when it cannot be used."),
)
def check(source: Where = None, as_json: Json = False, lang: Lang = None) -> None:
    from addin import actions

    request = request_of(source, lang)
    try:
        if request.lies:
            _check_there(request, as_json=as_json)
            return
        with working(request) as request:
            read = actions.check(request)
    except TierbookError as error:
        if not as_json:
            raise
        problems = [problem.as_json(request.language) for problem in problems_of(error)]
        print_json({"status": "refused", "tables": {}, "problems": problems})
        raise typer.Exit(1) from None
    if as_json:
        print_json(read.summary(request.language))
        return
    list_problems(read.problems, request.language)
    for name, table in read.tables.items():
        print(
            say(
                "{rows:,} rows of {table}",
                request.language,
                rows=table.num_rows,
                table=label(f"table_{name}", request.language).lower(),
            )
        )
    print(_counted(read.problems, request.language))


def _check_there(request: Request, *, as_json: bool) -> None:
    from addin.warehouse import check_there
    from tierbook.quality import status

    with working(request) as shown:
        found = check_there(shown)
    if as_json:
        problems = [problem.as_json(request.language) for problem in found.problems]
        tables = {name: {"rows": rows} for name, rows in found.rows.items()}
        print_json({"status": status(found.problems), "tables": tables, "problems": problems})
        return
    list_problems(found.problems, request.language)
    for name, rows in found.rows.items():
        said = label(f"table_{name}", request.language).lower()
        print(say("{rows:,} rows of {table}", request.language, rows=rows, table=said))
    print(_counted(found.problems, request.language))


@app.command(
    short_help=t("Score every customer and write the scores."),
    help=t("Score every customer and write the scores as a workbook, with --report the report too."),
)
def score(
    book: Where = None, out: ScoreOut = None, report: ReportOut = None, pack: PackName = None, profile: ProfileName = None,
    as_of: AsOf = None, level: AtLevel = "customer", masked: Masked = False, no_snapshot: NoSnapshot = False, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from addin import actions
    from addin.warehouse import refuse_table, table_of

    request = replace(
        request_of(book, lang, pack=pack, profile=profile, as_of=as_of), level=level, table=table_of(out)
    )
    refuse_table(request, out)
    with scored(request) as run:
        with working(request) as shown:
            written = [actions.write_scores(shown, run, out, masked=masked)]
            if report is not None:
                written.append(
                    actions.write_report(shown, actions.beside_last(shown, run), report, masked=masked)
                )
            notes = () if no_snapshot else actions.keep_snapshot(shown, run)
        _print_run(run, request, written, notes, as_json=as_json)


@app.command(help=t("Score every customer and draw the report workbook."))
def report(
    book: Where = None, out: Out = None, pack: PackName = None, profile: ProfileName = None, as_of: AsOf = None,
    level: AtLevel = "customer", before: Before = None, after: After = None, masked: Masked = False, history: History = None, pdf: Pdf = False, no_snapshot: NoSnapshot = False, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from addin import actions

    request = replace(request_of(book, lang, pack=pack, profile=profile, as_of=as_of), level=level)
    with scored(request) as run:
        with working(request) as shown:
            run = actions.beside_last(shown, run)
            run = actions.over_time(shown, run, history) if history else run
            run = actions.comparing(run, before, after) if before or after else run
            written = [actions.write_report(shown, run, out, masked=masked)]
            if pdf:
                written.append(actions.write_pdf(shown, run, written[0].path, masked=masked))
            notes = () if no_snapshot else actions.keep_snapshot(shown, run)
        _print_run(run, request, written, notes, as_json=as_json)


@app.command(
    short_help=t("Take back what the last run wrote."),
    help=t("Take back what the last run wrote into a workbook, byte for byte."),
)
def undo(book: Book, lang: Lang = None) -> None:
    from workbooks.files import undo as bring_back

    language = language_of(lang, read_settings(Path.cwd()))
    done = bring_back(book)
    sentence = (
        "{path} is as it was before." if done.action == "restored" else "{path} was new and is removed."
    )
    print(say(sentence, language, path=done.path))


def _print_run(
    run: Any, request: Request, written: Sequence[Written], notes: Sequence[Problem] = (), *, as_json: bool = False
) -> None:  # fmt: skip
    from addin.actions.asked import run_in_words
    from tierbook.quality import status

    language = request.language
    problems = [*run.problems, *(problem for one in written for problem in one.problems), *notes]
    if as_json:
        levels = run.table("churn_levels").to_pylist()
        print_json(
            {
                "status": status(problems),
                "as_of": run.as_of.isoformat(),
                "pack": run.pack.name,
                "version": run.pack.version,
                "hash": run.pack.hash,
                "profile": run.profile,
                "customers": run.population,
                "tiers": {row["tier"]: row["customers"] for row in run.table("tiers").to_pylist()},
                "stages": {row["stage"]: row["customers"] for row in run.table("stages").to_pylist()},
                "churn_levels": {row["churn_level"]: row["customers"] for row in levels},
                "written": [str(one.path) for one in written],
                "problems": [problem.as_json(language) for problem in problems],
            }
        )
        return
    list_problems([problem for problem in problems if problem.level != "note"], language)
    print(run_in_words(run, language))
    here = Path.cwd()
    for one in written:
        print(one.path.relative_to(here) if one.path.is_relative_to(here) else one.path)


def _counted(problems: Iterable[Problem], language: str) -> str:
    problems = list(problems)
    counts = [sum(problem.level == level for problem in problems) for level in ("warning", "note")]
    return say("Warnings: {warnings}; notes: {notes}", language, warnings=counts[0], notes=counts[1])


def _unexpected(error: Exception) -> HostError:
    import tempfile
    import traceback

    # A file of its own: one that somebody else has left there may not be ours to write.
    handle, name = tempfile.mkstemp(prefix="tierbook-error-", suffix=".txt", text=True)
    log = Path(name)
    with open(handle, "w", encoding="utf-8") as file:
        # An engine's words may hold a password, in an address or as it was given.
        file.write(hidden("".join(traceback.format_exception(error)), os.environ.get(PASSWORD, "")))
    return HostError(
        "Tierbook met something it was not made for ({kind}).",
        fix="Please send {log} to whoever looks after Tierbook; nothing was changed.",
        kind=type(error).__name__,
        log=log,
    )
