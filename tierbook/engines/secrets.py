"""Passwords where none should be: an address that holds one is refused, and no sentence shows it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlsplit

from tierbook.errors import HostError

_SHOWN = "•••"
PASSWORD = "TIERBOOK_PASSWORD"
"""Where the environment holds the password of a source."""

# `scheme://user:password@host`, whatever signs the password has; a slash or two may be missing.
_BEFORE_HOST = re.compile(r"(\w[\w+.-]+:?//?[^\s/?#@:'\"]*:)([^\s'\"]*)(@)")
# The same without its scheme; nothing else that is no path looks so. A drive of Windows is one letter.
_BARE = re.compile(r"^[^\s/:@]{2,}:(?!/)[^\s\\]*@")
# `password=` after the question mark of an address, or in the words libpq takes.
_NAMED = re.compile(
    r"((?<![A-Za-z])(?:\w*password|passwd|pass|\w*passphrase|pwd|\w*secret|\w*token|private_key|api_?key)\s*=\s*)([^\s&;,'\"]*|'[^']*'|\"[^\"]*\")",
    re.IGNORECASE,
)


def refuse_password(place: str) -> None:
    """Refuse an address that holds a password, without repeating it.

    Raises
    ------
    HostError
        It holds one: before the host, after the question mark, or among the words of a connection string. Or nobody can
        say what is what in it.
    """
    if holds_password(place) and ("://" in place or not Path(place).exists()):
        raise HostError(
            "The address of the source holds a password.",
            fix="Take it out, and put the password into {variable} or the system's keyring.",
            variable=PASSWORD,
        )
    if "://" in place:
        try:
            _ = urlsplit(place).port
        except ValueError:
            # What stands where a port should be may be half a password.
            raise HostError(
                "The address of the source cannot be read.",
                fix="Write it as {form}.",
                form="postgres://user@host:5432/database?schema=public",
            ) from None


def holds_password(text: str) -> bool:
    """Whether a text is an address, or the words of one, with a password in it."""
    return any(form.search(said) for said in (text, unquote(text)) for form in (_BEFORE_HOST, _BARE, _NAMED))


def hidden(text: str, secret: str = "") -> str:
    """A text without the password, and without those of addresses in it.

    Parameters
    ----------
    secret : str
        The password in use; "" for none.
    """
    for form in {secret, quote(secret, safe=""), quote_plus(secret)} - {""}:
        text = text.replace(form, _SHOWN)
    return _NAMED.sub(rf"\1{_SHOWN}", _BEFORE_HOST.sub(rf"\1{_SHOWN}\3", text))
