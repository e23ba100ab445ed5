"""A pack tried on customers without making a run: the columns it needs, and tiers, stages and the like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError

if TYPE_CHECKING:
    from tierbook.engines.duckdb import DuckDB
    from tierbook.rulepack.pack import Pack, Profile

Columns = dict[str, NDArray]
RESULTS = ("tier", "stage", "churn_level", "positions")


@dataclass(frozen=True)
class Trial:
    """Input tables in an engine, and the day to speak for."""

    engine: DuckDB
    as_of: date

    @classmethod
    def of(
        cls, tables: Mapping[str, Any], pack: Pack, *, as_of: date | None = None, today: date | None = None
    ) -> Trial:
        """Load the input tables (`tierbook.score.score`) once for all packs that are tried.

        Raises
        ------
        DataError
            There is no day to speak for.
        """
        from tierbook import features
        from tierbook.engines.duckdb import DuckDB
        from tierbook.score import latest_day, with_declared_columns

        as_of = as_of or pack.as_of or latest_day(tables, today)
        if as_of is None:
            raise DataError(
                "There is no date to speak for.", fix="Give --as-of, because there are no transactions."
            )
        engine = DuckDB()
        features.load(engine, with_declared_columns(tables, pack))
        return cls(engine, as_of)

    def columns(self, pack: Pack) -> Columns:
        """The customer table of a pack, one array per column."""
        from tierbook.arrow import arrays
        from tierbook.customers import customer_table

        return arrays(customer_table(self.engine, pack, as_of=self.as_of))


def results(pack: Pack, columns: Columns, *, profile: str = "default") -> Columns:
    """`RESULTS` of every customer, as far as the pack has them; features worked out on the way are put into `columns`."""
    from tierbook.scorer import Scorer

    scorer = Scorer(pack, columns, profile=profile, ids=columns.get("customer_id"))
    nothing = np.full(scorer.length, None, dtype=object)
    found = {
        "tier": scorer.tier() if pack.tiers else nothing,
        "stage": scorer.stage() if pack.stages else nothing,
        "churn_level": scorer.churn_level() if pack.churn else nothing,
        "positions": scorer.positions() if pack.positions else nothing,
    }
    columns |= {name: scorer.columns[name] for name in pack.features if name in scorer.columns}
    return found


def revenue(columns: Columns) -> NDArray[np.float64]:
    """What each customer has spent; 0 where nobody knows."""
    spend = columns.get("total_spend")
    if spend is None:
        return np.zeros(len(next(iter(columns.values()), ())))
    return np.nan_to_num(np.asarray(spend, dtype=float), nan=0.0)


def with_profile(pack: Pack, profile: str, **changed: Any) -> Pack:
    """The pack with one profile changed: its `parts` or its `thresholds`."""
    from tierbook.rulepack.pack import Profile

    one: Profile = pack.profile(profile)
    new = Profile(changed.get("parts", one.parts), changed.get("thresholds", one.thresholds))
    return replace(pack, profiles={**pack.profiles, profile: new})
