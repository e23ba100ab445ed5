"""A workbook that LibreOffice has saved for Excel, given the names Excel knows.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import os
import zipfile
from contextlib import suppress
from pathlib import Path

from addin.calc.parts import convert_part, may_hold_formulas
from addin.calc.spelling import Spelling

FORMATS = (".xlsx", ".xlsm", ".xltx", ".xltm")


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


def _rewrite(archive: zipfile.ZipFile, target: Path, spelling: Spelling) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in archive.infolist():
            data = archive.read(entry)
            if may_hold_formulas(entry.filename):
                data = convert_part(data, spelling, "excel")
            out.writestr(entry, data)
