"""Sample workbooks: `hospitality`, `retail`, `securities`, `logistics`, `exhibition`, `b2b` and `automotive` (invented), `cdnow` (a real purchase log); each lies beside its generator."""

from __future__ import annotations

from pathlib import Path

from tierbook.errors import DataError
from tierbook.shipped import shipped

SAMPLES = (
    "hospitality",
    "retail",
    "securities",
    "logistics",
    "exhibition",
    "b2b",
    "automotive",
    "power",
    "hospital",
    "cdnow",
)


def sample_path(name: str) -> Path:
    """Where the sample workbook of that name lies, in a checkout and in an installed wheel.

    Raises
    ------
    DataError
        A name that is not a sample; says which there are.
    """
    if name not in SAMPLES:
        raise DataError(
            "There is no sample called {name}.",
            fix="Choose one of: {known}.",
            name=name,
            known=", ".join(SAMPLES),
        )
    return shipped(f"workbooks/samples/{name}.xlsx")
