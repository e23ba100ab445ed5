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
