"""The next action of every customer of a run, for all pages that show it; worked out once a report."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.actions import (
    FREEZE,
    KINDS,
    NextActions,
    Reminders,
    complaint_due,
    expected_on,
    next_actions,
    worth_a_call,
)
from tierbook.actions import reminders as days_of_care
from tierbook.arrow import arrays
from tierbook.holidays import falling
from workbooks.matters import Matter, first_due, matters, overdue_requests, owed_words
from workbooks.rows import records, tier_names
from workbooks.wording import Wording

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.run import Run


class Actions(NamedTuple):
    """Customers with something to do, the highest value at stake first: row of the customer, what, until when."""

    row: NDArray[np.int64]
    kind: NDArray[np.object_]
    due: NDArray[np.datetime64]
    stake: NDArray[np.float64]


def every_action(run: Run) -> NextActions:
    """What is next for each row of `customers`; worked out once a run."""
    kept = _kept(run)
    return NextActions(kept["kind"].to_numpy(), kept["due"].to_numpy().astype("datetime64[D]"))


def _kept(run: Run) -> pa.Table:
    """Kind, due day, and the pack's name of what a level asks for, of each customer."""
    import pyarrow as pa

    if "next_actions" not in run.kept:
        asked_for = matters(run)
        found = _every_action(run, asked_for)
        level = asked_for.get("level")
        asked = np.full(run.customers.num_rows, None, dtype=object) if level is None else level.asked
        run.kept["next_actions"] = pa.table(
            {
                "kind": pa.array(found.kind, pa.string()),
                "due": found.due,
                "asked": pa.array(asked, pa.string()),
            }
        )
    return run.kept["next_actions"]


def _every_action(run: Run, asked_for: dict[str, Matter]) -> NextActions:
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
        also={kind: one.due for kind, one in asked_for.items()},
        **_care(run),
    )


def listed(run: Run) -> Actions:
    """Every customer with something to do, the highest value at stake first."""
    actions = every_action(run)
    stake = at_stake(run)
    rows = np.flatnonzero(actions.due == actions.due)
    place = {kind: at for at, kind in enumerate(KINDS)}
    urgency = np.array([place[kind] for kind in actions.kind[rows].tolist()], dtype=np.int8)
    # Where no money says which comes first, urgency and then the day do; customers stand in the order of their ids.
    rows = rows[np.lexsort((actions.due[rows], urgency, -stake[rows]))]
    return Actions(rows, actions.kind[rows], actions.due[rows], stake[rows])


def reminders(run: Run, days: int | None = None) -> Reminders:
    """Birthdays, holidays, contract ends and expected purchases of the next days; so many as the pack says, or as given."""
    return days_of_care(as_of=run.as_of, **_care(run, days))


def at_stake(run: Run) -> NDArray[np.float64]:
    """What each customer is worth: the value, else the revenue; never below 0. [money]"""
    worth = arrays(run.customers.select(["value", "total_spend"]))
    known = np.where(np.isnan(worth["value"]), worth["total_spend"], worth["value"])
    return np.maximum(np.nan_to_num(known), 0.0)


def complaints(run: Run) -> tuple[NDArray[np.datetime64], dict[int, dict[str, Any]]]:
    """Until when each customer's most pressing complaint should have been closed, and that complaint.

    Terms are those of the pack's section service; without it, two days for an urgent one and five for others.
    """
    if run.pack.service:
        requests, due = overdue_requests(run)
        ours = [at for at, one in enumerate(requests) if one["type"] == "complaint"]
        rows = [requests[at] | {"opened": requests[at]["opened"].date()} for at in ours]
        return first_due(run, rows, due[ours])
    rows = records(run.table("open_complaints"))
    days = complaint_due(
        np.array([one["opened"] for one in rows], dtype="datetime64[D]"),
        np.array([one["severity"] for one in rows], dtype=float),
    )
    return first_due(run, rows, days)


def action_words(words: Wording, actions: NextActions) -> pa.Array:
    """What is next for each row in the reader's words; missing where nothing is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    run = words.run
    kind = pa.array(actions.kind, pa.string())
    name = pc.binary_join_element_wise("action", kind, "_")
    if run.pack.winback:
        _, won_back = winback_decided(run)
        won = pa.array((actions.kind == "churn") & won_back)
        name = pc.if_else(won, run.customers["winback"].combine_chunks(), name)
    name = pc.if_else(pc.equal(kind, "stage"), run.customers["action"].combine_chunks(), name)
    name = pc.if_else(pc.equal(kind, "level"), _kept(run)["asked"].combine_chunks(), name)
    known = name.unique().drop_null()
    said = [words.label(one) if one.startswith("action_") else words.words(one) for one in known.to_pylist()]
    return pa.array(said, pa.string()).take(pc.index_in(name, value_set=known))


class Reasons:
    """Why each action is, and whose; made once for a list."""

    def __init__(self, words: Wording) -> None:
        self.words, self.run = words, words.run
        self._matters = matters(self.run)
        self._churn = self.run.reasons(words.language)
        _, self._complaints = complaints(self.run)
        self._holidays = {one.day: one.name for one in reversed(holidays(self.run))}

    def why(self, kind: str, due: date, row: int, one: dict[str, Any]) -> str:
        """The reason in words; `one` is the customer's row."""
        words = self.words
        if kind in self._matters:
            return self._matters[kind].why(words, row)
        if kind == "complaint":
            return self._complaint(self._complaints[row])
        if kind == "credit":
            return owed_words(words, one)
        if kind == "churn":
            spend = one.get("winback_spend")
            at_most = words.say("spend {amount} at most", amount=f"{spend:,.0f}") if spend else ""
            return words.label("list_semicolon").join(text for text in (self._churn[row], at_most) if text)
        if kind == "expected":
            gap = one["median_gap_days"]
            return words.say("expected on {day}: usually every {gap:.0f} days", day=words.date(due), gap=gap)
        if kind == "stage":
            return words.label("colon").join(
                text for text in (words.word(one["stage"]), words.goal(one["stage"])) if text
            )
        if kind == "birthday":
            return words.say("birthday on {day}", day=words.date(due))
        if kind == "holiday":
            name = words.word(self._holidays[due])
            return words.say("{holiday} on {day}", holiday=name, day=words.date(due))
        return words.say("the contract ends on {day}", day=words.date(due))

    def owner(self, kind: str, row: int) -> str | None:
        """Whose it is, where the system that asks for it says so."""
        return self._matters[kind].owner(row) if kind in self._matters else self._complaint_owner(kind, row)

    def _complaint(self, complaint: dict[str, Any]) -> str:
        words = self.words
        if complaint["severity"] is None:
            said = words.say("complaint of {day}, not closed", day=words.date(complaint["opened"]))
        else:
            said = words.say(
                "complaint of {day}, severity {severity:.0f}, not closed",
                day=words.date(complaint["opened"]),
                severity=complaint["severity"],
            )
        return words.label("colon").join(text for text in (said, complaint["reason"]) if text)

    def _complaint_owner(self, kind: str, row: int) -> str | None:
        return self._complaints[row].get("owner") if kind == "complaint" else None


def owners(run: Run, rows: NDArray[np.int64]) -> dict[int, str]:
    """Who looks after some customers: who sold last, else who was in contact last, else as the customer's row says."""
    import pyarrow.compute as pc

    customers = run.customers.take(rows)
    ids = customers["customer_id"]
    table = run.table("owners")
    found = records(table.filter(pc.is_in(table["customer_id"], value_set=ids.combine_chunks())))
    of = {one["customer_id"]: one["owner"] for one in found}
    own = customers["owner"].to_pylist() if "owner" in customers.column_names else [None] * len(rows)
    named = zip(rows.tolist(), ids.to_pylist(), own, strict=True)
    return {row: owner for row, one, said in named if (owner := of.get(one) or said)}


def holidays(run: Run, days: int | None = None) -> list[Any]:
    """The pack's holidays of the next days."""
    ahead = run.pack.days_ahead if days is None else days
    return falling(run.pack.holidays, run.as_of, run.as_of + timedelta(days=ahead))


def _care(run: Run, days: int | None = None) -> dict[str, Any]:
    """The days care is about, and who may be reminded of them."""
    customers = run.customers
    wanted = ("last_date", "median_gap_days", "birthday", "contract_end", "marketable")
    columns = arrays(customers.select([name for name in wanted if name in customers.column_names]))
    never = np.full(customers.num_rows, np.datetime64("NaT"), dtype="datetime64[D]")
    return {
        "expected": expected_on(columns["last_date"], columns["median_gap_days"]),
        "birthday": columns.get("birthday", never),
        "contract_end": _contract_ends(run, columns.get("contract_end", never)),
        # Who did not say yes is left alone; without the column nobody was asked.
        "marketable": columns["marketable"] == 1
        if _asked_whether_marketable(run)
        else np.full(len(never), True),
        "holidays": holidays(run, days),
        "days_ahead": run.pack.days_ahead if days is None else days,
    }


def _asked_whether_marketable(run: Run) -> bool:
    return bool(run.tables.get("customers")) and "marketable" in run.engine.columns(
        "tierbook_given_customers"
    )


def _contract_ends(run: Run, own: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """The next end of a contract: of the customer's row, or of the contracts that run, whichever is nearer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not run.tables.get("contracts"):
        return own
    found = run.table("contract_ends")
    at = pc.index_in(
        run.customers["customer_id"].combine_chunks(),
        value_set=pa.array(found["customer_id"].to_pylist(), pa.string()),
    )
    listed = found["contract_end"].combine_chunks().take(at).cast(pa.date32()).to_numpy(zero_copy_only=False)
    ends = listed.astype("datetime64[D]")
    # A contract of the past does not hide one that runs.
    ahead = np.where(own >= np.datetime64(run.as_of, "D"), own, np.datetime64("NaT", "D"))
    return np.where(np.isnat(ends) & np.isnat(ahead), own, np.fmin(ahead, ends))


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
