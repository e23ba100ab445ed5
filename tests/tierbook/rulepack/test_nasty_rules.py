"""Hazards met in rule files, each with the answer wanted: accepted, warned about or refused, in words and with a place."""

import pytest

from tests.tierbook.rulepack.packs import GOOD, broken, pack, problems
from tierbook.rulepack.pack import CompiledLookup

FILE = "rules/small.yaml"


def base(expression: str) -> str:
    """The small pack with another base of its value; its line 8 is `  base: …`."""
    return broken("base: total_spend", f"base: {expression}")


def when(condition: str) -> str:
    """The small pack with another condition of its first stage; line 16, in quotes that open in column 25."""
    return broken(
        "when: overdue_ratio > late}\n  - {name: lively", f'when: "{condition}"}}\n  - {{name: lively'
    )


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{last}, *{last}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
)

REFUSED = [
    ("01 billion laughs", LAUGHS, f"{FILE}:1:4: Anchors and aliases"),
    ("08 tab indentation", broken("  late:", "\tlate:"), f"{FILE}:4:1: A tab is used here; YAML is indented with spaces. Replace the tab with spaces."),
    ("09 merge key", broken("  late:", "  <<: {x: 1}\n  late:"), f"{FILE}:4:3: Merge keys (<<)"),
    ("11 recursive alias", "pack: &me [*me]\n", f"{FILE}:1:7: Anchors and aliases"),
    ("12 deep flow", "pack: " + "[" * 100_000, "Nested deeper than 50 levels."),
    ("12 deep flow, closed", "pack: " + "[" * 5_000 + "]" * 5_000, "Nested deeper than 50 levels."),
    ("13 second document", GOOD + "---\npack: b\n", f"{FILE}:32:1: A second document starts here"),
    ("15 only a comment", "# rules will follow\n", f"{FILE}:1:1: A rule file starts with keys"),
    ("16 a list", "- pack: small\n", f"{FILE}:1:1: A rule file starts with keys"),
    ("17 unknown key", broken("name: quiet, when:", "name: quiet, wehn:"), f"{FILE}:16:19: stages[1].wehn: unknown key 'wehn'; did you mean 'when'?"),
    ("18 unquoted colon", base("total_spend: 2"), f"{FILE}:8:20: There is a colon inside an unquoted text. Put the whole text in quotes."),
    ("19 unquoted #", base("total_spend + # bonus"), f"{FILE}:8:22: value.base: a value is missing at the end."),
    ("20 unquoted >", base("> 100"), f"{FILE}:8:11: A value cannot start with this character. Put the whole text in quotes."),
    ("21 unquoted *", base("*total_spend"), f"{FILE}:8:9: Anchors and aliases (& and *) are not used in rule files. Write the text in quotes, or the value out in full."),
    ("21 unquoted %", base("%total_spend"), f"{FILE}:8:9: A value cannot start with this character. Put the whole text in quotes."),
    ("21 unquoted @", base("@total_spend"), f"{FILE}:8:9: A value cannot start with this character."),
    ("25 smart quotes", when("settlement = ‘cash’"), f"{FILE}:16:39: stages[1].when: ‘ is not a quote of the rule language. Put text in straight single quotes: 'text'; names need none."),
    ("27 not a number", broken("is: 2,", "is: .nan,"), f'{FILE}:4:14: thresholds.late.is: ".nan" is not a number here.'),
    ("27 infinity", broken("is: 2,", "is: .inf,"), f'{FILE}:4:14: thresholds.late.is: ".inf" is not a number here.'),
    ("27 too large", broken("is: 2,", "is: 1e999,"), "1e999 is too large."),
    ("32 deep not", when("not " * 500 + "is_member"), f"{FILE}:16:186: stages[1].when: nesting too deep: more than 40 levels. Move a part of it into a feature of its own."),
    ("32 deep brackets", when("(" * 900 + "is_member" + ")" * 900), f"{FILE}:16:66: stages[1].when: nesting too deep: more than 40 levels. Move a part of it into a feature of its own."),
    ("35 comment in an expression", when("orders > 1 -- or so"), f"{FILE}:16:37: stages[1].when: comments are not allowed in an expression. Write it as `because:` or behind # in the YAML; for minus a minus write -(-x)."),
    ("35 comment of the other kind", when("orders > 1 /* or so */"), f"{FILE}:16:37: stages[1].when: comments are not allowed in an expression. Write it as `because:` or behind # in the YAML; for minus a minus write -(-x)."),
    ("38 getenv", when("getenv('HOME') = 'x'"), f"{FILE}:16:26: stages[1].when: unknown function 'getenv'."),
    ("39 dunder", when("''.__class__ = 'x'"), f"{FILE}:16:28: stages[1].when: . is not part of the rule language. It has names, numbers, 'texts', + - * / = <> < <= > >= ( ) and words."),
    ("39 import", when("__import__('os')"), f"{FILE}:16:26: stages[1].when: unknown function '__import__'."),
    ("40 power operator", base("9 ** 9 ** 9"), f"{FILE}:8:11: value.base: ** is not part of the rule language. Write power(x, y)."),
    ("40 repeat", when("repeat('x', 1000000000) = 'x'"), f"{FILE}:16:26: stages[1].when: unknown function 'repeat'."),
    ("41 regular expression", when("regexp_matches(settlement, '(a+)+$')"), f"{FILE}:16:26: stages[1].when: unknown function 'regexp_matches'."),
    ("41 like", when("settlement like '%a%'"), f"{FILE}:16:37: stages[1].when: patterns are not part of the rule language. Compare with = or in (…)."),
    ("44 text and number", when("settlement > 100"), f"{FILE}:16:37: stages[1].when: text compared with number. Write numbers without quotes and texts in single quotes."),
    ("45 chained comparison", when("1 < orders < 3"), f"{FILE}:16:37: stages[1].when: chained comparison. Write `between … and …` or join two comparisons with and; put one in brackets to compare its answer."),
    ("46 look-alike letter", when("оrders > 1"), f"{FILE}:16:26: stages[1].when: unknown feature 'оrders'; its 'о' is Cyrillic Small Letter O."),
    ("48 a path as a table", broken("share_of_wallet: spend_per_month / budget", "share_of_wallet: {count: ../../etc/passwd}"), f"{FILE}:6:28: features.share_of_wallet.count: There is no table called"),
    ("48 a path as a name", broken("pack: small", "pack: ../../small"), f'{FILE}:1:7: pack: "../../small" is not a name.'),
    ("52 next line", GOOD.replace("pack: small", "pack: small\x85"), "The character U+0085 breaks lines"),
    ("52 line separator", GOOD.replace("unit: gaps", "unit: ga\u2028ps"), f"{FILE}:4:25: The character U+2028 breaks lines in some programs"),
    ("more levels than anybody reads", broken("stages:\n", "stages:\n" + "  - {name: s, when: orders > 1}\n" * 70), "stages: There are 72 entries here; 60 are the most."),
    ("more flags than a number holds", GOOD + "positions:\n" + "".join(f"  - {{name: p{i}, when: is_member}}\n" for i in range(63)), "positions: There are 63 entries here; 62 are the most."),
    ("more features than anybody names", broken("features:\n", "features:\n" + "".join(f"  f{i}: orders\n" for i in range(9000))), "features: There are 9001 entries here; 400 are the most."),
    ("more parts of a score", GOOD + "scores:\n  s:\n" + "".join(f"    p{i}: {{points: 1, by: orders}}\n" for i in range(100)), "scores.s: There are 100 entries here; 60 are the most."),
    ("no level at all", broken("levels: [{name: warning, from: 60}, {name: fine, otherwise: true}]", "levels: []"), "churn.levels: At least one entry is needed here."),
    ("53 duplicate name", broken("name: plain", "name: gold"), f"{FILE}:14:14: tiers.levels[2].name: 'gold' is defined already, on line 13."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_hazard_is_refused_in_words(text, said):
    found = problems(text)
    assert any(said in sentence for sentence in found), found


ACCEPTED = [
    ("00 a plain pack", GOOD),
    ("04 a code that looks like an octal number", broken("gives: {cash: 0.05,", "gives: {00123: 0.05,")),
    ("07 a date", broken("thresholds:", "as_of: 2026-10-31\nthresholds:")),
    ("22 UTF-16 with a mark", GOOD.encode("utf-16")),
    ("22 UTF-8 with a mark", GOOD.encode("utf-8-sig")),
    ("51 mixed line ends", GOOD.replace("\nwords", "\r\nwords")),
]


@pytest.mark.parametrize("text", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_what_only_looks_dangerous_is_accepted(text):
    assert problems(text) == []


def test_an_octal_looking_code_stays_the_text_it_is():
    credit = pack(str(ACCEPTED[1][1])).parts["credit"]
    assert isinstance(credit, CompiledLookup)
    assert list(credit.gives) == ["00123", "on"]


def test_a_moment_with_a_time_zone_is_no_date():
    found = problems(broken("thresholds:", "as_of: 2026-10-31T10:00:00+08:00\nthresholds:"))
    assert found == [f'{FILE}:3:8: as_of: "2026-10-31T10:00:00+08:00" is not a date. Write it as 2026-10-31.']


def test_lines_are_counted_alike_with_mixed_line_ends():
    text = (
        broken("name: plain", "name: gold")
        .replace("features:\n", "features:\r\n")
        .replace("value:\n", "value:\r\n", 1)
    )
    assert any(one.startswith(f"{FILE}:14:14:") for one in problems(text))


def test_a_hole_between_tiers_is_a_warning():
    levels = "\n    - {name: gold, when: total_spend > 1000}\n    - {name: plain, when: total_spend < 1000}"
    text = broken("\n    - {name: gold, from: 500}\n    - {name: plain, otherwise: true}", levels)
    assert problems(text) == [
        f"{FILE}:14:7: tiers.levels[2]: No level takes a customer whose total_spend is 1000. Move a bound, or end the list with otherwise: true."
    ]
