"""The table of the Customers page: which columns it has and where they stand, for all pages that look things up in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tierbook.quality import Problem
from workbooks.files import replace_file
from workbooks.gate.cells import letters
from workbooks.next_actions import action_words, every_action
from workbooks.page import Page
from workbooks.rows import by_value

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.run import Run

# Excel's 1,048,576 rows less what stands above the table.
MOST_ROWS = 1_048_000
HEAD = 6  # first data row, counted from 0; the heading is above
LEFT = 1
_WORDS = ("tier", "stage", "churn_level", "positions")


@dataclass(frozen=True)
class Field:
    """One column of the table: its name in the run, its heading, kind of figure, and its cells in words."""

    name: str
    title: str
    kind: str
    cells: pa.ChunkedArray


@dataclass(frozen=True)
class CustomerTable:
    """The customers shown, highest value first; `order` are their rows in the run, `everyone` how many there are."""

    sheet: str
    fields: tuple[Field, ...]
    order: NDArray[np.int64]
    everyone: int

    @property
    def last(self) -> int:
        """The last row of the table, counted from 0; it has one even without customers."""
        return HEAD + max(len(self.order), 1) - 1

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def range(self, name: str, rows: int | None = None) -> str:
        """The cells of a column, or the first so many of them, as a formula of another page names them."""
        column = letters(LEFT + 1 + next(at for at, field in enumerate(self.fields) if field.name == name))
        last = self.last if rows is None else min(HEAD + rows - 1, self.last)
        sheet = self.sheet.replace("'", "''")
        return f"'{sheet}'!${column}${HEAD + 1}:${column}${last + 1}"


def customer_table(page: Page, run: Run) -> CustomerTable:
    """The table in the page's language; made once for all pages of a report."""
    style = page.style
    if style.customers is None:
        sheet = next((name for section, name in page.contents if section.name == "customers"), "")
        order = by_value(run.customers)
        shown = order[:MOST_ROWS]
        style.customers = CustomerTable(sheet, tuple(_fields(page, run, shown)), shown, len(order))
    return style.customers


def all_customers(run: Run, report: Path) -> Problem | None:
    """Every customer as Parquet beside a report whose page cannot hold them all, and the note that says so."""
    if run.customers.num_rows <= MOST_ROWS:
        return None
    from pyarrow import parquet

    from workbooks.writer import stamped

    def write(file: Path) -> None:
        parquet.write_table(stamped(run, run.customers), file, compression="zstd")

    written = replace_file(report.with_suffix(".customers.parquet"), write, verify=parquet.read_metadata)
    return Problem(
        "note",
        "A sheet holds {shown} of {all} customers; all of them are in {name}.",
        values={"shown": f"{MOST_ROWS:,}", "all": f"{run.customers.num_rows:,}", "name": written.name},
        file=str(written),
    )


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
    actions = pa.chunked_array([action_words(page, every_action(run))]).take(pa.array(rows))
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
        Field("action", page.label("action"), "text", actions),
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
    return [field for field in fields if field.name == "action" or _holds_something(field)]


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


def _holds_something(field: Field) -> bool:
    """Whether any customer has an entry; where nobody buys, nobody's spend and orders are 0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = field.cells
    if pa.types.is_string(cells.type):
        filled = pc.not_equal(cells, "")
    else:
        filled = pc.not_equal(cells, 0) if field.name in ("total_spend", "orders") else pc.is_valid(cells)
    return bool(pc.any(filled).as_py())
