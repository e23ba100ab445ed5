"""The `tierbook rules` commands that need customers: explain one, compare two packs, see which thresholds matter."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from addin import actions
from addin.options import AsOf, Out, ProfileName, request_of
from addin.rules_cli import PackFile, file_of, rules
from addin.terminal import Json, Lang, print_json, print_table, t
from tierbook.language import label, say

if TYPE_CHECKING:
    from tierbook.rulepack.compare import Comparison

__all__ = ["rules"]

MOST_MOVERS = 20
Book = Annotated[
    Path,
    typer.Option("--book", help=t("The workbook, file or folder with the customers."), show_default=False),
]


@rules.command("explain", help=t("Explain one customer rule by rule."))
def rules_explain(
    pack: PackFile,
    book: Book,
    customer: Annotated[str, typer.Option("--customer", help=t("The identifier of the customer."))],
    out: Out = None, profile: ProfileName = None, as_of: AsOf = None, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from addin.actions.explained import Explained
    from tierbook.rulepack.read import read_pack
    from workbooks.patch import put_sheets
    from workbooks.rule_sheets import explanation_sheet

    request = request_of(book, lang, profile=profile, as_of=as_of)
    steps = Explained.of(request, read_pack(file_of(pack, request.settings))).steps(customer)
    if out:
        print(put_sheets(out, [explanation_sheet(steps, request.language)]).path)
    elif as_json:
        print_json([asdict(step) for step in steps])
    else:
        heads = ("rules_section", "rules_name", "rules_answer", "rules_rule", "rules_met")
        rows = [
            (section, name, answer, rule, met)
            for section, name, rule, met, answer in (step.cells(request.language) for step in steps)
        ]
        print_table([label(head, request.language) for head in heads], rows)


@rules.command(
    "diff",
    short_help=t("Say who would move, and by which rule."),
    help=t("Say who would move if a pack replaced another, and by which rule."),
)
def rules_diff(
    old: Annotated[str, typer.Argument(help=t("The pack in use, by name or file."))],
    new: Annotated[str, typer.Argument(help=t("The pack to replace it, by name or file."))],
    book: Book,
    out: Out = None, profile: ProfileName = None, as_of: AsOf = None, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from tierbook.rulepack.compare import compare
    from tierbook.rulepack.read import read_pack
    from workbooks.patch import put_sheets
    from workbooks.rule_sheets import comparison_sheets

    request = request_of(book, lang, profile=profile, as_of=as_of)
    packs = [read_pack(file_of(name, request.settings)) for name in (old, new)]
    found = compare(
        actions.check(request).tables, packs[0], packs[1],
        profile=request.profile, as_of=request.as_of, today=request.today, language=request.language,
    )  # fmt: skip
    if as_json:
        print_json(_as_json(found, request.language))
    else:
        _print_comparison(found, request.language)
    if out:
        path = put_sheets(out, comparison_sheets(found, request.language)).path
        if not as_json:
            print(path)


@rules.command(
    "sensitivity",
    short_help=t("Say which thresholds move most customers."),
    help=t("Say which thresholds move most customers when shifted by a tenth."),
)
def rules_sensitivity(
    pack: PackFile, book: Book, profile: ProfileName = None, as_of: AsOf = None, as_json: Json = False, lang: Lang = None
) -> None:  # fmt: skip
    from tierbook.rulepack.read import read_pack
    from tierbook.rulepack.sensitivity import sensitivity

    request = request_of(book, lang, profile=profile, as_of=as_of)
    found = sensitivity(
        actions.check(request).tables,
        read_pack(file_of(pack, request.settings)),
        profile=request.profile,
        as_of=request.as_of,
        today=request.today,
    )
    if as_json:
        print_json([asdict(one) for one in found])
        return
    heads = ("threshold", "rules_usual", "rules_number", "rules_customers", "rules_revenue")
    rows = [
        (
            one.threshold,
            f"{one.usual:.15g}",
            f"{one.number:.15g}",
            f"{one.customers:,}",
            f"{one.revenue:,.2f}",
        )
        for one in found
    ]
    print_table([label(head, request.language) for head in heads], rows, right=(1, 2, 3, 4))


def _print_comparison(found: Comparison, language: str) -> None:
    from workbooks.rule_sheets import COMPARED

    for change in found.changes:
        print(change.text(language))
    if not found.changes:
        print(say("Nothing changed.", language))
    moved = found.moved_at_all
    if not moved.any():
        print(say("Nobody moves.", language))
        return
    sentence = "{customers:,} of {all:,} customers move, with {revenue:,.2f} of revenue."
    numbers = {"customers": int(moved.sum()), "all": len(moved), "revenue": float(found.revenue[moved].sum())}
    print(say(sentence, language, **numbers))

    def words(names: str | None) -> str:
        """A customer's positions are several names."""
        return "; ".join(found.new.word(name, language) for name in (names or "").split("; ") if name) or "–"

    heads = ("rules_result", "rules_old", "rules_new", "customers", "revenue")
    rows = [
        (label(result, language), words(one.old), words(one.new), f"{one.customers:,}", f"{one.revenue:,.2f}")
        for result in COMPARED
        if found.moved(result).any()
        for one in found.matrix(result)
    ]
    print_table([label(head, language) for head in heads], rows, right=(3, 4))
    movers = list(found.movers(language))
    shown = [
        (one.customer_id, label(one.result, language), words(one.old), words(one.new), one.why)
        for one in movers[:MOST_MOVERS]
    ]
    heads = ("customer", "rules_result", "rules_old", "rules_new", "rules_why")
    print_table([label(head, language) for head in heads], shown)
    if len(movers) > MOST_MOVERS:
        more = "… and {count:,} more; --out writes them all."
        print(say(more, language, count=len(movers) - MOST_MOVERS))


def _as_json(found: Comparison, language: str) -> dict:
    from workbooks.rule_sheets import COMPARED

    return {
        "as_of": found.as_of,
        "old": {"pack": found.old.name, "version": found.old.version, "hash": found.old.hash},
        "new": {"pack": found.new.name, "version": found.new.version, "hash": found.new.hash},
        "customers": len(found.ids),
        "moved": int(found.moved_at_all.sum()),
        "revenue_moved": float(found.revenue[found.moved_at_all].sum()),
        "changes": [
            {"kind": change.kind, "section": change.section, "key": change.key, "text": change.text(language)}
            for change in found.changes
        ],
        "matrix": {result: [asdict(one) for one in found.matrix(result)] for result in COMPARED},
        "movers": [asdict(one) for one in found.movers(language)],
    }
