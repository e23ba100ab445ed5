"""The list of functions: complete, documented in both languages, its examples true."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tests.conformance.table import same, shown
from tierbook.errors import DataError
from tierbook.language import sentences
from udfs import Context, call
from udfs.document import document, formula
from udfs.registry import ExcelFunction, declare, function, functions

ROOT = Path(__file__).parents[2]
FUNCTIONS = list(functions().values())


@pytest.fixture(params=FUNCTIONS, ids=lambda one: one.name)
def one(request: pytest.FixtureRequest) -> ExcelFunction:
    return request.param


def test_the_example_gives_what_it_says(one: ExcelFunction):
    found = call(one.name, *one.example.cells, context=Context())
    assert same(shown(found, list(one.example.columns)), one.example.gives), found


def test_every_sentence_of_a_declaration_is_translated(one: ExcelFunction):
    said = [one.help, one.returns, one.missing, *(argument.help for argument in one.arguments)]
    assert all(said[:2])
    assert all(argument.help for argument in one.arguments)
    assert [text for text in said if text and text not in sentences("zh")] == []


def test_texts_fit_where_excel_shows_them(one: ExcelFunction):
    assert len(one.help) <= 255
    for argument in one.arguments:
        assert len(argument.help) <= 255


def test_no_function_name_looks_like_a_cell(one: ExcelFunction):
    assert re.fullmatch(r"CRM_[A-Z_]+", one.name)


def test_optional_arguments_come_last(one: ExcelFunction):
    required = [argument.required for argument in one.arguments]
    assert required == sorted(required, reverse=True)
    assert len({argument.name for argument in one.arguments}) == len(one.arguments)


def test_a_function_of_features_takes_the_headers_last(one: ExcelFunction):
    shapes = [argument.shape for argument in one.arguments]
    assert ("features" in shapes) == (shapes[-1:] == ["headers"])


def test_the_calculation_takes_the_arguments_that_are_declared(one: ExcelFunction):
    takes = inspect.signature(one.calculate).parameters.values()
    by_name = {taken.name for taken in takes if taken.kind is taken.KEYWORD_ONLY}
    declared = {argument.name for argument in one.arguments if argument.shape in ("cell", "pack")}
    assert by_name == declared | set(one.given)


def test_functions_are_found_as_hosts_write_them():
    assert function("crm_nps") is function("CRM.NPS") is function(" CRM_NPS ")
    with pytest.raises(DataError, match="Did you mean CRM_TIER"):
        function("CRM_TIERS")
    with pytest.raises(DataError, match="The functions are CRM_FEATURES, CRM_RFM"):
        function("SUM")


def test_a_name_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        declare(FUNCTIONS[0])


@pytest.mark.parametrize("name, language", [("functions.md", "en"), ("functions.zh.md", "zh")])
def test_the_page_of_functions_is_a_fresh_one(name, language):
    page = (ROOT / "docs" / name).read_text("utf-8")
    assert page == document(language), f"python -m udfs.document docs/{name} {language}"


def test_an_example_is_written_as_one_types_it():
    typed, sheet = formula(function("CRM_RFM"))
    assert typed == "=CRM_RFM(A1:A3, B1:B3, C1:C3, DATE(2025,1,31))"
    assert [row[0] for row in sheet] == ["A", "A", "B"]
