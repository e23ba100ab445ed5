"""A rule pack as a manager reads it: one row per rule, in the pack's order, in words where there are words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.holidays import DAYS_AHEAD
from tierbook.language import label, labels, say

if TYPE_CHECKING:
    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import CompiledLevel, CompiledMeasure, CompiledPart, Pack


@dataclass(frozen=True)
class Rule:
    """One rule. `section` and `key` are the pack's own names; `rule` is what it says, `because` why."""

    section: str
    key: str
    rule: str
    because: str = ""


def rules(pack: Pack, language: str = "en") -> list[Rule]:
    """Every rule of a pack."""
    return list(_rules(pack, language))


def section_words(section: str, language: str = "en") -> str:
    """What a reader sees for a section: `class.phase` is "Classes: Phase"."""
    kind, _, name = section.partition(".")
    title = label(f"rules_{kind}", language)
    return say("{section}: {name}", language, section=title, name=label(name, language)) if name else title


def key_words(pack: Pack, rule: Rule, language: str = "en") -> str:
    """What a reader sees for the name of a rule; thresholds and features keep the name that expressions use."""
    if rule.section in ("pack", "thresholds", "features", "columns", "meaning") or rule.section.startswith(
        "profile."
    ):
        return label(f"rules_{rule.key}", language) if rule.section == "pack" else rule.key
    return name_words(pack, rule.section, rule.key, language)


def name_words(pack: Pack, section: str, name: str, language: str = "en") -> str:
    """What a reader sees for a level, a part or a sign; never words that wait for one customer's figures."""
    if section == "signals" and f"signal_{name}" in labels():
        return label(f"signal_{name}", language)
    words = pack.words.get(name)
    return getattr(words, language) if words and "{" not in words.en else label(name, language)


def _rules(pack: Pack, language: str) -> Iterator[Rule]:
    yield from _facts(pack)
    for name, kind in pack.columns.items():
        yield Rule("columns", name, kind)
    for name, meaning in pack.meaning.items():
        yield Rule("meaning", name, meaning)
    for name, threshold in pack.thresholds.items():
        yield Rule("thresholds", name, f"{threshold.value:.15g} {threshold.unit}", threshold.because)
    for measure in pack.measures:
        yield Rule("features", measure.name, _measure(measure, language))
    for name, feature in pack.features.items():
        yield Rule("features", name, feature.text)
    for name, part in pack.parts.items():
        yield Rule("value", name, part_words(part, language))
    for profile in pack.profiles:
        if profile != "default":
            yield from _profile(pack, profile, language)
    if pack.tiers:
        yield Rule("tiers", "rank_by", pack.tiers.rank_by.text)
        yield from _levels("tiers", pack.tiers.levels, language)
    for position in pack.positions:
        yield Rule("positions", position.name, position.when.text, position.because)
    yield from _levels("stages", pack.stages, language)
    yield from _levels("ladder", pack.ladder, language)
    yield from _levels("relation", pack.relation, language)
    for group, levels in pack.classes.items():
        yield from _levels(f"class.{group}", levels, language)
    yield from _scores(pack, language)
    yield from _churn(pack, language)
    yield from _levels("rfm", pack.rfm_segments, language)
    yield from _levels("early_warning", pack.early_warning, language)
    if pack.winback:
        yield Rule("winback", "winback_of", pack.winback.of.text)
        yield from _levels("winback", pack.winback.levels, language)
        yield Rule("winback", "winback_spend", pack.winback.spend_at_most.text)
    for listed in pack.target_lists:
        yield Rule("target_lists", listed.name, listed.when.text, listed.because)
    if pack.key_accounts:
        words = say("{of}; a review {days} days after the last visit", language, of=pack.key_accounts.of.text, days=pack.key_accounts.review_after_days)  # fmt: skip
        yield Rule("key_accounts", "key_account", words, pack.key_accounts.because)
    yield from _credit(pack, language)
    yield from _leads(pack, language)
    yield from _records(pack, language)
    yield from _care(pack, language)
    yield from _agenda(pack)
    if pack.groups:
        yield Rule("groups", "rank_by", pack.groups.rank_by.text)
        yield from _levels("groups", pack.groups.levels, language)
    yield from _points(pack, language)


def _facts(pack: Pack) -> Iterator[Rule]:
    """What holds for the pack as a whole."""
    yield Rule("pack", "version", pack.version)
    if pack.owner:
        yield Rule("pack", "owner", pack.owner)
    yield Rule("pack", "window_days", f"{pack.window_days}")
    if pack.as_of:
        yield Rule("pack", "as_of", pack.as_of.isoformat())


def _scores(pack: Pack, language: str) -> Iterator[Rule]:
    words = "up to {points:g} points by {by}, all of them at {full_at}"
    for name, score in pack.scores.items():
        for piece, one in score.parts.items():
            said = say(words, language, points=one.points, by=one.by.text, full_at=one.full_at.text)
            yield Rule(f"score.{name}", piece, said)
        yield from _levels(f"score.{name}", score.levels, language)


def _points(pack: Pack, language: str) -> Iterator[Rule]:
    points = pack.points
    if points is None:
        return
    of = points.of.text if points.of else say("everyone", language)
    words = "by {basis}; for {of}; they last {months} months"
    basis = label(f"rules_basis_{points.basis}", language)
    yield Rule("points", "basis", say(words, language, basis=basis, of=of, months=points.expire_after_months))
    if points.by is not None:
        yield Rule("points", "earned", points.by.text)
    if points.spread_over_year:
        parts = ", ".join(pack.word(part, language) for part in points.spread_over_year)
        said = say("a month earns 1/12 of {parts}", language, parts=parts)
        yield Rule("points", "spread_over_year", said)


def _credit(pack: Pack, language: str) -> Iterator[Rule]:
    if pack.credit:
        days = ", ".join(str(day) for day in pack.credit.ageing_days)
        yield Rule("credit", "ageing_days", say("up to {days} days past due, and more", language, days=days))
        yield from _levels("credit", pack.credit.levels, language)


def _care(pack: Pack, language: str) -> Iterator[Rule]:
    """Readings, registers, surveys and requests."""
    if readings := pack.readings:
        yield Rule("readings", "load_over", readings.load_over.text)
        yield Rule("readings", "phases_apart", readings.phases_apart.text)
        yield Rule("readings", "silent_days", readings.silent_days.text)
        yield Rule("readings", "metered", readings.metered)
        if readings.ten_days:
            yield Rule("readings", "ten_days", readings.ten_days)
    if pack.closed_when:
        yield Rule("registers", "closed_when", pack.closed_when.text)
    if pack.survey:
        yield Rule("survey", "satisfied_from", pack.survey.satisfied_from.text)
        for name, items in pack.survey.sets.items():
            yield Rule("survey", name, ", ".join(items))
    if pack.service:
        yield Rule("service", "service_of", pack.service.of.text)
        for term in pack.service.terms:
            which = term.when.text if term.when else say("all others", language)
            words = say("{done}, within {days} days", language, done=which, days=term.within_days.text)
            yield Rule("service", term.name, words)


def _agenda(pack: Pack) -> Iterator[Rule]:
    """How far ahead care is announced, and the holidays."""
    if pack.holidays or pack.days_ahead != DAYS_AHEAD:
        yield Rule("actions", "days_ahead", f"{pack.days_ahead}")
    for one in pack.holidays:
        days = [
            *(f"{month:02}-{day:02}" for month, day in one.every_year),
            *(day.isoformat() for day in one.days),
        ]
        yield Rule("actions", one.name, ", ".join(days))


def _leads(pack: Pack, language: str) -> Iterator[Rule]:
    for track in pack.tracks:
        yield Rule("leads", track.name, track.when.text if track.when else say("all others", language))
        for step in track.steps:
            words = step.done_when.text if step.done_when else say("the next stage", language)
            if step.within_days is not None:
                words = say("{done}, within {days} days", language, done=words, days=step.within_days)
            yield Rule(f"leads.{track.name}", step.name, words)


def _records(pack: Pack, language: str) -> Iterator[Rule]:
    """How records of one customer are found and joined."""
    for rule in pack.matching:
        yield Rule("matching", "of", rule.of.text)
        if rule.same_if_equal:
            names = ", ".join(label(name, language) for name in rule.same_if_equal)
            yield Rule("matching", "same_if_equal", names)
        for name, (weight, how) in rule.compare.items():
            words = say(
                "weight {weight:g}, {how}", language, weight=weight, how=label(f"alike_{how}", language)
            )
            yield Rule("matching", name, words)
    if pack.matching:
        merge, review = (f"{number:g}" for number in (pack.merge.start, pack.merge.review_from))
        yield Rule("merge", "merge_from", say("one customer from a score of {score}", language, score=merge))
        yield Rule("merge", "review_from", say("for a person to decide from {score}", language, score=review))
    for name, survivor in pack.survivor.items():
        words = (
            say("of the first of {sources}", language, sources=", ".join(survivor))
            if isinstance(survivor, tuple)
            else label(f"survivor_{survivor}", language)
        )
        yield Rule("survivor", name, words)


def _churn(pack: Pack, language: str) -> Iterator[Rule]:
    if not pack.churn:
        return
    for signal in pack.churn.signals:
        words = say("{points:g} points when {when}", language, points=signal.points, when=signal.when.text)
        yield Rule("signals", signal.name, words, signal.because)
    yield from _levels("churn", pack.churn.levels, language)
    flagged = [level.name or "" for level in pack.churn.levels if level.name in pack.churn.flagged]
    yield Rule("churn", "flagged", ", ".join(pack.word(name, language) for name in flagged))
    days = say("no purchase in {days} days", language, days=pack.churn.lost_after_days)
    yield Rule("churn", "lost_when", days)
    for name in ("contact_cost", "gain_of_keeping"):
        if (amount := getattr(pack.churn, name)) is not None:
            yield Rule("churn", name, amount.text)


def _profile(pack: Pack, name: str, language: str) -> Iterator[Rule]:
    profile, usual = pack.profiles[name], pack.profiles["default"]
    for threshold, number in profile.thresholds.items():
        if number != usual.thresholds[threshold]:
            yield Rule(f"profile.{name}", threshold, f"{number:.15g} {pack.thresholds[threshold].unit}")
    for key, part in profile.parts.items():
        if part != usual.parts[key]:
            yield Rule(f"profile.{name}", key, part_words(part, language))


def _levels(section: str, levels: Sequence[CompiledLevel], language: str) -> Iterator[Rule]:
    for level in levels:
        words = level_words(level, language)
        if level.action:
            words = say("{condition}; action: {action}", language, condition=words, action=level.action)
        yield Rule(section, level.name or level.name_from or "", words, level.because)


def level_words(level: CompiledLevel, language: str = "en") -> str:
    """Who is on a level: all of its conditions."""
    found = []
    if level.top is not None:
        found.append(say("among the first {share} of customers", language, share=_share(level.top)))
    if level.top_of_value is not None:
        found.append(
            say(
                "among those who make the first {share} of the value",
                language,
                share=_share(level.top_of_value),
            )
        )
    if level.start is not None:
        found.append(say("from {number}", language, number=level.start.text))
    if level.when is not None:
        found.append(level.when.text)
    return say("; ", language).join(found) or say("everyone left", language)


def part_words(part: CompiledPart, language: str = "en") -> str:
    """How a part of the value is calculated."""
    from tierbook.rulepack.pack import CompiledLookup, CompiledTwoWay

    if isinstance(part, CompiledLookup):
        gives = ", ".join(f"{text} {gain.text}" for text, gain in part.gives.items())
        words = say("by {per}: {gives}", language, per=part.per, gives=gives)
        if part.otherwise is not None:
            words += say("; otherwise {number}", language, number=part.otherwise.text)
        if part.times is not None:
            words += say("; times {figure}", language, figure=part.times.text)
        return words
    if isinstance(part, CompiledTwoWay):
        table = " / ".join(", ".join(gain.text for gain in row) for row in part.gives)
        return say(
            "columns by {across} from {columns}, rows by {down} from {rows}: {table}",
            language,
            across=part.across.text,
            columns=", ".join(start.text for start in part.across_starts),
            down=part.down.text,
            rows=", ".join(start.text for start in part.down_starts),
            table=table,
        )
    return part.text


def figure_words(figure: Any, language: str = "en") -> str:
    """A figure as people write it: four decimals, thousands apart, yes or no."""
    if figure is None or figure != figure:
        return say("missing", language)
    if isinstance(figure, bool | np.bool_):
        return say("yes", language) if figure else say("no", language)
    if isinstance(figure, float | int | np.number):
        number = float(figure)
        return f"{number:.3g}" if 0 < abs(number) < 0.001 else f"{round(number, 4):,.15g}"
    return str(figure)


def _measure(measure: CompiledMeasure, language: str) -> str:
    target = f"{measure.table}.{measure.column}" if measure.column else measure.table
    words = say("{how} of {column}", language, how=label(f"rules_how_{measure.how}", language), column=target)
    if measure.where is not None:
        words += say(" where {condition}", language, condition=measure.where.text)
    if measure.days is not None:
        words += say(", {first} to {last} days ago", language, first=measure.days[0], last=measure.days[1])
    if measure.customer != "customer_id":
        words += say(", per {column}", language, column=measure.customer)
    return words


def _share(bound: Expression) -> str:
    """A plain number as a percentage, an expression as it is written."""
    return f"{float(bound.evaluate({})) * 100:.15g}%" if not bound.names else bound.text
