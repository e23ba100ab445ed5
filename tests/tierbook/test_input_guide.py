"""docs/input.md says what reading knows, and what it tells to write into `config.yaml` is understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from addin.settings import read_settings
from tierbook.input_guide import renewed
from tierbook.tables import TABLES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": (DOCS / "input.md").read_text("utf-8"), "zh": (DOCS / "input.zh.md").read_text("utf-8")}


@pytest.mark.parametrize("language", PAGES)
def test_the_tables_of_the_page_are_fresh_ones(language):
    page = PAGES[language]
    assert renewed(page, language) == page, "run: python -m tierbook.input_guide docs/input.zh.md zh"


@pytest.mark.parametrize("language", PAGES)
def test_every_table_is_on_the_page_once(language):
    assert sorted(re.findall(r"<!-- table: (\w+) -->", PAGES[language])) == sorted(TABLES)


@pytest.mark.parametrize("language", PAGES)
def test_the_settings_of_the_page_are_settings(language, tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGES[language], re.DOTALL)
    for text in (example, *re.findall(r"`(reading: \{.*?\})`", PAGES[language])):
        (tmp_path / "config.yaml").write_text(text, "utf-8")
        assert read_settings(tmp_path)
