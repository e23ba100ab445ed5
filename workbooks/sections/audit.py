"""Audit: from which files, by which rules and with which results this report was made."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierbook.rulepack.in_words import rule_in_words
from tierbook.rulepack.show import Rule, key_words, rules
from workbooks import style as look
from workbooks.advice import signal_words
from workbooks.blocks import draw_thresholds
from workbooks.page import Column, Page, Section
from workbooks.rows import records, share_of, signals

if TYPE_CHECKING:
    from tierbook.run import Run

_WIDTHS = (230, 136, 150, 110, 110, 410)
_LAST = len(_WIDTHS)
# Over which columns the words of a rule run. [pixels]
_RULE = sum(_WIDTHS[1:-1])
# Sections of a pack that say who gets what; the others say how figures are made.
PRINTED = frozenset(
    "value profile tiers positions stages ladder class signals churn early_warning winback points target_lists key_accounts".split()
)
_LEVELS = ("warning", "note")


def draw(page: Page, run: Run) -> None:
    """Run, what changed since the last one, inputs, tables, thresholds, the rules in words."""
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    row = _draw_run(page, row)
    row = _draw_changes(page, row)
    row = _draw_inputs(page, row)
    row = _draw_tables(page, row)
    row = page.heading(row, 1, page.label("thresholds"))
    row = draw_thresholds(page, row, _LAST)
    row = _draw_rules(page, row + 1)
    page.prints(row, _LAST)


def _draw_rules(page: Page, row: int) -> int:
    """What makes value, tiers, stages and churn, as a manager reads it; returns the first row below."""
    pack = page.run.pack
    printed = [rule for rule in rules(pack, page.language) if rule.section.partition(".")[0] in PRINTED]
    if not printed:
        return row
    row = page.heading(
        row, 1, page.label("rules_in_words"),
        page.say("Levels are tried from the top; the first that fits is the customer's. Thresholds stand as their numbers."),
    )  # fmt: skip
    for section, group in groupby(printed, key=lambda rule: rule.section):
        top = row
        page.sheet.set_row_pixels(row, 26)
        page.fill(row, 1, _LAST, "head")
        page.put(row, 1, _section_title(page, section), "head")
        page.put(row, 2, page.label("rules_rule"), "head")
        page.put(row, _LAST, page.label("because"), "head")
        for rule in group:
            row += 1
            name, said = _rule_name(page, rule), rule_in_words(rule, pack, page.language)
            page.put(row, 1, name, "line", "cell", "bold", "top", "wrap")
            page.across(row, 2, _LAST - 1, said, "line", "cell", "wrap", "top")
            because = page.because(rule.because)
            page.put(row, _LAST, because, "line", "cell", "wrap", "top")
            for text, width in ((name, _WIDTHS[0]), (said, _RULE), (because, _WIDTHS[-1])):
                page.tall(row, look.line_count(text, width - 24, page.language, bold=text is name))
        page.keep(top, row)
        row += 2
    return row - 1


def _section_title(page: Page, section: str) -> str:
    """As `section_words`, a name of the pack in the pack's words."""
    kind, _, name = section.partition(".")
    title = page.label(f"rules_{kind}")
    return page.say("{section}: {name}", section=title, name=page.word(name)) if name else title


def _rule_name(page: Page, rule: Rule) -> str:
    flags = signals(page.run)
    if rule.section == "signals" and rule.key in flags:
        return signal_words(page, flags[rule.key].reason)
    if rule.section.startswith("profile."):
        return page.word(rule.key)
    return key_words(page.run.pack, rule, page.language)


# Figures that say nothing where nobody buys anything, and their kind.
_OF_SALES = (("buyers", "count"), ("active", "count"), ("revenue", "cents"), ("revenue_recent", "cents"))


def facts(page: Page) -> list[tuple[str, Any, str]]:
    """What made this run what it is: (label, figure or text, kind)."""
    run = page.run
    totals = records(run.table("totals"))[0]
    return [
        (page.label("rule_pack"), run.pack.name, "text"),
        (page.label("rule_version"), run.pack.version, "text"),
        (page.label("rule_hash"), run.pack.hash, "text"),
        (page.label("rule_owner"), page.because(run.pack.owner), "text"),
        (page.label("profile"), page.word(run.profile), "text"),
        (page.label("as_of"), run.as_of, "date"),
        (page.label("window_days"), run.window_days, "count"),
        (page.label("customers_scored"), totals["customers"], "count"),
        *(
            (page.label(name), totals[name], kind)
            for name, kind in _OF_SALES
            if run.tables.get("transactions")
        ),
        *([(page.label("value"), totals["value"], "cents")] if totals["valued"] else []),
        *([(page.label("at_risk_short"), totals["flagged"], "count")] if run.pack.churn else []),
        *((page.label("masked_columns"), hidden, "text") for hidden in [_hidden(page)] if hidden),
    ]


def _hidden(page: Page) -> str:
    """The columns a masked copy hides; "" in the report itself."""
    if page.run.unmasked is None:
        return ""
    return page.label("list_comma").join(page.label(name) for name in page.run.pack.masked)


def _draw_run(page: Page, row: int) -> int:
    row = page.heading(row, 1, page.label("the_run"))
    for name, fact, kind in facts(page):
        page.fill(row, 1, _LAST, "line")
        page.put(row, 1, name, "bold", "line", "indent")
        page.put(row, 2, fact, "line", kind, "indent")
        row += 1
    return row + 1


def _draw_changes(page: Page, row: int) -> int:
    """What changed since the last run; nothing where there is none to compare with."""
    run, last = page.run, page.run.last
    if last is None:
        return row
    changes = records(run.table("changes_since_last"))[0]
    row = page.heading(
        row, 1, page.label("since_last_run"),
        page.say(
            "The last run spoke for {day}, by rules {version} ({hash}).",
            day=page.date(last.as_of), version=last.version, hash=last.hash[:8],
        ),
    )  # fmt: skip
    known = changes["customers"] - changes["arrived"]
    parts = (
        ("tier_changed", run.pack.tiers),
        ("stage_changed", run.pack.stages),
        ("level_changed", run.pack.churn),
    )
    of_known = (*(name for name, has in parts if has), "unchanged")
    block = page.table(
        row, 1,
        [
            Column(page.label("change"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_known"), "share"),
        ],
        [
            *([page.label(f"since_{name}"), changes[name], share_of(changes[name], known)] for name in of_known),
            *([page.label(f"since_{name}"), changes[name], None] for name in ("arrived", "gone")),
        ],
    )  # fmt: skip
    return block.after + 1


def _draw_inputs(page: Page, row: int) -> int:
    row = page.heading(
        row,
        1,
        page.label("inputs"),
        page.say("The fingerprint (SHA-256) changes with every change of the file."),
    )
    block = page.table(
        row, 1,
        [Column(page.label("file"), "text", ("bold",)), Column(page.label("bytes"), "count"), Column(page.label("fingerprint"))],
        [[Path(file.path).name, file.bytes, file.sha256] for file in page.run.files],
    )  # fmt: skip
    page.extend(block, 4, _LAST)
    return block.after + 1


def _draw_tables(page: Page, row: int) -> int:
    problems = page.run.problems
    row = page.heading(
        row, 1, page.label("tables_read"),
        page.say("The page {page} says what was set aside and why.", page=page.label("page_quality")),
    )  # fmt: skip
    names = list(page.run.tables) + sorted({one.table for one in problems} - set(page.run.tables))
    rows: list[list[Any]] = [
        [
            page.label(f"table_{name}") if name else page.label("whole_input"),
            page.run.tables.get(name),
            sum(one.set_aside for one in problems if one.table == name),
            *(sum((one.table, one.level) == (name, level) for one in problems) for level in _LEVELS),
        ]
        for name in names
    ]
    block = page.table(
        row, 1,
        [Column(page.label("table"), "text", ("bold",)), Column(page.label("rows_used"), "count"), Column(page.label("set_aside"), "count"),
         *(Column(page.label(f"entries_{level}"), "count") for level in _LEVELS)],
        rows,
        [page.label("total"), *(sum(row[at] or 0 for row in rows) for at in (1, 2, 3, 4))],
    )  # fmt: skip
    return block.after + 2


SECTION = Section("audit", (), draw, order=900)
