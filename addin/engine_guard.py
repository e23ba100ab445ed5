"""Who may talk to the engine, and how: everything is settled from the head of a request, before its body is read."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from addin.engine_place import Place
from addin.engine_wire import dumps
from tierbook.language import say

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST = 128 * 1024 * 1024  # of a message [bytes]
MOST_HEADERS = 64
# Before it says whether it is ours, an engine is not given the token.
WITHOUT_TOKEN = "/hello"
_PLAIN = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]


class Refusal(Exception):
    """A status, a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, template: str, **values: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.template, self.values = status, code, template, values

    def body(self, language: str) -> bytes:
        """The answer."""
        return dumps({"error": {"code": self.code, "reason": say(self.template, language, **self.values)}})


class Guard:
    """Lets requests pass that come from this machine, hold the token and are what they should be.

    A web page in the user's browser can reach the port too: the name it used shows in Host, the page in Origin and
    Sec-Fetch-Site, and a form can send no JSON.
    """

    def __init__(
        self, app: App, *, place: Place, language: Callable[[], str], refused: Callable[[str], None]
    ) -> None:
        self._app, self._language, self._refused = app, language, refused
        names = [f"{name}:{place.port}" for name in ("127.0.0.1", "localhost")]
        self._hosts = {name.encode() for name in names}
        self._origins = {f"{scheme}://{name}".encode() for scheme in ("http", "https") for name in names}
        self._token = f"Bearer {place.token}".encode()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            self._check(scope)
        except Refusal as refusal:
            self._refused(refusal.code)
            await refuse(refusal, send, self._language())
            return
        await self._app(scope, receive, send)

    def _check(self, scope: MutableMapping[str, Any]) -> None:
        if scope["type"] != "http":
            raise Refusal(400, "request", "The engine speaks HTTP only.")
        if len(scope["headers"]) > MOST_HEADERS:
            raise Refusal(431, "size", "The request has too many headers.")
        head: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in (b"host", b"origin", b"content-length", b"content-type") and name in head:
                raise Refusal(
                    421 if name == b"host" else 400, "request", "A header of the request stands twice."
                )
            head[name] = value
        if head.get(b"host", b"").lower() not in self._hosts:
            raise Refusal(421, "host", "The engine answers to 127.0.0.1 and localhost only.")
        if (origin := head.get(b"origin")) is not None and origin not in self._origins:
            raise Refusal(403, "origin", "The engine does not answer to web pages.")
        if head.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
            raise Refusal(403, "origin", "The engine does not answer to web pages.")
        if scope["path"] != WITHOUT_TOKEN and not hmac.compare_digest(
            head.get(b"authorization", b""), self._token
        ):
            raise Refusal(
                401,
                "token",
                "The token is not that of this engine; it changes with every start of the engine.",
            )
        if scope["method"] != "POST":
            raise Refusal(405, "request", "The engine takes POST only.")
        if head.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
            raise Refusal(415, "request", "The engine takes JSON only.")
        length = head.get(b"content-length", b"")
        if b"transfer-encoding" in head or not length.isdigit():
            raise Refusal(411, "request", "The request does not say how long it is.")
        largest = LARGEST if scope["path"] != WITHOUT_TOKEN else 1024
        if int(length) > largest:
            raise Refusal(
                413, "size", "The engine takes {largest:.0f} MB at once; give fewer rows or columns.", largest=largest / 1e6,
            )  # fmt: skip


async def refuse(refusal: Refusal, send: Send, language: str) -> None:
    """Answer with a refusal and hang up, so that nothing unread is taken for a next request."""
    body = refusal.body(language)
    headers = [*_PLAIN, (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
