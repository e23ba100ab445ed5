"""A PATH that would give LibreOffice's Python the library of another: found, and told with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from addin.calc.obstacles import library, obstacles


@pytest.fixture
def pythons(tmp_path: Path) -> Path:
    """A Python 3.99 in a folder of its own, an environment made from it, and a launcher that is none."""
    for folder in ("own/bin", "own/lib/python3.99", "environment/bin", "shims"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "own/lib/python3.99/os.py").touch()
    for program in ("own/bin/python3", "environment/bin/python3", "shims/python3"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    (tmp_path / "environment/pyvenv.cfg").write_text(f"home = {tmp_path}/own/bin\nversion = 3.99.7\n")
    return tmp_path


@pytest.mark.parametrize(
    "first, version, found, why",
    [
        ("own/bin", "3.99", "own/lib/python3.99", "the folders above the program are searched"),
        ("environment/bin", "3.99", "own/lib/python3.99", "an environment says where it comes from"),
        ("own/bin", "3.98", None, "of another version nothing is found, so the right one is taken"),
        ("shims", "3.99", None, "a launcher has no library beside it"),
        ("nowhere", "3.99", None, "without a python3 there is nothing to be mistaken about"),
    ],
)
def test_the_library_is_looked_for_as_python_does(
    pythons: Path, first: str, version: str, found: str | None, why: str
) -> None:
    assert library(str(pythons / first), version) == (pythons / found if found else None), why


@pytest.mark.host("libreoffice")
def test_a_path_that_misleads_libreoffice_is_told_with_its_fix(pythons: Path) -> None:
    assert obstacles("/usr/bin:/bin") == []
    minor = next(Path("/usr/lib").glob("python3.*/os.py")).parent.name
    (pythons / "own/lib/python3.99").rename(pythons / "own/lib" / minor)
    (obstacle,) = obstacles(f"{pythons / 'environment/bin'}:/usr/bin")
    assert str(pythons / "own/lib" / minor) in obstacle.text("en")
    assert "PATH=/usr/bin:$PATH soffice" in obstacle.text("en")
    assert "/usr/bin" in obstacle.text("zh")
