"""What several rows or tables say together: duplicates, unknown customers, currencies, dates out of range."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.quality import Level, Problem, status
from tierbook.tables import folded
from workbooks.reading.alike import as_seen, look_alike, visible
from workbooks.reading.assemble import Assembled
from workbooks.reading.raw import MAX_LISTED

if TYPE_CHECKING:
    import pyarrow as pa

EARLIEST = date(1950, 1, 1)
_CURRENCY = {folded(name) for name in ("currency", "货币", "币种")}


def check(found: list[Assembled], *, today: date | None) -> tuple[dict[str, pa.Table], list[Problem]]:
    """The tables that go on, and what their rows say together.

    Parameters
    ----------
    today : date or None
        Purchases after it are said; None leaves that out.
    """
    problems: list[Problem] = []
    # A table that is refused has said enough; what others make of it would be noise.
    usable = {
        one.raw.table.name: one
        for one in found
        if one.table is not None and status(one.problems) != "refused"
    }
    for name, key in (("customers", _customer_key), ("transactions", _transaction_key)):
        if name in usable:
            usable[name], said = _once(usable[name], key(usable[name]))
            problems += said
    for one in usable.values():
        problems += _currencies(one)
    if "transactions" in usable:
        problems += _dates(usable["transactions"], today)
    listing = usable.get("customers") or usable.get("transactions")
    if listing is not None:
        problems += look_alike(listing)
    if "customers" in usable and status(problems) != "refused":
        for one in usable.values():
            if one.raw.table.name != "customers":
                problems += _unknown_customers(one, usable["customers"])
    return {name: one.table for name, one in usable.items() if one.table is not None}, problems


def _customer_key(one: Assembled) -> list[str]:
    """Records of several sources are told apart by source and source_id and matched later."""
    assert one.table is not None
    sources = ["source", "source_id"]
    return sources if all(name in one.table.column_names for name in sources) else ["customer_id"]


def _transaction_key(one: Assembled) -> list[str]:
    return ["transaction_id"]


def _once(one: Assembled, key: list[str]) -> tuple[Assembled, list[Problem]]:
    """Equal rows of one key counted once; different customers of one key are an error."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = one.table
    assert table is not None
    if not all(name in table.column_names for name in key) or not table.num_rows:
        return one, []
    repeated = _repeated(table, key)
    if not len(repeated):
        return one, []
    part = table.take(pa.array(repeated)).append_column("#", pa.array(repeated))
    equal = part.group_by(table.column_names, use_threads=False).aggregate([("#", "min"), ("#", "list")])
    several = equal.filter(pc.greater(pc.list_value_length(equal["#_list"]), 1))
    problems: list[Problem] = []
    drop: list[int] = []
    for rows in several["#_list"].to_pylist():
        first, *others = sorted(rows)
        drop += others
        problems += [
            _said(
                one,
                "warning",
                "The row repeats row {first} ({key}) and counts once.",
                row,
                key[0],
                first=one.raw.place(int(one.origin[first])).get("line")
                or int(one.raw.rows[one.origin[first]]),
                key=", ".join(str(table[name][first].as_py()) for name in key),
            ).at(set_aside=1)
            for row in others[: max(0, MAX_LISTED - len(problems))]
        ]
    if one.raw.table.name == "customers" and len(equal) > len(_firsts(equal, key)):
        problems += _different(one, equal, key)
    if not drop:
        return one, problems
    keep = np.ones(table.num_rows, bool)
    keep[drop] = False
    if len(drop) > MAX_LISTED:
        problems.append(
            _said(
                one,
                "warning",
                "Rows that repeat another and count once: {count}.",
                drop[0],
                key[0],
                count=len(drop),
            ).at(set_aside=len(drop) - MAX_LISTED)
        )
    return Assembled(one.raw, table.filter(pa.array(keep)), one.origin[keep], one.problems), problems


def _repeated(table: pa.Table, key: list[str]) -> np.ndarray:
    """Rows whose key occurs more than once; a missing key repeats nothing."""
    import pyarrow.compute as pc

    if len(key) == 1 and _rising(table[key[0]].combine_chunks()):
        return np.array([], int)
    codes = np.zeros(table.num_rows, np.int64)
    known = np.ones(table.num_rows, bool)
    for name in key:
        encoded = table[name].combine_chunks().dictionary_encode()
        indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        codes = codes * (len(encoded.dictionary) + 1) + indices
        known &= indices >= 0
    if len(key) > 1:
        _, codes = np.unique(codes, return_inverse=True)
    counts = np.bincount(codes[known], minlength=1)
    return np.flatnonzero(known & (counts[np.where(known, codes, 0)] > 1))


def _rising(keys: pa.Array) -> bool:
    """Keys that rise from row to row, as numbers given in order do, repeat nothing; that is cheap to see."""
    import pyarrow.compute as pc

    return keys.null_count == 0 and bool(
        pc.all(pc.greater(keys.slice(1), keys.slice(0, len(keys) - 1))).as_py()
    )


def _firsts(equal: pa.Table, key: list[str]) -> pa.Table:
    return equal.group_by(key, use_threads=False).aggregate([("#_min", "list")])


def _different(one: Assembled, equal: pa.Table, key: list[str]) -> list[Problem]:
    """Customers of one key whose rows differ: both are named."""
    import pyarrow.compute as pc

    firsts = _firsts(equal, key)
    firsts = firsts.filter(pc.greater(pc.list_value_length(firsts["#_min_list"]), 1))
    assert one.table is not None
    problems = []
    for rows in firsts["#_min_list"].to_pylist()[:MAX_LISTED]:
        first, second, *_ = sorted(rows)
        at = one.column(key[0]) or 0
        problems.append(
            _said(
                one,
                "error",
                "Customer {key} is listed twice with different data: {first} and {second}.",
                second,
                key[0],
                "Keep one of the rows, or add the columns source and source_id to match records of several sources.",
                key=", ".join(str(one.table[name][first].as_py()) for name in key),
                first=one.raw.word(int(one.origin[first]), at),
                second=one.raw.word(int(one.origin[second]), at),
            )
        )
    return problems


def _currencies(one: Assembled) -> list[Problem]:
    """Amounts in several currencies cannot be summed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    assert one.table is not None
    if not any(column.required and column.kind == "money" for column in one.raw.table.columns):
        return []
    name = next((name for name in one.table.column_names if folded(name) in _CURRENCY), None)
    if name is None or not pa.types.is_string(one.table[name].type):
        return []
    column = pc.utf8_upper(pc.utf8_trim_whitespace(one.table[name]))
    words = pc.unique(column).drop_null().to_pylist()
    if len(words) < 2:
        return []
    rows = [pc.index(column, word).as_py() for word in words[:5]]
    at = one.column(name) or 0
    return [
        _said(
            one,
            "error",
            "The amounts are in several currencies, {currencies}: {cells}.",
            rows[0],
            name,
            "Convert them to one currency before reading.",
            currencies=", ".join(words[:5]),
            cells=", ".join(one.raw.word(int(one.origin[row]), at) for row in rows),
        )
    ]


def _dates(one: Assembled, today: date | None) -> list[Problem]:
    """Purchases in the future or before 1950 are said; they do not move the as-of date."""
    import pyarrow as pa
    import pyarrow.compute as pc

    assert one.table is not None
    column = one.table["date"]
    problems = []
    early = pc.less(column, pa.scalar(EARLIEST))
    late = pc.greater(column, pa.scalar(today)) if today is not None else None
    for mask, message, limit in (
        (early, "Purchases before {limit}, such as {value}: {count}.", EARLIEST),
        (late, "Purchases after today, {limit}, such as {value}: {count}.", today),
    ):
        count = pc.sum(mask).as_py() if mask is not None else 0
        if count and limit is not None:
            row = pc.index(mask, True).as_py()
            problems.append(
                _said(
                    one,
                    "warning",
                    message,
                    row,
                    "date",
                    "Check the dates; they do not move the as-of date.",
                    limit=limit.isoformat(),
                    value=column[row].as_py().isoformat(),
                    count=count,
                )
            )
    return problems


def _unknown_customers(one: Assembled, customers: Assembled) -> list[Problem]:
    """Rows of customers nobody lists, with what may be behind it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    assert one.table is not None
    assert customers.table is not None
    if "customer_id" not in one.table.column_names:
        return []
    column = one.table["customer_id"]
    listed = customers.table["customer_id"].combine_chunks()
    unknown = pc.and_(column.is_valid(), pc.invert(pc.is_in(column, value_set=listed)))
    count = pc.sum(unknown).as_py() or 0
    if not count:
        return []
    ids = pc.unique(column.filter(unknown))
    values: dict[str, Any] = {
        "count": count,
        "customers": len(ids),
        "ids": ", ".join(visible(one_id) for one_id in ids.to_pylist()[:5]),
    }
    message = "Rows of customers the customers table does not list, such as {ids}: {count}."
    if "amount" in one.table.column_names:
        amounts = one.table["amount"].filter(unknown).cast(pa.decimal128(38, 6), safe=False)
        values["net"] = f"{pc.sum(amounts).as_py() or 0:.2f}"
        values["gross"] = f"{pc.sum(pc.abs(amounts)).as_py() or 0:.2f}"
        message = "Rows of customers the customers table does not list, such as {ids}: {count}; amount {gross}, net of refunds {net}."
    row = pc.index(unknown, True).as_py()
    return [_said(one, "warning", message, row, "customer_id", _likely(ids, listed), **values)]


def _likely(ids: pa.Array, listed: pa.Array) -> str:
    """What to do about unknown identifiers: case and leading zeros are the usual reasons."""
    import pyarrow.compute as pc

    if pc.any(pc.is_in(pc.utf8_lower(ids), value_set=pc.utf8_lower(listed))).as_py():
        return "Some differ only in capital letters, which count: write them alike."
    if pc.any(pc.is_in(as_seen(ids), value_set=as_seen(listed))).as_py():
        return "Some differ only in full-width signs, or in signs that are not seen: write them alike."
    if pc.any(pc.is_in(_bare(ids), value_set=_bare(listed))).as_py():
        return (
            "Some differ only in leading zeros: one table holds numbers, the other text. Store both as text."
        )
    return "Add them to the customers table."


def _bare(ids: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.utf8_ltrim(ids, characters="0")


def _said(
    one: Assembled, level: Level, message: str, row: int, column: str, fix: str = "", **values: Any
) -> Problem:
    return Problem(level, message, fix, values, **one.place(row, column))
