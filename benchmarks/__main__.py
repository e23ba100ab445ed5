"""Run benchmarks by name, or all, and renew their sections of RESULTS.md."""

from __future__ import annotations

import math
import sys
from datetime import date
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Result, commit, machine, software

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
HEAD = """# What Tierbook costs

Written by `python3 dev.py bench`. Medians; CPU-seconds are user + system time of the process and its children,
peak memory is resident. Other machines differ; ratios travel better than seconds.
"""


def main(names: list[str]) -> int:
    """Exit status; each benchmark is a module of this folder with a docstring and `results()`."""
    known = sorted(
        file.stem for file in FOLDER.glob("*.py") if file.stem != "measure" and file.stem[0] != "_"
    )
    if unknown := [name for name in names if name not in known]:
        print(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(known)}.", file=sys.stderr)
        return 2
    sections = read_sections(RESULTS.read_text("utf-8") if RESULTS.exists() else "")
    for name in names or known:
        module = import_module(f"benchmarks.{name}")
        sections[name] = section(name, module.__doc__ or "", module.results())
        print(sections[name], flush=True)
        RESULTS.write_text("\n".join([HEAD, *(text for _, text in sorted(sections.items()))]), "utf-8")
    return 0


def read_sections(text: str) -> dict[str, str]:
    """The sections of a results file by name."""
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def section(name: str, about: str, results: list[Result]) -> str:
    """One benchmark as Markdown: what it is, where it was measured, and a table."""
    where = f"Commit {commit()}, {date.today()}. {machine()}. {software()}."
    rows = [
        f"| {what} | {_figure(cost.cpu, 2)} | {_figure(cost.wall, 2)} | {_figure(cost.peak, 0)} | {note} |"
        for what, cost, note in results
    ]
    table = ["| | CPU [s] | clock [s] | peak [MiB] | |", "|---|--:|--:|--:|---|", *rows]
    return "\n\n".join([f"## {name}", about.strip(), where, "\n".join(table)]) + "\n"


def _figure(number: float, places: int) -> str:
    """A figure; nothing for one that was not taken."""
    return "" if math.isnan(number) else f"{number:.{places}f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
