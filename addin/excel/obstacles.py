"""What keeps Excel from the engine although the add-in is installed, each with what to do about it.

Where Excel keeps it, below HKCU/Software/Microsoft/Office, the same below Software/Policies for what an administrator
has set: <version>/Excel/Security (RequireAddinSig, DisableAllAddins), <version>/Excel/Resiliency (RestrictToList,
AddinList, DisabledItems).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from addin.excel.engine import CLASS, NAME, SERVED
from addin.excel.install import (
    CLASSES,
    COM_ADDIN,
    OFFICE,
    ONLY_WHEN_ASKED,
    SERVER,
    Computer,
    options_of_excel,
)
from addin.excel.package import FILE
from tierbook.errors import HostError

POLICIES = r"Software\Policies\Microsoft\Office"
INTERFACE = r"Interface\{B65AD801-ABAF-11D0-BB8B-00A0C90F2744}\ProxyStubClsid32"
"""How COM carries the calls of Excel to an add-in in another process; Office enters it."""
_PROGRAM = re.compile(r'"([^"]+)"')
_INSTALL = "Run: tierbook addin install --host {host}"
_ASK = "Ask your administrator to allow the add-in {name}."


def obstacles(*, computer: Computer) -> list[HostError]:
    """Everything that is in the way, as sentences.

    Raises
    ------
    ProgramMissing
        Excel is not there.
    """
    found = [*_registered(computer), *_loaded(computer)]
    for options in options_of_excel(computer.registry):
        version = options.split("\\")[-3]
        found += [*_disabled(computer, version), *_forbidden(computer, version)]
    return found


def _registered(computer: Computer) -> Iterator[HostError]:
    held = computer.registry.texts
    for key, expected in (
        (rf"{CLASSES}\{NAME}\CLSID", CLASS),
        (rf"{SERVER}\PythonCOM", SERVED),
        (rf"{SERVER}\LocalServer32", None),
    ):
        if (found := held(key).get("")) is None or expected not in (None, found):
            yield HostError(
                "Windows does not know the engine: {key} is not as it should be.",
                fix=_INSTALL,
                key=key,
                host="excel",
            )
    program = _PROGRAM.match(held(rf"{SERVER}\LocalServer32").get("", ""))
    if program and not Path(program[1]).exists():
        yield HostError(
            "The engine runs in {program}, which is gone.", fix=_INSTALL, program=program[1], host="excel"
        )
    if not computer.classes.texts(INTERFACE).get(""):
        yield HostError(
            "Windows does not know how to carry calls of Excel to an add-in.",
            fix="Repair Office: Settings, Apps, Microsoft Office, Modify, Quick Repair.",
        )


def _loaded(computer: Computer) -> Iterator[HostError]:
    found = computer.registry.values(COM_ADDIN).get("LoadBehavior")
    if found is None:
        yield HostError("Excel does not know the engine.", fix=_INSTALL, host="excel")
    elif found != ONLY_WHEN_ASKED:
        # 2 after a failed load or a box unticked, 3 where the box was ticked: then Excel waits for the engine at its start.
        yield HostError(
            "Excel has changed when it loads the engine (LoadBehavior is {found}, not {wanted}).",
            fix=_INSTALL,
            found=found,
            wanted=ONLY_WHEN_ASKED,
            host="excel",
        )


def _disabled(computer: Computer, version: str) -> Iterator[HostError]:
    listed = computer.registry.values(rf"{OFFICE}\{version}\Excel\Resiliency\DisabledItems")
    for name in (FILE, NAME):
        if any(_names(value, name) for value in listed.values()):
            yield HostError(
                "Excel has disabled {name} after something went wrong.",
                fix="In Excel: File, Options, Add-ins, Manage: Disabled Items; choose it and press Enable.",
                name=name,
            )


def _forbidden(computer: Computer, version: str) -> Iterator[HostError]:
    for place in (OFFICE, POLICIES):
        security = computer.registry.values(rf"{place}\{version}\Excel\Security")
        if security.get("DisableAllAddins") == 1:
            yield HostError("Excel is set to load no add-ins.", fix=_ASK, name=NAME)
        if security.get("RequireAddinSig") == 1:
            yield HostError(
                "Excel is set to load signed add-ins only, and Tierbook is not signed.", fix=_ASK, name=NAME
            )
    resiliency = rf"{POLICIES}\{version}\Excel\Resiliency"
    listed = computer.registry.values(rf"{resiliency}\AddinList")
    allowed = {name.lower(): str(value) for name, value in listed.items()}.get(NAME.lower())
    restricted = computer.registry.values(resiliency).get("RestrictToList") == 1
    if allowed == "0" or (restricted and allowed is None):
        yield HostError(
            "Your organisation lists the add-ins Excel may load, and Tierbook is not among them.",
            fix=_ASK,
            name=NAME,
        )


def _names(value: Any, name: str) -> bool:
    """Whether an entry of bytes, as Excel writes them, holds a name in UTF-16."""
    return isinstance(value, bytes) and name.lower() in value.decode("utf-16-le", "ignore").lower()
