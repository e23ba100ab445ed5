"""What a wrong name or function was probably meant to be."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from tierbook.rulepack.tokens import Token, canonical
from tierbook.rulepack.tree import FUNCTIONS, POPULATION, ExpressionError

# Letters of other scripts that look like Latin ones.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝвнкмтгпАВЕКМНОРСТХІЈЅαορνικτυχηΑΒΕΖΗΙΚΜΝΟΡΤΥΧıſɑɡ",
    "aeopcyxijsdhqwbhkmtrnABEKMHOPCTXIJSaopviktuxnABEZHIKMNOPTYXisag",
)
# Per what the reader calls a name: a name that looks right, one that is nearly right, and any other.
_UNKNOWN = {
    "feature": (
        "unknown feature {name}; its {letter} is {script}.",
        "unknown feature {name}; did you mean {near}?",
        "unknown feature {name}",
    ),
    "column": (
        "unknown column {name}; its {letter} is {script}.",
        "unknown column {name}; did you mean {near}?",
        "unknown column {name}",
    ),
}
_ELSEWHERE = {
    "ceiling": "ceil", "pow": "power", "max": "greatest", "maximum": "greatest", "min": "least", "minimum": "least",
    "iif": "if", "ifnull": "coalesce", "nvl": "coalesce", "isnull": "coalesce", "ifs": "case when", "len": "length",
    "char_length": "length", "datediff": "days", "date_diff": "days", "log": "ln", "lcase": "lower", "ucase": "upper",
    "percent_rank": "percent_rank_of_all", "median": "median_of_all", "sum": "sum_of_all", "rank": "top_share",
}  # fmt: skip


def unknown_name(token: Token, names: Iterable[str], called: str) -> ExpressionError:
    """A name nobody gave; says when a letter of another script only looks right."""
    written, known = canonical(token.text), list(names)
    shown = f"'{token.text}'"
    foreign_letter, misspelt, unknown = _UNKNOWN[called]
    latin = canonical(token.text.translate(_LOOKALIKES))
    foreign = next((sign for sign in token.text if sign != sign.translate(_LOOKALIKES)), "")
    if foreign and (latin in known or _mixed(token.text)):
        return ExpressionError(
            foreign_letter,
            fix="Type it again: {near}.",
            offset=token.offset,
            name=shown,
            letter=f"'{foreign}'",
            script=unicodedata.name(foreign, "U+????").title(),
            near=latin,
        )
    near = _nearest(written, known)
    if not near:
        return ExpressionError(unknown, offset=token.offset, name=shown)
    return ExpressionError(
        misspelt,
        offset=token.offset,
        name=shown,
        near=f"'{near}'",
    )


def unknown_function(token: Token, names: Iterable[str], population: bool) -> ExpressionError:
    """A function the language does not have."""
    name = token.text.lower()
    if canonical(token.text) in names:
        return ExpressionError(
            "{name} is no function.",
            fix="Take the brackets away.",
            offset=token.offset,
            name=f"'{token.text}'",
        )
    known = [*FUNCTIONS, *POPULATION] if population else list(FUNCTIONS)
    near = _ELSEWHERE.get(name) or _nearest(name, known)
    if near and (near not in POPULATION or population):
        return ExpressionError(
            "unknown function {name}; did you mean {near}?",
            offset=token.offset,
            name=f"'{token.text}'",
            near=f"'{near}'",
        )
    return ExpressionError(
        "unknown function {name}.",
        fix="There are {functions}.",
        offset=token.offset,
        name=f"'{token.text}'",
        functions=", ".join(known),
    )


def _mixed(name: str) -> bool:
    """Latin letters beside Cyrillic or Greek ones."""
    scripts = {unicodedata.name(sign, "").split(" ")[0] for sign in name if sign.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK"})


def _nearest(name: str, known: list[str]) -> str:
    return next(iter(get_close_matches(name[:100], known, 1)), "")
