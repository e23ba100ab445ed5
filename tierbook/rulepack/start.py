"""A new pack from another one: the same text, comments and all, under another name."""

from __future__ import annotations

from pathlib import Path

from tierbook.errors import RuleError
from tierbook.rulepack.source import Source, read_source


def start_pack(origin: Path, name: str, folder: Path) -> list[Path]:
    """Write `<name>.yaml` and its cases into a folder, from a pack and the cases beside it; the files written.

    Raises
    ------
    RuleError
        No name for a pack, or there is such a file; nothing is written.
    """
    from tierbook.rulepack.examine import cases_of
    from tierbook.rulepack.read import read_pack_text, shown

    target = folder / f"{name}.yaml"
    if not name.isidentifier():
        raise RuleError(
            "{value} is not a name.",
            fix="Use letters, digits and underscores, a letter first.",
            value=f'"{name}"',
        )
    for file in (target, cases_of(target)):
        if file.exists():
            raise RuleError("There is a file {file} already.", fix="Choose another name.", file=shown(file))
    source = read_source(origin.read_bytes(), file=shown(origin))
    text = renamed(source, name)
    read_pack_text(text.encode(), file=shown(target))
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    written = [target]
    if (cases := cases_of(origin)).is_file():
        cases_of(target).write_bytes(cases.read_bytes())
        written.append(cases_of(target))
    return written


def renamed(source: Source, name: str) -> str:
    """The text of a pack with another name and the version "1"."""
    lines = source.text.split("\n")
    # From the end, so that what is still to be changed stays where it is.
    for key, value in sorted(
        (("pack", name), ("version", '"1"')), key=lambda one: source.places[one[:1]], reverse=True
    ):
        place, old = source.places[key,], source.tree[key]
        at = place.column - 1
        length = len(old) + 2 * place.quoted
        line = lines[place.line - 1]
        lines[place.line - 1] = line[:at] + value + line[at + length :]
    return "\n".join(lines)
