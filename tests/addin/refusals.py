"""Sources with little in them, commands in this process, and what a refused one says and leaves."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from addin.cli import main

SALES = {
    "customer_id": ["C1", "C1", "C2", "C3"],
    "date": pa.array([date(2026, 1, 5), date(2026, 3, 1), date(2026, 2, 11), date(2026, 3, 11)], pa.date32()),
    "amount": [120.5, 80.0, 9000.0, 11.0],
}  # fmt: skip


def write(folder: Path, name: str = "transactions", where: str = "data", **change: object) -> Path:
    (folder / where).mkdir(parents=True, exist_ok=True)
    columns = {one: column for one, column in (SALES | change).items() if column is not None}
    parquet.write_table(pa.table(columns), folder / where / f"{name}.parquet")
    return folder / where / f"{name}.parquet"


def tierbook(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    """One command in this process: its exit code."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["tierbook", *words])
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def left(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def refused(monkeypatch, capsys, folder: Path, said: list[str], *words: str) -> None:
    """The command says every sentence, shows no traceback and leaves everything as it was."""
    (folder / "old.xlsx").write_bytes(b"as it was")
    before = left(folder)
    assert tierbook(monkeypatch, folder, *words) == 1
    spoken = capsys.readouterr()
    assert [one for one in said if one not in spoken.err] == [], spoken.err
    assert "Traceback" not in spoken.err and "was not made for" not in spoken.err
    assert not spoken.out
    after = left(folder)
    # An empty folder for what does not fit into memory may stay, and stages that are finished.
    new = {name for name in after.keys() - before.keys() if not name.startswith("spill")}
    assert not new and {name: after[name] for name in before} == before
