"""A run that writes results into a workbook, killed 200 times at random moments: torn files must be 0.

After every kill the workbook must be whole, and either as it was or with the complete results; the next run must work
and leave no files of ours behind.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from benchmarks.measure import Cost, Result

KILLS = 200
_RUN = """
import sys
sys.path.insert(0, sys.argv[2])
import pyarrow as pa
from pathlib import Path
from workbooks.patch import add_sheets
from workbooks.sheet_xml import ResultSheet
print("ready", flush=True)
number = 0
while True:
    number += 1
    table = pa.table({"customer_id": [str(number)] * 3000, "value": [float(number)] * 3000})
    sheet = ResultSheet("R", "tierbook_r", table, ["customer_id", "value"], ["text", "amount"])
    add_sheets(sys.argv[1], sys.argv[1], [sheet])
"""


def results() -> list[Result]:
    """How many of the kills tore a file, lost the table, or kept the next run from working."""
    import pyarrow as pa

    from workbooks.patch import add_sheets, write_book
    from workbooks.sheet_xml import ResultSheet

    rest = random.Random(7)
    torn = stuck = litter = 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book.xlsx"
        table = pa.table({"customer_id": ["0"] * 3000, "value": [0.0] * 3000})
        sheet = ResultSheet("R", "tierbook_r", table, ["customer_id", "value"], ["text", "amount"])
        write_book(book, [sheet])
        for _ in range(KILLS):
            run = subprocess.Popen(
                [sys.executable, "-c", _RUN, str(book), str(Path(__file__).parents[1])],
                stdout=subprocess.PIPE,
            )
            assert run.stdout is not None
            run.stdout.readline()
            time.sleep(rest.uniform(0, 0.15))
            run.kill()
            run.wait()
            run.stdout.close()
            torn += not _whole(book)
            add_sheets(book, book, [sheet])
            stuck += not _whole(book)
            litter += len(list(Path(folder).glob(".tierbook-*")))
    spent = time.monotonic() - begun
    note = f"torn {torn}, next run failed {stuck}, files left over {litter}"
    return [Result(f"{KILLS} kills", Cost(0.0, spent, 0.0), note)]


def _whole(book: Path) -> bool:
    """Whether the workbook opens, its checksums fit, and its table holds one result from end to end."""
    import fastexcel

    try:
        with zipfile.ZipFile(book) as archive:
            if archive.testzip():
                return False
    except zipfile.BadZipFile:
        return False
    table = fastexcel.read_excel(str(book)).load_table("tierbook_r").to_arrow()
    return table.num_rows == 3000 and len(set(table.column("customer_id").to_pylist())) == 1
