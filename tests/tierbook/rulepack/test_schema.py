"""Editors are told the same about a pack as our own reader says."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.tierbook.rulepack.editor import seen
from tests.tierbook.rulepack.packs import GOOD, broken, problems
from tierbook.rulepack.schema import schema, schema_text
from tierbook.shipped import shipped

ROOT = Path(__file__).parents[3]
PACKS = [path for path in sorted((ROOT / "rules").glob("*.yaml")) if not path.stem.endswith(".cases")]
EDITOR = Draft202012Validator(schema())


def said(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in EDITOR.iter_errors(seen(text))]


def test_the_schema_in_the_rules_folder_is_what_the_models_say():
    fresh = (ROOT / "rules" / "pack.schema.json").read_text("utf-8")
    assert fresh == schema_text(), "run: tierbook rules schema"


def test_the_schema_is_one():
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_pack_pleases_the_editor_and_points_to_the_schema(path):
    text = path.read_text("utf-8")
    assert said(text) == []
    assert text.startswith("# yaml-language-server: $schema=pack.schema.json\n")


def test_a_pack_that_writes_numbers_and_flags_in_quotes_pleases_both():
    text = GOOD.replace("is: 2,", 'is: "2",').replace("otherwise: true", 'otherwise: "true"')
    assert said(text) == []
    assert problems(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pack: small\n", ""),
        ('version: "1"', "version: 1"),
        ("name: quiet, when:", "name: quiet, wehn:"),
        ("is: 2,", "is: two,"),
        ("is: 2,", "is: 1_000,"),
        ("is: 2,", "is: 1:30,"),
        ("is: 2,", "is: .nan,"),
        ("unit: gaps", "units: gaps"),
        ("base: total_spend", "base: [total_spend]"),
        ("per: settlement", "pre: settlement"),
        ("otherwise: true}\nstages", "otherwise: yes}\nstages"),
        ("otherwise: true}\nstages", "otherwise: true, when: orders > 1}\nstages"),
        ("name: gold, from: 500", "name: gold"),
        ("name: gold", "name: 2gold"),
        ("name: gold", "name: gold-plated"),
        ("points: 100", "points: many"),
        ("levels: [{name: warning, from: 60}, {name: fine, otherwise: true}]", "levels: []"),
        ("features:", "feature:"),
        ("  gold: {en: Gold, zh: 金}", "  gold: {en: Gold}"),
        ("  gold: {en: Gold, zh: 金}", "  gold: Gold"),
        ("share_of_wallet: spend_per_month / budget", "share_of_wallet: {count: transactions, sum: transactions.amount}"),
        ("share_of_wallet: spend_per_month / budget", "share_of_wallet: {sum: transactions.amount, days: [0]}"),
        ("share_of_wallet: spend_per_month / budget", "share_of_wallet: {}"),
        ("thresholds:\n  late: {is: 2, unit: gaps}", "thresholds: []"),
    ],
)  # fmt: skip
def test_what_the_shape_forbids_is_refused_by_the_editor_and_by_us(old, new):
    text = broken(old, new)
    assert said(text), "the editor is silent"
    assert any(": words has no entry" not in one for one in problems(text)), "we are silent"


def test_names_in_any_script_are_names():
    assert said(broken("name: gold", "name: 金卡")) == []


def test_every_key_says_what_it_is_for():
    described = schema()["$defs"] | {"pack": schema()}
    silent = [
        f"{section}.{key}"
        for section, shape in described.items()
        for key, value in shape["properties"].items()
        if not value.get("description") and "$ref" not in value
    ]
    assert not silent


def test_every_example_fits_its_key():
    def examples(node, path=""):
        if isinstance(node, dict):
            yield from (
                (path, node, one) for one in node.get("examples", ()) if isinstance(node["examples"], list)
            )
            for key, value in node.items():
                yield from examples(value, f"{path}.{key}")

    for path, shape, example in examples(schema()):
        whole = {**shape, "$defs": schema()["$defs"]}
        assert not list(Draft202012Validator(whole).iter_errors(example)), f"{path}: {example}"


def test_the_schema_travels_with_the_program():
    assert json.loads((shipped("rules") / "pack.schema.json").read_text("utf-8")) == schema()
