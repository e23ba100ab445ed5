"""The wrappers in VBA, one for each function of the registry: what Excel finds under a function's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from udfs.registry import Argument, ExcelFunction

PAIRS = 8
MODULE = "tierbookFunctions"
MOST_OF_A_DESCRIPTION = 255
# Words of VBA that cannot name an argument (MS-VBAL 3.3.5.2).
RESERVED = frozenset("""
    abs addressof and any array as attribute boolean byref byte byval call case cbool cbyte ccur cdate cdbl cdec cint
    circle clng clnglng clngptr close const csng cstr currency cverr cvar date debug decimal declare dim do doevents
    double each else elseif empty end endif enum eqv erase event exit false fix for friend function get global gosub
    goto if imp implements in input inputb int integer is lbound len lenb let like lock long longlong longptr loop lset
    me mod new next not nothing null on open option optional or paramarray preserve print private pset public put
    raiseevent redim rem resume return rset scale seek select set sgn shared single spc static stop string sub tab then
    to true type typeof ubound unlock until variant wend while with withevents write xor
""".split())  # fmt: skip

_HEAD = """\
Attribute VB_Name = "{module}"
Option Explicit
' Made by "tierbook addin build" from the declarations in udfs/.
"""
_WRAPPER = """
Public Function {name}({parameters}) As Variant
Attribute {name}.VB_Description = "{help}"
Attribute {name}.VB_ProcData.VB_Invoke_Func = " \\n14"
    If tierbookInWizard() Then
        {name} = CVErr(xlErrNA)
        Exit Function
    End If
    On Error GoTo failed
    {name} = tierbookAnswer("{name}", Array({values}))
    Exit Function
failed:
    {name} = tierbookFailed("{name}", Err.Description)
End Function
"""


def arguments_of(function: ExcelFunction) -> list[tuple[str, Argument]]:
    """Each argument under its name in VBA; pairs of names and ranges as so many arguments, for VBA knows no other way.

    >>> from udfs.registry import function
    >>> [name for name, _ in arguments_of(function("CRM_CHURN_RATE"))]
    ['customer_ids', 'dates', 'start', 'end_', 'inactive_days']
    """
    found = []
    for argument in function.arguments:
        if argument.shape == "pairs":
            for number in range(1, PAIRS + 1):
                found.append((f"name{number}", replace(argument, shape="cell")))
                found.append((f"range{number}", replace(argument, shape="range")))
        else:
            name = f"{argument.name}_" if argument.name.lower() in RESERVED else argument.name
            found.append((name, argument))
    return found


def functions_module(functions: Iterable[ExcelFunction]) -> str:
    """The VBA module of all wrappers."""
    return _HEAD.format(module=MODULE) + "".join(map(_wrapper, functions))


def description(text: str) -> str:
    """A help text as long as Excel takes one."""
    return text if len(text) <= MOST_OF_A_DESCRIPTION else text[: MOST_OF_A_DESCRIPTION - 1].rstrip() + "…"


def _wrapper(function: ExcelFunction) -> str:
    arguments = arguments_of(function)
    return _WRAPPER.format(
        name=function.name,
        parameters=_broken([f"Optional ByVal {name} As Variant" for name, _ in arguments]),
        values=_broken([_value(name, argument) for name, argument in arguments]),
        # The source of a module is text of one code page, and English fits into all of them.
        help=description(function.help).replace('"', '""').replace("…", "..."),
    )


def _value(name: str, argument: Argument) -> str:
    return f"tierbookPack({name})" if argument.shape == "pack" else f"tierbookCells({name})"


def _broken(parts: list[str]) -> str:
    """A list, a line for every third part: VBA takes 24 continued lines and the editor shows 100 columns."""
    lines = [", ".join(parts[at : at + 3]) for at in range(0, len(parts), 3)]
    return ", _\n        ".join(lines)
