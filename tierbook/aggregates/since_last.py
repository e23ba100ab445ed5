"""What changed since the last run: tables beside those of `query`, for runs whose last one was kept.

The engine has `scored_last` beside `scored`: customer_id, value, tier, stage, churn_level as the last run gave them.

| aggregate | one row per | columns beside the key |
|---|---|---|
| `tier_moves_since_last`, `stage_moves_since_last` | before, now | customers, value; `before` is missing for who was not there |
| `changes_since_last` | run | customers, arrived, gone, tier_changed, stage_changed, level_changed, unchanged |
"""

from __future__ import annotations

from tierbook.aggregates.pieces import count_of, exact_sum
from tierbook.engines.quoting import quoted

_JOINED = (
    "FROM {scored} AS people LEFT JOIN scored_last AS earlier ON earlier.customer_id = people.customer_id"
)


def query(name: str, *, scored: str = "scored") -> str:
    """The SQL text of one of `NAMES`, over the customers in a table."""
    joined = _JOINED.format(scored=quoted(scored))
    return _changes(joined, quoted(scored)) if name == _CHANGES else _moves(_MOVES[name], joined)


_CHANGES = "changes_since_last"
_MOVES = {"tier_moves_since_last": "tier", "stage_moves_since_last": "stage"}
NAMES = (*_MOVES, _CHANGES)


def _moves(column: str, joined: str) -> str:
    return f"""
SELECT earlier.{column} AS before, people.{column} AS now, COUNT(*) AS customers, {exact_sum("people.value")} AS value
{joined}
GROUP BY earlier.{column}, people.{column} ORDER BY 1, 2"""


def _changes(joined: str, scored: str) -> str:
    """Changes are counted among the customers both runs know."""
    changed = {
        name: f"COALESCE(people.{name}, '') <> COALESCE(earlier.{name}, '')"
        for name in ("tier", "stage", "churn_level")
    }
    known = "earlier.customer_id IS NOT NULL"
    return f"""
SELECT COUNT(*) AS customers,
    {count_of("earlier.customer_id IS NULL")} AS arrived,
    (SELECT COUNT(*) FROM scored_last LEFT JOIN {scored} AS there ON there.customer_id = scored_last.customer_id
        WHERE there.customer_id IS NULL) AS gone,
    {count_of(f"{known} AND {changed['tier']}")} AS tier_changed,
    {count_of(f"{known} AND {changed['stage']}")} AS stage_changed,
    {count_of(f"{known} AND {changed['churn_level']}")} AS level_changed,
    {count_of(f"{known} AND NOT ({' OR '.join(changed.values())})")} AS unchanged
{joined}"""
