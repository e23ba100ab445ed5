"""Records of one customer in cells: pairs, golden records, and how alike two texts are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.duplicates import Duplicates
    from tierbook.rulepack.pack import Pack

RECORDS = Argument(
    "records",
    "Records of customers with a header row: customer_id, kind, name, mobile and more.",
    shape="table",
    table="customers",
)


def _found(records: TableRange, pack: Pack) -> Duplicates:
    from tierbook.duplicates import find_duplicates

    if not pack.matching:
        raise pack.no_section("matching")
    return find_duplicates(records.typed(), pack)


def _match(records: TableRange, *, pack: Pack, language: str) -> dict[str, NDArray]:
    from tierbook.matching.pairs import MERGE

    found = _found(records, pack)
    ids, pairs = found.records["customer_id"].to_numpy(), found.found
    columns: dict[str, list[Any]] = {
        "a": ids[pairs.a].tolist(),
        "b": ids[pairs.b].tolist(),
        "score": pairs.score.tolist(),
        "decision": np.where(pairs.decision == MERGE, "merge", "review").tolist(),
        "why": [found.why(pair, language) for pair in range(len(pairs.a))],
    }
    return {name: np.array(cells, dtype=object) for name, cells in columns.items()}


def _dedupe(records: TableRange, *, pack: Pack) -> dict[str, NDArray]:
    from tierbook.arrow import arrays

    found = _found(records, pack)
    size = np.bincount(found.group, minlength=found.customers)
    numbers = {"group": np.arange(1, found.customers + 1).astype(object), "records": size.astype(object)}
    return numbers | arrays(_without_flags(found.joined.table))


def _without_flags(table: pa.Table) -> pa.Table:
    """Yes and no as words, which cells show as they were typed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for at, field in enumerate(table.schema):
        if pa.types.is_boolean(field.type):
            table = table.set_column(at, field.name, pc.if_else(table[field.name], "yes", "no"))
    return table


def _similarity(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    from tierbook.matching.compare import similar_names

    return similar_names(a, b)


MATCH = declare(
    ExcelFunction(
        name="CRM_MATCH",
        help="Pairs of records that are, or may be, one customer, with a score and the reason.",
        arguments=(RECORDS, PACK),
        returns="Table a, b, score, decision, why, the best pair first: merge is one customer, review is for a person to decide.",
        result="table",
        calculate=_match,
        given=("language",),
        example=Example(
            (
                [
                    ["customer_id", "kind", "name", "mobile", "tax_no", "address"],
                    ["E1", "company", "Alder Foods Ltd", None, "91110000123456789", "1 Quay Road"],
                    ["C7", "company", "Alder Foods Limited", None, "9111 0000 1234 56789", "8 Mill Lane"],
                    ["E2", "individual", "Ada Holm", "13900000001", None, "5 Park Street"],
                    ["W3", "individual", "Ada Holme", None, None, "5 Park Street"],
                ],
                "logistics",
            ),
            [
                ["a", "b", "score", "decision", "why"],
                ["E1", "C7", 98, "merge", "same Tax number"],
                ["E2", "W3", 96.07843137254902, "merge", "Name 94, Address 100"],
            ],
        ),
    )
)
DEDUPE = declare(
    ExcelFunction(
        name="CRM_DEDUPE",
        help="One record for each customer: which records belong together, and the value of each field that survives.",
        arguments=(RECORDS, PACK),
        returns="Table group, records and every column of the records; one row for each customer.",
        result="table",
        calculate=_dedupe,
        example=Example(
            (
                [
                    ["customer_id", "source", "source_id", "kind", "name", "mobile"],
                    ["C7", "crm", "7", "individual", "Ada Holm", "13900000001"],
                    ["E1", "erp", "1", "individual", "Ada Marie Holm", "13900000001"],
                    ["E2", "erp", "2", "individual", "Otto Brand", "13900000002"],
                ],
                "logistics",
            ),
            [
                ["group", "records", "customer_id", "source", "source_id", "kind", "name", "mobile"],
                [1, 2, "E1", "erp", "1", "individual", "Ada Marie Holm", "13900000001"],
                [2, 1, "E2", "erp", "2", "individual", "Otto Brand", "13900000002"],
            ],
        ),
    )
)
SIMILARITY = declare(
    ExcelFunction(
        name="CRM_SIMILARITY",
        help="How alike two names are, from 0 to 100, whatever the order of their words and the legal form.",
        arguments=(
            Argument("a", "Names.", shape="column", kind="text"),
            Argument("b", "Names to compare them with.", shape="column", kind="text", repeats=True),
        ),
        returns="0 to 100 for each row; #N/A where a name is missing.",
        result="column",
        calculate=_similarity,
        example=Example(
            ([["Alder Foods Ltd"], ["远帆食品有限公司"]], [["FOODS, Alder"], ["远帆食品股份有限公司"]]),
            [[100], [100]],
        ),
        missing="A name is missing.",
        by_row=True,
    )
)
