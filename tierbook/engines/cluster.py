"""The Spark session a run works in: the one there is, the one spark-submit asks for, or one of our own; and its files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_PARTS = "spark.sql.shuffle.partitions"


def spark_session(master: str) -> Any:
    """The session there is, else one where spark-submit says, else one on `master`.

    Parameters
    ----------
    master : str
        As Spark writes it: `local[2]`, `yarn`, `spark://host:7077`.
    """
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    there = SparkSession.getActiveSession()
    if there is not None:
        return there
    # Java that spark-submit began knows what was asked for there.
    submitted = dict(SparkConf().getAll()) if "PYSPARK_GATEWAY_PORT" in os.environ else {}
    if not submitted:
        # Executors of one machine run the Python this is; Spark would take whatever python3 is first in the PATH.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    asked = SparkSession.builder
    for name, value in settings(master, submitted).items():
        asked = asked.config(name, value)
    session = asked.getOrCreate()
    if str(session.sparkContext.master).startswith("local") and _PARTS not in submitted:
        # As many parts as threads; Spark thinks of two hundred.
        session.conf.set(_PARTS, str(session.sparkContext.defaultParallelism))
    return session


def settings(master: str, submitted: Mapping[str, str]) -> dict[str, str]:
    """What is asked of a session that begins; nothing that spark-submit was told, which a word from here would overrule."""
    wanted = {
        "spark.master": master,
        "spark.app.name": "tierbook",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # What fails is said in a sentence of ours; Java tells of it in a hundred lines.
        "spark.log.level": "OFF",
    }
    if (submitted.get("spark.master") or master).startswith("local"):
        # One machine: no name to look up, and little to plan anew.
        wanted |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.adaptive.enabled": "false",
            # Compiling Java's methods thoroughly costs more than it saves in a run of minutes.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        }
    return {name: value for name, value in wanted.items() if name not in submitted}


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
