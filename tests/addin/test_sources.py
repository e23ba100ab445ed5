"""Sources and engines in config.yaml: which are worked on where they lie, and what is never said."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from addin.settings import Settings, read_settings
from addin.warehouse import lies, password_for
from tierbook.engines.options import EngineOptions
from tierbook.errors import HostError


def settings(folder: Path, text: str) -> Settings:
    (folder / "config.yaml").write_text(text)
    return read_settings(folder)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("engine: duckdb\n", EngineOptions()),
        ("engine: spark\n", EngineOptions(name="spark")),
        ("engine: {memory: 2GB, spill: /data/work, time_limit: 60}\n", EngineOptions(memory="2GB", spill=Path("/data/work"), time_limit=60)),
    ],
)  # fmt: skip
def test_an_engine_is_a_name_or_a_group(text, expected, tmp_path):
    assert settings(tmp_path, text).engine == expected


@pytest.mark.parametrize(
    "text",
    ["engine: oracle\n", "engine: {memory: much}\n", "engine: {threads: few}\n", "engine: {size: 1}\n"],
)
def test_what_an_engine_cannot_be_is_said_with_its_line(text, tmp_path):
    with pytest.raises(HostError, match="is not allowed here") as refused:
        settings(tmp_path, text)
    assert refused.value.problems[0].line == 1


def test_a_folder_lies_where_it_is_when_the_project_says_so_and_is_read_when_named(tmp_path):
    (tmp_path / "data").mkdir()
    chosen = settings(tmp_path, "source: data\n")
    assert lies(None, chosen) == str(tmp_path / "data")
    assert lies(str(tmp_path / "data"), chosen) == ""
    assert lies("hotel.duckdb", chosen) == "hotel.duckdb"
    assert lies("orders.xlsx", chosen) == ""
    assert lies("postgres://me@db/sales", chosen) == "postgres://me@db/sales"


@pytest.mark.parametrize(
    "address", ["postgres://me:hunter-22@db/sales", "postgresql://me:hunter-22@db/sales?schema=x"]
)
def test_an_address_with_a_password_is_refused_and_not_repeated(address, tmp_path):
    with pytest.raises(HostError, match="The address of the source holds a password") as refused:
        lies(None, settings(tmp_path, f"source: {address}\n"))
    assert "hunter-22" not in refused.value.text() + refused.value.text("zh")


def test_the_password_is_in_the_environment_else_in_the_keyring(monkeypatch):
    monkeypatch.delenv("TIERBOOK_PASSWORD", raising=False)
    keyring: Any = ModuleType("keyring")
    errors: Any = ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})
    keyring.get_password = lambda service, name: f"{service} {name}"
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert password_for("postgres://me@db/sales") == "tierbook postgres://me@db/sales"
    assert password_for("data") is None
    monkeypatch.setenv("TIERBOOK_PASSWORD", "from outside")
    assert password_for("postgres://me@db/sales") == "from outside"
