"""The standard features again, slowly: loops over rows, written from `spec/systems.md` and `rules/DECISIONS.md` only.

Nothing here is shared with `tierbook.features`, so that the two can judge each other. A table is a list of dicts;
a column that a table does not have is a key that none of its rows has; a missing cell is None.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import fmean, median
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
NOT_A_CONTACT = ("complaint", "praise", "suggestion", "consultation", "claim")
DAYS_A_MONTH = 30.4375


def reference_features(tables: Tables, *, as_of: date, window_days: int) -> dict[str, dict[str, Any]]:
    """Features per customer id; missing is None, dates are dates, everything else int, float, bool or text."""
    known = {row["customer_id"]: row for row in tables.get("customers", ())}
    transactions = [row for row in _once(tables.get("transactions", ())) if row["date"] <= as_of]
    bought: dict[str, list[Row]] = {customer: [] for customer in known}
    for row in transactions:
        bought.setdefault(row["customer_id"], []).append(row)
    recent = (as_of - timedelta(window_days), as_of)
    previous = (as_of - timedelta(2 * window_days), recent[0])

    result: dict[str, dict[str, Any]] = {}
    columns = [
        name
        for name in dict.fromkeys(name for row in known.values() for name in row)
        if name != "customer_id"
    ]
    has_turnover = any("turnover" in row for row in tables.get("transactions", ()))
    for customer, rows in bought.items():
        features = {name: known.get(customer, {}).get(name) for name in columns}
        features |= _purchases(rows, as_of)
        features |= _windows(rows, recent, previous)
        features |= _rhythm(rows, as_of)
        features |= _preferences(rows, recent, has_turnover=has_turnover)
        features["settlement"] = features.get("settlement") or _top(rows, "settlement")[0]
        features |= _named_by_others(customer, known, bought)
        features |= _service(_of(customer, tables.get("interactions", ())), recent)
        features |= _survey(_of(customer, tables.get("surveys", ())), as_of)
        features |= _credit(
            customer, known.get(customer, {}).get("credit_limit"), tables.get("receivables"), as_of
        )
        result[customer] = features
    _rfm(result, bought, recent, previous)
    return result


def _once(transactions: Iterable[Row]) -> list[Row]:
    """The rows without exact repetitions; two equal rows without a number are two purchases."""
    kept: list[Row] = []
    for row in transactions:
        if row.get("transaction_id") is None or row not in kept:
            kept.append(row)
    return kept


def _of(customer: str, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["customer_id"] == customer]


def _is_purchase(row: Row) -> bool:
    return row["amount"] >= 0


def _within(day: date, window: tuple[date, date]) -> bool:
    """Windows are open at the start and closed at the end."""
    return window[0] < day <= window[1]


def _total(rows: Iterable[Row], column: str) -> Decimal:
    return sum((row[column] for row in rows if row.get(column) is not None), Decimal(0))


def _orders(rows: Iterable[Row]) -> list[list[Row]]:
    """Orders of one customer, each a list of its rows; one without any line of zero or more is no order."""
    by_id: dict[str, list[Row]] = {}
    orders = []
    for row in rows:
        if row.get("transaction_id") is None:
            orders.append([row])
        else:
            by_id.setdefault(row["transaction_id"], []).append(row)
    orders += by_id.values()
    return [order for order in orders if any(_is_purchase(row) for row in order)]


def _day_of(order: Iterable[Row]) -> date:
    return min(row["date"] for row in order if _is_purchase(row))


def _purchase_days(rows: Iterable[Row]) -> list[date]:
    return sorted({row["date"] for row in rows if _is_purchase(row)})


def _purchases(rows: list[Row], as_of: date) -> dict[str, Any]:
    orders, days = len(_orders(rows)), _purchase_days(rows)
    spend, cost = _total(rows, "amount"), _total(rows, "cost")
    months = (as_of - days[0]).days / DAYS_A_MONTH if days else None
    over = None if months is None else max(months, 1.0)
    return {
        "orders": orders,
        "total_spend": float(spend),
        "total_cost": float(cost),
        "net_value": float(spend - cost),
        "average_order": float(spend) / orders if orders else None,
        "first_date": days[0] if days else None,
        "last_date": days[-1] if days else None,
        "days_since_last": (as_of - days[-1]).days if days else None,
        "tenure_months": months,
        "orders_per_month": orders / over if over else 0.0,
        "spend_per_month": float(spend) / over if over else 0.0,
        "active_months": len({(day.year, day.month) for day in days}),
    }


def _windows(rows: list[Row], recent: tuple[date, date], previous: tuple[date, date]) -> dict[str, Any]:
    order_days = [_day_of(order) for order in _orders(rows)]
    now = _total((row for row in rows if _within(row["date"], recent)), "amount")
    before = _total((row for row in rows if _within(row["date"], previous)), "amount")
    return {
        "orders_recent": sum(_within(day, recent) for day in order_days),
        "orders_previous": sum(_within(day, previous) for day in order_days),
        "spend_recent": float(now),
        "spend_previous": float(before),
        "spend_change": float((now - before) / before) if before > 0 else None,
    }


def _rhythm(rows: list[Row], as_of: date) -> dict[str, Any]:
    days = _purchase_days(rows)
    if not days:
        names = ("median_gap_days", "overdue_ratio", "frequency", "recency", "T", "monetary_value")
        return dict.fromkeys(names)
    gap = median([(later - earlier).days for earlier, later in pairwise(days)] or [math.nan])
    frequency = len(days) - 1
    later_amount = _total((row for row in rows if _is_purchase(row) and row["date"] > days[0]), "amount")
    return {
        "median_gap_days": float(gap) if frequency else None,
        "overdue_ratio": (as_of - days[-1]).days / gap if frequency else None,
        "frequency": frequency,
        "recency": (days[-1] - days[0]).days,
        "T": (as_of - days[0]).days,
        "monetary_value": float(later_amount) / frequency if frequency else None,
    }


def _top(rows: Iterable[Row], column: str) -> tuple[str | None, Decimal]:
    """The text with the largest summed amount and that sum; the first by code point among equals."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row.get(column) is not None:
            sums[row[column]] = sums.get(row[column], Decimal(0)) + row["amount"]
    if not sums:
        return None, Decimal(0)
    largest = max(sums.values())
    return min(name for name, amount in sums.items() if amount == largest), largest


def _preferences(rows: list[Row], recent: tuple[date, date], *, has_turnover: bool) -> dict[str, Any]:
    category, category_amount = _top(rows, "category")
    channel, channel_amount = _top(rows, "channel")
    with_category = _total((row for row in rows if row.get("category") is not None), "amount")
    category_found = category is not None and category_amount > 0
    first_bought: dict[str, date] = {}
    for row in rows:
        if row.get("product") is not None and _is_purchase(row):
            first_bought[row["product"]] = min(row["date"], first_bought.get(row["product"], row["date"]))
    discounts = [float(row["discount"]) for row in rows if row.get("discount") is not None]
    holding = [float(row["holding_days"]) for row in rows if row.get("holding_days") is not None]
    return {
        "top_category": category if category_found else None,
        "top_category_share": (
            float(category_amount / with_category) if category_found and with_category > 0 else None
        ),
        "top_channel": channel if channel_amount > 0 else None,
        "channels": len({row["channel"] for row in rows if row.get("channel") is not None}),
        "new_products": sum(_within(day, recent) for day in first_bought.values()),
        "mean_discount": fmean(discounts) if discounts else None,
        "turnover": float(_total(rows, "turnover" if has_turnover else "amount")),
        "median_holding_days": median(holding) if holding else None,
    }


def _named_by_others(
    customer: str, known: Mapping[str, Row], bought: Mapping[str, list[Row]]
) -> dict[str, Any]:
    referred = [other for other, row in known.items() if row.get("referrer_id") == customer != other]
    guest_visits = designations = 0
    for other, rows in bought.items():
        for order in _orders(rows):
            guest_visits += other != customer and any(customer in _ids(row.get("guests")) for row in order)
            designations += any(row.get("designated_by") == customer for row in order)
    return {
        "referrals": len(referred),
        "referred_spend": float(sum((_total(bought[other], "amount") for other in referred), Decimal(0))),
        "guest_visits": guest_visits,
        "designations": designations,
    }


def _ids(text: str | None) -> list[str]:
    return [part.strip() for part in re.split("[;；]", text or "")]


def _service(rows: list[Row], recent: tuple[date, date]) -> dict[str, Any]:
    as_of = recent[1]
    rows = [row for row in rows if row["date"].date() <= as_of]
    in_window = [row for row in rows if _within(row["date"].date(), recent)]
    complaints = [row for row in rows if row.get("type") == "complaint"]
    open_ones = [row for row in complaints if _still_open(row.get("closed"), as_of)]
    felt = open_ones + [row for row in in_window if row.get("type") == "complaint"]
    return {
        "complaints_recent": sum(row.get("type") == "complaint" for row in in_window),
        "praises_recent": sum(row.get("type") == "praise" for row in in_window),
        "contacts_recent": sum(row.get("type") not in NOT_A_CONTACT for row in in_window),
        "open_complaints": len(open_ones),
        "worst_severity": max(
            (1 if row.get("severity") is None else row["severity"] for row in felt), default=None
        ),
    }


def _still_open(closed: datetime | None, as_of: date) -> bool:
    return closed is None or closed.date() > as_of


def _survey(rows: list[Row], as_of: date) -> dict[str, Any]:
    rows = [row for row in rows if row["date"] <= as_of]
    latest = max((row["date"] for row in rows), default=None)
    nps: list[float] = []
    others: list[float] = []
    for row in rows:
        if row["date"] == latest:
            share = float(row["score"]) / float(row.get("scale") or 10)
            (nps if row["item"] == "nps" else others).append(share)
    return {
        "nps": fmean(nps) * 10 if nps else None,
        "satisfaction": fmean(others) * 100 if others else None,
    }


def _credit(
    customer: str, limit: Decimal | None, receivables: Sequence[Row] | None, as_of: date
) -> dict[str, Any]:
    if receivables is None:
        return dict.fromkeys(("receivable", "overdue_days", "credit_used"))
    rows = [row for row in _of(customer, receivables) if row.get("issued") is None or row["issued"] <= as_of]
    owed, oldest_due = Decimal(0), None
    for row in rows:
        paid = row.get("paid") or Decimal(0)
        if row.get("paid_date") is not None and row["paid_date"] > as_of:
            paid = Decimal(0)
        if row["amount"] - paid > 0:
            owed += row["amount"] - paid
            oldest_due = row["due"] if oldest_due is None else min(row["due"], oldest_due)
    overdue = max((as_of - oldest_due).days, 0) if oldest_due else 0
    return {
        "receivable": float(owed),
        "overdue_days": overdue if rows else None,
        "credit_used": float(owed) / float(limit) if limit is not None and limit > 0 else None,
    }


def _rfm(
    result: dict[str, dict[str, Any]],
    bought: Mapping[str, list[Row]],
    recent: tuple[date, date],
    previous: tuple[date, date],
) -> None:
    """RFM scores at both dates on the cut points of the earlier one."""
    names = ("rfm_r", "rfm_f", "rfm_m")
    now = {customer: _rfm_values(rows, recent) for customer, rows in bought.items()}
    before = {customer: _rfm_values(rows, previous) for customer, rows in bought.items()}
    population = [values for values in before.values() if values is not None]
    cuts = [_quintile_cuts([values[part] for values in population]) for part in range(3)]
    for customer, features in result.items():
        for suffix, values in (("", now[customer]), ("_before", before[customer])):
            scores: list[int | None] = [None, None, None]
            if values is not None and population:
                r, f, m = (1 + sum(cut < value for cut in cuts[part]) for part, value in enumerate(values))
                scores = [6 - r, f, m]
            for name, score in zip(names, scores, strict=True):
                features[name + suffix] = score
            features["rfm_total" + suffix] = (
                None if None in scores else sum(s for s in scores if s is not None)
            )


def _rfm_values(rows: list[Row], window: tuple[date, date]) -> tuple[int, int, Decimal] | None:
    """Days since last, orders and spend of the window, as known on its last day; None before any purchase."""
    seen = [row for row in rows if row["date"] <= window[1]]
    days = _purchase_days(seen)
    if not days:
        return None
    orders = sum(_within(_day_of(order), window) for order in _orders(seen))
    spend = _total((row for row in seen if _within(row["date"], window)), "amount")
    return (window[1] - days[-1]).days, orders, spend


def _quintile_cuts(values: Sequence[Any]) -> list[Any]:
    ordered = sorted(values)
    return [ordered[math.ceil(k * len(ordered) / 5) - 1] for k in (1, 2, 3, 4)] if ordered else []
