"""The Spark session a run works in: the one there is, the one spark-submit asks for, or one of our own; and its files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


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
    settings = {
        "spark.app.name": "tierbook",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
    }
    # Java that spark-submit began knows what was asked for there, which a word from here would overrule.
    submitted = SparkConf() if "PYSPARK_GATEWAY_PORT" in os.environ else None
    if submitted is None:
        # Executors of one machine run the Python this is; Spark would take whatever python3 is first in the PATH.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        settings["spark.master"] = master
    else:
        master = submitted.get("spark.master") or master
    if master.startswith("local"):
        # One machine: no name to look up, and little to plan anew.
        settings |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.adaptive.enabled": "false",
            # Compiling Java's methods thoroughly costs more than it saves in a run of minutes.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        }
    asked = SparkSession.builder
    for name, value in settings.items():
        if submitted is None or not submitted.contains(name):
            asked = asked.config(name, value)
    session = asked.getOrCreate()
    if master.startswith("local") and not (submitted and submitted.contains(_PARTS)):
        # As many parts as threads; Spark thinks of two hundred.
        session.conf.set(_PARTS, str(session.sparkContext.defaultParallelism))
    return session


_PARTS = "spark.sql.shuffle.partitions"


def on_disk(path: Path | str) -> str:
    """A path as Spark reads it on the disk; a path alone is one of the cluster's own file system, where it has one."""
    return f"file://{Path(path).resolve()}"
