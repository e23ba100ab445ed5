"""What can be said of a whole pack once it is compiled: unreachable levels, gaps, `not` that meets missing values,
shares and bands out of their range, thresholds nobody uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tierbook.quality import Problem
from tierbook.rulepack import reach
from tierbook.rulepack.expression import Expression
from tierbook.rulepack.pack import CompiledLevel, CompiledTwoWay, Pack
from tierbook.rulepack.source import Path, Source
from tierbook.rulepack.tree import Node
from tierbook.rulepack.words import fields

# Standard features that `features.sql` gives every customer.
ALWAYS_THERE = frozenset(
    "orders total_spend total_cost net_value active_months orders_recent spend_recent orders_previous spend_previous".split()
)
Levels = Iterable[tuple[Path, Sequence[CompiledLevel]]]


def unreachable(source: Source, lists: Levels, pack: Pack, *, told: Iterable[str]) -> Iterable[Problem]:
    """Levels that a level above always takes, in any profile; `told` are paths somebody has spoken of."""
    said = set(told)
    for path, levels in lists:
        for profile, one in pack.profiles.items():
            for i, j in reach.taken_above(levels, one.thresholds).items():
                problem = source.problem(
                    (*path, i),
                    "{name} can never be reached: {above}, higher up, takes everyone who fits it."
                    if profile == "default"
                    else "{name} can never be reached with the profile {profile}: {above}, higher up, takes everyone who fits it.",
                    "Move it up, or make one of the two conditions narrower.",
                    name=_named(levels[i]),
                    above=_named(levels[j]),
                    profile=profile,
                )
                if not any(where == problem.path or where.startswith(f"{problem.path}.") for where in said):
                    said.add(problem.path)
                    yield problem


def impossible(
    source: Source, found: Sequence[tuple[Path, Expression]], constants: reach.Constants
) -> Iterable[Problem]:
    """Conditions that contradict themselves."""
    for path, expression in found:
        if (
            path[-1] == "when"
            and expression.names - constants.keys()
            and reach.never_holds(expression, constants)
        ):
            yield source.problem(
                path,
                "This can never hold: a number would have to be in two places at once.",
                "Look at the signs and at and / or.",
                level="warning",
            )


def gaps(source: Source, lists: Levels, constants: reach.Constants) -> Iterable[Problem]:
    """Customers whom no level takes."""
    for path, levels in lists:
        last = len(levels) - 1
        if not levels or levels[last].otherwise:
            continue
        name, hole = reach.gap(levels, constants) or ("", None)
        if hole is not None:
            yield source.problem(
                (*path, last),
                "No level takes a customer whose {name} is {value:g}.",
                "Move a bound, or end the list with otherwise: true.",
                level="warning",
                name=name,
                value=hole,
            )
        elif (
            path[0] in ("tiers", "stages", "churn", "scores")
            and name not in ALWAYS_THERE
            and not _starts_at_nothing(levels[last], constants)
        ):
            yield source.problem(
                (*path, last),
                "Whoever fits none of these levels has none.",
                "End the list with otherwise: true.",
                level="warning",
            )


def negations(source: Source, found: Sequence[tuple[Path, Expression]], pack: Pack) -> Iterable[Problem]:
    """`not` before a comparison is yes where the value compared is missing, which few people mean."""
    present = set(pack.thresholds) | ALWAYS_THERE
    for name, feature in pack.features.items():
        if _never_missing(feature.tree, present):
            present.add(name)
    for path, expression in found:
        for offset, names in expression.negated_comparisons():
            if open_names := sorted(names - present):
                yield source.problem(
                    path,
                    "not is yes for customers whose {names} is missing.",
                    "Write the opposite comparison, or add: and {name} is not null.",
                    offset=offset,
                    level="warning",
                    names=", ".join(open_names),
                    name=open_names[0],
                )


def shares(source: Source, lists: Levels, constants: reach.Constants) -> Iterable[Problem]:
    """A share of customers or of value lies between 0 and 1."""
    for path, levels in lists:
        for i, level in enumerate(levels):
            for key in ("top", "top_of_value"):
                bound: Expression | None = getattr(level, key)
                if bound is not None and not 0 < (share := float(bound.evaluate(constants))) <= 1:
                    yield source.problem(
                        (*path, i, key),
                        "{share:g} is no share of all; a share is above 0 and at most 1.",
                        "Write 0.2 for the best fifth.",
                        share=share,
                    )


def bands(source: Source, pack: Pack, constants: reach.Constants) -> Iterable[Problem]:
    """The starts of a two-way table rise or fall."""
    for name, part in pack.parts.items():
        if not isinstance(part, CompiledTwoWay):
            continue
        for side, starts in (("across", part.across_starts), ("down", part.down_starts)):
            numbers = [float(start.evaluate(constants)) for start in starts]
            path: Path = ("value", name, side, "from")
            for i, number in enumerate(numbers):
                if number in numbers[:i]:
                    yield source.problem(
                        (*path, i), "Two bands start at {number:g}.", "Remove one of them.", number=number
                    )
            if numbers not in (sorted(numbers), sorted(numbers, reverse=True)):
                yield source.problem(
                    path,
                    "The bands neither rise nor fall.",
                    "Sort them, with their numbers in gives.",
                    level="warning",
                )


# Thresholds that a calculation looks up by name: the gate of the questionnaire, the reach of the focus set.
READ_BY_NAME = {"gate", "focus"}


def unused(source: Source, found: Sequence[tuple[Path, Expression]], pack: Pack) -> Iterable[Problem]:
    """Thresholds that change nothing."""
    used = READ_BY_NAME | {name for _, expression in found for name in expression.names}
    used |= {
        name for words in pack.words.values() for text in (words.en, words.zh) for name, _ in fields(text)
    }
    for path in source.keys:
        if len(path) == 2 and path[0] == "thresholds" and str(path[1]).lower() not in used:
            yield source.problem(
                path,
                "Nothing uses {name}, so moving it changes nothing.",
                "Use it below, or remove it.",
                at_key=True,
                level="warning",
                name=path[1],
            )


def _named(level: CompiledLevel) -> str:
    return level.name or level.name_from or ""


def _starts_at_nothing(level: CompiledLevel, constants: reach.Constants) -> bool:
    """A last level from 0 takes everyone with a score."""
    return level.start is not None and level.when is None and float(level.start.evaluate(constants)) <= 0


def _never_missing(node: Node, present: set[str]) -> bool:
    if node.op == "name":
        return node.value in present
    if node.op == "coalesce":
        return any(_never_missing(arg, present) for arg in node.args)
    return node.op in (
        "number",
        "text",
        "date",
        "yes_no",
        "compare",
        "between",
        "in",
        "is_null",
        "not",
        "and",
        "or",
    )
