"""The hospitality sample: a hotel and restaurant group's CRM export, as an analyst would be handed it.

Invented from a seed, so that it can be made again: `python -m workbooks.samples.hospitality`. The dirt in it
is the everyday kind that reading accepts and says: see `_soil`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workbooks.samples import sample_path
from workbooks.samples.guests import AS_OF, Row, group_tables

SEED = 20261031
EXPORTED = datetime(2026, 11, 2, 9, 0)
EXCEL_DAY_ZERO = date(1899, 12, 30)


class Shown(NamedTuple):
    """A column of a sheet: header, field of the row, cell format, width in characters."""

    header: str
    field: str
    format: str = "text"
    width: float = 12


CUSTOMERS = (
    Shown("客户编号", "customer_id", width=10), Shown("客户名称", "name", width=28), Shown("客户类型", "kind", width=9),
    Shown("单位", "company", width=26), Shown("上级客户", "parent_id", width=9), Shown("品牌", "brand", width=9),
    Shown("来源", "source", width=19), Shown("行业", "industry", width=14), Shown("地区", "region"),
    Shown("渠道", "channel"), Shown("联系人", "contact_name", width=18), Shown("邮箱", "email", width=24),
    Shown("生日", "birthday", "date"), Shown("入会日期", "joined", "date"), Shown("会员", "is_member", width=6),
    Shown("可营销", "marketable", width=7), Shown("推荐人", "referrer_id", width=9), Shown("结算方式", "settlement", width=10),
    Shown("消费预算", "budget", "whole"), Shown("品牌贡献", "reputation", width=9), Shown("合同到期", "contract_end", "date"),
    Shown("流失原因", "lost_reason", width=13),
)  # fmt: skip
TRANSACTIONS = (
    Shown("Transaction ID", "transaction_id", width=15), Shown("Customer ID", "customer_id"), Shown("Date", "date", "date"),
    Shown("Product", "product", width=22), Shown("Category", "category"), Shown("Quantity", "quantity", "whole", 9),
    Shown("Amount", "amount", "money"), Shown("Cost", "cost", "money"), Shown("Discount", "discount", "share", 9),
    Shown("Channel", "channel", width=13), Shown("Branch", "branch", width=22), Shown("Settlement", "settlement", width=11),
    Shown("Guests", "guests", width=19), Shown("Designated by", "designated_by", width=14),
)  # fmt: skip
INTERACTIONS = (
    Shown("customer_id", "customer_id"), Shown("date", "date", "time", 17), Shown("phase", "phase"),
    Shown("channel", "channel", width=13), Shown("type", "type", width=11), Shown("severity", "severity", "whole", 9),
    Shown("reason", "reason"), Shown("outcome", "outcome"), Shown("responded", "responded", "time", 17),
    Shown("closed", "closed", "time", 17), Shown("cost", "cost", "money", 9), Shown("owner", "owner"),
    Shown("department", "department", width=13),
)  # fmt: skip
SURVEYS = (
    Shown("customer_id", "customer_id"), Shown("date", "date", "date"), Shown("item", "item"),
    Shown("score", "score", "whole", 8), Shown("scale", "scale", "whole", 8), Shown("set", "set"),
    Shown("department", "department", width=13),
)  # fmt: skip
REDEMPTIONS = (
    Shown("Customer ID", "customer_id"), Shown("Date", "date", "date"), Shown("Points", "points", "whole"),
    Shown("Item", "item", width=22),
)  # fmt: skip
IN_CHINESE: dict[Any, str] = {
    True: "是", False: "否", "individual": "个人", "company": "企业", "contact": "联系人",
    "prepaid": "预付", "cash": "现结", "on_time": "及时结算", "on_account": "签字挂账",
}  # fmt: skip
NOTES = (
    "Kapok & Harbour Hotels (an invented group) - CRM export",
    "Period: 1 September 2024 to 31 October 2026. Amounts in CNY, refunds negative.",
    "客户 and Transactions come from the hotel system, the service log from the guest relations team.",
    "Survey items are rated 1 to 5; the recommendation question 0 to 10.",
)


def write(path: Path, *, seed: int = SEED) -> None:
    """Write the workbook; the same seed gives the same bytes."""
    import xlsxwriter

    rng = np.random.default_rng(seed)
    tables = group_tables(rng)
    for row in tables["customers"]:
        for field in ("kind", "settlement", "is_member", "marketable"):
            row[field] = IN_CHINESE.get(row.get(field))
    _soil(rng, tables["transactions"])

    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": NOTES[0], "created": EXPORTED})
    _sheet(book, "客户", CUSTOMERS, tables["customers"])
    _sheet(
        book,
        "Transactions",
        TRANSACTIONS,
        tables["transactions"],
        title="Transactions 2024-09 to 2026-10",
        total="Amount",
    )
    _sheet(book, "Service log", INTERACTIONS, tables["interactions"], table="interactions")
    _sheet(book, "Survey answers", SURVEYS, tables["surveys"], table="surveys")
    _sheet(book, "Redemptions", REDEMPTIONS, tables["redemptions"])
    notes = book.add_worksheet("Notes")
    notes.set_column(0, 0, 100)
    notes.write_column(0, 0, NOTES)
    book.close()


def _soil(rng: np.random.Generator, rows: list[Row]) -> None:
    """Put everyday dirt into the transactions: under 1 % of the rows, and two of them unusable.

    Text amounts with a currency sign, ids with spaces around them, dates that lost their format, one row twice,
    guests nobody has on file, walk-ins without an order number, a blank row, a date that does not exist and an
    amount that is a remark.
    """

    chosen = (int(i) for i in rng.choice(len(rows), 24, replace=False))
    for customer in 3 * ["C0977"] + 2 * ["C0981"]:
        day = AS_OF - timedelta(int(rng.integers(20, 300)))
        unknown = {"customer_id": customer, "date": day, "transaction_id": None, "guests": None}
        rows.append(rows[next(chosen)] | unknown)
    for _ in range(6):
        row = rows[next(chosen)]
        row["amount"] = f"¥{row['amount']:,.2f}"
    for spaces in ("  ", " ", "\u00a0"):
        rows[next(chosen)]["customer_id"] += spaces
    for _ in range(2):
        row = rows[next(chosen)]
        row["date"] = (row["date"] - EXCEL_DAY_ZERO).days
    for _ in range(5):
        rows[next(chosen)]["transaction_id"] = None
    rows[next(chosen)]["amount"] = "on the house"
    rows[next(chosen)]["date"] = "2026-02-30"
    twice = next(chosen)
    rows.insert(twice + 1, rows[twice])
    rows.insert(len(rows) // 2, {})


def _sheet(
    book: Any,
    name: str,
    columns: Sequence[Shown],
    rows: Sequence[Row],
    *,
    title: str = "",
    table: str = "",
    total: str = "",
) -> None:
    """One sheet with a frozen header: a real Excel table when `table` names it, else plain cells."""
    formats = {
        "text": book.add_format({"num_format": "@"}), "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"}), "whole": book.add_format({"num_format": "#,##0"}),
        "money": book.add_format({"num_format": "#,##0.00"}), "share": book.add_format({"num_format": "0%"}),
    }  # fmt: skip
    bold = book.add_format({"bold": True})
    header = book.add_format(
        {"bold": True, "bg_color": "#1F3A4D", "font_color": "white", "text_wrap": True, "valign": "top"}
    )
    sheet = book.add_worksheet(name)
    top = 2 if title else 0
    if title:
        sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    for c, column in enumerate(columns):
        sheet.set_column(c, c, column.width)
        sheet.write_string(top, c, column.header, header)
    for r, row in enumerate(rows, start=top + 1):
        for c, column in enumerate(columns):
            _cell(sheet, r, c, row.get(column.field), column.format, formats)
    last = top + len(rows)
    if total:
        place = [column.header for column in columns].index(total)
        sheet.write_string(last + 1, 0, "Total", bold)
        known = sum(row["amount"] for row in rows if isinstance(row.get("amount"), float))
        sheet.write_number(last + 1, place, round(known, 2), formats["money"])
    if table:
        headers = [{"header": column.header, "header_format": header} for column in columns]
        area = (top, 0, last, len(columns) - 1)
        sheet.add_table(*area, {"name": table, "columns": headers, "style": "Table Style Light 9"})
    else:
        sheet.autofilter(top, 0, last, len(columns) - 1)
    sheet.freeze_panes(top + 1, 1)


def _cell(sheet: Any, r: int, c: int, value: Any, kind: str, formats: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, str):
        sheet.write_string(r, c, value, formats["text"])
    elif isinstance(value, date):
        sheet.write_datetime(r, c, value, formats[kind])
    elif kind == "date":
        sheet.write_number(r, c, value)  # a serial that lost its date format
    else:
        sheet.write_number(r, c, value, formats[kind])


if __name__ == "__main__":
    write(sample_path("hospitality"))
