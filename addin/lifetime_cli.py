"""The `tierbook clv` and `tierbook holdout` commands: what is to come of each customer, and whether to believe it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from addin.options import AsOf, Out, PackName, Where, request_of
from addin.terminal import Json, Lang, list_problems, print_json, print_table, t
from addin.working import scored
from tierbook.language import label

if TYPE_CHECKING:
    from tierbook.clv.holdout import HoldOut
    from tierbook.clv.outlook import Outlook
    from tierbook.run import Run

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help=t("bg_nbd, mbg_nbd or pareto_nbd; by default the likelier of the first two."),
        show_default=False,
    ),
]


def clv(
    book: Where = None,
    out: Out = None,
    model: Model = None,
    months: Annotated[int, typer.Option("--months", help=t("How many months to look ahead."))] = 12,
    discount: Annotated[float, typer.Option("--discount", help=t("What money costs in a year; 0.1 is 10%."))] = 0.1,
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            help=t("Share of revenue that counts as value; by default the margin of the sales with a known cost."),
            show_default=False,
        ),
    ] = None,
    pack: PackName = None, as_of: AsOf = None, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from workbooks.lifetime_sheets import outlook_sheets
    from workbooks.patch import put_sheets

    request = request_of(book, lang, pack=pack, as_of=as_of)
    asked: dict[str, Any] = {"model": model, "months": months, "annual_discount": discount}
    with scored(request) as run:
        found = run.foresee(**asked | ({} if margin is None else {"margin": margin}))
        if as_json:
            print_json(_outlook_json(run, found, request.language))
        else:
            _print_outlook(run, found, request.language)
        if out:
            path = put_sheets(out, outlook_sheets(run, found, request.language)).path
            if not as_json:
                print(path)


def holdout(
    book: Where = None,
    out: Out = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            formats=["%Y-%m-%d"],
            help=t("Last day the model sees; by default half of the time, and a year before the end at most."),
            show_default=False,
        ),
    ] = None,
    model: Model = None, pack: PackName = None, as_of: AsOf = None, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from workbooks.lifetime_sheets import hold_out_sheets
    from workbooks.patch import put_sheets

    request = request_of(book, lang, pack=pack, as_of=as_of)
    with scored(request) as run:
        found = run.hold_out(model=model or run.outlook.model, until=until.date() if until else None)
    if as_json:
        print_json(_hold_out_json(found, request.language))
    else:
        _print_hold_out(found, request.language)
    if out:
        path = put_sheets(out, hold_out_sheets(found, request.language)).path
        if not as_json:
            print(path)


def _print_outlook(run: Run, found: Outlook, language: str) -> None:
    from workbooks.lifetime import everyone, grouped, in_words

    list_problems(found.warnings, language)
    for sentence in in_words(found, language):
        print(sentence)
    groups = [
        *((run.word(one.name, language) if one.name else label("no_tier", language), one) for one in grouped(run, "tier", found)),
        (label("total", language), everyone(found)),
    ]  # fmt: skip
    heads = ("tier", "customers", "clv_buyers", "p_alive", "clv_expected", "clv_value")
    rows = [
        (
            name,
            f"{one.customers:,}",
            f"{one.buyers:,}",
            f"{one.alive:.1%}" if one.buyers else "–",
            f"{one.expected:,.0f}",
            f"{one.value:,.2f}" if found.spend else "–",
        )
        for name, one in groups
    ]
    print_table([label(head, language) for head in heads], rows, right=(1, 2, 3, 4, 5))


def _print_hold_out(found: HoldOut, language: str) -> None:
    from tierbook.clv.holdout import MOST_REPEATS
    from tierbook.language import say

    list_problems(found.fit.warnings, language)
    print(found.verdict.text(language))
    sentence = "Fitted to the purchases up to {day} and held against those of the {days} days after it."
    days = (found.end - found.calibration_end).days
    print(say(sentence, language, day=found.calibration_end, days=days))
    heads = ("clv_repeats", "customers", "clv_actual_each", "clv_foreseen_each")
    rows = [
        (
            say("{count} or more", language, count=times) if times == MOST_REPEATS else str(times),
            f"{customers:,}",
            f"{actual:.2f}",
            f"{expected:.2f}",
        )
        for times, customers, actual, expected in zip(*(one.tolist() for one in found.by_frequency), strict=True)
    ]  # fmt: skip
    print_table([label(head, language) for head in heads], rows, right=(1, 2, 3))
    errors = [
        (label(f"clv_error_{name}", language), f"{value:.3f}")
        for name, value in found.errors._asdict().items()
    ]
    print_table([label("figure", language), label("clv_model", language)], errors, right=(1,))


def _outlook_json(run: Run, found: Outlook, language: str) -> dict[str, Any]:
    from workbooks.lifetime import everyone, grouped

    named = [(one.name, one) for one in grouped(run, "tier", found)]
    return {
        "as_of": run.as_of,
        "model": found.model,
        "params": found.fit.params._asdict() | (found.spend.params._asdict() if found.spend else {}),
        "log_likelihood": found.fit.log_likelihood,
        "converged": found.fit.converged,
        "gradient_norm": found.fit.gradient_norm,
        "months": found.months,
        "annual_discount": found.annual_discount,
        "margin": found.margin,
        "tiers": [
            {
                "tier": name,
                "customers": one.customers,
                "buyers": one.buyers,
                "alive": one.alive if one.buyers else None,
                "expected": one.expected,
                "value": one.value if found.spend else None,
            }
            for name, one in (*named, (None, everyone(found)))
        ],
        "problems": [one.as_json(language) for one in found.warnings],
    }


def _hold_out_json(found: HoldOut, language: str) -> dict[str, Any]:
    names = found.by_frequency._fields
    return {
        "model": found.model,
        "calibration_end": found.calibration_end,
        "end": found.end,
        "converged": found.fit.converged,
        "errors": found.errors._asdict(),
        "by_frequency": [
            dict(zip(names, row, strict=True))
            for row in zip(*(one.tolist() for one in found.by_frequency), strict=True)
        ],
        "verdict": found.verdict.as_json(language),
        "problems": [one.as_json(language) for one in found.fit.warnings],
    }
