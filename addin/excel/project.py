"""The VBA project of the add-in: texts in, the bytes of `vbaProject.bin` out."""

from __future__ import annotations

import struct
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from addin.excel.wrappers import MODULE, functions_module
from addin.version import version
from tierbook.errors import HostError
from udfs.registry import functions

NAME = "Tierbook"
PART = "xl/vbaProject.bin"
_FOLDER = Path(__file__).with_name("vba")
_PROJECT_NAME = struct.Struct(
    "<HI"
)  # record 0x0004 of the dir stream: its number, the length of the name (MS-OVBA 2.3.4.2.1.6)


def modules(places: Mapping[str, str]) -> dict[str, str]:
    """The source of every module by name; `places` says where on the add-in's sheet things are."""
    found = {file.stem: file.read_text("utf-8") for file in sorted(_FOLDER.glob("*.bas"))}
    for name, value in {"version": version(), **places}.items():
        found = {module: source.replace(f"{{{name}}}", value) for module, source in found.items()}
    return {**found, MODULE: functions_module(functions().values())}


def project(sources: Mapping[str, str]) -> bytes:
    """A VBA project of these modules, called Tierbook.

    Raises
    ------
    HostError
        pyOpenVBA is not installed.
    """
    try:
        from pyopenvba import ExcelFile
    except ModuleNotFoundError as error:
        raise HostError(
            "The add-in for Excel is built with {package}, which is not installed.",
            fix="Run pip install {package}.",
            package="pyOpenVBA",
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tierbook.xlam")
        with ExcelFile.create_new(path) as file:
            vba = file.vba_project()
            vba.delete_module("Module1")
            for name, source in sources.items():
                vba.add_module(name, source.replace("\n", "\r\n"))
            file.save()
        with zipfile.ZipFile(path) as package:
            return _renamed(package.read(PART))


def _renamed(content: bytes) -> bytes:
    """The project under its own name: two projects called VBAProject answer for each other."""
    from pyopenvba.cfb import CFB
    from pyopenvba.vba import compress, decompress

    file = CFB.from_bytes(content)
    directory = decompress(file.get_stream_in_storage("VBA", "dir"))
    before = _PROJECT_NAME.pack(0x0004, len(b"VBAProject")) + b"VBAProject"
    after = _PROJECT_NAME.pack(0x0004, len(NAME)) + NAME.encode("ascii")
    assert directory.count(before) == 1
    file.write_stream_in_storage("VBA", "dir", compress(directory.replace(before, after)))
    text = file.get_stream("PROJECT")
    assert text.count(b'Name="VBAProject"') == 1
    file.write_stream("PROJECT", text.replace(b'Name="VBAProject"', f'Name="{NAME}"'.encode("ascii")))
    return file.to_bytes()
