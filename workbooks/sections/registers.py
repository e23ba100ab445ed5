"""Registers: hidden hazards, emergency plans and the like: what is done, what is overdue (`spec/systems.md` G)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from workbooks.page import Column, Page, Section
from workbooks.rows import names_of, records, share_of

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 250, 115, 7
_LAST = 1 + _OTHERS
MOST_LISTED = 100


def draw(page: Page, run: Run) -> None:
    """Closure by kind and by owner, then every open item, the longest overdue first."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    items = records(run.table("register_items"))
    for key in ("kind", "owner"):
        row = _draw_closure(page, row, key, items)
    row = _draw_open(page, row, [one for one in items if not one["done"]])
    page.prints(row, _LAST)


def _draw_closure(page: Page, row: int, key: str, items: list[dict[str, Any]]) -> int:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in items:
        groups[one[key] or ""].append(one)

    def figures(own: list[dict[str, Any]]) -> list[Any]:
        done, late, overdue = (sum(one[name] for one in own) for name in ("done", "late", "overdue"))
        return [len(own), done, late, len(own) - done, overdue, share_of(done, len(own))]

    top = row
    row = page.heading(
        row,
        1,
        page.label(f"registers_by_{key}"),
        page.say("Closure rate is done of all; an item is overdue from the day after it was due.")
        if key == "kind"
        else "",
    )
    block = page.table(
        row, 1,
        [
            Column(page.label(f"register_{key}"), "text", ("bold",)), Column(page.label("items"), "count"), Column(page.label("done"), "count"),
            Column(page.label("done_late"), "count"), Column(page.label("still_open"), "count"), Column(page.label("overdue"), "count"),
            Column(page.label("closure_rate"), "share"),
        ],
        [[name or page.label("not_given"), *figures(own)] for name, own in sorted(groups.items(), key=lambda one: (one[0] == "", one[0]))],
        [page.label("total"), *figures(items)],
    )  # fmt: skip
    page.bars(block, 5)
    page.keep(top, block.after)
    return block.after + 2


def _draw_open(page: Page, row: int, items: list[dict[str, Any]]) -> int:
    if not items:
        return row
    listed = items[:MOST_LISTED]
    names = names_of(page.run, [one["customer_id"] for one in listed if one["customer_id"]])
    note = page.say("{shown} of {count}.", shown=len(listed), count=len(items))
    row = page.heading(row, 1, page.label("registers_open"), note if len(items) > len(listed) else "")
    block = page.table(
        row, 1,
        [
            Column(page.label("register_item"), "text", ("bold",)), Column(page.label("register_kind"), "text"), Column(page.label("customer_id"), "text"),
            Column(page.label("name"), "text"), Column(page.label("due"), "date"), Column(page.label("days_over"), "count"),
            Column(page.label("state"), "text"), Column(page.label("owner"), "text"),
        ],
        [
            [one["item"], one["kind"], one["customer_id"], names.get(one["customer_id"]), one["due"],
             (page.run.as_of - one["due"]).days if one["overdue"] else None, one["state"], one["owner"]]
            for one in listed
        ],
    )  # fmt: skip
    return block.after + 2


SECTION = Section("registers", ("registers",), draw, order=114)
