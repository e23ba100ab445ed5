"""Actions on the customers of a workbook: check the data, score them, list those at risk."""

from __future__ import annotations

from addin.actions import request
from addin.actions.asked import problems_in_words, request_of, run_in_words
from addin.host import Host
from tierbook.language import label, say


def check(host: Host) -> None:
    """Read every table, say what there is, and list every problem on a sheet."""
    from workbooks.rule_sheets import problem_sheet

    read = request.check(request_of(host))
    rows = [
        say(
            "{rows:,} rows of {table}",
            host.language,
            rows=table.num_rows,
            table=label(name, host.language).lower(),
        )
        for name, table in read.tables.items()
    ]
    if not read.problems:
        host.say("\n".join([*rows, say("No problems were found.", host.language)]))
        return
    host.put_sheets([problem_sheet(read.problems, host.language)])
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
