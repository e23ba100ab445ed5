"""Data mining in cells: groups of like customers, goods bought together, unusual customers, a tree in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.language import Phrase, say
from tierbook.mining import baskets, clusters, outliers, tree
from tierbook.mining.numbers import constant
from udfs.cells import Range, is_missing
from udfs.headed_range import HeadedRange, answers
from udfs.registry import Argument, Example, ExcelFunction, declare

_NUMBERS = Argument(
    "numbers",
    "Columns of numbers with a header row; a column that names customers is left out.",
    shape="headed",
)
_STRENGTH = {
    "clear": Phrase("well apart"),
    "weak": Phrase("weakly apart"),
    "none": Phrase("not really apart, they cut through one crowd"),
}


def _cluster(numbers: HeadedRange, *, k: float, seed: float) -> NDArray[np.float64]:
    names, table = numbers.numbers()
    found = clusters.clusters(table, k=k, seed=seed)
    there = table[~np.isnan(table).any(axis=1)]
    for name, same in zip(names, constant(there), strict=True):
        if same and len(there) > 1:
            numbers.note("{name} is the same in every row and parts nobody.", name=name)
    far = clusters.silhouette(table, found.number)
    if not np.isnan(far):
        numbers.note(
            "The clusters are {strength} (silhouette {value}).",
            strength=_STRENGTH[clusters.strength(far)],
            value=f"{far:.2f}",
        )
    return found.number


def _basket(ids: NDArray, items: NDArray, *, min_support: float) -> dict[str, NDArray]:
    return baskets.basket_rules(ids, items, min_support=min_support)._asdict()


def _outlier(numbers: HeadedRange) -> dict[str, NDArray]:
    names, table = numbers.numbers()
    found = outliers.outliers(table)
    return {"z": found.z, "feature": np.array([*names, None], dtype=object)[found.column]}


def _tree(features: HeadedRange, target: Range, *, depth: float, language: str) -> dict[str, NDArray]:
    at, cells = _target(features, target)
    answer = answers(cells)
    # Beside the range a row may have an answer although nothing is known about it.
    features.rows.blank &= is_missing(answer)
    columns = features.columns(without=at)
    kept = features.rows.kept
    found = tree.tree({name: values[kept] for name, values in columns.items()}, answer[kept], depth=depth)
    for name in found.left_out:
        features.note("{name} is the same in every row, or different in most, and is left out.", name=name)
    if found.accuracy <= found.baseline:
        features.note(
            "The sentences are no better than always saying {answer}: read them as a description.",
            answer=found.usual,
        )
    rows: list[tuple[Any, ...]] = [
        (tree.words(leaf.conditions, language), leaf.answer, leaf.rows, leaf.shares[leaf.answer])
        for leaf in found.leaves
    ]
    rows.append((say("right on rows held out", language), None, found.held_out, found.accuracy))
    rows.append((say("right by always saying", language), found.usual, found.held_out, found.baseline))
    table: dict[str, NDArray] = {}
    for name, column in zip(("rule", "answer", "rows", "share"), zip(*rows, strict=True), strict=True):
        table[name] = np.empty(len(rows), dtype=object)
        table[name][:] = column
    return table


def _target(features: HeadedRange, target: Range) -> tuple[int | None, list[Any]]:
    """Where the answers stand in the features, if they do, and their cells."""
    if target.single or (target.height == target.width == 1 and len(features.body) > 1):
        name = str(target.rows[0][0] or "").strip()
        at = features.place(name)
        if at is None:
            raise DataError(
                "The features have no column {name} to explain.",
                fix="Give the heading of a column, or a column of its own.",
                name=name or "-",
            )
        return at, [row[at] for row in features.body]
    if target.width > 1:
        raise DataError("{name} is one column, not {columns}.", name="target", columns=target.width)
    cells = [row[0] for row in target.rows]
    if len(cells) == len(features.body) + 1:
        cells = cells[1:]
    if len(cells) != len(features.body):
        raise DataError(
            "{first} has {height} rows and {other} has {others}.", fix="Give columns of the same height.",
            first="features", height=len(features.body), other="target", others=len(cells),
        )  # fmt: skip
    return None, cells


BASKET = declare(
    ExcelFunction(
        name="CRM_BASKET",
        help="What is bought together: who takes one item also takes another, with support, confidence and lift.",
        arguments=(
            Argument(
                "ids",
                "Basket of each line, such as the transaction or the customer.",
                shape="column",
                kind="id",
            ),
            Argument("items", "What was bought; twice in a basket counts once.", shape="column", kind="text"),
            Argument("min_support", "Share of all baskets that hold both items, at least.", default=0.01),
        ),
        returns="Table item, other, baskets with both, support (their share of all baskets), confidence (of those with item), "
        "lift (times the usual share of other); the highest lift first.",
        result="table",
        calculate=_basket,
        example=Example(
            (
                [[1], [1], [2], [2], [2], [3], [3], [4]],
                [["bread"], ["milk"], ["bread"], ["milk"], ["tea"], ["bread"], ["tea"], ["milk"]],
                0.5,
            ),
            [
                ["item", "other", "baskets", "support", "confidence", "lift"],
                ["bread", "tea", 2, 0.5, 2 / 3, 4 / 3],
                ["tea", "bread", 2, 0.5, 1, 4 / 3],
                ["bread", "milk", 2, 0.5, 2 / 3, 8 / 9],
                ["milk", "bread", 2, 0.5, 2 / 3, 8 / 9],
            ],
        ),
        complete=True,
    )
)

CLUSTER = declare(
    ExcelFunction(
        name="CRM_CLUSTER",
        help="Part customers into k groups of like ones (k-means on standardised columns).",
        arguments=(
            _NUMBERS,
            Argument("k", "How many groups."),
            Argument("seed", "Of the random starts; the same seed gives the same groups.", default=1),
        ),
        returns="Number of the group of each row; 1 has the highest mean of the first column.",
        result="column",
        calculate=_cluster,
        example=Example(
            ([["spend", "orders"], [900, 10], [40, 1], [60, 2], [950, 12], [55, 1]], 2),
            [[1], [2], [2], [1], [2]],
        ),
        missing="A number is missing.",
    )
)

OUTLIER = declare(
    ExcelFunction(
        name="CRM_OUTLIER",
        help="How far each customer stands out, in robust standard deviations, and in which column; beyond 3.5 is worth a look.",
        arguments=(_NUMBERS,),
        returns="Table z, feature, a row for each customer: z = 0.6745 (x - median) / MAD of the column where it is farthest from 0.",
        result="columns",
        calculate=_outlier,
        example=Example(
            ([["spend", "orders"], [20, 5], [30, 4], [40, 5], [50, 6], [900, 5]],),
            [
                ["z", "feature"],
                [-1.349, "spend"],
                [-1 / (0.4 * 1.2533), "orders"],
                [0, "spend"],
                [1 / (0.4 * 1.2533), "orders"],
                [58.007, "spend"],
            ],
        ),
        missing="A number is missing.",
    )
)

TREE = declare(
    ExcelFunction(
        name="CRM_TREE",
        help="Which columns tell the answers apart, as sentences, with how often they are right on rows held out.",
        arguments=(
            Argument("features", "Columns of numbers or texts with a header row.", shape="headed"),
            Argument(
                "target", "What is explained: the heading of one of the columns, or a column.", shape="range"
            ),
            Argument("depth", "How many conditions a sentence may have, 1 to 6.", default=3),
        ),
        returns="Table rule, answer, rows, share of them with the answer; below: how often that is right on three rows in ten held "
        "out, and how often always saying the most frequent answer would be.",
        result="table",
        calculate=_tree,
        example=Example(
            (
                [
                    ["days", "region", "left"],
                    *([days, "NS"[days % 2], "yes" if days > 6 else "no"] for days in range(1, 13)),
                ],
                "left",
                1,
            ),
            [
                ["rule", "answer", "rows", "share"],
                ["days is at most 6", "no", 6, 1],
                ["days is above 6", "yes", 6, 1],
                ["right on rows held out", None, 4, 1],
                ["right by always saying", "no", 4, 0.5],
            ],
        ),
        given=("language",),
    )
)
