"""Amounts as people type them: currency signs, thousands separators, full-width digits, minus in every form.

Source: `spec/tables.md`, "Reading rules", amounts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Literal, NamedTuple

from tierbook.columns.typed import Unreadable

Decimal = Literal[".", ","]

# What people write before or after an amount -> the currency meant. ¥ and 元 are one: a column rarely has both.
CURRENCIES = {
    "€": "EUR", "EUR": "EUR", "EURO": "EUR", "EUROS": "EUR",
    "$": "USD", "US$": "USD", "USD": "USD",
    "£": "GBP", "GBP": "GBP",
    "¥": "CNY", "元": "CNY", "人民币": "CNY", "RMB": "CNY", "CNY": "CNY", "CN¥": "CNY",
    "円": "JPY", "JPY": "JPY", "JP¥": "JPY",
    "HK$": "HKD", "HKD": "HKD", "港元": "HKD", "港币": "HKD", "NT$": "TWD", "TWD": "TWD",
    "S$": "SGD", "SGD": "SGD", "A$": "AUD", "AUD": "AUD", "C$": "CAD", "CAD": "CAD", "NZ$": "NZD", "NZD": "NZD",
    "₩": "KRW", "KRW": "KRW", "₹": "INR", "INR": "INR", "RS": "INR", "RS.": "INR",
    "CHF": "CHF", "FR.": "CHF", "KR": "kr", "KR.": "kr", "SEK": "SEK", "NOK": "NOK", "DKK": "DKK",
    "₽": "RUB", "RUB": "RUB", "₺": "TRY", "TRY": "TRY", "₫": "VND", "VND": "VND", "฿": "THB", "THB": "THB",
    "ZŁ": "PLN", "PLN": "PLN", "KČ": "CZK", "CZK": "CZK", "R$": "BRL", "BRL": "BRL", "ZAR": "ZAR", "MXN": "MXN",
    "₪": "ILS", "ILS": "ILS", "AED": "AED", "SAR": "SAR", "HUF": "HUF", "FT": "HUF", "RM": "MYR", "MYR": "MYR",
}  # fmt: skip
_NOT_NUMBERS = {"nan", "inf", "infinity", "true", "false", "yes", "no", "是", "否"}
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "\u2019": "'"})
_SPLIT = re.compile(r"(?P<before>[^\d.,+\-']*)(?P<digits>[\d.,'+\- ]*(?:[eE][+-]?\d+)?)(?P<after>[^\d]*)")
_STYLES = {
    ".": re.compile(
        r"(?:\d+|\d{1,3}(?:[ ']\d{3})+|\d{1,3}(?:,\d{2,3})*,\d{3})?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?"
    ),
    ",": re.compile(r"(?:\d+|\d{1,3}(?:[ ']\d{3})+|\d{1,3}(?:\.\d{3})+)?(?:,\d*)?(?:[eE][+-]?\d{1,3})?"),
}


class Amount(NamedTuple):
    """A number read from text, with what else the text said."""

    value: float
    currency: str = ""
    separator: str = ""  # "." or ",": the decimal sign a grouping or fraction in the text proves
    percent: bool = False


NOT_A_NUMBER = Unreadable("{value} is not a number.", "Enter a number or leave the cell blank.")
TOO_LARGE = Unreadable(
    "{value} is too large to be exact.", "Amounts stay below 1e24: check the unit or the decimal separator."
)
_TRUTH = Unreadable("{value} is yes or no, not a number.", "Enter a number or leave the cell blank.")
_OTHER_STYLE = {
    ".": Unreadable("{value} is written with a decimal comma.", 'Write reading: {{decimal: ","}} into config.yaml, or use a decimal point.'),
    ",": Unreadable("{value} is written with a decimal point.", 'Write reading: {{decimal: "."}} into config.yaml, or use a decimal comma.'),
}  # fmt: skip


def parse_amount(text: str, *, decimal: Decimal = ".") -> Amount | Unreadable:
    """The number a text stands for.

    Parameters
    ----------
    text : str
        One cell: `€1,234.50`, `(20)`, `１００`, `12-`, `1.5E+03`, `31 %`.
    decimal : "." or ","
        Decimal sign of the file; the other one then separates thousands.

    Returns
    -------
    Amount or Unreadable
        A percentage is divided by 100, as Excel does. `NaN`, `inf`, `TRUE` and whatever does not fit the
        separators come back as the reason why not.

    >>> parse_amount("(€1,234.50)").value
    -1234.5
    """
    plain = unicodedata.normalize("NFKC", text).translate(_MINUS).strip()
    if plain.lstrip("+-").casefold() in _NOT_NUMBERS:
        return _TRUTH if plain.casefold() not in ("nan",) and "inf" not in plain.casefold() else NOT_A_NUMBER
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        negative, plain = True, plain[1:-1].strip()
    percent = plain.endswith("%")
    plain = plain.removesuffix("%").strip()
    sign, plain = _sign(plain)
    parts = _SPLIT.fullmatch(plain)
    if parts is None or not any(character.isdigit() for character in parts["digits"]):
        return NOT_A_NUMBER
    words = [word for word in (parts["before"].strip(), parts["after"].strip()) if word]
    if len(words) > 1 or any(word.upper() not in CURRENCIES for word in words):
        return NOT_A_NUMBER
    inner_sign, digits = _sign(parts["digits"].strip())
    if negative + (sign < 0) + (inner_sign < 0) > 1:
        return NOT_A_NUMBER
    if not _STYLES[decimal].fullmatch(digits):
        other = "," if decimal == "." else "."
        return _OTHER_STYLE[decimal] if _STYLES[other].fullmatch(digits) else NOT_A_NUMBER
    value = float(_machine(digits, decimal))
    if not math.isfinite(value):
        return TOO_LARGE
    value *= -1 if negative or sign < 0 or inner_sign < 0 else 1
    group = "," if decimal == "." else "."
    return Amount(
        value=value / 100 if percent else value,
        currency=CURRENCIES[words[0].upper()] if words else "",
        separator=decimal if group in digits else "",
        percent=percent,
    )


def other_style(text: str, *, decimal: Decimal = ".") -> bool:
    """Whether a text is a number only when the other decimal sign is meant: `1.234,56` in a point column."""
    return parse_amount(text, decimal=decimal) == _OTHER_STYLE[decimal]


def _sign(text: str) -> tuple[int, str]:
    if text[:1] in ("+", "-"):
        return (-1 if text[0] == "-" else 1), text[1:].strip()
    if text.endswith("-"):
        return -1, text[:-1].strip()
    return 1, text


def _machine(digits: str, decimal: str) -> str:
    for group in {",", ".", " ", "'"} - {decimal}:
        digits = digits.replace(group, "")
    return digits.replace(decimal, ".")
