"""The extension as a file: every text generated, the component's sources put in, the same bytes on every machine."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from addin.calc.configuration import COMPONENT, configuration, titles
from addin.calc.functions import facts, methods
from addin.calc.icons import PICTURES, SIZES, png
from addin.calc.typelib import type_library
from workbooks.files import replace_file

FILE = "tierbook.oxt"
# The sources LibreOffice's own Python runs, under a name of their own there: other extensions may have an `addin` too.
PACKAGE = "tierbook_addin"
SOURCES = (
    "__init__.py",
    "engine_client.py",
    "engine_line.py",
    "engine_place.py",
    "engine_wire.py",
    "calc/__init__.py",
    "calc/parts.py",
    "calc/spelling.py",
    "calc/component/__init__.py",
    "calc/component/ahead.py",
    "calc/component/batch.py",
    "calc/component/calculator.py",
    "calc/component/cells.py",
    "calc/component/commands.py",
    "calc/component/dialogs.py",
    "calc/component/formulas.py",
    "calc/component/saved.py",
    "calc/component/sheets.py",
    "calc/component/words.py",
)
SERVICE_SOURCE = "calc/component/service.py"
_HERE = Path(__file__).parents[1]
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_IMPORT = re.compile(r"^(\s*(?:from|import) )addin\b", re.M)


def build_addin(folder: Path) -> Path:
    """The extension in that folder."""
    content = extension()
    folder.mkdir(parents=True, exist_ok=True)
    return replace_file(folder / FILE, lambda path: path.write_bytes(content))


def extension() -> bytes:
    """The extension's bytes. Nothing in it is compressed, so they do not depend on a version of zlib."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(parts().items()):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()


def parts() -> dict[str, bytes]:
    """The files of the extension by their paths in it."""
    from addin.version import version

    listed = methods()
    found = {name: text.encode() for name, text in configuration(listed, version()).items()}
    found["tierbook.rdb"] = type_library(listed)
    for name in PICTURES:
        found |= {f"icons/{name}_{size}.png": png(name, size) for size in SIZES.values()}
    sources = {name: (_HERE / name).read_text("utf-8") for name in (*SOURCES, SERVICE_SOURCE)}
    for name, text in sources.items():
        path = COMPONENT if name == SERVICE_SOURCE else f"pythonpath/{PACKAGE}/{name}"
        found[path] = _IMPORT.sub(rf"\1{PACKAGE}", text).encode()
    data = {
        "addin.json": {"version": version(), "titles": titles(), **facts()},
        "words.json": _words(sources),
    }
    for name, content in data.items():
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        found[f"pythonpath/{PACKAGE}/calc/component/{name}"] = text.encode()
    return found


def _words(sources: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Language -> template -> translation, of every sentence that stands in the sources."""
    from tierbook.language import LANGUAGES, sentences

    written = {
        node.value
        for text in sources.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {
        language: {text: known for text, known in sentences(language).items() if text in written}
        for language in LANGUAGES
        if language != "en"
    }
