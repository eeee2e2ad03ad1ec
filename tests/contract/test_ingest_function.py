"""The deployed entry: API Gateway's envelope in, a status and one log line out."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.ingest import ingest as function
from ringlake import providers
from ringlake import settings as environment
from ringlake.flows.ingest import MAX_WEBHOOK_BODY, Endpoints
from ringlake.stores.journal import MemoryJournal

from .captures import SET_UP, TOKEN, Capture, House, capture, captures, house

SEEN = capture("generic/04_fcc_queue")


@pytest.fixture(autouse=True)
def _public_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RINGLAKE_PUBLIC_URL", "https://calls.example.com")
    environment.read.cache_clear()
    yield
    environment.read.cache_clear()


def deployed(home: House, monkeypatch: pytest.MonkeyPatch) -> House:
    endpoints = Endpoints()
    monkeypatch.setattr(function, "stores", lambda: (home.directory, home.journal, home.vault, endpoints))
    return home


def envelope(seen: Capture, **changes: Any) -> dict[str, Any]:
    """A payload-2.0 event as API Gateway makes it of this request."""
    request, address = seen.content["request"], urlsplit(seen.url)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "POST /webhooks/{provider}/{token}",
        "rawPath": address.path,
        "rawQueryString": address.query,
        "headers": request["headers"] | {"host": "evil.example.net", "x-forwarded-for": "198.51.100.7"},
        "requestContext": {"http": {"method": request["method"], "path": address.path, "sourceIp": "198.51.100.7"}},
        "pathParameters": {"provider": seen.provider, "token": TOKEN},
        **_body(seen),
    }
    return event | changes


def _body(seen: Capture) -> dict[str, Any]:
    """Text where it can be text, as API Gateway does it."""
    try:
        return {"body": seen.body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return _encoded(seen)


def _encoded(seen: Capture) -> dict[str, Any]:
    return {"body": base64.b64encode(seen.body).decode(), "isBase64Encoded": True}


def call(event: dict[str, Any], seen: Capture = SEEN) -> tuple[int, dict[str, int]]:
    answer = answered(event, seen)
    return answer["statusCode"], json.loads(answer["body"])


def answered(event: dict[str, Any], seen: Capture = SEEN) -> dict[str, Any]:
    with time_machine.travel(seen.now, tick=False):
        return function.handler(event, None)


@pytest.mark.parametrize("seen", [c for c in captures() if c.outcome != SET_UP], ids=lambda seen: seen.name)
@pytest.mark.parametrize("encoded", [False, True], ids=["text", "base64"])
def test_every_capture_through_the_entry(
    seen: Capture, encoded: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Header names in the sender's own spelling; whether the body is base64 is told by the flag alone."""
    # Where the address is signed, this installation is the one that the sender signed for.
    monkeypatch.setenv("RINGLAKE_PUBLIC_URL", "://".join(urlsplit(seen.url)[:2]))
    home = deployed(house(seen.connection), monkeypatch)
    event = envelope(seen)
    if encoded:
        event |= _encoded(seen)
    answer = answered(event, seen)
    assert answer["statusCode"] == {"accepted": 200, "quarantined": 200, "not_authentic": 401}[seen.outcome]
    assert len(home.stored()) == (seen.outcome == "accepted")
    receipt = providers.adapter(seen.provider).receipt
    if receipt and seen.valid:
        # A provider that acts on what it hears.
        assert (answer["headers"] | receipt.headers, answer["body"]) == (answer["headers"], receipt.body)
    else:
        counts = json.loads(answer["body"])
        assert sum(counts.values()) == seen.valid
        assert counts["accepted"] == (seen.outcome == "accepted")
    [line] = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert said[seen.outcome] == 1
    assert said["bytes"] == len(seen.delivery.body)
    assert not personal(seen, line)


def personal(seen: Capture, text: str) -> set[str]:
    """Numbers, names and texts of a capture that are found in a text."""
    body = seen.body.decode("utf-8", "replace") + unquote_plus(
        f"{seen.delivery.query} {seen.body.decode('utf-8', 'replace')}"
    )
    told = set(re.findall(r"\+\d{7,15}", body))
    told |= {
        w.strip() for w in re.findall(r'"(?:text|body|name|content|transcript|summary|from|to)":"([^"]{4,})"', body)
    }
    return {value for value in told if value in text}


def test_the_canary_sees_numbers_names_and_texts() -> None:
    seen = capture("openphone/legacy_v2_06_message_received_media")
    assert personal(seen, seen.body.decode()) >= {"+12025550143", "Hello, is the 10:00 slot free? 🙂"}
    assert personal(capture("generic/05_fcc_ring_agent_1"), "for Anna Nowak") == {"Anna Nowak"}


def test_no_fault_puts_a_number_into_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even an exception whose text holds the delivery."""

    class Broken(MemoryJournal):
        def put(self, event: Any) -> Any:
            raise RuntimeError(event.body.decode())

    home = house(SEEN.connection)
    deployed(House(home.directory, Broken(), home.vault), monkeypatch)
    assert call(envelope(SEEN)) == (503, {"accepted": 0, "duplicates": 0, "quarantined": 0})
    line = capsys.readouterr().out
    assert json.loads(line)["reason"] == "RuntimeError"
    assert not personal(SEEN, line)


def test_the_log_line_is_the_metric_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    deployed(house(SEEN.connection), monkeypatch)
    call(envelope(SEEN))
    said = json.loads(capsys.readouterr().out)
    declared = said["_aws"]["CloudWatchMetrics"][0]
    assert declared["Namespace"] == "Ringlake"
    assert {m["Name"] for m in declared["Metrics"]} == {"accepted", "ms"}
    assert all(m["Name"] in said for m in declared["Metrics"])
    assert {k: said[k] for k in ("workspace", "connection", "provider", "event_id", "event_type")} == {
        "workspace": "acme",
        "connection": "line",
        "provider": "generic",
        "event_id": "msg_gen00004",
        "event_type": "call.queued",
    }


def test_the_log_line_is_short() -> None:
    """Log bytes are a tenth of what a webhook costs (performance.md 5c)."""
    home = house(SEEN.connection)
    result = home.take(SEEN.delivery, "generic", SEEN.now)
    assert len(function.line(result, 500, 1.5)) < 420


@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
@pytest.mark.parametrize(
    "name", ["RINGLAKE_JOURNAL_TABLE", "RINGLAKE_DIRECTORY_TABLE", "RINGLAKE_KEY_ID", "RINGLAKE_PUBLIC_URL"]
)
def test_a_setting_that_is_not_there_is_named_and_answered_503(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for needed in ("JOURNAL_TABLE", "DIRECTORY_TABLE", "KEY_ID", "PUBLIC_URL"):
        monkeypatch.setenv(f"RINGLAKE_{needed}", "x")
    monkeypatch.setenv(name, value or "")
    if value is None:
        monkeypatch.delenv(name)
    function.stores.cache_clear()
    assert call(envelope(SEEN))[0] == 503
    assert name in json.loads(capsys.readouterr().out)["reason"]


def test_a_repeat_is_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(house(SEEN.connection), monkeypatch)
    assert call(envelope(SEEN)) == (200, {"accepted": 1, "duplicates": 0, "quarantined": 0})
    assert call(envelope(SEEN)) == (200, {"accepted": 0, "duplicates": 1, "quarantined": 0})


def test_refusals_look_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(house(SEEN.connection), monkeypatch)
    unknown = call(envelope(SEEN, pathParameters={"provider": "generic", "token": "guess"}))
    forged = call(envelope(SEEN, body="{}"))
    assert (unknown[0], forged[0]) == (404, 401)
    assert unknown[1] == forged[1]


def test_a_body_over_the_cap_is_413(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(house(SEEN.connection), monkeypatch)
    big = b"x" * (MAX_WEBHOOK_BODY + 1)
    assert call(envelope(SEEN, body=big.decode()))[0] == 413
    assert call(envelope(SEEN, body=base64.b64encode(big).decode(), isBase64Encoded=True))[0] == 413
    assert call(envelope(SEEN, body=base64.b64encode(big[1:]).decode(), isBase64Encoded=True))[0] == 401


def test_the_address_is_built_from_configuration_and_never_from_host(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = function.opened(envelope(SEEN, rawQueryString="a=1&b=%20"))
    assert opened.url == f"https://calls.example.com/webhooks/generic/{TOKEN}?a=1&b=%20"
    assert opened.query == "a=1&b=%20"


def test_a_text_that_looks_like_base64_is_taken_as_it_is() -> None:
    assert function.opened(envelope(SEEN, body="AAAA")).body == b"AAAA"
    assert function.opened(envelope(SEEN, body="AAAA", isBase64Encoded=True)).body == b"\0\0\0"


@given(
    event=st.fixed_dictionaries(
        {},
        optional={
            "body": st.none() | st.text(max_size=50) | st.sampled_from(["AAA", "====", "\ud800"]),
            "isBase64Encoded": st.booleans(),
            "rawQueryString": st.text(st.characters(exclude_categories=()), max_size=20),
            "headers": st.none()
            | st.dictionaries(st.sampled_from([*SEEN.delivery.headers, "WEBHOOK-ID"]), st.text(max_size=30)),
            "pathParameters": st.none()
            | st.fixed_dictionaries(
                {
                    "provider": st.sampled_from(["generic", "openphone", "adapter", "../x", ""]),
                    "token": st.sampled_from([TOKEN, "", "\0", "x" * 3000]),
                }
            ),
        },
    )
)
@settings(
    max_examples=5 * settings().max_examples,
    # The one patch that the fixture makes is the same for every example.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_request_is_a_fault_of_ours(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(house(SEEN.connection), monkeypatch)
    status, _ = call(envelope(SEEN) | event)
    assert status in (200, 401, 404, 413)
