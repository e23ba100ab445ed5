"""Actions that make a file of their own."""

from __future__ import annotations

from addin.actions import request
from addin.actions.asked import problems_in_words, request_of
from addin.host import Host


def report(host: Host) -> None:
    """Draw the report beside the workbook and open it."""
    asked = request_of(host)
    run = request.beside_last(asked, request.score(asked))
    written = request.write_report(asked, run, None)
    notes = [*written.problems, *request.keep_snapshot(asked, run)]
    if said := problems_in_words(notes, host.language):
        host.say(said)
    host.show_file(written.path)
