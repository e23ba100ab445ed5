"""The sections of a rule file that speak of rows: leads, records of one customer, readings, registers, answers, requests."""

from __future__ import annotations

from collections.abc import Iterable

from tierbook.rulepack import model
from tierbook.rulepack.expression import Expression
from tierbook.rulepack.own_tables import BySource
from tierbook.rulepack.pack import (
    CompiledMatching,
    CompiledReadings,
    CompiledService,
    CompiledStep,
    CompiledSurvey,
    CompiledTerm,
    CompiledTrack,
)
from tierbook.rulepack.resolver import Resolver
from tierbook.rulepack.source import Path


def tracks(resolver: Resolver, leads: model.Leads | None) -> tuple[CompiledTrack, ...]:
    """The ways of leads with their steps; none without the section."""
    if leads is None:
        return ()
    names, compiled = resolver.columns_of("leads"), []
    for i, track in enumerate(leads.tracks):
        here: Path = ("leads", "tracks", i)
        steps = tuple(
            CompiledStep(
                step.name,
                resolver.maybe(resolver.condition, step.done_when, (*here, "steps", j, "done_when"), names),
                step.within_days,
            )
            for j, step in enumerate(track.steps)
        )
        when = resolver.maybe(resolver.condition, track.when, (*here, "when"), names)
        compiled.append(CompiledTrack(track.name, when, steps))
    return tuple(compiled)


def matching(resolver: Resolver, rules: Iterable[model.Matching]) -> tuple[CompiledMatching, ...]:
    """How records of each kind are compared."""
    names = resolver.columns_of("customers")
    compiled = []
    for i, rule in enumerate(rules):
        here: Path = ("matching", i)
        for j, name in enumerate(rule.same_if_equal):
            _field_of_customers(resolver, name, (*here, "same_if_equal", j))
        for name in rule.compare:
            _field_of_customers(resolver, name, (*here, "compare", name), at_key=True)
        compiled.append(
            CompiledMatching(
                resolver.condition(rule.of, (*here, "of"), names),
                tuple(name.lower() for name in rule.same_if_equal),
                {name.lower(): (one.weight, one.how) for name, one in rule.compare.items()},
            )
        )
    return tuple(compiled)


def survivor(resolver: Resolver) -> dict[str, str | tuple[str, ...]]:
    """Which record a field is taken from: by field, a rule or the sources in order of trust."""
    for name in resolver.pack.survivor:
        if name != "default":
            _field_of_customers(resolver, name, ("survivor", name), at_key=True)
    return {
        name.lower(): tuple(one.source) if isinstance(one, BySource) else one
        for name, one in resolver.pack.survivor.items()
    }


def _field_of_customers(resolver: Resolver, name: str, path: Path, *, at_key: bool = False) -> None:
    """Note a problem where the customers have no column of that name."""
    if name.lower() not in resolver.columns_of("customers").keys() - resolver.constants.keys():
        resolver.say(
            path,
            "The customers have no column {name}.",
            "Name a column such as name or mobile, or declare it under columns.",
            at_key=at_key,
            name=name,
        )


def readings(resolver: Resolver, readings: model.Readings | None) -> CompiledReadings | None:
    """When readings raise an alert; None without the section."""
    if readings is None:
        return None
    for key, name in (("metered", readings.metered), ("ten_days", readings.ten_days)):
        if name and resolver.types.get(name.lower()) != "yes_no":
            resolver.say(
                ("readings", key),
                "{name} is not a yes/no feature.",
                "Define it under features, as a condition.",
                name=name,
            )
    over, apart, silent = (
        resolver.constant(getattr(readings, key), ("readings", key))
        for key in ("load_over", "phases_apart", "silent_days")
    )
    ten_days = readings.ten_days.lower() if readings.ten_days else None
    return CompiledReadings(over, apart, silent, readings.metered.lower(), ten_days)


def closed_when(resolver: Resolver, registers: model.Registers | None) -> Expression | None:
    """When an entry of a register is closed; None without the section."""
    if registers is None:
        return None
    return resolver.condition(
        registers.closed_when, ("registers", "closed_when"), resolver.columns_of("registers")
    )


def survey(resolver: Resolver, survey: model.Survey | None) -> CompiledSurvey | None:
    """The sets of items of a survey; None without the section. An item of two sets is a problem."""
    if survey is None:
        return None
    seen: dict[str, str] = {}
    for name, items in survey.sets.items():
        for i, item in enumerate(items):
            if item in seen:
                resolver.say(
                    ("survey", "sets", name, i),
                    "{item} is in the set {other} already.",
                    "An item belongs to one set.",
                    item=item,
                    other=seen[item],
                )
            seen[item] = name
    sets = {name: tuple(items) for name, items in survey.sets.items()}
    return CompiledSurvey(resolver.constant(survey.satisfied_from, ("survey", "satisfied_from")), sets)


def service(resolver: Resolver, service: model.Service | None) -> CompiledService | None:
    """Which requests have to be closed by when; None without the section."""
    if service is None:
        return None
    names = resolver.columns_of("interactions")
    terms = tuple(
        CompiledTerm(
            term.name,
            resolver.maybe(resolver.condition, term.when, ("service", "terms", i, "when"), names),
            resolver.constant(term.within_days, ("service", "terms", i, "within_days")),
        )
        for i, term in enumerate(service.terms)
    )
    return CompiledService(resolver.condition(service.of, ("service", "of"), names), terms)
