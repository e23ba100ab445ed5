"""What a PostgreSQL server answers, as Arrow: types as the server says them, numbers as reports take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

# The server's numbers of its types.
_BOOLEAN, _WHOLE, _FLOATING, _NUMERIC = 16, (20, 21, 23), (700, 701), 1700
_TEXT, _DATE, _TIMES = (18, 19, 25, 705, 1042, 1043), 1082, (1114, 1184)
_SORTED = (25, 1042, 1043)


def answer(connection: Connection, text: str) -> pa.Table:
    """The rows of a query.

    Parameters
    ----------
    text : str
        In PostgreSQL's dialect. Ibis would parse it twice more, and ask for its columns by a view.
    """
    import pyarrow as pa
    from psycopg.types.numeric import FloatLoader

    with connection.cursor() as cursor:
        cursor.adapters.register_loader("numeric", FloatLoader)
        # Without parameters psycopg leaves a per cent sign alone.
        cursor.execute(text.encode())
        told = cursor.description or []
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(told)
    kinds = [_kind(one) for one in told]
    # A name may stand twice: a table is made of columns, not of a mapping.
    return pa.Table.from_arrays(
        [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)],
        names=[one.name for one in told],
    )


def _kind(told: Any) -> pa.DataType | None:
    """The Arrow type of a column; None where its values say it."""
    import pyarrow as pa

    code = told.type_code
    if code == _NUMERIC:
        return pa.int64() if told.scale == 0 else pa.float64()
    if code in _WHOLE:
        return pa.int64()
    if code in _FLOATING:
        return pa.float64()
    if code in _TEXT:
        return pa.string()
    if code in _TIMES:
        return pa.timestamp("us")
    return {_BOOLEAN: pa.bool_(), _DATE: pa.date32()}.get(code)


def texts(connection: Connection, reference: str) -> dict[str, bool]:
    """The columns of a table, and whether each holds texts, which a database may sort in some language's order."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {reference} LIMIT 0".encode())
        return {one.name.replace('"', '""'): one.type_code in _SORTED for one in cursor.description or []}
