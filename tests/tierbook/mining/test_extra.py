"""Without scikit-learn everything else works, and who asks for mining is told what to install."""

from __future__ import annotations

import pytest

from tierbook.errors import HostError
from tierbook.mining import extra
from tierbook.mining.baskets import basket_rules
from tierbook.mining.clusters import clusters
from tierbook.mining.outliers import outliers
from udfs import Context, FunctionError, call


@pytest.fixture
def without(monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None)


def test_a_missing_extra_is_named_with_the_line_that_installs_it(without):
    assert not extra.installed()
    with pytest.raises(HostError, match=r'pip install "tierbook\[mining\]"'):
        clusters([[1.0], [2.0]], k=2)
    with pytest.raises(FunctionError, match="数据挖掘需要 scikit-learn"):
        call("CRM_CLUSTER", [["Spend"], [1], [2]], 2, context=Context(language="zh"))


def test_baskets_and_outliers_need_no_extra(without):
    assert basket_rules([1, 1], ["a", "b"]).lift.tolist() == [1.0, 1.0]
    assert outliers([[1.0], [2.0]]).z.tolist() == [-0.6745, 0.6745]
