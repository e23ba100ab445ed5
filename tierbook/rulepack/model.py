"""What a rule pack may hold: one model per section, the same that generate the schema editors use.

Every scalar arrives as text (see `source`), so the field types below say what a text must look like.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"[^\W\d]\w*")
LANGUAGES = ("en", "zh")
How = Literal["count", "sum", "mean", "median", "min", "max", "distinct", "share"]


def _problem(message: str, fix: str = "", **values: Any) -> PydanticCustomError:
    return PydanticCustomError("rule", "{template}", {"template": message, "fix": fix, **values})


def number(text: Any) -> float:
    """The number a text stands for; no `1_000`, `1:30`, `nan` or `inf`."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise _problem(
            "{value} is not a number here.", "Write digits with a decimal point.", value=_shown(text)
        )
    if not math.isfinite(found := float(text)):
        raise _problem("{value} is too large.", value=text)
    return found


def _whole(text: Any) -> int:
    found = number(text)
    if found != int(found):
        raise _problem("{value} is not a whole number.", value=text)
    return int(found)


def _flag(text: Any) -> bool:
    if text not in ("true", "false"):
        raise _problem("{value} is neither true nor false.", "Write true or false.", value=_shown(text))
    return text == "true"


def _name(text: Any) -> str:
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise _problem(
            "{value} is not a name.",
            "Use letters, digits and underscores, a letter first.",
            value=_shown(text),
        )
    return text


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise _problem("{value} is not a date.", "Write it as 2026-10-31.", value=_shown(text)) from None


def _formula(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise _problem(
            "An expression is missing here.", "If it holds # or : or starts with > * & ! %, put it in quotes."
        )
    return text


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


Number = Annotated[float, BeforeValidator(number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Name = Annotated[str, BeforeValidator(_name)]
Date = Annotated[date, BeforeValidator(_date)]
Formula = Annotated[
    str, BeforeValidator(_formula), Field(description="An expression over features, in the rule language.")
]
Constant = Annotated[
    str, BeforeValidator(_formula), Field(description="A number, or an expression over thresholds.")
]


class Section(BaseModel):
    """Unknown keys are mistakes, and a pack never changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Threshold(Section):
    """A number a manager may move."""

    value: Number = Field(alias="is", description="The number.")
    unit: str = Field(description="What it counts: days, share, currency ...")
    because: str = Field("", description="Why this number.")


class Measure(Section):
    """One figure per customer over the rows of an input table."""

    count: str | None = None
    sum: str | None = None
    mean: str | None = None
    median: str | None = None
    min: str | None = None
    max: str | None = None
    distinct: str | None = None
    share: str | None = None
    where: Formula | None = None
    days: tuple[Whole, Whole] | None = Field(
        None, description="Days before as_of, both included; 0 is as_of."
    )
    customer: Name | None = Field(
        None, description="The column that names the customer, when it is not customer_id."
    )

    @model_validator(mode="after")
    def _one_figure(self) -> Measure:
        if len(self.figures) != 1:
            raise _problem("A measure is one of count, sum, mean, median, min, max, distinct, share.")
        if self.days and self.days[0] > self.days[1]:
            raise _problem(
                "The days run from {first} to {last}.",
                "Write the smaller number first.",
                first=self.days[0],
                last=self.days[1],
            )
        return self

    @property
    def figures(self) -> dict[How, str]:
        return {how: source for how in get_args(How) if (source := getattr(self, how)) is not None}


class Lookup(Section):
    """A number per value of a text column: `{per: settlement, gives: {...}, otherwise: 0, times: total_spend}`."""

    per: Name
    gives: dict[str, Constant]
    otherwise: Constant | None = None
    times: Formula | None = None


class Bands(Section):
    """A scale cut into bands, each starting at its `from`."""

    by: Formula
    starts: list[Constant] = Field(alias="from", min_length=1)


class TwoWay(Section):
    """A table of numbers by two scales."""

    across: Bands
    down: Bands
    gives: list[list[Constant]]

    @model_validator(mode="after")
    def _fits(self) -> TwoWay:
        rows, columns = len(self.down.starts), len(self.across.starts)
        if len(self.gives) != rows or any(len(row) != columns for row in self.gives):
            raise _problem(
                "The table needs {rows} rows of {columns} numbers, one per band.", rows=rows, columns=columns
            )
        return self


def _kind_of_part(value: Any) -> str:
    if isinstance(value, dict):
        return "two_way" if "across" in value or "down" in value else "lookup"
    return "formula"


def _kind_of_feature(value: Any) -> str:
    return "measure" if isinstance(value, dict) else "formula"


Part = Annotated[
    Annotated[Formula, Tag("formula")] | Annotated[Lookup, Tag("lookup")] | Annotated[TwoWay, Tag("two_way")],
    Discriminator(_kind_of_part),
]
Feature = Annotated[
    Annotated[Formula, Tag("formula")] | Annotated[Measure, Tag("measure")], Discriminator(_kind_of_feature)
]


class Level(Section):
    """One level of a list in which the first that fits wins; every condition given must hold."""

    name: Name | None = None
    name_from: Name | None = Field(None, description="The text column that names the level.")
    top: Constant | None = Field(None, description="Cumulative share of customers, counted from the first.")
    top_of_value: Constant | None = Field(None, description="Cumulative share of the value ranked by.")
    start: Constant | None = Field(None, alias="from", description="Lowest value of the level.")
    when: Formula | None = None
    otherwise: Flag = False
    action: Name | None = None
    because: str = ""

    @model_validator(mode="after")
    def _has_name_and_condition(self) -> Level:
        if (self.name is None) == (self.name_from is None):
            raise _problem("A level has either a name or a name_from.")
        conditions = (self.top, self.top_of_value, self.start, self.when)
        if self.otherwise == any(condition is not None for condition in conditions):
            raise _problem("A level has conditions (top, top_of_value, from, when) or otherwise: true.")
        return self


Levels = Annotated[list[Level], Field(min_length=1)]


class Tiers(Section):
    """Ordered levels of customers, best first, ranked by one figure."""

    rank_by: Formula
    levels: Levels


class Position(Section):
    """A flag; a customer may carry several."""

    name: Name
    when: Formula
    because: str = ""


class Signal(Section):
    """One sign that a customer may leave."""

    name: Name
    points: Number
    when: Formula
    reason: Name | None = Field(
        None, description="The entry of words that says it; by default the signal's name."
    )
    because: str = ""


class Churn(Section):
    """Signals add up to a score from 0 to 100, and the score to a level."""

    signals: list[Signal] = Field(min_length=1)
    levels: Levels
    lost_when: str = Field("no purchase in 90 days", pattern=r"^no purchase in \d+ days$")
    count_as_flagged: Name | None = Field(None, description="This level and above are flagged.")


class ScorePart(Section):
    """Up to `points` for a figure, all of them at `full_at`."""

    points: Number
    by: Formula
    full_at: Constant = "1"


class Score(BaseModel):
    """A 0-100 score: named parts beside `levels`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, ScorePart]
    levels: Levels | None = None

    @property
    def parts(self) -> dict[str, ScorePart]:
        return self.__pydantic_extra__ or {}


class Rfm(Section):
    """Names for combinations of the r, f and m scores."""

    segments: Levels


class Points(Section):
    """How composite value becomes loyalty points (systems.md A, Points)."""

    basis: Literal["month", "cumulative"] = "month"
    of: Formula | None = Field(None, description="Who earns points.")
    expire_after_months: Whole = 24


class Goal(Section):
    en: str
    zh: str


class Words(Section):
    """What users read for a name; `{feature:0%}` is filled with the customer's figure in that Excel format."""

    en: str
    zh: str
    goal: Goal | None = None


class PackModel(Section):
    """The whole file."""

    pack: Name
    version: str = Field(description="Always quoted.")
    owner: str = ""
    window_days: Whole = 90
    as_of: Date | None = None
    columns: dict[Name, Literal["text", "number", "date", "yes_no"]] = {}
    meaning: dict[Name, str] = {}
    thresholds: dict[Name, Threshold] = {}
    features: dict[Name, Feature] = {}
    value: dict[Name, Part] = {}
    profiles: dict[Name, dict[Name, Part]] = {}
    tiers: Tiers | None = None
    positions: list[Position] = []
    stages: list[Level] = []
    ladder: list[Level] = []
    classes: dict[Name, Levels] = {}
    scores: dict[Name, Score] = {}
    churn: Churn | None = None
    rfm: Rfm | None = None
    points: Points | None = None
    words: dict[Name, Words] = {}

    @model_validator(mode="after")
    def _value_has_a_base(self) -> PackModel:
        if self.value and "base" not in self.value:
            raise _problem(
                "value has no base.",
                "Name the part that every customer must have, such as base: total_spend.",
            )
        if self.window_days < 1:
            raise _problem("window_days is at least 1.")
        return self
