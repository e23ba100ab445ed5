"""The cases beside a pack hold, and a case that does not hold says so with its place."""

import pytest

from tests.tierbook.rulepack.packs import pack
from tierbook.errors import RuleError
from tierbook.rulepack.cases import failures, read_cases
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.source import read_source
from tierbook.shipped import shipped

PACKS = sorted(file for file in shipped("rules").glob("*.yaml") if not file.stem.endswith(".cases"))


@pytest.mark.parametrize("file", PACKS, ids=lambda file: file.stem)
def test_the_shipped_packs_say_what_their_owners_expect(file):
    found = read_pack(file)
    assert not found.warnings
    path = file.with_suffix(".cases.yaml")
    source = read_source(path.read_bytes(), file=path.name, root=list)
    cases = read_cases(source, found)
    assert len(cases) >= 10
    assert [str(problem) for problem in failures(source, cases, found)] == []


def said(text: str) -> list[str]:
    source = read_source(text.encode(), file="small.cases.yaml", root=list)
    try:
        return [str(problem) for problem in failures(source, read_cases(source, pack()), pack())]
    except RuleError as error:
        return [str(problem) for problem in error.problems]


def test_a_case_that_fails_shows_both_figures():
    text = "- name: cash gives five per cent\n  given: {total_spend: 100, settlement: cash}\n  expect: {value: 106}\n"
    assert said(text) == [
        "small.cases.yaml:3:19: [1].expect.value: cash gives five per cent: value is 105, expected 106."
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- {name: a, given: {total_spent: 1}, expect: {value: 1}}", "unknown feature 'total_spent'; did you mean 'total_spend'?"),
        ("- {name: a, given: {total_spend: much}, expect: {value: 1}}", "total_spend is a number, not 'much'."),
        ("- {name: a, given: {total_spend: 1}}", "A case has name, given and expect."),
        ("- {name: a, given: {total_spend: 1}, expects: {value: 1}, expect: {}}", "unknown key 'expects'."),
        ("- {name: a, profile: none, given: {}, expect: {value: 1}}", "small has no profile called none."),
    ],
)  # fmt: skip
def test_a_case_that_is_none_is_named(text, expected):
    assert any(expected in sentence for sentence in said(text))
