"""Actions on formulas: results as live formulas, formulas as values, why a cell shows what it shows."""

from __future__ import annotations

from typing import Any, NamedTuple

from addin.actions.asked import PACK_NAME, sure
from addin.formula import OURS, crm_calls
from addin.host import Block, Host
from addin.settings import read_settings
from tierbook.errors import DataError
from tierbook.language import label, say
from udfs.cells import CellError
from udfs.context import Context
from workbooks.book_cells import BookCells, BookFormula
from workbooks.sheet_cells import Area
from workbooks.sheet_xml import Format

LIVE = "Tierbook Live"
MOST_REASONS = 8


class _Live(NamedTuple):
    """A column of results, the function that gives it, and how its numbers are shown."""

    column: str
    function: str
    form: Format | None = None


_FORMULAS = (
    _Live("value", "CRM_VALUE", "amount"),
    _Live("tier", "CRM_TIER"),
    _Live("stage", "CRM_STAGE"),
    _Live("churn_score", "CRM_CHURN_SCORE", "integer"),
    _Live("churn_level", "CRM_CHURN_FLAG"),
)


def context_of(host: Host) -> Context:
    """What a function in a cell of this workbook sees besides its cells."""
    settings = read_settings(host.project)
    pack = host.defined(PACK_NAME) or settings.pack
    return Context(packs=settings.rules, pack=pack, language=host.language)


def live_formulas(host: Host) -> None:
    """Write the formula of each result beside it, on a sheet of its own."""
    import udfs
    from workbooks.writer import SCORES

    book = BookCells(host.book())
    scores = book.table(SCORES)
    if scores is None:
        raise DataError("There are no scores in this workbook yet.", fix="Score the customers first.")
    old = next((one.name for one in book.package.sheets if one.name == LIVE), None)
    question = say("{sheet} is there already. Write it anew?", host.language, sheet=LIVE)
    if old and not sure(host, "replace", question):
        return
    area = Area.of(scores.ref)
    cells = plain(book.rows(scores.sheet, area))
    heads, height = cells[0], len(cells) - 1
    ids = heads.index("customer_id")
    quoted = "'" + scores.sheet.replace("'", "''") + "'"
    place = f"{quoted}!{_absolute(area)}"
    context = context_of(host)
    blocks = [Block(LIVE, "A1", [[label("customer_id", host.language)], *([row[ids]] for row in cells[1:])])]
    told = []
    at = 2
    for column, function, form in _FORMULAS:
        if column not in heads:
            continue
        host.progress(
            at / 2 / len(_FORMULAS), say("Calculating {function}", host.language, function=function)
        )
        try:
            shown = udfs.call(function, cells, context=context)
        except udfs.FunctionError as error:
            told.append(error.text(host.language))
            continue
        name = label(column, host.language)
        live = say("{name} (live)", host.language, name=name)
        values = [[row[heads.index(column)]] for row in cells[1:]]
        blocks += [
            Block(LIVE, Area((1, at), (1, at)).ref, [[name, live]]),
            Block(LIVE, Area((2, at), (2, at)).ref, values, form=form),
            Block(LIVE, Area((2, at + 1), (2, at + 1)).ref, shown, f"={function}({place})", form),
        ]
        at += 2
    host.put_cells([*blocks, *_leftovers(book, old, height + 1, at - 1)], replace=bool(old))
    count = (at - 2) // 2
    sentence = "{count} columns of formulas are on {sheet}, each beside the values they gave when scored."
    host.say("\n".join([say(sentence, host.language, count=count, sheet=LIVE), *told]))


def freeze(host: Host) -> None:
    """Turn our formulas into the values they show: those selected, or all of the workbook."""
    book = BookCells(host.book())
    every = list(book.formulas(OURS))
    chosen = _selected(host, every)
    if not every:
        raise DataError("There is no CRM_ formula in {name}.", name=host.name)
    if not chosen:
        question = say(
            "Turn all CRM_ formulas of the workbook into values? There are {count:,}.",
            host.language,
            count=len(every),
        )
        if not sure(host, "all", question):
            return
        chosen = every
    blocks = [Block(one.sheet, Area(one.area.first, one.area.first).ref, plain(one.rows)) for one in chosen]
    host.put_cells(blocks, replace=True)
    host.say(say("{count:,} formulas are values now.", host.language, count=len(chosen)))


def why(host: Host) -> None:
    """Say why the selected cell shows what it shows."""
    from addin.actions.customers import explain

    selection = host.selection()
    if selection is None:
        raise DataError("Nothing is selected.", fix="Select a cell with a CRM_ formula or a customer.")
    if not OURS.search(selection.formula):
        explain(host)
        return
    context = context_of(host)
    row = Area.of(selection.address).first[0]
    said = []
    for call in crm_calls(selection.formula, BookCells(host.book()), selection.sheet, row, context):
        said.append(_reasons(call.name, call.cells, context))
    host.say("\n".join(said))


def functions(host: Host) -> None:
    """List every function for cells, with its arguments and an example."""
    import pyarrow as pa

    from udfs import registry
    from udfs.document import formula
    from workbooks.sheet_xml import ResultSheet

    rows = []
    for function in registry.functions().values():
        wanted = [one.name if one.required else f"[{one.name}]" for one in function.arguments]
        rows.append(
            (
                f"{function.name}({', '.join(wanted)})",
                say(function.help, host.language),
                say(function.returns, host.language),
                formula(function)[0],
            )
        )
    names = ("function", "meaning", "result", "example")
    table = pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})
    headers = [label(f"functions_{name}", host.language) for name in names]
    sheet = ResultSheet("Tierbook Functions", "tierbook_functions", table, headers, ["text"] * len(names))
    host.put_sheets([sheet])
    host.say(say("{count} functions are listed on a sheet.", host.language, count=len(rows)))


def plain(rows: list[list[Any]]) -> list[list[Any]]:
    """Cells of a saved workbook as functions and ports take them."""
    return [[CellError(cell.code) if hasattr(cell, "code") else cell for cell in row] for row in rows]


def _absolute(area: Area) -> str:
    corners = [Area(place, place).ref for place in area]
    return ":".join(
        f"${corner.rstrip('0123456789')}${corner[len(corner.rstrip('0123456789')) :]}" for corner in corners
    )


def _leftovers(book: BookCells, old: str | None, height: int, width: int) -> list[Block]:
    """Blank cells where an earlier sheet was taller or wider."""
    if old is None:
        return []
    there = book.used(old)
    bottom, right = there.last
    found = []
    if bottom > height:
        found.append(Block(old, f"A{height + 1}", [[None] * right] * (bottom - height)))
    if right > width:
        first = Area((1, width + 1), (1, width + 1)).ref
        found.append(Block(old, first, [[None] * (right - width)] * min(height, bottom)))
    return found


def _selected(host: Host, every: list[BookFormula]) -> list[BookFormula]:
    selection = host.selection()
    if selection is None:
        return []
    area = Area.of(selection.address)
    same = [one for one in every if one.sheet.casefold() == selection.sheet.casefold()]
    return [one for one in same if one.area.touches(area)]


def _reasons(name: str, cells: tuple[Any, ...], context: Context) -> str:
    """What a call gives, and why some of its rows have no result."""
    import udfs

    try:
        result = udfs.call(name, *cells, context=context)
    except udfs.FunctionError as error:
        return f"{name}: {error.text(context.language)}"
    said = [one.reason for one in context.reasons() if one.function == name]
    if said:
        return "\n".join(f"{name}: {reason}" for reason in said[:MOST_REASONS])
    rows = result if isinstance(result, list) else [[result]]
    if len(rows) == len(rows[0]) == 1:
        shown = "" if rows[0][0] is None else str(rows[0][0])
        return say(
            "{function} gives {value}, and has nothing to add.", context.language, function=name, value=shown
        )
    sentence = "{function} gives {height} rows of {width}, and has nothing to add."
    return say(sentence, context.language, function=name, height=len(rows), width=len(rows[0]))
