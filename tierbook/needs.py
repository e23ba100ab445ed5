"""Which feature columns a section of a pack reads, so that a function asks for no more than it uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import CompiledLevel, Pack


# What the next action of a customer follows from.
ACTIONS = ("tiers", "churn", "stages")


def needs(
    pack: Pack,
    section: str,
    *,
    given: Iterable[str] = (),
    profile: str = "default",
    part: str | None = None,
    language: str | None = None,
) -> set[str]:
    """The feature columns a section of a pack reads, features of the pack traced back to what they are made of.

    Parameters
    ----------
    section : str
        value, tiers, stages, ladder, positions, churn, early_warning, winback, groups, credit, target_lists, key_accounts, `class.<group>` or `score.<name>`;
        actions are tiers, churn and stages together.
    given : iterable of str
        Columns at hand; a feature of the pack that is among them is not traced back.
    profile : str
        Whose parts of the value are meant.
    part : str, optional
        Only this part of the value.
    language : str, optional
        For churn: count the figures its reasons are filled with.
    """
    from tierbook.rulepack.words import fields

    if section == "actions":
        read = (needs(pack, one, given=given, profile=profile, language=language) for one in ACTIONS)
        return set().union(*read)
    given = {name.lower() for name in given}
    open_names = {
        name for expression in _expressions(pack, section, profile, part) for name in expression.names
    }
    open_names |= {level.name_from for level in _levels(pack, section) if level.name_from}
    if section == "target_lists":
        open_names.add("marketable")
    if section == "value":
        open_names |= {
            one.per
            for name, one in pack.profile(profile).parts.items()
            if hasattr(one, "per") and part in (None, name)
        }
    if section == "churn" and language and pack.churn:
        open_names |= {
            name for signal in pack.churn.signals for name, _ in fields(pack.word(signal.reason, language))
        }
    return traced(pack, open_names, given=given, profile=profile)


def traced(
    pack: Pack, names: Iterable[str], *, given: Iterable[str] = (), profile: str = "default"
) -> set[str]:
    """The feature columns that names of a pack come down to; `given` and `profile` as in `needs`."""
    open_names, given = set(names), set(given)
    found: set[str] = set()
    seen: set[str] = set()
    while open_names:
        name = open_names.pop()
        if name in seen or name in pack.thresholds:
            continue
        seen.add(name)
        if name in given:
            found.add(name)
        elif name == "value" and pack.parts:
            open_names |= needs(pack, "value", given=given, profile=profile)
        elif name in ("tier", "stage"):
            open_names |= needs(pack, f"{name}s", given=given, profile=profile)
        elif name == "churn_level" and pack.churn:
            open_names |= needs(pack, "churn", given=given, profile=profile)
        elif name in pack.features:
            open_names |= pack.features[name].names
        elif name.endswith("_score") and name.removesuffix("_score") in pack.scores:
            open_names |= needs(pack, f"score.{name.removesuffix('_score')}", given=given)
        else:
            found.add(name)
    return found


def ranks_population(pack: Pack, section: str, *, given: Iterable[str] = ()) -> bool:
    """Whether a section compares customers with each other, so that one row alone has no answer."""
    if section == "actions":
        return any(ranks_population(pack, one, given=given) for one in ACTIONS)
    given = {name.lower() for name in given}
    levels_ = _levels(pack, section)
    if any(level.top is not None or level.top_of_value is not None for level in levels_):
        return True
    open_names = {name for expression in _expressions(pack, section) for name in expression.names}
    for name, rests_on in (("value", "value"), ("churn_level", "churn")):
        if name in open_names and name not in given:
            open_names |= {one for expression in _expressions(pack, rests_on) for one in expression.names}
    from tierbook.rulepack.tree import POPULATION

    seen: set[str] = set()
    while open_names:
        name = open_names.pop()
        if name in pack.features and name not in given and name not in seen:
            seen.add(name)
            if any(node.op in POPULATION for node in pack.features[name].tree.walk()):
                return True
            open_names |= pack.features[name].names
    return False


def _levels(pack: Pack, section: str) -> Sequence[CompiledLevel]:
    kind, _, name = section.partition(".")
    if section == "tiers":
        return pack.tiers.levels if pack.tiers else ()
    if section == "churn":
        return pack.churn.levels if pack.churn else ()
    if section == "winback":
        return pack.winback.levels if pack.winback else ()
    if section == "groups":
        return pack.groups.levels if pack.groups else ()
    if section == "credit":
        return pack.credit.levels if pack.credit else ()
    if kind == "class":
        return pack.classes.get(name, ())
    if kind == "score":
        return pack.scores[name].levels if name in pack.scores else ()
    return {
        "stages": pack.stages,
        "ladder": pack.ladder,
        "relation": pack.relation,
        "early_warning": pack.early_warning,
    }.get(section, ())


def _expressions(
    pack: Pack, section: str, profile: str = "default", only: str | None = None
) -> list[Expression]:
    """Every expression of a section that reads feature columns."""
    kind, _, name = section.partition(".")
    found: list[Any] = [level.when for level in _levels(pack, section)]
    if section == "value":
        for name, part in pack.profile(profile).parts.items():
            if only in (None, name):
                # A formula is an expression itself; a lookup and a two-way table hold some.
                found += (
                    [part]
                    if hasattr(part, "evaluate")
                    else [getattr(part, inner, None) for inner in ("times", "across", "down")]
                )
    elif section == "tiers" and pack.tiers:
        found.append(pack.tiers.rank_by)
    elif section == "groups" and pack.groups:
        found.append(pack.groups.rank_by)
    elif section == "positions":
        found += [position.when for position in pack.positions]
    elif section == "target_lists":
        found += [one.when for one in pack.target_lists]
    elif section == "key_accounts" and pack.key_accounts:
        found.append(pack.key_accounts.of)
    elif section == "winback" and pack.winback:
        found += [pack.winback.of, pack.winback.spend_at_most]
    elif section == "churn" and pack.churn:
        found += [signal.when for signal in pack.churn.signals]
    elif kind == "score" and name in pack.scores:
        found += [part.by for part in pack.scores[name].parts.values()]
    return [expression for expression in found if expression is not None]
