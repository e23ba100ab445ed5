"""The tab "Tierbook" of Excel's ribbon, made from the list of actions."""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from addin.actions import ACTIONS

PART = "customUI/customUI14.xml"
NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
PREFIX = "tierbook"


class Button(NamedTuple):
    """A button: what it is called in a callback, its label and help in English, its picture (imageMso), its group."""

    name: str
    label: str
    help: str
    icon: str
    group: str


# What only the add-in itself can do: the engine that runs every other action may not be there.
OWN = (
    Button(
        "start", "Start engine", "Start the program that calculates, or find the one running.", "MacroPlay", "Engine"
    ),
    Button("stop", "Stop engine", "Stop the program that calculates; cells keep what they show.", "RecordStop", "Engine"),
    Button(
        "self_test",
        "Self-test",
        "Calculate an example of every function and write a report about this computer.",
        "AcceptInvitation",
        "Engine",
    ),
)  # fmt: skip


def buttons() -> list[Button]:
    """All buttons in the order of their groups."""
    declared = [Button(one.name, one.label, one.help, one.icon, one.group) for one in ACTIONS.values()]
    every = [*declared, *OWN]
    return [
        button
        for group in dict.fromkeys(one.group for one in every)
        for button in every
        if button.group == group
    ]


def groups() -> list[str]:
    """The names of the groups from left to right."""
    return list(dict.fromkeys(button.group for button in buttons()))


def id_of(name: str) -> str:
    """The identifier of an action's button, from which its callback knows the action."""
    return f"{PREFIX}_{name}"


def group_id(group: str) -> str:
    """The identifier of a group."""
    return f"{PREFIX}_group_{group.lower()}"


def ribbon() -> str:
    """The tab as Excel 2010 and later read it; labels come from the add-in's sheet, in the language of Excel."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
        f'<customUI xmlns="{NAMESPACE}" onLoad="{PREFIX}Loaded">',
        f'  <ribbon><tabs><tab id="{PREFIX}_tab" label="Tierbook" insertAfterMso="TabData">',
    ]
    for group in groups():
        lines.append(f'    <group id="{group_id(group)}" getLabel="{PREFIX}Label">')
        members = [button for button in buttons() if button.group == group]
        lines += [_button(button, "large" if button is members[0] else "normal") for button in members]
        lines.append("    </group>")
    return "\n".join([*lines, "  </tab></tabs></ribbon>", "</customUI>", ""])


def _button(button: Button, size: str) -> str:
    return (
        f'      <button id="{id_of(button.name)}" size="{size}" imageMso={quoteattr(button.icon)} onAction="{PREFIX}Press"'
        f' getLabel="{PREFIX}Label" getScreentip="{PREFIX}Screentip" getSupertip="{PREFIX}Supertip"/>'
    )
