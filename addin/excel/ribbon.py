"""The tab "Tierbook" of Excel's ribbon, made from the list of actions."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from addin.actions import ACTIONS, Action

PART = "customUI/customUI14.xml"
NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
PREFIX = "tierbook"
IN_VBA = ("start_engine", "stop_engine", "self_test")
"""Actions the add-in does itself, because the engine may not run, or the way through Excel is what is tested."""


def members() -> dict[str, list[Action]]:
    """The actions of each group; groups from left to right."""
    found: dict[str, list[Action]] = {}
    for action in ACTIONS.values():
        found.setdefault(action.group, []).append(action)
    return found


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
    for group, actions in members().items():
        lines.append(f'    <group id="{group_id(group)}" getLabel="{PREFIX}Label">')
        lines += [_button(action, "large" if action is actions[0] else "normal") for action in actions]
        lines.append("    </group>")
    return "\n".join([*lines, "  </tab></tabs></ribbon>", "</customUI>", ""])


def _button(action: Action, size: str) -> str:
    return (
        f'      <button id="{id_of(action.name)}" size="{size}" imageMso={quoteattr(action.icon)} onAction="{PREFIX}Press"'
        f' getLabel="{PREFIX}Label" getScreentip="{PREFIX}Screentip" getSupertip="{PREFIX}Supertip"/>'
    )
