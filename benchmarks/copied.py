"""Rows that come from a database to DuckDB: `tierbook check` over purchases in MariaDB, and over the same in Parquet.

With `memory: 500MB` and a spill folder. Beside it the reading alone: by Ibis a part at a time as Tierbook does it, and
as Ibis does it by itself. Without MariaDB on the machine nothing is measured.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import Result, cost
from dev import missing_for

ROOT = Path(__file__).parents[1]
SIZES = (1_000_000, 4_000_000)
_FILL = """
    CREATE OR REPLACE TABLE shop.transactions (transaction_id BIGINT UNSIGNED, customer_id VARCHAR(20), date DATE,
    booked TIMESTAMP, amount DECIMAL(12, 2), product VARCHAR(40), cancelled BOOLEAN) AS
    SELECT seq AS transaction_id, CONCAT('C', seq % 20000) AS customer_id,
    DATE_ADD('2020-01-01', INTERVAL seq % 2000 DAY) AS date, DATE_ADD('2020-01-01', INTERVAL seq * 30 SECOND) AS booked,
    (seq % 10000) / 100 AS amount, CONCAT('product ', seq % 500) AS product, seq % 50 = 0 AS cancelled
    FROM seq_1_to_{rows}
"""
_PARQUET = """
import sys
from tierbook.engines.addresses import connected
from tierbook.engines.copied import Copied, named
session = connected(sys.argv[1], None)
names = named(session)
engine = Copied(session, names)
engine.show("seen", names["transactions"])
engine.bring()
engine.run(f"COPY {names['transactions']} TO '{sys.argv[2]}'")
"""
_IBIS = """
import sys
import ibis
for batch in ibis.connect(sys.argv[1]).table("transactions").to_pyarrow_batches(chunk_size=100_000):
    pass
"""
_PARTS = """
import sys
from tierbook.engines.addresses import connected
from tierbook.engines.copied import Copied, named
session = connected(sys.argv[1], None)
names = named(session)
engine = Copied(session, names)
engine.show("seen", names["transactions"])
for part in engine._parts(engine.awaited[names["transactions"]]):
    pass
"""


def results() -> list[Result]:
    """The same purchases from the server and from a file, and two ways to read them from the server."""
    if missing_for("mariadb") or find_spec("MySQLdb") is None:
        return []
    import MySQLdb

    from tests.hosts.engines.mariadb import private_server

    measured = []
    with private_server() as port, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        address = f"mysql://root@127.0.0.1:{port}/shop"
        server = MySQLdb.connect(host="127.0.0.1", port=port, user="root", autocommit=True)
        with server.cursor() as cursor:
            cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
            cursor.execute("USE shop")
        for rows in SIZES:
            with server.cursor() as cursor:
                cursor.execute(_FILL.format(rows=rows))
            check = [sys.executable, "-m", "addin", "check"]
            _configure(home, address)
            found = cost(check, runs=1, warm_up=False, cwd=home)
            measured.append(Result(f"check, {rows:,} purchases in MariaDB", found))
            data = home / f"data{rows}"
            data.mkdir()
            _python(_PARQUET, address, data / "transactions.parquet")
            _configure(home, data.name)
            found = cost(check, runs=1, warm_up=False, cwd=home)
            measured.append(Result(f"check, {rows:,} purchases in Parquet", found))
            if rows == SIZES[0]:
                for what, program in (("a part at a time", _PARTS), ("by Ibis itself", _IBIS)):
                    found = cost([sys.executable, "-c", program, address], runs=1, warm_up=False, cwd=ROOT)
                    measured.append(Result(f"reading {rows:,} purchases {what}", found))
        server.close()
    return measured


def _configure(home: Path, source: str) -> None:
    (home / "config.yaml").write_text(
        f"source: {source}\nengine: {{memory: 500MB, spill: {home / 'spill'}, threads: 2}}\n"
    )


def _python(program: str, *arguments: str | Path) -> None:
    cost([sys.executable, "-c", program, *arguments], runs=1, warm_up=False, cwd=ROOT)


if __name__ == "__main__":
    for result in results():
        print(
            f"{result.what}: {result.cost.cpu:.1f} CPU-s, {result.cost.wall:.1f} s, {result.cost.peak:.0f} MiB"
        )
