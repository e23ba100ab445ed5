"""One project's `config.yaml`, opened only here; from here on a setting is an ordinary argument."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierbook.engines.options import ENGINES, EngineOptions
from tierbook.engines.secrets import hidden
from tierbook.errors import HostError
from tierbook.language import LANGUAGES
from tierbook.quality import Problem
from tierbook.rulepack.shelf import Shelf
from tierbook.shipped import shipped

if TYPE_CHECKING:
    from workbooks.reader import Reading

FILE = "config.yaml"


@dataclass(frozen=True)
class Settings:
    """What a project has chosen; see the comments in `config.yaml`."""

    pack: str = "hospitality"
    profile: str = "default"
    language: str = "en"
    rules: Path | None = None
    tables: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    engine: EngineOptions = field(default_factory=EngineOptions)

    def shelf(self) -> Shelf:
        """The project's own packs, then those shipped with Tierbook."""
        return Shelf(*([self.rules] if self.rules else []), shipped("rules"))

    def how_to_read(self) -> Reading:
        """The settings of the reader."""
        from workbooks.reader import Reading

        return Reading(mapping=self.tables, **self.reading)


def read_settings(folder: Path) -> Settings:
    """The settings of the folder a command runs in, else the shipped ones.

    Raises
    ------
    HostError
        A `config.yaml` that cannot be used; `.problems` holds every problem with its line.
    """
    from tierbook.rulepack.source import read_source, refusal

    file = folder / FILE if (folder / FILE).is_file() else shipped(FILE)
    source = read_source(file.read_bytes(), file=file.name)
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for key, text in source.tree.items():
        read = _KEYS.get(key)
        if read is None:
            if key in _READING:
                fix = "It belongs under reading: write reading: {{{name}: {value}}}."
                problems.append(
                    source.problem(
                        (key,),
                        "unknown key {key}.",
                        fix,
                        at_key=True,
                        key=repr(key),
                        name=key,
                        value=json.dumps(text),
                    )
                )
                continue
            near = difflib.get_close_matches(key, _KEYS, n=1)
            message = "unknown key {key}; did you mean {near}?" if near else "unknown key {key}."
            problems.append(
                source.problem(
                    (key,), message, at_key=True, key=repr(key), near=repr(near[0]) if near else ""
                )
            )
            continue
        if key == "reading" and isinstance(text, dict):
            for name in text.keys() - _READING.keys():
                problems.append(
                    source.problem((key, name), "unknown key {key}.", at_key=True, key=repr(name))
                )
            text = {name: one for name, one in text.items() if name in _READING}
        if key == "engine" and isinstance(text, dict):
            wrong = list(_wrong_in_engine(source, text))
            problems += wrong
            if wrong:
                continue
        try:
            values[key] = read(text)
        except ValueError as error:
            fix = "Write {expected}."
            problems.append(
                source.problem(
                    (key,), "{value} is not allowed here.", fix, value=hidden(repr(text)), expected=str(error)
                )
            )
    if problems:
        first = refusal(problems)
        raise HostError(first.message, fix=first.fix, place=first.place, problems=problems, **first.values)
    # Where the settings are the shipped ones, the folder `rules` beside the user's work still counts.
    rules = folder / values.pop("rules", "rules")
    if "source" in values:
        values["source"] = _beside(file.parent, values["source"])
    return Settings(rules=rules if rules.is_dir() else None, **values)


def _beside(folder: Path, source: str) -> str:
    """A path of the file is one beside it; an address stays."""
    from urllib.parse import urlsplit

    is_path = source and len(urlsplit(source).scheme) < 2
    return str(folder / source) if is_path else source


def _text(text: Any) -> str:
    if not isinstance(text, str) or not text:
        raise ValueError("a name")
    return text


def _one_of(*known: str) -> Callable[[Any], str]:
    def read(text: Any) -> str:
        if text not in known:
            raise ValueError(" / ".join(one for one in known if one))
        return text

    return read


def _group(value: Any) -> dict[str, Any]:
    if value in ("", "{}"):
        return {}
    if not isinstance(value, dict):
        raise ValueError("a group of keys")
    return value


def _source(text: Any) -> str:
    """The address is not repeated in a message: it may hold a password."""
    if not isinstance(text, str):
        raise ValueError("a folder, a file or an address")
    return text


def _engine(value: Any) -> EngineOptions:
    asked = {"name": value} if isinstance(value, str) and value not in ("", "{}") else _group(value)
    return EngineOptions(**{name: _ENGINE[name](text) for name, text in asked.items()})


def _size(text: Any) -> str:
    if not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", str(text)):
        raise ValueError("2GB")
    return text


def _count(text: Any) -> int:
    if not str(text).isdecimal():
        raise ValueError("60")
    return int(text)


def _threads(text: Any) -> int:
    # DuckDB would begin any number of them, and do nothing else for minutes.
    if not str(text).isdecimal() or int(text) > _MOST_THREADS:
        raise ValueError("8")
    return int(text)


_MOST_THREADS = 1024
_ENGINE: dict[str, Callable[[Any], Any]] = {
    "name": _one_of(*ENGINES), "memory": _size, "spill": lambda text: Path(_text(text)), "spill_limit": _size,
    "threads": _threads, "time_limit": _count, "schema": _text, "master": _text,
}  # fmt: skip


def _wrong_in_engine(source: Any, group: dict[str, Any]) -> Iterator[Problem]:
    """Every key of the group that cannot be used, with its line."""
    for name, text in group.items():
        if name not in _ENGINE:
            near = difflib.get_close_matches(name, _ENGINE, n=1)
            yield source.problem(
                ("engine", name),
                "unknown key {key}; did you mean {near}?" if near else "unknown key {key}.",
                at_key=True,
                key=repr(name),
                near=repr(near[0]) if near else "",
            )
            continue
        try:
            _ENGINE[name](text)
        except ValueError as error:
            yield source.problem(
                ("engine", name),
                "{value} is not allowed here.",
                "Write {expected}.",
                value=hidden(repr(text)),
                expected=str(error),
            )


def _share(text: Any) -> float:
    try:
        share = float(text)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("0.05")
    return share


def _reading(value: Any) -> dict[str, Any]:
    read = {_READING[name][0]: _READING[name][1](text) for name, text in _group(value).items()}
    return {name: one for name, one in read.items() if one is not None}


_READING: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "decimal": ("decimal", _one_of(".", ",")),
    "date_order": ("day_first", lambda text: {"": None, "day_first": True, "month_first": False}[_one_of("", "day_first", "month_first")(text)]),
    "max_bad_share": ("max_bad_share", _share),
    "fill_merged": ("fill_merged", lambda text: _one_of("true", "false")(text) == "true"),
    "encoding": ("encoding", lambda text: text or None),
}  # fmt: skip
_KEYS: dict[str, Callable[[Any], Any]] = {
    "pack": _text,
    "profile": _text,
    "language": _one_of(*LANGUAGES),
    "rules": _text,
    "tables": _group,
    "reading": _reading,
    "source": _source,
    "engine": _engine,
}
