"""The section actions: how far ahead care is announced, and the days on which everybody is greeted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tierbook.holidays import DAYS_AHEAD, holiday_of
from tierbook.rulepack.scalars import Name, Text, Whole, problem
from tierbook.rulepack.shape import MOST_FLAGS, Section


class HolidayRule(Section):
    """A day on which every customer who may be contacted is greeted."""

    name: Name = Field(description="The holiday's name; words say what people read.", examples=["new_year"])
    on: Annotated[list[Text], Field(min_length=1, max_length=MOST_FLAGS)] = Field(
        description="Its days: month and day of every year, or whole dates where it moves.",
        examples=[["01-01"], ["2027-02-06", "2028-01-26"]],
    )

    @model_validator(mode="after")
    def _are_days(self) -> HolidayRule:
        try:
            holiday_of(self.name, self.on)
        except ValueError as error:
            raise problem(
                "{day} is not a day.", "Write 01-01 for every year, or 2027-02-06.", day=error.args[0]
            ) from None
        return self


class Actions(Section):
    """The list of actions: how far ahead care reminders look, and the holidays."""

    days_ahead: Whole = Field(
        DAYS_AHEAD, description="How far ahead care reminders look. [days]", examples=[30]
    )
    holidays: list[HolidayRule] = Field(
        [],
        max_length=MOST_FLAGS,
        description="Days on which everybody who may be contacted is greeted.",
        examples=[[{"name": "new_year", "on": ["01-01"]}]],
    )

    @model_validator(mode="after")
    def _looks_ahead(self) -> Actions:
        if not 0 <= self.days_ahead <= 366:
            raise problem("days_ahead is 0 to 366.")
        return self
