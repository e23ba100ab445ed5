"""Trade-fair editions instead of months: who comes back on each side, who was recruited and at what cost (`spec/systems.md` I).

An edition is ordered by its earliest date. A customer takes part in an edition on a side, as exhibitor or visitor; the
same customer may do both. Retention and churn stand in the row of the later edition.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Editions(NamedTuple):
    """One entry per edition and side, the editions in order and each with every side, also one nobody was on.

    edition, side [names; None = no side], first_date [day; NaT = undated], customers who took part, before (took part in
    the edition before), returning (in both), lost (before and not now), new (never before on that side) [counts],
    retention = returning / before and churn = lost / before [shares; NaN where nobody was there before].
    """

    edition: NDArray[np.object_]
    side: NDArray[np.object_]
    first_date: NDArray[np.datetime64]
    customers: NDArray[np.int64]
    before: NDArray[np.float64]
    returning: NDArray[np.int64]
    lost: NDArray[np.int64]
    new: NDArray[np.int64]
    retention: NDArray[np.float64]
    churn: NDArray[np.float64]

    def place(self, edition: NDArray[np.object_], side: NDArray[np.object_]) -> NDArray[np.int64]:
        """The entry that each row (n,) of another table belongs to, by its edition and side; -1 for none."""
        places = {pair: at for at, pair in enumerate(zip(self.edition, self.side, strict=True))}
        editions_, edition_of = _numbered(edition)
        sides, side_of = _numbered(side)
        known = np.array(
            [[places.get((one, other), -1) for other in [*sides, None]] for one in [*editions_, None]]
        )
        return known[edition_of, side_of]


def editions(
    customer: NDArray[np.object_],
    edition: NDArray[np.object_],
    date: NDArray[np.datetime64],
    side: NDArray[np.object_] | None = None,
) -> Editions:
    """Who took part in each edition on each side, and who of the edition before came back.

    Parameters
    ----------
    customer, edition : array (n,)
        Each row is somebody taking part; several rows of one customer count once. [names; rows with None are left out]
    date : array (n,)
        When; the earliest day of an edition orders it, equal days by name, editions without any day last. [NaT = unknown]
    side : array (n,), optional
        On which side. [None = unknown, a side of its own]

    >>> day = np.array(["2025-03-01", "2025-03-01", "2026-03-01"], dtype="datetime64[D]")
    >>> found = editions(np.array(["a", "b", "a"], object), np.array(["25", "25", "26"], object), day)
    >>> found.edition.tolist(), found.customers.tolist(), found.retention.tolist()
    (['25', '26'], [2, 1], [nan, 0.5])
    """
    side = np.full(len(customer), None, dtype=object) if side is None else side
    _, who = _numbered(customer)
    names, place = _numbered(edition)
    sides, on = _numbered(side)
    there = (who >= 0) & (place >= 0)
    who, place, on, date = who[there], place[there], on[there], date[there]
    first = _earliest(place, date, len(names))
    # Editions by day, undated ones last; names settle equal days.
    order = np.lexsort((np.array(names, dtype=str), first, np.isnat(first)))
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    by_name = np.argsort(np.array(sides, dtype=str), kind="stable")
    columns = [*(sides[at] for at in by_name), *([None] if (on < 0).any() or not sides else [])]
    column = np.append(np.argsort(by_name), len(sides))[on] if len(sides) else np.zeros(len(on), np.int64)
    height, width = len(names), len(columns)
    # One number for each customer on a side, and under it the editions in order: neighbours are what counts.
    people = who * width + column
    pairs = np.unique(people * max(height, 1) + rank[place])
    person, at = np.divmod(pairs, max(height, 1))
    cell = at * width + person % width
    same = np.zeros(len(pairs), dtype=bool)
    same[1:] = person[1:] == person[:-1]
    next_one = np.zeros(len(pairs), dtype=bool)
    next_one[1:] = same[1:] & (at[1:] == at[:-1] + 1)
    customers = np.bincount(cell, minlength=height * width)
    returning = np.bincount(cell[next_one], minlength=height * width)
    before = np.concatenate([np.zeros(width, np.int64), customers[: max(height - 1, 0) * width]])[
        : height * width
    ]
    lost = before - returning
    with np.errstate(divide="ignore", invalid="ignore"):
        retention = np.where(before > 0, returning / before, np.nan)
        churn = np.where(before > 0, lost / before, np.nan)
    base = before.astype(float)
    base[:width] = np.nan
    return Editions(
        np.repeat(_objects([names[one] for one in order]), width), _objects(columns * height), np.repeat(first[order], width),
        customers, base, returning, lost, np.bincount(cell[~same], minlength=height * width), retention, churn,
    )  # fmt: skip


class Registered(NamedTuple):
    """What people said before an edition and did at it, one entry per entry of `Editions`.

    preregistered, attended and shown_up (both) [counts]; show_up = shown_up / preregistered and professional_share, that
    of the visitors known to be professional or not among those who came [shares; NaN without any].
    """

    preregistered: NDArray[np.int64]
    attended: NDArray[np.int64]
    shown_up: NDArray[np.int64]
    show_up: NDArray[np.float64]
    professional: NDArray[np.int64]
    professional_share: NDArray[np.float64]


def registered(
    place: NDArray[np.int64],
    size: int,
    *,
    preregistered: NDArray[np.float64],
    attended: NDArray[np.float64],
    professional: NDArray[np.float64],
) -> Registered:
    """Preregistration, attendance and professional visitors of each entry.

    Parameters
    ----------
    place : array (n,)
        The entry of each row, as `Editions.place` gives it; rows of -1 are left out.
    size : int
        How many entries there are.
    preregistered, attended, professional : array (n,)
        1 yes, 0 no. [NaN = not said; who neither came nor stayed away counts as there for the professional share]

    >>> yes, no = 1.0, 0.0
    >>> at = registered(np.array([0, 0, 0]), 1, preregistered=np.array([yes, yes, no]),
    ...                 attended=np.array([yes, no, yes]), professional=np.array([yes, yes, no]))
    >>> at.show_up.tolist(), at.professional_share.tolist()
    ([0.5], [0.5])
    """

    def count(condition: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(place[condition & (place >= 0)], minlength=size)

    announced, came = count(preregistered == 1), count(attended == 1)
    both = count((preregistered == 1) & (attended == 1))
    there = (attended != 0) & ~np.isnan(professional)
    expert, asked = count(there & (professional == 1)), count(there)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Registered(
            announced, came, both, np.where(announced > 0, both / announced, np.nan),
            expert, np.where(asked > 0, expert / asked, np.nan),
        )  # fmt: skip


class Recruiting(NamedTuple):
    """What it cost to bring people, one entry per entry of `Editions`.

    cost [money], per_head = cost / customers [money; NaN where nobody came], ratio = cost / that of the visitors of the
    same edition [NaN where those cost nothing].
    """

    cost: NDArray[np.float64]
    per_head: NDArray[np.float64]
    ratio: NDArray[np.float64]


def recruiting(found: Editions, place: NDArray[np.int64], cost: NDArray[np.float64]) -> Recruiting:
    """Recruiting cost of each entry in total and per head, and its ratio to that of the visitors.

    Parameters
    ----------
    place : array (n,)
        The entry of each row, as `Editions.place` gives it; rows of -1 are left out.
    cost : array (n,)
        What was spent. [money; NaN = 0]
    """
    size = len(found.edition)
    # In whole millionths, so that the order of the rows does not matter.
    units = np.rint(np.nan_to_num(cost) * 1e6)
    total = np.bincount(place[place >= 0], weights=units[place >= 0], minlength=size) / 1e6
    visitors = {
        edition: spent
        for edition, side, spent in zip(found.edition, found.side, total.tolist(), strict=True)
        if side == "visitor"
    }
    against = np.array([visitors.get(edition, np.nan) for edition in found.edition], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Recruiting(
            total,
            np.where(found.customers > 0, total / found.customers, np.nan),
            np.where(against > 0, total / against, np.nan),
        )


def _numbered(names: NDArray[np.object_]) -> tuple[list[str], NDArray[np.int64]]:
    """The different names, and the place of each row's; -1 for none."""
    import pyarrow as pa

    from tierbook.arrow import keep_pandas_out

    keep_pandas_out()
    encoded = pa.array(names, type=pa.string(), from_pandas=True).dictionary_encode()
    known: list[str] = encoded.dictionary.to_pylist()
    return known, encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def _earliest(place: NDArray[np.int64], date: NDArray[np.datetime64], size: int) -> NDArray[np.datetime64]:
    days = date.astype("datetime64[D]")
    dated = ~np.isnat(days)
    first = np.full(size, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, place[dated], days[dated].astype(np.int64))
    first[first == np.iinfo(np.int64).max] = np.datetime64("NaT").astype(np.int64)
    return first.astype("datetime64[D]")


def _objects(names: list[str | None]) -> NDArray[np.object_]:
    found = np.empty(len(names), dtype=object)
    found[:] = names
    return found
