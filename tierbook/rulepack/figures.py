"""The features of a rule file and the parts of the value, by profile, with their expressions resolved."""

from __future__ import annotations

from typing import Any

from tierbook import tables
from tierbook.rulepack import model
from tierbook.rulepack.expression import Expression
from tierbook.rulepack.pack import CompiledLookup, CompiledMeasure, CompiledPart, CompiledTwoWay, Profile
from tierbook.rulepack.resolver import TYPE_OF_KIND, Resolver
from tierbook.rulepack.source import Path


def features(resolver: Resolver) -> tuple[dict[str, Expression], tuple[CompiledMeasure, ...]]:
    """The expressions and the measures a file defines, by and of lower-case name; each may use those before it."""
    expressions: dict[str, Expression] = {}
    measures: list[CompiledMeasure] = []
    for name, feature in resolver.pack.features.items():
        path: Path = ("features", name)
        if name.lower() in resolver.constants:
            resolver.say(
                path,
                "{name} is a threshold already.",
                "Give the feature another name.",
                at_key=True,
                name=name,
            )
        if isinstance(feature, model.Measure):
            if measure := _measure(resolver, name.lower(), feature, path):
                measures.append(measure)
                resolver.types[name.lower()] = "number"
        else:
            expressions[name.lower()] = resolver.expression(feature, path, population=True)
            resolver.types[name.lower()] = expressions[name.lower()].type
    return expressions, tuple(measures)


def _measure(resolver: Resolver, name: str, measure: model.Measure, path: Path) -> CompiledMeasure | None:
    """A figure over the rows of a table; None where it cannot be, with the problem noted."""
    ((how, target),) = measure.figures.items()
    table_name, _, column = target.partition(".")
    table = tables.TABLES.get(table_name)
    if table is None:
        resolver.say(
            (*path, how),
            "There is no table called {table}.",
            "The tables are {known}.",
            table=table_name,
            known=", ".join(tables.TABLES),
        )
        return None
    names = (
        {known.name: TYPE_OF_KIND[known.kind] for known in table.columns}
        | dict(resolver.pack.columns)
        | resolver.constants
    )
    customer = measure.customer or "customer_id"
    for wanted, key in ((column, how), (customer, "customer")):
        if wanted and wanted not in names:
            resolver.say((*path, key), "The table {table} has no column {column}.", "Its columns are {known}.", table=table_name, column=wanted, known=", ".join(names))  # fmt: skip
            return None
    if (how == "count") == bool(column):
        resolver.say(
            (*path, how),
            "A count names a table, the other figures a column of it.",
            "Write count: {table}, or sum: {table}.amount.",
            table=table_name,
        )
        return None
    if how not in ("count", "distinct") and names[column] != "number":
        resolver.say((*path, how), "{column} holds no numbers.", "Use count or distinct.", column=target)
    where = resolver.maybe(resolver.condition, measure.where, (*path, "where"), names)
    return CompiledMeasure(name, how, table_name, column, where, measure.days, customer)


def part(resolver: Resolver, part: Any, path: Path) -> CompiledPart:
    """A part of the value: a lookup, a table of two ways, or an expression."""
    if isinstance(part, model.Lookup):
        if resolver.types.get(part.per.lower()) != "text":
            resolver.say(
                (*path, "per"),
                "{name} is not a text column.",
                "Name a column such as settlement or region.",
                name=part.per,
            )
        return CompiledLookup(
            part.per.lower(),
            {text: resolver.constant(gain, (*path, "gives", text)) for text, gain in part.gives.items()},
            resolver.maybe(resolver.constant, part.otherwise, (*path, "otherwise")),
            resolver.maybe(resolver.number, part.times, (*path, "times")),
        )
    if isinstance(part, model.TwoWay):
        starts = {
            side: tuple(
                resolver.constant(start, (*path, side, "from", i)) for i, start in enumerate(bands.starts)
            )
            for side, bands in (("across", part.across), ("down", part.down))
        }
        gives = tuple(
            tuple(resolver.constant(gain, (*path, "gives", i, j)) for j, gain in enumerate(row))
            for i, row in enumerate(part.gives)
        )
        across, down = (
            resolver.number(bands.by, (*path, side, "by"))
            for side, bands in (("across", part.across), ("down", part.down))
        )
        return CompiledTwoWay(across, down, starts["across"], starts["down"], gives)
    return resolver.number(part, path)


def profiles(resolver: Resolver, parts: dict[str, CompiledPart]) -> dict[str, Profile]:
    """The parts and thresholds of each profile, the file's own under `default`."""
    thresholds = {name.lower(): threshold.value for name, threshold in resolver.pack.thresholds.items()}
    profiles = {"default": Profile(dict(parts), dict(thresholds))}
    for name, overrides in resolver.pack.profiles.items():
        own_parts, own_thresholds = dict(parts), dict(thresholds)
        for key, override in overrides.items():
            path = ("profiles", name, key)
            if key.lower() in thresholds and isinstance(override, str):
                own_thresholds[key.lower()] = float(resolver.constant(override, path).evaluate(thresholds))
            elif key in parts:
                own_parts[key] = part(resolver, override, path)
            else:
                resolver.say(
                    path,
                    "A profile changes parts of the value and thresholds; {name} is neither.",
                    at_key=True,
                    name=key,
                )
        profiles[name] = Profile(own_parts, own_thresholds)
    return profiles
