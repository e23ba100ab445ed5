"""A small decision tree in sentences, with its accuracy on rows it never saw beside that of the plainest guess.

Source: L. Breiman et al., Classification and Regression Trees (1984). The numbers in the sentences are the roundest that
part the rows as the tree does, at least 99 in a hundred, and it is the sentences that are tested.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.language import say
from tierbook.mining.extra import checked_seed, module
from tierbook.mining.numbers import ordered

FEWEST_ROWS = 10
MOST_ANSWERS, MOST_TEXTS, MOST_DEPTH = 20, 20, 6
HELD_OUT = 0.3
# A sentence that speaks of fewer rows than this is chance. [share of the rows learned from]
SMALLEST_LEAF = 0.05
# A number of more digits than this is rounded although some rows then go the other way; fewer of them than the smallest
# leaf, so that none is emptied. [share of the rows]
DIGITS, SLACK = 3, 0.01


class Condition(NamedTuple):
    """What a sentence asks of one column: above `low`, at most `high`, or (not) the text.

    `missing` says whether a missing number fits; None where the column misses none.
    """

    column: str
    low: float = -math.inf
    high: float = math.inf
    text: str | None = None
    is_not: bool = False
    missing: bool | None = None


class Leaf(NamedTuple):
    """One sentence: what must hold, what most of its rows are, how many it speaks of and the share of each answer."""

    conditions: tuple[Condition, ...]
    answer: str
    rows: int
    shares: Mapping[str, float]


class Tree(NamedTuple):
    """All sentences, those with most rows first, and how far to believe them.

    `accuracy` is the share of the `held_out` rows, which the tree was not made from, that it is right about;
    `baseline` the share it would be right about by always saying `usual`.
    """

    leaves: tuple[Leaf, ...]
    rows: int
    held_out: int
    accuracy: float
    baseline: float
    usual: str
    left_out: tuple[str, ...]


def tree(columns: Mapping[str, NDArray], target: NDArray, *, depth: float = 3, seed: float = 1) -> Tree:
    """Which columns tell the answers apart.

    Parameters
    ----------
    columns : mapping of arrays (n,)
        Numbers [NaN = missing] or texts [None = missing]. A text column with more than 20 different texts names its
        rows rather than grouping them: it is left out and named in `left_out`, as is one with a single value.
    target : array (n,)
        The answer of each row, a text; None = unknown, the row is left out.
    depth : float
        How many conditions in a row at most, 1 to 6.
    seed : float
        Of the rows held out; the same seed gives the same tree, whatever the order of the rows.

    Raises
    ------
    DataError
        Fewer than 10 rows with an answer, one answer or more than 20, too few rows of each, no usable column, a depth
        that cannot be.
    HostError
        scikit-learn is missing.

    >>> days = np.arange(40.0)
    >>> found = tree({"days": days}, np.where(days > 20, "lost", "kept").astype(object), depth=1)
    >>> [(words(leaf.conditions), leaf.answer, leaf.rows) for leaf in found.leaves], found.accuracy
    ([('days is at most 20', 'kept', 21), ('days is above 20', 'lost', 19)], 1.0)
    """
    if depth != int(depth) or not 1 <= depth <= MOST_DEPTH:
        raise DataError(
            "The depth is a whole number from 1 to {most}, not {value}.", most=MOST_DEPTH, value=f"{depth:g}"
        )
    answers = _answers(target)
    known = np.flatnonzero(np.array([one is not None for one in target.tolist()], dtype=bool))
    asked = {name: values[known] for name, values in columns.items()}
    sides, left_out = _sides(asked)
    if not sides:
        raise DataError(
            "No column tells the rows apart.", fix="Give columns with numbers, or with texts that repeat."
        )
    table = np.array([side.values for side in sides]).T
    answer = np.searchsorted(answers, target[known].astype(str))
    order = ordered(np.column_stack([answer, np.nan_to_num(table, nan=-np.inf)]))
    table, answer = table[order], answer[order]
    chance = checked_seed(seed)
    held = _held_out(answer, chance)
    root = _grown(table, answer, ~held, int(depth), chance)
    found = list(_leaves(root, sides, np.ones(len(table), dtype=bool), table, ()))
    leaves, right = [], 0
    for conditions, inside in found:
        counts, learned = (
            np.bincount(answer[rows], minlength=len(answers)) for rows in (inside, inside & ~held)
        )
        if not learned.any():  # the rounder numbers left it no row to learn from
            continue
        said = int(learned.argmax())
        right += int((answer[inside & held] == said).sum())
        shares = dict(zip(answers, (counts / counts.sum()).tolist(), strict=True))
        leaves.append(Leaf(_merged(conditions), answers[said], int(counts.sum()), shares))
    usual = int(np.bincount(answer[~held]).argmax())
    tested = int(held.sum())
    return Tree(
        tuple(sorted(leaves, key=lambda leaf: -leaf.rows)), len(known), tested, right / tested,
        float((answer[held] == usual).mean()), answers[usual], tuple(left_out),
    )  # fmt: skip


def shown(number: float) -> str:
    """A number of a sentence: thousands apart, no more digits than it has."""
    return f"{number:,.10g}"


def words(
    conditions: Sequence[Condition], language: str = "en", *, name: Callable[[str], str] = str,
    text: Callable[[str, str], str] = lambda column, text: text,
    number: Callable[[str, float], str] = lambda column, number: shown(number),
) -> str:  # fmt: skip
    """The conditions as a reader says them; `name`, `text` and `number` turn columns and what stands in them into words.

    >>> words([Condition("orders", high=3), Condition("days", low=90, missing=True)])
    'orders is at most 3 and days is above 90 or missing'
    """
    said = []
    for one in conditions:
        values = {
            "name": name(one.column),
            "low": number(one.column, one.low),
            "high": number(one.column, one.high),
        }
        if one.text is not None:
            values = {"name": name(one.column), "text": text(one.column, one.text)}
        said.append(_words(one, values, language))
    return say(" and ", language).join(said) or say("always", language)


def _words(one: Condition, values: Mapping[str, str], language: str) -> str:
    if one.text is not None:
        return say("{name} is not {text}" if one.is_not else "{name} is {text}", language, **values)
    if one.low >= one.high:  # no number fits
        return say("{name} is missing", language, **values)
    if math.isinf(one.low) and math.isinf(one.high):
        return say("{name} is known", language, **values)
    if math.isinf(one.low):
        template = "{name} is at most {high} or missing" if one.missing else "{name} is at most {high}"
    elif math.isinf(one.high):
        template = "{name} is above {low} or missing" if one.missing else "{name} is above {low}"
    else:
        template = (
            "{name} is above {low} and at most {high}, or missing"
            if one.missing
            else "{name} is above {low} and at most {high}"
        )
    return say(template, language, **values)


class _Side(NamedTuple):
    """A column as the tree sees it: numbers, or 1 where a text column holds one text, else 0."""

    column: str
    text: str | None
    values: NDArray[np.float64]


class _Node(NamedTuple):
    """A question: rows at most `number`, and missing ones where `missing_left`, go left. A leaf asks nothing: column -1."""

    column: int
    number: float
    missing_left: bool
    left: _Node | None
    right: _Node | None


def _answers(target: NDArray) -> list[str]:
    texts = [one for one in target.tolist() if one is not None]
    answers = sorted(set(texts))
    if len(texts) < FEWEST_ROWS:
        raise DataError(
            "Only {count} rows have an answer to explain; a tree needs {enough}.",
            count=len(texts),
            enough=FEWEST_ROWS,
        )
    if len(answers) < 2:
        raise DataError(
            "All rows have the answer {answer}, so there is nothing to explain.", answer=answers[0]
        )
    if len(answers) > MOST_ANSWERS:
        raise DataError(
            "The target has {count} different answers; a tree explains up to {most}.",
            fix="Put them into groups first, such as high and low.",
            count=len(answers),
            most=MOST_ANSWERS,
        )
    return answers


def _sides(columns: Mapping[str, NDArray]) -> tuple[list[_Side], list[str]]:
    sides, left_out = [], []
    for name, values in columns.items():
        if values.dtype != object:
            known = values[~np.isnan(values)]
            mixed = known.size and (known.size < values.size or known.min() < known.max())
            found = [_Side(name, None, values)] if mixed else []
        else:
            texts = sorted({one for one in values.tolist() if one is not None})
            grouped = len(texts) <= MOST_TEXTS and (len(texts) > 1 or None in values.tolist())
            found = [_Side(name, text, (values == text).astype(float)) for text in texts] if grouped else []
        sides += found
        left_out += [] if found else [name]
    return sides, left_out


def _held_out(answer: NDArray[np.intp], seed: int) -> NDArray[np.bool_]:
    """Which rows are tested: three in ten of each answer, but never all of one."""
    chance = np.random.default_rng(seed)
    held = np.zeros(len(answer), dtype=bool)
    for one in range(int(answer.max()) + 1):
        rows = np.flatnonzero(answer == one)
        held[chance.permutation(rows)[: min(round(HELD_OUT * len(rows)), len(rows) - 1)]] = True
    if not held.any():
        raise DataError(
            "Each answer stands in so few rows that none can be held out to test the sentences.",
            fix="Give more rows, or put the answers into groups.",
        )
    return held


def _grown(table: NDArray, answer: NDArray, learn: NDArray[np.bool_], depth: int, seed: int) -> _Node:
    learned, answers = table[learn], answer[learn]
    leaf = max(1, math.ceil(SMALLEST_LEAF * len(learned)))
    model = module("tree").DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf, random_state=seed)
    return _node(model.fit(learned, answers).tree_, 0, learned)


def _node(grown: Any, at: int, rows: NDArray[np.float64]) -> _Node:
    """The question at a place of scikit-learn's tree, asked with the roundest number; `rows` are those that come here."""
    column = int(grown.feature[at])
    if column < 0:
        return _Node(-1, 0.0, False, None, None)
    values = rows[:, column]
    missing_left = bool(grown.missing_go_to_left[at])
    # The tree compares in single precision.
    left = np.where(np.isnan(values), missing_left, values.astype(np.float32) <= grown.threshold[at])
    known = np.sort(values[~np.isnan(values)])
    below = int((left & ~np.isnan(values)).sum())
    if 0 < below < known.size:
        number = roundest(known[below - 1], known[below])
        if number != float(f"{number:.{DIGITS}g}"):
            slack = int(SLACK * len(values))
            number = roundest(known[max(below - 1 - slack, 0)], known[min(below + slack, known.size - 1)])
    else:  # only whether the number is known parts the rows
        number = math.inf if below else -math.inf
    return _Node(
        column, number, missing_left, _node(grown, grown.children_left[at], rows[left]),
        _node(grown, grown.children_right[at], rows[~left]),
    )  # fmt: skip


def roundest(low: float, high: float) -> float:
    """The number with the fewest digits that is at least `low` and below `high`.

    >>> roundest(95.2, 101.7), roundest(3.0, 4.0), roundest(0.0, 1.0), roundest(-0.312, -0.3)
    (100.0, 3.0, 0.0, -0.31)
    """
    largest = max(abs(low), abs(high))
    first = math.floor(math.log10(largest)) + 1
    for power in range(first, first - 16, -1):
        # Whole tens are multiplied and tenths divided, so that 0.3 is 3 / 10 and not 3 * 0.1.
        number = (
            math.ceil(low / 10**power) * 10.0**power
            if power >= 0
            else math.ceil(low * 10**-power) / 10**-power
        )
        if low <= number < high:
            return number + 0.0
    return float(low)


def _leaves(
    node: _Node,
    sides: Sequence[_Side],
    inside: NDArray[np.bool_],
    table: NDArray,
    asked: tuple[Condition, ...],
) -> Iterator[tuple[tuple[Condition, ...], NDArray[np.bool_]]]:
    if node.left is None or node.right is None:
        yield asked, inside
        return
    side, values = sides[node.column], table[:, node.column]
    unknown = np.isnan(values)
    left = np.where(unknown, node.missing_left, values <= node.number)
    missing = (node.missing_left, not node.missing_left) if unknown.any() else (None, None)
    if side.text is None:
        low = Condition(side.column, high=node.number, missing=missing[0])
        high = Condition(side.column, low=node.number, missing=missing[1])
    else:
        low = Condition(side.column, text=side.text, is_not=True)
        high = Condition(side.column, text=side.text)
    yield from _leaves(node.left, sides, inside & left, table, (*asked, low))
    yield from _leaves(node.right, sides, inside & ~left, table, (*asked, high))


def _merged(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """One condition per column of numbers; the texts a column is not are dropped once it is known what it is."""
    found: dict[Any, Condition] = {}
    texts = {one.column for one in conditions if one.text is not None and not one.is_not}
    for one in conditions:
        key = one.column if one.text is None else (one.column, one.text)
        if one.text is not None and one.is_not and one.column in texts:
            continue
        before = found.get(key)
        if before is not None:
            missing = None if one.missing is None else bool(before.missing and one.missing)
            one = one._replace(low=max(before.low, one.low), high=min(before.high, one.high), missing=missing)
        found[key] = one
    return tuple(found.values())
