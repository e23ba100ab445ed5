"""The program that calculates for Excel: xlwings' calls of our functions, known to COM and Excel as Tierbook.Engine.

`pythonw -P -m addin.excel.engine [--project FOLDER]` runs it until Excel says stop or the user logs off. -P keeps the
folder it is started in off the module path; no workbook's folder ever gets there, because the server is started
here and not by xlwings' add-in, which would put the folder and `<workbook>.zip` first (ADD_WORKBOOK_TO_PYTHONPATH).

COM starts it by itself when the user's registry says how (`tierbook addin install --host excel` writes it):
HKCU/Software/Classes/Tierbook.Engine/CLSID and HKCU/Software/Classes/CLSID/<CLASS>, there LocalServer32 and PythonCOM.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from pathlib import Path

NAME = "Tierbook.Engine"
CLASS = "{7D7A2F0E-5C1B-4B57-9E0A-6C7B1F0C9A41}"
SERVED = "addin.excel.connection.Connection"
"""What pywin32 makes when COM asks for the class."""
LOG = "tierbook-engine.log"


def command(python: Path, project: Path) -> str:
    """The line by which COM, the ribbon or the log-in starts the engine.

    >>> print(command(Path("pythonw.exe"), Path("rules")))
    "pythonw.exe" -P -m addin.excel.engine --project "rules"
    """
    return f'"{python}" -P -m addin.excel.engine --project "{project}"'


def trusted_path(path: list[str]) -> list[str]:
    """The module path without the folder a program happens to run in: a received workbook may lie there."""
    here = os.path.realpath(os.getcwd())
    installed = os.path.realpath(Path(__file__).parents[2])
    return [one for one in path if one and (os.path.realpath(one) != here or here == installed)]


def serve(project: Path) -> None:
    """Answer Excel until told to stop; only on Windows."""
    import atexit

    import pythoncom
    import win32gui
    from win32com import universal
    from win32com.server import factory
    from xlwings._xlwindows import cleanup

    from addin.excel import binding
    from addin.excel.connection import INTERFACE, LIBRARY
    from addin.excel.note import Note

    # At its end xlwings would end every Excel without a visible window, whoever it belongs to.
    atexit.unregister(cleanup)
    note = Note()

    def stop() -> None:
        # First the note: a cell that found it now would start another engine.
        note.erase()
        win32gui.PostQuitMessage(0)

    binding.engine.project, binding.engine.stop = project, stop
    # Excel calls the methods of an add-in by their place in a table, not by name, and pywin32 makes that table.
    universal.RegisterInterfaces(LIBRARY, 0, 1, 0, [INTERFACE])
    classes = factory.RegisterClassFactories([CLASS])
    # Without EnableQuitMessage: it stays when the last Excel has gone, and the next one finds it.
    pythoncom.CoResumeClassObjects()
    note.write()
    try:
        pythoncom.PumpMessages()
    finally:
        note.erase()
        factory.RevokeClassFactories(classes)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="addin.excel.engine")
    parser.add_argument("--project", type=Path, default=Path.home())
    # COM adds -Embedding to the line it starts a server with.
    given, _ = parser.parse_known_args()
    sys.path[:] = trusted_path(sys.path)
    logging.basicConfig(filename=Path(tempfile.gettempdir(), LOG), encoding="utf-8", level=logging.WARNING)
    try:
        serve(given.project)
    except Exception:
        # There is nobody to tell: the program has no window, and Excel only learns that it did not start.
        logging.getLogger(__name__).exception("the engine could not be started")
        raise


if __name__ == "__main__":
    main()
