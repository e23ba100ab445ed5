"""The Excel add-in as a file: a VBA project in a workbook package, the same bytes on every system."""

from __future__ import annotations

import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

from tierbook.errors import HostError
from workbooks.files import replace_file

FILE = "tierbook.xlam"
_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)  # of a zip file; any other would differ from build to build


def build_addin(folder: Path) -> Path:
    """Write `tierbook.xlam` into a folder.

    Raises
    ------
    HostError
        pyOpenVBA is not installed, or the folder cannot be written to.
    """
    content = addin()
    folder.mkdir(parents=True, exist_ok=True)
    return replace_file(folder / FILE, lambda path: path.write_bytes(content))


def addin() -> bytes:
    """The content of the add-in."""
    return _zipped(_blank_parts())


def _blank_parts() -> dict[str, bytes]:
    """The parts of an add-in with an empty VBA project."""
    try:
        from pyopenvba import ExcelFile
    except ModuleNotFoundError as error:
        raise HostError(
            "The add-in for Excel is built with {package}, which is not installed.",
            fix="Run pip install {package}.",
            package="pyOpenVBA",
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, FILE)
        with ExcelFile.create_new(path) as file:
            file.save()
        with zipfile.ZipFile(path) as package:
            return {part.filename: package.read(part) for part in package.infolist()}


def _zipped(parts: dict[str, bytes]) -> bytes:
    content = BytesIO()
    # Stored, not deflated: two versions of zlib give different bytes.
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as package:
        for name, part in parts.items():
            package.writestr(zipfile.ZipInfo(name, _BEGINNING_OF_TIME), part)
    return content.getvalue()
