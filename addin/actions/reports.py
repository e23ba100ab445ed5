"""Actions that make a file of their own."""

from __future__ import annotations

from addin.actions import request
from addin.actions.asked import problems_in_words, request_of
from addin.host import Host
from tierbook.language import label


def report(host: Host) -> None:
    """Draw the report beside the workbook and open it."""
    asked = request_of(host)
    run = request.beside_last(asked, request.score(asked))
    written = request.write_report(asked, run, None)
    notes = [*written.problems, *request.keep_snapshot(asked, run)]
    if said := problems_in_words(notes, host.language):
        host.say(said)
    host.show_file(written.path)


def hold_out(host: Host) -> None:
    """Fit the purchase model to the earlier purchases, compare it with the later ones, and say whether it may be trusted."""
    import pyarrow as pa

    from workbooks.sheet_xml import ResultSheet

    asked = request_of(host)
    run = request.score(asked)
    asked.progress(0.0, "Checking the purchase model")
    found = run.held_out
    frequency, customers, actual, expected = (one.tolist() for one in found.by_frequency)
    table = pa.table({"repeats": frequency, "customers": customers, "actual": actual, "expected": expected})
    names = ("clv_repeats", "customers", "clv_actual_each", "clv_foreseen_each")
    sheet = ResultSheet(
        "Tierbook Hold-out",
        "tierbook_hold_out",
        table,
        [label(name, host.language) for name in names],
        ["integer", "integer", "score", "score"],
    )
    host.put_sheets([sheet])
    host.say(found.verdict.text(host.language))
