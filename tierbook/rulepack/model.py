"""What a rule pack may hold: one model per section, the same that generate the schema editors use.

Every scalar arrives as text (see `source`); `scalars` says what such a text must look like.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from tierbook.rulepack.agenda import Actions
from tierbook.rulepack.care import Readings, Registers, Service, Survey
from tierbook.rulepack.own_tables import Credit, Leads, Matching, Merge, Survivor
from tierbook.rulepack.scalars import Constant, Date, Formula, Name, Number, Text, Whole, problem
from tierbook.rulepack.shape import (
    BECAUSE,
    MOST_FEATURES,
    MOST_FLAGS,
    MOST_GROUPS,
    MOST_LEVELS,
    MOST_WORDS,
    Level,
    Levels,
    Section,
    shape,
)
from tierbook.rulepack.whom import KeyAccounts, TargetList

LANGUAGES = ("en", "zh")
How = Literal["count", "sum", "mean", "median", "min", "max", "distinct", "share"]


class Threshold(Section):
    """A number a manager may move, used by its name further down."""

    value: Number = Field(alias="is", description="The number.", examples=[180, 0.2])
    unit: Text = Field(description="What it counts.", examples=["days", "share of customers", "currency"])
    because: Text = Field("", description=BECAUSE, examples=["98 % of guests return within 180 days"])


class Measure(Section):
    """One figure per customer over the rows of an input table: exactly one of count, sum, mean and so on."""

    model_config = shape(oneOf=[{"required": [how]} for how in get_args(How)])
    count: Text | None = Field(None, description="How many rows of a table.", examples=["transactions"])
    sum: Text | None = Field(
        None, description="The sum of a column of numbers.", examples=["transactions.amount"]
    )
    mean: Text | None = Field(None, description="The mean of a column.", examples=["surveys.rating"])
    median: Text | None = Field(
        None, description="The median of a column.", examples=["transactions.holding_days"]
    )
    min: Text | None = Field(
        None, description="The least number of a column.", examples=["transactions.amount"]
    )
    max: Text | None = Field(
        None, description="The greatest number of a column.", examples=["interactions.severity"]
    )
    distinct: Text | None = Field(
        None, description="How many different values a column has.", examples=["transactions.channel"]
    )
    share: Text | None = Field(
        None,
        description="The share of a column's sum that lies in the rows of `where`.",
        examples=["transactions.amount"],
    )
    where: Formula | None = Field(
        None,
        description="Which rows count: a condition over columns of the table.",
        examples=["category = 'room'"],
    )
    days: tuple[Whole, Whole] | None = Field(
        None, description="Days before as_of, both included; 0 is as_of.", examples=[[0, 89]]
    )
    customer: Name | None = Field(
        None,
        description="The column that names the customer, when it is not customer_id.",
        examples=["referrer_id"],
    )

    @model_validator(mode="after")
    def _one_figure(self) -> Measure:
        if len(self.figures) != 1:
            raise problem("A measure is one of count, sum, mean, median, min, max, distinct, share.")
        if self.days and self.days[0] > self.days[1]:
            raise problem(
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
    """A number per value of a text column, times a figure."""

    per: Name = Field(description="The text column looked at.", examples=["settlement"])
    gives: dict[Text, Constant] = Field(
        max_length=MOST_FEATURES,
        description="The number for each text.",
        examples=[{"cash": 0.05, "prepaid": 0.1}],
    )
    otherwise: Constant | None = Field(
        None, description="The number for every other text, and for none.", examples=[0]
    )
    times: Formula | None = Field(
        None, description="What the number is multiplied by.", examples=["total_spend"]
    )


class Bands(Section):
    """A scale cut into bands, each starting at its `from`."""

    by: Formula = Field(description="The figure that picks the band.", examples=["wallet_share"])
    starts: list[Constant] = Field(
        alias="from",
        min_length=1,
        max_length=MOST_LEVELS,
        description="Where each band starts.",
        examples=[[0, 0.2, 0.5]],
    )


class TwoWay(Section):
    """A table of numbers by two scales: a row of `gives` per band of `down`, a column per band of `across`."""

    across: Bands = Field(description="The bands of the columns.")
    down: Bands = Field(description="The bands of the rows.")
    gives: list[list[Constant]] = Field(
        description="One row of numbers per band of `down`.", examples=[[[5000, 2500], [0, 0]]]
    )

    @model_validator(mode="after")
    def _fits(self) -> TwoWay:
        rows, columns = len(self.down.starts), len(self.across.starts)
        if len(self.gives) != rows or any(len(row) != columns for row in self.gives):
            raise problem(
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


class Tiers(Section):
    """Ordered levels of customers, best first, ranked by one figure."""

    rank_by: Formula = Field(
        description="The figure `top`, `top_of_value` and `from` speak of.", examples=["value"]
    )
    levels: Levels


class Groups(Tiers):
    """Retention groups by worth and risk (systems.md J); their conditions may ask for churn_level."""


class Position(Section):
    """A flag; a customer may carry several."""

    name: Name = Field(description="The flag's name.", examples=["key_account"])
    when: Formula = Field(description="Who carries it.", examples=["orders <= 2"])
    because: Text = Field("", description=BECAUSE)


class Signal(Section):
    """One sign that a customer may leave."""

    name: Name = Field(description="The signal's name.", examples=["spend_drop"])
    points: Number = Field(description="Points when it fires; 100 are the most together.", examples=[40])
    when: Formula = Field(description="When it fires.", examples=["spend_change < falling"])
    reason: Name | None = Field(
        None, description="The entry of words that says it; by default the signal's name."
    )
    because: Text = Field("", description=BECAUSE)


class Churn(Section):
    """Signals add up to a score from 0 to 100, and the score to a level."""

    signals: list[Signal] = Field(
        min_length=1, max_length=MOST_FLAGS, description="The signs; every one that fires counts."
    )
    levels: Levels
    lost_when: str = Field(
        "no purchase in 90 days",
        pattern=r"^no purchase in \d+ days$",
        description="What counts as lost when the past is looked at.",
        examples=["no purchase in 90 days"],
    )
    count_as_flagged: Name | None = Field(
        None, description="This level and above are flagged.", examples=["warning"]
    )
    contact_cost: Constant | None = Field(
        None,
        description="What it costs to contact a flagged customer; lost on one who would have stayed. [currency]",
        examples=["contact_cost", 40],
    )
    gain_of_keeping: Constant | None = Field(
        None,
        description="What contacting a customer who would have left brings on average. [currency]",
        examples=["gain_of_keeping", 600],
    )

    @model_validator(mode="after")
    def _cost_beside_gain(self) -> Churn:
        if (self.contact_cost is None) != (self.gain_of_keeping is None):
            raise problem("A false alarm needs both contact_cost and gain_of_keeping.")
        return self


class ScorePart(Section):
    """Up to `points` for a figure, all of them at `full_at`."""

    points: Number = Field(description="The most this part gives; all parts add up to 100.", examples=[25])
    by: Formula = Field(description="The figure.", examples=["tenure_months"])
    full_at: Constant = Field("1", description="Where the figure earns all points.", examples=[60])


class Score(BaseModel):
    """A 0-100 score: named parts beside `levels`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, ScorePart]
    levels: Levels | None = None

    @model_validator(mode="after")
    def _few_parts(self) -> Score:
        if len(self.parts) > MOST_LEVELS:
            raise problem(
                "There are {count} entries here; {most} are the most.",
                count=len(self.parts),
                most=MOST_LEVELS,
            )
        return self

    @property
    def parts(self) -> dict[str, ScorePart]:
        return self.__pydantic_extra__ or {}


class Rfm(Section):
    """Names for combinations of the r, f and m scores, 1 to 5, 5 the best."""

    segments: Levels


class Winback(Section):
    """Which lost customers are worth winning back, and what that may cost (systems.md C)."""

    of: Formula = Field(
        description="Who is lost, so that a decision is due.", examples=["days_since_last >= lost_days"]
    )
    levels: Levels
    spend_at_most: Formula = Field(
        description="The most to spend on one of them; the last level, who are let go, get 0. [currency]",
        examples=["winback_months * net_value / active_span * winback_rate"],
    )


class Points(Section):
    """How composite value becomes loyalty points (systems.md A, Points)."""

    basis: Literal["month", "cumulative"] = Field(
        "month", description="Points of each month, or of all so far."
    )
    by: Formula | None = Field(
        None,
        description="What points are earned by: a figure of the month's purchases; by default the composite value.",
        examples=["0.01 * total_spend"],
    )
    of: Formula | None = Field(None, description="Who earns points.", examples=["is_member"])
    expire_after_months: Whole = Field(24, description="How long points last. [months]", examples=[24])
    spread_over_year: list[Name] = Field(
        [],
        description="Parts of the value that stand for a whole year, so that a month earns 1/12 of them.",
        examples=[["potential", "brand"]],
    )


class Report(Section):
    """How the report of this pack is drawn."""

    mask: list[Name] = Field(
        [],
        max_length=MOST_FEATURES,
        description="Columns of the customers that masked copies of the report hide.",
        examples=[["name", "mobile"]],
    )
    breakdown: list[Text] = Field(
        [],
        max_length=MOST_GROUPS,
        description="Columns of the customers the page Breakdown tells apart, before the usual ones; the first two also one inside the other.",
        examples=[["switching_cost", "class.segment"]],
    )

    @model_validator(mode="after")
    def _customers_stay_known(self) -> Report:
        if "customer_id" in self.mask:
            raise problem(
                "customer_id cannot be hidden.", "It is the one thing that names a customer in a masked copy."
            )
        return self


class Goal(Section):
    """What is wanted of customers on this level, in both languages."""

    en: Text = Field(description="In English.")
    zh: Text = Field(description="In Chinese.")


class Words(Section):
    """What users read for a name; `{feature:0%}` is filled with the customer's figure in that Excel format."""

    en: Text = Field(description="In English.", examples=["spend changed by {spend_change:0%}"])
    zh: Text = Field(description="In Chinese.", examples=["消费变化 {spend_change:0%}"])
    goal: Goal | None = None


class PackModel(Section):
    """A rule pack: everything a manager may want to change, read from top to bottom."""

    pack: Name = Field(description="The pack's name, as its file is called.", examples=["hospitality"])
    version: str = Field(
        description="Always quoted; raise it with every change that moves a number.", examples=["2026.11.1"]
    )
    owner: Text = Field("", description="Who answers questions about it.", examples=["Customer team"])
    window_days: Whole = Field(
        90, description="Length of the recent window, and of the one before. [days]", examples=[90]
    )
    as_of: Date | None = Field(
        None, description="The day to speak for; by default the latest purchase.", examples=["2026-10-31"]
    )
    columns: dict[Name, Literal["text", "number", "date", "yes_no"]] = Field(
        {},
        max_length=MOST_FEATURES,
        description="Input columns Tierbook does not know, with their type.",
        examples=[{"adviser": "text"}],
    )
    meaning: dict[Name, Text] = Field(
        {},
        max_length=MOST_FEATURES,
        description="What a column holds here.",
        examples=[{"amount": "commission"}],
    )
    thresholds: dict[Name, Threshold] = Field(
        {}, max_length=MOST_FEATURES, description="Every number a manager may move."
    )
    features: dict[Name, Feature] = Field(
        {},
        max_length=MOST_FEATURES,
        description="One value per customer, in order; each may use those above.",
    )
    value: dict[Name, Part] = Field(
        {},
        max_length=MOST_LEVELS,
        description="Composite value: base and named parts, added up. A missing part counts 0.",
    )
    profiles: dict[Name, dict[Name, Part]] = Field(
        {},
        max_length=MOST_GROUPS,
        description="Other parts and thresholds for other times; chosen with --profile.",
    )
    tiers: Tiers | None = None
    positions: list[Position] = Field([], max_length=MOST_FLAGS, description="Flags; every one that fits.")
    stages: list[Level] = Field(
        [], max_length=MOST_LEVELS, description="Lifecycle stages; the first that fits."
    )
    ladder: list[Level] = Field(
        [], max_length=MOST_LEVELS, description="Rungs of the customer ladder; the highest that fits."
    )
    relation: list[Level] = Field(
        [], max_length=MOST_LEVELS, description="Levels of the relationship; the first that fits."
    )
    classes: dict[Name, Levels] = Field(
        {}, max_length=MOST_GROUPS, description="Groups of classes; each group gives one column."
    )
    scores: dict[Name, Score] = Field(
        {}, max_length=MOST_GROUPS, description="Scores from 0 to 100, each a sum of capped parts."
    )
    churn: Churn | None = None
    rfm: Rfm | None = None
    early_warning: list[Level] = Field(
        [], max_length=MOST_LEVELS, description="Levels of a falling RFM score; the first that fits."
    )
    winback: Winback | None = None
    groups: Groups | None = None
    points: Points | None = None
    target_lists: list[TargetList] = Field(
        [], max_length=MOST_FLAGS, description="Whom campaigns may address; every list that fits."
    )
    key_accounts: KeyAccounts | None = None
    credit: Credit | None = None
    leads: Leads | None = None
    matching: list[Matching] = Field(
        [],
        max_length=MOST_GROUPS,
        description="How records of one customer are found, for each kind of record; the first whose `of` holds.",
    )
    merge: Merge = Field(default_factory=lambda: Merge.model_validate({}))
    survivor: dict[Name, Survivor] = Field(
        {},
        max_length=MOST_FEATURES,
        description="Which value of a field the joined record keeps; `default` for the fields not named.",
        examples=[{"default": "newest", "name": "most_complete"}],
    )
    readings: Readings | None = None
    registers: Registers | None = None
    survey: Survey | None = None
    service: Service | None = None
    actions: Actions | None = None
    report: Report | None = None
    words: dict[Name, Words] = Field(
        {}, max_length=MOST_WORDS, description="What users read, one line a name."
    )

    @model_validator(mode="after")
    def _value_has_a_base(self) -> PackModel:
        if self.value and "base" not in self.value:
            raise problem(
                "value has no base.",
                "Name the part that every customer must have, such as base: total_spend.",
            )
        if self.window_days < 1:
            raise problem("window_days is at least 1.")
        return self
