"""Sections over readings, registers, surveys and requests: what is due, and when something is out of order (systems.md G, H).

Inside `registers` and `service` names are columns of `registers` and `interactions`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tierbook.rulepack.scalars import Constant, Flag, Formula, Name, Text, problem
from tierbook.rulepack.shape import MOST_LEVELS, Section, shape

MOST_SETS, MOST_ITEMS = 12, 5


class Readings(Section):
    """When readings of meters raise an alert, and who reports volumes every ten days (systems.md G)."""

    load_over: Constant = Field(
        description="Share of the capacity above which a load is an alert.", examples=[0.9, "load_limit"]
    )
    phases_apart: Constant = Field(
        description="Most that three phases may be apart: (highest - lowest) / highest.", examples=[0.15]
    )
    silent_days: Constant = Field(
        description="So many days without a reading of the load are an alert. [days]", examples=[3]
    )
    metered: Name = Field(
        description="The yes/no feature that says whose load is read.", examples=["has_meter"]
    )
    ten_days: Name | None = Field(
        None, description="The yes/no feature that says who reports every ten days.", examples=["reports"]
    )


class Registers(Section):
    """When an item of a register is done."""

    closed_when: Formula = Field(
        description="What closes an item.", examples=["closed is not null or state = '已整改'"]
    )


class Survey(Section):
    """Surveys: the items of each set, and who is satisfied (systems.md H)."""

    satisfied_from: Constant = Field(
        description="Satisfaction from which a person counts as satisfied. [0-100]", examples=[75]
    )
    sets: dict[Name, Annotated[list[Text], Field(min_length=1, max_length=MOST_ITEMS)]] = Field(
        {},
        max_length=MOST_SETS,
        description="Sets of items, where the surveys themselves do not name the set.",
        examples=[{"reception": ["Waiting time", "Friendliness"]}],
    )


class ServiceTerm(Section):
    """How long some requests may take."""

    model_config = shape(oneOf=[{"required": ["when"]}, {"required": ["otherwise"]}])
    name: Name = Field(description="The term's name.", examples=["urgent"])
    when: Formula | None = Field(None, description="Which requests it is for.", examples=["severity >= 3"])
    otherwise: Flag = Field(False, description="true on the last term: all other requests.")
    within_days: Constant = Field(
        description="Calendar days from the day it came to the last day it may be closed. [days]",
        examples=[2, "urgent_days"],
    )

    @model_validator(mode="after")
    def _says_which(self) -> ServiceTerm:
        if self.otherwise == (self.when is not None):
            raise problem("A term has a when or otherwise: true.")
        return self


class Service(Section):
    """Which interactions have to be closed in time; the first term that fits (systems.md H)."""

    of: Formula = Field(
        description="Which interactions are requests.", examples=["type in ('complaint', 'claim')"]
    )
    terms: list[ServiceTerm] = Field(
        min_length=1, max_length=MOST_LEVELS, description="The terms; the first that fits."
    )
