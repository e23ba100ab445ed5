"""Every scored customer in one Excel table with filters, the most valuable first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbooks import style as look
from workbooks.long_tables import write_rows
from workbooks.page import Page, Section
from workbooks.rows import by_value

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.score import Run

# Excel's 1,048,576 rows less what stands above the table.
MOST_ROWS = 1_048_000
_HEAD = 6
_LEFT = 1
_WIDEST = 330
_WORDS = ("tier", "stage", "churn_level", "action", "positions")


@dataclass(frozen=True)
class Field:
    """One column of the table: its name in the run, its heading, kind of figure, and its cells in words."""

    name: str
    title: str
    kind: str
    cells: pa.ChunkedArray


def draw(page: Page, run: Run) -> None:
    """The table, its bars and marks, and the line that says how many there are."""
    order = by_value(run.customers)
    shown = order[:MOST_ROWS]
    fields = _fields(page, run, shown)
    count, last = len(shown), _LEFT + len(fields) - 1
    printed = _LEFT + next(at for at, field in enumerate(fields) if field.name == "action")
    page.columns([20, *(_width(field) for field in fields)])
    page.header(last if last < printed else printed)
    if count < len(order):
        said = page.say(
            "The {shown} customers of highest value of {all}; a sheet holds no more.",
            shown=f"{count:,}", all=f"{len(order):,}",
        )  # fmt: skip
    else:
        said = page.say(
            "{count} customers, highest value first; filter with the arrows in the heading.",
            count=f"{count:,}",
        )
    page.put(4, 1, said, "small")
    page.sheet.set_row_pixels(4, 20)
    _write(page, fields, count)
    _mark(page, fields, count)
    page.sheet.freeze_panes(_HEAD, _LEFT + 2)
    page.prints(_HEAD + max(count, 1) - 1, printed, repeat=(_HEAD - 1, _HEAD - 1))


def _fields(page: Page, run: Run, rows: NDArray[np.int64]) -> list[Field]:
    import pyarrow as pa

    shown = (
        "customer_id",
        "name",
        "region",
        "total_spend",
        "orders",
        "last_date",
        "value",
        "churn_score",
        *_WORDS,
        *(f"value.{part}" for part in run.pack.value_parts),
    )
    customers = run.customers.select([name for name in shown if name in run.customers.column_names])
    customers = customers.combine_chunks().take(pa.array(rows))

    def words(name: str) -> pa.ChunkedArray:
        return _in_words(customers[name], page)

    reasons = pa.chunked_array([pa.array(run.reasons(page.language), pa.string())]).take(pa.array(rows))
    fields = [Field("customer_id", page.label("customer_id"), "text", customers["customer_id"])]
    for name in ("name", "region"):
        if name in customers.column_names and customers[name].null_count < customers.num_rows:
            fields.append(Field(name, page.label(name), "text", customers[name]))
    fields += [
        Field("tier", page.label("tier"), "text", words("tier")),
        Field("value", page.label("value"), "cents", customers["value"]),
        Field("total_spend", page.label("total_spend"), "cents", customers["total_spend"]),
        Field("orders", page.label("orders"), "count", customers["orders"]),
        Field("last_date", page.label("last_date"), "date", customers["last_date"]),
        Field("stage", page.label("stage"), "text", words("stage")),
        Field("churn_level", page.label("churn_level"), "text", words("churn_level")),
        Field("churn_score", page.label("churn_score"), "score", customers["churn_score"]),
        Field("reasons", page.label("churn_reasons"), "text", reasons),
        Field("action", page.label("action"), "text", words("action")),
        Field("positions", page.label("positions"), "text", words("positions")),
    ]
    fields += [
        Field(
            f"value.{part}",
            page.say("Value: {part}", part=page.word(part)),
            "cents",
            _money(customers[f"value.{part}"]),
        )
        for part in run.pack.value_parts
    ]
    return [field for field in fields if field.name == "action" or _holds_something(field.cells)]


def _in_words(names: pa.ChunkedArray, page: Page) -> pa.ChunkedArray:
    """The pack's names in the reader's words, each looked up once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = names.unique().drop_null()
    words = pa.array([page.words(name) for name in known.to_pylist()], pa.string())
    return words.take(pc.index_in(names, value_set=known))


def _money(amounts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Six decimals, as the value has them; the noise after them is half of what a sheet of doubles weighs."""
    import pyarrow.compute as pc

    return pc.round(amounts, ndigits=6)


def _holds_something(cells: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.not_equal(cells, "") if pa.types.is_string(cells.type) else pc.is_valid(cells)
    return bool(pc.any(filled).as_py())


def _width(field: Field) -> int:
    """As wide as its usual content, within reason. [pixels]"""
    if field.kind == "date":
        return 92
    sample = [
        f"{cell:,.2f}" if field.kind == "cents" else str(cell)
        for cell in field.cells.slice(0, 2_000).to_pylist()
        if cell not in (None, "")
    ]
    # The widest one in twenty may be cut off by its neighbour rather than make the column too wide for all.
    widths = sorted(look.display_width(text) for text in sample) or [8]
    usual = widths[min(len(widths) - 1, int(len(widths) * 0.98))]
    # A heading may take two lines and leaves room for the filter's arrow.
    heading = max(look.display_width(word) for word in field.title.split()) + 4
    return min(look.pixels(max(usual + 2, heading, 8)), _WIDEST)


def _write(page: Page, fields: list[Field], count: int) -> None:
    sheet, style = page.sheet, page.style
    sheet.set_row_pixels(_HEAD - 1, 40)
    head = [style.of("head", "right") if field.kind in look.RIGHT else style.of("head") for field in fields]
    # XlsxWriter keeps an entry for every cell of a table: declare one row, then widen it.
    sheet.add_table(_HEAD - 1, _LEFT, _HEAD, _LEFT + len(fields) - 1, {
        "name": "tierbook_customers", "style": None,
        "columns": [
            {"header": title, "header_format": form}
            for title, form in zip(distinct_titles([field.title for field in fields]), head, strict=True)
        ],
    })  # fmt: skip
    widen(sheet, _HEAD + max(count, 1) - 1)
    import pyarrow as pa

    table = pa.table([field.cells for field in fields], names=[str(at) for at in range(len(fields))])
    forms = [style.of("line", "cell", field.kind) for field in fields]
    write_rows(style, sheet, _HEAD, _LEFT, table, forms)


def widen(sheet: Any, last_row: int) -> None:
    """Make the sheet's last table reach down to a row."""
    from xlsxwriter.utility import xl_cell_to_rowcol, xl_range

    table = sheet.tables[-1]
    for key in ("range", "a_range"):
        if key in table:
            first, _, last = table[key].partition(":")
            table[key] = xl_range(*xl_cell_to_rowcol(first), last_row, xl_cell_to_rowcol(last)[1])
    if "autofilter" in table:
        table["autofilter"] = table.get("a_range", table["range"])


def distinct_titles(titles: list[str]) -> list[str]:
    """Headings of an Excel table differ, capital letters left aside: the second `Name` is `Name 2`."""
    seen: dict[str, int] = {}
    out = []
    for title in titles:
        key = title.casefold()
        seen[key] = seen.get(key, 0) + 1
        out.append(title if seen[key] == 1 else f"{title} {seen[key]}")
    return out


def _mark(page: Page, fields: list[Field], count: int) -> None:
    """Bars behind the value, shades behind the churn score, the alert colour on flagged levels."""
    last = _HEAD + max(count, 1) - 1
    for position, field in enumerate(fields, _LEFT):
        if field.name == "value":
            page.sheet.conditional_format(_HEAD, position, last, position, look.BAR)
        elif field.name == "churn_score":
            page.sheet.conditional_format(_HEAD, position, last, position, {
                "type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": look.WHITE,
                "max_type": "num", "max_value": 100, "max_color": look.ALERT_SOFT,
            })  # fmt: skip
        elif field.name == "churn_level" and page.run.pack.churn:
            for name in sorted(page.run.pack.churn.flagged):
                word = page.word(name).replace('"', '""')
                page.sheet.conditional_format(_HEAD, position, last, position, {
                    "type": "cell", "criteria": "==", "value": f'"{word}"',
                    "format": page.style.book.add_format({"font_color": look.ALERT, "bold": True}),
                })  # fmt: skip


SECTION = Section("customers", (), draw, order=20)
