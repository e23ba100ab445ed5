"""The sections of a rule file that say something of every customer, with their expressions resolved."""

from __future__ import annotations

from collections.abc import Iterable

from tierbook.rulepack import model
from tierbook.rulepack.pack import (
    CompiledChurn,
    CompiledCredit,
    CompiledFlag,
    CompiledKeyAccounts,
    CompiledPoints,
    CompiledScore,
    CompiledScorePart,
    CompiledTiers,
    CompiledWinback,
)
from tierbook.rulepack.resolver import Resolver
from tierbook.rulepack.source import Path


def tiers(resolver: Resolver, tiers: model.Tiers | None) -> CompiledTiers | None:
    """How customers are ranked into tiers; None without the section."""
    if tiers is None:
        return None
    return CompiledTiers(
        resolver.number(tiers.rank_by, ("tiers", "rank_by")),
        resolver.levels(tiers.levels, ("tiers", "levels")),
    )


def score(resolver: Resolver, score: model.Score, path: Path) -> CompiledScore:
    """One of the scores: its parts, and its levels where it has any."""
    parts = {
        name: CompiledScorePart(
            part.points,
            resolver.number(part.by, (*path, name, "by")),
            resolver.constant(part.full_at, (*path, name, "full_at")),
        )
        for name, part in score.parts.items()
    }
    return CompiledScore(parts, resolver.levels(score.levels or (), (*path, "levels")))


def churn(resolver: Resolver, churn: model.Churn | None) -> CompiledChurn | None:
    """The signals and levels of churn; None without the section. Without `count_as_flagged` every level but the last is flagged."""
    if churn is None:
        return None
    signals = tuple(
        CompiledFlag(
            signal.name, resolver.condition(signal.when, ("churn", "signals", i, "when")), signal.points, signal.reason or signal.name, signal.because
        )
        for i, signal in enumerate(churn.signals)
    )  # fmt: skip
    names = [level.name or "" for level in churn.levels]
    last = names.index(churn.count_as_flagged) if churn.count_as_flagged in names else len(names) - 2
    if churn.count_as_flagged and churn.count_as_flagged not in names:
        resolver.say(
            ("churn", "count_as_flagged"),
            "There is no level called {name}.",
            "The levels are {known}.",
            name=churn.count_as_flagged,
            known=", ".join(names),
        )
    return CompiledChurn(
        signals,
        resolver.levels(churn.levels, ("churn", "levels")),
        int(churn.lost_when.split()[-2]),
        frozenset(names[: last + 1]),
        resolver.maybe(resolver.constant, churn.contact_cost, ("churn", "contact_cost")),
        resolver.maybe(resolver.constant, churn.gain_of_keeping, ("churn", "gain_of_keeping")),
    )


def winback(resolver: Resolver, winback: model.Winback | None) -> CompiledWinback | None:
    """What to do about lost customers; None without the section."""
    if winback is None:
        return None
    return CompiledWinback(
        resolver.condition(winback.of, ("winback", "of")),
        resolver.levels(winback.levels, ("winback", "levels")),
        resolver.number(winback.spend_at_most, ("winback", "spend_at_most")),
    )


def groups(resolver: Resolver, groups: model.Groups | None) -> CompiledTiers | None:
    """How customers are told apart for keeping them; None without the section."""
    if groups is None:
        return None
    # Groups may ask how likely customers are to leave.
    resolver.types |= {"churn_level": "text"} if resolver.pack.churn else {}
    levels = resolver.levels(groups.levels, ("groups", "levels"))
    return CompiledTiers(resolver.number(groups.rank_by, ("groups", "rank_by")), levels)


def points(resolver: Resolver, points: model.Points | None) -> CompiledPoints | None:
    """What earns points and how long they last; None without the section."""
    if points is None:
        return None
    if points.expire_after_months < 0:
        resolver.say(("points", "expire_after_months"), "Points last 0 months or more.")
    for i, name in enumerate(points.spread_over_year):
        if name not in resolver.pack.value:
            resolver.say(
                ("points", "spread_over_year", i),
                "The value has no part called {name}.",
                "Its parts are {known}.",
                name=name,
                known=", ".join(resolver.pack.value) or "-",
            )
    return CompiledPoints(
        points.basis,
        resolver.maybe(resolver.condition, points.of, ("points", "of")),
        points.expire_after_months,
        tuple(points.spread_over_year),
        resolver.maybe(resolver.number, points.by, ("points", "by")),
    )


def target_lists(resolver: Resolver, lists: Iterable[model.TargetList]) -> tuple[CompiledFlag, ...]:
    """The target lists with their conditions."""
    # Lists may ask how likely customers are to leave.
    resolver.types |= {"churn_level": "text"} if resolver.pack.churn and resolver.pack.target_lists else {}
    return tuple(
        CompiledFlag(one.name, resolver.condition(one.when, ("target_lists", i, "when")), because=one.because)
        for i, one in enumerate(lists)
    )


def key_accounts(resolver: Resolver, accounts: model.KeyAccounts | None) -> CompiledKeyAccounts | None:
    """Who makes its group a key account; None without the section."""
    if accounts is None:
        return None
    of = resolver.condition(accounts.of, ("key_accounts", "of"))
    return CompiledKeyAccounts(of, accounts.review_after_days, accounts.because)


def credit(resolver: Resolver, credit: model.Credit | None) -> CompiledCredit | None:
    """The credit status by receivables; None without the section."""
    if credit is None:
        return None
    return CompiledCredit(tuple(credit.ageing_days), resolver.levels(credit.levels, ("credit", "levels")))
