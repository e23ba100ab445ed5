"""Every formula of every shipped pack's report: what is shown at first is what LibreOffice makes of it, in both languages."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from tierbook.language import LANGUAGES
from tierbook.rulepack.read import read_pack
from tierbook.score import Run, score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.report import all_sections, missing_needs, write_report
from workbooks.samples import sample_path

pytestmark = pytest.mark.host("libreoffice")
PACKS = sorted(path.name.removesuffix(".cases.yaml") for path in shipped("rules").glob("*.cases.yaml"))
# The pages that calculate.
CALCULATED = ("customer_360", "what_if")


@cache
def run(pack: str) -> Run:
    return score(read(sample_path(pack)).tables, read_pack(shipped("rules") / f"{pack}.yaml"))


class Shown(NamedTuple):
    """What a cell with a formula shows: its kind of value (`n`, `str`, `b` or `e`) and the value as written."""

    kind: str
    value: str | None


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The report of every pack in each language."""
    folder = tmp_path_factory.mktemp("reports")
    return {
        (pack, language): write_report(run(pack), folder / f"{pack}_{language}.xlsx", language=language)
        for pack in PACKS
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def recalculated(written: Any, office: Any, tmp_path_factory: Any) -> dict[tuple[str, str], Path]:
    """The same reports, calculated anew by one LibreOffice."""
    folder = tmp_path_factory.mktemp("bare")
    bare = [without_values(path, folder / path.name) for path in written.values()]
    return dict(zip(written, office.convert_all(bare, "xlsx"), strict=True))


def without_values(path: Path, to: Path) -> Path:
    """A copy in which no formula has a value: LibreOffice keeps those it finds."""
    with (
        zipfile.ZipFile(path) as source,
        zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name.startswith("xl/worksheets/sheet") and b"<f" in data:
                data = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data)
            copy.writestr(name, data)
    return to


def sheets(path: Path) -> Iterator[tuple[int, bytes]]:
    """The sheets of a workbook as XML, by number."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if found := re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name):
                yield int(found.group(1)), archive.read(name)


def formulas(path: Path) -> dict[tuple[int, str], Shown]:
    """What every cell with a formula shows, by sheet and address."""
    found = {}
    for number, data in sheets(path):
        if b"<f" not in data:
            continue
        for cell in ElementTree.fromstring(data).iterfind("{*}sheetData/{*}row/{*}c"):
            if cell.find("{*}f") is not None:
                found[number, cell.get("r", "")] = Shown(cell.get("t", "n"), cell.findtext("{*}v"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS)
def test_what_is_shown_at_first_is_what_libreoffice_calculates(written, recalculated, pack, language):
    shown, found = (formulas(books[pack, language]) for books in (written, recalculated))
    assert shown.keys() == found.keys()
    calculating = [one for one in all_sections() if one.name in CALCULATED]
    assert bool(shown) is any(not missing_needs(one, run(pack)) for one in calculating)
    assert not {cell: (one, found[cell]) for cell, one in shown.items() if not same(one, found[cell])}


def same(written: Shown, calculated: Shown) -> bool:
    """Whether a value was written, is no error, and is the one that was calculated."""
    if written.value is None or "e" in (written.kind, calculated.kind):
        return False
    if not written.value:
        # XlsxWriter leaves an empty text without its kind.
        return not calculated.value
    if written.kind != calculated.kind or not calculated.value:
        return False
    if written.kind == "n":
        return float(written.value) == pytest.approx(float(calculated.value), rel=1e-9, abs=1e-6)
    return written.value == calculated.value


@pytest.mark.parametrize(
    "written, calculated, why",
    [
        (Shown("n", "0"), Shown("n", "3"), "what XlsxWriter writes where no value was given"),
        (Shown("n", None), Shown("n", "3"), "no value at all"),
        (Shown("e", "#N/A"), Shown("e", "#N/A"), "an error, though both agree"),
        (Shown("n", ""), Shown("str", "–"), "blank at first, and a text later"),
        (Shown("str", "VIP"), Shown("str", "General"), "another text"),
    ],
)
def test_a_value_that_is_not_what_is_calculated_is_found(written, calculated, why):
    assert not same(written, calculated), why


@pytest.mark.parametrize("pack", PACKS)
def test_no_cell_of_a_report_shows_an_error(recalculated, pack):
    for language in LANGUAGES:
        assert not [number for number, data in sheets(recalculated[pack, language]) if b't="e"' in data]
