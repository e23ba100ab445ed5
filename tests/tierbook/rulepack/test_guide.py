"""docs/rules.md says what the models say, and its examples are packs."""

import re
from pathlib import Path

import pytest

from tests.tierbook.rulepack.packs import GOOD, problems
from tierbook.rulepack.cases import read_cases
from tierbook.rulepack.guide import renewed
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.schema import schema
from tierbook.rulepack.source import read_source
from tierbook.shipped import shipped

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")


def test_the_tables_are_fresh_ones():
    assert renewed(PAGE) == PAGE, "run: python -m tierbook.rulepack.guide docs/rules.md"


def test_every_section_a_pack_may_hold_is_on_the_page():
    shown = set(re.findall(r"<!-- keys: (\w+) -->", PAGE))
    assert set(schema()["$defs"]) - shown <= {"Goal", "Rfm"}


def test_the_example_of_features_is_one():
    (example,) = re.findall(r"```yaml\nfeatures:\n(.*?)```", PAGE, re.DOTALL)
    text = GOOD.replace("features:\n", f"columns: {{nights: number}}\nfeatures:\n{example}")
    assert problems(text) == []


def test_the_example_of_a_case_is_one():
    (example,) = re.findall(r"```yaml\n(- name.*?)```", PAGE, re.DOTALL)
    pack = read_pack(shipped("rules") / "hospitality.yaml")
    assert read_cases(read_source(example.encode(), file="x.cases.yaml", root=list), pack)


@pytest.mark.parametrize("command", re.findall(r"`tierbook rules (\w+)", PAGE))
def test_every_command_on_the_page_is_there(command):
    from addin.rules_on_books import rules

    assert command in {one.name for one in rules.registered_commands}
