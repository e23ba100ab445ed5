"""Formulas in the parts of a workbook package, converted where they stand; every other byte stays.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import re
from html import unescape

from addin.calc.spelling import Spelling

_WITHOUT = re.compile(
    r"docProps/|customXml/|\[Content_Types\]|(?:.*/)?(?:sharedStrings|styles|theme\d*|calcChain)\.xml$", re.I
)
# Cells, names, conditional formats, validations, calculated and total columns of tables, and the formulas of extensions.
_FORMULA = re.compile(
    rb"(<((?:[A-Za-z_][\w.-]*:)?(?:f|formula|formula1|formula2|definedName|calculatedColumnFormula|totalsRowFormula))"
    rb"(?:\s[^<>]*)?(?<!/)>)([^<]+)(</\2\s*>)"
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def may_hold_formulas(name: str) -> bool:
    """Whether a part of that name may hold formulas."""
    return name.lower().endswith(".xml") and not _WITHOUT.match(name)


def convert_part(data: bytes, spelling: Spelling, to: str) -> bytes:
    """The part with the functions in its formulas in another spelling."""
    if data[:2] in _UTF16:
        text = data.decode("utf-16")
        converted = _converted(text.encode("utf-8"), spelling, to).decode("utf-8")
        return (
            data
            if converted == text
            else data[:2] + converted.encode("utf-16-le" if data[:2] == _UTF16[0] else "utf-16-be")
        )
    return _converted(data, spelling, to)


def _converted(data: bytes, spelling: Spelling, to: str) -> bytes:
    def replaced(found: re.Match[bytes]) -> bytes:
        try:
            written = found[3].decode("utf-8")
        except UnicodeDecodeError:
            return found[0]
        if not spelling.mentions(written):
            return found[0]
        formula = unescape(written)
        converted = spelling.convert(formula, to)
        if converted == formula:
            return found[0]
        return found[1] + _escaped(converted).encode("utf-8") + found[4]

    return _FORMULA.sub(replaced, data)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
