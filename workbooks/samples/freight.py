"""Who the freight company of the logistics sample serves: customers, and the records three systems hold of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from workbooks.samples.sheets import Row

AS_OF = date(2026, 10, 31)


class Habit(NamedTuple):
    """How a group of customers sends: what a month brings, days before AS_OF of the first and last order, usual gap.

    From `fading` days before AS_OF on, orders are `shrink` times as large; between the days of `pause` there are none. `credit` is the kind of account, `pays` how it is
    settled: on_time, late, very_late, near_limit, over_limit, no_limit or credit_note.
    """

    name: str
    customers: int
    company: bool
    monthly: tuple[float, float]
    first: tuple[int, int] = (190, 340)
    last: tuple[int, int] = (0, 0)
    gap: tuple[int, int] = (14, 26)
    fading: int = 0
    shrink: float = 1.0
    pause: tuple[int, int] = (0, 0)
    once: bool = False
    credit: str | None = None
    pays: str = "on_time"
    customer_class: str = "fixed"


HABITS = (
    Habit("great account", 9, True, (105_000, 190_000), gap=(8, 10), credit="monthly"),
    Habit("large account", 22, True, (21_000, 80_000), gap=(11, 18), credit="monthly"),
    Habit("large, pays late", 7, True, (21_000, 60_000), gap=(10, 16), credit="monthly", pays="late"),
    Habit("large, over its limit", 5, True, (21_000, 70_000), gap=(10, 16), credit="monthly", pays="over_limit"),
    Habit("large, near its limit", 5, True, (21_000, 70_000), gap=(10, 16), credit="monthly", pays="near_limit"),
    Habit("steady company", 35, True, (2_200, 15_000), credit="monthly"),
    Habit("shut in summer", 10, True, (2_200, 15_000), gap=(12, 16), pause=(144, 80), credit="monthly"),
    Habit("on short credit", 12, True, (2_200, 9_000), credit="temporary"),
    Habit("pays very late", 8, True, (2_200, 15_000), credit="temporary", pays="very_late"),
    Habit("owes without a limit", 5, True, (2_200, 9_000), credit="temporary", pays="no_limit"),
    Habit("has a credit note", 3, True, (2_200, 9_000), credit="monthly", pays="credit_note"),
    Habit("sends less", 18, True, (6_000, 40_000), fading=88, shrink=0.4, credit="monthly"),
    Habit("breaking off", 14, True, (3_000, 30_000), last=(50, 88)),
    Habit("left in summer", 16, True, (2_200, 20_000), last=(124, 145), gap=(10, 15), fading=205, shrink=0.5),
    Habit("casual sender", 52, False, (60, 900), gap=(24, 50), customer_class="casual"),
    Habit("sent once", 24, False, (40, 400), first=(3, 260), once=True, customer_class="casual"),
    Habit("lost sender", 20, False, (60, 700), first=(330, 480), last=(120, 300), gap=(24, 50), customer_class="casual"),
    Habit("receives only", 26, False, (0, 0), customer_class="lead"),
    Habit("registered only", 9, True, (0, 0), customer_class="lead"),
)  # fmt: skip
# How a second record of a customer differs from the first, and how many of each there are.
SPOILT = {
    "tax number kept": 16, "document kept": 10, "mobile kept": 14, "contact and landline kept": 12,
    "mistyped": 18, "half known": 14, "another document": 4,
}  # fmt: skip
FAMILY = "林 周 许 江 罗 沈 韦 乔 顾 温 Adler Bonnet Castell Dunmore Esposito Farrow Grieve Holm Iversen Jansen".split()
GIVEN = (
    "安然 晓雨 立言 家栋 若溪 明远 子衿 思齐 Ada Bruno Celia Dario Edith Felix Greta Hugo Irene Jonas".split()
)
MARKS = "远帆 海岳 青禾 松石 云岚 朗辰 Northwind Alderpoint Brightmoor Copperfield Dovetail Eastlake Fernhill Glassbay".split()
TRADES = {
    "Machinery": ("机械", "Machinery"), "Textiles": ("纺织", "Textiles"), "Food": ("食品", "Foods"),
    "Electronics": ("电子", "Electronics"), "Furniture": ("家具", "Furniture"), "Chemistry": ("化工", "Chemicals"),
}  # fmt: skip
# Region, city as an address begins, latitude and longitude of the branch there.
CITIES = (
    ("East", "上海市浦东新区", "Pudong", 31.2215, 121.5447), ("East", "杭州市西湖区", "West Lake", 30.2595, 120.1302),
    ("South", "深圳市南山区", "Nanshan", 22.5333, 113.9305), ("South", "广州市天河区", "Tianhe", 23.1247, 113.3619),
    ("North", "北京市朝阳区", "Chaoyang", 39.9219, 116.4436), ("North", "天津市滨海新区", "Binhai", 39.0032, 117.7107),
    ("West", "成都市武侯区", "Wuhou", 30.6419, 104.0433), ("West", "重庆市渝北区", "Yubei", 29.7183, 106.6307),
)  # fmt: skip
ROADS = "中山 解放 人民 建设 和平 长江 世纪 学院 科技 花园 新华 东风".split()
CHANNELS = ("Sales", "Hotline", "Portal", "Branch")

CUSTOMERS = {
    "Customer ID": ("customer_id", 11), "Source": ("source", 8), "Source ID": ("source_id", 10), "Name": ("name", 30),
    "Kind": ("kind", 11), "Parent ID": ("parent_id", 10), "Industry": ("industry", 13), "Region": ("region", 9), "Customer class": ("customer_class", 14),
    "Channel": ("channel", 10), "Contact name": ("contact_name", 16), "Mobile": ("mobile", 14), "Phone": ("phone", 15),
    "Email": ("email", 22), "Address": ("address", 36), "Latitude": ("latitude", 10), "Longitude": ("longitude", 10),
    "Document no": ("document_no", 20), "Tax no": ("tax_no", 20), "Joined": ("joined", 12), "Is member": ("is_member", 10),
    "Marketable": ("marketable", 11), "Credit kind": ("credit_kind", 11), "Credit limit": ("credit_limit", 12),
    "Credit days": ("credit_days", 11), "Budget": ("budget", 12), "Contract end": ("contract_end", 12), "Updated": ("updated", 12),
}  # fmt: skip


def customer(rng: np.random.Generator, number: int, habit: Habit) -> Row:
    """One customer with everything that is true about it; `_`-names are for the generator alone."""
    city = CITIES[int(rng.integers(len(CITIES)))]
    industry = str(rng.choice(list(TRADES))) if habit.company else None
    person = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
    monthly = float(rng.uniform(*habit.monthly))
    first = int(rng.integers(habit.first[0], habit.first[1] + 1))
    source = (
        str(rng.choice(("erp", "crm", "web"), p=(0.6, 0.25, 0.15)))
        if habit.customer_class != "fixed"
        else "erp"
    )
    term = {"monthly": 30, "temporary": 7}.get(habit.credit or "")
    return {
        "customer_id": f"{source[0].upper()}{number:04d}", "source": source, "source_id": f"{number:06d}",
        "name": company_name(rng, industry) if industry else person, "kind": "company" if habit.company else "individual",
        "industry": industry, "region": city[0], "customer_class": habit.customer_class, "channel": str(rng.choice(CHANNELS)),
        "contact_name": person if habit.company else None, "mobile": f"13{rng.integers(10**8, 10**9)}",
        "phone": f"010-8{rng.integers(10**6, 10**7)}" if habit.company else None,
        "email": f"office{number}@example.com" if habit.company else None, "address": address(rng, city[1]),
        "latitude": round(city[3] + float(rng.normal(0, 0.15)), 4), "longitude": round(city[4] + float(rng.normal(0, 0.15)), 4),
        "document_no": None if habit.company else f"3101{rng.integers(10**13, 10**14)}",
        "tax_no": f"9111{rng.integers(10**13, 10**14)}" if habit.company else None,
        "joined": AS_OF - timedelta(first), "is_member": "yes" if rng.random() < (0.5 if habit.company else 0.3) else "no",
        "marketable": "yes" if rng.random() < 0.85 else "no", "credit_kind": habit.credit,
        "credit_limit": _limit(habit, monthly), "credit_days": term,
        "budget": round(monthly * float(rng.uniform(1.2, 4)), -2) if habit.company and monthly and rng.random() < 0.5 else None,
        "contract_end": AS_OF + timedelta(int(rng.integers(-20, 500))) if habit.credit == "monthly" else None,
        "updated": AS_OF - timedelta(int(rng.integers(20, 500))),
        "_habit": habit, "_monthly": monthly, "_first": first, "_city": city,
    }  # fmt: skip


def _limit(habit: Habit, monthly: float) -> float | None:
    """What a customer may owe: a little over two months' freight, a third of it on short credit."""
    if habit.credit is None or habit.pays == "no_limit":
        return None
    months = 1.12 if habit.pays == "near_limit" else {"monthly": 2.4, "temporary": 0.9}[habit.credit]
    return float(round(monthly * months, -2))


def company_name(rng: np.random.Generator, industry: str) -> str:
    mark, other = (str(word) for word in rng.choice(MARKS, 2, replace=False))
    chinese, english = TRADES[industry]
    if mark.isascii():
        return f"{mark} {other if other.isascii() else 'Harbour'} {english} {rng.choice(('Ltd', 'Inc.', 'Co., Ltd.'))}"
    return f"{mark}{other if not other.isascii() else '东'}{chinese}有限公司"


def address(rng: np.random.Generator, city: str) -> str:
    return f"{city}{rng.choice(ROADS)}路{rng.integers(1, 900)}号{rng.integers(101, 2600)}室"


def record(customer: Row) -> Row:
    """What the sheet shows of a customer."""
    return {name: customer.get(name) for name, _ in CUSTOMERS.values()}


def copies(rng: np.random.Generator, customers: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Second records, each of a customer that has none yet, spoilt in one way."""
    companies = [one for one in customers if one["kind"] == "company" and one["customer_class"] == "fixed"]
    people = [one for one in customers if one["kind"] == "individual"]
    left = {True: list(rng.permutation(len(companies))), False: list(rng.permutation(len(people)))}
    numbers = count(5001)
    made = []
    for way, many in SPOILT.items():
        for i in range(many):
            company = way in ("tax number kept", "contact and landline kept") or (
                way in ("mistyped", "half known") and i % 2 == 0
            )
            customer = (companies if company else people)[left[company].pop()]
            made.append((customer, _spoilt(rng, customer, way, next(numbers))))
    return made


def _spoilt(rng: np.random.Generator, customer: Row, way: str, number: int) -> Row:
    source = str(rng.choice([one for one in ("crm", "web") if one != customer["source"]]))
    found = record(customer) | {
        "customer_id": f"{source[0].upper()}{number}", "source": source, "source_id": f"{number:06d}", "email": None,
        "credit_kind": None, "credit_limit": None, "credit_days": None, "contract_end": None, "budget": None,
        "updated": AS_OF - timedelta(int(rng.integers(1, 700))), "channel": "Portal" if source == "web" else "Sales",
    }  # fmt: skip
    numbers = dict.fromkeys(("tax_no", "document_no", "mobile", "phone"))
    kept: dict[str, Any] = {
        "tax number kept": {"tax_no": customer["tax_no"]},
        "document kept": {"document_no": customer["document_no"]},
        "mobile kept": {"mobile": customer["mobile"]},
        "contact and landline kept": {"phone": customer["phone"]},
        "mistyped": {"phone": customer["phone"]} if customer["phone"] else {"mobile": None},
        "half known": {},
        "another document": {
            "mobile": customer["mobile"],
            "document_no": f"3101{rng.integers(10**13, 10**14)}",
        },
    }[way]
    found |= numbers | kept
    if way != "contact and landline kept":
        found["contact_name"] = None if way == "mistyped" else found["contact_name"]
    if way in ("tax number kept", "document kept", "mobile kept"):
        # They moved, or gave another name; the number says who they are.
        found["address"] = address(rng, customer["_city"][1])
    if way in ("mistyped", "half known", "tax number kept"):
        found["name"] = mistyped(rng, found["name"])
    if way == "contact and landline kept":
        # The same office under the name of another firm of the house.
        found |= {
            "name": company_name(rng, customer["industry"]),
            "address": address(rng, customer["_city"][1]),
        }
    if way == "half known":
        found |= {
            "contact_name": None,
            "address": address(rng, customer["_city"][1]) if rng.random() < 0.3 else found["address"],
        }
    return found


def mistyped(rng: np.random.Generator, text: str) -> str:
    at = int(rng.integers(1, len(text) - 1))
    if text.isascii():
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    return text.replace("有限公司", "公司") if "有限公司" in text else text[:at] + text[at + 1 :]
