"""What a user can ask for, whichever host the question comes from: check, score, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from addin.settings import Settings

if TYPE_CHECKING:
    from tierbook.score import Run
    from workbooks.reader import Source

Progress = Callable[[float, str], None]
"""Called with the share done of a step (0-1) and what the step is, in English."""


@dataclass(frozen=True)
class Request:
    """One question: which data, by which rules, for which day, in which language."""

    source: Path
    settings: Settings
    pack: str
    profile: str
    language: str
    as_of: date | None
    today: date
    progress: Progress


def check(request: Request) -> Source:
    """Everything read, with every problem found."""
    from workbooks.reader import read

    return read(
        request.source, reading=request.settings.how_to_read(), today=request.today, progress=request.progress
    )


def score(request: Request) -> Run:
    """Every customer scored by the rule pack."""
    from tierbook.score import score as score_tables

    pack = request.settings.shelf().pack(request.pack)
    source = check(request)
    return score_tables(
        source.tables,
        pack,
        as_of=request.as_of,
        profile=request.profile,
        today=request.today,
        problems=source.problems,
        files=source.files,
        progress=request.progress,
    )


def write_scores(request: Request, run: Run, out: Path) -> Path:
    """The scores as a workbook; returns the path really written."""
    from workbooks.writer import write_scored

    request.progress(0.0, "Writing the scores")
    return write_scored(run, out, language=request.language).path


def write_report(request: Request, run: Run, out: Path) -> Path:
    """The report workbook; returns the path really written."""
    from workbooks import report

    request.progress(0.0, "Drawing the report")
    return report.write_report(
        run, out, language=request.language, progress=lambda page: request.progress(0.0, page)
    )
