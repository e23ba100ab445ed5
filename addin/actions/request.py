"""What actions and commands do for a question: check, score, write the scores, draw the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from addin.settings import Settings
from tierbook.errors import HostError

if TYPE_CHECKING:
    from tierbook.duplicates import Duplicates
    from tierbook.hierarchy import Level
    from tierbook.quality import Problem
    from tierbook.rulepack.pack import Pack
    from tierbook.run import Run
    from workbooks.reader import Source

Progress = Callable[[float, str], None]
"""Called with the share done of a step (0-1) and what the step is, in English."""


WORKBOOKS = (".xlsx", ".xlsm")


class Written(NamedTuple):
    """A file written, under the name it really has, and what the reader should know about that."""

    path: Path
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Request:
    """One question: which data, by which rules, for which day, in which language.

    `home` is where the data is kept when `source` is a copy of it: results and snapshots go there. `lies` is the address
    or path of a source that an engine works on where it lies; then `source` only names the results, and `table` is the
    table of it they are to be, if any.
    """

    source: Path
    settings: Settings
    pack: str
    profile: str
    language: str
    as_of: date | None
    today: date
    progress: Progress
    home: Path | None = None
    level: Level = "customer"
    lies: str = ""
    table: str | None = None

    @property
    def place(self) -> Path:
        """The file results go beside."""
        return self.home or self.source


def check(request: Request) -> Source:
    """Everything read, with every problem found."""
    from workbooks.reader import read

    return read(
        request.source, reading=request.settings.how_to_read(), today=request.today, progress=request.progress
    )


def score(request: Request) -> Run:
    """Every customer scored by the rule pack."""
    from tierbook.score import score as score_tables
    from workbooks.decisions import read_decisions

    if request.lies:
        from addin.warehouse import score_there

        if request.level == "group":
            raise HostError(
                "Groups cannot be rolled up where the source lies.",
                fix="Score a workbook, a file or a folder of CSV or Parquet files.",
            )
        return score_there(request)
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
        decisions=read_decisions(request.place),
        level=request.level,
    )


def find_duplicates(request: Request, pack: Pack) -> Duplicates | None:
    """Which records are one customer, by the rules and what people decided; None where records name no source."""
    from tierbook.duplicates import one_record_each
    from workbooks.decisions import read_decisions

    source = check(request)
    request.progress(0.0, "Matching the records")
    return one_record_each(source.tables, pack, read_decisions(request.place))[1]


def is_book(source: Path) -> bool:
    """Whether the source is a workbook, which may hold sheets of ours."""
    return source.suffix.lower() in WORKBOOKS


def beside_last(request: Request, run: Run) -> Run:
    """The run beside the last earlier one of the same pack, where that was kept."""
    from workbooks.snapshots import last_snapshot

    # What is kept is of customers.
    last = last_snapshot(run, request.place) if request.level == "customer" else None
    return run.since(last) if last else run


def over_time(request: Request, run: Run, count: int) -> Run:
    """The run with the same rules at its last days, a window apart, and the runs that were kept."""
    from workbooks.snapshots import earlier_snapshots

    request.progress(0.0, "Looking back")
    return run.over_time(count, earlier=earlier_snapshots(run, request.place, most=count))


def comparing(run: Run, before: str | None, after: str | None) -> Run:
    """The run with two periods for the page Effect; one that is not given is that of the windows.

    Raises
    ------
    DataError
        What is given is not a period.
    """
    from dataclasses import replace

    from workbooks.indicators import Period, windows

    first, second = (
        Period.read(text) if text else usual
        for text, usual in zip((before, after), windows(run), strict=True)
    )
    return replace(run, compared=(first, second))


def keep_snapshot(request: Request, run: Run) -> Sequence[Problem]:
    """Keep what the run found for the next report; a note where that could not be written."""
    from tierbook.quality import Problem
    from workbooks.snapshots import keep_snapshot as keep

    if run.population > run.customers.num_rows:
        return (Problem("note", "This run is not kept for the next report: not all customers came back."),)
    note = keep(run, request.place) if request.level == "customer" else None
    return (note,) if note else ()


def write_scores(request: Request, run: Run, out: Path | None, *, masked: bool = False) -> Written:
    """The scores on sheets of the workbook they come from, or with `out` in a workbook of their own."""
    from workbooks.writer import add_scored, write_scored

    run = for_sharing(run) if masked else run
    if request.lies and out is not None:
        from addin import warehouse

        if warehouse.is_results(out):
            if masked:
                raise HostError("Scores in {name} cannot be masked.", fix="Write a workbook.", name=out.name)
            return warehouse.write_results(request, run, out)  # type: ignore[arg-type]
    if out is not None and out.suffix.lower() != ".xlsx" and not out.is_dir():
        raise HostError(
            "Scores of {source} are written to a workbook, and {name} is no name of one.",
            fix="Give it a name that ends in .xlsx.",
            source=request.place.name,
            name=out.name,
        )
    request.progress(0.0, "Writing the scores")
    if out is None and request.source.suffix.lower() in WORKBOOKS:
        done = add_scored(run, request.source, request.source, language=request.language)
    else:
        done = write_scored(run, out or beside(request.place, "scored"), language=request.language)
    return Written(done.path, done.problems)


def copy_with_scores(request: Request, run: Run, out: Path) -> Written:
    """The workbook with the result sheets added, under another name."""
    from workbooks.writer import add_scored

    done = add_scored(run, request.source, out, language=request.language, keep_undo=False)
    return Written(done.path, done.problems)


def for_sharing(run: Run) -> Run:
    """The run without what its pack masks.

    Raises
    ------
    RuleError
        The pack does not say what to hide.
    """
    from tierbook.errors import RuleError

    if not run.pack.masked:
        raise RuleError(
            "{pack} does not say what to hide.", fix="Add report: {{mask: [name]}} to it.", pack=run.pack.name
        )
    return run.masked()


def write_report(request: Request, run: Run, out: Path | None, *, masked: bool = False) -> Written:
    """The report workbook; a masked one hides what the pack says and can be shared."""
    from workbooks.customer_table import all_customers
    from workbooks.files import elsewhere
    from workbooks.report import write_report as draw

    request.progress(0.0, "Drawing the report")
    out = out or beside(request.place, "report")
    if out.exists() and request.place.exists() and out.samefile(request.place):
        raise HostError(
            "The report would replace {name}, the workbook it is made from.",
            fix="Give the report another name.",
            name=out.name,
        )
    run = for_sharing(run) if masked else run
    path = draw(run, out, language=request.language, progress=lambda page: request.progress(0.0, page))
    notes = [note for note in (elsewhere(out, path), all_customers(run, path)) if note]
    return Written(path, notes)


def write_pdf(request: Request, run: Run, report: Path, *, masked: bool = False) -> Written:
    """The report as a PDF beside it, lists cut after their first rows."""
    from addin.paper import write_pdf as print_report

    request.progress(0.0, "Printing the report")
    return Written(print_report(run.masked() if masked else run, report, language=request.language))


def finish(request: Request, run: Run) -> None:
    """End the session of a run whose source was worked on where it lies."""
    if request.lies:
        from addin.warehouse import finish as end

        end(run)  # type: ignore[arg-type]


def beside(source: Path, what: str) -> Path:
    """Where a result goes when nobody says: next to what it was made from."""
    return source.with_name(f"{source.stem}-{what}.xlsx")
