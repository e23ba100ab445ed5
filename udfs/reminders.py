"""Days of care in cells: who is due for a birthday, the end of a contract, the next purchase."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeGuard

import numpy as np
from numpy.typing import NDArray

from tierbook.actions import expected_on, reminders
from tierbook.errors import DataError
from tierbook.holidays import falling
from udfs.cells import Range, is_blank, read_column
from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.pack import Pack

_SERIAL_0 = np.datetime64("1899-12-30", "D")
_NO_DAY = np.datetime64("NaT", "D")


def _due(
    customers: TableRange,
    features: TableRange | None,
    holidays: Range | None,
    *,
    days: int | None,
    as_of: datetime | None,
    pack: Pack,
) -> dict[str, NDArray]:
    days = pack.days_ahead if days is None else days
    if days < 0:
        raise DataError("{name} is 0 or more, not {value}.", name="days", value=days)
    listed = customers.typed()
    ids = np.array(listed["customer_id"].to_pylist(), dtype=object)
    figures = features.typed() if features else None
    day = as_of.date() if as_of else _day_of(figures)
    if "marketable" in listed.column_names:
        wanted = np.array([one is True for one in listed["marketable"].to_pylist()], dtype=bool)
    else:
        wanted = np.ones(len(ids), dtype=bool)
    found = reminders(
        as_of=day,
        expected=_expected(ids, figures),
        birthday=_days(listed, "birthday"),
        contract_end=_days(listed, "contract_end"),
        marketable=wanted,
        holidays=_holidays(holidays)
        if _given(holidays)
        else falling(pack.holidays, day, day + timedelta(days=days)),
        days_ahead=days,
    )
    reason = np.where(found.kind == "holiday", found.name, found.kind)
    return {"due": found.day, "customer_id": ids[found.row], "reason": reason}


def _given(holidays: Range | None) -> TypeGuard[Range]:
    """Whether holidays stand in the call; those of the pack count where none do."""
    return holidays is not None and any(not is_blank(cell) for row in holidays.rows for cell in row)


def _holidays(given: Range) -> list[tuple[date, str]]:
    """The days of a range; blank cells and names beside them are left aside."""
    cells = [cell for row in given.rows for cell in row if not is_blank(cell) and not isinstance(cell, str)]
    column = read_column(cells, "date")
    if column.refused:
        reason = column.refused[min(column.refused)]
        raise DataError(reason.message, fix=reason.fix, place="holidays", **reason.values)
    return [(day, "holiday") for day in column.values.astype("datetime64[D]").tolist()]


def _day_of(figures: pa.Table | None) -> date:
    """The day the features speak for: `days_since_last` after `last_date`."""
    if figures is not None and {"last_date", "days_since_last"} <= set(figures.column_names):
        last = _days(figures, "last_date")
        ago = figures["days_since_last"].to_numpy().astype(float)
        known = np.flatnonzero(~np.isnat(last) & ~np.isnan(ago))
        if len(known):
            first = int(known[0])
            return last[first].item() + timedelta(days=int(ago[first]))
    raise DataError("Nothing says which day it is.", fix="Give as_of.")


def _expected(ids: NDArray, figures: pa.Table | None) -> NDArray[np.datetime64]:
    """The day of each customer's next purchase at the usual gap."""
    expected = np.full(len(ids), _NO_DAY)
    if figures is None or not {"last_date", "median_gap_days"} <= set(figures.column_names):
        return expected
    gaps = figures["median_gap_days"].to_numpy().astype(float)
    coming = expected_on(_days(figures, "last_date"), gaps)
    of = dict(zip(figures["customer_id"].to_pylist(), coming, strict=True))
    return np.array([of.get(one, _NO_DAY) for one in ids], dtype="datetime64[D]")


def _days(table: pa.Table, name: str) -> NDArray[np.datetime64]:
    """A column of days, also where a host passed them as serial numbers; NaT without the column."""
    if name not in table.column_names:
        return np.full(table.num_rows, _NO_DAY)
    values = table[name].to_numpy()
    if values.dtype.kind == "M":
        return values.astype("datetime64[D]")
    numbers = np.array([np.nan if one is None else float(one) for one in values.tolist()])
    found = np.full(len(numbers), _NO_DAY)
    known = ~np.isnan(numbers)
    found[known] = _SERIAL_0 + np.floor(numbers[known]).astype("timedelta64[D]")
    return found


REMINDERS = declare(
    ExcelFunction(
        name="CRM_REMINDERS",
        help="Who is due for care: birthdays, holidays, ends of contracts and expected purchases of the next days.",
        arguments=(
            Argument(
                "customers",
                "Customers with a header row: customer_id, birthday, contract_end, marketable.",
                shape="table",
                table="customers",
            ),
            Argument(
                "features",
                "Features with a header row, for expected purchases: customer_id, last_date, median_gap_days.",
                shape="table",
                table="customers",
                default=None,
            ),
            Argument("days", "How many days ahead; as the pack says if left out, usually 30.", default=None),
            Argument(
                "as_of", "The day to count from; that of the features if left out.", kind="date", default=None
            ),
            Argument(
                "holidays",
                "Days on which everybody who may be contacted is greeted; names may stand beside them. Those of the pack if left out.",
                shape="range",
                default=None,
            ),
            PACK,
        ),
        returns="Table due, customer_id, reason, the nearest day first; where marketable is given, only of those. A holiday of the pack has its name as the reason.",
        result="table",
        calculate=_due,
        example=Example(
            (
                [
                    ["customer_id", "birthday", "contract_end"],
                    ["C1", datetime(1990, 11, 5), None],
                    ["C2", None, datetime(2026, 11, 2)],
                    ["C3", datetime(1985, 3, 1), None],
                ],
                None,
                30,
                datetime(2026, 10, 31),
            ),
            [
                ["due", "customer_id", "reason"],
                [datetime(2026, 11, 2), "C2", "contract"],
                [datetime(2026, 11, 5), "C1", "birthday"],
            ],
        ),
    )
)
