"""Identifiers that look alike and are not: capital letters, full-width signs, spaces inside, signs nobody sees."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from tierbook.columns import quoted
from tierbook.quality import Problem
from workbooks.reading.assemble import Assembled

if TYPE_CHECKING:
    import pyarrow as pa

_PAIRS = 5  # shown in one sentence
# Soft hyphen, zero-width and direction marks, the byte-order mark: drawn by no program.
_UNSEEN = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"


def as_seen(ids: pa.Array) -> pa.Array:
    """Identifiers as an eye takes them: equal for those that look alike."""
    import pyarrow.compute as pc

    if pc.all(pc.string_is_ascii(ids)).as_py() is not False:
        return pc.utf8_lower(ids)
    return pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(ids, "NFKC"), f"[{_UNSEEN}\\s]", ""))


def look_alike(one: Assembled) -> list[Problem]:
    """Customers of one table that look like one and count as several."""
    import pyarrow as pa
    import pyarrow.compute as pc

    assert one.table is not None
    if "customer_id" not in one.table.column_names:
        return []
    ids = pc.unique(one.table["customer_id"]).drop_null()
    # Without letters there is nothing that could only look alike; almost every table is done here.
    if len(ids) < 2 or (
        pc.all(pc.equal(ids, pc.ascii_upper(ids))).as_py() and pc.all(pc.string_is_ascii(ids)).as_py()
    ):
        return []
    seen = as_seen(ids)
    if pc.count_distinct(seen).as_py() == len(ids):
        return []
    groups = (
        pa.table({"seen": seen, "id": ids}).group_by("seen", use_threads=False).aggregate([("id", "list")])
    )
    several = [names for names in groups["id_list"].to_pylist() if len(names) > 1]
    known = {name for names in several for name in names[1:]}
    row = int(np.flatnonzero(pc.is_in(one.table["customer_id"], value_set=pa.array(sorted(known))))[0])
    return [
        Problem(
            "warning",
            "Customers that look alike count as different ones: {customers}.",
            "Write each the same way everywhere, if they are one.",
            {"customers": "; ".join(" / ".join(map(visible, names[:4])) for names in several[:_PAIRS])},
            count=len(known),
            **one.place(row, "customer_id"),
        )
    ]


def visible(text: str) -> str:
    """A text in quotes, with the signs named that no program draws."""
    return quoted(re.sub(f"[{_UNSEEN}]", lambda sign: f"<{_name(sign[0])}>", text))


def _name(sign: str) -> str:
    return unicodedata.name(sign, f"U+{ord(sign):04X}").lower()
