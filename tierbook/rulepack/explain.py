"""Why one customer has this value, tier, stage and churn level: every rule that was asked, with what met it, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import levels, value
from tierbook.errors import DataError, RuleError
from tierbook.language import say
from tierbook.rulepack.show import figure_words, level_words, name_words, part_words, section_words

if TYPE_CHECKING:
    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import CompiledLevel, CompiledPart, CompiledTiers, Pack
    from tierbook.scorer import Scorer


@dataclass(frozen=True)
class Step:
    """One rule that was asked: what it says, the figures that met it, and the answer.

    `decides` marks the level that was given and the results of sections. `section` and `key` are the pack's names.
    `points` are those a rule has added to a score, where it adds any.
    """

    section: str
    key: str
    name: str
    rule: str
    met: str
    answer: str
    decides: bool = False
    points: float | None = None

    def cells(self, language: str = "en") -> tuple[str, str, str, str, str]:
        """Section, name, rule, figures and answer as a reader sees them."""
        return section_words(self.section, language), self.name, self.rule, self.met, self.answer


def explain(scorer: Scorer, row: int, language: str = "en", *, only: str = "") -> list[Step]:
    """Every rule asked about one customer, in the pack's order.

    Parameters
    ----------
    scorer : Scorer
        The pack over all customers: tiers and shares of the population need the others.
    row : int
        Position of the customer.
    only : str, optional
        One section, as `tierbook.needs` calls it, with the features it rests on.
    """
    explained = _Explained(scorer, row, language)
    steps = list(explained.steps(only))
    return [*explained.features(only), *steps]


def sections(pack: Pack) -> list[str]:
    """The sections of a pack that say something of one customer, in the order they are explained."""
    there = {
        "value": pack.parts,
        "tiers": pack.tiers,
        "positions": pack.positions,
        "stages": pack.stages,
        "ladder": pack.ladder,
        "relation": pack.relation,
        **{f"class.{group}": levels_ for group, levels_ in pack.classes.items()},
        **{f"score.{score}": True for score in pack.scores},
        "churn": pack.churn,
        "early_warning": pack.early_warning,
        "winback": pack.winback,
        "groups": pack.groups,
        "credit": pack.credit,
        "target_lists": pack.target_lists,
        "key_accounts": pack.key_accounts,
        "rfm": pack.rfm_segments,
    }
    return [name for name, section in there.items() if section]


class _Explained:
    def __init__(self, scorer: Scorer, row: int, language: str) -> None:
        self.scorer, self.row, self.language = scorer, row, language
        self.pack, self.profile = scorer.pack, scorer.profile
        self.known: dict[str, Any] = {}

    def features(self, only: str) -> Iterator[Step]:
        """The features of the pack; for one section those that were asked for."""
        for name, feature in self.pack.features.items():
            if not only or name in self.known:
                figure = self.shown_by_type(name)
                try:
                    met = self.met(feature)
                except DataError:  # given as a column, without the columns it was made of
                    met = ""
                yield self.step("features", name, feature.text, met, figure, name=name)

    def steps(self, only: str) -> Iterator[Step]:
        known = sections(self.pack)
        if only and only not in known:
            raise RuleError(
                "{pack} has no section called {section}.",
                fix="It has {known}.",
                pack=self.pack.name,
                section=only,
                known=", ".join(known),
            )
        for section in known:
            if only in ("", section):
                yield from self.asked_of(section)

    def asked_of(self, section: str) -> Iterator[Step]:
        """The steps of one section."""
        pack = self.pack
        kind, _, name = section.partition(".")
        if kind == "class":
            yield from self.levels(section, pack.classes[name])
        elif kind == "score":
            yield from self.score(name)
        elif kind in ("tiers", "groups"):
            ranked = pack.tiers if kind == "tiers" else pack.groups
            assert ranked is not None
            yield from self.ranked(kind, ranked)
        elif kind in ("stages", "ladder", "relation", "early_warning"):
            yield from self.levels(kind, getattr(pack, kind))
        elif kind == "rfm":
            scores = self.rfm_scores()
            if not np.isnan(scores).any():
                self.known |= dict(zip("rfm", scores, strict=True))
                yield from self.levels("rfm", pack.rfm_segments)
        else:
            by_name: dict[str, Callable[[], Iterator[Step]]] = {
                "value": self.value,
                "positions": self.positions,
                "churn": self.churn,
                "winback": self.winback,
                "credit": self.credit,
                "target_lists": self.target_lists,
                "key_accounts": self.key_account,
            }
            yield from by_name[kind]()

    def rfm_scores(self) -> NDArray[np.float64]:
        """The customer's r, f and m; missing where nobody calculated them."""
        columns = self.scorer.columns
        return np.array(
            [columns[f"rfm_{part}"][self.row] if f"rfm_{part}" in columns else np.nan for part in "rfm"]
        )

    def positions(self) -> Iterator[Step]:
        for position in self.pack.positions:
            fits = self.holds(position.when)
            yield self.asked("positions", position.name, position.when.text, self.met(position.when), fits)

    def value(self) -> Iterator[Step]:
        for name, part in self.scorer.value_parts().items():
            rule = self.profile.parts[name]
            yield self.step(
                "value",
                name,
                part_words(rule, self.language),
                self.met_part(rule),
                self.shown(part[self.row]),
            )
        total = self.shown(self.figure("value"))
        yield self.step("value", "value", say("all parts added up", self.language), "", total, decides=True)

    def ranked(self, section: str, tiers: CompiledTiers) -> Iterator[Step]:
        ranked = np.round(self.figures(tiers.rank_by), value.DECIMALS)
        mine = ranked[self.row]
        yield self.step(section, "rank_by", tiers.rank_by.text, self.met(tiers.rank_by), self.shown(mine))
        if not np.isnan(mine):
            yield from self.levels(section, tiers.levels, ranked=ranked)

    def score(self, name: str) -> Iterator[Step]:
        score = self.pack.scores[name]
        for part, one in score.parts.items():
            full = self.profile.constant(one.full_at)
            reached = float(np.nan_to_num(self.figures(one.by)[self.row] / full, nan=0.0))
            points = one.points * min(max(reached, 0.0), 1.0)
            words = say(
                "up to {points:g} points by {by}, all of them at {full_at}",
                self.language,
                points=one.points,
                by=one.by.text,
                full_at=one.full_at.text,
            )
            yield self.step(f"score.{name}", part, words, self.met(one.by), self.shown(points), points=points)
        total = self.scorer.score(name)
        added = say("all points added up", self.language)
        yield self.step(f"score.{name}", name, added, "", self.shown(total[self.row]), decides=True)
        yield from self.levels(f"score.{name}", score.levels, ranked=total)

    def churn(self) -> Iterator[Step]:
        churn = self.pack.churn
        assert churn is not None
        for signal in churn.signals:
            words = say(
                "{points:g} points when {when}", self.language, points=signal.points, when=signal.when.text
            )
            fires = self.holds(signal.when)
            met = self.met(signal.when)
            points = float(signal.points) if fires else 0.0
            yield self.asked("signals", signal.name, words, met, fits=fires, points=points)
        total = self.scorer.churn_score()
        added = say("the points of the signs that hold, 100 at most", self.language)
        yield self.step("churn", "churn_score", added, "", self.shown(total[self.row]), decides=True)
        yield from self.levels("churn", churn.levels, ranked=total)

    def winback(self) -> Iterator[Step]:
        """Only those who are lost are worth a decision."""
        section = self.pack.winback
        assert section is not None
        lost = self.holds(section.of)
        yield self.asked(
            "winback", "winback_of", section.of.text, self.met(section.of), lost, decides=not lost
        )
        if lost:
            yield from self.levels("winback", section.levels)
            limit = self.scorer.winback_spend()[self.row]
            words = section.spend_at_most.text
            yield self.step(
                "winback", "winback_spend", words, self.met(section.spend_at_most), self.shown(limit)
            )

    def target_lists(self) -> Iterator[Step]:
        """Only who is marketable is asked for."""
        marketable = self.scorer["marketable"][self.row] == 1
        yield self.asked(
            "target_lists",
            "marketable",
            "marketable",
            self.named(["marketable"]),
            marketable,
            decides=not marketable,
        )
        if marketable:
            for one in self.pack.target_lists:
                yield self.asked(
                    "target_lists", one.name, one.when.text, self.met(one.when), self.holds(one.when)
                )

    def key_account(self) -> Iterator[Step]:
        section = self.pack.key_accounts
        assert section is not None
        fits = self.holds(section.of)
        yield self.asked("key_accounts", "key_account", section.of.text, self.met(section.of), fits)

    def credit(self) -> Iterator[Step]:
        """Only customers with receivables have a status."""
        section = self.pack.credit
        assert section is not None
        owes = not np.isnan(self.scorer["receivable"][self.row])
        words = say("has receivables", self.language)
        yield self.asked("credit", "receivable", words, self.named(["receivable"]), owes, decides=not owes)
        if owes:
            yield from self.levels("credit", section.levels)

    def levels(
        self, section: str, listed: Sequence[CompiledLevel], *, ranked: NDArray | None = None
    ) -> Iterator[Step]:
        """Levels down to the one that fits; nobody asked those below."""
        for level in listed:
            answers, met = [], []
            for holds, figures in self.conditions(level, ranked):
                answers.append(holds)
                met.append(figures)
            fits = all(answers)
            key = level.name or str(self.figure(level.name_from or ""))
            words = level_words(level, self.language)
            seen = say("; ", self.language).join(filter(None, met))
            yield self.asked(section, key, words, seen, fits, decides=fits)
            if fits:
                return

    def conditions(self, level: CompiledLevel, ranked: NDArray | None) -> Iterator[tuple[bool, str]]:
        """Whether each condition of a level holds, with the figures that met it."""
        if ranked is not None:
            for bound, inside in (
                (level.top, levels.within_top),
                (level.top_of_value, levels.within_top_of_value),
            ):
                if bound is not None:
                    fits = inside(ranked, self.profile.constant(bound), ids=self.scorer.ids)
                    yield bool(fits[self.row]), self.place(ranked, fits)
            if level.start is not None:
                mine = ranked[self.row]
                yield bool(mine >= self.profile.constant(level.start)), self.shown(mine)
        if level.when is not None:
            yield self.holds(level.when), self.met(level.when)

    def place(self, ranked: NDArray, inside: NDArray) -> str:
        mine = ranked[self.row]
        return say(
            "place {place:,} of {ranked:,}; {inside:,} are among them",
            self.language,
            place=int((ranked > mine).sum()) + 1,
            ranked=int((~np.isnan(ranked)).sum()),
            inside=int(inside.sum()),
        )

    def holds(self, condition: Expression) -> bool:
        return condition.one({name: self.figure(name) for name in condition.names}) is True

    def figure(self, name: str) -> Any:
        whole = self.whole(name)
        return whole[self.row] if np.ndim(whole) else whole

    def whole(self, name: str) -> Any:
        if name not in self.known:
            self.known[name] = self.scorer[name]
        return self.known[name]

    def figures(self, expression: Expression) -> NDArray:
        """An expression over all customers."""
        found = expression.evaluate({name: self.whole(name) for name in expression.names})
        return np.broadcast_to(np.asarray(found, dtype=float), (self.scorer.length,))

    def met(self, expression: Expression) -> str:
        """The names of an expression with their figures, in alphabetical order."""
        return self.named(expression.names)

    def met_part(self, part: CompiledPart) -> str:
        names = set(getattr(part, "names", ()))
        for inner in ("times", "across", "down"):
            names |= set(getattr(getattr(part, inner, None), "names", ()))
        if hasattr(part, "per"):
            names.add(part.per)
        return self.named(names)

    def named(self, names: Iterable[str]) -> str:
        return ", ".join(f"{name} = {self.shown_by_type(name)}" for name in sorted(names))

    def shown_by_type(self, name: str) -> str:
        """A column of yes and no is one of 1 and 0 where it can be missing."""
        figure = self.figure(name)
        if self.pack.types.get(name) == "yes_no" and figure == figure and figure is not None:
            return self.shown(bool(figure))
        return self.shown(figure)

    def asked(
        self,
        section: str,
        key: str,
        rule: str,
        met: str,
        fits: bool,
        *,
        decides: bool = False,
        points: float | None = None,
    ) -> Step:
        answer = say("yes", self.language) if fits else say("no", self.language)
        return self.step(section, key, rule, met, answer, decides=decides, points=points)

    def step(
        self,
        section: str,
        key: str,
        rule: str,
        met: str,
        answer: str,
        *,
        name: str = "",
        decides: bool = False,
        points: float | None = None,
    ) -> Step:
        known = name or name_words(self.pack, section, key, self.language)
        return Step(section, key, known, rule, met, answer, decides, points)

    def shown(self, figure: Any) -> str:
        return figure_words(figure, self.language)
