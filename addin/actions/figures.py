"""Actions that put figures together: two periods against each other, customers by two of their columns."""

from __future__ import annotations

from addin.actions import request
from addin.actions.asked import request_of
from addin.host import Host
from tierbook.language import say


def effect(host: Host) -> None:
    """Write every indicator of two periods with its change and a verdict."""
    from workbooks.indicator_sheets import effect_sheet
    from workbooks.indicators import Period, changes, windows

    asked = request_of(host)
    run = request.score(asked)
    usual = [f"{one.first}..{one.end}" for one in windows(run)]
    first = host.ask("before", say("Which period is the first? Type two days.", host.language), usual[0])
    second = host.ask("after", say("Which period is the second? Type two days.", host.language), usual[1])
    before, after = Period.read(first or usual[0]), Period.read(second or usual[1])
    found = changes(run, before, after)
    host.put_sheets([effect_sheet(found, before, after, host.language)])
    counts = {name: sum(one.verdict == name for one in found) for name in ("better", "worse", "same")}
    sentence = "{better} indicators are better, {worse} are worse, {same} are the same."
    host.say(say(sentence, host.language, **counts))


def pivot(host: Host) -> None:
    """Write a figure of the customers by two columns, and who is behind one of its cells."""
    from workbooks.pivoted import behind, pivot_sheets, pivoted, read_cell

    asked = request_of(host)
    run = request.score(asked)
    usual = next(
        (one for one in ("region", "industry", "channel") if one in run.customers.column_names), "stage"
    )
    rows = host.ask("rows", say("Which column makes the rows?", host.language), usual)
    columns = host.ask("columns", say("Which column makes the columns?", host.language), "tier")
    measure = host.ask("measure", say("Which column is summarised?", host.language), "total_spend")
    text = host.ask(
        "cell", say("Which cell's customers should be listed? Type row/column, or nothing.", host.language)
    )
    found = pivoted(run, rows or usual, columns or "tier", measure or "total_spend")
    cell = read_cell(run, found, text) if text.strip() else None
    host.put_sheets(pivot_sheets(run, found, cell, host.language))
    if cell:
        sentence = "{count:,} customers are behind {cell}."
        host.say(say(sentence, host.language, count=len(behind(run, found, cell)), cell=text.strip()))
        return
    sentence = "The matrix has {rows} rows and {columns} columns."
    shape = {"rows": len(found.found.rows), "columns": len(found.found.columns)}
    host.say(say(sentence, host.language, **shape))
