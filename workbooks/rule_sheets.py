"""Result sheets about rules: a pack as it reads, its problems, one customer explained, two packs compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tierbook.language import label, say
from workbooks.sheet_xml import Format, ResultSheet

if TYPE_CHECKING:
    from tierbook.quality import Problem
    from tierbook.rulepack.compare import Comparison
    from tierbook.rulepack.explain import Step
    from tierbook.rulepack.pack import Pack

COMPARED = ("tier", "stage", "churn_level")


def pack_sheet(pack: Pack, language: str = "en") -> ResultSheet:
    """Every rule of a pack, as a manager reads it."""
    from tierbook.rulepack.show import key_words, rules, section_words

    rows = [
        (section_words(rule.section, language), key_words(pack, rule, language), rule.rule, rule.because)
        for rule in rules(pack, language)
    ]
    headers = ("rules_section", "rules_name", "rules_rule", "rules_because")
    return _sheet_of_texts("Tierbook Rules", "tierbook_rules", headers, rows, language)


def problem_sheet(problems: Iterable[Problem], language: str = "en") -> ResultSheet:
    """Every problem of a check, with its place and what to do."""
    rows = [
        (
            label(problem.level, language),
            problem.place,
            problem.path,
            say(problem.message, language, **problem.values),
            say(problem.fix, language, **problem.values) if problem.fix else "",
        )
        for problem in problems
    ]
    headers = ("rules_level", "rules_place", "rules_path", "rules_problem", "rules_fix")
    return _sheet_of_texts("Tierbook Rule check", "tierbook_rule_check", headers, rows, language)


def data_problem_sheet(problems: Iterable[Problem], language: str = "en") -> ResultSheet:
    """Every problem of the data, with its sheet and cell and what to do."""
    rows = [
        (
            label(problem.level, language),
            problem.place,
            say(problem.message, language, **problem.values),
            say(problem.fix, language, **problem.values) if problem.fix else "",
        )
        for problem in problems
    ]
    headers = ("rules_level", "rules_place", "rules_problem", "rules_fix")
    return _sheet_of_texts("Tierbook Data check", "tierbook_data_check", headers, rows, language)


def explanation_sheet(steps: Sequence[Step], language: str = "en") -> ResultSheet:
    """One customer, rule by rule."""
    headers = ("rules_section", "rules_name", "rules_rule", "rules_met", "rules_answer")
    rows = [step.cells(language) for step in steps]
    return _sheet_of_texts("Tierbook Explanation", "tierbook_explanation", headers, rows, language)


def comparison_sheets(comparison: Comparison, language: str = "en") -> list[ResultSheet]:
    """What changed, who moves from where to where, and every customer who moves with the rule that moved them."""
    import pyarrow as pa

    changes = [(change.text(language),) for change in comparison.changes]
    movements = [
        (label(result, language), one.old, one.new, one.customers, one.revenue)
        for result in COMPARED
        for one in comparison.matrix(result)
    ]
    movers = [
        (mover.customer_id, label(mover.result, language), mover.old, mover.new, mover.revenue, mover.why)
        for mover in comparison.movers(language)
    ]

    def words(name: str | None) -> str | None:
        return None if name is None else comparison.new.word(name, language)

    matrix = pa.table(
        {
            "result": [row[0] for row in movements],
            "old": [words(row[1]) for row in movements],
            "new": [words(row[2]) for row in movements],
            "customers": pa.array([row[3] for row in movements], pa.float64()),
            "revenue": pa.array([row[4] for row in movements], pa.float64()),
        }
    )
    listed = pa.table(
        {
            "customer": pa.array([row[0] for row in movers], pa.string()),
            "result": pa.array([row[1] for row in movers], pa.string()),
            "old": pa.array([_each(words, row[2]) for row in movers], pa.string()),
            "new": pa.array([_each(words, row[3]) for row in movers], pa.string()),
            "revenue": pa.array([row[4] for row in movers], pa.float64()),
            "why": pa.array([row[5] for row in movers], pa.string()),
        }
    )
    text: Format = "text"
    titles = [say("Tierbook Migration", language), say("Tierbook Movers", language)]
    return [
        _sheet_of_texts("Tierbook Rule changes", "tierbook_rule_changes", ("rules_change",), changes, language),
        ResultSheet(
            titles[0], "tierbook_migration", matrix,
            [label(name, language) for name in ("rules_result", "rules_old", "rules_new", "customers", "revenue")],
            (text, text, text, "integer", "amount"),
        ),
        ResultSheet(
            titles[1], "tierbook_movers", listed,
            [label(name, language) for name in ("customer", "rules_result", "rules_old", "rules_new", "revenue", "rules_why")],
            (text, text, text, text, "amount", text),
        ),
    ]  # fmt: skip


def _each(words: Callable[[str], str | None], names: str | None) -> str | None:
    """A customer's positions are several names."""
    return None if names is None else "; ".join(words(name) or "" for name in names.split("; ") if name)


def _sheet_of_texts(
    template: str, table: str, headers: Sequence[str], rows: Sequence[Sequence[str | None]], language: str
) -> ResultSheet:
    """A sheet of texts; `template` is its name, in English."""
    import pyarrow as pa

    names = [f"c{at}" for at in range(len(headers))]
    columns = [pa.array([row[at] or None for row in rows], pa.string()) for at in range(len(headers))]
    formats: list[Format] = ["text"] * len(headers)
    shown = [label(name, language) for name in headers]
    return ResultSheet(say(template, language), table, pa.table(columns, names=names), shown, formats)
