"""The `tierbook addin` commands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from addin.build import HOSTS
from addin.engine_place import user_folder
from addin.install import INSTALLERS
from addin.terminal import project_folder, t
from tierbook.language import say

addin = typer.Typer(help=t("Build the add-ins for spreadsheet programs."), no_args_is_help=True)

HostName = Annotated[
    list[str] | None,
    typer.Option(
        "--host", help=t("The program: {names}.").format(names=", ".join(HOSTS)), show_default=False
    ),
]

InstallHost = Annotated[
    str, typer.Option("--host", help=t("The program: {names}.").format(names=", ".join(INSTALLERS)))
]


@addin.command("build", help=t("Build an add-in from its texts, by default for every program."))
def addin_build(
    host: HostName = None,
    folder: Annotated[Path, typer.Option("--to", help=t("Where the add-in goes."))] = Path("dist"),
) -> None:
    for name in host or HOSTS:
        _known(name, HOSTS)
    for name in host or HOSTS:
        print(HOSTS[name](folder))


@addin.command("install", help=t("Build an add-in and add it to its program."))
def addin_install(host: InstallHost) -> None:
    from addin.server import remember_launch

    _known(host, INSTALLERS)
    place = INSTALLERS[host].install(project_folder())
    remember_launch(user_folder())
    if place is not None:
        print(place)
    print(t("The add-in is installed; start the program again."))


@addin.command("uninstall", help=t("Take an add-in out of its program."))
def addin_uninstall(host: InstallHost) -> None:
    _known(host, INSTALLERS)
    was_there = INSTALLERS[host].uninstall()
    print(t("The add-in is gone.") if was_there else t("The add-in was not installed."))


def _known(host: str, names: Iterable[str]) -> None:
    if host not in names:
        raise typer.BadParameter(
            say("There is no add-in for {host}; write {names}.", "en", host=host, names=", ".join(names)),
            param_hint="--host",
        )
