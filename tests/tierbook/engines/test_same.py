"""What is compared between engines is everything there is."""

from __future__ import annotations

import re
import sys
from itertools import chain

from tests.tierbook.engines.same import ALSO, ASKED, EVERY, WHOLE, beside_before, in_memory, table_of
from tierbook.aggregates.query import NAMES


def test_every_kind_of_table_that_is_asked_for_with_something_is_compared():
    described = sys.modules["tierbook.aggregates.query"].__doc__ or ""
    assert NAMES[0] in described
    assert set(re.findall(r"`(\w+):<", described)) == {name.partition(":")[0] for name in ASKED}


def test_every_small_table_has_rows_where_it_is_compared():
    shown = set(chain.from_iterable(ALSO.values()))
    for name, also in ALSO.items():
        assert [one for one in also if not len(in_memory(name, name).table(one))] == []
    for name in WHOLE:
        run = beside_before(in_memory(name, name))
        shown |= {one for one in EVERY if (found := table_of(run, one)) is not None and len(found)}
    assert shown == set(EVERY)
