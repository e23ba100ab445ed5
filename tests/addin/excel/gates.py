"""What the add-in must pass before anybody opens it in Excel; each gate lists what it finds wrong."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from addin.excel import ribbon

CONTENT_TYPE = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
EXTENSIBILITY = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
PREFIX = "tierbook"
# What callbacks take (Office Open XML custom UI, 2009/07): onAction of a button, onLoad, and everything that gives a text.
PARAMETERS = {
    "onLoad": ("ribbon As IRibbonUI",),
    "onAction": ("control As IRibbonControl",),
    "getLabel": ("control As IRibbonControl", "ByRef returnedVal"),
    "getScreentip": ("control As IRibbonControl", "ByRef returnedVal"),
    "getSupertip": ("control As IRibbonControl", "ByRef returnedVal"),
}
# Element -> what may be in it, its attributes, those it cannot do without.
STRUCTURE: dict[str, tuple[set[str], set[str], set[str]]] = {
    "customUI": ({"ribbon"}, {"onLoad"}, set()),
    "ribbon": ({"tabs"}, set(), set()),
    "tabs": ({"tab"}, set(), set()),
    "tab": ({"group"}, {"id", "label", "insertAfterMso"}, {"id", "label"}),
    "group": ({"button"}, {"id", "getLabel"}, {"id", "getLabel"}),
    "button": (
        set(),
        {"id", "size", "imageMso", "onAction", "getLabel", "getScreentip", "getSupertip"},
        {"id", "imageMso", "onAction", "getLabel"},
    ),
}
VALUES = {
    "size": {"normal", "large"},
    "insertAfterMso": {"TabHome", "TabData", "TabFormulas", "TabReview", "TabView"},
}


def lint(addin: Path) -> list[str]:
    """Errors pyVBAanalysis sees in the whole project: undefined names, wrong calls, reserved words."""
    from pyvbaanalysis import analyze_office_file

    return [
        f"{module}: {found.code} {found.message}"
        for module, every in analyze_office_file(str(addin)).items()
        for found in every
        if found.severity.value == "error"
    ]


def unparsed(sources: Mapping[str, str]) -> list[str]:
    """Modules pyOpenVBA's parser refuses, each by itself: a whole project is dropped without a word."""
    from pyopenvba.apps.excel import ExcelApplication
    from pyopenvba.exceptions import PyOpenVBAError

    found = []
    for name, source in sources.items():
        try:
            ExcelApplication().add_module(source, name=name)
        except PyOpenVBAError as error:
            found.append(f"{name}: {error}")
    return found


def sources_of(addin: Path) -> dict[str, str]:
    """The modules in the file, Excel's own for the workbook and its sheet left out."""
    from pyopenvba import ExcelFile

    with ExcelFile(addin) as file:
        modules = {name: file.get_module(name) for name in file.module_names()}
    return {name: source for name, source in modules.items() if name not in ("ThisWorkbook", "Sheet1")}


def missing_callbacks(ui: str, sources: Mapping[str, str]) -> list[str]:
    """Callbacks of the ribbon without a public procedure of that name and those parameters in a public module."""
    known = {
        name.lower(): tuple(one.strip() for one in given.split(",") if one.strip())
        for source in sources.values()
        if "Option Private Module" not in source
        for name, given in re.findall(r"(?im)^Public Sub (\w+)\((.*)\)", source)
    }
    found = []
    for element in ElementTree.fromstring(ui).iter():
        for attribute, callback in element.attrib.items():
            if attribute not in PARAMETERS and not re.match(r"on[A-Z]|get[A-Z]|loadImage", attribute):
                continue
            if callback.lower() not in known:
                found.append(f"{attribute}={callback}: there is no such procedure")
            elif known[callback.lower()] != PARAMETERS.get(attribute):
                found.append(f"{attribute}={callback}: takes {known[callback.lower()]}")
            if not callback.startswith(PREFIX):
                found.append(f"{attribute}={callback}: another add-in may have one of this name")
    return found


def ribbon_faults(ui: str, images: frozenset[str]) -> list[str]:
    """What is wrong with the ribbon's structure: elements, attributes, identifiers, values, pictures."""
    found: list[str] = []
    root = ElementTree.fromstring(ui)
    if root.tag != f"{{{ribbon.NAMESPACE}}}customUI":
        return [f"the root is {root.tag}"]
    identifiers: list[str] = []
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name not in STRUCTURE:
            found.append(f"{name}: not an element we use")
            continue
        children, allowed, needed = STRUCTURE[name]
        found += [
            f"{name}: {child.tag} inside" for child in element if child.tag.rpartition("}")[2] not in children
        ]
        found += [f"{name}: attribute {one}" for one in element.attrib if one not in allowed]
        found += [f"{name}: no {one}" for one in needed if not element.get(one)]
        if children and not len(element):
            found.append(f"{name}: empty")
        for attribute, values in VALUES.items():
            if element.get(attribute) not in {None, *values}:
                found.append(f"{attribute}={element.get(attribute)}")
        if element.get("imageMso") not in {None, *images}:
            found.append(f"imageMso={element.get('imageMso')}: not a picture known to be in Excel")
        if "id" in element.attrib:
            identifiers.append(element.attrib["id"])
    found += [f"id {one} twice" for one in sorted(set(identifiers)) if identifiers.count(one) > 1]
    found += [f"id {one}" for one in identifiers if not re.fullmatch(rf"{PREFIX}_[a-z0-9_]+", one)]
    return found


def package_faults(addin: Path) -> list[str]:
    """What is wrong with the file as an Office package."""
    from openxml_audit import OpenXmlValidator

    found = [str(error) for error in OpenXmlValidator().validate(str(addin)).errors]
    with zipfile.ZipFile(addin) as package:
        names = set(package.namelist())
        if CONTENT_TYPE not in package.read("[Content_Types].xml").decode():
            found.append("the workbook is not an add-in by its content type")
        relationships = ElementTree.fromstring(package.read("_rels/.rels"))
    targets = [one.get("Target", "") for one in relationships if one.get("Type") == EXTENSIBILITY]
    if len(targets) != 1 or targets[0] not in names:
        found.append(f"the ribbon is related as {targets}")
    return found


def suspicious(sources: Mapping[str, str]) -> list[str]:
    """What olevba, and so a virus scanner, would point out in our modules, with the module."""
    VBA_Scanner = pytest.importorskip("oletools.olevba").VBA_Scanner  # on Windows it cannot be installed

    return sorted(
        f"{name}: {keyword}"
        for name, source in sources.items()
        for kind, keyword, _ in VBA_Scanner(source).scan()
        if kind in ("AutoExec", "Suspicious", "IOC")
    )
