"""Add-ins in the programs of this user: put in, taken out, and which version is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from addin.build import HOSTS
from tierbook.errors import HostError


class ProgramMissing(HostError):
    """The program an add-in is for is not on this computer."""


class OnlyFromHere(HostError):
    """In the way of a program that is started from this terminal, not of one started from the desktop."""


class Installer(NamedTuple):
    """How an add-in gets into a program and out of it; all raise `ProgramMissing` where that is not there.

    `install` takes the folder whose settings hold and says where the add-in is, where that is a file; `uninstall` says whether there was one; `version` is that of the
    add-in there, None for none; `obstacles` are what keeps the program from using it although it is there.
    """

    install: Callable[[Path], Path | None]
    uninstall: Callable[[], bool]
    version: Callable[[], str | None]
    obstacles: Callable[[], list[HostError]]


def _install_excel(project: Path) -> Path:
    from addin.excel.install import install, this_computer

    computer = this_computer()
    with TemporaryDirectory() as folder:
        return install(HOSTS["excel"](Path(folder)), project=project, computer=computer)


def _uninstall_excel() -> bool:
    from addin.excel.install import this_computer, uninstall

    return uninstall(computer=this_computer())


def _version_in_excel() -> str | None:
    from addin.excel.install import installed_version, this_computer

    return installed_version(computer=this_computer())


def _obstacles_in_excel() -> list[HostError]:
    from addin.excel.install import this_computer
    from addin.excel.obstacles import obstacles

    return obstacles(computer=this_computer())


def _install_calc(project: Path) -> None:  # its settings are those of the engine
    from addin.calc.office import install

    with TemporaryDirectory() as folder:
        install(HOSTS["calc"](Path(folder)))


def _uninstall_calc() -> bool:
    from addin.calc.office import uninstall

    return uninstall()


def _version_in_calc() -> str | None:
    from addin.calc.office import installed_version

    return installed_version()


def _obstacles_in_calc() -> list[HostError]:
    from addin.calc.obstacles import obstacles

    return obstacles()


INSTALLERS = {
    "excel": Installer(_install_excel, _uninstall_excel, _version_in_excel, _obstacles_in_excel),
    "calc": Installer(_install_calc, _uninstall_calc, _version_in_calc, _obstacles_in_calc),
}
