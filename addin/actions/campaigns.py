"""Actions for campaigns: write whom a target list of the rules addresses."""

from __future__ import annotations

from addin.actions import request
from addin.actions.asked import request_of
from addin.host import Host, Option
from tierbook.language import say


def target_list(host: Host) -> None:
    """Write the customers of a target list, highest value first; only those who may be written to."""
    from workbooks.writer import target_sheet

    asked = request_of(host)
    pack = asked.settings.shelf().pack(asked.pack)
    if not pack.target_lists:
        raise pack.no_section("target_lists")
    options = [Option(one.name, pack.word(one.name, host.language)) for one in pack.target_lists]
    chosen = host.choose("list", say("Which target list?", host.language), options, options[0].value)
    run = request.score(asked)
    sheet = target_sheet(run, chosen, host.language)
    host.put_sheets([sheet])
    sentence = "{count:,} of {all:,} customers are on the list {name}."
    host.say(
        say(
            sentence,
            host.language,
            count=sheet.table.num_rows,
            all=run.customers.num_rows,
            name=pack.word(chosen, host.language),
        )
    )
