"""What LibreOffice must know of each function: methods, kinds of arguments, texts; made from the registry."""

from __future__ import annotations

from typing import Any, NamedTuple

from addin.calc.spelling import SERVICE, TWIN, Spelling, method
from tierbook.language import LANGUAGES, say
from udfs.registry import Argument, ExcelFunction, functions

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
    """One method of the interface: a function, or its twin for values and nested functions."""

    name: str
    display: str
    help: dict[str, str]
    parameters: tuple[Parameter, ...]
    result: Kind


def methods() -> list[Method]:
    """All methods in the order of their names, as a type library lists them.

    A required range is a reference, which survives error cells; an optional one is not, because LibreOffice lets only
    arguments of any kind be left out.
    """
    found = []
    for function in functions().values():
        texts = {language: say(function.help, language) for language in LANGUAGES}
        found.append(_method(function.name, function, texts, RANGE))
        if _ranges(function):
            sentence = "{help} This one takes typed values and nested functions; {name} takes references."
            twin = {
                language: say(sentence, language, help=text, name=function.name)
                for language, text in texts.items()
            }
            found.append(_method(function.name + TWIN, function, twin, VALUE))
    return sorted(found)


def spelling() -> Spelling:
    """The converter between the spellings of all functions."""
    return Spelling({function.name: _ranges(function) for function in functions().values()})


def facts() -> dict[str, Any]:
    """What the component needs to know, as JSON: function -> positions of reference arguments; method -> function,
    whether its result is a single cell, whether dates may be among its cells, and whether it takes a rule pack."""
    known = functions().values()
    return {
        "ranges": {function.name: _ranges(function) for function in known},
        "methods": {
            name: {
                "function": function.name,
                "single": function.result == "cell",
                "dates": any(
                    one.kind == "date" or one.shape not in ("cell", "column", "pack")
                    for one in function.arguments
                ),
                "pack": any(one.shape == "pack" for one in function.arguments),
            }
            for function in known
            for name in (method(function.name), method(function.name + TWIN))
        },
    }


def _ranges(function: ExcelFunction) -> tuple[int, ...]:
    return tuple(at for at, one in enumerate(function.arguments) if _kind(one, RANGE) == RANGE)


def _method(name: str, function: ExcelFunction, texts: dict[str, str], range_kind: Kind) -> Method:
    parameters = [Parameter(CALLER, {}, {})]
    for one in function.arguments:
        said = {language: say(one.help, language) for language in LANGUAGES}
        if one.shape != "pairs":
            parameters.append(Parameter(_kind(one, range_kind), dict.fromkeys(LANGUAGES, one.name), said))
            continue
        for number in range(1, MOST_PAIRS + 1):
            names = [f"{one.name}_{part}_{number}" for part in ("name", "range")]
            parameters += [Parameter(VALUE, dict.fromkeys(LANGUAGES, shown), said) for shown in names]
    result = VALUE if function.result == "cell" else TABLE
    return Method(method(name), name, texts, tuple(parameters), result)


def _kind(argument: Argument, range_kind: Kind) -> Kind:
    return VALUE if argument.shape in ("cell", "pack") or not argument.required else range_kind
