"""The conformance table, asked of a real engine over a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from addin.engine_client import EngineError
from tests.conformance.table import Entry, entries, same, shown
from tests.hosts.engine.running import Running, engine


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with engine(tmp_path_factory.mktemp("engine")) as found:
        yield found


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_the_engine_gives_what_the_table_says(entry: Entry, running: Running) -> None:
    # A session of its own, because what CRM_WHY says is that of the session.
    client = running.client(language=entry.context.get("language", "en"))
    if entry.first:
        with suppress(EngineError):
            client.call(*entry.first)
    if entry.error:
        with pytest.raises(EngineError) as wrong:
            client.call(entry.function, *entry.cells)
        assert wrong.value.code == "function"
        assert entry.error in str(wrong.value)
        return
    found = in_lists(client.call(entry.function, *entry.cells))
    assert same(shown(found, entry.columns), entry.gives), found
    said = [row[1] for row in client.call("CRM_WHY")[1:]]
    assert any(entry.says in sentence for sentence in said) or not entry.says, said


def test_a_batch_gives_what_single_calls_give(running: Running) -> None:
    plain = [
        entry for entry in entries() if not entry.context and not entry.first and entry.function != "CRM_WHY"
    ]
    answers = running.client().batch([entry.function, *entry.cells] for entry in plain)
    for entry, answer in zip(plain, answers, strict=True):
        if entry.error:
            assert isinstance(answer, EngineError), entry.name
            assert entry.error in str(answer), entry.name
        else:
            assert same(shown(in_lists(answer), entry.columns), entry.gives), entry.name


def in_lists(cells: Any) -> Any:
    """A large result comes in tuples, as spreadsheet programs take it."""
    return [list(row) for row in cells] if isinstance(cells, list) else cells
