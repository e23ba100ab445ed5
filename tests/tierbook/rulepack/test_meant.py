"""A pack that can be read but cannot be meant so is told before anybody is scored with it."""

import pytest

from tests.tierbook.rulepack.packs import GOOD, broken, problems

HEAD = 'pack: p\nversion: "1"\n'
SHARES = "thresholds: {big: {is: 10, unit: orders}}\n"


def stages(*lines: str) -> str:
    return HEAD + SHARES + "stages:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def score(part: str) -> str:
    return (
        HEAD
        + f"scores: {{keen: {{a: {part}, b: {{points: 50, by: orders}}, levels: [{{name: x, from: 0}}]}}}}\n"
    )


def told(text: str) -> list[str]:
    return [one for one in problems(text) if "words has no entry" not in one and "Nothing uses" not in one]


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        (stages("name: a, when: orders >= 5", "name: b, when: orders >= big", "name: c, otherwise: true"), "stages[2]: b can never be reached: a, higher up", "a threshold is a number"),
        (stages("name: a, when: orders >= 5", "name: b, when: orders between 6 and 8", "name: c, otherwise: true"), "stages[2]: b can never be reached", "between is two comparisons"),
        (stages("name: a, when: orders >= 5", "name: b, when: is_member and 7 < orders", "name: c, otherwise: true"), "stages[2]: b can never be reached", "more conditions make it narrower"),
        (stages("name: a, when: orders >= 5", "name: b, when: orders = 5 or orders > 7", "name: c, otherwise: true"), "stages[2]: b can never be reached", "both sides of or are taken"),
        (stages("name: a, when: is_member or orders > 5", "name: b, when: orders > 6", "name: c, otherwise: true"), "stages[2]: b can never be reached", "one side of or is enough"),
        (stages("name: a, when: top_channel = 'app'", "name: b, when: orders > 1 and top_channel = 'app'", "name: c, otherwise: true"), "stages[2]: b can never be reached", "texts are compared as written"),
        (stages("name: a, when: orders > 5", "name: b, when: orders >= 5", "name: c, otherwise: true"), "", "five itself is left"),
        (stages("name: a, when: orders > 5", "name: b, when: total_spend > 5", "name: c, otherwise: true"), "", "another number"),
        (stages("name: a, when: orders > 5 and is_member", "name: b, when: orders > 5", "name: c, otherwise: true"), "", "those who are no members are left"),
        (stages("name: a, when: orders > 5", "name: b, when: orders > 6 or is_member", "name: c, otherwise: true"), "", "members are left"),
        (stages("name: a, when: orders > 5 and orders < 3", "name: c, otherwise: true"), "stages[1].when: This can never hold", "no number is above 5 and below 3"),
        (stages("name: a, when: orders = 5 and orders > 5", "name: c, otherwise: true"), "stages[1].when: This can never hold", "5 is not above 5"),
        (stages("name: a, when: orders > 5 or orders < 3", "name: c, otherwise: true"), "", "or"),
        (stages("name: a, when: orders > 5", "name: b, when: orders < 5"), "stages[2]: No level takes a customer whose orders is 5.", "the border belongs to nobody"),
        (stages("name: a, when: orders > big", "name: b, when: orders <= 5"), "stages[2]: No level takes a customer whose orders is 7.5.", "a gap between"),
        (stages("name: a, when: orders > 5", "name: b, when: orders <= 5"), "", "no gap"),
        (stages("name: a, when: orders > 5", "name: b, when: is_member"), "Whoever fits none of these levels has none.", "two names: only said in general"),
        (stages("name: a, when: not days_since_last > 5", "name: c, otherwise: true"), "rules/small.yaml:5:21: stages[1].when: not is yes for customers whose days_since_last is missing.", "the unknown are taken"),
        (stages("name: a, when: not orders > 5", "name: c, otherwise: true"), "", "orders are never missing"),
        (stages("name: a, when: \"not coalesce(days_since_last, 0) > 5\"", "name: c, otherwise: true"), "not is yes", "said once too often rather than too rarely"),
        (broken("from: 500", "top: 1.5"), "tiers.levels[1].top: 1.5 is no share of all", "more than everyone"),
        (broken("from: 500", "top: 0"), "tiers.levels[1].top: 0 is no share of all", "nobody"),
        (broken("{name: gold, from: 500}", "{name: gold, top: 0.2, when: orders > 1}\n    - {name: more, top: 0.1, when: orders > 2}"), "tiers.levels[2]: more can never be reached: gold", "a narrower share of fewer"),
        (broken("  late: {is: 2, unit: gaps}", "  late: {is: 2, unit: gaps}\n  Late: {is: 3, unit: gaps}"), "thresholds.Late: Late and late are one name", "case"),
        (score("{points: 40, by: orders}"), "scores.keen: The points of keen add up to 90, not to 100.", "points"),
        (score("{points: 50, by: orders, full_at: 0}"), "scores.keen.a.full_at: a cannot be full at 0.", "a share of nothing"),
        (score("{points: 50, by: orders}").replace("from: 0", "from: 101"), "scores.keen.levels[1].from: Nobody can reach x", "100 is the most"),
        (broken("points: 100", "points: 0"), "churn.signals[1].points: slow gives 0 points.", "no points"),
        (broken("  late: {is: 2, unit: gaps}", "  late: {is: 2, unit: gaps}\nprofiles: {mild: {credit: 0}}"), "", "a profile may change a part"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said(text, said, why):
    found = told(text)
    assert any(said in one for one in found) if said else not found, (why, found)


def test_a_level_that_only_one_profile_makes_unreachable_is_named_with_it():
    text = (
        HEAD
        + SHARES
        + "profiles: {mild: {big: 3}}\nstages:\n"
        + "".join(
            f"  - {{{one}}}\n"
            for one in (
                "name: a, when: orders >= big",
                "name: b, when: orders >= 5",
                "name: c, otherwise: true",
            )
        )
    )
    assert any("b can never be reached with the profile mild" in one for one in told(text))


def test_a_threshold_nobody_uses_is_named():
    text = broken("  late: {is: 2, unit: gaps}", "  late: {is: 2, unit: gaps}\n  idle: {is: 3, unit: gaps}")
    assert any("rules/small.yaml:5:3: thresholds.idle: Nothing uses idle" in one for one in problems(text))


@pytest.mark.parametrize(
    ("starts", "said"),
    [("[0, 0]", "Two bands start at 0."), ("[0, 5, 3]", "neither rise nor fall"), ("[5, 3, 0]", "")],
)
def test_bands_of_a_two_way_table_rise_or_fall(starts, said):
    row = "[" + ", ".join("1" for _ in starts.split(",")) + "]"
    part = f"{{across: {{by: orders, from: {starts}}}, down: {{by: orders, from: [0]}}, gives: [{row}]}}"
    found = told(GOOD.replace("credit: {per", f"table: {part}\n  credit: {{per", 1))
    assert any(said in one for one in found) if said else not found
