"""The words of the rule language: cut from the text, its limits checked, everything foreign refused with its place."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

from tierbook.rulepack.tree import ExpressionError

MAX_CHARACTERS = 4_000
MAX_LEVELS = 40
MAX_TERMS = 100  # databases nest a flat sum; at 500 terms they plan for seconds

_FOREIGN = "{found} is not part of the rule language."
_WRITE = "Write {instead}."

# What people bring from other languages, longest first, and what to write here.
_BROUGHT = {
    "===": "=", "!==": "<>", "==": "=", "!=": "<>", "^=": "<>", "~=": "<>", "<=>": "=", "=<": "<=", "=>": ">=",
    "<<": "<", ">>": ">", "&&": "and", "&": "and", "!": "not", "**": "power(x, y)", "//": "floor(x / y)",
    "^": "power(x, y)", "≠": "<>", "≤": "<=", "≥": ">=", "×": "*", "÷": "/", "−": "-", "–": "-", "—": "-",
}  # fmt: skip
_SYMBOL = re.compile(r"<>|<=|>=|[<>=+\-*/(),]")
_BROUGHT_SYMBOL = re.compile("|".join(re.escape(word) for word in sorted(_BROUGHT, key=len, reverse=True)))
_SPACE = re.compile(r"[ \t\r\n\u00a0\u3000]+")  # a Chinese keyboard types U+3000
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_QUOTES = "“”‘’„‚«»「」『』`´"
# A value ends here, so that a minus or `not` after it is not a prefix.
_NOT_A_VALUE = {"and", "or", "not", "in", "is", "between", "case", "when", "then", "else"}


class Token(NamedTuple):
    """A word, number, text, symbol or the end, and where it starts."""

    kind: Literal["word", "number", "text", "symbol", "end"]
    text: str
    offset: int


def canonical(name: str) -> str:
    """A name as rules know it: case and full-width forms do not count."""
    return unicodedata.normalize("NFKC", name).lower()


def tokens(text: str) -> list[Token]:
    """The words of an expression, an `end` last.

    Raises
    ------
    ExpressionError
        Too long, nested too deeply, or holding something the language does not have.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(
            "an expression has at most {most} characters, this one has {found}.",
            fix="Move a part of it into a feature of its own.",
            offset=MAX_CHARACTERS,
            most=MAX_CHARACTERS,
            found=len(text),
        )
    found: list[Token] = []
    place = 0
    while place < len(text):
        if space := _SPACE.match(text, place):
            place = space.end()
            continue
        token, place = _token(text, place)
        found.append(token)
    found.append(Token("end", "", len(text.rstrip())))
    _check_levels(found)
    return found


def _token(text: str, place: int) -> tuple[Token, int]:
    sign = text[place]
    if sign == "'":
        return _text(text, place)
    if sign in "0123456789" or (sign == "." and text[place + 1 : place + 2] in tuple("0123456789")):
        return _number(text, place)
    if end := _word_end(text, place):
        return Token("word", text[place:end], place), end
    if text.startswith(("--", "/*", "*/", "#"), place):
        raise ExpressionError(
            "comments are not allowed in an expression.",
            fix="Write it as `because:` or behind # in the YAML; for minus a minus write -(-x).",
            offset=place,
        )
    brought, symbol = _BROUGHT_SYMBOL.match(text, place), _SYMBOL.match(text, place)
    if brought and (symbol is None or brought.end() > symbol.end()):
        raise ExpressionError(
            _FOREIGN, fix=_WRITE, offset=place, found=brought.group(), instead=_BROUGHT[brought.group()]
        )
    if symbol:
        return Token("symbol", symbol.group(), place), symbol.end()
    raise _foreign(text, place)


def _word_end(text: str, start: int) -> int:
    """End of the name that starts here, or 0; a dot joins two names (`value.base`)."""
    end = start
    while end < len(text) and (_is_letter(text[end]) or (end > start and _may_follow(text[end]))):
        end += 1
        if text[end : end + 1] == "." and end + 1 < len(text) and _is_letter(text[end + 1]):
            end += 1
    return end if end > start else 0


def _is_letter(sign: str) -> bool:
    return sign == "_" or unicodedata.category(sign)[0] == "L"


def _may_follow(sign: str) -> bool:
    # Vowel signs of Indian scripts and combining accents are marks, not letters.
    return unicodedata.category(sign) in ("Nd", "Mn", "Mc")


def _text(text: str, place: int) -> tuple[Token, int]:
    match = _TEXT.match(text, place)
    if match is None:
        raise ExpressionError(
            "this text has no closing quote.",
            fix="End it with '; a quote inside a text is written twice.",
            offset=place,
        )
    for position in range(place, match.end()):
        if unicodedata.category(text[position]) in ("Cc", "Cs"):
            raise _invisible(text, position)
    return Token("text", match.group(1).replace("''", "'"), place), match.end()


def _number(text: str, place: int) -> tuple[Token, int]:
    match = _NUMBER.match(text, place)
    assert match is not None  # the caller saw a digit
    end = match.end()
    while end < len(text) and (text[end] in "._'" or _is_letter(text[end]) or _may_follow(text[end])):
        end += 1
    written = text[place:end]
    if end > match.end():
        plain = written.replace("_", "").replace("'", "")
        raise ExpressionError(
            "{found} is not a number.",
            fix=_WRITE,
            offset=place,
            found=written,
            instead=plain if _NUMBER.fullmatch(plain) else "1000, 0.25, 1.5e6",
        )
    if re.match(r"0[0-9]", written):
        raise ExpressionError(
            "{found} starts with a zero: a number or a code?",
            fix="Write {number} for the number, {text} for the code.",
            offset=place,
            found=written,
            number=written.lstrip("0") or "0",
            text=f"'{written}'",
        )
    if float(written) == float("inf"):
        raise ExpressionError("{found} is too large for a number.", offset=place, found=written)
    return Token("number", written, place), end


def _foreign(text: str, place: int) -> ExpressionError:
    """Why this character starts nothing."""
    sign = text[place]
    plain = unicodedata.normalize("NFKC", sign)
    if sign in _QUOTES or sign == '"':
        return ExpressionError(
            "{found} is not a quote of the rule language.",
            fix="Put text in straight single quotes: 'text'; names need none.",
            offset=place,
            found=sign,
        )
    if sign == "%":
        return ExpressionError(
            _FOREIGN,
            fix="Write 0.2 for 20%; there is no remainder and no pattern.",
            offset=place,
            found=sign,
        )
    if sign == "|":
        return ExpressionError(_FOREIGN, fix="Write or; texts cannot be joined.", offset=place, found=sign)
    if unicodedata.category(sign)[0] in "CZ":
        return _invisible(text, place)
    if plain != sign and _SYMBOL.fullmatch(plain):
        return ExpressionError(_FOREIGN, fix=_WRITE, offset=place, found=sign, instead=plain)
    if sign in "：；，。、！？":
        return ExpressionError(
            _FOREIGN, fix="Switch the keyboard to half-width (English) signs.", offset=place, found=sign
        )
    return ExpressionError(
        _FOREIGN,
        fix="It has names, numbers, 'texts', + - * / = <> < <= > >= ( ) and words.",
        offset=place,
        found=sign,
    )


def _invisible(text: str, place: int) -> ExpressionError:
    code = f"U+{ord(text[place]):04X}"
    return ExpressionError(
        "there is an invisible character ({code}) here.", fix="Delete it.", offset=place, code=code
    )


def _check_levels(found: list[Token]) -> None:
    """Brackets, `case`, `not` and minus signs each open a level."""
    opened = [("", 0)]  # what opened each level, and the prefixes that wait for their value in it
    before = Token("end", "", 0)
    for token in found:
        word = token.text.lower() if token.kind in ("word", "symbol") else ""
        after_value = (
            before.kind in ("number", "text")
            or before.text == ")"
            or (before.kind == "word" and before.text.lower() not in _NOT_A_VALUE)
        )
        opener, prefixes = opened[-1]
        if word in ("(", "case"):
            opened.append((word, 0))
        elif (opener, word) in (("(", ")"), ("case", "end")):
            opened.pop()
            opened[-1] = (opened[-1][0], 0)
        elif word == "not" or (word == "-" and not after_value):
            opened[-1] = (opener, prefixes + 1)
        elif token.kind in ("number", "text", "word"):
            opened[-1] = (opener, 0)
        if len(opened) - 1 + sum(waiting for _, waiting in opened) > MAX_LEVELS:
            raise too_deep(token.offset)
        before = token


def too_deep(offset: int) -> ExpressionError:
    """The answer to more than MAX_LEVELS levels."""
    return ExpressionError(
        "nesting too deep: more than {most} levels.",
        fix="Move a part of it into a feature of its own.",
        offset=offset,
        most=MAX_LEVELS,
    )


def too_long(offset: int) -> ExpressionError:
    """The answer to more than MAX_TERMS terms."""
    return ExpressionError(
        "more than {most} terms in one sum or product.",
        fix="Move a part of it into a feature of its own.",
        offset=offset,
        most=MAX_TERMS,
    )
