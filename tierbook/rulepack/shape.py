"""What all sections of a rule pack share: unknown keys are mistakes, and one shape of levels."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tierbook.rulepack.scalars import Constant, Flag, Formula, Name, Text, problem

# No pack comes near these; they keep a mistake or malice from costing seconds. Flags of a customer are one 64-bit number.
MOST_LEVELS, MOST_FLAGS, MOST_GROUPS, MOST_FEATURES, MOST_WORDS = 60, 62, 30, 400, 4000
BECAUSE = "Why it is so; printed where the rules are shown."
_LEVEL_CONDITIONS = ("top", "top_of_value", "from", "when")


def shape(**schema: Any) -> ConfigDict:
    """Settings of a section, with what its schema says beyond its keys."""
    return ConfigDict(extra="forbid", frozen=True, populate_by_name=True, json_schema_extra=schema)


class Section(BaseModel):
    """Unknown keys are mistakes, and a pack never changes after it was read."""

    model_config = shape()


class Level(Section):
    """One level of a list in which the first that fits wins; every condition given must hold."""

    model_config = shape(
        allOf=[
            {"oneOf": [{"required": ["name"]}, {"required": ["name_from"]}]},
            {
                "oneOf": [
                    {"anyOf": [{"required": [key]} for key in _LEVEL_CONDITIONS]},
                    {"required": ["otherwise"], "properties": {"otherwise": {"enum": [True, "true"]}}},
                ]
            },
        ]
    )
    name: Name | None = Field(
        None, description="The level's name, as rules know it; words say what people read.", examples=["vip"]
    )
    name_from: Name | None = Field(
        None, description="The text column that names the level.", examples=["top_category"]
    )
    top: Constant | None = Field(
        None, description="Cumulative share of customers, counted from the first.", examples=[0.2]
    )
    top_of_value: Constant | None = Field(
        None, description="Cumulative share of the value ranked by.", examples=[0.8]
    )
    start: Constant | None = Field(
        None, alias="from", description="Lowest value of the level.", examples=[60]
    )
    when: Formula | None = Field(
        None, description="What must hold for the customer.", examples=["days_since_last >= departed_days"]
    )
    otherwise: Flag = Field(False, description="true on the last level: it takes everyone left.")
    action: Name | None = Field(
        None, description="What to do with customers of this level.", examples=["win_back"]
    )
    because: Text = Field("", description=BECAUSE)

    @model_validator(mode="after")
    def _has_name_and_condition(self) -> Level:
        if (self.name is None) == (self.name_from is None):
            raise problem("A level has either a name or a name_from.")
        conditions = (self.top, self.top_of_value, self.start, self.when)
        if self.otherwise == any(condition is not None for condition in conditions):
            raise problem("A level has conditions (top, top_of_value, from, when) or otherwise: true.")
        return self


Levels = Annotated[
    list[Level],
    Field(min_length=1, max_length=MOST_LEVELS, description="Levels, best first; the first that fits."),
]
