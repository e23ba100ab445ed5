"""The house stands: imports point one way, importing is light, and every sentence exists in both languages."""

from __future__ import annotations

import ast
import json
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tierbook.language import LANGUAGES, labels

ROOT = Path(__file__).parents[1]
# addin -> udfs -> tierbook <- workbooks <- addin
MAY_IMPORT = {
    "tierbook": {"tierbook"},
    "udfs": {"udfs", "tierbook"},
    "workbooks": {"workbooks", "tierbook"},
    "addin": {"addin", "udfs", "workbooks", "tierbook"},
}
# What every subject may use. All modules of tierbook that are in neither set are subjects.
SHARED = {
    "arrow", "errors", "language", "quality", "tables", "columns", "periods", "rounding", "features", "engines",
    "likely", "shipped",
}  # fmt: skip
WHERE_SUBJECTS_MEET = {
    "customers", "duplicates", "needs", "pipeline", "run", "score", "scorer", "rulepack", "warehouse",
}  # fmt: skip
HEAVY = (
    "anyio", "duckdb", "fastexcel", "openpyxl", "pandas", "pyarrow", "pydantic", "rich", "scipy", "sqlglot", "starlette",
    "typer", "uvicorn", "xlsxwriter", "xlwings",
)  # fmt: skip
# Themselves only imported inside functions, so they may import at their top what they cannot do without.
LAZY = {
    "addin.addin_cli",
    "addin.actions_cli",
    "addin.calc.component.service",
    "addin.calc_cli",
    "addin.cli",
    "addin.excel.binding",
    "addin.excel.connection",
    "addin.excel.note",
    "addin.engine_app",
    "addin.engine_cli",
    "addin.engine_http",
    "addin.figures_cli",
    "addin.functions_cli",
    "addin.options",
    "addin.rules_cli",
    "addin.lifetime_cli",
    "addin.rules_on_books",
    "addin.terminal",
    *(
        f"tierbook.rulepack.{name}"
        for name in (
            "care",
            "cases",
            "check",
            "agenda",
            "compiler",
            "figures",
            "guide",
            "in_engine",
            "meant",
            "model",
            "own_tables",
            "pack",
            "read",
            "records",
            "resolver",
            "scalars",
            "sections",
            "shape",
            "schema",
            "whom",
        )
    ),
}
# In parts, or this file would hold them.
REGISTRIES = [".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"), ("unpkg", "com"),
    ("debian", "org"), ("ubuntu", "com"), ("golang", "org"), ("crates", "io"), ("maven", "org"),
)]  # fmt: skip


class Module(NamedTuple):
    name: str
    path: Path
    tree: ast.Module

    @property
    def subject(self) -> str:
        """`tierbook.clv.bg_nbd` belongs to the subject clv."""
        return self.name.split(".")[1] if "." in self.name else ""

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of everything imported; for `from a import b` that is a.b."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{self.path}:{node.lineno}: name the package in full"
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@cache
def modules() -> list[Module]:
    found = []
    for package in MAY_IMPORT:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))))
    return found


@cache
def repository_files() -> list[Path]:
    """Files git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in said.split("\0") if name and (path := ROOT / name).is_file()]


def test_packages_import_one_way():
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules()
        for line, name in module.imports()
        if name.split(".")[0] in MAY_IMPORT
        and name.split(".")[0] not in MAY_IMPORT[module.name.split(".")[0]]
    ]
    assert not wrong


def test_subjects_do_not_import_subjects():
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules()
        if module.name.startswith("tierbook.") and module.subject not in WHERE_SUBJECTS_MEET
        for line, name in module.imports()
        if name.startswith("tierbook.") and name.split(".")[1] not in {*SHARED, module.subject}
    ]
    assert not wrong


def test_report_sections_do_not_import_each_other():
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules()
        if module.name.startswith("workbooks.sections.")
        for line, name in module.imports()
        if name.startswith("workbooks.sections") and name != "workbooks.sections.Section"
    ]
    assert not wrong


def test_calculations_never_read_the_clock():
    wrong = [
        f"{module.path}:{node.lineno} calls {node.func.attr}()"
        for module in modules()
        if module.name.startswith("tierbook")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"today", "now", "utcnow"}
    ]
    assert not wrong


def test_the_part_of_xlwings_with_another_licence_is_never_imported():
    wrong = [
        f"{path}:{node.lineno}"
        for path in repository_files()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        + [alias.name for alias in node.names]
        + [f"{node.module}.{alias.name}" for alias in node.names if isinstance(node, ast.ImportFrom)]
        if name.startswith(("xlwings.pro", "xlwings.server"))
    ]
    assert not wrong


def test_no_file_names_a_package_registry():
    wrong = [
        f"{path}: {registry}"
        for path in repository_files()
        for registry in REGISTRIES
        if registry.encode() in path.read_bytes()
    ]
    assert not wrong


IMPORT_WITHOUT = """
import importlib, json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HEAVY:
            raise ImportError(f"needs {name}")

HEAVY, modules = json.load(sys.stdin)
sys.meta_path.insert(0, Refuse())
refused = {}
for module in modules:
    try:
        importlib.import_module(module)
    except ImportError as error:
        refused[module] = str(error)
json.dump(refused, sys.stdout)
"""


def refused(names: list[str]) -> dict[str, str]:
    """Modules that cannot be imported without the heavy packages, and which of them they need."""
    child = subprocess.run(
        [sys.executable, "-c", IMPORT_WITHOUT],
        input=json.dumps([HEAVY, names]),
        cwd=ROOT,
        text=True,
        capture_output=True,
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def test_importing_loads_nothing_heavier_than_numpy():
    names = [module.name for module in modules() if not module.name.endswith("__main__")]
    assert {name: why for name, why in refused(names).items() if name not in LAZY} == {}


def test_every_exception_to_light_imports_is_needed():
    assert set(refused(sorted(LAZY))) == LAZY


# --- Sentences


class Sentence(NamedTuple):
    text: str
    place: str


SPOKEN = {"message", "fix", "template"}


@cache
def spoken() -> list[tuple[Module, ast.expr]]:
    """Every argument given where a parameter is called message, fix or template."""
    here = {module.name: speakers(module.tree) for module in modules()}
    everywhere: dict[str, dict[str, int | None]] = {"Phrase": {"template": 0}}
    for known in here.values():
        everywhere |= known
    return [
        (module, argument)
        for module in modules()
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call)
        for argument in templates(call, here[module.name], everywhere)
    ]


@cache
def sentences() -> list[Sentence]:
    """Every template written as a literal, or as a constant of a module."""
    return [
        Sentence(text, f"{module.path}:{argument.lineno}")
        for module, argument in spoken()
        for text in literals(argument)
        if text
    ]


def speakers(tree: ast.Module) -> dict[str, dict[str, int | None]]:
    """Functions and classes that take a template: name -> parameter -> position (None: keyword only).

    Methods are listed as `.name`, because a method `say` and the function `say` differ in their parameters.
    """
    found: dict[str, dict[str, int | None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fields = [
                item.target.id
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            ]
            found[node.name] = {name: i for i, name in enumerate(fields) if name in SPOKEN}
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    name = node.name if item.name == "__init__" else f".{item.name}"
                    found[name] = parameters(item, skip=1)
            if {base.id for base in node.bases if isinstance(base, ast.Name)} & {"TierbookError"}:
                found[node.name] = {"message": 0, "fix": None}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            found[function.name] = parameters(function, skip=0)
    return {name: taken for name, taken in found.items() if taken}


def parameters(function: ast.FunctionDef, *, skip: int) -> dict[str, int | None]:
    positional = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)][skip:]
    taken: dict[str, int | None] = {name: i for i, name in enumerate(positional) if name in SPOKEN}
    return taken | {argument.arg: None for argument in function.args.kwonlyargs if argument.arg in SPOKEN}


def templates(call: ast.Call, here: dict, everywhere: dict) -> list[ast.expr]:
    """The arguments of a call that are templates."""
    if isinstance(call.func, ast.Name):
        name = call.func.id
    elif isinstance(call.func, ast.Attribute):
        # `self.say(...)` is a method, `language.say(...)` a function of a module.
        method, function = f".{call.func.attr}", call.func.attr
        name = method if method in here or (method in everywhere and function not in everywhere) else function
    else:
        return []
    taken = here.get(name) or everywhere.get(name) or {}
    by_position = [
        call.args[i]
        for i in taken.values()
        if i is not None
        and i < len(call.args)
        and not any(isinstance(part, ast.Starred) for part in call.args[: i + 1])
    ]
    return by_position + [keyword.value for keyword in call.keywords if keyword.arg in taken]


def literals(node: ast.expr) -> list[str]:
    """The texts an expression can be: a literal, a choice of two, or a constant of our modules."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    if isinstance(node, ast.Name):
        return constants().get(node.id, [])
    return []


@cache
def constants() -> dict[str, list[str]]:
    """Module-level text constants of our packages, by name."""
    found: dict[str, list[str]] = {}
    for module in modules():
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                value = node.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.setdefault(node.targets[0].id, []).append(value.value)
    return found


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@cache
def translations() -> list[tuple[str, str, str]]:
    """File, template and translation of every entry."""
    import yaml

    return [
        (file.name, template, translation)
        for file in sorted((ROOT / "tierbook/languages/zh").glob("*.yaml"))
        for template, translation in (yaml.safe_load(file.read_text("utf-8")) or {}).items()
    ]


@cache
def said_by_packs() -> set[str]:
    """Reasons and owners of the shipped packs, which stand in one language there."""
    import yaml

    def found(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (node[key] for key in ("because", "owner") if isinstance(node.get(key), str))
        for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from found(inner)

    packs = (ROOT / "rules").glob("*.cases.yaml")
    return {
        text
        for path in packs
        for text in found(
            yaml.safe_load((ROOT / "rules" / path.name.replace(".cases", "")).read_text("utf-8"))
        )
    }


def test_a_sentence_is_a_template_and_values_never_an_f_string():
    assert not [
        f"{module.path}:{node.lineno}" for module, node in spoken() if isinstance(node, ast.JoinedStr)
    ]


def test_every_sentence_has_a_chinese_translation():
    known = {template for _, template, _ in translations()}
    missing = {sentence.text: sentence.place for sentence in sentences() if sentence.text not in known}
    assert not missing, "\n".join(f"{place}: {text}" for text, place in missing.items())


def test_every_translation_fills_the_same_fields():
    wrong = [
        f"{file}: {template}"
        for file, template, translation in translations()
        if fields(template) != fields(translation)
    ]
    assert not wrong


def test_no_translation_is_left_over():
    # What the keys of a pack hold is said without the paragraph of the specification it is from.
    written = {
        re.sub(r" \(systems\.md [^)]*\)", "", node.value)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not [
        f"{file}: {template}"
        for file, template, _ in translations()
        if template not in written and template not in said_by_packs()
    ]


def test_what_shipped_packs_say_in_their_own_words_is_translated():
    assert not said_by_packs() - {template for _, template, _ in translations()}


def test_no_sentence_is_translated_twice():
    seen: dict[str, str] = {}
    twice = [
        f"{template}: {seen[template]} and {file}"
        for file, template, translation in translations()
        if seen.setdefault(template, file) != file
    ]
    assert not twice


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_has_a_text(language):
    assert not [name for name, texts in labels().items() if not texts.get(language)]
