"""A run over PostgreSQL that is killed goes on where it was, in the schema that keeps its stages."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest

from tests.hosts.engines.conftest import address
from tests.tierbook.engines.breaks import gone_on, killed, stages_kept
from tests.tierbook.engines.same import in_memory, pack, runs_differ

pytestmark = pytest.mark.host("postgresql")


def test_a_killed_run_goes_on_in_another_process_and_leaves_nothing_behind(hotel, postgres):
    place, asked = address(hotel), dict[str, Any](schema="tierbook_killed")
    killed(place, at="scored_before", **asked)
    run, opened, made = gone_on(place, **asked)
    assert "tierbook_sales" not in made and "scored" not in made and "scored_before" in made
    assert runs_differ(in_memory("hospitality"), run, ("totals",)) == {}
    opened.engine.close()
    assert sorted(stages_kept(place, **asked)) == ["before", "now", "prepared"]
    assert stages_kept(place, as_of=date(2026, 6, 30), **asked) == [], "another day begins anew"
    with psycopg.connect(postgres, dbname="hotel", autocommit=True) as connection:
        counted = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'tierbook_killed'"
        assert connection.execute(counted).fetchone() == (1,)
        run, opened, made = gone_on(place, pack("retail"), **asked)
        assert "tierbook_sales" in made, "other rules begin anew"
        opened.keep.clear()
        opened.engine.close()
        assert connection.execute(counted).fetchone() == (0,)
