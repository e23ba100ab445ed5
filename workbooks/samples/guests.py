"""The invented guests of the hospitality sample: who they are, how often they come and what they spend.

Every customer follows a habit (`HABITS`): when the first visit was, when the last, and how the rhythm changed
in between. So each lifecycle stage, tier, position and ladder rung of the hospitality pack has people in it
for a reason one can see in their purchases. Nobody and no company here is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

AS_OF = date(2026, 10, 31)
Row = dict[str, Any]


class Habit(NamedTuple):
    """How a group of customers comes: days before AS_OF of the first and last visit, rhythm at both ends."""

    name: str
    customers: int
    first: tuple[int, int]
    last: tuple[int, int] = (0, 0)
    pace: tuple[tuple[float, float], ...] = ((0, 1.0),)  # (days before AS_OF, share of the usual rhythm)
    once: bool = False


HABITS = (
    Habit("regular", 104, (420, 789)),
    Habit("mellow", 22, (520, 789), pace=((90, 0.72), (200, 1.0))),
    Habit("growing", 60, (190, 560), pace=((0, 1.5), (180, 0.7), (560, 0.4))),
    Habit("newcomer", 50, (30, 170)),
    Habit("first visit", 34, (2, 84), once=True),
    Habit("declining", 46, (320, 789), pace=((0, 0.25), (95, 0.4), (130, 1.1))),
    Habit("departed", 52, (430, 789), last=(190, 400)),
    Habit("tried once", 24, (185, 700), once=True),
    Habit("never came", 28, (0, 0)),
)

FAMILY = (
    "Hartley Whitcombe Lindqvist Moreau Okafor Castellano Brandt Ferreira Nakagawa Sundaram Kowalczyk Pemberton "
    "Haddad Olsen Rutherford Marchetti Devries Ashworth Tanaka Bhatt Calloway Novak Fitzroy Lemaire Thornbury Aguilar"
).split()
GIVEN = (
    "Alice Martin Clara Edwin Rosa Henrik Priya Julian Nadia Owen Beatrice Tomas Ingrid Samuel Leila Victor Hannah "
    "Rajesh Elena Philip Yuki Dominic Marta Colin Amara Stefan"
).split()
XING = "陈 林 黄 何 郑 梁 谢 宋 唐 许 邓 韩 冯 曹 彭 曾 萧 田 董 袁 潘 蒋 蔡 余 杜 叶 程 魏 苏 吕".split()
MING = (
    "雨桐 思远 嘉宁 文博 晓彤 志诚 欣然 俊熙 若兰 书瑶 承志 静怡 海峰 佳琪 泽宇 明轩 淑贞 国梁 婉清 启航 "
    "慧敏 立群 芷晴 浩然 丽华 建业 秋月 一凡 素云 子谦"
).split()
COMPANIES = (
    ("Harbourline Freight Ltd", "Logistics"), ("澄江精密仪器有限公司", "Manufacturing"), ("Pearl & Stone Advisers", "Finance"),
    ("南岸律师事务所", "Legal"), ("Brightwater Biotech", "Healthcare"), ("云岭软件科技有限公司", "Technology"),
    ("Eastgate Trading Co.", "Trade"), ("联兴建筑设计院", "Construction"), ("Kapok Media Group", "Media"),
    ("海晏国际旅行社", "Travel"), ("Lantau Instruments", "Manufacturing"), ("德馨教育咨询有限公司", "Education"),
    ("Silver Banyan Capital", "Finance"), ("恒川新能源有限公司", "Energy"), ("Northquay Shipping", "Logistics"),
    ("粤华服饰贸易有限公司", "Trade"), ("Tidewell Insurance Brokers", "Finance"), ("青禾食品有限公司", "Manufacturing"),
    ("Orchid Bay Events", "Media"), ("万屿医疗器械有限公司", "Healthcare"), ("Copperleaf Consulting", "Consulting"),
    ("拓远物流有限公司", "Logistics"), ("Blue Junk Software", "Technology"), ("嘉禾会展服务有限公司", "Travel"),
    ("Greystone Chambers", "Legal"), ("星瀚半导体有限公司", "Technology"), ("Mistral Coffee Import", "Trade"),
    ("和睦物业管理有限公司", "Construction"), ("Jadeport Architects", "Construction"), ("博闻文化传播有限公司", "Media"),
    ("Sunward Solar Asia", "Energy"), ("启明会计师事务所", "Finance"), ("Red Lantern Tours", "Travel"),
    ("Fairwind Yachts", "Manufacturing"), ("泓泰化工有限公司", "Manufacturing"), ("Willow Gate School", "Education"),
    ("Peakline Telecom", "Technology"), ("广宁纸业有限公司", "Manufacturing"), ("Terrace Nine Studio", "Consulting"),
    ("宝成汽车服务有限公司", "Trade"), ("Cormorant Marine Survey", "Consulting"), ("悦康体检中心", "Healthcare"),
    ("Ninefold Publishing", "Media"), ("瑞禾农业科技有限公司", "Technology"), ("Amber Road Logistics", "Logistics"),
    ("文澜国际学校", "Education"),
)  # fmt: skip
STAFF_COMPANIES = 20  # companies whose staff and contacts are customers of their own
REGIONS = {
    "Guangzhou": 0.34,
    "Shenzhen": 0.25,
    "Hong Kong": 0.17,
    "Foshan": 0.1,
    "Zhuhai": 0.07,
    "Overseas": 0.07,
}
SOURCES = {"walk-in": 0.3, "referral": 0.16, "online travel agent": 0.2, "website": 0.18, "sales visit": 0.16}
CHANNELS = ("Front desk", "WeChat", "Phone", "Website", "Travel agent")
BRANCHES = {
    "Kapok Court Hotel": "Kapok", "Kapok Court Restaurant": "Kapok", "Harbour House": "Harbour",
    "Harbour House Rooftop": "Harbour", "Banyan Hills Resort": "Banyan",
}  # fmt: skip
# Category: products with a usual price, and what a unit of revenue costs.
PRODUCTS: dict[str, tuple[dict[str, int], float]] = {
    "Rooms": ({"Deluxe room": 880, "Harbour suite": 2180, "Family room": 1260, "Weekly stay": 4600}, 0.38),
    "Dining": (
        {"Set lunch": 268, "Dim sum 粤式早茶": 320, "Seafood dinner": 880, "Private room dinner": 2380},
        0.55,
    ),
    "Banquet": ({"Company banquet": 16800, "Birthday banquet": 9800, "Wedding banquet": 42000}, 0.6),
    "Conference": ({"Half-day meeting": 3800, "Full-day meeting": 7200}, 0.42),
    "Spa": ({"Herbal massage": 680, "Spa day": 1380}, 0.45),
    "Gifts": ({"Mooncake box 月饼": 398, "Tea hamper": 568}, 0.5),
}
TASTES = {
    "individual": (("Dining", 0.5), ("Rooms", 0.24), ("Spa", 0.12), ("Gifts", 0.08), ("Banquet", 0.06)),
    "company": (("Dining", 0.34), ("Rooms", 0.3), ("Conference", 0.2), ("Banquet", 0.1), ("Gifts", 0.06)),
}
# Demand by calendar month; quiet from May to October, so that the last two windows compare fairly.
SEASON = (1.2, 1.25, 0.85, 0.95, 1.0, 0.97, 1.03, 1.0, 1.02, 1.03, 0.95, 1.15)


def group_tables(rng: np.random.Generator) -> dict[str, list[Row]]:
    """The group's customers, transactions, interactions, surveys and redemptions, without any dirt."""
    customers, habits = _customers(rng)
    transactions = _transactions(rng, customers, habits)
    _budgets(rng, customers, transactions)
    return {
        "customers": customers,
        "transactions": transactions,
        "interactions": _interactions(rng, customers, habits, transactions),
        "surveys": _surveys(rng, customers, habits, transactions),
        "redemptions": _redemptions(rng, customers, transactions),
    }


def _customers(rng: np.random.Generator) -> tuple[list[Row], list[Habit]]:
    everyone = [habit for habit in HABITS for _ in range(habit.customers)]
    habits = [everyone[i] for i in rng.permutation(len(everyone))]
    places = [i for i, habit in enumerate(habits) if habit.name != "never came"]
    companies = [int(i) for i in sorted(rng.choice(places, len(COMPANIES), replace=False))]
    hosts = companies[:STAFF_COMPANIES]
    rows: list[Row] = []
    for i, habit in enumerate(habits):
        came = habit.name != "never came"
        first = AS_OF - timedelta(int(rng.integers(habit.first[0], habit.first[1] + 1))) if came else None
        kind = "company" if i in companies else "contact" if not came and rng.random() < 0.6 else "individual"
        row: Row = {
            "customer_id": f"C{i + 1:04d}",
            "kind": kind,
            "first": first,
            "source": _pick(rng, SOURCES),
        }
        row["region"] = _pick(rng, REGIONS)
        row["brand"] = _pick(rng, {"Kapok": 0.45, "Harbour": 0.35, "Banyan": 0.2})
        row["channel"] = CHANNELS[int(rng.choice(5, p=(0.24, 0.3, 0.18, 0.2, 0.08)))]
        if kind == "company":
            row["name"], row["industry"] = COMPANIES[companies.index(i)]
            _company_terms(rng, row)
        else:
            _person(rng, row, hosts if rng.random() < (0.85 if kind == "contact" else 0.14) else ())
        rows.append(row)
    for row in rows:
        host = row.pop("host", None)
        if host is not None:
            row["company"], row["industry"] = rows[host]["name"], rows[host].get("industry")
            row["parent_id"] = rows[host]["customer_id"] if rng.random() < 0.7 else None
        earlier = [
            other for other in rows if other["first"] and row["first"] and other["first"] < row["first"]
        ]
        if row["source"] == "referral" and earlier:
            # Few people refer many: the square pulls towards the longest-standing guests.
            earlier.sort(key=lambda other: (other["first"], other["customer_id"]))
            row["referrer_id"] = earlier[int(rng.random() ** 2 * len(earlier))]["customer_id"]
        if _lost(habits[int(row["customer_id"][1:]) - 1]) and rng.random() < 0.4:
            row["lost_reason"] = _pick(
                rng, {"price": 0.3, "moved away": 0.25, "service": 0.25, "competitor": 0.15, "product": 0.05}
            )
    return rows, habits


def _company_terms(rng: np.random.Generator, row: Row) -> None:
    row["contact_name"] = _name(rng)
    row["settlement"] = _pick(rng, {"on_account": 0.5, "on_time": 0.3, "prepaid": 0.2})
    row["reputation"] = _pick(rng, {"A": 0.14, "B": 0.26, "C": 0.3, "": 0.3}) or None
    row["contract_end"] = AS_OF + timedelta(int(rng.integers(-60, 500))) if rng.random() < 0.75 else None
    row["is_member"], row["marketable"] = False, bool(rng.random() < 0.9)


def _person(rng: np.random.Generator, row: Row, hosts: Sequence[int]) -> None:
    row["name"] = _name(rng)
    if len(hosts):
        row["host"] = int(rng.choice(hosts))
    row["is_member"] = bool(row["first"]) and bool(rng.random() < 0.58)
    if row["is_member"]:
        joined = row["first"] + timedelta(int(rng.exponential(25)))
        row["joined"] = min(joined, AS_OF)
    row["marketable"] = bool(rng.random() < 0.8)
    row["birthday"] = (
        date(1950, 1, 1) + timedelta(int(rng.integers(0, 55 * 365))) if rng.random() < 0.7 else None
    )
    row["settlement"] = _pick(rng, {"cash": 0.4, "prepaid": 0.14, "on_time": 0.08, "": 0.38}) or None
    row["reputation"] = _pick(rng, {"A": 0.01, "B": 0.04, "C": 0.1, "": 0.85}) or None
    row["email"] = f"guest{row['customer_id'][1:]}@example.com" if rng.random() < 0.6 else None


def _transactions(rng: np.random.Generator, customers: list[Row], habits: list[Habit]) -> list[Row]:
    rows: list[Row] = []
    everyone = [customer["customer_id"] for customer in customers]
    known = [
        c["customer_id"] for c, h in zip(customers, habits, strict=True) if h.name in ("regular", "growing")
    ]
    visits = []
    for customer, habit in zip(customers, habits, strict=True):
        if customer["first"] is None:
            continue
        company = customer["kind"] == "company"
        monthly = min(float(rng.lognormal(0.1 if company else -0.4, 0.55)), 7.0)
        if habit.name == "departed":
            monthly = max(monthly, 0.9)  # who came rarely is late, not gone
        ticket = min(float(rng.lognormal(0.55 if company else 0.0, 0.5)), 4.5)
        usual = TASTES["company" if company else "individual"]
        taste = rng.dirichlet([5 * share for _, share in usual])
        place = int(rng.choice(len(BRANCHES), p=(0.26, 0.22, 0.2, 0.14, 0.18)))
        for day in _visit_days(rng, customer["first"], habit, monthly):
            visits.append((day, customer, ticket, [name for name, _ in usual], taste, place))
    visits.sort(key=lambda visit: (visit[0], visit[1]["customer_id"]))
    for number, (day, customer, ticket, categories, taste, place) in enumerate(visits, start=1):
        order = f"T{day:%y%m}-{number:05d}"
        lines = int(rng.choice((1, 2, 3), p=(0.79, 0.16, 0.05)))
        usual_place = rng.random() < 0.75
        shared: Row = {
            "transaction_id": order,
            "date": day,
            "customer_id": customer["customer_id"],
            "channel": customer["channel"] if rng.random() < 0.7 else CHANNELS[int(rng.integers(5))],
            "branch": list(BRANCHES)[place if usual_place else int(rng.integers(len(BRANCHES)))],
            "settlement": customer.get("settlement") or ("cash" if rng.random() < 0.7 else "on_time"),
        }
        if rng.random() < 0.03:
            shared["channel"] = None
        if rng.random() < 0.04:
            shared["guests"] = "; ".join(
                str(guest)
                for guest in rng.choice(everyone, int(rng.integers(1, 4)), replace=False)
                if guest != customer["customer_id"]
            )
        if rng.random() < 0.03:
            shared["designated_by"] = known[int(rng.random() ** 2 * len(known))]
        order_rows = []
        for category in rng.choice(categories, min(lines, 3), replace=False, p=taste):
            order_rows.append(shared | _line(rng, str(category), ticket, customer))
        rows += order_rows
        if rng.random() < 0.012:
            rows.append(_refund(rng, order_rows[0], number))
    rows.sort(key=lambda row: (row["date"], row["transaction_id"]))
    return [row for row in rows if row["date"] <= AS_OF]


def _visit_days(rng: np.random.Generator, first: date, habit: Habit, monthly: float) -> list[date]:
    """First visit, then gaps of a steady rhythm (gamma, shape 9) at the pace of that time of the year."""
    until = AS_OF - timedelta(int(rng.integers(habit.last[0], habit.last[1] + 1)))
    days, day = [first], float(first.toordinal())
    while not habit.once:
        now = date.fromordinal(int(day))
        ago = [before for before, _ in habit.pace]
        pace = float(np.interp((AS_OF - now).days, ago, [share for _, share in habit.pace]))
        day += float(rng.gamma(9, 30.4375 / (monthly * pace * SEASON[now.month - 1]) / 9))
        visit = date.fromordinal(int(day))
        if visit.weekday() in (0, 1) and rng.random() < 0.4:
            visit += timedelta(4)  # early in the week people wait for Friday
        if visit > until:
            break
        days.append(visit)
    return days


def _line(rng: np.random.Generator, category: str, ticket: float, customer: Row) -> Row:
    products, cost_share = PRODUCTS[category]
    price_list = list(products.items())
    # Everybody has a price they are used to, and mostly stays near it.
    weight = np.exp([-(np.log(price / (420 * ticket)) ** 2) for _, price in price_list])
    product, price = price_list[int(rng.choice(len(price_list), p=weight / weight.sum()))]
    quantity = 1 if category == "Banquet" else 1 + int(rng.poisson(0.5 * ticket))
    discount = (
        float(rng.choice((0.0, 0.05, 0.1, 0.15), p=(0.3, 0.3, 0.3, 0.1))) if customer["is_member"] else None
    )
    if customer["kind"] == "company" and rng.random() < 0.6:
        discount = float(rng.choice((0.1, 0.15, 0.2)))
    gross = quantity * price * float(rng.lognormal(0, 0.12))
    amount = round(gross * (1 - (discount or 0)), 2)
    cost = round(gross * cost_share * float(rng.uniform(0.85, 1.15)), 2)
    return {
        "product": product,
        "category": category,
        "quantity": quantity,
        "amount": amount,
        "cost": cost if rng.random() < 0.98 else None,
        "discount": discount,
    }


def _refund(rng: np.random.Generator, row: Row, number: int) -> Row:
    """Money given back some days later, half the time under the order's own number."""
    part = float(rng.choice((0.2, 0.5, 1.0)))
    refund = row | {
        "date": row["date"] + timedelta(int(rng.integers(0, 12))),
        "amount": -round(row["amount"] * part, 2),
        "cost": 0.0,
        "quantity": None,
        "guests": None,
        "designated_by": None,
    }
    if rng.random() < 0.5:
        refund["transaction_id"] = f"RF-{number:05d}"
    return refund


def _budgets(rng: np.random.Generator, customers: list[Row], transactions: list[Row]) -> None:
    """What a customer plans to spend a month: spend divided by a share of wallet, in round figures."""
    spend: dict[str, float] = {}
    for row in transactions:
        spend[row["customer_id"]] = spend.get(row["customer_id"], 0.0) + row["amount"]
    for customer in customers:
        first = customer.pop("first")
        if rng.random() < (0.8 if customer["kind"] == "company" else 0.3) and customer["kind"] != "contact":
            months = max((AS_OF - first).days / 30.4375, 1.0) if first else 1.0
            monthly = max(spend.get(customer["customer_id"], 0.0), 900.0) / months
            wanted = monthly / float(rng.choice((0.12, 0.3, 0.6, 0.85), p=(0.25, 0.35, 0.25, 0.15)))
            step = 10.0 ** max(int(np.log10(wanted)) - 1, 2)
            customer["budget"] = float(max(round(wanted / step) * step, step))


def _interactions(
    rng: np.random.Generator, customers: list[Row], habits: list[Habit], transactions: list[Row]
) -> list[Row]:
    rows: list[Row] = []
    by_customer = _rows_by_customer(transactions)
    owners = ("林主管", "Grace H.", "何经理", "Daniel F.")
    for customer, habit in zip(customers, habits, strict=True):
        bought = by_customer.get(customer["customer_id"], [])
        calls = 1 + int(rng.poisson(3.5)) if customer["kind"] == "company" else int(rng.poisson(0.9))
        for _ in range(calls):
            day = AS_OF - timedelta(int(rng.integers(0, 500)))
            row = _contact(
                rng, customer, day, _pick(rng, {"call": 0.5, "visit": 0.3, "follow_up": 0.2}), owners
            )
            row["phase"] = "sale" if bought else "presale"
            row["outcome"] = _pick(rng, {"reached": 0.45, "answered": 0.25, "won": 0.1, "no answer": 0.2})
            row["cost"] = 180.0 if row["type"] == "visit" else 12.0
            rows.append(row)
        if not bought:
            continue
        unhappy = 0.5 if habit.name in ("declining", "departed") else 0.14
        last = bought[-1]["date"]
        for _ in range(int(rng.poisson(unhappy))):
            near = (
                last
                if habit.name in ("declining", "departed")
                else bought[int(rng.integers(len(bought)))]["date"]
            )
            rows.append(_complaint(rng, customer, near, owners))
        for _ in range(int(rng.poisson(0.05 + 0.012 * len(bought)))):
            day = bought[int(rng.integers(len(bought)))]["date"]
            rows.append(
                _contact(rng, customer, day, "praise" if rng.random() < 0.75 else "suggestion", owners)
            )
    rows.sort(key=lambda row: (row["date"], row["customer_id"]))
    return rows


def _contact(rng: np.random.Generator, customer: Row, day: date, kind: str, owners: Sequence[str]) -> Row:
    return {
        "customer_id": customer["customer_id"],
        "date": datetime(
            day.year, day.month, day.day, int(rng.integers(9, 21)), int(rng.integers(0, 12)) * 5
        ),
        "phase": "aftersale",
        "channel": customer["channel"],
        "type": kind,
        "owner": owners[int(rng.integers(len(owners)))],
        "department": _pick(rng, {"Front office": 0.4, "Restaurant": 0.35, "Sales": 0.25}),
    }


def _complaint(rng: np.random.Generator, customer: Row, near: date, owners: Sequence[str]) -> Row:
    row = _contact(rng, customer, min(near + timedelta(int(rng.integers(0, 4))), AS_OF), "complaint", owners)
    row["severity"] = int(rng.choice((1, 2, 3), p=(0.5, 0.35, 0.15)))
    row["reason"] = _pick(rng, {"service": 0.45, "price": 0.2, "product": 0.25, "competitor": 0.1})
    row["responded"] = row["date"] + timedelta(hours=float(rng.integers(1, 30)))
    if rng.random() < 0.85:
        row["closed"] = row["date"] + timedelta(hours=float(rng.integers(8, 160)))
    return row


def _surveys(
    rng: np.random.Generator, customers: list[Row], habits: list[Habit], transactions: list[Row]
) -> list[Row]:
    rows: list[Row] = []
    by_customer = _rows_by_customer(transactions)
    for customer, habit in zip(customers, habits, strict=True):
        bought = by_customer.get(customer["customer_id"], [])
        asked = min(int(rng.poisson(0.25 + 0.04 * len(bought))), 3) if bought else 0
        mood = float(
            rng.normal(0.62 if habit.name in ("declining", "departed", "tried once") else 0.84, 0.11)
        )
        for visit in sorted(int(v) for v in rng.choice(len(bought), min(asked, len(bought)), replace=False)):
            day = min(bought[visit]["date"] + timedelta(2), AS_OF)
            answers = [
                ("推荐意愿" if rng.random() < 0.2 else "nps", 10),
                ("room", 5),
                ("food", 5),
                ("service", 5),
            ]
            for item, scale in answers:
                if item in ("room", "food") and rng.random() < 0.3:
                    continue
                answer = round(float(np.clip(rng.normal(mood, 0.1), 0.1, 1)) * scale)
                rows.append({
                    "customer_id": customer["customer_id"], "date": day, "item": item, "score": answer,
                    "scale": scale if scale != 10 else None, "set": "stay" if bought[visit]["category"] == "Rooms" else "visit",
                    "department": {"room": "Front office", "food": "Restaurant"}.get(item),
                })  # fmt: skip
    rows.sort(key=lambda row: (row["date"], row["customer_id"]))
    return rows


def _redemptions(rng: np.random.Generator, customers: list[Row], transactions: list[Row]) -> list[Row]:
    rows: list[Row] = []
    by_customer = _rows_by_customer(transactions)
    gifts = {"Afternoon tea for two": 800, "Room upgrade": 1500, "Tea hamper": 500, "Free night": 4000}
    for customer in customers:
        bought = by_customer.get(customer["customer_id"], [])
        spend = sum(row["amount"] for row in bought)
        if not customer["is_member"] or spend < 4000:
            continue
        for _ in range(int(rng.integers(0, 3))):
            gift = _pick(
                rng,
                {"Afternoon tea for two": 0.4, "Room upgrade": 0.2, "Tea hamper": 0.35, "Free night": 0.05},
            )
            day = bought[len(bought) // 2 + int(rng.integers(0, (len(bought) + 1) // 2))]["date"]
            if gifts[gift] < spend / 4:
                rows.append(
                    {"customer_id": customer["customer_id"], "date": day, "points": gifts[gift], "item": gift}
                )
    rows.sort(key=lambda row: (row["date"], row["customer_id"]))
    return rows


def _rows_by_customer(transactions: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in transactions:
        if row["amount"] >= 0:
            found.setdefault(row["customer_id"], []).append(row)
    return found


def _pick(rng: np.random.Generator, shares: dict[str, float]) -> str:
    names = list(shares)
    return names[int(rng.choice(len(names), p=list(shares.values())))]


def _name(rng: np.random.Generator) -> str:
    if rng.random() < 0.6:
        return XING[int(rng.integers(len(XING)))] + MING[int(rng.integers(len(MING)))]
    return f"{GIVEN[int(rng.integers(len(GIVEN)))]} {FAMILY[int(rng.integers(len(FAMILY)))]}"


def _lost(habit: Habit) -> bool:
    return habit.name in ("departed", "tried once")
