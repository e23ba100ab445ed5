"""What keeps LibreOffice from the add-in although it is installed, each with what to do about it.

Where LibreOffice uses the system's Python, that looks for its library beside the first `python3` on the PATH, as CPython
does (Modules/getpath.py): the folder a `pyvenv.cfg` names as home, or that of the program, and those above, as far as
`lib/python3.<minor>/os.py`. The library of another build of the same minor version is taken, and then no extension in
Python works; of another minor version nothing is found, and the right one is taken.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from addin.calc.office import program
from addin.install import OnlyFromHere
from tierbook.errors import HostError

_LOADER = "libpythonloaderlo.so"
_LIBRARY = re.compile(rb"libpython(3\.\d+)")
_HOME = re.compile(r"^home\s*=\s*(.+?)\s*$", re.M)


def obstacles(path: str | None = None) -> list[HostError]:
    """Everything that is in the way, as sentences.

    Parameters
    ----------
    path : str
        The PATH of a LibreOffice started by the user; that of this process where none is given.

    Raises
    ------
    ProgramMissing
        LibreOffice is not there.
    """
    path = os.environ.get("PATH", os.defpath) if path is None else path
    office = Path(program("soffice")).resolve().parent
    used = _system_python(office)
    if used is None:
        return []
    own = library(os.pathsep.join(["/usr/bin", "/usr/local/bin"]), used)
    found = library(path, used)
    if found is None or found == own:
        return []
    return [
        OnlyFromHere(
            "Started with the PATH of this terminal, LibreOffice takes {library} for its own Python, and no function works.",
            fix="Start LibreOffice from the desktop, or with /usr/bin first: PATH=/usr/bin:$PATH soffice",
            library=found,
        )
    ]


def library(path: str, version: str) -> Path | None:
    """The library that a Python of that version takes for its own; None where it falls back to where it was built for."""
    first = shutil.which("python3", path=path)
    if first is None:
        return None
    folder = Path(first).parent
    for settings in (folder / "pyvenv.cfg", folder.parent / "pyvenv.cfg"):
        if settings.is_file():
            home = _HOME.search(settings.read_text("utf-8", "replace"))
            folder = Path(home[1]) if home else folder
            break
    else:
        folder = Path(first).resolve().parent
    for prefix in (folder, *folder.parents):
        found = prefix / "lib" / f"python{version}"
        if (found / "os.py").is_file():
            return found.resolve()  # /lib may be /usr/lib
    return None


def _system_python(office: Path) -> str | None:
    """The version of the system's Python that LibreOffice uses; None where it has its own."""
    loader = office / _LOADER
    if not sys.platform.startswith("linux") or not loader.is_file() or any(office.glob("python-core-*")):
        return None
    found = _LIBRARY.search(loader.read_bytes())
    return found[1].decode() if found else None
