"""Share of wallet in cells."""

from __future__ import annotations

from tierbook.wallet import wallet_share
from udfs.registry import Argument, Example, ExcelFunction, declare

WALLET = declare(
    ExcelFunction(
        name="CRM_WALLET",
        help="Share of its monthly budget that each customer spends here.",
        arguments=(
            Argument("spend_per_month", "What it spends here a month.", shape="column", kind="money"),
            Argument("budget", "What it can spend a month.", shape="column", kind="money", repeats=True),
        ),
        returns="Share for each row, 0.2 for a fifth; #N/A without a budget above 0.",
        result="column",
        calculate=wallet_share,
        example=Example(([[2000], [600]], [[10000], [500]]), [[0.2], [1.2]]),
        missing="The spend is unknown, or the budget is not above 0.",
    )
)
