"""Matching: 25,000, 50,000 and 100,000 customer records of three systems, a fifth of them planted duplicates.

Goals: of the planted pairs at least 0.97 found at a precision of at least 0.99, and a number of compared pairs that
grows like the records. A duplicate has letters swapped, dropped or mistyped in its name and address, its words in
another order, a number left out or wrong. Found is what is merged by itself; pairs for a person to decide count beside.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Cost, Result, peak_here

if TYPE_CHECKING:
    import pyarrow as pa

SIZES = (25_000, 50_000, 100_000)
SEED = 20261122
DUPLICATES = 0.2
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰文建国志红梅海燕鹏飞雪琴云龙晨欣怡子涵宇轩浩然"
_CITIES = [
    "北京市朝阳区",
    "上海市浦东新区",
    "广州市天河区",
    "深圳市南山区",
    "杭州市西湖区",
    "成都市武侯区",
    "武汉市江汉区",
]
_ROADS = "中山 解放 人民 建设 和平 长江 黄河 世纪 学院 科技 花园 新华 东风 文化 光明 胜利".split()
_TRADES = "物流 科技 贸易 电子 机械 食品 服饰 医药 建材 化工 文化 能源".split()
_MARKS = "华 盛 鑫 宏 达 信 安 泰 瑞 丰 恒 通 联 源 隆 嘉 捷 远 博 创".split()


def results() -> list[Result]:
    """One line for each size, and how fast pairs and time grow."""
    from tierbook.matching.groups import groups
    from tierbook.matching.pairs import MERGE, Field, Rule, matches

    rules = [
        Rule(
            ("source_id", "tax_no"),
            {"name": Field(40, "name"), "address": Field(20, "address"), "phone": Field(25, "exact"), "contact_name": Field(15, "name")},
        ),
        Rule(
            ("source_id", "document_no", "mobile"),
            {"name": Field(40, "name"), "mobile": Field(40, "exact"), "address": Field(20, "address")},
        ),
    ]  # fmt: skip
    found, compared, spent = [], [], []
    for size in SIZES:
        records, rule, truth = planted(size)
        begun, clock = time.process_time(), time.perf_counter()
        pairs = matches(records, rules, rule, merge_from=90, review_from=70)
        merged = pairs.decision == MERGE
        group = groups(size, pairs.a[merged], pairs.b[merged], pairs.score[merged], [])
        cost = Cost(time.process_time() - begun, time.perf_counter() - clock, peak_here())
        recall, precision = _quality(group, truth)
        compared.append(pairs.compared)
        spent.append(cost.cpu)
        found.append(
            Result(
                f"{size:,} records",
                cost,
                f"{pairs.compared:,} pairs compared, {(~merged).sum():,} for review; recall {recall:.3f} (goal 0.97), precision {precision:.4f} (goal 0.99)",
            )
        )
    growth = [float(np.polyfit(np.log(SIZES), np.log(figures), 1)[0]) for figures in (compared, spent)]
    last = found[-1]
    found[-1] = last._replace(note=f"{last.note}; growth: pairs n^{growth[0]:.2f}, CPU n^{growth[1]:.2f}")
    return found


def planted(size: int) -> tuple[pa.Table, NDArray[np.int64], NDArray[np.int64]]:
    """Records, the rule of each (0 companies, 1 individuals), and which customer each truly is."""
    import pyarrow as pa

    random = np.random.default_rng(SEED)
    originals = round(size * (1 - DUPLICATES))
    companies = random.random(originals) < 0.5
    chinese = random.random(originals) < 0.5
    given = {
        "name": np.where(
            companies,
            np.where(chinese, _chinese_company(random, originals), _english_company(random, originals)),
            np.where(chinese, _chinese_person(random, originals), _english_person(random, originals)),
        ),
        "contact_name": np.where(companies, _chinese_person(random, originals), ""),
        "address": np.where(
            chinese, _chinese_address(random, originals), _english_address(random, originals)
        ),
        "mobile": _numbers(random, originals, "13", 9),
        "phone": np.where(companies, _numbers(random, originals, "010-8", 7), ""),
        "tax_no": np.where(companies, _numbers(random, originals, "9111", 14), ""),
        "document_no": np.where(companies, "", _numbers(random, originals, "3101", 14)),
    }
    copied = random.integers(0, originals, size - originals)
    truth = np.concatenate([np.arange(originals), copied])
    for name, share in {
        "mobile": 0.3,
        "phone": 0.3,
        "tax_no": 0.6,
        "document_no": 0.6,
        "contact_name": 0.3,
    }.items():
        copy = given[name][copied].astype(object)
        copy[random.random(len(copied)) < share] = ""
        given[name] = np.concatenate([given[name].astype(object), copy])
    for name in ("name", "address"):
        own = given[name].tolist()
        given[name] = np.array([*own, *(_mistyped(random, own[i]) for i in copied)], dtype=object)
    order = random.permutation(size)
    source = np.array(["erp", "crm", "web"])[random.integers(0, 3, size)]
    table = {name: pa.array(column[order].astype(str)) for name, column in given.items()}
    table["source"] = pa.array(source)
    table["source_id"] = pa.array([f"S{i:07d}" for i in range(size)])
    return pa.table(table), np.where(companies[truth], 0, 1)[order], truth[order]


def _mistyped(random: np.random.Generator, text: str) -> str:
    """A text as somebody else types it: one letter wrong in three of ten, the words in another order in one of ten."""
    letters = list(text)
    if len(letters) > 3 and random.random() < 0.3:
        at = int(random.integers(0, len(letters) - 1))
        kind = random.integers(0, 3)
        if kind == 0:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif kind == 1:
            del letters[at]
        else:
            letters.insert(at, letters[at])
    words = "".join(letters).split(" ")
    if len(words) > 1 and random.random() < 0.1:
        words = [*words[1:], words[0]]
    return " ".join(words)


def _picked(random: np.random.Generator, words: list[str] | str, count: int) -> NDArray:
    return np.array(list(words), dtype=object)[random.integers(0, len(words), count)]


def _chinese_person(random: np.random.Generator, count: int) -> NDArray:
    return _picked(random, _SURNAMES, count) + _picked(random, _GIVEN, count) + _picked(random, _GIVEN, count)


def _chinese_company(random: np.random.Generator, count: int) -> NDArray:
    marks = [_picked(random, _MARKS, count) for _ in range(3)]
    forms = _picked(random, ["有限公司", "股份有限公司", "有限责任公司"], count)
    return (
        _picked(random, _CITIES, count)
        + marks[0]
        + marks[1]
        + marks[2]
        + _picked(random, _TRADES, count)
        + forms
    )


def _english_person(random: np.random.Generator, count: int) -> NDArray:
    return _word(random, count, 2) + " " + _word(random, count, 3)


def _english_company(random: np.random.Generator, count: int) -> NDArray:
    forms = _picked(random, ["Ltd", "Inc.", "GmbH", "Co., Ltd."], count)
    return _word(random, count, 3) + " " + _word(random, count, 3) + " " + forms


def _word(random: np.random.Generator, count: int, syllables: int) -> NDArray:
    heads, tails = "b d f g h j k l m n p r s t v w ch sh tr st".split(), "a e i o u an en or ai el".split()
    found = _picked(random, heads, count) + _picked(random, tails, count)
    for _ in range(syllables - 1):
        found = found + _picked(random, heads, count) + _picked(random, tails, count)
    return found


def _chinese_address(random: np.random.Generator, count: int) -> NDArray:
    house = random.integers(1, 999, count).astype(str).astype(object)
    room = random.integers(101, 2999, count).astype(str).astype(object)
    return (
        _picked(random, _CITIES, count) + _picked(random, _ROADS, count) + "路" + house + "号" + room + "室"
    )


def _english_address(random: np.random.Generator, count: int) -> NDArray:
    house = random.integers(1, 999, count).astype(str).astype(object)
    return house + " " + _word(random, count, 2) + " street " + _word(random, count, 3)


def _numbers(random: np.random.Generator, count: int, start: str, digits: int) -> NDArray:
    tails = random.integers(0, 10**digits, count).astype(str)
    return start + np.char.zfill(tails, digits).astype(object)


def _quality(group: NDArray[np.int64], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Recall and precision over pairs of records in one group."""

    def pairs(labels: NDArray[np.int64]) -> int:
        sizes = np.unique(labels, return_counts=True)[1].astype(np.int64)
        return int((sizes * (sizes - 1) // 2).sum())

    both = pairs(group * (int(truth.max()) + 1) + truth)
    return both / pairs(truth), both / max(pairs(group), 1)
