"""What a hostile page, program or client sends to the engine's port is refused, and the engine goes on."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from select import select
from typing import Any

import pytest

from addin.engine_client import Engine, EngineError
from addin.engine_http import MOST_CONNECTIONS
from addin.engine_place import local_socket
from tests.hosts.engine.running import Running, engine, until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with engine(tmp_path_factory.mktemp("engine")) as found:
        yield found


@pytest.fixture
def client(running: Running) -> Engine:
    return running.client()


def request(
    running: Running,
    path: str = "/status",
    *,
    method: str = "POST",
    host: str | None = None,
    token: bool = True,
    extra: str = "",
    kind: str = "Content-Type: application/json\r\n",
    length: str | None = None,
    body: bytes = b'{"session": ""}',
) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1\r\n",
        f"Host: {host or f'127.0.0.1:{running.place.port}'}\r\n",
        f"Authorization: Bearer {running.place.token}\r\n" if token else "",
        kind,
        f"Content-Length: {len(body)}\r\n" if length is None else length,
        extra,
        "\r\n",
    ]
    return "".join(lines).encode("latin-1") + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


ATTACKS: list[tuple[str, dict[str, Any], set[int]]] = [
    ("a name that was rebound to this machine", {"host": "evil.example:{port}"}, {421}),
    ("Host without a port", {"host": "localhost"}, {421}),
    ("Host of another port", {"host": "localhost:1"}, {421}),
    ("Host that a public name server answers with 127.0.0.1", {"host": "127.0.0.1.nip.io:{port}"}, {421}),
    ("Host with a trailing dot", {"host": "localhost.:{port}"}, {421}),
    ("Host of the whole network", {"host": "0.0.0.0:{port}"}, {421}),
    ("two Host headers", {"extra": "Host: evil.example\r\n"}, {421}),
    ("two Host headers, both ours", {"extra": "Host: 127.0.0.1:{port}\r\n"}, {421}),
    ("no token", {"token": False}, {401}),
    ("a token in the address", {"token": False, "path": "/status?token={token}"}, {401}),
    ("a token in another scheme", {"token": False, "extra": "Authorization: Basic {token}\r\n"}, {401}),
    ("a wrong token", {"token": False, "extra": "Authorization: Bearer {other}\r\n"}, {401}),
    ("a token cut short", {"token": False, "extra": "Authorization: Bearer {short}\r\n"}, {401}),
    ("a token in strange letters", {"token": False, "extra": "Authorization: Bearer \xe9\r\n"}, {401}),
    ("a page of another site", {"extra": "Origin: https://evil.example\r\n"}, {403}),
    ("a page without an origin, as from a file", {"extra": "Origin: null\r\n"}, {403}),
    ("a page of another port here", {"extra": "Origin: http://localhost:1\r\n"}, {403}),
    ("a browser that says the page is another site's", {"extra": "Sec-Fetch-Site: cross-site\r\n"}, {403}),
    ("a browser that says the page is of the same site", {"extra": "Sec-Fetch-Site: same-site\r\n"}, {403}),
    ("a browser that asks whether it may", {"method": "OPTIONS", "token": False, "extra": "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n"}, {403}),
    ("reading without POST", {"method": "GET", "length": "", "body": b""}, {405}),
    ("deleting", {"method": "DELETE"}, {405}),
    ("steps upwards", {"path": "/../../etc/passwd"}, {404}),
    ("steps upwards in disguise", {"path": "/%2e%2e%2fetc%2fpasswd"}, {404}),
    ("steps upwards with backslashes", {"path": "/..\\..\\config.yaml"}, {400, 404}),
    ("an address with a null", {"path": "/status%00"}, {404}),
    ("a device of Windows", {"path": "/CON:x"}, {404}),
    ("an address of another machine", {"path": "http://evil.example/config.yaml"}, {404}),
    ("an address that is nearly one", {"path": "/status/"}, {404}),
    ("a form of a page, which needs no permission", {"kind": "Content-Type: text/plain\r\n"}, {415}),
    ("a form of a page with fields", {"kind": "Content-Type: application/x-www-form-urlencoded\r\n"}, {415}),
    ("no kind of content", {"kind": ""}, {415}),
    ("JSON in name only", {"kind": "Content-Type: text/plain; application/json\r\n"}, {415}),
    ("two gigabytes announced", {"length": "Content-Length: 2000000000\r\n", "body": b""}, {413}),
    ("a length below nothing", {"length": "Content-Length: -1\r\n", "body": b""}, {400, 411}),
    ("no length", {"length": "", "body": b""}, {411}),
    ("two lengths", {"extra": "Content-Length: 3\r\n"}, {400}),
    ("a body in pieces", {"length": "Transfer-Encoding: chunked\r\n", "body": b"0\r\n\r\n"}, {411}),
    ("a length and pieces", {"extra": "Transfer-Encoding: chunked\r\n"}, {400, 411}),
    ("brackets without end", {"body": b"[" * 200_000}, {400}),
    ("objects without end", {"body": b'{"a":' * 100_000}, {400}),
    ("no JSON", {"body": b"<xml/>"}, {400}),
    ("a number beyond any", {"body": b'{"session": 1e999999}'}, {200}),
    ("a whole number of a million digits", {"body": b'{"session": ' + b"9" * 1_000_000 + b"}"}, {400}),
    ("a header of 100 kB", {"extra": "X: " + "a" * 100_000 + "\r\n"}, {431}),
    ("an address of 100 kB", {"path": "/" + "a" * 100_000}, {400, 431}),
    ("a header that never ends", {"extra": "X: " + "a" * 100_000, "body": b""}, {431}),
    ("200 headers", {"extra": "".join(f"X{i}: a\r\n" for i in range(200))}, {431}),
    ("an opening for another protocol", {"extra": "Connection: Upgrade\r\nUpgrade: websocket\r\n"}, {200, 400}),
]  # fmt: skip


@pytest.mark.parametrize("what, sent, refused", ATTACKS, ids=[attack[0] for attack in ATTACKS])
def test_an_attack_is_refused_and_the_engine_goes_on(what, sent, refused, running, client):
    token = running.place.token
    filled = {"port": running.place.port, "token": token, "short": token[:-1], "other": token[::-1]}
    sent = {
        name: value.format(**filled) if isinstance(value, str) and "{" in value else value
        for name, value in sent.items()
    }
    assert status(running.raw(request(running, **sent))) in refused
    assert client.call("CRM_NPS", [[9], [3]]) == 0.0


def test_the_same_request_without_the_attack_is_answered(running):
    assert status(running.raw(request(running))) == 200


def test_bytes_that_are_no_http_are_refused(running):
    assert status(running.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10)) == 400


def test_a_refusal_says_why_in_words_and_tells_nothing_else(running):
    head, _, body = running.raw(request(running, token=False)).partition(b"\r\n\r\n")
    said = json.loads(body)["error"]
    assert said["code"] == "token"
    assert "changes with every start" in said["reason"]
    assert b"server:" not in head.lower()
    assert b"access-control" not in head.lower()
    assert b"connection: close" in head.lower()
    assert b"nosniff" in head.lower()


def test_only_this_machine_can_reach_the_port(running):
    own = {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own | {"127.0.0.2"}:
        if address != "127.0.0.1":
            with pytest.raises(OSError):
                socket.create_connection((address, running.place.port), 1)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")
def test_the_socket_in_the_users_folder_is_the_users_own_and_has_the_same_guard(running, client):
    path = local_socket(running.folder)
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for sent, expected in (({}, 200), ({"token": False}, 401), ({"host": "evil.example"}, 421)):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(path))
            line.sendall(request(running, **sent))
            assert status(line.recv(65_536)) == expected
    path.unlink()
    assert running.client().call("CRM_NPS", [[9], [3]]) == 0.0, "without it there is the port"


def test_half_sent_requests_do_not_keep_others_out(running):
    half = []
    for _ in range(MOST_CONNECTIONS + 40):
        line = socket.create_connection(("127.0.0.1", running.place.port), 5)
        line.sendall(b"POST /call HTTP/1.1\r\nHo")
        half.append(line)
    assert running.client().call("CRM_NPS", [[9], [3]]) == 0.0
    for line in half:
        line.close()


def test_a_head_that_trickles_in_is_cut_off(running):
    with socket.create_connection(("127.0.0.1", running.place.port), 5) as line:
        for byte in request(running):
            line.sendall(bytes([byte]))
            # A tenth of a second for each byte: the whole head would take twenty seconds.
            if select([line], [], [], 0.1)[0]:
                break
        else:
            pytest.fail("the whole head was taken")
        with suppress(ConnectionError):
            assert line.recv(1) == b""


def test_answers_that_are_not_read_do_not_hold_up_others(running):
    with socket.create_connection(("127.0.0.1", running.place.port), 5) as line:
        line.sendall(request(running, body=b'{"a": 1}') * 50)
        assert running.client().call("CRM_NPS", [[9], [3]]) == 0.0


@pytest.mark.parametrize(
    "message, why",
    [
        ({"function": "os.system", "cells": ["true"]}, "a function of Python is none of ours"),
        ({"function": "__import__", "cells": ["os"]}, "nor is one that Python has built in"),
        ({"function": "CRM_NPS.__class__", "cells": []}, "nor is what hangs on ours"),
        ({"function": "../survey", "cells": []}, "nor is a path"),
    ],
)
def test_functions_of_the_registry_and_nothing_else(message, why, client):
    with pytest.raises(EngineError, match="There is no function called") as wrong:
        client.call(message["function"], *message["cells"])
    assert wrong.value.code == "function", why


@pytest.mark.parametrize(
    "pack", ["../../etc/passwd", "/etc/passwd", "..\\hospitality", "hospitality.yaml", "a" * 10_000, "\0"]
)
def test_a_pack_is_a_name_and_never_a_path(pack, client):
    with pytest.raises(EngineError, match="There is no rule pack called"):
        client.call("CRM_RULES", pack)


@pytest.mark.parametrize(
    "message",
    [
        [],
        {"calls": 5},
        {"calls": [5]},
        {"calls": [{"function": 5, "cells": []}]},
        {"calls": [{"function": "CRM_NPS", "cells": 5}]},
        {"calls": [{"function": "CRM_NPS", "cells": []}] * 10_001},
    ],
)
def test_a_message_of_another_shape_is_refused_in_words(message, running, client):
    client.status()
    if isinstance(message, dict):
        message = {"session": client._session, **message}
    answer = running.raw(request(running, "/batch", body=json.dumps(message).encode()))
    assert status(answer) in (400, 409)
    assert b'"reason"' in answer


@pytest.mark.parametrize("cells", [[{"a": 1}], [[[[1]]]], [[[{"a": {}}]]], [[["a", 1], [2]]]])
def test_cells_that_are_no_cells_give_an_error_and_no_more(cells, running, client):
    client.status()
    message = {"session": client._session, "function": "CRM_NPS", "cells": cells}
    answer = running.raw(request(running, "/call", body=json.dumps(message).encode()))
    assert status(answer) == 200
    assert b'"error"' in answer
    assert client.call("CRM_NPS", [[9], [3]]) == 0.0


PATHS: list[tuple[str, dict[str, Any]]] = [
    ("a path that is not whole", {"book": "orders.xlsx"}),
    ("steps upwards", {"book": "{folder}/../{name}/orders.xlsx"}),
    ("a file of the system", {"book": "/etc/passwd"}),
    ("a file that is no workbook", {"book": "{folder}/engine.json"}),
    ("a folder", {"book": "{folder}"}),
    ("a file that is not there", {"book": "{folder}/other.xlsx"}),
    ("a null", {"book": "{folder}/orders.xlsx\0.csv"}),
    ("a name that is a path", {"name": "../orders.xlsx"}),
    ("a name that is a path of Windows", {"name": "..\\orders.xlsx"}),
    ("a name that is a stream of Windows", {"name": "orders.xlsx:x"}),
    ("no name", {"name": ""}),
    ("a workbook's path that is not whole", {"path": "out/orders.xlsx"}),
    ("a workbook's path with steps upwards", {"path": "{folder}/../orders.xlsx"}),
    ("a workbook's path in a folder that is not there", {"path": "{folder}/none/orders.xlsx"}),
    ("a path that is a number", {"book": 5}),
    ("a selection of another shape", {"selection": {"sheet": 5}}),
]


@pytest.mark.parametrize("what, given", PATHS, ids=[path[0] for path in PATHS])
def test_an_action_names_files_only_as_a_user_would(what, given, running, client):
    book = running.folder / "orders.xlsx"
    book.touch()
    filled = {"folder": running.folder, "name": running.folder.name}
    call = {"action": "check", "book": str(book), "name": "orders.xlsx"} | {
        key: value.format(**filled) if isinstance(value, str) else value for key, value in given.items()
    }
    with pytest.raises(EngineError) as wrong:
        list(client.action(call))
    assert wrong.value.code in ("path", "request")


def test_actions_of_the_registry_and_nothing_else(running, client):
    book = running.folder / "orders.xlsx"
    book.touch()
    call = {"action": "os.remove", "book": str(book), "name": "orders.xlsx"}
    assert "There is no action called" in list(client.action(call))[-1]["text"]
    assert book.exists()


def test_another_version_is_refused_in_words(running):
    with pytest.raises(EngineError, match="version 9.9 and the engine version") as wrong:
        running.client(version="9.9").call("CRM_NPS", [[9]])
    assert wrong.value.code == "version"
    with pytest.raises(EngineError, match="加载项的版本"):
        running.client(version="9.9", language="zh").call("CRM_NPS", [[9]])


def test_cells_beyond_the_limit_are_refused_before_they_are_sent(client, monkeypatch):
    client.status()
    monkeypatch.setattr(client, "_largest", 1000)
    with pytest.raises(EngineError, match="Give fewer rows") as wrong:
        client.call("CRM_NPS", [[9.0]] * 2000)
    assert wrong.value.code == "size"


def test_a_range_of_a_million_rows_is_answered_and_health_stays_within_two_seconds(running, client):
    import threading

    results: list[Any] = []
    block = [(float(row), None, "x") for row in range(1_000_000)]
    at_work = threading.Thread(
        target=lambda: results.append(client.call("CRM_TIER", [row[:1] for row in block]))
    )
    at_work.start()
    others = 0
    while at_work.is_alive():
        running.client().status()  # raises after two seconds
        others += 1
    at_work.join()
    assert len(results[0]) == 1_000_000
    assert results[0][0] == ("general",)
    assert others > 1


def test_the_log_holds_no_cell_no_token_and_no_path(running, client):
    client.call("CRM_GROWTH", [["Zebedee Quint"]], [[1]])
    with pytest.raises(EngineError):
        client.call("CRM_NPS", [[["Zebedee Quint"]]])
    running.raw(request(running, "/Zebedee", token=False))
    assert until(lambda: "refused: token" in running.log())
    assert "Zebedee" not in running.log()
    assert running.place.token not in running.log()
    assert "orders.xlsx" not in running.log()


def test_another_program_at_the_port_of_an_engine_long_gone_gets_no_cell_and_no_token(running, tmp_path):
    """Whoever takes the port of a killed engine cannot say what only that engine knew."""
    stranger = """
import socket, sys
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
print(listener.getsockname()[1], flush=True)
line, _ = listener.accept()
seen = line.recv(65536)
body = b'{"proof": "%s"}' % (b"0" * 64)
line.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n%s" % (len(body), body))
while part := line.recv(65536):
    seen += part
sys.stdout.buffer.write(seen)
"""
    process = subprocess.Popen([sys.executable, "-c", stranger], stdout=subprocess.PIPE)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    known = json.loads((running.folder / "engine.json").read_text("utf-8"))
    _write_private(tmp_path / "engine.json", {**known, "port": port})
    lured = Engine(version=running.place.version, folder=tmp_path, start=False)
    with pytest.raises(EngineError) as wrong:
        lured.call("CRM_NPS", [[7.125]])
    assert wrong.value.code == "stopped"
    seen, _ = process.communicate(timeout=10)
    assert b"POST /hello" in seen
    assert running.place.token.encode() not in seen
    assert b"7.125" not in seen


def _write_private(path: Path, content: dict[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content), "utf-8")
