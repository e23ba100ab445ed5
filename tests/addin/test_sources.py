"""Sources and engines in config.yaml: which are worked on where they lie, and what is never said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from addin.options import request_of
from addin.settings import Settings, read_settings
from addin.warehouse import lies, password_for, place_of, refuse_table
from tierbook.engines.options import EngineOptions
from tierbook.errors import HostError


def settings(folder: Path, text: str) -> Settings:
    (folder / "config.yaml").write_text(text)
    return read_settings(folder)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("engine:\n", EngineOptions()),
        ("engine: duckdb\n", EngineOptions(name="duckdb")),
        ("engine: spark\n", EngineOptions(name="spark")),
        ("engine: {memory: 2GB, spill: /data/work, time_limit: 60}\n", EngineOptions(memory="2GB", spill=Path("/data/work"), time_limit=60)),
    ],
)  # fmt: skip
def test_an_engine_is_a_name_or_a_group(text, expected, tmp_path):
    assert settings(tmp_path, text).engine == expected


@pytest.mark.parametrize(
    "text",
    [
        "engine: oracle\n",
        "engine: {memory: much}\n",
        "engine: {threads: few}\n",
        "engine: {threads: 1000000}\n",
    ],
)
def test_what_an_engine_cannot_be_is_said_with_its_line(text, tmp_path):
    with pytest.raises(HostError, match="is not allowed here") as refused:
        settings(tmp_path, text)
    assert refused.value.problems[0].line == 1


def test_every_wrong_key_of_an_engine_is_said_in_one_go(tmp_path):
    with pytest.raises(HostError) as refused:
        settings(tmp_path, "engine:\n  memory: 2XB\n  spil: work\n  time_limit: -1\n")
    said = [problem.text() for problem in refused.value.problems]
    assert said == [
        "config.yaml:2:11: engine.memory: '2XB' is not allowed here. Write 2GB.",
        "config.yaml:3:3: engine.spil: unknown key 'spil'; did you mean 'spill'?",
        "config.yaml:4:15: engine.time_limit: '-1' is not allowed here. Write 60.",
    ]


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


def test_results_are_named_after_what_an_address_ends_with():
    assert place_of("postgres://me@db/sales") == Path("sales")
    assert place_of("snowflake://me@account/warehouse/shop") == Path("warehouse-shop")
    assert place_of("spark://") == Path("spark")


@pytest.mark.parametrize(
    "text, refused",
    [
        ("source: postgres://me@db/sales\n", False),
        ("source: postgres://me@db/sales\nengine: duckdb\n", True),
        ("source: mysql://me@db/sales\n", True),
        ("source: spark://\n", False),
        ("source: data\n", True),
        ("source: data\nengine: spark\n", False),
        ("source: hotel.duckdb\n", False),
        ("source: hotel.sqlite\n", True),
        ("source: book.xlsx\n", True),
    ],
)
def test_results_for_a_source_that_takes_no_table_are_refused_before_work(
    text, refused, tmp_path, monkeypatch
):
    (tmp_path / "data").mkdir()
    (tmp_path / "config.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    request = request_of(None, None)
    refuse_table(request, Path("scores.parquet"))
    if refused:
        with pytest.raises(HostError, match="Results cannot be a table of this source."):
            refuse_table(request, Path("table:scored"))
    else:
        refuse_table(request, Path("table:scored"))


class Ring(KeyringBackend):
    """A keyring in memory, registered as any other."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_the_password_is_in_the_environment_else_in_the_keyring(ring, monkeypatch):
    monkeypatch.delenv("TIERBOOK_PASSWORD", raising=False)
    assert password_for("postgres://me@db/sales") is None
    keyring.set_password("tierbook", "postgres://me@db/sales", "kept by the system")
    assert password_for("postgres://me@db/sales") == "kept by the system"
    assert password_for("postgres://you@db/sales") is None
    assert password_for("data") is None
    monkeypatch.setenv("TIERBOOK_PASSWORD", "from outside")
    assert password_for("postgres://me@db/sales") == "from outside"


def test_a_keyring_that_is_locked_is_as_none(ring, monkeypatch):
    monkeypatch.delenv("TIERBOOK_PASSWORD", raising=False)
    ring.locked = True
    assert password_for("postgres://me@db/sales") is None
