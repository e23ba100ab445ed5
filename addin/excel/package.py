"""The Excel add-in as a file: texts and tests on its sheet, a VBA project, a ribbon; the same bytes at every build."""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

from addin.excel import ribbon
from addin.excel.project import NAME, modules, project
from addin.excel.sheet import Sheet, sheet
from udfs.cells import CellError
from workbooks.files import replace_file

FILE = "tierbook.xlam"
_LONG_AGO = datetime(1980, 1, 1)  # the beginning of time in a zip file; the hour of the build would differ
_WORKBOOK = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_ADDIN = b"application/vnd.ms-excel.addin.macroEnabled.main+xml"
_RIBBON = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"


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
    cells = sheet()
    return package(cells, project(modules(cells.places)), ribbon.ribbon())


def package(cells: Sheet, vba: bytes, ui: str) -> bytes:
    """A workbook of one sheet that Excel takes for an add-in, with a VBA project and a ribbon."""
    with zipfile.ZipFile(BytesIO(_workbook(cells, vba))) as file:
        parts = {part.filename: file.read(part) for part in file.infolist()}
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(_WORKBOOK, _ADDIN)
    relationship = f'<Relationship Id="rIdRibbon" Type="{_RIBBON}" Target="{ribbon.PART}"/></Relationships>'
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", relationship.encode())
    parts[ribbon.PART] = ui.encode()
    content = BytesIO()
    # Stored, not deflated: two versions of zlib give different bytes.
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
        for name, part in parts.items():
            file.writestr(zipfile.ZipInfo(name, _LONG_AGO.timetuple()[:6]), part)
    return content.getvalue()


def _workbook(cells: Sheet, vba: bytes) -> bytes:
    import xlsxwriter

    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": NAME, "author": NAME, "created": _LONG_AGO})
    book.set_vba_name("ThisWorkbook")
    page = book.add_worksheet(NAME.lower())
    page.set_vba_name("Sheet1")
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    for row, column, value in cells.cells:
        if isinstance(value, datetime):
            page.write_datetime(row, column, value, date)
        elif isinstance(value, CellError):
            page.write_formula(row, column, f"={value.code}", None, value.code)
        else:
            page.write(row, column, value)
    book.add_vba_project(BytesIO(vba), is_stream=True)
    book.close()
    return content.getvalue()
