"""The program of docs/scale.md, started by spark-submit with the wheel, runs to its end."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from pyarrow import parquet

from tests.hosts.engines.conftest import QUICKLY
from tests.tierbook.engines.same import ROOT, differences, in_memory, tables

pytestmark = pytest.mark.host("spark")

# What the test asks at the end of the program.
SAID = """
import tierbook.warehouse
from pyspark.sql import SparkSession
session = SparkSession.getActiveSession()
print("used:", tierbook.warehouse.__file__, session.sparkContext.master, session.conf.get("spark.sql.shuffle.partitions"))
"""


def documented() -> tuple[list[str], str]:
    """The command line for one machine, and the program."""
    text = (ROOT / "docs/scale.md").read_text("utf-8")
    (command,) = re.findall(r"^    (spark-submit --master 'local.*)$", text, re.M)
    (program,) = re.findall(r"^    # score\.py\n((?:    .*\n|\n)+)", text, re.M)
    return shlex.split(command), re.sub(r"^    ", "", program, flags=re.M)


def test_the_documented_program_runs_to_its_end(tmp_path):
    command, program = documented()
    wheel = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"]
    subprocess.run(wheel, cwd=ROOT, check=True, capture_output=True)
    (tmp_path / "retail.yaml").write_bytes((ROOT / "rules/hospitality.yaml").read_bytes())
    (tmp_path / "lake/sales").mkdir(parents=True)
    for name, table in tables().items():
        parquet.write_table(table, tmp_path / "lake/sales" / f"{name}.parquet")
    assert '"/lake/' in program
    program = program.replace('"/lake/', f'"{tmp_path.as_posix()}/lake/')
    (tmp_path / "score.py").write_text(program + SAID, "utf-8")
    (tmp_path / "conf").mkdir()
    settings = "".join(f"{name} {value}\n" for name, value in QUICKLY.items())
    (tmp_path / "conf/spark-defaults.conf").write_text(settings)
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=tmp_path,
        env={**os.environ, "SPARK_CONF_DIR": str(tmp_path / "conf"), "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ".whl/tierbook/warehouse.py local[2] 1\n" in done.stdout, (
        "the wheel, where and as spark-submit says"
    )
    sheets = openpyxl.load_workbook(tmp_path / "report.xlsx", read_only=True).sheetnames
    assert len(sheets) > 10, sheets
    published = parquet.read_table(tmp_path / "spark-warehouse/scored_customers").sort_by("customer_id")
    expected = in_memory("hospitality").customers
    assert differences(expected, published.select(expected.column_names)) == []
    assert {"p_alive", "clv_expected", "clv_value"} <= set(published.column_names)
    assert list((tmp_path / "lake/tierbook").iterdir()) == [], "nothing is left in the spill folder"
