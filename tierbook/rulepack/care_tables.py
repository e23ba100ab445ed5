"""The aggregates of readings, registers, surveys and requests, as the pack of a run wants them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tierbook.aggregates import care, usage

if TYPE_CHECKING:
    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import Pack

NAMES = (*usage.NAMES, "register_items", *care.NAMES)


def query(name: str, pack: Pack, *, profile: str, as_of: date, scored: str) -> str:
    """The SQL text of one aggregate of `NAMES`.

    Parameters
    ----------
    profile : str
        Whose thresholds hold.
    scored : str
        The table of customers.
    """
    thresholds = pack.profile(profile).thresholds

    def condition(expression: Expression | None, otherwise: str) -> str:
        return otherwise if expression is None else expression.sql(constants=thresholds)

    if name == "register_items":
        return usage.register_items(as_of, condition(pack.closed_when, "closed IS NOT NULL"))
    constant = pack.profile(profile).constant
    if name in usage.NAMES:
        rules = pack.readings
        metering = (
            None
            if rules is None
            else usage.Metering(
                constant(rules.load_over),
                constant(rules.phases_apart),
                constant(rules.silent_days),
                rules.metered,
                rules.ten_days or "",
            )
        )
        return usage.query(name, as_of=as_of, window_days=pack.window_days, metering=metering, scored=scored)
    wanted = care.Care()
    if pack.survey:
        wanted = wanted._replace(satisfied_from=constant(pack.survey.satisfied_from), sets=pack.survey.sets)
    if pack.service:
        terms = [
            care.Term(term.name, condition(term.when, ""), constant(term.within_days))
            for term in pack.service.terms
        ]
        wanted = wanted._replace(requests=condition(pack.service.of, ""), terms=terms)
    return care.query(name, as_of=as_of, window_days=pack.window_days, care=wanted)
