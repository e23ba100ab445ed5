"""Reading a rule pack: text to models to a compiled `Pack`, every problem at once with its place."""

from __future__ import annotations

import copy
import difflib
import hashlib
import re
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from tierbook.errors import RuleError
from tierbook.language import Phrase
from tierbook.quality import Problem
from tierbook.rulepack import check, model
from tierbook.rulepack.compiler import compiled
from tierbook.rulepack.pack import Pack
from tierbook.rulepack.resolver import Resolver
from tierbook.rulepack.source import Path, Source, read_source, refusal

# Sections whose names are used by others.
_NAMING = ("columns", "thresholds", "features", "scores", "classes", "churn")
_GROUP, _LIST, _TEXT = Phrase("a group of keys"), Phrase("a list"), Phrase("a text")
_WANTED = (
    (("dict_type", "model_type", "model_attributes_type"), _GROUP),
    (("list_type", "tuple_type"), _LIST),
    (("string_type",), _TEXT),
)


def read_pack(path: FilePath | str) -> Pack:
    """The rule pack of a file.

    Raises
    ------
    RuleError
        The file cannot be read or used; `.problems` holds every problem with line and column.
    """
    path = FilePath(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RuleError(
            "There is no such file.", fix="Check the name and the folder.", place=shown(path)
        ) from None
    except OSError as error:
        raise RuleError(
            "The rule file cannot be read: {why}.", place=shown(path), why=error.strerror
        ) from error
    return read_pack_text(data, file=shown(path))


def read_pack_text(data: bytes, *, file: str) -> Pack:
    """The rule pack in a text; `file` is what messages call it."""
    source = read_source(data, file=file)
    models, misshapen = _models(source)
    resolver = Resolver(source, models)
    # Line ends do not change what a pack says, so they do not change its hash.
    digest = hashlib.sha256(source.text.replace("\r\n", "\n").encode()).hexdigest()
    pack = compiled(resolver, digest=digest)
    if misshapen:
        # What stands in for a misshapen value means nothing, so only expressions are looked at beside.
        raise refusal(sorted([*misshapen, *resolver.problems], key=_place))
    problems = resolver.problems + check.check(
        source, models, pack, resolver.found, broken=bool(resolver.problems)
    )
    problems.sort(key=_place)
    if any(problem.level == "error" for problem in problems):
        raise refusal(problems)
    return replace(pack, warnings=tuple(problems))


def shown(path: FilePath) -> str:
    """`rules/hospitality.yaml`: the last folder and the name are what a person looks for."""
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name


def _models(source: Source) -> tuple[model.PackModel, list[Problem]]:
    """The file as models, and what has not the shape it needs; that is left out, so that the rest can be read too.

    Raises
    ------
    RuleError
        What is left has no shape either.
    """
    problems: list[Problem] = []
    version = source.places.get(("version",))
    if version and not version.quoted:
        fix = 'Write version: "{version}".'
        problems.append(
            source.problem(("version",), "The version is not in quotes.", fix, version=source.tree["version"])
        )
    try:
        models = model.PackModel.model_validate(source.tree)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        problems += [_explained(source, one) for one in errors]
        try:
            models = model.PackModel.model_validate(_without(source, errors))
        except ValidationError:
            raise refusal(sorted(problems, key=_place)) from None
    return models, problems


def _without(source: Source, errors: list[Any]) -> dict[str, Any]:
    """The tree without unknown keys, and with a 1 or a yes for what is no number or no yes or no.

    A section that others take their names from is not left out: everything about them would be said to be unknown.
    """
    tree = copy.deepcopy(source.tree)
    for error in errors:
        path = _path(source, error["loc"])
        near = difflib.get_close_matches(str(path[0]) if path else "", _NAMING, n=1, cutoff=0.6)
        if not path or (len(path) == 1 and near):
            continue
        node: Any = tree
        for step in path[:-1]:
            # A part that an earlier error took out is gone with all that is in it.
            node = node.get(step) if isinstance(node, dict) else node[step] if node is not None else None
        if node is None:
            continue
        if error["type"] == "extra_forbidden":
            node.pop(path[-1], None)
        elif error["type"] == "rule" and isinstance(error["input"], str):
            node[path[-1]] = "true" if "true" in error["ctx"]["fix"] else "1"
    return tree


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0


def _explained(source: Source, error: Any) -> Problem:
    path = _path(source, error["loc"])
    context = error.get("ctx", {})
    if error["type"] == "rule":
        # The problem keeps the template unfilled, so that it can be translated.
        values = {name: value for name, value in context.items() if name not in ("template", "fix")}
        if isinstance(error["input"], dict | list) and "value" in values:
            values["value"] = _GROUP if isinstance(error["input"], dict) else _LIST
        return source.problem(path, context["template"], context["fix"], **values)
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _all_keys(), n=1, cutoff=0.75)
        key = str(error["loc"][-1])
        if near:
            return source.problem(
                path,
                "unknown key {key}; did you mean {near}?",
                at_key=True,
                key=repr(key),
                near=repr(near[0]),
            )
        if key.isdigit():
            fix = "Write a number without a comma between its thousands, and everything else with a colon."
            return source.problem(path, "unknown key {key}.", fix, at_key=True, key=repr(key))
        return source.problem(
            path,
            "unknown key {key}.",
            "Remove it, or see docs/rules.md for the keys there are.",
            at_key=True,
            key=repr(key),
        )
    if error["type"] == "missing":
        return source.problem(
            path[:-1] if path else path, "The key {key} is missing here.", key=str(error["loc"][-1])
        )
    if error["type"] == "literal_error":
        return source.problem(
            path,
            "{value} is not allowed here.",
            "Write {expected}.",
            value=repr(error["input"]),
            expected=context["expected"],
        )
    if error["type"] == "too_long":
        return source.problem(
            path,
            "There are {count} entries here; {most} are the most.",
            count=len(error["input"]),
            most=context["max_length"],
        )
    if error["type"] == "too_short":
        return source.problem(path, "At least one entry is needed here.")
    for kinds, wanted in _WANTED:
        if error["type"] in kinds:
            words = re.match(r"([^\W\d]\w*)\s*[ ：]\s*(\S.*)", str(error["input"]))
            if wanted == _GROUP and isinstance(error["input"], str) and words:
                fix = "A colon and a space may be missing; write {key}: {rest}"
                values = {"key": words[1], "rest": words[2].lstrip("： ")}
                return source.problem(path, "Here should be {wanted}.", fix, wanted=wanted, **values)
            return source.problem(path, "Here should be {wanted}.", wanted=wanted)
    return source.problem(path, "This does not fit here: {why}.", why=error["msg"])


def _path(source: Source, location: tuple) -> Path:
    """The part of pydantic's location that exists in the file: tags of unions are not keys of the file."""
    path: Path = ()
    node: Any = source.tree
    for step in location:
        inside = (
            step in node if isinstance(node, dict) else isinstance(node, list) and step in range(len(node))
        )
        if inside:
            path, node = (*path, step), node[step]
    if location and location[-1] != (path[-1] if path else None) and isinstance(node, dict):
        return (*path, str(location[-1]))
    return path


def _all_keys() -> list[str]:
    kinds = [
        kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, model.Section)
    ]
    fields = (item for kind in kinds for item in kind.model_fields.items())
    return sorted({field.alias or name for name, field in fields})
