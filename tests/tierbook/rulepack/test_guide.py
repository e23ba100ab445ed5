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

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {"en": (DOCS / "rules.md").read_text("utf-8"), "zh": (DOCS / "rules.zh.md").read_text("utf-8")}
BOTH = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@pytest.mark.parametrize("language", PAGES)
def test_the_tables_are_fresh_ones(language):
    page = PAGES[language]
    assert renewed(page, language) == page, "run: python -m tierbook.rulepack.guide docs/rules.zh.md zh"


@BOTH
def test_every_section_a_pack_may_hold_is_on_the_page(page):
    shown = set(re.findall(r"<!-- keys: (\w+) -->", page))
    assert set(schema()["$defs"]) - shown <= {"Goal", "Rfm"}


@BOTH
def test_the_example_of_features_is_one(page):
    (example,) = re.findall(r"```yaml\nfeatures:\n(.*?)```", page, re.DOTALL)
    text = GOOD.replace("features:\n", f"columns: {{nights: number}}\nfeatures:\n{example}")
    assert problems(text) == []


@BOTH
def test_the_example_of_a_case_is_one(page):
    (example,) = re.findall(r"```yaml\n(- name.*?)```", page, re.DOTALL)
    pack = read_pack(shipped("rules") / "hospitality.yaml")
    assert read_cases(read_source(example.encode(), file="x.cases.yaml", root=list), pack)


@pytest.mark.parametrize("command", re.findall(r"`tierbook rules (\w+)", "".join(PAGES.values())))
def test_every_command_on_the_page_is_there(command):
    from addin.rules_on_books import rules

    assert command in {one.name for one in rules.registered_commands}
