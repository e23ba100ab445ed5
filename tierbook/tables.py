"""What a table may hold: names, columns, types and the aliases readers use for them (`spec/tables.md`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["id", "text", "number", "money", "share", "date", "time", "yes_no"]


DAY_FROM = ("readings", "interactions", "surveys")
"""Tables whose last row is the day a run speaks for where there are no transactions."""


@dataclass(frozen=True)
class Column:
    """One column: its type, whether the table is useless without it, and what else people call it.

    `choices` maps what people write to the name rules use (`预付` -> `prepaid`); other texts stay as they are.
    """

    name: str
    kind: Kind = "text"
    aliases: tuple[str, ...] = ()
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """One input table with its columns, in the order of the specification."""

    name: str
    columns: tuple[Column, ...]
    aliases: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column | None:
        """The column of that (canonical) name, or None for a column nobody knows."""
        return next((column for column in self.columns if column.name == name), None)


# What Chinese workbooks call the columns below that name no aliases of their own.
_CHINESE: dict[str, tuple[str, ...]] = {
    "actual": ("实际值",), "allowed": ("可选答案",), "amount": ("金额",), "answer": ("答案",), "attended": ("到场",),
    "benchmark": ("标杆",), "campaign_id": ("活动编号",), "categories": ("类别",), "changed": ("变更日期", "变更时间"), "channel": ("渠道",),
    "chosen": ("选定",), "closed": ("关闭时间", "关闭日期", "办结时间", "办结日期"), "competitor": ("竞争对手",), "contract": ("合同编号", "合同"),
    "cost": ("成本",), "created": ("创建日期",), "crm_cost": ("CRM 成本",), "customer_id": ("客户编号", "客户号"), "customers": ("客户数",),
    "date": ("日期",), "department": ("部门", "科室"), "due": ("到期日", "期限"), "edition": ("届次", "届"), "end": ("结束日期", "结束"),
    "expected_monthly_amount": ("预计月金额",), "from_stage": ("原阶段",), "goal": ("目标",), "group": ("分组", "组别"),
    "higher_is_better": ("越高越好",), "holding_days": ("持有天数",), "invoice": ("发票号", "发票"), "issued": ("开票日期",),
    "item": ("项目", "题目", "商品"), "kind": ("类别", "台账"), "latitude": ("纬度",), "lead_id": ("潜客编号",), "longitude": ("经度",),
    "margin": ("利润率",), "measure": ("计量项",), "money": ("资金",), "month": ("月份",), "name": ("名称", "活动名称"),
    "opportunity": ("商机",), "option": ("方案",), "outcome": ("结果",), "owner": ("负责人", "责任人"), "paid": ("已付", "已付金额"),
    "paid_date": ("付款日期",), "parent": ("上级", "上级目标"), "phase": ("阶段",), "points": ("积分",), "preregistered": ("预登记",),
    "product_line": ("产品线",), "professional": ("专业观众",), "quantity": ("数量",), "question": ("问题",), "responded": ("响应时间", "是否响应", "响应"),
    "revenue": ("收入",), "risk": ("风险",), "scale": ("满分",), "score": ("评分", "得分"), "segment": ("细分市场",), "set": ("题组",),
    "severity": ("严重程度",), "side": ("参展方", "参与方"), "source_id": ("来源编号",), "stage": ("阶段",), "stage_since": ("阶段起始日",),
    "start": ("开始日期", "开始"), "state": ("状态",), "status": ("状态",), "style": ("风格",), "target": ("目标值",), "time": ("时间",),
    "to_stage": ("新阶段",), "type": ("类型",), "updated": ("更新时间",), "uplift": ("每客户增量", "提升幅度"), "value": ("读数", "数值"),
    "visits": ("拜访次数",), "weight": ("权重",), "won": ("赢单",),
}  # fmt: skip


def _key(name: str, *aliases: str) -> Column:
    return Column(name, "id", aliases or _CHINESE[name], required=True)


def _ids(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "id", _CHINESE[name]) for name in names)


def _texts(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, aliases=_CHINESE[name]) for name in names.split())


def _of(kind: Kind, names: str, *, required: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, kind, _CHINESE[name], required=required) for name in names.split())


_SETTLEMENT = {
    "预付": "prepaid", "现结": "cash", "及时结算": "on_time", "签字挂账": "on_account",
    "prepaid": "prepaid", "cash": "cash", "on time": "on_time", "on_time": "on_time",
    "on account": "on_account", "on_account": "on_account",
}  # fmt: skip
_SIDE = {"参展商": "exhibitor", "观众": "visitor", "exhibitor": "exhibitor", "visitor": "visitor"}
_CUSTOMER_ID = ("客户编号", "客户号", "client_id", "account")

CUSTOMERS = Table(
    "customers",
    (
        _key("customer_id", *_CUSTOMER_ID, "id"),
        Column("name", aliases=("客户名称", "姓名")),
        Column(
            "kind",
            aliases=("客户类型",),
            choices={"个人": "individual", "企业": "company", "单位": "company", "联系人": "contact"},
        ),
        Column("company", aliases=("单位",)),
        Column("parent_id", "id", ("上级客户", "集团")),
        Column("brand", aliases=("品牌",)),
        Column("source", aliases=("来源",)),
        *_ids("source_id"),
        Column("industry", aliases=("行业",)),
        Column("region", aliases=("区域", "地区")),
        Column("size", aliases=("规模",)),
        Column("business_model", aliases=("经营模式",)),
        Column(
            "customer_class",
            aliases=("客户类别",),
            choices={"潜客": "lead", "散客": "casual", "固定": "fixed"},
        ),
        Column("channel", aliases=("渠道",)),
        Column("contact_name", aliases=("联系人",)),
        Column("mobile", "id", ("手机",)),
        Column("phone", "id", ("固定电话",)),
        Column("email", aliases=("邮箱",)),
        Column("address", aliases=("地址",)),
        *_of("number", "latitude longitude"),
        Column("document_no", "id", ("证件号码",)),
        Column("tax_no", "id", ("税号", "税收登记号")),
        Column("birthday", "date", ("生日",)),
        Column("joined", "date", ("入会日期",)),
        Column("is_member", "yes_no", ("会员",)),
        Column("marketable", "yes_no", ("可营销",)),
        Column("referrer_id", "id", ("推荐人",)),
        Column("settlement", aliases=("结算方式",), choices=_SETTLEMENT),
        Column("credit_kind", aliases=("信用类型",), choices={"月结": "monthly", "临欠": "temporary"}),
        Column("credit_limit", "money", ("信用额度",)),
        Column("credit_days", "number", ("账期",)),
        Column("budget", "money", ("消费预算",)),
        Column("reputation", aliases=("品牌贡献",)),
        Column("assets", "money", ("资产",)),
        *_texts("style risk"),
        Column("capacity", "number", ("合同容量",)),
        Column("lists", aliases=("名单",)),
        Column("side", aliases=_CHINESE["side"], choices=_SIDE),
        Column("contract_end", "date", ("合同到期",)),
        Column("lost_reason", aliases=("流失原因",)),
        *_texts("status"),
        *_of("time", "updated"),
    ),
    ("客户", "clients", "accounts"),
)

TRANSACTIONS = Table(
    "transactions",
    (
        _key("customer_id", *_CUSTOMER_ID),
        Column("date", "date", ("交易日期", "日期"), required=True),
        Column("amount", "money", ("金额", "消费额", "revenue"), required=True),
        Column("transaction_id", "id", ("订单号",)),
        Column("cost", "money", ("成本",)),
        Column("turnover", "money", ("成交额",)),
        *_of("number", "quantity"),
        Column("product", aliases=("产品",)),
        Column("category", aliases=("类别",)),
        *_texts("channel"),
        Column("branch", aliases=("门店", "网点")),
        Column("settlement", aliases=("结算方式",), choices=_SETTLEMENT),
        Column("discount", "share", ("折扣",)),
        *_of("number", "holding_days"),
        Column("owner", aliases=("销售员", "负责人")),
        Column("guests", aliases=("被请客户",)),
        Column("designated_by", "id", ("指定人",)),
        Column("counterparty_id", "id", ("收货人",)),
        *_ids("edition"),
    ),
    ("交易", "订单", "orders", "sales"),
)

INTERACTIONS = Table(
    "interactions",
    (
        _key("customer_id", *_CUSTOMER_ID),
        Column("date", "time", ("日期",), required=True),
        *_texts("phase channel type"),
        *_of("number", "severity"),
        Column("reason", aliases=("原因",)),
        *_texts("outcome"),
        *_of("time", "responded closed"),
        *_of("money", "cost amount"),
        *_texts("owner department"),
        *_ids("edition"),
    ),
    ("接触", "互动"),
)

_CONTACT_COLUMNS = tuple(
    column
    for column in CUSTOMERS.columns
    if column.name in ("contact_name", "mobile", "phone", "email", "address")
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        TRANSACTIONS,
        INTERACTIONS,
        Table(
            "surveys",
            (
                Column("customer_id", "id", _CUSTOMER_ID),
                Column("date", "date", ("日期",), required=True),
                Column("item", aliases=_CHINESE["item"], required=True, choices={"推荐意愿": "nps", "nps": "nps"}),
                *_of("number", "score", required=True),
                *_of("number", "scale"),
                *_texts("set department"),
            ),
            ("调查",),
        ),
        Table(
            "receivables",
            (
                _key("customer_id", *_CUSTOMER_ID),
                *_ids("invoice"),
                *_of("date", "issued"),
                *_of("date", "due", required=True),
                Column("amount", "money", ("金额",), required=True),
                *_of("money", "paid"),
                *_of("date", "paid_date"),
            ),
            ("应收",),
        ),
        Table(
            "leads",
            (
                _key("lead_id"),
                Column("customer_id", "id", _CUSTOMER_ID),
                Column("name", aliases=("客户名称", "姓名")),
                *_CONTACT_COLUMNS,
                *_of("money", "expected_monthly_amount"),
                *_texts("stage"),
                *_of("date", "stage_since created closed"),
                *_of("yes_no", "won"),
                *_of("number", "visits"),
                Column("industry", aliases=("行业",)),
                Column("region", aliases=("区域", "地区")),
                Column("channel", aliases=("渠道",)),
                *_texts("owner competitor"),
                *_of("number", "latitude longitude"),
            ),
            ("潜客", "商机"),
        ),
        Table(
            "lead_history",
            (
                _key("lead_id"),
                *_of("time", "changed", required=True),
                *_texts("from_stage"),
                Column("to_stage", aliases=_CHINESE["to_stage"], required=True),
                *_texts("owner"),
            ),
            ("潜客阶段记录", "潜客历史"),
        ),
        Table(
            "campaigns",
            (_key("campaign_id"), *_texts("name"), *_of("date", "start end"), *_of("money", "cost")),
            ("活动",),
        ),
        Table(
            "campaign_responses",
            (
                _key("campaign_id"),
                _key("customer_id", *_CUSTOMER_ID),
                Column("group", aliases=_CHINESE["group"], choices={"target": "target", "control": "control"}),
                *_of("yes_no", "responded"),
                *_of("money", "revenue"),
            ),
            ("活动响应",),
        ),
        Table(
            "redemptions",
            (
                _key("customer_id", *_CUSTOMER_ID),
                *_of("date", "date", required=True),
                *_of("number", "points", required=True),
                *_texts("item"),
            ),
            ("兑换",),
        ),
        Table(
            "readings",
            (
                _key("customer_id", *_CUSTOMER_ID),
                *_of("time", "date", required=True),
                Column("measure", aliases=_CHINESE["measure"], required=True),
                *_of("number", "value", required=True),
            ),
            ("用量",),
        ),
        Table(
            "contracts",
            (
                _key("customer_id", *_CUSTOMER_ID),
                *_ids("contract"),
                *_of("date", "start end"),
                *_texts("status"),
                Column("settlement", aliases=("结算方式",), choices=_SETTLEMENT),
            ),
            ("合同",),
        ),
        Table(
            "branches",
            (Column("branch", aliases=("网点", "门店"), required=True), *_of("number", "latitude longitude", required=True)),
            ("网点",),
        ),
        Table("goals", (*_ids("goal", "parent"), *_of("share", "weight")), ("目标",)),
        Table("options", (*_ids("option"), *_texts("time money"), *_of("yes_no", "chosen")), ("方案",)),
        Table("option_scores", (*_ids("option", "goal"), *_of("number", "score")), ("方案评分",)),
        Table(
            "segments",
            (*_texts("segment product_line"), *_of("number", "customers"), *_of("money", "uplift"), *_of("share", "margin"), *_of("money", "crm_cost")),
            ("细分市场",),
        ),
        Table(
            "targets",
            (*_ids("goal"), *_of("date", "month"), *_of("number", "target actual benchmark"), *_of("yes_no", "higher_is_better")),
            ("目标值",),
        ),
        Table("questions", (*_ids("question"), *_of("number", "weight"), *_texts("allowed")), ("问卷题目",)),
        Table("answers", (*_ids("opportunity", "question"), *_texts("answer")), ("答案",)),
        Table(
            "wants",
            (
                *_ids("customer_id", "edition"),
                Column("side", aliases=_CHINESE["side"], choices=_SIDE),
                *_texts("categories"),
                *_of("yes_no", "professional preregistered attended"),
            ),
            ("供需",),
        ),
        Table(
            "registers",
            (*_texts("item kind"), *_ids("customer_id"), *_of("date", "due"), *_texts("state owner"), *_of("date", "closed")),
            ("台账",),
        ),
    )
}  # fmt: skip


def folded(header: object) -> str:
    """How names are compared: case, spaces and underscores do not count."""
    return re.sub(r"[\s_\u200b\ufeff]+", "", unicodedata.normalize("NFKC", str(header))).casefold()


def rule_name(header: object) -> str:
    """The name by which rules call a column: `Sales Rep` is `sales_rep`."""
    words = re.sub(r"[^\w]+", "_", unicodedata.normalize("NFKC", str(header)).strip().lower())
    return words.strip("_")


def table_named(name: str) -> Table | None:
    """The table people mean by that sheet or table name, or None."""
    wanted = folded(name)
    return next(
        (
            table
            for table in TABLES.values()
            if wanted in {folded(known) for known in (table.name, *table.aliases)}
        ),
        None,
    )


class Match(NamedTuple):
    """Headers against a table: canonical name per position, clashes, and required columns not found."""

    names: list[str | None]
    clashes: list[tuple[str, int, int]]
    missing: list[str]


def match_headers(table: Table, headers: Sequence[object]) -> Match:
    """Canonical names of the columns of a table.

    Parameters
    ----------
    headers : sequence
        Header cells, left to right; None or blank for no header.

    Returns
    -------
    Match
        `names[i]` is the canonical name of a known column, the `rule_name` of an unknown one, None for no
        header. `clashes` holds (name, first position, second position); `missing` the required columns not found.
    """
    known = {folded(word): column.name for column in table.columns for word in (column.name, *column.aliases)}
    names: list[str | None] = []
    seen: dict[str, int] = {}
    clashes = []
    for position, header in enumerate(headers):
        blank = header is None or not str(header).strip()
        name = None if blank else known.get(folded(header)) or rule_name(header) or None
        names.append(name)
        if name is None:
            continue
        if name in seen:
            clashes.append((name, seen[name], position))
        else:
            seen[name] = position
    return Match(names, clashes, [name for name in table.required if name not in seen])


def known_columns(table: Table, headers: Sequence[object]) -> int:
    """How many of the headers the table knows: the header row is the first row with at least two.

    Customers may bring ready-made features, so the standard features are known there.
    """
    words = {folded(word) for column in table.columns for word in (column.name, *column.aliases)}
    if table.name == CUSTOMERS.name:
        from tierbook.features import COLUMNS

        words |= {folded(name) for name in COLUMNS}
    return sum(1 for header in headers if header is not None and folded(header) in words)
