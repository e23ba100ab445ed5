"""Actions that say what there is to do: the joined list of all systems, and the days of care."""

from __future__ import annotations

from addin.actions import request
from addin.actions.asked import request_of
from addin.host import Host
from tierbook.errors import DataError
from tierbook.language import say


def action_list(host: Host) -> None:
    """Write the most urgent action of every customer: why, whose, until when, what is at stake."""
    from workbooks.agenda_sheets import action_sheet

    run = request.score(request_of(host))
    sheet = action_sheet(run, host.language)
    host.put_sheets([sheet])
    host.say(say("There are {count:,} things to do.", host.language, count=sheet.table.num_rows))


def care(host: Host) -> None:
    """Write whom to greet, renew with or expect in the next days."""
    from workbooks.agenda_sheets import care_sheet

    asked = request_of(host)
    usual = asked.settings.shelf().pack(asked.pack).days_ahead
    text = host.ask("days", say("How many days ahead?", host.language), str(usual)).strip() or str(usual)
    if not text.isdecimal() or int(text) > 366:
        raise DataError("{value} is not a number of days.", fix="Type 0 to 366.", value=text)
    run = request.score(asked)
    sheet = care_sheet(run, host.language, int(text))
    host.put_sheets([sheet])
    host.say(
        say(
            "{count:,} care reminders fall in the next {days} days.",
            host.language,
            count=sheet.table.num_rows,
            days=text,
        )
    )
