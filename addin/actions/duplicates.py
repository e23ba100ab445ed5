"""The action on records that may be one customer: a sheet to decide them on, and what was decided there remembered."""

from __future__ import annotations

from addin.actions import request
from addin.actions.asked import request_of
from addin.host import Host
from tierbook.errors import DataError, HostError
from tierbook.language import say


def duplicates(host: Host) -> None:
    """Take over what was decided on the sheet, match the records, and write the pairs that are left to decide."""
    from workbooks.decisions import keep_decisions, read_decisions
    from workbooks.duplicate_sheets import decisions_on, duplicates_sheet

    if host.path is None:
        raise HostError(
            "The workbook has never been saved, so there is no place to remember decisions.",
            fix="Save it first.",
        )
    asked = request_of(host)
    pack = asked.settings.shelf().pack(asked.pack)
    if not pack.matching:
        raise pack.no_section("matching")
    on_sheet = decisions_on(host.book()) if request.is_book(asked.source) else None
    if on_sheet is not None:
        kept = {frozenset((one.a, one.b)): one for one in read_decisions(asked.place)}
        decided = {pair: one for pair, one in (kept | on_sheet).items() if one is not None}
        if decided != kept:
            keep_decisions(asked.place, decided.values())
    found = request.find_duplicates(asked, pack)
    if found is None:
        raise DataError(
            "The customers do not say which source each record is from.",
            fix="Add the columns source and source_id.",
        )
    host.put_sheets([duplicates_sheet(found, host.language)])
    lines = [
        say(
            "{records:,} records are {customers:,} customers.", host.language,
            records=len(found.records), customers=found.customers,
        ),
        say("Pairs to decide in the first column of the sheet: {count:,}.", host.language, count=len(found.review)),
        say("Pairs decided so far: {count:,}.", host.language, count=int((found.decided >= 0).sum())),
    ]  # fmt: skip
    host.say("\n".join(lines))
