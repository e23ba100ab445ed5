"""The `tierbook effect` and `tierbook pivot` commands: two periods against each other, customers by two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from addin import actions
from addin.options import AsOf, Masked, Out, PackName, Where, request_of
from addin.terminal import Json, Lang, print_json, print_table, t
from addin.working import scored
from tierbook.language import label

if TYPE_CHECKING:
    from workbooks.indicators import Change, Period


def effect(
    book: Where = None,
    before: Annotated[
        str | None,
        typer.Option("--before", help=t("The first period, such as 2026-01-01..2026-03-31; by default the window before."), show_default=False),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option("--after", help=t("The second period; by default the window that ends with the data."), show_default=False),
    ] = None,
    out: Out = None, pack: PackName = None, as_of: AsOf = None, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from workbooks.indicator_sheets import effect_sheet
    from workbooks.indicators import Period, changes, windows
    from workbooks.patch import put_sheets

    # What cannot be read is said before the work begins.
    asked = [None if text is None else Period.read(text) for text in (before, after)]
    request = request_of(book, lang, pack=pack, as_of=as_of)
    with scored(request) as run:
        first, second = (one or usual for one, usual in zip(asked, windows(run), strict=True))
        found = changes(run, first, second)
    if as_json:
        print_json(_effect_json(found, first, second))
    else:
        _print_effect(found, first, second, request.language)
    if out:
        path = put_sheets(out, [effect_sheet(found, first, second, request.language)]).path
        if not as_json:
            print(path)


def pivot(
    rows: Annotated[str, typer.Option("--rows", help=t("The column of the customers whose values go down, such as region."))],
    columns: Annotated[str, typer.Option("--columns", help=t("The one whose values go across, such as tier."))],
    book: Where = None,
    measure: Annotated[str, typer.Option("--measure", help=t("The column that is put together."))] = "total_spend",
    aggregate: Annotated[str, typer.Option("--aggregate", help=t("sum, count, mean, min, max or distinct."))] = "sum",
    cell: Annotated[
        str | None, typer.Option("--cell", help=t("A cell whose customers are listed too, such as North/vip."), show_default=False)
    ] = None,
    out: Out = None, pack: PackName = None, as_of: AsOf = None, masked: Masked = False, as_json: Json = False, lang: Lang = None,
) -> None:  # fmt: skip
    from workbooks.patch import put_sheets
    from workbooks.pivoted import pivot_sheets, pivoted, read_cell

    request = request_of(book, lang, pack=pack, as_of=as_of)
    with scored(request) as run:
        run = actions.for_sharing(run) if masked else run
        found = pivoted(run, rows, columns, measure, aggregate=aggregate)
        chosen = None if cell is None else read_cell(run, found, cell)
        sheets = pivot_sheets(run, found, chosen, request.language)
    if as_json:
        print_json(
            [
                [sheet.headers, *map(list, zip(*sheet.table.to_pydict().values(), strict=True))]
                for sheet in sheets
            ]
        )
    else:
        for sheet in sheets:
            _print_sheet(sheet)
    if out:
        path = put_sheets(out, sheets).path
        if not as_json:
            print(path)


def _print_effect(found: list[Change], before: Period, after: Period, language: str) -> None:
    from workbooks.indicators import lacks_in_words

    print(f"{before.first} – {before.end} → {after.first} – {after.end}")
    heads = (
        "indicator",
        "indicator_before",
        "indicator_cases",
        "indicator_after",
        "indicator_cases",
        "indicator_verdict",
        "indicator_gap",
    )
    rows = [
        (
            label(f"indicator_{one.indicator.name}", language), _shown(one, one.before.figure), f"{one.before.cases:,}",
            _shown(one, one.after.figure), f"{one.after.cases:,}",
            label(f"verdict_{one.verdict}" if one.verdict else "indicator_unknown", language), _shown(one, one.gap),
        )
        for one in found if not one.missing
    ]  # fmt: skip
    print_table([label(head, language) for head in heads], rows, right=(1, 2, 3, 4, 6))
    for one in found:
        if one.missing:
            print(
                f"{label(f'indicator_{one.indicator.name}', language)}: {lacks_in_words(one.missing, language)}"
            )


def _shown(one: Change, figure: float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:.1%}" if one.indicator.unit in ("share", "ratio") else f"{figure:,.2f}"


def _effect_json(found: list[Change], before: Period, after: Period) -> dict[str, Any]:
    return {
        "before": [before.first, before.end],
        "after": [after.first, after.end],
        "indicators": [
            {
                "indicator": one.indicator.name,
                "unit": one.indicator.unit,
                "before": None if one.missing else one.before.figure,
                "before_count": one.before.cases,
                "after": None if one.missing else one.after.figure,
                "after_count": one.after.cases,
                "change": one.change,
                "relative": one.relative,
                "verdict": one.verdict,
                "benchmark": one.target.benchmark if one.target else None,
                "gap": one.gap,
                "missing": list(one.missing),
            }
            for one in found
        ],
    }


def _print_sheet(sheet: Any) -> None:
    numbers = [form not in ("text", "date") for form in sheet.formats]
    rows = [
        tuple("–" if one is None else f"{one:,.2f}" if isinstance(one, float) else str(one) for one in row)
        for row in zip(*sheet.table.to_pydict().values(), strict=True)
    ]
    print_table(sheet.headers, rows, right=[at for at, number in enumerate(numbers) if number])
