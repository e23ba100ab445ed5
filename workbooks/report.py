"""The report workbook: finds the pages, gives each a sheet, draws them, and moves the file into place."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, time
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from tierbook.language import label, say
from workbooks import sections
from workbooks.files import replace_file
from workbooks.long_tables import write_package
from workbooks.needs import lacking
from workbooks.page import Page, Section
from workbooks.style import Style

if TYPE_CHECKING:
    from tierbook.quality import Problem
    from tierbook.run import Run

# What Excel accepts as the name of a sheet.
_FORBIDDEN = str.maketrans("", "", "[]:*?/\\")
_LONGEST_NAME = 31


def write_report(
    run: Run,
    path: Path | str,
    *,
    language: str = "en",
    most_printed: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """The path of the report that was written: a numbered sibling where the target is open in another program.

    Parameters
    ----------
    run : Run
        What `tierbook.score.score` found out.
    language : str
        `en` or `zh`: sheet names, headings, sentences and date formats follow.
    most_printed : int, optional
        How many rows of a long list go to paper; all of them are in the sheet.
    progress : function of str, optional
        Is told the page that is being drawn.
    """
    told = progress or (lambda page: None)
    return replace_file(path, lambda file: _draw(run, file, language, most_printed, told))


@cache
def all_sections() -> tuple[Section, ...]:
    """Every page there is, in the order of the workbook: one file in `workbooks/sections` each."""
    modules = (
        import_module(f"{sections.__name__}.{module.name}") for module in iter_modules(sections.__path__)
    )
    return tuple(
        sorted((module.SECTION for module in modules), key=lambda section: (section.order, section.name))
    )


def missing_needs(section: Section, run: Run) -> list[str | Problem]:
    """What a page needs and the run does not have: input tables without rows, columns, results the pack does not give.

    Where all is there and yet too little, the problem that says so.
    """
    missing: list[str | Problem] = [*lacking(section.needs, run)]
    problem = None if missing else section.lacks(run)
    return [problem] if problem else missing


def _draw(
    run: Run, path: Path, language: str, most_printed: int | None, progress: Callable[[str], None]
) -> None:
    import xlsxwriter

    drawn = io.BytesIO()
    book = xlsxwriter.Workbook(
        drawn,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "use_zip64": True,
            # Long tables come later, so what is held is small; a file for each part costs more.
            "in_memory": True,
        },
    )
    title = say("Customer value report", language)
    # No clock: the same run gives the same bytes.
    book.set_properties({"title": title, "author": "", "created": datetime.combine(run.as_of, time())})
    style = Style(book, language, most_printed=most_printed)
    asked = [(section, missing_needs(section, run)) for section in all_sections()]
    present = [(section, sheet_name(section, language)) for section, missing in asked if not missing]
    absent = [(section, missing) for section, missing in asked if missing]
    sheets = [(section, book.add_worksheet(name)) for section, name in present]
    for section, sheet in sheets:
        progress(sheet.get_name())
        section.draw(Page(sheet, section, run, style, present, absent), run)
    book.close()
    with path.open("wb") as file:
        write_package(drawn, file, style.long_tables)


def sheet_name(section: Section, language: str) -> str:
    """The name of the page's sheet, as Excel accepts it."""
    return label(f"page_{section.name}", language).translate(_FORBIDDEN)[:_LONGEST_NAME]
