"""What tells LibreOffice about the extension: its parts, functions with help, menu, toolbar, protocol and job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from addin.calc.functions import CALLER, Method
from addin.calc.icons import PICTURES, SIZES, picture
from addin.calc.spelling import SERVICE
from tierbook.language import LANGUAGES, say

IDENTIFIER = "org.tierbook.calc"
PROTOCOL = "org.tierbook.command:"
COMPONENT = "tierbook_component.py"
BATCH = "org.tierbook.Batch"
SERVICES = {
    SERVICE: "com.sun.star.sheet.AddIn",
    "org.tierbook.OnLoad": "com.sun.star.task.Job",
    "org.tierbook.Commands": "com.sun.star.frame.ProtocolHandler",
    BATCH: "com.sun.star.task.JobExecutor",
}
LOCALES = {"en": "en-US", "zh": "zh-CN"}
CONTEXT = "com.sun.star.sheet.SpreadsheetDocument"
OLDEST = "7.0"  # LibreOffice that brings a Python new enough
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACES = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
_CONFIGURATION = ("CalcAddIns", "Addons", "CalcWindowState", "ProtocolHandler", "Jobs")
TOOLBAR = "org.tierbook.toolbar"
_DOCKED = "0,2"  # under the bars Calc shows itself


class Command(NamedTuple):
    """An entry of the menu: what follows the protocol, its label in English, its group."""

    name: str
    label: str
    group: str


# What only the add-in itself can do.
OWN = (
    Command("array", "Enter as table", "Cells"),
    Command("calculate", "Calculate again", "Cells"),
    Command("start_engine", "Start engine", "Engine"),
    Command("stop_engine", "Stop engine", "Engine"),
    Command("cancel", "Cancel", "Work"),
)


def commands() -> list[Command]:
    """All entries of the menu, in the order of their groups."""
    from addin.actions import ACTIONS

    listed = {one.name: Command(one.name, one.label, one.group) for one in ACTIONS.values()}
    # An engine that is not there cannot start itself, so the add-in has its own commands of these names.
    every = list((listed | {one.name: one for one in OWN}).values())
    return [one for group in dict.fromkeys(one.group for one in every) for one in every if one.group == group]


def configuration(methods: Sequence[Method], version: str) -> dict[str, str]:
    """Every text of the extension by its path in it."""
    return {
        "CalcAddIns.xcu": _functions(methods),
        "Addons.xcu": _addons(commands()),
        "CalcWindowState.xcu": _toolbar_place(),
        "ProtocolHandler.xcu": _protocol(),
        "Jobs.xcu": _jobs(),
        "tierbook.components": _components(),
        "description.xml": _description(version),
        "META-INF/manifest.xml": _manifest(),
    }


def titles() -> dict[str, dict[str, str]]:
    """Language -> command -> what the menu calls it."""
    return {language: {one.name: say(one.label, language) for one in commands()} for language in LANGUAGES}


def _functions(methods: Iterable[Method]) -> str:
    listed = "".join(
        _node(
            method.name,
            _property("DisplayName", dict.fromkeys(LANGUAGES, method.display))
            + _property("Description", method.help)
            + '<prop oor:name="Category"><value>Add-In</value></prop>'
            + _property("CompatibilityName", dict.fromkeys(LANGUAGES, method.display))
            + '<node oor:name="Parameters">'
            + "".join(
                _node(f"p{at:02}", _property("DisplayName", one.name) + _property("Description", one.help))
                for at, one in enumerate(method.parameters)
                if one.kind != CALLER
            )
            + "</node>",
        )
        for method in methods
    )
    inner = f'<node oor:name="AddInFunctions">{listed}</node>'
    return _component("CalcAddIns", f'<node oor:name="AddInInfo">{_node(SERVICE, inner)}</node>')


def _addons(entries: Sequence[Command]) -> str:
    menu: list[str] = []
    # The bar has what one can tell apart by its picture.
    bar = [_entry(one) for one in entries if one.name in PICTURES and one.group != "Engine"]
    group = ""
    for one in entries:
        if group and one.group != group:
            menu.append(_text("URL", "private:separator"))
        group = one.group
        menu.append(_entry(one))
    images = "".join(
        _node(
            f"i{at:02}",
            _text("URL", PROTOCOL + one.name)
            + '<node oor:name="UserDefinedImages">'
            + _text("ImageSmallURL", f"%origin%/icons/{picture(one.name, one.group)}_{SIZES['16']}.png")
            + _text("ImageBigURL", f"%origin%/icons/{picture(one.name, one.group)}_{SIZES['26']}.png")
            + "</node>",
        )
        for at, one in enumerate(entries)
    )
    top = _property("Title", dict.fromkeys(LANGUAGES, "Tierbook"), kind="xs:string") + _text(
        "Context", CONTEXT
    )
    submenu = "".join(_node(f"m{at:02}", one) for at, one in enumerate(menu))
    submenu = f'<node oor:name="Submenu">{submenu}</node>'
    toolbar = "".join(_node(f"t{at:02}", one) for at, one in enumerate(bar))
    return _component(
        "Addons",
        '<node oor:name="AddonUI">'
        f'<node oor:name="OfficeMenuBar">{_node("org.tierbook.menu", top + submenu)}</node>'
        f'<node oor:name="OfficeToolBar">{_node(TOOLBAR, toolbar)}</node>'
        f'<node oor:name="Images">{images}</node></node>',
    )


def _toolbar_place() -> str:
    """The bar has a name and a place of its own instead of floating over the sheet."""
    state = (
        _property("UIName", dict.fromkeys(LANGUAGES, "Tierbook"), kind="xs:string")
        + _fact("Docked", "boolean", "true")
        + _fact("DockingArea", "int", "0")
        + _text("DockPos", _DOCKED)
        + _fact("Visible", "boolean", "true")
    )
    place = f'<node oor:name="States">{_node(f"private:resource/toolbar/addon_{TOOLBAR}", state)}</node>'
    inner = f'<node oor:name="UIElements">{place}</node>'
    return _component("CalcWindowState", inner, package="org.openoffice.Office.UI")


def _entry(command: Command) -> str:
    return (
        _text("URL", PROTOCOL + command.name)
        + _property(
            "Title", {language: say(command.label, language) for language in LANGUAGES}, kind="xs:string"
        )
        + _text("Target", "_self")
        + _text("Context", CONTEXT)
    )


def _protocol() -> str:
    protocols = f'<prop oor:name="Protocols" oor:type="oor:string-list"><value>{PROTOCOL}*</value></prop>'
    return _component(
        "ProtocolHandler", f'<node oor:name="HandlerSet">{_node("org.tierbook.Commands", protocols)}</node>'
    )


def _jobs() -> str:
    job = _node("TierbookOnLoad", '<prop oor:name="Service"><value>org.tierbook.OnLoad</value></prop>')
    bound = '<node oor:name="TierbookOnLoad" oor:op="replace"/>'
    events = "".join(
        f'<node oor:name="{event}" oor:op="fuse"><node oor:name="JobList">{bound}</node></node>'
        for event in ("OnLoad", "OnNew")
    )
    return _component("Jobs", f'<node oor:name="Jobs">{job}</node><node oor:name="Events">{events}</node>')


def _components() -> str:
    services = "".join(
        f'<implementation name="{name}"><service name="{name}"/><service name="{kind}"/></implementation>'
        for name, kind in SERVICES.items()
    )
    return (
        f'{_HEAD}<components xmlns="http://openoffice.org/2010/uno-components">'
        f'<component loader="com.sun.star.loader.Python" uri="{COMPONENT}">{services}</component></components>\n'
    )


def _description(version: str) -> str:
    names = "".join(f'<name lang="{locale}">Tierbook</name>' for locale in LOCALES.values())
    return (
        f'{_HEAD}<description xmlns="http://openoffice.org/extensions/description/2006"'
        ' xmlns:lo="http://libreoffice.org/extensions/description/2011">'
        f'<identifier value="{IDENTIFIER}"/><version value="{version}"/>'
        f'<dependencies><lo:LibreOffice-minimal-version lo:name="LibreOffice {OLDEST}" value="{OLDEST}"/></dependencies>'
        f"<display-name>{names}</display-name></description>\n"
    )


def _manifest() -> str:
    kinds = {
        "tierbook.rdb": "application/vnd.sun.star.uno-typelibrary;type=RDB",
        "tierbook.components": "application/vnd.sun.star.uno-components",
    }
    kinds |= {f"{name}.xcu": "application/vnd.sun.star.configuration-data" for name in _CONFIGURATION}
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>\n'
        for path, kind in kinds.items()
    )
    return f'{_HEAD}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">\n{entries}</manifest:manifest>\n'


def _component(name: str, inner: str, *, package: str = "org.openoffice.Office") -> str:
    return (
        f'{_HEAD}<oor:component-data {_SPACES} oor:name="{name}" oor:package="{package}">'
        f"{inner}</oor:component-data>\n"
    )


def _node(name: str, inner: str) -> str:
    return f'<node oor:name={quoteattr(name)} oor:op="replace">{inner}</node>'


def _fact(name: str, kind: str, value: str) -> str:
    return f'<prop oor:name="{name}" oor:type="xs:{kind}"><value>{value}</value></prop>'


def _text(name: str, value: str) -> str:
    return f'<prop oor:name="{name}" oor:type="xs:string"><value>{escape(value)}</value></prop>'


def _property(name: str, texts: Mapping[str, str], kind: str = "") -> str:
    typed = f' oor:type="{kind}"' if kind else ""
    values = "".join(
        f'<value xml:lang="{LOCALES[language]}">{escape(text)}</value>' for language, text in texts.items()
    )
    return f'<prop oor:name="{name}"{typed}>{values}</prop>'
