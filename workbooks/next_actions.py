"""The next action of every customer of a run, for all pages that show it; worked out once a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.actions import (
    FREEZE,
    NextActions,
    Reminders,
    complaint_due,
    expected_on,
    next_actions,
    worth_a_call,
)
from tierbook.actions import reminders as days_of_care
from tierbook.score import arrays
from workbooks.page import Page
from workbooks.rows import records, tier_names

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.score import Run


class Actions(NamedTuple):
    """Customers with something to do, the highest value at stake first: row of the customer, what, until when."""

    row: NDArray[np.int64]
    kind: NDArray[np.object_]
    due: NDArray[np.datetime64]
    stake: NDArray[np.float64]


def every_action(run: Run) -> NextActions:
    """What is next for each row of `customers`; worked out once a run."""
    import pyarrow as pa

    if "next_actions" not in run.kept:
        found = _every_action(run)
        run.kept["next_actions"] = pa.table({"kind": pa.array(found.kind, pa.string()), "due": found.due})
    kept = run.kept["next_actions"]
    return NextActions(kept["kind"].to_numpy(), kept["due"].to_numpy().astype("datetime64[D]"))


def _every_action(run: Run) -> NextActions:
    customers = run.customers
    due, _ = complaints(run)
    tier = customers["tier"].to_numpy()
    value = arrays(customers.select(["value"]))["value"]
    let_go, won_back = winback_decided(run)
    return next_actions(
        as_of=run.as_of,
        window_days=run.window_days,
        complaint_due=due,
        frozen=frozen(run),
        flagged=customers["churn_flagged"].to_numpy().astype(bool),
        # Who is worth winning back is worth a call, whatever the tier.
        valued=worth_a_call(tier, value, tiers=tier_names(run)) | won_back,
        let_go=let_go,
        has_stage_action=customers["action"].is_valid().to_numpy(),
        **_care(run),
    )


def listed(run: Run) -> Actions:
    """Every customer with something to do, the highest value at stake first."""
    actions = every_action(run)
    stake = at_stake(run)
    rows = np.flatnonzero(actions.due == actions.due)
    # Customers stand in the order of their ids, and a stable sort keeps that among equals.
    rows = rows[np.argsort(-stake[rows], kind="stable")]
    return Actions(rows, actions.kind[rows], actions.due[rows], stake[rows])


def reminders(run: Run) -> Reminders:
    """Birthdays, contract ends and expected purchases of the next days."""
    return days_of_care(as_of=run.as_of, **_care(run))


def at_stake(run: Run) -> NDArray[np.float64]:
    """What each customer is worth: the value, else the revenue; never below 0. [money]"""
    worth = arrays(run.customers.select(["value", "total_spend"]))
    known = np.where(np.isnan(worth["value"]), worth["total_spend"], worth["value"])
    return np.maximum(np.nan_to_num(known), 0.0)


def complaints(run: Run) -> tuple[NDArray[np.datetime64], dict[int, dict[str, Any]]]:
    """Until when each customer's most pressing complaint should have been closed, and that complaint."""
    import pyarrow.compute as pc

    table = run.table("open_complaints")
    rows = records(table)
    places = pc.index_in(
        table["customer_id"], value_set=run.customers["customer_id"].combine_chunks()
    ).to_pylist()
    due = np.full(run.customers.num_rows, np.datetime64("NaT"), dtype="datetime64[D]")
    found: dict[int, dict[str, Any]] = {}
    days = complaint_due(
        np.array([one["opened"] for one in rows], dtype="datetime64[D]"),
        np.array([one["severity"] for one in rows], dtype=float),
    )
    for row, one, day in zip(places, rows, days, strict=True):
        if row not in found or day < due[row]:
            due[row], found[row] = day, one
    return due, found


def action_words(page: Page, actions: NextActions) -> pa.Array:
    """What is next for each row in the reader's words; missing where nothing is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    run = page.run
    kind = pa.array(actions.kind, pa.string())
    name = pc.binary_join_element_wise("action", kind, "_")
    if run.pack.winback:
        _, won_back = winback_decided(run)
        won = pa.array((actions.kind == "churn") & won_back)
        name = pc.if_else(won, run.customers["winback"].combine_chunks(), name)
    name = pc.if_else(pc.equal(kind, "stage"), run.customers["action"].combine_chunks(), name)
    known = name.unique().drop_null()
    words = [page.label(one) if one.startswith("action_") else page.words(one) for one in known.to_pylist()]
    return pa.array(words, pa.string()).take(pc.index_in(name, value_set=known))


def _care(run: Run) -> dict[str, Any]:
    """The days care is about, and who may be reminded of them."""
    customers = run.customers
    wanted = ("last_date", "median_gap_days", "birthday", "contract_end", "marketable")
    columns = arrays(customers.select([name for name in wanted if name in customers.column_names]))
    never = np.full(customers.num_rows, np.datetime64("NaT"), dtype="datetime64[D]")
    return {
        "expected": expected_on(columns["last_date"], columns["median_gap_days"]),
        "birthday": columns.get("birthday", never),
        "contract_end": columns.get("contract_end", never),
        # Who did not say yes is left alone; without the column nobody was asked.
        "marketable": columns["marketable"] == 1 if "marketable" in columns else np.full(len(never), True),
    }


def frozen(run: Run) -> NDArray[np.bool_]:
    """Whose credit the rules freeze."""
    import pyarrow.compute as pc

    if not run.pack.credit:
        return np.full(run.customers.num_rows, False)
    return pc.fill_null(pc.equal(run.customers["credit"], FREEZE), False).to_numpy()


def winback_decided(run: Run) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which lost customers are let go, and which are to be won back."""
    import pyarrow.compute as pc

    if not run.pack.winback:
        nobody = np.full(run.customers.num_rows, False)
        return nobody, nobody
    # The last level decides against a customer; those not lost have an empty decision.
    against = run.pack.winback.levels[-1].name
    decision = run.customers["winback"]
    lost = pc.fill_null(pc.not_equal(decision, ""), False).to_numpy()
    let_go = pc.fill_null(pc.equal(decision, against), False).to_numpy()
    return let_go & lost, lost & ~let_go
