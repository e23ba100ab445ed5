"""The YAML of a rule pack as plain text values that remember their places.

Every scalar stays text: `no`, `012`, `1:30` and `2026.10` are typed by our schema, not by YAML's guesses.
Anchors, aliases, tags, merge keys and second documents are refused, so a file reads top to bottom.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from tierbook.errors import RuleError
from tierbook.quality import Problem
from tierbook.rulepack.slips import slip

MAX_BYTES, MAX_DEPTH = 500_000, 50
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_BREAKS_OF_YAML_1_1 = re.compile("[\x85\u2028\u2029]")

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Where a value starts: line and column from 1, and whether it is written in quotes."""

    line: int
    column: int
    quoted: bool = False
    block: bool = False


@dataclass(frozen=True)
class Source:
    """A parsed file: nested dicts, lists and texts, and the place of every value and key."""

    file: str
    text: str
    tree: Any
    places: dict[Path, Place] = field(repr=False)
    keys: dict[Path, Place] = field(repr=False)

    def problem(
        self, path: Path, message: str, fix: str = "", *, offset: int = 0, level: Any = "error", **values: Any
    ) -> Problem:
        """A problem at a path of the file; the longest part of the path that exists gives the place."""
        at_key = path in self.keys and offset == 0 and values.pop("at_key", False)
        known = path
        while known and known not in self.places:
            known = known[:-1]
        place = self.keys[path] if at_key else self.places.get(known, Place(1, 1))
        # Inside a folded or multi-line text the offset cannot be placed; its first line is the honest answer.
        inside = offset + place.quoted if not place.block else 0
        return Problem(
            level,
            message,
            fix,
            values,
            file=self.file,
            line=place.line,
            column=place.column + inside,
            path=dotted(path),
        )


def dotted(path: Path) -> str:
    """`("tiers", "levels", 1, "top")` as `tiers.levels[2].top`: positions count from 1, as people do."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def read_source(data: bytes, *, file: str, root: type[dict] | type[list] = dict) -> Source:
    """Parse one YAML file whose outermost part is keys (`dict`) or a list.

    Raises
    ------
    RuleError
        Not text, not YAML, or YAML that a rule file may not use; every message has line and column.
    """
    text = _decoded(data, file)
    for pattern, message, fix in (
        (_LINE_BREAKS_OF_YAML_1_1, "The character U+{code} breaks lines in some programs and not in others.", "Replace it with a normal line break."),
        (re.compile("\x00"), "The file holds a NUL character; it is not a text file.", "Save it again as UTF-8 text."),
    ):  # fmt: skip
        if found := pattern.search(text):
            _refuse(file, text, found.start(), message, fix, code=f"{ord(found[0]):04X}")
    try:
        return _Builder(file, text).build(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        likely = slip(error.problem or "", text, line, column)
        problem = Problem(
            "error",
            likely.message,
            likely.fix,
            likely.values,
            file=file,
            line=likely.line,
            column=likely.column,
        )
        raise refusal([problem]) from None
    except yaml.YAMLError as error:
        problem = Problem(
            "error",
            "This is not YAML: {why}.",
            values={"why": str(error).split("\n")[0]},
            file=file,
            line=1,
            column=1,
        )
        raise refusal([problem]) from None


def refusal(problems: list[Problem]) -> RuleError:
    """One error that carries every problem and reads as the first of them."""
    first = next(problem for problem in problems if problem.level == "error")
    place = ": ".join(part for part in (first.place, first.path) if part)
    return RuleError(first.message, fix=first.fix, place=place, problems=problems, **first.values)


class _Builder:
    """Builds the tree from parser events, so that depth and forbidden features are seen as they come."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.places: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self.events = yaml.parse(text, Loader=_LOADER)

    def build(self, root: type[dict] | type[list]) -> Source:
        tree: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._say(
                        event, "A second document starts here; a rule file holds one.", "Remove the line ---."
                    )
                    break
            elif isinstance(event, yaml.NodeEvent):
                tree = self._node(event, ())
        if not isinstance(tree, root) and not self.problems:
            message = (
                "A rule file starts with keys such as pack:, value:, tiers:."
                if root is dict
                else "A file of cases is a list."
            )
            self.problems.append(Problem("error", message, file=self.file, line=1, column=1))
        if self.problems:
            raise refusal(self.problems)
        return Source(self.file, self.text, tree, self.places, self.keys)

    def _node(self, event: Any, path: Path) -> Any:
        if len(path) > MAX_DEPTH:
            self._say(event, "Nested deeper than {limit} levels.", limit=MAX_DEPTH)
            raise refusal(self.problems)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._say(
                event,
                "Anchors and aliases (& and *) are not used in rule files.",
                "Write the text in quotes, or the value out in full.",
            )
            if isinstance(event, yaml.AliasEvent):
                return ""
        if event.tag not in (None, "!"):
            self._say(
                event, "Tags such as {tag} are not used in rule files.", "Leave the tag out.", tag=event.tag
            )
        if isinstance(event, yaml.ScalarEvent):
            place, end = _place(event), event.end_mark
            block = event.style in ("|", ">") or (end is not None and end.line + 1 != place.line)
            self.places[path] = place._replace(quoted=event.style in ("'", '"'), block=block)
            return event.value
        self.places[path] = _place(event)
        return self._sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _sequence(self, path: Path) -> list:
        items: list = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict:
        items: dict = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._node(event, (*path, "?"))
            if not isinstance(key, str):
                self._say(event, "A key is one word.", "Write it without brackets.")
                key = "?"
            here = _place(event)
            if key == "<<":
                self._say(event, "Merge keys (<<) are not used in rule files.", "Write the values out.")
            elif key in items:
                first = self.keys[(*path, key)]
                self._say(
                    event,
                    "{key} stands here a second time; the first is on line {line}.",
                    "Remove one of them.",
                    key=key,
                    line=first.line,
                )
            self.keys[(*path, key)] = here
            items[key] = self._node(next(self.events), (*path, key))
        self.places.pop((*path, "?"), None)
        return items

    def _say(self, event: Any, message: str, fix: str = "", **values: Any) -> None:
        place = _place(event)
        self.problems.append(
            Problem("error", message, fix, values, file=self.file, line=place.line, column=place.column)
        )


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise RuleError(
            "A rule file has at most {limit:,} bytes; this one has {size:,}.",
            place=file,
            limit=MAX_BYTES,
            size=len(data),
        )
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode()) + 1
        problem = Problem(
            "error",
            "Line {line} is not UTF-8 text.",
            "Save the file as UTF-8.",
            {"line": line},
            file=file,
            line=line,
            column=column,
        )
        raise refusal([problem]) from None


def _refuse(file: str, text: str, position: int, message: str, fix: str, **values: Any) -> None:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    raise refusal([Problem("error", message, fix, values, file=file, line=line, column=column)])
