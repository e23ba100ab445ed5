"""The report on paper: a PDF that LibreOffice makes of it, lists cut after their first rows."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tierbook.errors import HostError

if TYPE_CHECKING:
    from tierbook.run import Run

MOST_PRINTED = 50
_PATIENCE = 600.0  # a report of many pages on a slow machine [s]


def pdf_of(book: Path, folder: Path) -> Path:
    """The PDF of a workbook, in a folder.

    Raises
    ------
    HostError
        LibreOffice is not there, or does not make one.
    """
    from addin.calc.office import HEADLESS, program

    # A profile of its own, so that a LibreOffice the user has open is no obstacle.
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [
        program("soffice"),
        profile,
        *HEADLESS,
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(book),
    ]
    pdf = folder / f"{book.stem}.pdf"
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pdf.unlink(missing_ok=True)
    if not pdf.exists():
        raise HostError(
            "LibreOffice made no PDF of {name}.", fix="Open the report there and export it.", name=book.name
        )
    return pdf


def write_pdf(run: Run, report: Path, *, language: str) -> Path:
    """The path of the PDF that was written beside a report."""
    from workbooks.files import replace_file
    from workbooks.report import write_report

    # LibreOffice does not read a folder whose path is a link, as temporary folders on a Mac are.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        book = write_report(run, folder / report.name, language=language, most_printed=MOST_PRINTED)
        pdf = pdf_of(book, folder)
        return replace_file(
            report.with_suffix(".pdf"), lambda file: shutil.copyfile(pdf, file), verify=_is_pdf
        )


def _is_pdf(file: Path) -> None:
    with file.open("rb") as opened:
        if opened.read(5) != b"%PDF-":
            raise HostError(
                "LibreOffice made no PDF of {name}.",
                fix="Open the report there and export it.",
                name=file.name,
            )
