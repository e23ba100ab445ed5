"""Nothing of a shipped pack is shown to a reader by the name the rules have for it."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from tierbook.language import LANGUAGES, labels
from tierbook.rulepack.in_words import rule_in_words
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.show import rules
from tierbook.shipped import shipped
from workbooks.advice import signal_words
from workbooks.blocks import figure_kind
from workbooks.sections.audit import PRINTED
from workbooks.wording import Wording

PACKS = sorted(path.name.removesuffix(".cases.yaml") for path in shipped("rules").glob("*.cases.yaml"))


def pack_named(name: str) -> Any:
    return read_pack(shipped("rules") / f"{name}.yaml")


@pytest.mark.parametrize("name", PACKS)
def test_thresholds_figures_and_units_have_words_in_both_languages(name):
    pack = pack_named(name)
    names = {*pack.thresholds, *pack.features, *(measure.name for measure in pack.measures)}
    assert not names - pack.words.keys() - labels().keys()
    assert not {f"unit_{one.unit}" for one in pack.thresholds.values()} - labels().keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PACKS)
def test_rules_are_printed_without_names_of_columns(name, language):
    pack = pack_named(name)
    printed = [rule for rule in rules(pack, language) if rule.section.partition(".")[0] in PRINTED]
    said = {(rule.section, rule.key): rule_in_words(rule, pack, language) for rule in printed}
    assert not {place: words for place, words in said.items() if re.search(r"[a-z]+_[a-z_]+", words)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PACKS)
def test_a_warning_sign_is_named_without_gaps_for_figures(name, language):
    pack = pack_named(name)
    run: Any = SimpleNamespace(pack=pack, word=pack.word)
    words: Any = Wording(run, language)
    signals = pack.churn.signals if pack.churn else ()
    assert not [said for one in signals if "…" in (said := signal_words(words, one.reason))]


@pytest.mark.parametrize(
    "figure, unit, kind",
    [
        (0.2, "share of customers", "share0"), (0.155, "share of capacity", "share"), (-0.3, "change of spend", "share0"),
        (0.07, "share of revenue", "share0"), (100_000, "currency a month", "count"), (180, "days", "plain"), (2.5, "usual gaps", "plain"),
    ],
)  # fmt: skip
def test_a_figure_of_the_rules_is_shown_in_its_unit(figure, unit, kind):
    assert figure_kind(figure, unit) == kind
