"""A workbook that LibreOffice has saved for Excel, given the names Excel knows.

Of a copy LibreOffice says when it has been made, but not where. It is looked for where copies go: beside the documents
that are open or were open of late, and in the user's own folder for documents.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from addin.calc.parts import convert_part, may_hold_formulas
from addin.calc.spelling import Spelling

FORMATS = (".xlsx", ".xlsm", ".xltx", ".xltm")
COARSE = 2.0  # to how much a file system may round the date of a file [s]


def for_excel(path: Path, spelling: Spelling) -> bool:
    """Rewrite the formulas of a file just saved, in one step and without a trace in its date; False if none is ours.

    A file that cannot be read or replaced stays as LibreOffice wrote it, which LibreOffice itself can open.
    """
    if path.suffix.lower() not in FORMATS:
        return False
    temporary = path.with_name(f".{path.name}.tierbook-{os.getpid()}")
    try:
        with zipfile.ZipFile(path) as archive:
            if not any(
                spelling.mentions(archive.read(entry).decode("utf-8", "replace"))
                for entry in archive.infolist()
                if may_hold_formulas(entry.filename)
            ):
                return False
            _rewrite(archive, temporary, spelling)
        stamp = path.stat()
        os.chmod(temporary, stamp.st_mode & 0o7777)
        # LibreOffice warns of a file that others have changed when its date differs.
        os.utime(temporary, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        os.replace(temporary, path)
    except (OSError, zipfile.BadZipFile):
        return False
    finally:
        with suppress(OSError):
            temporary.unlink()
    return True


def copies_for_excel(folders: Iterable[Path], since: float, spelling: Spelling) -> list[Path]:
    """Mend the copies just made in these folders; gives them.

    Only files with the names that LibreOffice alone writes are touched.

    Parameters
    ----------
    since : float
        When the copying began, as `time.time` counts. [s]
    """
    found = []
    for folder in dict.fromkeys(folders):
        with suppress(OSError), os.scandir(folder) as entries:
            found += [
                Path(entry.path)
                for entry in entries
                if entry.name.lower().endswith(FORMATS) and entry.stat().st_mtime >= since - COARSE
            ]
    return [path for path in found if _by_libreoffice(path, spelling) and for_excel(path, spelling)]


def _by_libreoffice(path: Path, spelling: Spelling) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(
                spelling.kept(archive.read(entry).decode("utf-8", "replace"))
                for entry in archive.infolist()
                if may_hold_formulas(entry.filename)
            )
    except (OSError, zipfile.BadZipFile):
        return False


def _rewrite(archive: zipfile.ZipFile, target: Path, spelling: Spelling) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in archive.infolist():
            data = archive.read(entry)
            if may_hold_formulas(entry.filename):
                data = convert_part(data, spelling, "excel")
            out.writestr(entry, data)
