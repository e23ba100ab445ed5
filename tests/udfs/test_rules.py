"""A pack that somebody is editing while cells use it."""

import os

from tests.tierbook.rulepack.packs import GOOD
from udfs import Context, call

RANGE = [["total_spend", "settlement"], [800, "cash"], [450, "cash"]]


def edited(file, text):
    later = file.stat().st_mtime_ns + 10_000_000
    file.write_text(text, "utf-8")
    os.utime(file, ns=(later, later))


def test_cells_keep_the_last_good_pack_and_say_so(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(GOOD, "utf-8")
    context = Context(packs=tmp_path, pack="small")
    assert call("CRM_TIER", RANGE, context=context) == [["gold"], ["plain"]]
    edited(file, GOOD.replace("from: 500", "from: four hundred"))
    assert call("CRM_TIER", RANGE, context=context) == [["gold"], ["plain"]]
    assert "The newest edit cannot be used; small 1" in call("CRM_WHY", context=context)[1][1]
    assert "cannot be used" in call("CRM_PACKS", context=context)[1][4]
    edited(file, GOOD.replace("from: 500", "from: 400"))
    assert call("CRM_TIER", RANGE, context=context) == [["gold"], ["gold"]]
    assert call("CRM_PACKS", context=context)[1][4] == "ok"


def test_a_pack_that_cannot_be_used_is_listed_with_its_first_problem(tmp_path):
    (tmp_path / "small.yaml").write_text("pack: small\n", "utf-8")
    (row,) = call("CRM_PACKS", context=Context(packs=tmp_path, pack="small"))[1:]
    assert row[0] == "small"
    assert "version" in row[4]
