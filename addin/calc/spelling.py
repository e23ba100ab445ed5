"""One function, three spellings in formulas, and the converter between them.

Excel for Windows and a workbook's text say `CRM_VALUE`, Office.js says `CRM.VALUE`, LibreOffice keeps
`ORG.TIERBOOK.FUNCTIONS.CRMVALUE`. LibreOffice takes references only where a range with error cells shall survive, so
there each function has a twin for values and nested functions, `CRM_VALUE_OF`, and where a range may be left out one that
takes it as a reference, `CRM_VALUE_WITH_HEADERS`; which one a formula needs is seen here.
Excel may also keep `_xldudf_CRM_VALUE` or, with a link to the add-in, `[1]!CRM_VALUE` and `tierbook.xlam!CRM_VALUE`.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

SPELLINGS = ("excel", "office", "calc")
SERVICE = "org.tierbook.Functions"
TWIN, WITH = "_OF", "_WITH_"

_PREFIX = f"{SERVICE.upper()}."
_TEXT = r'"(?:[^"]|"")*(?:"|$)'
_QUOTED = r"'(?:[^']|'')*(?:'|$)"
_NAME = (
    r"(?:\[\d+\]!|'[^']*tierbook\.xlam'!|(?<![\w.$!\\])(?:tierbook\.xlam!|_xldudf_|_xll\.)?)"
    rf"(?P<name>CRM[._]\w+(?:\.\w+)*|{re.escape(_PREFIX)}\w+)(?=\s*\()"
)
_PIECE = re.compile(rf"{_TEXT}|{_NAME}|{_QUOTED}|\[", re.I)
_STEP = re.compile(rf"{_TEXT}|{_QUOTED}|[\[(){{}},;]", re.I)

_SHEET = r"""(?:\$?(?:'(?:[^']|'')+'|[^\s'"()+\-*/^&=<>,;:{}!]+)[!.]|\.)?"""
_CELL = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
_REFERENCE = re.compile(
    rf"""{_SHEET}(?:{_CELL}(?::{_SHEET}{_CELL})?|\$?[A-Z]{{1,3}}:\$?[A-Z]{{1,3}}|\$?[0-9]+:\$?[0-9]+)
    |(?!(?:TRUE|FALSE)$)[^\W\d][\w.\\]*(?:\[.*\])?|(?:INDEX|OFFSET|INDIRECT)\s*\(.*\)""",
    re.I | re.X | re.S,
)


def method(name: str) -> str:
    """The name of a function in LibreOffice's interface.

    >>> method("CRM_VALUE_PARTS")
    'crmValueParts'
    """
    first, *others = name.lower().split("_")
    return first + "".join(word.capitalize() for word in others)


def place_of(positions: Sequence[int]) -> str:
    """Positions of arguments as the key of a variant.

    >>> place_of((2, 4))
    '2,4'
    """
    return ",".join(map(str, positions))


class Spelling:
    """The converter for the functions of a list.

    Parameters
    ----------
    ranges : mapping
        Function -> positions of the arguments that LibreOffice's function takes as references only.
    variants : mapping
        Function -> positions of optional ranges, by `place_of` -> name of the variant that takes these as references.

    >>> known = Spelling({"CRM_TIER": (0,)}, {"CRM_TIER": {"2": "CRM_TIER_WITH_HEADERS"}})
    >>> known.convert('=CRM.TIER(B2,,A1)&CRM.TIER(B2)&"CRM.TIER("', "calc")
    '=ORG.TIERBOOK.FUNCTIONS.CRMTIERWITHHEADERS(B2,,A1)&ORG.TIERBOOK.FUNCTIONS.CRMTIER(B2)&"CRM.TIER("'
    """

    def __init__(
        self, ranges: Mapping[str, Sequence[int]], variants: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.ranges, self.variants = ranges, variants
        self._optional = {
            name: sorted({int(at) for places in chosen for at in places.split(",")})
            for name, chosen in variants.items()
        }
        self._known = {name: name for name in ranges}
        self._known.update({name + TWIN: name for name in ranges if name + TWIN not in ranges})
        self._known.update({one: name for name, chosen in variants.items() for one in chosen.values()})
        self._known.update({_PREFIX + method(name).upper(): base for name, base in self._known.items()})

    def mentions(self, text: str) -> bool:
        """Whether a text may hold one of the functions; a quick look."""
        upper = text.upper()
        return "CRM_" in upper or "CRM." in upper or _PREFIX in upper

    def kept(self, text: str) -> bool:
        """Whether a text holds a name as LibreOffice keeps it."""
        return _PREFIX in text.upper()

    def foreign(self, formula: str) -> bool:
        """Whether a formula calls one of the functions in a spelling LibreOffice does not keep, or not by the best variant."""
        calls = self._calls(formula)
        return any(not one.upper().startswith(_PREFIX) for one, _, _ in calls) or (
            bool(calls) and self.convert(formula, "calc").upper() != formula.upper()
        )

    def called(self, formula: str) -> list[str]:
        """The functions a formula calls, in order."""
        return [self._base(name) or "" for name, _, _ in self._calls(formula)]

    def convert(self, formula: str, to: str) -> str:
        """The formula with its functions in another spelling; texts, sheet names and all else as they are."""
        pieces, at = [], 0
        for name, start, end in self._calls(formula):
            base = self._base(name)
            assert base is not None
            pieces += [formula[at:start], self._spelled(base, to, formula, end)]
            at = end
        return "".join([*pieces, formula[at:]]) if pieces else formula

    def _spelled(self, base: str, to: str, formula: str, end: int) -> str:
        if to == "excel":
            return base
        if to == "office":
            return base.replace("_", ".", 1)
        given = arguments(formula, formula.index("(", end))
        nested = any(at < len(given) and not is_reference(given[at]) for at in self.ranges[base])
        return _PREFIX + method(base + TWIN if nested else self._variant(base, given)).upper()

    def _variant(self, base: str, given: Sequence[str]) -> str:
        """The variant that takes as many of the optional ranges as references as are given so."""
        optional = [at for at in self._optional.get(base, ()) if at < len(given)]
        chosen = [at for at in optional if given[at] and is_reference(given[at])]
        while chosen:
            found = self.variants[base].get(place_of(chosen))
            if found:
                return found
            chosen.pop()
        return base

    def _base(self, name: str) -> str | None:
        upper = name.upper()
        return self._known.get(upper if upper.startswith(_PREFIX) else upper.replace(".", "_"))

    def _calls(self, formula: str) -> list[tuple[str, int, int]]:
        """Name, start and end of every call of ours."""
        found, at = [], 0
        while match := _PIECE.search(formula, at):
            at = match.end()
            if match[0] == "[":
                at = _after_bracket(formula, match.start())
            elif match["name"] and self._base(match["name"]):
                found.append((match["name"], match.start(), match.end()))
        return found


def arguments(formula: str, opening: int) -> list[str]:
    """The arguments of the call whose bracket opens there, in either program's notation.

    >>> arguments('=F(A1, G("a,b";2), {1,2})', 2)
    ['A1', 'G("a,b";2)', '{1,2}']
    """
    given, depth, at, begun = [], 0, opening, opening + 1
    while match := _STEP.search(formula, at):
        sign, at = match[0], match.end()
        if sign == "[":
            at = _after_bracket(formula, match.start())
        elif sign in "({":
            depth += 1
        elif sign in ")}":
            depth -= 1
            if not depth:
                given.append(formula[begun : match.start()].strip())
                break
        elif sign in ",;" and depth == 1:
            given.append(formula[begun : match.start()].strip())
            begun = at
    return given


def is_reference(argument: str) -> bool:
    """Whether an argument is a plain reference or name, or left out.

    >>> [is_reference(one) for one in ("Data!$A$2:$A$9", "$'my sheet'.A1", "A:A", "Sales[x]", "", "12", "A1*2")]
    [True, True, True, True, True, False, False]
    """
    return not argument or _REFERENCE.fullmatch(argument) is not None


def _after_bracket(formula: str, start: int) -> int:
    """Where the square bracket that opens there has ended; an apostrophe makes the next sign plain."""
    depth, at = 0, start
    while at < len(formula):
        sign = formula[at]
        if sign == "'":
            at += 1
        depth += (sign == "[") - (sign == "]")
        at += 1
        if not depth:
            break
    return at
