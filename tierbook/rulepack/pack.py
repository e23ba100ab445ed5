"""A rule pack ready to use: every expression parsed and typed once, every name resolved.

`compiler.py` makes one from the models of a file; `scorer.py` applies it to customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from tierbook.errors import RuleError
from tierbook.holidays import Holiday
from tierbook.language import label
from tierbook.quality import Problem
from tierbook.rulepack import model
from tierbook.rulepack.expression import Expression, Type
from tierbook.rulepack.own_tables import HowAlike, Merge


@dataclass(frozen=True)
class CompiledLevel:
    """One level with its conditions; constants are numbers once a profile has fixed the thresholds."""

    name: str | None
    name_from: str | None
    top: Expression | None
    top_of_value: Expression | None
    start: Expression | None
    when: Expression | None
    otherwise: bool
    action: str | None
    because: str


@dataclass(frozen=True)
class CompiledLookup:
    """A part of the value that a text decides: what each word gives, what any other does, times what."""

    per: str
    gives: dict[str, Expression]
    otherwise: Expression | None
    times: Expression | None


@dataclass(frozen=True)
class CompiledTwoWay:
    """A part of the value that two figures decide: the starts of their bands, and what each pair of bands gives."""

    across: Expression
    down: Expression
    across_starts: tuple[Expression, ...]
    down_starts: tuple[Expression, ...]
    gives: tuple[tuple[Expression, ...], ...]


CompiledPart = Expression | CompiledLookup | CompiledTwoWay


@dataclass(frozen=True)
class CompiledMeasure:
    """A figure over an input table; `column` is "" for a count of rows."""

    name: str
    how: model.How
    table: str
    column: str
    where: Expression | None
    days: tuple[int, int] | None
    customer: str


@dataclass(frozen=True)
class CompiledTiers:
    """Levels of a figure customers are ranked by."""

    rank_by: Expression
    levels: tuple[CompiledLevel, ...]


@dataclass(frozen=True)
class CompiledFlag:
    """A position, a target list, or a churn signal with its points and the entry of words that says it."""

    name: str
    when: Expression
    points: float = 0
    reason: str = ""
    because: str = ""


@dataclass(frozen=True)
class CompiledChurn:
    """Signals and the levels of their points; `flagged` are the levels that count as at risk."""

    signals: tuple[CompiledFlag, ...]
    levels: tuple[CompiledLevel, ...]
    lost_after_days: int
    flagged: frozenset[str]
    contact_cost: Expression | None = None
    gain_of_keeping: Expression | None = None


@dataclass(frozen=True)
class CompiledWinback:
    """Who is lost, what to do about them, and the most that may be spent on each. [currency]"""

    of: Expression
    levels: tuple[CompiledLevel, ...]
    spend_at_most: Expression


@dataclass(frozen=True)
class CompiledPoints:
    """How value becomes points; `of` is None where everyone earns, `by` where the composite value is what is earned by."""

    basis: Literal["month", "cumulative"]
    of: Expression | None
    expire_after_months: int
    spread_over_year: tuple[str, ...]
    by: Expression | None = None


@dataclass(frozen=True)
class CompiledKeyAccounts:
    """Who makes its group a key account, and how long after the last visit a review is due."""

    of: Expression
    review_after_days: int
    because: str = ""


@dataclass(frozen=True)
class CompiledCredit:
    """Status of customers with receivables; `ageing_days` are the last days past due of the buckets."""

    ageing_days: tuple[int, ...]
    levels: tuple[CompiledLevel, ...]


@dataclass(frozen=True)
class CompiledStep:
    """One step of leads; `done_when` is None where only the next stage completes it."""

    name: str
    done_when: Expression | None
    within_days: int | None


@dataclass(frozen=True)
class CompiledTrack:
    """A way of leads; `when` is None on the one all others go."""

    name: str
    when: Expression | None
    steps: tuple[CompiledStep, ...]


@dataclass(frozen=True)
class CompiledMatching:
    """How records of one kind are compared; `compare` is field -> (weight, how)."""

    of: Expression
    same_if_equal: tuple[str, ...]
    compare: Mapping[str, tuple[float, HowAlike]]


@dataclass(frozen=True)
class CompiledReadings:
    """When readings raise an alert; `metered` and `ten_days` are yes/no features."""

    load_over: Expression
    phases_apart: Expression
    silent_days: Expression
    metered: str
    ten_days: str | None


@dataclass(frozen=True)
class CompiledSurvey:
    """The items of each set, and from where a person is satisfied."""

    satisfied_from: Expression
    sets: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class CompiledTerm:
    """How long some requests may take; `when` is None on the term of all others."""

    name: str
    when: Expression | None
    within_days: Expression


@dataclass(frozen=True)
class CompiledService:
    """Which interactions have to be closed in time."""

    of: Expression
    terms: tuple[CompiledTerm, ...]


@dataclass(frozen=True)
class CompiledScorePart:
    """What a part of a score is reached by, and where it gives all its points."""

    points: float
    by: Expression
    full_at: Expression


@dataclass(frozen=True)
class CompiledScore:
    """A score from 0 to 100 by its parts, and its levels."""

    parts: dict[str, CompiledScorePart]
    levels: tuple[CompiledLevel, ...]


@dataclass(frozen=True)
class Profile:
    """Parts of the value and thresholds as one profile has them."""

    parts: dict[str, CompiledPart]
    thresholds: dict[str, float]
    numbers: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def constant(self, expression: Expression) -> float:
        """The number an expression over thresholds stands for, worked out once."""
        if expression.text not in self.numbers:
            self.numbers[expression.text] = float(expression.evaluate(self.thresholds))
        return self.numbers[expression.text]


@dataclass(frozen=True)
class Pack:
    """A rule pack: what a file says, compiled; equal content has an equal `hash`."""

    name: str
    version: str
    owner: str
    hash: str
    file: str
    window_days: int
    as_of: date | None
    meaning: Mapping[str, str]
    columns: Mapping[str, Type]
    thresholds: Mapping[str, model.Threshold]
    features: Mapping[str, Expression]
    measures: tuple[CompiledMeasure, ...]
    parts: Mapping[str, CompiledPart]
    profiles: Mapping[str, Profile]
    tiers: CompiledTiers | None
    positions: tuple[CompiledFlag, ...]
    stages: tuple[CompiledLevel, ...]
    ladder: tuple[CompiledLevel, ...]
    relation: tuple[CompiledLevel, ...]
    classes: Mapping[str, tuple[CompiledLevel, ...]]
    scores: Mapping[str, CompiledScore]
    churn: CompiledChurn | None
    rfm_segments: tuple[CompiledLevel, ...]
    early_warning: tuple[CompiledLevel, ...]
    winback: CompiledWinback | None
    groups: CompiledTiers | None
    points: CompiledPoints | None
    target_lists: tuple[CompiledFlag, ...]
    key_accounts: CompiledKeyAccounts | None
    credit: CompiledCredit | None
    tracks: tuple[CompiledTrack, ...]
    matching: tuple[CompiledMatching, ...]
    merge: Merge
    survivor: Mapping[str, str | tuple[str, ...]]
    readings: CompiledReadings | None
    closed_when: Expression | None
    survey: CompiledSurvey | None
    service: CompiledService | None
    days_ahead: int
    holidays: tuple[Holiday, ...]
    words: Mapping[str, model.Words]
    types: Mapping[str, Type] = field(repr=False)
    expressions: int = 0
    warnings: tuple[Problem, ...] = ()
    masked: tuple[str, ...] = ()
    breakdown: tuple[str, ...] = ()

    @property
    def value_parts(self) -> list[str]:
        """The parts of the value in the pack's order, `base` among them."""
        return list(self.parts)

    def false_alarm_amounts(self, profile: str = "default") -> tuple[float, float] | None:
        """Cost of contacting a customer and gain of keeping one, where the section churn has them. [currency]"""
        churn = self.churn
        if churn is None or churn.contact_cost is None or churn.gain_of_keeping is None:
            return None
        constant = self.profile(profile).constant
        return constant(churn.contact_cost), constant(churn.gain_of_keeping)

    @property
    def stamp(self) -> str:
        """Which rules made a row: name, version and the start of the hash."""
        return f"{self.name} {self.version} ({self.hash[:8]})"

    @property
    def level_actions(self) -> dict[str, dict[str, str]]:
        """What levels besides the stages ask to be done: result column -> level -> action, in the order of urgency."""
        sections = {
            "relation": self.relation,
            "credit": self.credit.levels if self.credit else (),
            **{f"class.{group}": levels for group, levels in self.classes.items()},
            **{f"score.{name}.level": score.levels for name, score in self.scores.items()},
            "early_warning": self.early_warning,
            "churn_level": self.churn.levels if self.churn else (),
            "retention_group": self.groups.levels if self.groups else (),
            "tier": self.tiers.levels if self.tiers else (),
            "ladder": self.ladder,
            "rfm_segment": self.rfm_segments,
        }
        found = {
            column: {level.name: level.action for level in levels if level.name and level.action}
            for column, levels in sections.items()
        }
        return {column: actions for column, actions in found.items() if actions}

    def profile(self, name: str) -> Profile:
        """The coefficients of that name.

        Raises
        ------
        RuleError
            There are none; names those there are.
        """
        if name not in self.profiles:
            raise RuleError(
                "{pack} has no profile called {profile}.",
                fix="Its profiles are {known}.",
                pack=self.name,
                profile=name,
                known=", ".join(self.profiles),
            )
        return self.profiles[name]

    def no_section(self, name: str) -> RuleError:
        """What is said where a section is needed that the pack does not have."""
        return RuleError(
            "{pack} has no section called {section}.",
            fix="Add it, or use another pack.",
            pack=self.name,
            section=name,
        )

    def word(self, name: str, language: str = "en") -> str:
        """What a reader sees for a name of the pack."""
        words = self.words.get(name)
        return getattr(words, language) if words else label(name, language)
