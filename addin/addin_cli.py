"""The `tierbook addin` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from addin.build import HOSTS
from addin.terminal import t
from tierbook.language import say

addin = typer.Typer(help=t("Build the add-ins for spreadsheet programs."), no_args_is_help=True)

HostName = Annotated[
    list[str] | None,
    typer.Option(
        "--host", help=t("The program: {names}.").format(names=", ".join(HOSTS)), show_default=False
    ),
]

InstallHost = Annotated[str, typer.Option("--host", help=t("The program: calc."))]


@addin.command("build", help=t("Build an add-in from its texts, by default for every program."))
def addin_build(
    host: HostName = None,
    folder: Annotated[Path, typer.Option("--to", help=t("Where the add-in goes."))] = Path("dist"),
) -> None:
    for name in host or HOSTS:
        if name not in HOSTS:
            raise typer.BadParameter(
                say("There is no add-in for {host}; write {names}.", "en", host=name, names=", ".join(HOSTS)),
                param_hint="--host",
            )
    for name in host or HOSTS:
        print(HOSTS[name](folder))


@addin.command("install", help=t("Build an add-in and add it to its program."))
def addin_install(host: InstallHost) -> None:
    from tempfile import TemporaryDirectory

    from addin.calc.office import install
    from addin.engine_place import user_folder
    from addin.server import remember_launch

    _installable(host)
    with TemporaryDirectory() as folder:
        install(HOSTS[host](Path(folder)))
    remember_launch(user_folder())
    print(t("The add-in is installed; start the program again."))


@addin.command("uninstall", help=t("Take an add-in out of its program."))
def addin_uninstall(host: InstallHost) -> None:
    from addin.calc.office import uninstall

    _installable(host)
    print(t("The add-in is gone.") if uninstall() else t("The add-in was not installed."))


def _installable(host: str) -> None:
    if host != "calc":
        raise typer.BadParameter(
            say("Only the add-in for LibreOffice is installed this way; write calc.", "en"),
            param_hint="--host",
        )
