"""How an engine may work: memory, folders, time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ENGINES = ("duckdb", "spark", "source")


@dataclass(frozen=True)
class EngineOptions:
    """How an engine may work.

    Parameters
    ----------
    name : str
        What tables are worked on with: `duckdb` in the process, `spark`, `source` for PostgreSQL where they are in it; ""
        for a database that works on its own tables, and DuckDB otherwise.
    memory : str
        The most DuckDB takes, such as `2GB`; "" for what DuckDB thinks right.
    spill : Path, optional
        Folder for finished stages and for what does not fit into memory; without one everything stays in memory.
    spill_limit : str
        The most that folder may take, such as `50GB`.
    threads : int
        0 for all.
    time_limit : float
        Seconds a run may take; 0 for no limit. [s]
    schema : str
        The schema of a database where finished stages are kept; "" for temporary tables.
    master : str
        The cluster Spark begins a session on, where there is none yet.
    """

    name: str = ""
    memory: str = ""
    spill: Path | None = None
    spill_limit: str = ""
    threads: int = 0
    time_limit: float = 0
    schema: str = ""
    master: str = "local[*]"
