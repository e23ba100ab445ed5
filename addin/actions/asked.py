"""What every action needs of its host first: the request behind it, questions with words, and the results in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from addin.actions.request import Request
from addin.host import Host, Option
from addin.settings import read_settings
from tierbook.language import label, say

if TYPE_CHECKING:
    from tierbook.quality import Problem
    from tierbook.run import Run

PACK_NAME = "CRM_PACK"
MOST_PROBLEMS_SAID = 5


def request_of(host: Host) -> Request:
    """The question behind an action: the workbook as it is now, by the pack it names, else the project's."""
    settings = read_settings(host.project)
    return Request(
        source=host.book(),
        settings=settings,
        pack=host.defined(PACK_NAME) or settings.pack,
        profile=settings.profile,
        language=host.language,
        as_of=None,
        today=date.today(),
        progress=lambda share, step: host.progress(share, say(step, host.language)),
        home=host.path,
    )


def sure(host: Host, key: str, question: str) -> bool:
    """Whether the user says yes."""
    options = [Option("yes", say("Yes", host.language)), Option("no", say("No", host.language))]
    return host.choose(key, question, options, "yes") == "yes"


def run_in_words(run: Run, language: str) -> str:
    """Customers, tiers, stages and churn levels of a run, a line each."""
    sentence = "{customers:,} customers as of {as_of}, by {pack} {version}"
    lines = [
        say(
            sentence,
            language,
            customers=run.population,
            as_of=run.as_of,
            pack=run.pack.name,
            version=run.pack.version,
        )
    ]
    for table, key in (("tiers", "tier"), ("stages", "stage"), ("churn_levels", "churn_level")):
        counts = [
            f"{run.word(row[key], language)} {row['customers']:,}"
            for row in run.table(table).to_pylist()
            if row[key]
        ]
        if counts:
            listed = label("list_comma", language).join(counts)
            lines.append("  " + label("colon", language).join((label(key, language), listed)))
    return "\n".join(lines)


def problems_in_words(problems: Iterable[Problem], language: str) -> str:
    """The first problems a line each, and how many more there are."""
    told: Sequence[Problem] = [problem for problem in problems if problem.level != "note"]
    lines = [
        label("colon", language).join((label(problem.level, language), problem.text(language)))
        for problem in told[:MOST_PROBLEMS_SAID]
    ]
    if more := len(told) - len(lines):
        lines.append(say("… and {count:,} more problems; Check data lists them all.", language, count=more))
    return "\n".join(lines)
