"""The options that commands share, and the question they make together."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from addin.actions import Request
from addin.settings import read_settings
from addin.terminal import LANGUAGE, language_of, t
from tierbook.language import say

Book = Annotated[
    Path,
    typer.Argument(help=t("A workbook, a CSV or Parquet file, or a folder of them."), show_default=False),
]
Where = Annotated[
    str | None,
    typer.Argument(
        help=t(
            "A workbook, a CSV or Parquet file, a folder of them, a DuckDB or SQLite file, or the address of a database; "
            "by default the source of config.yaml."
        ),
        show_default=False,
    ),
]


def a_workbook(path: Path | None) -> Path | None:
    """The name of a workbook to write: a spreadsheet program opens it only by the ending it is written for."""
    if path is not None and path.suffix.lower() != ".xlsx" and not path.is_dir():
        raise typer.BadParameter(
            say("{name} is to be a workbook: give it a name that ends in .xlsx.", LANGUAGE, name=path.name)
        )
    return path


def _scores(path: Path | None) -> Path | None:
    results = path is not None and (path.suffix.lower() == ".parquet" or str(path).startswith("table:"))
    return path if results else a_workbook(path)


Out = Annotated[
    Path | None,
    typer.Option("--out", help=t("The workbook to write."), show_default=False, callback=a_workbook),
]
ScoreOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help=t(
            "The workbook to write; of a source an engine works on also scores.parquet, or table:NAME for a table of it."
        ),
        show_default=False,
        callback=_scores,
    ),
]
ReportOut = Annotated[
    Path | None,
    typer.Option(
        "--report", help=t("The report workbook to write as well."), show_default=False, callback=a_workbook
    ),
]
PackName = Annotated[
    str | None,
    typer.Option("--pack", help=t("The rule pack; by default that of config.yaml."), show_default=False),
]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help=t("The coefficients of the pack to use."), show_default=False)
]
AtLevel = Annotated[
    Literal["customer", "group"],
    typer.Option(
        "--level", help=t("What one row is: a customer, or a group of them that parent_id holds together.")
    ),
]
NoSnapshot = Annotated[
    bool,
    typer.Option(
        "--no-snapshot",
        help=t("Keep nothing of this run beside the source; by default the next report shows what changed."),
    ),
]
Masked = Annotated[
    bool,
    typer.Option("--masked", help=t("Hide the columns the rule pack masks, for sharing.")),
]
Pdf = Annotated[
    bool,
    typer.Option(
        "--pdf", help=t("Make a PDF beside the report too, through LibreOffice; lists end after 50 rows.")
    ),
]
History = Annotated[
    int | None,
    typer.Option(
        "--history",
        min=2,
        max=60,
        help=t("Add a page with the last so many windows by the same rules, such as 12."),
        show_default=False,
    ),
]
Before = Annotated[
    str | None,
    typer.Option(
        "--before",
        help=t("With --after: two periods the page Effect compares as well, such as 2026-01-01..2026-03-31."),
        show_default=False,
    ),
]
After = Annotated[
    str | None, typer.Option("--after", help=t("The second of the two periods."), show_default=False)
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help=t("The day to speak for; by default the latest purchase."),
        show_default=False,
    ),
]


def request_of(
    source: str | Path | None, lang: str | None, *,
    pack: str | None = None, profile: str | None = None, as_of: datetime | None = None,
) -> Request:  # fmt: skip
    """What was asked, the rest from config.yaml."""
    from addin.warehouse import lies, place_of

    settings = read_settings(Path.cwd())
    if not source and not settings.source:
        raise typer.BadParameter(say("Name a source, or write source: into config.yaml.", LANGUAGE))
    there = lies(str(source) if source else None, settings)
    return Request(
        source=place_of(there) if there else Path(source or settings.source),
        settings=settings,
        pack=pack or settings.pack,
        profile=profile or settings.profile,
        language=language_of(lang, settings),
        as_of=as_of.date() if as_of else None,
        today=date.today(),
        progress=lambda share, step: None,
        lies=there,
    )
