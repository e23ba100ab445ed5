"""Sections that pick customers: target lists for campaigns, and key accounts (systems.md D7, D8)."""

from __future__ import annotations

from pydantic import Field, model_validator

from tierbook.rulepack.scalars import Formula, Name, Text, Whole, problem
from tierbook.rulepack.shape import BECAUSE, Section


class TargetList(Section):
    """Customers a campaign may address; only those who are marketable are ever on a list."""

    name: Name = Field(description="The list's name.", examples=["win_back"])
    when: Formula = Field(
        description="Who is on it; marketable need not be asked for.", examples=["churn_level = 'watch'"]
    )
    because: Text = Field("", description=BECAUSE)


class KeyAccounts(Section):
    """Which customers make their group a key account, and how often it is reviewed."""

    of: Formula = Field(
        description="Who is one, or makes its group one.", examples=["spend_per_month >= 100000"]
    )
    review_after_days: Whole = Field(
        90, description="A review is due so long after the last visit. [days]", examples=[90]
    )
    because: Text = Field("", description=BECAUSE)

    @model_validator(mode="after")
    def _is_reviewed(self) -> KeyAccounts:
        if self.review_after_days < 1:
            raise problem("review_after_days is at least 1.")
        return self
