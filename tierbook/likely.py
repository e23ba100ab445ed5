"""Headings that likely mean a required column; they count only where no column has its name and only one could be meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from tierbook.tables import Table, folded, match_headers

_BRACKETS = re.compile(r"\s*[(\[【].*[)\]】]\s*$")

_CUSTOMER = (
    "customer number", "customer no", "customer code", "customer ref", "cust id", "cust no", "client number", "client no",
    "client code", "account number", "account no", "account id", "buyer id", "user id", "member id", "member no", "member number",
    "客户代码", "客户编码", "客户ID", "会员号", "会员编号", "会员卡号", "会员ID", "用户ID", "用户编号", "买家ID",
)  # fmt: skip
_DAY = (
    "order date", "purchase date", "transaction date", "sale date", "sales date", "invoice date", "booking date", "posting date",
    "document date", "order time", "ordered on", "ordered at", "order day", "下单日期", "下单时间", "订单日期", "订单时间",
    "销售日期", "消费日期", "消费时间", "购买日期", "购买时间", "交易时间", "成交日期", "开单日期", "单据日期", "业务日期", "支付时间",
)  # fmt: skip
_MONEY = (
    "net amount", "total amount", "order amount", "order total", "order value", "sales amount", "sales value", "invoice amount",
    "invoice total", "transaction amount", "purchase amount", "amount paid", "net sales", "net total", "line total", "total",
    "消费金额", "销售金额", "销售额", "订单金额", "交易金额", "成交金额", "支付金额", "付款金额", "实付金额", "实收金额", "总金额", "合计金额",
)  # fmt: skip
LIKELY: dict[str, dict[str, tuple[str, ...]]] = {
    "customers": {"customer_id": _CUSTOMER},
    "transactions": {"customer_id": _CUSTOMER, "date": _DAY, "amount": _MONEY},
    "interactions": {"customer_id": _CUSTOMER},
    "receivables": {"customer_id": _CUSTOMER, "due": ("due date", "到期日", "应收日期"), "amount": _MONEY},
}
_WORDS = {
    table: {column: frozenset(map(folded, words)) for column, words in columns.items()}
    for table, columns in LIKELY.items()
}


def likely_columns(table: Table, headers: Sequence[object]) -> dict[str, list[str]]:
    """Headers that may be a required column which none of them names: canonical name -> headers, left to right.

    A unit in brackets does not count: `Amount (USD)` may be the amount.
    """
    words = _WORDS.get(table.name)
    if words is None:
        return {}
    match = match_headers(table, headers)
    found: dict[str, list[str]] = {}
    for name in match.missing:
        column = table.column(name)
        sure = {folded(word) for word in (name, *(column.aliases if column else ()))}
        for header in headers:
            if header is None or not str(header).strip():
                continue
            bare = _plain(header)
            if bare in words.get(name, ()) or bare in sure:
                found.setdefault(name, []).append(str(header))
    return found


def with_likely_columns(table: Table, headers: Sequence[object]) -> tuple[Table, dict[str, str]]:
    """The table with each likely header that stands alone as an alias of its column, and which they are."""
    taken = {name: found[0] for name, found in likely_columns(table, headers).items() if len(found) == 1}
    if not taken:
        return table, {}
    columns = tuple(
        replace(column, aliases=(*column.aliases, taken[column.name])) if column.name in taken else column
        for column in table.columns
    )
    return replace(table, columns=columns), taken


def _plain(header: object) -> str:
    """A header as it is compared here: without a unit in brackets, a full stop or a colon."""
    text = _BRACKETS.sub("", unicodedata.normalize("NFKC", str(header)))
    return folded(re.sub(r"[.:#/-]+", " ", text))
