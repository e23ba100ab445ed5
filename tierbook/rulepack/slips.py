"""What is most likely behind YAML that cannot be read: the sentence, what to do, and the place to look at."""

from __future__ import annotations

import re
from typing import NamedTuple

_TYPED_SO = {"：": ": ", "，": ", ", "｛": "{", "｝": "}", "［": "[", "］": "]", "“": '"', "”": '"'}
_IN_QUOTES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_AS_STRUCTURE = re.compile("[：，｛｝［］“”]")
_LINES_ABOVE = 3


class Slip(NamedTuple):
    """A sentence and its fix, filled from `values`, and the line and column it speaks of, from 1."""

    message: str
    fix: str
    line: int
    column: int
    values: dict[str, str]


def slip(why: str, text: str, line: int, column: int) -> Slip:
    """The slip behind a parser's complaint `why` at a place of the text.

    The parser often stumbles a line later than the slip, so the lines above are looked at too.
    """
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""

    def here(message: str, fix: str, at: int = line, where: int = column, **values: str) -> Slip:
        return Slip(message, fix, at, where, values)

    if "\t" in written[: max(column, 1)] or "'\\t'" in why:
        return here("A tab is used here; YAML is indented with spaces.", "Replace the tab with spaces.")
    near = range(min(line, len(lines)), max(0, line - 1 - _LINES_ABOVE), -1)
    for number in near:
        if found := _AS_STRUCTURE.search(_blanked(lines[number - 1])):
            message = "{found} is a full-width sign, which YAML takes for text."
            return here(message, "Write {instead}.", number, found.start() + 1, found=found[0], instead=f'"{_TYPED_SO[found[0]]}"')  # fmt: skip
    for number in near:
        if (opened := _open_quote(lines[number - 1])) and "mapping values" not in why:
            message = "The quotation mark that opens here is not closed on its line."
            return here(message, "Close it.", number, opened)
    if written[column - 2 : column - 1] == '"' and re.match(r"[\w{(]", written[column - 1 :]):
        message = "The text ends at this quotation mark."
        return here(
            message,
            "Close a text where it ends, and write single quotes inside double ones: 'text'.",
            where=column - 1,
        )
    if "mapping values are not allowed" in why and (dash := re.match(r"\s*-(?=[^\s-])", written)):
        return here("A space is missing after the dash.", "Write - and a space.", where=dash.end())
    if "mapping values are not allowed" in why:
        return here("There is a colon inside an unquoted text.", "Put the whole text in quotes.")
    if "alias" in why or "anchor" in why:
        return here("A value cannot start with * or &.", "Put the whole text in quotes.")
    if "cannot start any token" in why or re.search(r":\s+[>|]", written[:column]):
        return here("A value cannot start with this character.", "Put the whole text in quotes.")
    above = next((one for one in reversed(lines[: line - 1]) if one.strip() and one.strip()[0] != "#"), "")
    if "expected" in why and _indent(written) != _indent(above):
        message = "The line is indented by {found} spaces and the one above by {above}; that fits no level of the file."
        return here(message, "Indent it like the lines it belongs to.", found=str(_indent(written)), above=str(_indent(above)))  # fmt: skip
    return here("This is not YAML: {why}.", "Check the quotes, brackets and indentation here.", why=why)


def _blanked(line: str) -> str:
    """The line with texts in quotes and a comment made blank, so that places stay."""
    without = _IN_QUOTES.sub(lambda found: " " * len(found[0]), line)
    comment = re.search(r"(^|\s)#", without)
    return without[: comment.start()] if comment else without


def _open_quote(line: str) -> int:
    """Column of a double quotation mark that begins a value and is never closed; 0 for none."""
    found = re.search(r"[\s:,\[{]\"", _blanked(line))
    return found.end() if found else 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
