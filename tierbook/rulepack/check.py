"""What a pack says that cannot be meant: levels out of order, names twice, points that do not add up, missing words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from tierbook.language import labels
from tierbook.quality import Level, Problem
from tierbook.rulepack import meant, model
from tierbook.rulepack.expression import Expression
from tierbook.rulepack.pack import CompiledLevel, Pack
from tierbook.rulepack.source import Path, Source
from tierbook.rulepack.words import FIELD, is_format


def check(
    source: Source,
    models: model.PackModel,
    pack: Pack,
    found: Sequence[tuple[Path, Expression]],
    *,
    broken: bool,
) -> list[Problem]:
    """Problems of meaning; `broken` packs are not asked for numbers, their expressions are stand-ins.

    `found` are the expressions of the pack with their places.
    """
    problems: list[Problem] = []
    thresholds = pack.profiles["default"].thresholds
    lists = list(_level_lists(pack))
    for path, levels in lists:
        problems += _repeated(source, path, [level.name for level in levels], key="name")
        problems += _order(source, path, levels, {} if broken else thresholds, broken=broken)
    for section, flags in (("positions", pack.positions), ("target_lists", pack.target_lists)):
        problems += _repeated(source, (section,), [flag.name for flag in flags], key="name")
    problems += _twins(source, models)
    problems += _scores(source, models)
    if pack.churn:
        problems += _repeated(
            source, ("churn", "signals"), [signal.name for signal in pack.churn.signals], key="name"
        )
    if not broken:
        told = [problem.path for problem in problems]
        problems += meant.unreachable(source, lists, pack, told=told)
        problems += meant.impossible(source, found, thresholds)
        problems += meant.gaps(source, lists, thresholds)
        problems += meant.negations(source, found, pack)
        problems += meant.shares(source, lists, thresholds)
        problems += meant.bands(source, pack, thresholds)
        problems += meant.unused(source, found, pack)
        problems += _reachable(source, pack, thresholds)
        problems += _full(source, pack, thresholds)
    problems += _words(source, models, pack)
    return problems


def _level_lists(pack: Pack) -> Iterable[tuple[Path, Sequence[CompiledLevel]]]:
    if pack.tiers:
        yield ("tiers", "levels"), pack.tiers.levels
    yield ("stages",), pack.stages
    yield ("ladder",), pack.ladder
    yield ("relation",), pack.relation
    for group, levels in pack.classes.items():
        yield ("classes", group), levels
    for name, score in pack.scores.items():
        yield ("scores", name, "levels"), score.levels
    if pack.churn:
        yield ("churn", "levels"), pack.churn.levels
    yield ("rfm", "segments"), pack.rfm_segments
    yield ("early_warning",), pack.early_warning
    if pack.winback:
        yield ("winback", "levels"), pack.winback.levels
    if pack.groups:
        yield ("groups", "levels"), pack.groups.levels
    if pack.credit:
        yield ("credit", "levels"), pack.credit.levels


def _repeated(source: Source, path: Path, names: Sequence[str | None], *, key: str) -> Iterable[Problem]:
    first: dict[str, int] = {}
    for i, name in enumerate(names):
        if name is None:
            continue
        if name in first:
            line = source.places[(*path, first[name], key)].line
            yield source.problem(
                (*path, i, key),
                "{name} is defined already, on line {line}.",
                "Give one of them another name.",
                name=repr(name),
                line=line,
            )
        first.setdefault(name, i)


def _order(
    source: Source, path: Path, levels: Sequence[CompiledLevel], thresholds: dict[str, float], *, broken: bool
) -> Iterable[Problem]:
    """A level whose conditions a level above it always takes can never be reached."""
    for i, level in enumerate(levels[:-1]):
        if level.otherwise:
            yield source.problem(
                (*path, i),
                "No level below {name} can be reached, because it takes everyone left.",
                "Move it to the end.",
                name=level.name,
            )
    if broken:
        return
    for attribute, rising in (("start", False), ("top", True), ("top_of_value", True)):
        last: tuple[float, CompiledLevel] | None = None
        for i, level in enumerate(levels):
            bound: Expression | None = getattr(level, attribute)
            if bound is None:
                continue
            number = float(bound.evaluate(thresholds))
            key = "from" if attribute == "start" else attribute
            if last and (number < last[0] if rising else number > last[0]) and last[1].when is None:
                yield source.problem(
                    (*path, i, key),
                    "{name} ({number:g}) can never be reached below {above} ({bound:g}).",
                    "Swap them: the first level that fits wins.",
                    name=level.name, number=number, above=last[1].name, bound=last[0],
                )  # fmt: skip
            elif last and number == last[0] and level.when is None and last[1].when is None:
                yield source.problem(
                    (*path, i, key),
                    "{name} and {above} start at the same place.",
                    "Give them different numbers.",
                    name=level.name,
                    above=last[1].name,
                )
            last = (number, level)


def _twins(source: Source, models: model.PackModel) -> Iterable[Problem]:
    """Names that differ in case only are one name to the rule language."""
    for section, names in (("thresholds", models.thresholds), ("features", models.features)):
        first: dict[str, str] = {}
        for name in names:
            twin = first.setdefault(name.lower(), name)
            if twin != name:
                yield source.problem(
                    (section, name),
                    "{name} and {twin} are one name to the rules; case does not count.",
                    "Give one of them another name.",
                    at_key=True,
                    name=name,
                    twin=twin,
                )


def _scores(source: Source, models: model.PackModel) -> Iterable[Problem]:
    for name, score in models.scores.items():
        total = sum(part.points for part in score.parts.values())
        if not math.isclose(total, 100):
            yield source.problem(
                ("scores", name),
                "The points of {name} add up to {total:g}, not to 100.",
                "Change one of them.",
                at_key=True,
                name=name,
                total=total,
            )
        for part, one in score.parts.items():
            if one.points <= 0:
                yield _no_points(source, ("scores", name, part, "points"), part, one.points, "error")
    for i, signal in enumerate(models.churn.signals if models.churn else []):
        if signal.points <= 0:
            yield _no_points(source, ("churn", "signals", i, "points"), signal.name, signal.points, "warning")


def _no_points(source: Source, path: Path, name: str, points: float, level: Level) -> Problem:
    return source.problem(
        path,
        "{name} gives {points:g} points.",
        "Points are above 0; turn the condition round, or remove it.",
        level=level,
        name=name,
        points=points,
    )


def _full(source: Source, pack: Pack, thresholds: dict[str, float]) -> Iterable[Problem]:
    for name, score in pack.scores.items():
        for part, one in score.parts.items():
            if (number := float(one.full_at.evaluate(thresholds))) <= 0:
                yield source.problem(
                    ("scores", name, part, "full_at"),
                    "{part} cannot be full at {number:g}.",
                    "Write the figure, above 0, that earns all points.",
                    part=part,
                    number=number,
                )


def _reachable(source: Source, pack: Pack, thresholds: dict[str, float]) -> Iterable[Problem]:
    """Levels that start above the most a score can be."""
    scores: list[tuple[Path, float, Sequence[CompiledLevel]]] = [
        (("scores", name, "levels"), 100.0, score.levels) for name, score in pack.scores.items()
    ]
    if pack.churn:
        most = min(100.0, sum(max(signal.points, 0) for signal in pack.churn.signals))
        scores.append((("churn", "levels"), most, pack.churn.levels))
    for path, most, levels in scores:
        for i, level in enumerate(levels):
            if level.start is not None and (start := float(level.start.evaluate(thresholds))) > most:
                yield source.problem(
                    (*path, i, "from"),
                    "Nobody can reach {name}: it starts at {start:g} and all points together make {most:g}.",
                    "Lower it or add points.",
                    level="warning", name=level.name, start=start, most=most,
                )  # fmt: skip


def _words(source: Source, models: model.PackModel, pack: Pack) -> Iterable[Problem]:
    said = set(models.words) | set(labels())
    names: list[tuple[Path, str]] = []
    for path, levels in _level_lists(pack):
        names += [((*path, i, "name"), level.name) for i, level in enumerate(levels) if level.name]
        names += [((*path, i, "action"), level.action) for i, level in enumerate(levels) if level.action]
    for section, flags in (("positions", pack.positions), ("target_lists", pack.target_lists)):
        names += [((section, i, "name"), flag.name) for i, flag in enumerate(flags)]
    if pack.churn:
        names += [
            (("churn", "signals", i, "name"), signal.reason) for i, signal in enumerate(pack.churn.signals)
        ]
    names += [(("value", part), part) for part in pack.parts]
    if pack.survey:
        names += [(("survey", "sets", name), name) for name in pack.survey.sets]
    if pack.service:
        names += [(("service", "terms", i, "name"), term.name) for i, term in enumerate(pack.service.terms)]
    names += [(("actions", "holidays", i, "name"), one.name) for i, one in enumerate(pack.holidays)]
    for path, name in names:
        if name not in said:
            said.add(name)
            fix = "Add an entry under words: {name}: {{en: …, zh: …}}."
            yield source.problem(
                path,
                "words has no entry for {name}; readers see the bare name.",
                fix,
                level="warning",
                name=name,
            )
    for name, words in models.words.items():
        for language in model.LANGUAGES:
            template = getattr(words, language)
            for field, form in FIELD.findall(template):
                path = ("words", name, language)
                if field.lower() not in pack.types:
                    near = get_close_matches(field.lower(), pack.types, 1)
                    fix = "Did you mean {near}?" if near else ""
                    yield source.problem(
                        path, "There is no feature called {field}.", fix, field=field, near="".join(near)
                    )
                elif not is_format(form):
                    yield source.problem(
                        path,
                        "{form} is not a number format Tierbook writes.",
                        "Use 0, 0.0, #,##0, 0% or yyyy-mm-dd.",
                        form=form,
                    )
            if FIELD.sub("", template).count("{") or FIELD.sub("", template).count("}"):
                yield source.problem(
                    ("words", name, language),
                    "A brace stands alone in this text.",
                    "Write fields as {{name}} or {{name:0%}}.",
                )
