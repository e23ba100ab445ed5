"""The `tierbook serve` command: the engine in the foreground, or a word with the one that runs."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from addin.engine_client import Engine, EngineError
from addin.engine_place import Place, user_folder
from addin.settings import read_settings
from addin.terminal import Json, Lang, language_of, print_json, project_folder, t
from addin.version import version
from tierbook.errors import HostError
from tierbook.language import say


def serve(
    status: Annotated[bool, typer.Option("--status", help=t("Say whether the engine runs."))] = False,
    stop: Annotated[bool, typer.Option("--stop", help=t("Stop the engine that runs."))] = False,
    idle: Annotated[
        float,
        typer.Option("--idle", min=0, help=t("Stop after so many minutes without a request; 0 for never.")),
    ] = 60.0,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    project = project_folder()
    language = language_of(lang, read_settings(project))
    folder = user_folder()
    engine = Engine(version=version(), host="command line", language=language, folder=folder, start=False)
    if stop:
        stopped = engine.stop()
        sentence = "The engine stops." if stopped else "The engine is not running."
        _tell({"stopped": stopped}, sentence, language, as_json=as_json)
        return
    if status:
        running = _running(engine)
        if running is None:
            _tell({"running": False}, "The engine is not running.", language, as_json=as_json)
            raise typer.Exit(1)
        _tell({"running": True, **running}, _RUNNING, language, as_json=as_json, **running)
        return
    from addin.server import AlreadyRunning
    from addin.server import serve as be_the_engine

    def started(place: Place) -> None:
        found = {"pid": place.pid, "port": place.port, "version": place.version, "project": str(project)}
        _tell({"running": True, **found}, _RUNNING, language, as_json=as_json, **found)
        sys.stdout.flush()

    try:
        be_the_engine(folder, project=project, version=version(), idle=idle, started=started)
    except AlreadyRunning:
        # What was asked for is there: hosts attach to it.
        running = _running(engine)
        if running is None:
            raise
        _tell({"running": True, "attached": True, **running}, _RUNNING, language, as_json=as_json, **running)


_RUNNING = "The engine of version {version} runs for {project} (process {pid}, port {port})."


def _running(engine: Engine) -> dict[str, Any] | None:
    try:
        return engine.status()
    except EngineError as error:
        if error.code == "stopped":
            return None
        raise HostError(error.message, fix=error.fix, **error.values) from error


def _tell(found: dict[str, Any], template: str, language: str, *, as_json: bool, **values: Any) -> None:
    if as_json:
        print_json(found)
    else:
        print(say(template, language, **values))
