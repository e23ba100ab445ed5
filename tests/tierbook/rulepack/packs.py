"""A small good pack, and ways to break it, for the tests of this folder."""

from __future__ import annotations

from tierbook.errors import RuleError
from tierbook.rulepack.pack import Pack
from tierbook.rulepack.read import read_pack_text

GOOD = """\
pack: small
version: "1"
thresholds:
  late: {is: 2, unit: gaps}
features:
  share_of_wallet: spend_per_month / budget
value:
  base: total_spend
  credit: {per: settlement, gives: {cash: 0.05, on: 1}, otherwise: 0, times: total_spend}
tiers:
  rank_by: value
  levels:
    - {name: gold, from: 500}
    - {name: plain, otherwise: true}
stages:
  - {name: quiet, when: overdue_ratio > late}
  - {name: lively, otherwise: true}
churn:
  signals:
    - {name: slow, points: 100, when: overdue_ratio > late}
  levels: [{name: warning, from: 60}, {name: fine, otherwise: true}]
words:
  gold: {en: Gold, zh: 金}
  plain: {en: Plain, zh: 普通}
  quiet: {en: Quiet, zh: 安静}
  lively: {en: Lively, zh: 活跃}
  slow: {en: "{days_since_last:0} days", zh: "{days_since_last:0} 天"}
  warning: {en: Warning, zh: 预警}
  fine: {en: Fine, zh: 正常}
  base: {en: Spend, zh: 消费}
  credit: {en: Credit, zh: 信用}
"""


def pack(text: str = GOOD) -> Pack:
    return read_pack_text(text.encode(), file="rules/small.yaml")


def broken(old: str, new: str) -> str:
    assert old in GOOD, old
    return GOOD.replace(old, new, 1)


def problems(text: str | bytes) -> list[str]:
    """What reading the text says: the sentences of its errors, or of its warnings when it can be used."""
    data = text.encode() if isinstance(text, str) else text
    try:
        return [str(problem) for problem in read_pack_text(data, file="rules/small.yaml").warnings]
    except RuleError as error:
        return [str(problem) for problem in error.problems] or [str(error)]
