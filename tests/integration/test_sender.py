"""The simulator's sender against a receiver that has bad days."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools.simulator import deliver, render

SECRET = "whsec_" + "Y2Fub25pY2FsLXdlYmhvb2stdGVzdC1rZXktMDAwMDE="
AT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Receiver:
    """Answers each id with its script's next status, the last of it for ever; 0 hangs up without a word."""

    scripts: dict[str, list[int]]
    seen: list[tuple[str, str]] = field(default_factory=list)
    peers: Counter[int] = field(default_factory=Counter)
    url: str = ""

    def answer(self, delivery_id: str, signature: str, peer: int) -> int:
        tries = sum(1 for i, _ in self.seen if i == delivery_id)
        self.seen.append((delivery_id, signature))
        self.peers[peer] += 1
        script = self.scripts.get(delivery_id, [200])
        return script[min(tries, len(script) - 1)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    house = Receiver(scripts={})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            status = house.answer(
                self.headers["webhook-id"], self.headers["webhook-signature"], int(self.client_address[1])
            )
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    house.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/generic/token"
    yield house
    server.shutdown()
    server.server_close()


def _attempts(count: int) -> list[deliver.Attempt]:
    return [
        deliver.Attempt(
            render.Notice("generic", render.STANDARD, f"msg_{n}", ("call", str(n)), "call.queued", AT, b"{}")
        )
        for n in range(count)
    ]


def _send(receiver: Receiver, attempts: list[deliver.Attempt], monkeypatch: pytest.MonkeyPatch) -> deliver.Sent:
    monkeypatch.setattr(deliver, "FIRST_PAUSE_S", 0.001)
    endpoints = {("generic", render.STANDARD): deliver.Endpoint(receiver.url, (SECRET,))}
    return deliver.deliver(attempts, endpoints, concurrency=3)


def test_every_attempt_is_answered_over_few_kept_connections(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = _send(receiver, _attempts(60), monkeypatch)
    assert sent.by_status == {200: 60}
    assert {i for i, _ in receiver.seen} == {f"msg_{n}" for n in range(60)}
    assert len(receiver.peers) <= 3


def test_a_5xx_and_silence_are_tried_again_until_they_are_taken(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.scripts = {"msg_1": [503, 500, 200], "msg_2": [0, 200]}
    sent = _send(receiver, _attempts(3), monkeypatch)
    assert sent.by_status == {200: 3}
    assert {a.attempt.notice.delivery_id: a.tries for a in sent.answers} == {"msg_0": 1, "msg_1": 3, "msg_2": 2}


def test_a_4xx_is_final_as_it_is_for_providers(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.scripts = {"msg_0": [401, 200]}
    sent = _send(receiver, _attempts(1), monkeypatch)
    assert sent.by_status == {401: 1}


def test_a_receiver_that_never_answers_well_is_given_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.scripts = {"msg_0": [503]}
    sent = _send(receiver, _attempts(1), monkeypatch)
    assert [(a.status, a.tries) for a in sent.answers] == [(503, deliver.TRIES)]


def test_what_is_lost_never_leaves(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, second) = _attempts(2)
    lost = deliver.Attempt(first.notice, lost=True)
    _send(receiver, [lost, second], monkeypatch)
    assert {i for i, _ in receiver.seen} == {"msg_1"}
