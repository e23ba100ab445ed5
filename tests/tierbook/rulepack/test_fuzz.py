"""Whatever a file holds, reading it ends in a pack or in sentences, soon and in little memory.

`TIERBOOK_FUZZ=2000 python -m pytest tests/tierbook/rulepack/test_fuzz.py` is the long run.
"""

from __future__ import annotations

import os
import resource
import sys

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tierbook.rulepack.packs import GOOD, problems
from tests.tierbook.rulepack.test_show import RICH
from tierbook.rulepack import model
from tierbook.shipped import shipped

PACKS = [GOOD, RICH, *(path.read_text("utf-8") for path in sorted(shipped("rules").glob("*.yaml")))]
KEYS = sorted(
    {
        field.alias or name
        for kind in vars(model).values()
        if isinstance(kind, type) and issubclass(kind, model.Section)
        for name, field in kind.model_fields.items()
    }
)
SCALARS = [
    "orders", "orders > 1", "settlement = 'cash'", "1", "0.2", "-1e308", ".nan", "true", "no", "~", "", "2026-10-31", "x" * 300,
    "top_share(orders)", "case when orders > 1 then 2 end", "(" * 60, "not not is_member", "no purchase in 90 days", "transactions.amount", "{orders:0%}", "{", "金",
]  # fmt: skip
PIECES = [
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "!!x ",
    "<<: ",
    "'",
    '"',
    "#",
    "|\n",
    ">",
    "\t",
    "\r",
    "\0",
    "\u2028",
    "---\n",
    "...\n",
    "%",
    "@",
    "?",
    "\ufeff",
    "💥",
]
scalars = st.one_of(st.sampled_from(SCALARS), st.text(max_size=12), st.integers(), st.floats(), st.booleans())
names = st.one_of(st.sampled_from(KEYS), st.text(max_size=8))
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(names, inner, max_size=6)),
    max_leaves=40,
)
COUNT = int(os.environ.get("TIERBOOK_FUZZ", "120"))
FUZZ = settings(
    max_examples=COUNT,
    deadline=2000,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", autouse=True)
def in_little_memory():
    """All of this file together grows the process by less than 200 MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before < 200e6


def answered(data: bytes | str) -> None:
    for sentence in problems(data):
        assert sentence
        assert "Traceback" not in sentence
        assert "pydantic" not in sentence.lower()


@FUZZ
@given(st.binary(max_size=400))
def test_any_bytes_are_answered(data):
    answered(data)


@FUZZ
@given(st.lists(st.sampled_from([*PIECES, *KEYS, *SCALARS, "\n", "\n  ", " "]), max_size=60))
def test_any_pieces_of_yaml_are_answered(pieces):
    answered("".join(pieces).encode("utf-8", "replace"))


@FUZZ
@given(st.dictionaries(st.sampled_from(KEYS), trees, max_size=10))
def test_any_tree_under_known_keys_is_answered(tree):
    tree = {"pack": "p", "version": "1", **tree}
    answered(yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace"))


@FUZZ
@given(st.sampled_from(PACKS), st.data())
def test_any_mutation_of_a_good_pack_is_answered(text, data):
    for _ in range(data.draw(st.integers(1, 4))):
        lines = text.split("\n")
        at = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["drop", "double", "swap", "indent", "piece", "scalar", "cut"]))
        line = lines[at]
        place = data.draw(st.integers(0, len(line)))
        if kind == "drop":
            del lines[at]
        elif kind == "double":
            lines.insert(at, line)
        elif kind == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "indent":
            lines[at] = " " * data.draw(st.integers(1, 4)) + line
        elif kind == "piece":
            lines[at] = line[:place] + data.draw(st.sampled_from(PIECES)) + line[place:]
        elif kind == "scalar":
            key, colon, _ = line.partition(": ")
            lines[at] = key + colon + data.draw(st.sampled_from(SCALARS))
        else:
            lines[at] = line[:place]
        text = "\n".join(lines) or "x"
    answered(text.encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "data",
    [
        "a: [" * 100_000,
        "{" * 100_000,
        "- " * 100_000,
        "a:\n" + " b:\n" * 50_000,
        "words:\n" + "".join(f"  w{i}: {{en: a, zh: b}}\n" for i in range(19_000)),
        "pack: p\nversion: '1'\nfeatures:\n" + "".join(f"  f{i}: {'orders+' * 300}1\n" for i in range(200)),
        "pack: p\nversion: '1'\nstages:\n" + "".join(f"  - {{name: s{i}, when: orders > {i} and total_spend < {i}}}\n" for i in range(59)),
        "x" * 499_999,
        "[" + "1, " * 160_000 + "]",
        "'" + "\\n" * 200_000,
    ],
    ids=["lists", "braces", "dashes", "keys", "words", "expressions", "levels", "one word", "numbers", "one text"],
)  # fmt: skip
def test_a_file_made_to_be_large_is_answered(data):
    answered(data)
