"""Rich text whose runs end in spaces: the bulk reader would glue the words together.

A run `<t>Ada </t>` without `xml:space="preserve"` keeps its space in Excel and loses it in calamine, so `Ada Love`
reads `AdaLove`. Such workbooks are read from a copy in memory in which the runs say `preserve`.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

_RUN = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)t>(?=\s|[^<]*\s</)")
_RICH = (b"<r>", b":r>", b"<r ")


def with_spaces_kept(source: Path | io.BytesIO) -> Path | io.BytesIO:
    """The workbook itself, or a copy in memory whose rich text keeps the spaces between its words."""
    with zipfile.ZipFile(source) as archive:
        parts = [name for name in archive.namelist() if name.lower().endswith("sharedstrings.xml")]
        repaired = {}
        for name in parts:
            data = archive.read(name)
            if any(mark in data for mark in _RICH) and _RUN.search(data):
                repaired[name] = _RUN.sub(rb'<\1t xml:space="preserve">', data)
        if not repaired:
            return source
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            for entry in archive.infolist():
                out.writestr(entry.filename, repaired.get(entry.filename) or archive.read(entry))
    return copy
