"""What other packages make of the CDNOW calibration period, as golden numbers in `other_packages.json`.

Made anew in an environment that has the package (`pip install lifetimes==0.11.3`, or `pymc-marketing==0.19.2`):

    python -m tests.tierbook.clv.other_packages lifetimes
    python -m tests.tierbook.clv.other_packages pymc-marketing

Times are weeks. pymc-marketing's estimates are modes under flat priors, found to fewer digits than a likelihood's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("other_packages.json")
HORIZON, MONTHS, MONTHLY_DISCOUNT = 39, 12, 0.01
EVERY = 200  # customers whose figures are kept


def main(package: str) -> None:
    """Put what the package says into the file, beside what the others do."""
    import pandas as pd

    from tests.tierbook.clv.cdnow import calibration

    found = calibration()
    people = pd.DataFrame({
        "customer_id": np.arange(found.T.size), "frequency": found.frequency, "recency": found.recency, "T": found.T,
        "monetary_value": np.nan_to_num(found.monetary_value),
    })  # fmt: skip
    known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    known[package] = (_lifetimes if package == "lifetimes" else _pymc_marketing)(people)
    FILE.write_text(json.dumps(known, indent=1) + "\n", "utf-8")


def _lifetimes(people: Any) -> dict[str, Any]:
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    x, t_x, T, z = (people[name] for name in ("frequency", "recency", "T", "monetary_value"))
    paid = (x > 0) & (z > 0)
    bg, gg = BetaGeoFitter().fit(x, t_x, T), GammaGammaFitter().fit(x[paid], z[paid])
    return _told(
        dict(bg.params_), dict(gg.params_),
        bg.conditional_expected_number_of_purchases_up_to_time(HORIZON, x, t_x, T), bg.conditional_probability_alive(x, t_x, T),
        gg.customer_lifetime_value(bg, x, t_x, T, z, time=MONTHS, discount_rate=MONTHLY_DISCOUNT, freq="W"),
    )  # fmt: skip


def _pymc_marketing(people: Any) -> dict[str, Any]:
    from pymc_extras.prior import Prior
    from pymc_marketing import clv

    def fitted(make: Any, data: Any, names: tuple[str, ...]) -> tuple[Any, dict[str, float]]:
        model = make(data=data, model_config={name: Prior("HalfFlat") for name in names})
        model.fit(method="map", progressbar=False)
        return model, {name: model.fit_result[name].item() for name in names}

    bg, purchases = fitted(clv.BetaGeoModel, people, ("r", "alpha", "a", "b"))
    paid = people[(people["frequency"] > 0) & (people["monetary_value"] > 0)]
    gg, amounts = fitted(clv.GammaGammaModel, paid, ("p", "q", "v"))
    return _told(
        purchases, amounts, bg.expected_purchases(people, future_t=HORIZON), bg.expected_probability_alive(people),
        gg.expected_customer_lifetime_value(
            bg, people, future_t=MONTHS, discount_rate=MONTHLY_DISCOUNT, time_unit="W"
        ),
    )  # fmt: skip


def _told(
    purchases: dict[str, float], amounts: dict[str, float], expected: Any, alive: Any, value: Any
) -> dict[str, Any]:
    figures = {"expected": np.ravel(expected), "alive": np.ravel(alive), "value": np.ravel(value)}
    return {
        "bg_nbd": {name: float(purchases[name]) for name in ("r", "alpha", "a", "b")},
        "gamma_gamma": {name: float(amounts[name]) for name in ("p", "q", "v")},
        "totals": {name: float(np.nansum(one)) for name, one in figures.items()},
        "customers": {name: one[::EVERY].tolist() for name, one in figures.items()},
    }


if __name__ == "__main__":
    main(sys.argv[1])
