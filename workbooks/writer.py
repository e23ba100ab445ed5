"""Result sheets of a run: every customer's figures, the watch list, and how the run was made.

`Tierbook Scores` carries the names rules use (`vip`, `days_since_last`), so formulas and functions can build on it, and
in each row the rules that made it;
`Tierbook Watch list` is for reading, in the reader's words.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierbook.language import label, say
from workbooks.patch import Patched, add_sheets, put_sheets
from workbooks.sheet_xml import Format, ResultSheet

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.run import Run

SCORES, WATCH_LIST, RUN = "tierbook_scores", "tierbook_watch_list", "tierbook_run"
TARGET_LIST = "tierbook_target_list"
STAMP = "rules"
_RESULTS = (
    "value tier stage action positions ladder relation rfm_segment early_warning early_warning_reason winback winback_spend "
    "retention_group churn_score churn_level churn_flagged churn_signals churn_reason credit target_lists key_account"
).split()
_COUNTS = frozenset(
    "orders days_since_last active_months orders_recent orders_previous frequency recency T rfm_r rfm_f rfm_m rfm_total "
    "rfm_r_before rfm_f_before rfm_m_before rfm_total_before channels new_products referrals guest_visits designations "
    "complaints_recent praises_recent contacts_recent open_complaints worst_severity overdue_days churn_score".split()
)
_SHARES = frozenset("spend_change top_category_share mean_discount credit_used".split())
_PLAIN_NUMBERS = frozenset(
    "tenure_months overdue_ratio median_gap_days orders_per_month nps satisfaction".split()
)
_REACHED = "customer_id name kind contact_name mobile phone email address channel tier value churn_level last_date".split()
_WATCHED = "customer_id name tier value churn_level churn_score reason stage action last_date days_since_last".split()


def write_scored(run: Run, path: Path | str, *, language: str = "en") -> Patched:
    """The result sheets in a workbook of their own, or in the one of that name beside what it holds.

    Raises
    ------
    HostError
        The file cannot be written; an existing one stays as it is.
    """
    return put_sheets(path, result_sheets(run, language))


def add_scored(
    run: Run,
    book: Path | str,
    out: Path | str,
    *,
    language: str = "en",
    keep_undo: bool = True,
) -> Patched:
    """The result sheets in the user's own workbook, in place of our earlier ones; every other part stays as it is.

    Raises
    ------
    DataError
        The workbook must not be changed, or the user has added something to a sheet of ours.
    HostError
        The file cannot be written; it stays as it is.
    """
    return add_sheets(book, out, result_sheets(run, language), keep_undo=keep_undo)


def result_sheets(run: Run, language: str) -> list[ResultSheet]:
    """The three sheets, best customers first."""
    customers = run.customers.append_column("churn_reason", [run.reasons(language)])
    order = [("value", "descending"), ("customer_id", "ascending")]
    customers = customers.sort_by(order)
    return [_scores(run, customers), _watch_list(run, customers, language), _run(run, language)]


def watch_sheet(run: Run, language: str) -> ResultSheet:
    """The customers at risk, highest value first."""
    customers = run.customers.append_column("churn_reason", [run.reasons(language)])
    order = [("value", "descending"), ("customer_id", "ascending")]
    return _watch_list(run, customers.sort_by(order), language)


def target_sheet(run: Run, name: str, language: str) -> ResultSheet:
    """The customers on a target list of the pack, highest value first, with what it takes to reach them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # With a separator on both ends a name is never part of another one.
    listed = pc.binary_join_element_wise("", run.customers["target_lists"], "", "; ")
    on = run.customers.filter(pc.match_substring(listed, f"; {name}; "))
    on = on.sort_by([("value", "descending"), ("customer_id", "ascending")])
    columns: dict[str, Any] = {column: on[column] for column in _REACHED if column in on.column_names}
    for column in {"tier", "churn_level"} & columns.keys():
        columns[column] = _words(on[column], run, language)
    table = pa.table(columns)
    formats = [_format(column, table.schema.field(column).type) for column in table.column_names]
    headers = [label(column, language) for column in table.column_names]
    return ResultSheet("Tierbook Target list", TARGET_LIST, table, headers, formats)


def _scores(run: Run, customers: pa.Table) -> ResultSheet:
    from tierbook import features

    parts = [f"value.{part}" for part in run.pack.value_parts]
    own = [name for name in customers.column_names if name.startswith(("class.", "score."))]
    made = [*run.pack.features, *(measure.name for measure in run.pack.measures)]
    given = sorted(_asked_by(run) - {"customer_id", "name"})
    wanted = [
        "customer_id",
        "name",
        *_RESULTS[:1],
        *parts,
        *_RESULTS[1:],
        *own,
        *features.COLUMNS,
        *made,
        *given,
    ]
    names = [name for name in dict.fromkeys(wanted) if name in customers.column_names]
    return ResultSheet(
        "Tierbook Scores",
        SCORES,
        stamped(run, customers.select(names)),
        [*names, STAMP],
        [*(_format(name, customers.schema.field(name).type) for name in names), "text"],
    )


def stamped(run: Run, customers: pa.Table) -> pa.Table:
    """Scored rows with the rules that made each: a row that was copied elsewhere can still say so."""
    import pyarrow as pa

    return customers.append_column(STAMP, pa.repeat(pa.scalar(run.pack.stamp, pa.string()), len(customers)))


def _asked_by(run: Run) -> set[str]:
    """The columns rules read, so that functions in cells can work on the sheet."""
    from tierbook.needs import needs, traced

    pack = run.pack
    sections = (
        *("value", "tiers", "stages", "ladder", "relation", "positions", "churn", "early_warning", "winback"),
        *("groups", "credit", "target_lists", "key_accounts"),
        *(f"class.{name}" for name in pack.classes),
        *(f"score.{name}" for name in pack.scores),
    )
    read = (needs(pack, section, profile=run.profile) for section in sections)
    return set().union(traced(pack, pack.features, profile=run.profile), *read)


def _format(name: str, kind: Any) -> Format:
    import pyarrow as pa

    if pa.types.is_date(kind):
        return "date"
    if not pa.types.is_floating(kind):
        return "text" if pa.types.is_string(kind) or pa.types.is_boolean(kind) else "integer"
    if name in _COUNTS:
        return "integer"
    if name in _SHARES or name.endswith(("_share", "_top")):
        return "ratio"
    return "score" if name in _PLAIN_NUMBERS else "amount"


def _watch_list(run: Run, customers: pa.Table, language: str) -> ResultSheet:
    import pyarrow as pa

    flagged = customers.filter(customers["churn_flagged"])
    columns: dict[str, Any] = {name: flagged[name] for name in _WATCHED if name in flagged.column_names}
    for name in ("tier", "churn_level", "stage", "action"):
        columns[name] = _words(flagged[name], run, language)
    columns["reason"] = flagged["churn_reason"]
    table = pa.table({name: columns[name] for name in _WATCHED if name in columns})
    formats = [_format(name, table.schema.field(name).type) for name in table.column_names]
    headers = [label(name, language) for name in table.column_names]
    return ResultSheet("Tierbook Watch list", WATCH_LIST, table, headers, formats)


def _words(names: pa.ChunkedArray, run: Run, language: str) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    known = names.unique().drop_null()
    words = pa.array([run.word(name, language) for name in known.to_pylist()], pa.string())
    return words.take(pc.index_in(names, value_set=known))


def _run(run: Run, language: str) -> ResultSheet:
    import pyarrow as pa

    rows = list(_facts(run, language))
    table = pa.table(
        {
            name: pa.array(column, pa.string())
            for name, column in zip(("figure", "value"), zip(*rows, strict=True), strict=True)
        }
    )
    headers = [label(name, language) for name in table.column_names]
    return ResultSheet("Tierbook Run", RUN, table, headers, ["text", "text"])


def _facts(run: Run, language: str) -> Iterable[tuple[str, str]]:
    """How the run was made and what came out, as figure and value."""
    pack = run.pack
    for name, fact in (
        ("as_of", run.as_of.isoformat()),
        ("window_days", str(run.window_days)),
        ("pack", pack.name),
        ("version", pack.version),
        ("hash", pack.hash),
        ("owner", pack.owner),
        ("profile", run.profile),
    ):
        yield label(name, language), fact
    for file in run.files:
        yield say("Fingerprint (SHA-256) of {file}", language, file=Path(file.path).name), file.sha256
    for name, count in run.tables.items():
        yield say("Rows of {table}", language, table=label(f"table_{name}", language)), f"{count:,}"
    yield label("customers", language), f"{run.population:,}"
    for table, key in (("tiers", "tier"), ("stages", "stage"), ("churn_levels", "churn_level")):
        for row in run.table(table).to_pylist():
            if row[key] is not None:
                said = label("colon", language).join((label(key, language), run.word(row[key], language)))
                yield said, f"{row['customers']:,}"
    for problem in run.problems:
        yield label(problem.level, language), problem.text(language)
