"""What the engine answers, request by request; who may ask is settled by `engine_guard`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from addin.engine_actions import Running, action_call
from addin.engine_calls import Log, Malformed, batch, call
from addin.engine_guard import LARGEST, Guard, Receive, Refusal, Scope, Send
from addin.engine_place import Place
from addin.engine_project import Project, Session, Sessions
from addin.engine_wire import dumps, loads
from udfs import CellError

AT_ONCE = 4096  # a message up to this size is answered at once, a larger one beside the others [bytes]
MOST_AT_WORK = 8  # large calls and actions at the same time

Message = dict[str, Any]
Handler = Callable[[Message, int], Awaitable[Response]]
Answer = Callable[[Message, Session, Project, Log], Message]
_NO_SNIFF = {"x-content-type-options": "nosniff"}


class Engine:
    """The state behind the requests: project, sessions, what is at work."""

    def __init__(
        self,
        project: Project,
        place: Place,
        *,
        stop: Callable[[], None],
        log: Log,
        note: Callable[[str], None],
    ) -> None:
        self._project, self._place, self._stop, self._log, self._mention = project, place, stop, log, note
        self._sessions = Sessions()
        self._at_work: dict[object, Callable[[], None]] = {}
        self._requests = 0
        self._begun = self._last = time.monotonic()

    @property
    def idle(self) -> float:
        """How long nobody has asked for anything. [s]"""
        return 0.0 if self._at_work else time.monotonic() - self._last

    @property
    def at_work(self) -> int:
        """How many large calls and actions are being computed."""
        return len(self._at_work)

    def app(self) -> Guard:
        """The ASGI application."""
        handlers: dict[str, Handler] = {
            "/hello": self._hello,
            "/session": self._session,
            "/call": self._call,
            "/batch": self._batch,
            "/action": self._action,
            "/status": self._status,
            "/stop": self._stopping,
        }

        # Starlette's router and request would double what a cell costs.
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            response = await self._respond(handlers.get(scope["path"], _nothing_there), receive)
            await response(scope, receive, send)

        return Guard(
            app,
            place=self._place,
            language=lambda: self._project.settings.language,
            refused=lambda code: self._mention(f"refused: {code}"),
        )

    def stop_work(self) -> None:
        """Let actions stop where they can."""
        for stop in self._at_work.values():
            stop()

    async def _respond(self, handler: Handler, receive: Receive) -> Response:
        self._last = time.monotonic()
        self._requests += 1
        message: Message = {}
        try:
            body = await _body(receive)
            message = _message(body)
            return await handler(message, len(body))
        except Refusal as refusal:
            return self._refused(refusal, message)
        except Malformed:
            return self._refused(_malformed(), message)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - the edge of the host: one request fails, the engine goes on
            self._log(error)
            template = "Tierbook met something it was not made for ({kind})."
            return self._refused(Refusal(500, "internal", template, kind=type(error).__name__), message)
        finally:
            self._last = time.monotonic()

    async def _hello(self, message: Message, size: int) -> Response:
        nonce = message.get("nonce")
        if not isinstance(nonce, str) or not 16 <= len(nonce) <= 64:
            raise _malformed()
        return _json({"proof": self._place.proof(nonce)})

    async def _session(self, message: Message, size: int) -> Response:
        version = str(message.get("version"))[:20]
        if version != self._place.version:
            self._mention("refused: version")
            raise Refusal(
                409, "version",
                "The add-in is version {addin} and the engine version {engine}; install the add-in again and restart both.",
                addin=version, engine=self._place.version,
            )  # fmt: skip
        name = self._sessions.begin(language=message.get("language"), pack=message.get("pack"))
        self._mention(f"session of {str(message.get('host'))[:20]!r}")
        return _json({"session": name, "version": self._place.version, "largest": LARGEST})

    async def _call(self, message: Message, size: int) -> Response:
        return await self._computed(call, message, size)

    async def _batch(self, message: Message, size: int) -> Response:
        return await self._computed(batch, message, size)

    async def _computed(self, answer: Answer, message: Message, size: int) -> Response:
        session = self._session_of(message)
        if size <= AT_ONCE:
            return _json(answer(message, session, self._project, self._log))
        key = self._begin_work(lambda: None)
        try:
            # The result becomes JSON there too; the others are answered meanwhile.
            body = await to_thread.run_sync(
                lambda: dumps(answer(message, session, self._project, self._log)), abandon_on_cancel=True
            )
        finally:
            self._at_work.pop(key, None)
        return Response(body, media_type="application/json", headers=_NO_SNIFF)

    async def _action(self, message: Message, size: int) -> Response:
        session = self._session_of(message)
        asked = action_call(message.get("call"), language=session.language)
        running = Running(asked, project=self._project.folder, log=self._log)
        key = self._begin_work(running.stop)
        lines = running.lines(ended=lambda: self._at_work.pop(key, None) and None)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=_NO_SNIFF)

    async def _status(self, message: Message, size: int) -> Response:
        return _json(
            {
                "version": self._place.version,
                "pid": self._place.pid,
                "port": self._place.port,
                "project": str(self._project.folder),
                "pack": self._project.settings.pack,
                "sessions": len(self._sessions),
                "requests": self._requests,
                "at_work": self.at_work,
                "cpu": time.process_time(),
                "minutes": (time.monotonic() - self._begun) / 60,
            }
        )

    async def _stopping(self, message: Message, size: int) -> Response:
        self._stop()
        return _json({"stopping": True})

    def _session_of(self, message: Message) -> Session:
        session = self._sessions.get(message.get("session"))
        if session is None:
            raise Refusal(409, "session", "The engine was started again meanwhile; calculate again.")
        return session

    def _begin_work(self, stop: Callable[[], None]) -> object:
        if len(self._at_work) >= MOST_AT_WORK:
            raise Refusal(503, "busy", "The engine is busy with {count} other requests; calculate again later.", count=MOST_AT_WORK)  # fmt: skip
        key = object()
        self._at_work[key] = stop
        return key

    def _refused(self, refusal: Refusal, message: Message) -> Response:
        session = self._sessions.get(message.get("session"))
        language = (
            session.language if session else str(message.get("language", self._project.settings.language))
        )
        return Response(
            refusal.body(language), refusal.status, media_type="application/json", headers=_NO_SNIFF
        )


async def _nothing_there(message: Message, size: int) -> Response:
    raise Refusal(404, "request", "The engine has nothing at this address.")


async def _body(receive: Receive) -> bytes:
    """The whole body; how long it may be and take is settled before.

    Raises
    ------
    ClientDisconnect
    """
    parts: list[bytes] = []
    while (part := await receive())["type"] == "http.request":
        parts.append(part["body"])
        if not part["more_body"]:
            return parts[0] if len(parts) == 1 else b"".join(parts)
    raise ClientDisconnect


def _message(body: bytes) -> Message:
    try:
        message = loads(body, CellError)
    except ValueError as error:
        raise Malformed("no JSON of ours") from error
    if not isinstance(message, dict):
        raise Malformed("a message is an object")
    return message


def _json(answer: Message) -> Response:
    return Response(dumps(answer), media_type="application/json", headers=_NO_SNIFF)


def _malformed() -> Refusal:
    return Refusal(400, "request", "The request is not one of Tierbook's.")
