"""What a run's purchase models say, as pages and sheets need it: by group of customers, best customers first, in words."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.clv.outlook import YEAR, Outlook, refusal
from tierbook.errors import DataError
from tierbook.language import say
from workbooks.rows import stages, tier_names
from workbooks.style import share_text, short_number

if TYPE_CHECKING:
    from tierbook.quality import Problem
    from tierbook.run import Run

MODELS = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "pareto_nbd": "Pareto/NBD"}
_COSTS = ("acquisition_cost", "获客成本")


class Group(NamedTuple):
    """Customers of one tier, stage or segment, the name None where they have none.

    `customers` are all of them, `buyers` those with a purchase, for whom there are expectations: `alive` and `silent`
    are mean probabilities of theirs, `expected` their purchases together, `value` that of all together. [money]
    """

    name: str | None
    customers: int
    buyers: int
    alive: float
    expected: float
    value: float
    silent: Mapping[int, float]


def lacks(run: Run) -> Problem | None:
    """Why no purchase model can be fitted to the run; None where one can."""
    found = _outlook(run)
    return None if isinstance(found, Outlook) else found


def lacks_value(run: Run) -> Problem | None:
    """Why the run's customers have no expected value; None where they do."""
    found = _outlook(run)
    return found.unpriced if isinstance(found, Outlook) else found


def _outlook(run: Run) -> Outlook | Problem:
    try:
        return run.outlook
    except DataError as error:
        return refusal(error)


def in_words(outlook: Outlook, language: str = "en") -> list[str]:
    """What the parameters of the models mean for a customer, and what value is."""
    rate, scale, *_ = outlook.fit.params
    said = [
        say(
            "While active, a customer buys {times} times a year on average, each at a pace of their own.",
            language,
            times=f"{YEAR * rate / scale:.1f}",
        )
    ]
    if outlook.model != "pareto_nbd":
        *_, a, b = outlook.fit.params
        leave = share_text(a / (a + b))
        said.append(
            say("After each purchase, the first one too, {share} leave for good.", language, share=leave)
            if outlook.model == "mbg_nbd"
            else say("After each repeat purchase {share} leave for good.", language, share=leave)
        )
    if outlook.spend and outlook.spend.params.q > 1:
        p, q, gamma = outlook.spend.params
        mean = short_number(p * gamma / (q - 1), language)
        said.append(say("A purchase brings {money} on average.", language, money=mean))
    discount = share_text(outlook.annual_discount)
    if outlook.margin != 1:
        said.append(
            say(
                "Value is the margin of the purchases expected in {months} months, discounted by {discount} a year; the margin is {margin} of revenue.",
                language,
                months=outlook.months,
                discount=discount,
                margin=share_text(outlook.margin),
            )
        )
    else:
        said.append(
            say(
                "Value is the revenue expected in {months} months, discounted by {discount} a year; a column cost in the transactions would make it a margin.",
                language,
                months=outlook.months,
                discount=discount,
            )
        )
    return said


def everyone(outlook: Outlook) -> Group:
    """All customers as one group."""
    return _group(None, np.arange(outlook.p_alive.size), outlook)


def grouped(run: Run, column: str, outlook: Outlook | None = None) -> list[Group]:
    """Customers by a column: tiers best first, stages in the course of a life, else most value first; those without last."""
    place = run.customers[column].combine_chunks().dictionary_encode()
    number = place.indices.fill_null(len(place.dictionary)).to_numpy()
    order = np.argsort(number, kind="stable")
    names = [*place.dictionary.to_pylist(), None]
    stretches = np.split(order, np.cumsum(np.bincount(number, minlength=len(names)))[:-1])
    found = [
        _group(name, members, outlook or run.outlook)
        for name, members in zip(names, stretches, strict=True)
        if members.size
    ]
    known: list[str | None] = []
    if column == "tier":
        known = [*tier_names(run)]
    elif column == "stage":
        known = [row["stage"] for row in stages(run)]
    places = {name: position for position, name in enumerate(known)}
    return sorted(
        found,
        key=lambda one: (one.name is None, places.get(one.name, len(places)), -one.value, str(one.name)),
    )


def _group(name: str | None, members: NDArray[np.int64], outlook: Outlook) -> Group:
    bought = members[~np.isnan(outlook.p_alive[members])]

    def mean(figure: NDArray[np.float64]) -> float:
        return float(figure[bought].mean()) if bought.size else float("nan")

    return Group(
        name,
        members.size,
        bought.size,
        mean(outlook.p_alive),
        fsum(outlook.expected[bought].tolist()),
        fsum(outlook.value[bought][~np.isnan(outlook.value[bought])].tolist()),
        {days: mean(silent) for days, silent in outlook.silent.items()},
    )


def best(outlook: Outlook) -> NDArray[np.int64]:
    """Row numbers, most expected value first (purchases, where there is no value), equal ones by id; unknown ones left out."""
    figure = outlook.value if outlook.spend else outlook.expected
    order = np.argsort(-figure, kind="stable")
    return order[~np.isnan(figure[order])]


def acquisition_cost(run: Run) -> NDArray[np.float64] | None:
    """What it cost to win each customer, where the customers have such a column. [money; NaN = unknown]"""
    import pyarrow as pa

    for name in _COSTS:
        if name in run.customers.column_names:
            column = run.customers[name]
            numeric = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
            if numeric and column.null_count < len(column):
                return column.to_numpy().astype(float)
    return None
