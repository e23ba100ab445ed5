"""Actions on the customers of a workbook: check the data, score them, list those at risk."""

from __future__ import annotations

from collections.abc import Container

from addin.actions import request
from addin.actions.asked import problems_in_words, request_of, run_in_words
from addin.host import Host, Selection
from tierbook.language import label, say


def check(host: Host) -> None:
    """Read every table, say what there is, and list every problem on a sheet."""
    from workbooks.rule_sheets import data_problem_sheet

    read = request.check(request_of(host))
    rows = [
        say(
            "{rows:,} rows of {table}",
            host.language,
            rows=table.num_rows,
            table=label(f"table_{name}", host.language).lower(),
        )
        for name, table in read.tables.items()
    ]
    if not read.problems:
        host.say("\n".join([*rows, say("No problems were found.", host.language)]))
        return
    host.put_sheets([data_problem_sheet(read.problems, host.language)])
    found = say("Every problem is listed on a sheet: {count:,}.", host.language, count=len(read.problems))
    host.say("\n".join([*rows, found, problems_in_words(read.problems, host.language)]).rstrip())


def score(host: Host) -> None:
    """Write value, tier, stage and churn flags of every customer."""
    from workbooks.writer import result_sheets

    asked = request_of(host)
    run = request.score(asked)
    asked.progress(0.0, "Writing the scores")
    host.put_sheets(result_sheets(run, host.language))
    host.say(
        "\n".join([run_in_words(run, host.language), problems_in_words(run.problems, host.language)]).rstrip()
    )


def watch_list(host: Host) -> None:
    """Write the customers at risk, highest value first."""
    from workbooks.writer import watch_sheet

    run = request.score(request_of(host))
    sheet = watch_sheet(run, host.language)
    host.put_sheets([sheet])
    sentence = "{count:,} of {all:,} customers are at risk."
    host.say(say(sentence, host.language, count=sheet.table.num_rows, all=run.customers.num_rows))


def explain(host: Host) -> None:
    """Write why a customer has this value, tier, stage and churn level: every rule asked, with the figures that met it."""
    from addin.actions.explained import Explained
    from workbooks.rule_sheets import explanation_sheet

    asked = request_of(host)
    found = Explained.of(asked, asked.settings.shelf().pack(asked.pack))
    question = say("Which customer? Type the identifier.", host.language)
    suggestion = _customer_selected(host, found.ids)
    steps = found.steps(host.ask("customer", question, suggestion))
    host.put_sheets([explanation_sheet(steps, host.language)])
    yes = say("yes", host.language)
    decided = [step.cells(host.language) for step in steps if step.decides and step.name]
    said = [
        label("colon", host.language).join((section, name) if answer == yes else (name, answer))
        for section, name, _, _, answer in decided
    ]
    host.say("\n".join(said))


def _customer_selected(host: Host, ids: Container[str]) -> str:
    """The customer in the selected cells, else the one in the same row; "" for none."""
    selection = host.selection()
    if selection is None:
        return ""
    return next((one for one in _texts(selection, host) if one in ids), "")


def _texts(selection: Selection, host: Host) -> list[str]:
    from workbooks.book_cells import BookCells
    from workbooks.sheet_cells import Area

    cells = [cell for row in selection.rows for cell in row]
    book, row = BookCells(host.book()), Area.of(selection.address).first[0]
    width = book.used(selection.sheet).last[1]
    cells += book.rows(selection.sheet, Area((row, 1), (row, width)))[0]
    return [
        f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip() for cell in cells if cell is not None
    ]
