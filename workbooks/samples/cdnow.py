"""The CDNOW sample as a workbook: a real purchase log of 2,357 customers of an online music shop, 1997-1998.

Source: Fader and Hardie's 1/10 sample of the CDNOW data, as distributed with `lifetimes` (README.md beside this
file). Made again by `python -m workbooks.samples.cdnow`.
"""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from workbooks.samples import sample_path

LOG = Path(__file__).with_name("cdnow_sample.txt.gz")


class Purchase(NamedTuple):
    """One line of the log; several purchases of a day stay several, and some cost nothing."""

    customer_id: str
    date: date
    quantity: int  # CDs
    amount: float  # US dollars


def purchases() -> list[Purchase]:
    """The log in its own order: by customer, then by date."""
    found = []
    for line in gzip.decompress(LOG.read_bytes()).decode("ascii").splitlines():
        _master_id, customer_id, day, cds, dollars = line.split()
        found.append(Purchase(customer_id, datetime.strptime(day, "%Y%m%d").date(), int(cds), float(dollars)))
    return found


def write(path: Path) -> None:
    """Write the workbook: one sheet `transactions`, no table of customers."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": "CDNOW sample", "created": datetime(2026, 11, 2, 9, 0)})
    day, money = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "#,##0.00"})
    sheet = book.add_worksheet("transactions")
    sheet.write_row(0, 0, Purchase._fields, book.add_format({"bold": True}))
    sheet.set_column(0, 3, 13)
    sheet.freeze_panes(1, 0)
    for r, purchase in enumerate(purchases(), start=1):
        sheet.write_string(r, 0, purchase.customer_id)
        sheet.write_datetime(r, 1, purchase.date, day)
        sheet.write_number(r, 2, purchase.quantity)
        sheet.write_number(r, 3, purchase.amount, money)
    book.close()


if __name__ == "__main__":
    write(sample_path("cdnow"))
