"""One function, three spellings: what is converted in a formula, and what is left alone."""

from __future__ import annotations

import pytest

from addin.calc.functions import spelling
from addin.calc.parts import convert_part, may_hold_formulas
from udfs.registry import functions

P = "ORG.TIERBOOK.FUNCTIONS."


@pytest.mark.parametrize(
    "formula, calc, why",
    [
        (
            "=CRM_VALUE(A1:G9,,,A1:G1)",
            f"={P}CRMVALUEWITHHEADERS(A1:G9,,,A1:G1)",
            "a call with a range that may be left out",
        ),
        ("=crm.value(A1:G9)", f"={P}CRMVALUE(A1:G9)", "Office.js writes a dot; case does not matter"),
        ('=CRM_VALUE(A1:G9,,,{"id"})', f'={P}CRMVALUE(A1:G9,,,{{"id"}})', "typed values are no reference"),
        (
            '=CRM_FEATURES(A1:F9,H1:I9,,,"visits",K1:M9,"surveys",O1:Q9)',
            f'={P}CRMFEATURESWITHCUSTOMERSFURTHER2(A1:F9,H1:I9,,,"visits",K1:M9,"surveys",O1:Q9)',
            "the variant says which ranges are given",
        ),
        (
            f'={P}CRMFEATURES(A1:F9,,,,"visits",K1:M9,"surveys",CRM_RFM(A1:A9))',
            f'={P}CRMFEATURESWITHFURTHER1(A1:F9,,,,"visits",K1:M9,"surveys",{P}CRMRFM(A1:A9))',
            "a nested function is no reference",
        ),
        ("=_xldudf_CRM_NPS(A:A)", f"={P}CRMNPS(A:A)", "Excel's name for a function it has not at hand"),
        ("=[1]!CRM_NPS(A:A)", f"={P}CRMNPS(A:A)", "a link to the add-in goes"),
        (r"='C:\Add Ins\tierbook.xlam'!CRM_NPS(A1)", f"={P}CRMNPS(A1)", "so does its full path"),
        ("=CRM_GROWTH(120,B1)", f"={P}CRMGROWTHOF(120,B1)", "a typed value needs the twin"),
        ("=CRM_GROWTH(B2*2,B1)", f"={P}CRMGROWTHOF(B2*2,B1)", "so does arithmetic"),
        ("=CRM_NPS('a ''b'!$A$1:$A$9)", f"={P}CRMNPS('a ''b'!$A$1:$A$9)", "a quoted sheet is a reference"),
        ("=CRM_NPS($Data.$A$1:.$A$9)", f"={P}CRMNPS($Data.$A$1:.$A$9)", "as LibreOffice writes one"),
        (
            "=CRM_NPS(Answers[score (0-10)])",
            f"={P}CRMNPS(Answers[score (0-10)])",
            "a column of a table is one",
        ),
        ("=CRM_NPS(Scores)", f"={P}CRMNPS(Scores)", "a name stands for a range"),
        ("=CRM_NPS(TRUE)", f"={P}CRMNPSOF(TRUE)", "but TRUE is no name"),
        (
            "=CRM_TIER(CRM_FEATURES(T!A:F))",
            f"={P}CRMTIEROF({P}CRMFEATURES(T!A:F))",
            "nested calls are converted each by itself",
        ),
        ('="CRM_NPS(" & "x""CRM_NPS("', '="CRM_NPS(" & "x""CRM_NPS("', "texts stay"),
        ("='CRM_NPS('!A1", "='CRM_NPS('!A1", "sheet names stay"),
        ("=T[CRM_NPS (x)]", "=T[CRM_NPS (x)]", "column names stay"),
        ("=CRM_OTHER(1)+XCRM_NPS(1)+CRM_NPS", "=CRM_OTHER(1)+XCRM_NPS(1)+CRM_NPS", "others' names stay"),
    ],
)
def test_a_formula_is_spelled_as_libreoffice_keeps_it(formula: str, calc: str, why: str) -> None:
    assert spelling().convert(formula, "calc") == calc, why


@pytest.mark.parametrize("name", functions())
def test_every_function_survives_a_round_through_all_spellings(name: str) -> None:
    known = spelling()
    formula = f'={name}(A1:B9,"{name}(")'
    for to in ("office", "calc", "office", "excel"):
        formula = known.convert(formula, to)
        assert known.called(formula) == [name]
    assert formula == f'={name}(A1:B9,"{name}(")'


def test_formulas_are_found_in_every_place_a_part_can_hold_them() -> None:
    part = (
        b'<x><c><f t="array" ref="A1">CRM_NPS(A1:A9)&amp;"&lt;CRM_NPS("</f><v>CRM_NPS(1)</v></c>'
        b"<definedName name='n'>CRM_NPS(A1)</definedName><formula1>CRM_NPS(A1)&gt;1</formula1>"
        b"<xm:f>CRM_NPS(A1)</xm:f><f/><t>CRM_NPS(A1)</t><calculatedColumnFormula>CRM_NPS(T[x])</calculatedColumnFormula></x>"
    )
    for data in (part, b"\xff\xfe" + part.decode().encode("utf-16-le")):
        found = convert_part(data, spelling(), "office")
        text = found.decode("utf-16" if data is not part else "utf-8")
        assert text.count("CRM.NPS(") == 5
        assert "<v>CRM_NPS(1)</v>" in text
        assert '"&lt;CRM_NPS("' in text
        assert convert_part(found, spelling(), "excel") == data


def test_parts_without_formulas_are_not_opened() -> None:
    assert may_hold_formulas("xl/worksheets/sheet1.xml")
    assert may_hold_formulas("xl/workbook.xml")
    for name in ("xl/sharedStrings.xml", "xl/styles.xml", "docProps/app.xml", "xl/media/image1.png"):
        assert not may_hold_formulas(name)
