"""The Spark session a run works in: the one there is, the one spark-submit asks for, or one of our own; and its files."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def spark_session(master: str) -> Any:
    """The session there is, else one where spark-submit says, else one on `master`.

    Parameters
    ----------
    master : str
        As Spark writes it: `local[2]`, `yarn`, `spark://host:7077`.
    """
    from pyspark.sql import SparkSession

    there = SparkSession.getActiveSession()
    if there is not None:
        return there
    # What is asked of a session here would overrule what spark-submit was told, the cluster with it.
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        session = SparkSession.builder.getOrCreate()
    else:
        session = _session_of_our_own(SparkSession.builder, master)
    context = session.sparkContext
    if str(context.master).startswith("local"):
        # One machine: as many parts as threads, where Spark thinks of two hundred, and nothing to plan anew.
        wanted = {
            "spark.sql.shuffle.partitions": str(context.defaultParallelism),
            "spark.sql.adaptive.enabled": "false",
        }
        for name, value in wanted.items():
            if not context.getConf().contains(name):
                session.conf.set(name, value)
    return session


def _session_of_our_own(builder: Any, master: str) -> Any:
    # Rows come as Arrow; what Spark thinks of pandas is nothing a reader of ours can do anything about.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    # Executors of one machine run the Python this is; Spark would take whatever python3 is first in the PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {
        "spark.master": master,
        "spark.app.name": "tierbook",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
    }
    if master.startswith("local"):
        settings |= {
            # No name to look up.
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            # Compiling Java's methods thoroughly costs more than it saves in a run of minutes.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        }
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def on_disk(path: Path | str) -> str:
    """A path as Spark reads it on the disk; a path alone is one of the cluster's own file system, where it has one."""
    return f"file://{Path(path).resolve()}"


def packed(parts: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Parts of a table as one row of bytes each, on the executors: Spark hands rows over one part at a time, tables all at once."""
    import pyarrow as pa

    for part in parts:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, part.schema) as stream:
            stream.write_batch(part)
        yield pa.record_batch([pa.array([sink.getvalue().to_pybytes()], pa.binary())], ["part"])


def unpacked(part: bytes) -> pa.Table:
    """A part that `packed` made."""
    import pyarrow as pa

    with pa.ipc.open_stream(part) as stream:
        return stream.read_all()
