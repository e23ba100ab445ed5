"""What LibreOffice must know of each function: methods, kinds of arguments, texts; made from the registry."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

from addin.calc.spelling import SERVICE, TWIN, WITH, Spelling, method, place_of
from tierbook.language import LANGUAGES, say
from udfs.registry import ExcelFunction, functions

MODULE, INTERFACE = SERVICE.rpartition(".")[0], "XFunctions"
MOST_PAIRS = 4  # further tables of one call; LibreOffice wants each argument declared

Kind = str
RANGE: Kind = "com.sun.star.table.XCellRange"
VALUE: Kind = "any"
CALLER: Kind = "com.sun.star.beans.XPropertySet"
TABLE: Kind = "[][]any"


class Parameter(NamedTuple):
    """One argument: its type in the interface, and its name and help in each language."""

    kind: Kind
    name: dict[str, str]
    help: dict[str, str]


class Method(NamedTuple):
    """One method of the interface: a function, its twin for values and nested functions, or a variant of `variants`."""

    name: str
    display: str
    help: dict[str, str]
    parameters: tuple[Parameter, ...]
    result: Kind


def methods() -> list[Method]:
    """All methods in the order of their names, as a type library lists them.

    A required range is a reference, which survives error cells. LibreOffice lets only arguments of any kind be left out,
    and refuses a range with errors for those; so for each choice of optional ranges that are given there is a variant
    that takes them as references.
    """
    found = []
    for function in functions().values():
        texts = {language: say(function.help, language) for language in LANGUAGES}
        always = _ranges(function)
        found.append(_method(function.name, function, texts, always))
        if always:
            sentence = "{help} This one takes typed values and nested functions; {name} takes references."
            found.append(_method(function.name + TWIN, function, _said(sentence, function, texts), ()))
        for given, name in variants(function).items():
            sentence = "{help} This one is {name} with references for ranges that may be left out."
            found.append(_method(name, function, _said(sentence, function, texts), (*always, *given)))
    return sorted(found)


def variants(function: ExcelFunction) -> dict[tuple[int, ...], str]:
    """Positions of optional ranges that are given as references -> name of the variant that takes them so.

    Further tables are given one after the other, so of those there is a variant for each number.
    """
    single = [
        at
        for at, one in enumerate(function.arguments)
        if not one.required and one.shape not in ("cell", "pack", "pairs")
    ]
    pairs = [at for at, one in enumerate(function.arguments) if one.shape == "pairs"]
    found = {}
    for chosen in (some for count in range(len(single) + 1) for some in combinations(single, count)):
        parts = [function.arguments[at].name for at in chosen]
        if chosen:
            found[chosen] = _variant(function, parts)
        for at in pairs:
            for number in range(1, MOST_PAIRS + 1):
                tables = tuple(at + 2 * before + 1 for before in range(number))
                more = [*parts, f"{function.arguments[at].name}_{number}"]
                found[(*chosen, *tables)] = _variant(function, more)
    return found


def _variant(function: ExcelFunction, parts: list[str]) -> str:
    return function.name + WITH + "_".join(parts).upper()


def _said(sentence: str, function: ExcelFunction, texts: dict[str, str]) -> dict[str, str]:
    return {
        language: say(sentence, language, help=text, name=function.name) for language, text in texts.items()
    }


def spelling() -> Spelling:
    """The converter between the spellings of all functions."""
    known = facts()
    return Spelling(known["ranges"], known["variants"])


def facts() -> dict[str, Any]:
    """What the component needs to know, as JSON: function -> positions of reference arguments; function -> positions of
    optional ranges given -> variant; method -> function, whether its result is a single cell, whether dates may be among
    its cells, and whether it takes a rule pack."""
    known = functions().values()
    return {
        "ranges": {function.name: _ranges(function) for function in known},
        "variants": {
            function.name: {place_of(given): name for given, name in variants(function).items()}
            for function in known
        },
        "methods": {
            method(name): {
                "function": function.name,
                "single": function.result == "cell",
                "dates": any(
                    one.kind == "date" or one.shape not in ("cell", "column", "pack")
                    for one in function.arguments
                ),
                "pack": any(one.shape == "pack" for one in function.arguments),
            }
            for function in known
            for name in (function.name, function.name + TWIN, *variants(function).values())
        },
    }


def _ranges(function: ExcelFunction) -> tuple[int, ...]:
    return tuple(
        at for at, one in enumerate(function.arguments) if one.required and one.shape not in ("cell", "pack")
    )


def _method(name: str, function: ExcelFunction, texts: dict[str, str], references: tuple[int, ...]) -> Method:
    parameters = [Parameter(CALLER, {}, {})]
    for at, one in enumerate(function.arguments):
        said = {language: say(one.help, language) for language in LANGUAGES}
        names = [one.name]
        if one.shape == "pairs":
            names = [f"{one.name}_{part}_{n}" for n in range(1, MOST_PAIRS + 1) for part in ("name", "range")]
        for place, shown in enumerate(names, at):
            kind = RANGE if place in references else VALUE
            parameters.append(Parameter(kind, dict.fromkeys(LANGUAGES, shown), said))
    result = VALUE if function.result == "cell" else TABLE
    return Method(method(name), name, texts, tuple(parameters), result)
