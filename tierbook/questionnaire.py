"""A weighted questionnaire with a gate: what an opportunity's answers are worth, and whether it may move on (`spec/systems.md` K).

Each question has a weight and allowed answers from worst to best, spread evenly over 0-1 unless written `answer=points`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

# The line of the consulting method; a pack moves it with a threshold called `gate`.
GATE = 70.0
_SEPARATORS = (re.compile("[;；]"), re.compile("[,，、]"))


class Gate(NamedTuple):
    """One entry per opportunity, in the order of their first answer.

    total [0-100], passes (total >= gate), short (points missing up to the gate, 0 for who passes); lost holds a row per
    opportunity and a column per question: the points each question could still bring. Of the answers, `refused` are
    the rows whose answer is not allowed, `unknown` those of a question nobody asks; both count as not given.
    """

    opportunity: NDArray[np.object_]
    total: NDArray[np.float64]
    passes: NDArray[np.bool_]
    short: NDArray[np.float64]
    answered: NDArray[np.bool_]
    lost: NDArray[np.float64]
    refused: NDArray[np.int64]
    unknown: NDArray[np.int64]


def gate(
    question: Sequence[str],
    weight: ArrayLike,
    allowed: Sequence[str | None],
    *,
    opportunity: Sequence[str],
    asked: Sequence[str],
    answer: Sequence[str | None],
    gate: float = GATE,
) -> Gate:
    """Total, gate and missing points of each opportunity.

    Parameters
    ----------
    question, weight, allowed : array (q,)
        The questionnaire; weights count relative to their sum. [names; 0 or more; `no; partly; yes` or `no=0; yes=1`]
    opportunity, asked, answer : array (n,)
        One answer each; of two to the same question the later counts. [names; None = not answered, 0 points]
    gate : float
        The total from which an opportunity may move on. [0-100]

    Raises
    ------
    DataError
        No question, a question twice, weights that are missing, negative or all 0, allowed answers that cannot be.

    >>> found = gate(["budget", "need"], [60, 40], ["no;yes", "low;middle;high"],
    ...              opportunity=["A", "A"], asked=["budget", "need"], answer=["yes", "middle"])
    >>> found.total.tolist(), found.passes.tolist(), found.lost.tolist()
    ([80.0], [True], [[0.0, 20.0]])
    """
    points = [_allowed(name, text) for name, text in zip(question, allowed, strict=True)]
    share = _shares(question, np.asarray(weight, dtype=float))
    places = {name: at for at, name in enumerate(question)}
    rows = {name: at for at, name in enumerate(dict.fromkeys(opportunity))}
    reached = np.full((len(rows), len(places)), np.nan)
    refused, unknown = [], []
    for at, (one, name, given) in enumerate(zip(opportunity, asked, answer, strict=True)):
        if name not in places:
            unknown.append(at)
        elif given is not None and (key := _folded(given)):
            if key in points[places[name]]:
                reached[rows[one], places[name]] = points[places[name]][key]
            else:
                refused.append(at)
    answered = ~np.isnan(reached)
    lost = np.round((1 - np.nan_to_num(reached)) * share * 100, 6)
    total = np.round((np.nan_to_num(reached) * share * 100).sum(axis=1), 6)
    names = np.empty(len(rows), dtype=object)
    names[:] = list(rows)
    return Gate(
        names, total, total >= gate, np.round(np.maximum(gate - total, 0), 6), answered, lost,
        np.array(refused, dtype=np.int64), np.array(unknown, dtype=np.int64),
    )  # fmt: skip


def _shares(question: Sequence[str], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(question):
        raise DataError("There is no question.", fix="Give questions with weight and allowed answers.")
    twice = [at for at, name in enumerate(question) if name in question[:at]]
    if twice:
        raise DataError(
            "The question {question} is there twice.",
            fix="Keep one of the rows.",
            question=question[twice[0]],
        )
    wrong = np.flatnonzero(~(weight >= 0))
    if wrong.size:
        raise DataError(
            "The question {question} has no weight of 0 or more.",
            fix="Give every question a weight.",
            question=question[int(wrong[0])],
        )
    if not weight.sum():
        raise DataError("The weights of the questions are all 0.", fix="Give one of them a weight.")
    return weight / weight.sum()


def _allowed(question: str, text: str | None) -> dict[str, float]:
    """The points of each answer, 0 to 1."""
    apart = next((one for one in _SEPARATORS if one.search(text or "")), _SEPARATORS[0])
    parts = [part.strip() for part in apart.split(text or "") if part.strip()]
    if not parts:
        raise DataError(
            "The question {question} has no allowed answers.",
            fix="List them from worst to best, such as no; partly; yes.",
            question=question,
        )
    written = [part.rpartition("=") for part in parts]
    if not any(sign for _, sign, _ in written):
        spread = np.linspace(0, 1, len(parts)) if len(parts) > 1 else [1.0]
        return {_folded(part): float(one) for part, one in zip(parts, spread, strict=True)}
    found = {}
    for part, (name, sign, number) in zip(parts, written, strict=True):
        value = _number(number) if sign else None
        if value is None or not 0 <= value <= 1:
            raise DataError(
                "The question {question} allows {answer}, which names no points from 0 to 1.",
                fix="Write every answer as yes=1, or none.",
                question=question,
                answer=part,
            )
        found[_folded(name)] = value
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _folded(answer: str) -> str:
    return " ".join(str(answer).split()).casefold()
