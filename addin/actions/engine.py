"""Actions on the engine behind cells and buttons, and on the installation."""

from __future__ import annotations

from addin.engine_client import Engine, EngineError
from addin.engine_place import make_private, user_folder
from addin.host import Host
from addin.version import version
from tierbook.errors import HostError
from tierbook.language import say


def start(host: Host) -> None:
    """Start the engine, or find the one running."""
    from addin.server import remember_launch

    folder = user_folder()
    make_private(folder)
    remember_launch(folder)
    engine = Engine(version=version(), host="actions", language=host.language, folder=folder)
    try:
        found = engine.status()
    except EngineError as error:
        raise HostError(error.message, fix=error.fix, **error.values) from error
    finally:
        engine.close()
    sentence = "The engine of version {version} runs for {project} (process {pid}, port {port})."
    host.say(say(sentence, host.language, **found))


def stop(host: Host) -> None:
    """Stop the engine; cells keep what they show."""
    engine = Engine(
        version=version(), host="actions", language=host.language, folder=user_folder(), start=False
    )
    stopped = engine.stop()
    host.say(say("The engine stops." if stopped else "The engine is not running.", host.language))


def diagnose(host: Host) -> None:
    """Say what is installed, what is missing, and how to mend it."""
    from addin.doctor import findings

    found = findings(host.project)
    host.say("\n".join(one.text(host.language) for one in found))


def about(host: Host) -> None:
    """Version, rule pack with its fingerprint, and where things are."""
    from addin.actions.asked import PACK_NAME
    from addin.settings import read_settings

    settings = read_settings(host.project)
    pack = settings.shelf().pack(host.defined(PACK_NAME) or settings.pack)
    lines = [
        say(
            "Tierbook {version}: customer value, tiers, stages and churn in workbooks. MIT licence.",
            host.language,
            version=version(),
        ),
        say(
            "Rule pack {pack} {version}, fingerprint {hash}, from {file}.",
            host.language,
            pack=pack.name,
            version=pack.version,
            hash=pack.hash[:12],
            file=pack.file,
        ),
        say(
            "Settings and rules of {folder}. Nothing leaves this computer.",
            host.language,
            folder=host.project,
        ),
    ]
    host.say("\n".join(lines))


def self_test(host: Host) -> None:
    """Calculate the documented example of every function and write a report about this computer."""
    import time

    import udfs
    from addin.excel.self_test import SelfTest
    from udfs.registry import functions

    test = SelfTest()
    every = list(functions().values())
    started = time.perf_counter()
    for at, function in enumerate(every):
        host.progress(at / len(every), function.name)
        try:
            shown = udfs.call(function.name, *function.example.cells, context=udfs.Context())
        except udfs.FunctionError as error:
            shown = error.text(host.language)
        test.judge(function.name, shown)
    spent = time.perf_counter() - started
    host.say(test.finish({"host": "Python", "calls_per_second": round(len(every) / spent, 1)}, host.language))
