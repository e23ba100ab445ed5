"""Texts for systems that are not here: each is what is kept, and each is read back by a parser of its dialect."""

from __future__ import annotations

import pytest
import sqlglot

from tests.tierbook.engines.generated import DIALECTS, FOLDER, in_dialect


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_kept_text_is_what_is_generated_and_can_be_read_back(dialect):
    kept = (FOLDER / f"{dialect}.sql").read_text("utf-8")
    assert "Generated, not run" in kept
    assert kept == in_dialect(dialect), "python -m tests.tierbook.engines.generated"
    statements = [one for one in sqlglot.parse(kept, read=dialect) if one is not None]
    assert len(statements) >= 10
    assert not any(isinstance(one, sqlglot.exp.Command) for one in statements)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_only_duckdb_knows_is_gone(dialect):
    text = in_dialect(dialect)
    for word in ("round_even", "quantile_disc", "INT128", 'COLLATE "C"', "STRFTIME"):
        assert word.lower() not in text.lower(), word
