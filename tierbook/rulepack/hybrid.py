"""An old pack with one rule of a new one: what would move if that rule alone changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tierbook.rulepack.history import Change
from tierbook.rulepack.trial import with_profile

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


def can_move(change: Change, profile: str) -> bool:
    """Whether a change can move anybody: not a reason, a word or another profile's number."""
    if change.kind in ("reason", "words") or change.section in (
        "meaning",
        "columns",
        "points",
        "report",
        "rfm",
        "words",
    ):
        return False
    if change.section == "pack":
        return change.key == "window_days"
    return not change.section.startswith("profile.") or change.section == f"profile.{profile}"


def with_names_of(old: Pack, new: Pack, profile: str) -> Pack:
    """The old pack that also knows thresholds and features only the new one has, so that new rules can run in it."""
    thresholds = {**new.profile(profile).thresholds, **old.profile(profile).thresholds}
    known = with_profile(old, profile, thresholds=thresholds)
    return replace(known, features={**new.features, **old.features})


def with_change(base: Pack, new: Pack, change: Change, profile: str) -> tuple[Pack, bool]:
    """The old pack with one change made; and whether its features may change by it."""
    kind, _, name = change.section.partition(".")
    key = change.key
    if kind in ("thresholds", "value", "profile"):
        return _with_number_or_part(base, new, key, profile)
    if kind == "features" and key in new.features:
        return replace(base, features={**base.features, key: new.features[key]}), True
    section = {"class": "classes", "score": "scores", "signals": "churn"}.get(kind, kind)
    if section in ("classes", "scores"):
        listed = {**getattr(base, section), name: getattr(new, section).get(name)}
        known = {group: one for group, one in listed.items() if one is not None}
        return _replaced(base, section, known), False
    if section in ("tiers", "churn", "groups"):
        return _replaced(
            base, section, _section(getattr(base, section), getattr(new, section), kind, key)
        ), False
    if section in ("stages", "ladder", "positions"):
        return _replaced(base, section, _one(getattr(base, section), getattr(new, section), key)), False
    return base, False


def _with_number_or_part(base: Pack, new: Pack, key: str, profile: str) -> tuple[Pack, bool]:
    theirs = new.profile(profile)
    if key in theirs.thresholds:
        thresholds = {**base.profile(profile).thresholds, key: theirs.thresholds[key]}
        return with_profile(base, profile, thresholds=thresholds), True
    parts = {name: part for name, part in base.profile(profile).parts.items() if name != key}
    if key in theirs.parts:
        parts[key] = theirs.parts[key]
    return replace(with_profile(base, profile, parts=parts), parts=parts), False


def _section(mine: Any, yours: Any, kind: str, key: str) -> Any:
    """Tiers or churn with one rule as the other pack has it."""
    if mine is None or yours is None:
        return yours
    if key == "rank_by":
        return replace(mine, rank_by=yours.rank_by)
    if kind == "signals":
        return replace(mine, signals=_one(mine.signals, yours.signals, key))
    levels = _one(mine.levels, yours.levels, key)
    return (
        replace(mine, levels=levels, flagged=yours.flagged)
        if kind == "churn"
        else replace(mine, levels=levels)
    )


def _replaced(pack: Pack, section: str, value: Any) -> Pack:
    changed: dict[str, Any] = {section: value}
    return replace(pack, **changed)


def _one(mine: tuple[Any, ...], yours: tuple[Any, ...], key: str) -> tuple[Any, ...]:
    """A list with one level as the other pack has it; the whole other list where levels came, went or moved."""
    if [one.name for one in mine] != [one.name for one in yours]:
        return yours
    return tuple(theirs if theirs.name == key else own for own, theirs in zip(mine, yours, strict=True))
