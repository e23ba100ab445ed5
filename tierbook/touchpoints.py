"""Where customers are met: contacts by phase and channel, and how many of them came to something (`spec/systems.md` E)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PHASES = ("presale", "sale", "aftersale")


class TouchPoints(NamedTuple):
    """One entry per segment, phase and channel with a contact; segments by name, phases in their course, channels by name.

    contacts, customers (different ones), with_outcome [counts]; per_customer = contacts / customers; outcome_share.
    Unknown segments, phases and channels are None and come last.
    """

    segment: NDArray[np.object_]
    phase: NDArray[np.object_]
    channel: NDArray[np.object_]
    contacts: NDArray[np.int64]
    customers: NDArray[np.int64]
    with_outcome: NDArray[np.int64]
    per_customer: NDArray[np.float64]
    outcome_share: NDArray[np.float64]


def touch_points(
    customer: NDArray[np.object_],
    phase: NDArray[np.object_],
    channel: NDArray[np.object_],
    outcome: NDArray[np.object_],
    segment: NDArray[np.object_] | None = None,
) -> TouchPoints:
    """Contacts of each segment, phase and channel.

    Parameters
    ----------
    customer, phase, channel, outcome : array (n,)
        One contact each. [names; None = unknown, an outcome of None = none]
    segment : array (n,), optional
        Of the customer.

    >>> a = np.array(["a", "a", "b"], object)
    >>> found = touch_points(a, np.array(["sale"] * 3, object), np.array(["web"] * 3, object), np.array(["won", None, None], object))
    >>> found.contacts.tolist(), found.per_customer.tolist(), found.with_outcome.tolist()
    ([3], [1.5], [1])
    """
    keys = [np.full(len(customer), None, dtype=object) if segment is None else segment, phase, channel]
    numbered = [_numbered(one, PHASES if at == 1 else ()) for at, one in enumerate(keys)]
    cell = np.zeros(len(customer), dtype=np.int64)
    for names, number in numbered:
        cell = cell * (len(names) + 1) + number
    there, place = np.unique(cell, return_inverse=True)
    contacts = np.bincount(place, minlength=len(there))
    people, who = _numbered(customer)
    pairs = np.unique(place * (len(people) + 1) + who)
    customers = np.bincount(pairs // (len(people) + 1), minlength=len(there))
    results, result = _numbered(outcome)
    won = np.bincount(place[result < len(results)], minlength=len(there))
    columns = []
    left = there
    for names, _ in reversed(numbered):
        left, at = np.divmod(left, len(names) + 1)
        column = np.empty(len(there), dtype=object)
        column[:] = [[*names, None][one] for one in at.tolist()]
        columns.append(column)
    channel_, phase_, segment_ = columns
    return TouchPoints(
        segment_, phase_, channel_, contacts, customers, won, contacts / customers, won / contacts
    )


def _numbered(names: NDArray[np.object_], first: tuple[str, ...] = ()) -> tuple[list[str], NDArray[np.int64]]:
    """The different names, those of `first` before the others, and the place of each row's; unknown ones after all."""
    import pyarrow as pa

    from tierbook.arrow import keep_pandas_out

    keep_pandas_out()
    encoded = pa.array(names, type=pa.string(), from_pandas=True).dictionary_encode()
    known: list[str] = encoded.dictionary.to_pylist()
    ordered = sorted(known, key=lambda name: (first.index(name) if name in first else len(first), name))
    places = {name: at for at, name in enumerate(ordered)}
    moved = np.array([*(places[name] for name in known), len(known)], dtype=np.int64)
    return ordered, moved[encoded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)]
