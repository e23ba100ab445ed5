"""The page that describes the house is true: its arrows, its lists, its paths."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.test_house import MAY_IMPORT, ROOT, SHARED, WHERE_SUBJECTS_MEET, modules

PAGE = "docs/architecture.md"
TEXT = (ROOT / PAGE).read_text("utf-8")


def arrows() -> list[tuple[str, str]]:
    """Every arrow of the page as (who imports, what is imported)."""
    found = []
    for line in TEXT.splitlines():
        if line.startswith("    ") and ("──▶" in line or "◀──" in line):
            steps = re.split(r"\s*(──▶|◀──)\s*", line.strip())
            for (one, other), arrow in zip(pairwise(steps[::2]), steps[1::2], strict=True):
                found.append((one, other) if arrow == "──▶" else (other, one))
    return found


def imports(one: str, other: str) -> list[str]:
    """The modules of one place that import something of another; a place is a folder or a file."""
    wanted = other.removesuffix(".py").replace("/", ".")
    return [
        module.name
        for module in modules()
        if f"{module.path.as_posix()}/".startswith(f"{one.rstrip('/')}/")
        and any(name == wanted or name.startswith(f"{wanted}.") for _, name in module.imports())
    ]


@pytest.mark.parametrize("one, other", arrows(), ids=lambda place: place)
def test_an_arrow_is_an_import_and_never_turns_round(one, other):
    assert imports(one, other)
    assert not imports(other, one)


def test_the_packages_are_those_that_may_be_imported():
    reached = {name: {name} for name in MAY_IMPORT}
    drawn = [(one, other) for one, other in arrows() if {one, other} <= MAY_IMPORT.keys()]
    for _ in MAY_IMPORT:
        for one, other in drawn:
            reached[one] |= reached[other]
    assert reached == MAY_IMPORT


@pytest.mark.parametrize(
    "begins, names", [("What every subject may use", SHARED), ("Where subjects meet", WHERE_SUBJECTS_MEET)]
)
def test_the_lists_of_modules_are_those_the_house_goes_by(begins, names):
    (listed,) = re.findall(rf"^{begins}: (.*?)\n(?:\n|$)", TEXT + "\n", re.M | re.S)
    assert re.findall(r"`(\w+)`", listed) == sorted(names)
    assert all(
        (ROOT / "tierbook" / name).is_dir() or (ROOT / "tierbook" / f"{name}.py").is_file() for name in names
    )


@pytest.mark.parametrize("page", [PAGE, "CONTRIBUTING.md"])
def test_every_path_a_page_names_is_there(page):
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(
        r"`((?:addin|benchmarks|docs|rules|spec|tests|tierbook|udfs|workbooks)/[^`<>*\s]*)`", text
    )
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]
