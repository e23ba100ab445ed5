"""One customer, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addin.actions.request import Request, check
from tierbook.errors import DataError

if TYPE_CHECKING:
    from tierbook.rulepack.explain import Step
    from tierbook.rulepack.pack import Pack
    from tierbook.rulepack.trial import Trial


def tried(request: Request, pack: Pack) -> Trial:
    """The customers behind a question, as far as a pack needs them."""
    from tierbook.rulepack.trial import Trial

    return Trial.of(check(request).tables, pack, as_of=request.as_of, today=request.today)


def explained(request: Request, pack: Pack, customer: str) -> list[Step]:
    """Every rule asked about a customer, with the figures that met it.

    Raises
    ------
    DataError
        There is no such customer.
    """
    from tierbook.rulepack.explain import explain
    from tierbook.scorer import Scorer

    columns = tried(request, pack).columns(pack)
    ids = columns["customer_id"].tolist()
    if customer not in ids:
        raise DataError(
            "There is no customer {customer} in {book}.",
            fix="Identifiers begin like {known}." if ids else "",
            customer=customer,
            book=request.place.name,
            known=", ".join(map(str, ids[:3])),
        )
    scorer = Scorer(pack, columns, profile=request.profile, ids=columns["customer_id"])
    return explain(scorer, ids.index(customer), request.language)
