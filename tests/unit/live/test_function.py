"""The function's entry: events of connections and batches of the stream."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.live import live as function
from ringlake.errors import Unavailable
from ringlake.stores.boards import Ticket
from tests.driver.faults import Hooked
from tests.unit.live.hall import AT, Hall


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Hall:
    hall = Hall()
    monkeypatch.setattr(function, "stores", lambda: hall.live)
    return hall


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"requestContext": {"eventType": kind, "connectionId": "a=", "routeKey": "$default"}, **more}


def bell(key: str, number: int = 1) -> dict[str, Any]:
    return {"eventName": "MODIFY", "dynamodb": {"Keys": {"pk": {"S": key}}, "SequenceNumber": str(number)}}


def came(hall: Hall) -> int:
    hall.boards.issue("t", Ticket(workspace="acme", user_id="u-olga", expires_at=AT.replace(minute=1)))
    status: int = function.handler(event("CONNECT", queryStringParameters={"ticket": "t"}), None)["statusCode"]
    return status


def test_a_connection_comes_says_something_and_goes(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    assert came(hall) == 200
    said = {"action": "subscribe", "filter": {"users": ["u-anna"]}}
    assert function.handler(event("MESSAGE", body=json.dumps(said)), None) == {"statusCode": 200}
    assert json.loads(hall.wire.sent["a="][0])["type"] == "snapshot"
    assert function.handler(event("DISCONNECT"), None) == {"statusCode": 200}
    assert hall.boards.socket("a=") is None
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event"], line["status"], line["LiveUnavailable"]) for line in lines] == [
        ("CONNECT", 200, 0),
        ("MESSAGE", 200, 0),
        ("DISCONNECT", 200, 0),
    ]


@pytest.mark.parametrize("query", [None, {}, {"ticket": "forged"}])
def test_nobody_comes_in_without_a_ticket(hall: Hall, query: dict[str, str] | None) -> None:
    assert function.handler(event("CONNECT", queryStringParameters=query), None) == {"statusCode": 401}


def test_a_binary_message_is_read_as_text(hall: Hall) -> None:
    came(hall)
    body = base64.b64encode(b'{"action": "ping"}').decode()
    function.handler(event("MESSAGE", body=body, isBase64Encoded=True), None)
    function.handler(event("MESSAGE", body="%%%", isBase64Encoded=True), None)
    assert [json.loads(m)["type"] for m in hall.wire.sent["a="]] == ["pong", "problem"]


def test_a_store_that_fails_is_said_without_details(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    came(hall)

    def fail() -> None:
        raise Unavailable("Query: ThrottlingException")

    broken = hall.process(boards=Hooked(hall.boards, fail))
    monkeypatch.setattr(function, "stores", lambda: broken)
    assert function.handler(event("MESSAGE", body='{"action": "ping"}'), None) == {"statusCode": 503}
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["LiveUnavailable"] == 1

    def break_down() -> None:
        raise RuntimeError("+48600100200")

    worse = hall.process(boards=Hooked(hall.boards, break_down))
    monkeypatch.setattr(function, "stores", lambda: worse)
    assert function.handler(event("MESSAGE", body='{"action": "ping"}'), None) == {"statusCode": 500}
    assert "600100" not in capsys.readouterr().out


def test_a_batch_reports_the_bells_that_have_to_come_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hall.screen("olga")
    key = hall.call("ringing", agent="anna")
    batch = {"Records": [bell(key, 1), bell("acme#message#pbx#m1", 2), bell(key, 3), bell("no key", 4)]}

    def fail() -> None:
        raise Unavailable("records")

    broken = hall.process(records=Hooked(hall.records, fail))
    monkeypatch.setattr(function, "stores", lambda: broken)
    failed = [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]
    assert function.handler(batch, None) == {"batchItemFailures": failed}
    monkeypatch.setattr(function, "stores", lambda: hall.live)
    assert function.handler(batch, None) == {"batchItemFailures": []}
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    counts = {name: line[name] for name in ("LiveBells", "LiveVersions", "LiveSent", "LiveFailed", "Quarantined")}
    assert counts == {"LiveBells": 4, "LiveVersions": 1, "LiveSent": 1, "LiveFailed": 0, "Quarantined": 0}
