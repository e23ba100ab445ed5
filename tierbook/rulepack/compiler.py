"""From the models of a rule file to a `Pack`: every expression parsed and typed, every name resolved, every problem kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from tierbook import features, tables
from tierbook.holidays import DAYS_AHEAD, holiday_of
from tierbook.quality import Problem
from tierbook.rulepack import model
from tierbook.rulepack.expression import Expression, ExpressionError, Type, parse
from tierbook.rulepack.own_tables import BySource
from tierbook.rulepack.pack import (
    CompiledChurn,
    CompiledCredit,
    CompiledFlag,
    CompiledKeyAccounts,
    CompiledLevel,
    CompiledLookup,
    CompiledMatching,
    CompiledMeasure,
    CompiledPart,
    CompiledPoints,
    CompiledReadings,
    CompiledScore,
    CompiledScorePart,
    CompiledService,
    CompiledStep,
    CompiledSurvey,
    CompiledTerm,
    CompiledTiers,
    CompiledTrack,
    CompiledTwoWay,
    CompiledWinback,
    Pack,
    Profile,
)
from tierbook.rulepack.source import Path, Source

TYPE_OF_KIND: dict[str, Type] = {
    "id": "text", "text": "text", "number": "number", "money": "number", "share": "number",
    "date": "date", "time": "date", "yes_no": "yes_no",
}  # fmt: skip
RFM_NAMES: dict[str, Type] = {"r": "number", "f": "number", "m": "number"}


class Compiler:
    """Parses every expression of a pack, collecting every problem with its place."""

    def __init__(self, source: Source, pack: model.PackModel) -> None:
        self.source, self.pack = source, pack
        self.problems: list[Problem] = []
        self.found: list[tuple[Path, Expression]] = []
        self.types: dict[str, Type] = dict(features.COLUMNS)
        self.types |= {column.name: TYPE_OF_KIND[column.kind] for column in tables.CUSTOMERS.columns}
        self.types |= {name.lower(): kind for name, kind in pack.columns.items()}
        self.constants: dict[str, Type] = {name.lower(): "number" for name in pack.thresholds}
        for name in pack.thresholds:
            if name.lower() in self.types:
                self.say(
                    ("thresholds", name),
                    "{name} is a feature already.",
                    "Give the threshold another name.",
                    at_key=True,
                    name=name,
                )
        self.types |= self.constants

    def compile(self, *, digest: str) -> Pack:
        """The compiled pack; look at `problems` before using it."""
        pack = self.pack
        expressions, measures = self.compiled_features()
        parts = {name: self.part(part, ("value", name)) for name, part in pack.value.items()}
        self.types["value"] = "number"
        self.types |= {f"{name}_score": "number" for name in pack.scores}
        tiers, stages = self.tiers(pack.tiers), self.levels(pack.stages, ("stages",))
        # Sections further down may ask for the tier and the stage.
        self.types |= {"tier": "text", "stage": "text"}
        compiled = Pack(
            name=pack.pack, version=pack.version, owner=pack.owner, hash=digest, file=self.source.file,
            window_days=pack.window_days, as_of=pack.as_of, meaning=pack.meaning,
            columns={name.lower(): kind for name, kind in pack.columns.items()},
            thresholds={name.lower(): threshold for name, threshold in pack.thresholds.items()},
            features=expressions, measures=measures, parts=parts, profiles=self.profiles(parts),
            tiers=tiers, stages=stages,
            positions=tuple(
                CompiledFlag(position.name, self.condition(position.when, ("positions", i, "when")), because=position.because)
                for i, position in enumerate(pack.positions)
            ),
            ladder=self.levels(pack.ladder, ("ladder",)),
            relation=self.levels(pack.relation, ("relation",)),
            classes={group: self.levels(levels, ("classes", group)) for group, levels in pack.classes.items()},
            scores={name: self.score(score, ("scores", name)) for name, score in pack.scores.items()},
            churn=self.churn(pack.churn),
            rfm_segments=self.levels(pack.rfm.segments, ("rfm", "segments"), names=RFM_NAMES | self.constants) if pack.rfm else (),
            early_warning=self.levels(pack.early_warning, ("early_warning",)), winback=self.winback(pack.winback),
            groups=self.groups(pack.groups),
            points=self.points(pack.points), target_lists=self.target_lists(pack.target_lists),
            key_accounts=self.key_accounts(pack.key_accounts), credit=self.credit(pack.credit), tracks=self.tracks(pack.leads),
            matching=self.matching(pack.matching), merge=pack.merge, survivor=self.survivor(), words=pack.words, types=dict(self.types),
            masked=self.masked(pack.report), breakdown=self.breakdown(pack.report),
            readings=self.readings(pack.readings), closed_when=self.closed_when(pack.registers),
            survey=self.survey(pack.survey), service=self.service(pack.service),
            days_ahead=pack.actions.days_ahead if pack.actions else DAYS_AHEAD,
            holidays=tuple(holiday_of(one.name, one.on) for one in pack.actions.holidays) if pack.actions else (),
        )  # fmt: skip
        return replace(compiled, expressions=len(self.found))

    def say(self, path: Path, message: str, fix: str = "", **values: Any) -> None:
        self.problems.append(self.source.problem(path, message, fix, **values))

    def expression(
        self,
        text: str,
        path: Path,
        *,
        names: Mapping[str, Type] | None = None,
        wanted: Type | None = None,
        population: bool = False,
        called: Literal["feature", "column"] = "feature",
    ) -> Expression:
        """The parsed expression; problems are noted at their places and an expression of the wanted type stands in."""
        try:
            parsed = parse(
                text,
                self.types if names is None else names,
                population=population,
                wanted=wanted,
                called=called,
            )
            self.found.append((path, parsed))
            return parsed
        except ExpressionError as error:
            for problem in error.problems:
                self.say(
                    path, problem.message, problem.fix, offset=(problem.column or 1) - 1, **problem.values
                )
            return parse("true" if wanted == "yes_no" else "0", {})

    def number(self, text: str, path: Path) -> Expression:
        return self.expression(text, path, wanted="number")

    def condition(self, text: str, path: Path, names: Mapping[str, Type] | None = None) -> Expression:
        return self.expression(
            text, path, names=names, wanted="yes_no", called="feature" if names is None else "column"
        )

    def constant(self, text: str, path: Path) -> Expression:
        return self.expression(text, path, names=self.constants, wanted="number")

    def maybe(
        self, read: Callable[..., Expression], text: str | None, path: Path, *more: Any
    ) -> Expression | None:
        return None if text is None else read(text, path, *more)

    def compiled_features(self) -> tuple[dict[str, Expression], tuple[CompiledMeasure, ...]]:
        expressions: dict[str, Expression] = {}
        measures: list[CompiledMeasure] = []
        for name, feature in self.pack.features.items():
            path: Path = ("features", name)
            if name.lower() in self.constants:
                self.say(
                    path,
                    "{name} is a threshold already.",
                    "Give the feature another name.",
                    at_key=True,
                    name=name,
                )
            if isinstance(feature, model.Measure):
                if measure := self.measure(name.lower(), feature, path):
                    measures.append(measure)
                    self.types[name.lower()] = "number"
            else:
                expressions[name.lower()] = self.expression(feature, path, population=True)
                self.types[name.lower()] = expressions[name.lower()].type
        return expressions, tuple(measures)

    def measure(self, name: str, measure: model.Measure, path: Path) -> CompiledMeasure | None:
        ((how, target),) = measure.figures.items()
        table_name, _, column = target.partition(".")
        table = tables.TABLES.get(table_name)
        if table is None:
            self.say(
                (*path, how),
                "There is no table called {table}.",
                "The tables are {known}.",
                table=table_name,
                known=", ".join(tables.TABLES),
            )
            return None
        names = (
            {known.name: TYPE_OF_KIND[known.kind] for known in table.columns}
            | dict(self.pack.columns)
            | self.constants
        )
        customer = measure.customer or "customer_id"
        for wanted, key in ((column, how), (customer, "customer")):
            if wanted and wanted not in names:
                self.say((*path, key), "The table {table} has no column {column}.", "Its columns are {known}.", table=table_name, column=wanted, known=", ".join(names))  # fmt: skip
                return None
        if (how == "count") == bool(column):
            self.say(
                (*path, how),
                "A count names a table, the other figures a column of it.",
                "Write count: {table}, or sum: {table}.amount.",
                table=table_name,
            )
            return None
        if how not in ("count", "distinct") and names[column] != "number":
            self.say((*path, how), "{column} holds no numbers.", "Use count or distinct.", column=target)
        where = self.maybe(self.condition, measure.where, (*path, "where"), names)
        return CompiledMeasure(name, how, table_name, column, where, measure.days, customer)

    def masked(self, report: model.Report | None) -> tuple[str, ...]:
        """Columns masked copies hide; a name nobody knows would hide nothing, so it is a mistake."""
        names = [name.lower() for name in report.mask] if report else []
        known = {column.name for column in tables.CUSTOMERS.columns} | self.pack.columns.keys()
        for i, name in enumerate(names):
            if name not in known:
                self.say(
                    ("report", "mask", i),
                    "The customers have no column {name} that could be hidden.",
                    "Name a column such as name or mobile, or declare it under columns.",
                    name=name,
                )
        return tuple(names)

    def breakdown(self, report: model.Report | None) -> tuple[str, ...]:
        """Columns the page Breakdown tells apart: of the customers, features, and what the sections make."""
        names = [name.lower() for name in report.breakdown] if report else []
        known = (
            {column.name for column in tables.CUSTOMERS.columns}
            | self.pack.columns.keys()
            | self.types.keys()
        )
        known |= {f"class.{group}" for group in self.pack.classes} | {"tier", "stage", "ladder", "relation"}
        for i, name in enumerate(names):
            if name not in known:
                self.say(
                    ("report", "breakdown", i),
                    "The customers have no column {name}.",
                    "Name a column such as region, or a class such as class.segment.",
                    name=name,
                )
        return tuple(names)

    def part(self, part: Any, path: Path) -> CompiledPart:
        if isinstance(part, model.Lookup):
            if self.types.get(part.per.lower()) != "text":
                self.say(
                    (*path, "per"),
                    "{name} is not a text column.",
                    "Name a column such as settlement or region.",
                    name=part.per,
                )
            return CompiledLookup(
                part.per.lower(),
                {text: self.constant(gain, (*path, "gives", text)) for text, gain in part.gives.items()},
                self.maybe(self.constant, part.otherwise, (*path, "otherwise")),
                self.maybe(self.number, part.times, (*path, "times")),
            )
        if isinstance(part, model.TwoWay):
            starts = {
                side: tuple(
                    self.constant(start, (*path, side, "from", i)) for i, start in enumerate(bands.starts)
                )
                for side, bands in (("across", part.across), ("down", part.down))
            }
            gives = tuple(
                tuple(self.constant(gain, (*path, "gives", i, j)) for j, gain in enumerate(row))
                for i, row in enumerate(part.gives)
            )
            across, down = (
                self.number(bands.by, (*path, side, "by"))
                for side, bands in (("across", part.across), ("down", part.down))
            )
            return CompiledTwoWay(across, down, starts["across"], starts["down"], gives)
        return self.number(part, path)

    def profiles(self, parts: dict[str, CompiledPart]) -> dict[str, Profile]:
        thresholds = {name.lower(): threshold.value for name, threshold in self.pack.thresholds.items()}
        profiles = {"default": Profile(dict(parts), dict(thresholds))}
        for name, overrides in self.pack.profiles.items():
            own_parts, own_thresholds = dict(parts), dict(thresholds)
            for key, override in overrides.items():
                path = ("profiles", name, key)
                if key.lower() in thresholds and isinstance(override, str):
                    own_thresholds[key.lower()] = float(self.constant(override, path).evaluate(thresholds))
                elif key in parts:
                    own_parts[key] = self.part(override, path)
                else:
                    self.say(
                        path,
                        "A profile changes parts of the value and thresholds; {name} is neither.",
                        at_key=True,
                        name=key,
                    )
            profiles[name] = Profile(own_parts, own_thresholds)
        return profiles

    def levels(
        self, levels: Iterable[model.Level], path: Path, *, names: Mapping[str, Type] | None = None
    ) -> tuple[CompiledLevel, ...]:
        compiled = []
        for i, level in enumerate(levels):
            here = (*path, i)
            if level.name_from and self.types.get(level.name_from.lower()) != "text":
                self.say((*here, "name_from"), "{name} is not a text column.", name=level.name_from)
            compiled.append(
                CompiledLevel(
                    level.name,
                    level.name_from.lower() if level.name_from else None,
                    self.maybe(self.constant, level.top, (*here, "top")),
                    self.maybe(self.constant, level.top_of_value, (*here, "top_of_value")),
                    self.maybe(self.constant, level.start, (*here, "from")),
                    self.maybe(self.condition, level.when, (*here, "when"), names),
                    level.otherwise,
                    level.action,
                    level.because,
                )
            )
        return tuple(compiled)

    def tiers(self, tiers: model.Tiers | None) -> CompiledTiers | None:
        if tiers is None:
            return None
        return CompiledTiers(
            self.number(tiers.rank_by, ("tiers", "rank_by")), self.levels(tiers.levels, ("tiers", "levels"))
        )

    def score(self, score: model.Score, path: Path) -> CompiledScore:
        parts = {
            name: CompiledScorePart(
                part.points,
                self.number(part.by, (*path, name, "by")),
                self.constant(part.full_at, (*path, name, "full_at")),
            )
            for name, part in score.parts.items()
        }
        return CompiledScore(parts, self.levels(score.levels or (), (*path, "levels")))

    def churn(self, churn: model.Churn | None) -> CompiledChurn | None:
        if churn is None:
            return None
        signals = tuple(
            CompiledFlag(
                signal.name, self.condition(signal.when, ("churn", "signals", i, "when")), signal.points, signal.reason or signal.name, signal.because
            )
            for i, signal in enumerate(churn.signals)
        )  # fmt: skip
        names = [level.name or "" for level in churn.levels]
        last = names.index(churn.count_as_flagged) if churn.count_as_flagged in names else len(names) - 2
        if churn.count_as_flagged and churn.count_as_flagged not in names:
            self.say(
                ("churn", "count_as_flagged"),
                "There is no level called {name}.",
                "The levels are {known}.",
                name=churn.count_as_flagged,
                known=", ".join(names),
            )
        return CompiledChurn(
            signals,
            self.levels(churn.levels, ("churn", "levels")),
            int(churn.lost_when.split()[-2]),
            frozenset(names[: last + 1]),
            self.maybe(self.constant, churn.contact_cost, ("churn", "contact_cost")),
            self.maybe(self.constant, churn.gain_of_keeping, ("churn", "gain_of_keeping")),
        )

    def winback(self, winback: model.Winback | None) -> CompiledWinback | None:
        if winback is None:
            return None
        return CompiledWinback(
            self.condition(winback.of, ("winback", "of")),
            self.levels(winback.levels, ("winback", "levels")),
            self.number(winback.spend_at_most, ("winback", "spend_at_most")),
        )

    def groups(self, groups: model.Groups | None) -> CompiledTiers | None:
        if groups is None:
            return None
        # Groups may ask how likely customers are to leave.
        self.types |= {"churn_level": "text"} if self.pack.churn else {}
        levels = self.levels(groups.levels, ("groups", "levels"))
        return CompiledTiers(self.number(groups.rank_by, ("groups", "rank_by")), levels)

    def points(self, points: model.Points | None) -> CompiledPoints | None:
        if points is None:
            return None
        if points.expire_after_months < 0:
            self.say(("points", "expire_after_months"), "Points last 0 months or more.")
        for i, name in enumerate(points.spread_over_year):
            if name not in self.pack.value:
                self.say(
                    ("points", "spread_over_year", i),
                    "The value has no part called {name}.",
                    "Its parts are {known}.",
                    name=name,
                    known=", ".join(self.pack.value) or "-",
                )
        return CompiledPoints(
            points.basis,
            self.maybe(self.condition, points.of, ("points", "of")),
            points.expire_after_months,
            tuple(points.spread_over_year),
            self.maybe(self.number, points.by, ("points", "by")),
        )

    def target_lists(self, lists: Iterable[model.TargetList]) -> tuple[CompiledFlag, ...]:
        # Lists may ask how likely customers are to leave.
        self.types |= {"churn_level": "text"} if self.pack.churn and self.pack.target_lists else {}
        return tuple(
            CompiledFlag(one.name, self.condition(one.when, ("target_lists", i, "when")), because=one.because)
            for i, one in enumerate(lists)
        )

    def key_accounts(self, accounts: model.KeyAccounts | None) -> CompiledKeyAccounts | None:
        if accounts is None:
            return None
        of = self.condition(accounts.of, ("key_accounts", "of"))
        return CompiledKeyAccounts(of, accounts.review_after_days, accounts.because)

    def credit(self, credit: model.Credit | None) -> CompiledCredit | None:
        if credit is None:
            return None
        return CompiledCredit(tuple(credit.ageing_days), self.levels(credit.levels, ("credit", "levels")))

    def columns_of(self, table: str) -> dict[str, Type]:
        """What conditions on the rows of a table may name: its columns, the pack's own and the thresholds."""
        known = {column.name: TYPE_OF_KIND[column.kind] for column in tables.TABLES[table].columns}
        return known | {name.lower(): kind for name, kind in self.pack.columns.items()} | self.constants

    def tracks(self, leads: model.Leads | None) -> tuple[CompiledTrack, ...]:
        if leads is None:
            return ()
        names, compiled = self.columns_of("leads"), []
        for i, track in enumerate(leads.tracks):
            here: Path = ("leads", "tracks", i)
            steps = tuple(
                CompiledStep(
                    step.name,
                    self.maybe(self.condition, step.done_when, (*here, "steps", j, "done_when"), names),
                    step.within_days,
                )
                for j, step in enumerate(track.steps)
            )
            when = self.maybe(self.condition, track.when, (*here, "when"), names)
            compiled.append(CompiledTrack(track.name, when, steps))
        return tuple(compiled)

    def matching(self, rules: Iterable[model.Matching]) -> tuple[CompiledMatching, ...]:
        names = self.columns_of("customers")
        compiled = []
        for i, rule in enumerate(rules):
            here: Path = ("matching", i)
            for j, name in enumerate(rule.same_if_equal):
                self.field_of_customers(name, (*here, "same_if_equal", j))
            for name in rule.compare:
                self.field_of_customers(name, (*here, "compare", name), at_key=True)
            compiled.append(
                CompiledMatching(
                    self.condition(rule.of, (*here, "of"), names),
                    tuple(name.lower() for name in rule.same_if_equal),
                    {name.lower(): (one.weight, one.how) for name, one in rule.compare.items()},
                )
            )
        return tuple(compiled)

    def survivor(self) -> dict[str, str | tuple[str, ...]]:
        for name in self.pack.survivor:
            if name != "default":
                self.field_of_customers(name, ("survivor", name), at_key=True)
        return {
            name.lower(): tuple(one.source) if isinstance(one, BySource) else one
            for name, one in self.pack.survivor.items()
        }

    def field_of_customers(self, name: str, path: Path, *, at_key: bool = False) -> None:
        if name.lower() not in self.columns_of("customers").keys() - self.constants.keys():
            self.say(
                path,
                "The customers have no column {name}.",
                "Name a column such as name or mobile, or declare it under columns.",
                at_key=at_key,
                name=name,
            )

    def readings(self, readings: model.Readings | None) -> CompiledReadings | None:
        if readings is None:
            return None
        for key, name in (("metered", readings.metered), ("ten_days", readings.ten_days)):
            if name and self.types.get(name.lower()) != "yes_no":
                self.say(
                    ("readings", key),
                    "{name} is not a yes/no feature.",
                    "Define it under features, as a condition.",
                    name=name,
                )
        over, apart, silent = (
            self.constant(getattr(readings, key), ("readings", key))
            for key in ("load_over", "phases_apart", "silent_days")
        )
        ten_days = readings.ten_days.lower() if readings.ten_days else None
        return CompiledReadings(over, apart, silent, readings.metered.lower(), ten_days)

    def closed_when(self, registers: model.Registers | None) -> Expression | None:
        if registers is None:
            return None
        return self.condition(
            registers.closed_when, ("registers", "closed_when"), self.columns_of("registers")
        )

    def survey(self, survey: model.Survey | None) -> CompiledSurvey | None:
        if survey is None:
            return None
        seen: dict[str, str] = {}
        for name, items in survey.sets.items():
            for i, item in enumerate(items):
                if item in seen:
                    self.say(
                        ("survey", "sets", name, i),
                        "{item} is in the set {other} already.",
                        "An item belongs to one set.",
                        item=item,
                        other=seen[item],
                    )
                seen[item] = name
        sets = {name: tuple(items) for name, items in survey.sets.items()}
        return CompiledSurvey(self.constant(survey.satisfied_from, ("survey", "satisfied_from")), sets)

    def service(self, service: model.Service | None) -> CompiledService | None:
        if service is None:
            return None
        names = self.columns_of("interactions")
        terms = tuple(
            CompiledTerm(
                term.name,
                self.maybe(self.condition, term.when, ("service", "terms", i, "when"), names),
                self.constant(term.within_days, ("service", "terms", i, "within_days")),
            )
            for i, term in enumerate(service.terms)
        )
        return CompiledService(self.condition(service.of, ("service", "of"), names), terms)
