"""A query in steps gives what it gives at once."""

from __future__ import annotations

import duckdb
import pytest

from tierbook.engines.steps import steps


def in_steps(text: str) -> tuple[list[str], list[tuple]]:
    """The names of the steps, and the rows."""
    connection = duckdb.connect()
    connection.execute("CREATE TABLE sales AS SELECT range % 3 AS customer, range AS amount FROM range(10)")
    made, last = steps(text)
    for name, query in made:
        connection.execute(f"CREATE TABLE {name} AS {query}")
    assert connection.execute(text).fetchall() == connection.execute(last).fetchall()
    return [name for name, _ in made], connection.execute(last).fetchall()


@pytest.mark.parametrize(
    "text, made, why",
    [
        ("WITH a AS (SELECT customer, SUM(amount) AS s FROM sales GROUP BY customer) SELECT * FROM a ORDER BY ALL", ["a"], "a grouping"),
        ("WITH a AS (SELECT * FROM sales), b AS (SELECT customer, SUM(amount) AS s FROM a GROUP BY customer) SELECT a.amount, b.s FROM a JOIN b ON a.customer = b.customer ORDER BY ALL", ["b"], "rows as they are stay where they are"),
        ("WITH b AS (SELECT customer FROM sales GROUP BY customer UNION ALL SELECT customer FROM sales) SELECT COUNT(*) FROM b GROUP BY customer ORDER BY ALL", [], "half of it is every row"),
        ("WITH a AS (SELECT one.customer FROM sales AS one JOIN sales AS other ON other.amount = one.amount) SELECT COUNT(*) FROM a, a AS again WHERE a.customer = again.customer GROUP BY a.customer ORDER BY ALL", ["a"], "a join that is read twice"),
        ("WITH a AS (SELECT DISTINCT customer FROM sales), b AS (SELECT COUNT(*) AS n FROM a GROUP BY ALL) SELECT n FROM b", ["a", "b"], "a step that reads a step"),
        ("WITH a AS (SELECT customer FROM sales GROUP BY customer) SELECT a.customer FROM a AS x JOIN a ON a.customer = x.customer ORDER BY ALL", ["a"], "names of its own"),
        ("WITH m AS (SELECT a.customer FROM sales AS a JOIN sales AS b USING (amount) JOIN sales AS c USING (amount) JOIN sales AS d USING (amount) JOIN sales AS e USING (amount)) SELECT customer FROM m GROUP BY customer ORDER BY ALL", ["m"], "many tables meet"),
        ("WITH m AS (SELECT a.customer FROM sales AS a JOIN sales AS b USING (amount) JOIN sales AS c USING (amount) JOIN sales AS d USING (amount)) SELECT customer FROM m GROUP BY customer ORDER BY ALL", [], "a few tables meet"),
        ("SELECT customer FROM sales GROUP BY customer ORDER BY ALL", [], "nothing is named"),
    ],
)  # fmt: skip
def test_a_query_in_steps_gives_what_it_gives_at_once(text, made, why):
    names, rows = in_steps(text)
    assert names == [f"tierbook_step_{name}" for name in made], why
    assert rows


def test_a_query_that_reads_few_tables_is_left_alone():
    # `a` reads one table, `b` that one twice, and the query both: four in all.
    text = (
        "WITH a AS (SELECT customer, COUNT(*) AS n FROM sales GROUP BY customer), "
        "b AS (SELECT a.n FROM a JOIN a AS again ON again.n = a.n) SELECT MAX(b.n) FROM a CROSS JOIN b JOIN sales ON TRUE"
    )
    assert steps(text, from_reads=5) == ([], text)
    assert [name for name, _ in steps(text, from_reads=4)[0]] == ["tierbook_step_a"]
