"""Costs of a command run as a process of its own, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("duckdb", "fastexcel", "numpy", "openpyxl", "pandas", "pyarrow", "xlsxwriter")
# The system counts resident memory in bytes on a Mac, else in KiB.
_PER_MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10


class Cost(NamedTuple):
    """What one run costs.

    `cpu` is user + system time of the process and its children [CPU-seconds], `wall` time on the clock
    [s], `peak` the largest resident memory of any one of these processes [MiB].
    """

    cpu: float
    wall: float
    peak: float


class Result(NamedTuple):
    """One line of a benchmark: what ran, its cost, and what the reader should see in it."""

    what: str
    cost: Cost
    note: str = ""


def cost(
    command: Sequence[str | Path], *, runs: int = 5, warm_up: bool = True, cwd: Path | None = None
) -> Cost:
    """Median cost of a command.

    Parameters
    ----------
    runs : int
        How often it is run and measured. [count]
    warm_up : bool
        Run it once more before, unmeasured, so that byte code and file caches are there as on any second day.

    Raises
    ------
    subprocess.CalledProcessError
        The command failed; its output goes to stderr.
    """
    measured = [_run(command, cwd) for _ in range(runs + warm_up)][warm_up:]
    return Cost(*(statistics.median(one) for one in zip(*measured, strict=True)))


def _run(command: Sequence[str | Path], cwd: Path | None) -> Cost:
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    # wait4, not getrusage: that one adds up all children so far, and knows no peak of a single one.
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [str(part) for part in command])
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / _PER_MEBIBYTE)


def cost_here(work: Callable[[], object], *, runs: int) -> Cost:
    """Median cost of work inside this process, after one run that is not counted; the peak is that of the process."""
    work()
    cpu, wall = [], []
    for _ in range(runs):
        begun, clock = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - begun)
        wall.append(time.perf_counter() - clock)
    return Cost(statistics.median(cpu), statistics.median(wall), peak_here())


def peak_here() -> float:
    """The largest resident memory of this process so far. [MiB]"""
    import resource  # Windows has none

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MEBIBYTE


def machine() -> str:
    """Processor, cores, memory and system, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text("utf-8").splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def software() -> str:
    """Python and the packages that do the heavy work, with versions."""
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    )


def commit() -> str:
    """The commit measured, and whether the files differ from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/RESULTS.md")
    return git("rev-parse", "--short", "HEAD") + (" with changes" if changed else "")
