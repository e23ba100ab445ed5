"""Customers explained rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from addin.actions.request import Request, check
from tierbook.errors import DataError

if TYPE_CHECKING:
    from tierbook.rulepack.explain import Step
    from tierbook.rulepack.pack import Pack
    from tierbook.scorer import Scorer


@dataclass(frozen=True)
class Explained:
    """The customers behind a question under one pack."""

    request: Request
    scorer: Scorer

    @classmethod
    def of(cls, request: Request, pack: Pack) -> Explained:
        """Read the customers, as far as the pack needs them."""
        from tierbook.rulepack.trial import Trial
        from tierbook.scorer import Scorer

        trial = Trial.of(check(request).tables, pack, as_of=request.as_of, today=request.today)
        columns = trial.columns(pack)
        return cls(request, Scorer(pack, columns, profile=request.profile, ids=columns["customer_id"]))

    @cached_property
    def ids(self) -> dict[str, int]:
        """Row of each customer."""
        return {str(one): row for row, one in enumerate(self.scorer.columns["customer_id"].tolist())}

    def steps(self, customer: str) -> list[Step]:
        """Every rule asked about a customer, with the figures that met it.

        Raises
        ------
        DataError
            There is no such customer.
        """
        from tierbook.rulepack.explain import explain

        if customer not in self.ids:
            raise DataError(
                "There is no customer {customer} in {book}.",
                fix="Identifiers begin like {known}." if self.ids else "",
                customer=customer,
                book=self.request.place.name,
                known=", ".join(list(self.ids)[:3]),
            )
        return explain(self.scorer, self.ids[customer], self.request.language)
