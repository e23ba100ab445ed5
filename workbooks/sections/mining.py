"""Mining: groups of like customers, what is bought together, who stands out, and what told who would not come back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from tierbook.errors import DataError
from tierbook.mining import clusters
from tierbook.mining.tree import shown, words
from workbooks import charts, mined
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of

if TYPE_CHECKING:
    from tierbook.mining.tree import Tree
    from tierbook.run import Run

_FIRST, _SECOND, _OTHER, _OTHERS = 240, 170, 104, 8
_LAST = 2 + _OTHERS
_HALF = (_FIRST + _SECOND + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 17
MOST_PAIRS, MOST_UNUSUAL = 15, 15
_KINDS = ("money", "cents", "money", "count", "count")
_SHARES = ("spend_change", "mean_discount")
_VERDICTS = {
    "clear": "The groups are well apart: silhouette {value} of at most 1.",
    "weak": "The groups shade into each other: silhouette {value} of at most 1. Use them to plan, not to sort single customers.",
    "none": "The groups cut through one crowd: silhouette {value} of at most 1. Read them as a rough map only.",
}


def draw(page: Page, run: Run) -> None:
    """Groups, products bought together, unusual customers, sentences about who stayed away."""
    page.columns([20, _FIRST, _SECOND] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    row, groups = _draw_groups(page, row)
    if groups:
        row = _draw_charts(page, row, groups)
        page.sheet.set_h_pagebreaks([row])
    if run.pack.groups:
        row = _draw_retention(page, row)
    row = _draw_pairs(page, row)
    row = _draw_sentences(page, row)
    row = _draw_unusual(page, row)
    page.prints(row, _LAST)


def _draw_groups(page: Page, row: int) -> tuple[int, Block | None]:
    run = page.run
    found = mined.groups(run)
    if found is None:
        note = page.say(
            "Too few different buyers to part into groups: {count} are needed.", count=mined.FEWEST_GROUPED
        )
        return page.heading(row, 1, page.label("mining_groups"), note) + 1, None
    row = page.heading(
        row, 1, page.label("mining_groups"),
        page.say("Buyers who are alike in spend, pace, order size, time away and time with us, parted by k-means into as many groups as part best. Figures are means; amounts and rates are compared in proportion."),
    )  # fmt: skip
    measure = "value" if run.customers["value"].null_count < run.customers.num_rows else "total_spend"
    worth = run.customers[measure].to_numpy().astype(float)
    place = np.zeros(run.customers.num_rows, dtype=np.int64)
    place[found.row] = found.number
    count = len(found.marks) + 1
    sizes, sums = (
        np.bincount(place, minlength=count),
        np.bincount(place, np.nan_to_num(worth), minlength=count),
    )
    flagged = np.bincount(place, run.customers["churn_flagged"].to_numpy().astype(float), minlength=count)
    everyone, total = int(sizes.sum()), float(sums.sum())
    rows = [
        [f"{number}  {name}", int(sizes[number]), share_of(int(sizes[number]), everyone), share_of(sums[number], total),
         share_of(flagged[number], sizes[number]), *profile]
        for number, (name, profile) in enumerate(zip(_names(page, found.marks), found.profile.tolist(), strict=True), 1)
    ]  # fmt: skip
    if sizes[0]:
        rows.append([
            page.label("in_no_group"), int(sizes[0]), share_of(int(sizes[0]), everyone), share_of(sums[0], total),
            share_of(flagged[0], sizes[0]), *[None] * len(mined.ASPECTS),
        ])  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("mining_group"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label(f"share_of_{measure}"), "share"), Column(page.label("share_at_risk"), "share"),
            *(Column(page.label(name), kind) for name, kind in zip(mined.ASPECTS, _KINDS, strict=True)),
        ],
        rows,
        [page.label("total"), everyone, 1.0, 1.0, share_of(flagged.sum(), everyone), *[None] * len(mined.ASPECTS)],
        head_pixels=48,
    )  # fmt: skip
    for position in (2, 3):
        page.bars(block, position)
    page.bars(block, 4, look.ALERT_SOFT)
    for position in range(5, 5 + len(mined.ASPECTS)):
        page.heat(block.first, block.left + position, block.last, block.left + position)
    verdict = _VERDICTS[clusters.strength(found.silhouette)]
    page.put(block.after + 1, 1, page.say(verdict, value=f"{found.silhouette:.2f}"), "small")
    drawn = Block(block.sheet, block.first, block.first + len(found.marks) - 1, block.left)
    return block.after + 2, drawn if len(rows) == len(found.marks) else Block(
        block.sheet, drawn.first, block.last, block.left
    )


def _names(page: Page, marks: list[tuple[tuple[str, bool], ...]]) -> list[str]:
    """What sets a group apart, in words; a number tells groups apart that have the same."""
    names: list[str] = []
    for one in marks:
        said = page.label("list_comma").join(
            page.label(f"group_{'high' if high else 'low'}_{name}") for name, high in one
        )
        name = said[:1].upper() + said[1:] if said else page.label("group_average")
        same = sum(other.startswith(name) for other in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return names


def _draw_charts(page: Page, row: int, groups: Block) -> int:
    height = _CHART_ROWS * look.ROW_PIXELS - 14
    worth, risk = (
        page.say("How many customers each group has, and what they are worth"),
        page.say("Share of each group at risk"),
    )
    both = ((2, look.ACCENT_SOFT), (3, look.ACCENT))
    for title, drawn, shift in ((worth, both, 0), (risk, ((4, look.ALERT),), _HALF + 16)):
        made = charts.grouped(page, groups, drawn, title=title, kind="bar", gap=45, legend=len(drawn) > 1)
        page.place(made, row, 1, _HALF, height, title, shift=shift)
    return row + _CHART_ROWS


def _draw_retention(page: Page, row: int) -> int:
    """The retention groups of the rules, in their order."""
    run = page.run
    section = run.pack.groups
    assert section is not None
    group = run.customers["retention_group"].to_numpy()
    spend = run.customers["total_spend"].to_numpy().astype(float)
    value = np.nan_to_num(run.customers["value"].to_numpy().astype(float))
    names: list[str | None] = [
        *(level.name for level in section.levels),
        *([None] if any(one is None for one in group.tolist()) else []),
    ]
    inside = [np.array([one == name for one in group.tolist()], dtype=bool) for name in names]
    everyone, worth = len(group), float(value.sum())
    row = page.heading(
        row, 1, page.label("rules_groups"),
        page.say("The groups of the rule pack, by worth and risk; the first that fits. Keep high value at risk first."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("retention_group"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label("value"), "money"), Column(page.label("share_of_value"), "share"),
            Column(page.label("total_spend"), "money"),
        ],
        [
            [page.word(name, "no_value_known"), int(of.sum()), share_of(int(of.sum()), everyone), float(value[of].sum()),
             share_of(float(value[of].sum()), worth), float(spend[of].sum())]
            for name, of in zip(names, inside, strict=True)
        ],
        [page.label("total"), everyone, 1.0, worth, 1.0, float(spend.sum())],
    )  # fmt: skip
    page.bars(block, 2)
    page.bars(block, 4)
    return block.after + 2


def _draw_pairs(page: Page, row: int) -> int:
    found = mined.pairs(page.run)
    title = page.label("mining_pairs")
    if found is None:
        note = page.say("Appears when the input has a column: {columns}", columns=page.label("product"))
        return page.heading(row, 1, title, note) + 1
    if not len(found.item):
        note = page.say("No two products are bought together clearly more often than by chance.")
        return page.heading(row, 1, title, note) + 1
    row = page.heading(
        row, 1, title,
        page.say(
            "A sale with {item} holds {other} {lift} times as often as all sales do. {shown} of {all} pairs bought together clearly more often than by chance, the strongest first.",
            item=found.item[0], other=found.other[0], lift=f"{found.lift[0]:.1f}", shown=min(MOST_PAIRS, len(found.item)), all=len(found.item),
        ),
    )  # fmt: skip
    columns = [column[:MOST_PAIRS].tolist() for column in found]
    block = page.table(
        row, 1,
        [
            Column(page.label("pair_item"), "text", ("bold",)), Column(page.label("pair_other"), "text", ("bold",)),
            Column(page.label("pair_sales"), "count"), Column(page.label("support"), "share"), Column(page.label("confidence"), "share"),
            Column(page.label("times_usual"), "times"),
        ],
        zip(*columns, strict=True),
        head_pixels=48,
    )  # fmt: skip
    page.bars(block, 4)
    return block.after + 1


def _draw_sentences(page: Page, row: int) -> int:
    run = page.run
    title, gone = page.label("mining_tree"), page.label("stayed_away")
    try:
        found = mined.who_stayed_away(run, came=page.label("returned"), gone=gone)
    except DataError as error:
        return page.heading(row, 1, title, error.text(page.language)) + 1
    if found is None:
        return page.heading(row, 1, title, page.say("Nobody was a customer one window ago.")) + 1
    day = page.date(run.as_of - timedelta(days=run.window_days))
    away = sum(leaf.rows * leaf.shares[gone] for leaf in found.leaves)
    row = page.heading(
        row, 1, title,
        page.say(
            "{count} customers had bought in the year up to {day}; {share} of them bought nothing in the {days} days since. The sentences use only what was known on that day.",
            count=f"{found.rows:,}", day=day, share=page.share(away / found.rows), days=run.window_days,
        ),
    )  # fmt: skip
    leaves = sorted(found.leaves, key=lambda leaf: -leaf.shares[gone])
    block = page.table(
        row, 1,
        [Column(page.label("share_stayed_away"), "share"), Column(page.label("customers"), "count"), Column(page.label("mining_when"))],
        [[leaf.shares[gone], leaf.rows, _sentence(page, leaf.conditions)] for leaf in leaves],
    )  # fmt: skip
    page.extend(block, 4, _LAST)
    page.bars(block, 0, look.ALERT_SOFT)
    page.put(block.after, 1, _tested(page, found), "small")
    return block.after + 2


def _sentence(page: Page, conditions: tuple) -> str:
    def text(column: str, found: str) -> str:
        return page.label(found) if column == "is_member" else found

    def number(column: str, found: float) -> str:
        return f"{found:.10%}".rstrip("0%").rstrip(".") + "%" if column in _SHARES else shown(found)

    said = words(conditions, page.language, name=page.label, text=text, number=number)
    return said[:1].upper() + said[1:]


def _tested(page: Page, found: Tree) -> str:
    values = {
        "count": f"{found.held_out:,}", "accuracy": page.share(found.accuracy), "baseline": page.share(found.baseline),
        "usual": found.usual,
    }  # fmt: skip
    if found.accuracy > found.baseline:
        return page.say(
            "On {count} customers they were not made from, the sentences are right about {accuracy}; always saying “{usual}” would be right about {baseline}.",
            **values,
        )
    return page.say(
        "On {count} customers they were not made from, the sentences are right about {accuracy}, no more than always saying “{usual}” ({baseline}): read them as a description.",
        **values,
    )


def _draw_unusual(page: Page, row: int) -> int:
    run = page.run
    found = mined.unusual(run)
    title = page.label("mining_unusual")
    if not len(found.row):
        return page.heading(row, 1, title, page.say("No customer stands out."))
    shown = min(MOST_UNUSUAL, len(found.row))
    row = page.heading(
        row, 1, title,
        page.say(
            "Customers of the window more than 3.5 robust standard deviations from the middle: {count}. Shown: {shown}, those first whom an isolation forest finds most alone. Look for mistakes and special cases.",
            count=f"{len(found.row):,}", shown=shown,
        ),
    )  # fmt: skip
    customers = records(run.customers.take(found.row[:shown]))
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("stands_out_by")), Column(page.label("figure_found"), "cents"),
            Column(page.label("usual"), "cents"), Column(page.label("robust_z"), "cents"), Column(page.label("alone"), "cents"),
            Column(page.label("tier")), Column(page.label("churn_level")),
        ],
        [
            [one.get("name") or one["customer_id"], page.label(found.aspect[at]), found.figure[at], found.usual[at], found.z[at],
             found.alone[at], page.word(one["tier"], "no_tier"), page.word(one["churn_level"])]
            for at, one in enumerate(customers)
        ],
    )  # fmt: skip
    return block.last


SECTION = Section("mining", ("transactions", "extra:mining"), draw, order=145)
