"""Sections over tables of their own: credit over receivables, leads, and records that may be one customer.

Inside `leads` names are columns of that table, inside `matching` columns of `customers`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from tierbook.rulepack.scalars import Flag, Formula, Name, Number, Text, Whole, problem
from tierbook.rulepack.shape import MOST_FEATURES, MOST_LEVELS, Levels, Section, shape

HowAlike = Literal["exact", "name", "address"]


class Credit(Section):
    """Ageing and status of customers with receivables (systems.md D3)."""

    ageing_days: list[Whole] = Field(
        [0, 30, 60, 90],
        min_length=1,
        max_length=MOST_LEVELS,
        description="Last day past due of each bucket; the first is what is not due, after the last is one more. [days]",
        examples=[[0, 30, 60, 90]],
    )
    levels: Levels

    @model_validator(mode="after")
    def _buckets_rise(self) -> Credit:
        if any(b <= a for a, b in zip(self.ageing_days, self.ageing_days[1:], strict=False)):
            raise problem("The days of the buckets must rise.", "Write them like [0, 30, 60, 90].")
        return self


class LeadStep(Section):
    """One step that leads take."""

    name: Name = Field(description="The step, as the column `stage` of the leads has it.", examples=["quote"])
    done_when: Formula | None = Field(
        None, description="What completes it; by default the lead's next stage.", examples=["visits >= 1"]
    )
    within_days: Whole | None = Field(None, description="How long it may take. [days]", examples=[14])


class LeadTrack(Section):
    """A way that some leads go, step by step."""

    model_config = shape(oneOf=[{"required": ["when"]}, {"required": ["otherwise"]}])
    name: Name = Field(description="The track's name.", examples=["large"])
    when: Formula | None = Field(
        None, description="Which leads go this way.", examples=["expected_monthly_amount >= 10000"]
    )
    otherwise: Flag = Field(False, description="true on the last track: all other leads go this way.")
    steps: list[LeadStep] = Field(
        min_length=1, max_length=MOST_LEVELS, description="The steps, in their order."
    )

    @model_validator(mode="after")
    def _says_who(self) -> LeadTrack:
        if self.otherwise == (self.when is not None):
            raise problem("A track has a when or otherwise: true.")
        return self


class Leads(Section):
    """The tracks of leads (systems.md D4); the first that fits."""

    tracks: list[LeadTrack] = Field(
        min_length=1, max_length=MOST_LEVELS, description="The tracks; the first that fits."
    )


class CompareField(Section):
    """A field that is compared letter by letter."""

    weight: Number = Field(description="Its share of the score, beside the other fields.", examples=[40])
    how: HowAlike = Field(
        description="exact: equal or not. name: words in any order. address: parts may be left out.",
        examples=["name"],
    )

    @model_validator(mode="after")
    def _weighs(self) -> CompareField:
        if self.weight <= 0:
            raise problem("A weight is above 0.")
        return self


class Matching(Section):
    """How records of one kind are compared."""

    of: Formula = Field(description="Which records.", examples=["kind = 'company'"])
    same_if_equal: list[Name] = Field(
        [],
        max_length=MOST_FEATURES,
        description="Numbers that settle it: records with the same one are one customer.",
        examples=[["source_id", "tax_no"]],
    )
    compare: dict[Name, CompareField] = Field(
        min_length=1, max_length=MOST_FEATURES, description="The other fields, with their weights."
    )


class Merge(Section):
    """The scores from which two records are one customer, or for a person to decide."""

    start: Number = Field(
        90, alias="from", description="One customer from this score. [0-100]", examples=[90]
    )
    review_from: Number = Field(
        70, description="For a person to decide from this score. [0-100]", examples=[70]
    )

    @model_validator(mode="after")
    def _in_order(self) -> Merge:
        if not 0 < self.review_from <= self.start <= 100:
            raise problem(
                "Review starts at or below merging, both above 0 and up to 100.",
                "Write merge: {{from: 90, review_from: 70}}.",
            )
        return self


class BySource(Section):
    """The value of the first source in a list that has one."""

    source: list[Text] = Field(
        min_length=1,
        max_length=MOST_FEATURES,
        description="Sources, most trusted first.",
        examples=[["erp", "crm"]],
    )


def _kind_of_survivor(value: object) -> str:
    return "by_source" if isinstance(value, dict | BySource) else "word"


Survivor = Annotated[
    Annotated[Literal["newest", "most_complete"], Tag("word")] | Annotated[BySource, Tag("by_source")],
    Discriminator(_kind_of_survivor),
]
