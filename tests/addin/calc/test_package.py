"""The extension as a file: the same at every build, complete, in both languages, for LibreOffice's older Python."""

from __future__ import annotations

import ast
import io
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from addin.actions import ACTIONS
from addin.calc.configuration import commands, titles
from addin.calc.functions import RANGE, methods, variants
from addin.calc.package import PACKAGE, extension, parts
from addin.calc.typelib import idl, type_library
from tierbook.language import LANGUAGES
from udfs.registry import functions

KIT = "/usr/lib/libreoffice"


def test_two_builds_give_the_same_bytes() -> None:
    assert extension() == extension()


def test_every_part_is_well_formed_and_listed() -> None:
    with zipfile.ZipFile(io.BytesIO(extension())) as archive:
        names = set(archive.namelist())
        for name in names:
            if name.endswith((".xcu", ".xml", ".components")):
                ElementTree.fromstring(archive.read(name))
        listed = ElementTree.fromstring(archive.read("META-INF/manifest.xml"))
        paths = {
            value for entry in listed for key, value in entry.attrib.items() if key.endswith("full-path")
        }
    assert paths < names
    assert paths == {name for name in names if name.endswith((".xcu", ".rdb", ".components"))}


@pytest.mark.host("calc")
def test_the_type_library_is_what_libreoffice_s_own_kit_makes_of_the_interface(tmp_path: Path) -> None:
    source, made = tmp_path / "functions.idl", tmp_path / "functions.rdb"
    source.write_text(idl(methods()), "ascii")
    types = [f"{KIT}/program/types.rdb", f"{KIT}/program/types/offapi.rdb"]
    subprocess.run([f"{KIT}/sdk/bin/unoidl-write", *types, str(source), str(made)], check=True)
    data = made.read_bytes()
    maker = data[17 : data.index(b"\0", 17)]
    assert b"LibreOffice" in maker
    assert type_library(methods(), maker=maker) == data


def test_every_function_has_a_method_and_those_with_ranges_a_twin() -> None:
    displayed = {method.display for method in methods()}
    assert set(functions()) <= displayed
    for function in functions().values():
        takes_ranges = any(one.required and one.shape not in ("cell", "pack") for one in function.arguments)
        assert (f"{function.name}_OF" in displayed) == takes_ranges
    assert len({method.name.upper() for method in methods()}) == len(methods())


def test_every_optional_range_has_a_variant_that_takes_it_as_a_reference() -> None:
    kinds = {method.display: [one.kind for one in method.parameters[1:]] for method in methods()}
    for function in functions().values():
        for at, one in enumerate(function.arguments):
            if not one.required and one.shape not in ("cell", "pack"):
                given = at + 1 if one.shape == "pairs" else at
                assert kinds[variants(function)[(given,)]][given] == RANGE, (function.name, one.name)


def test_every_action_is_in_the_menu_in_both_languages() -> None:
    assert set(ACTIONS) <= {one.name for one in commands()}
    for one in commands():
        english, chinese = (titles()[language][one.name] for language in LANGUAGES)
        assert english == one.label
        assert chinese != english


def test_the_component_is_python_3_9_and_knows_only_itself_and_the_standard_library() -> None:
    import sys

    sources = {name: text for name, text in parts().items() if name.endswith(".py")}
    assert len(sources) > 10
    for name, text in sources.items():
        tree = ast.parse(text, feature_version=(3, 9))
        roots = {
            module.split(".")[0]
            for node in ast.walk(tree)
            for module in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert roots <= {*sys.stdlib_module_names, PACKAGE, "uno", "unohelper", "com", "org"}, name
