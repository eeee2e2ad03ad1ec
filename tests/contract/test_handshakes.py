"""Set-up requests and receipts through the deployed entry: what goes out, what is logged, what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ringlake import settings as environment

from .captures import SET_UP, Capture, capture, captures, house
from .test_ingest_function import answered, deployed, envelope

HANDSHAKES = [c for c in captures("novofon", "zadarma") if c.outcome == SET_UP]


@pytest.fixture(autouse=True)
def _public_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RINGLAKE_PUBLIC_URL", "https://calls.example.com")
    environment.read.cache_clear()
    yield
    environment.read.cache_clear()


def names(answer: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = answer["headers"]
    assert len({n.lower() for n in headers}) == len(headers)
    return {n.lower(): v for n, v in headers.items()}


@pytest.mark.parametrize("seen", HANDSHAKES, ids=lambda seen: seen.name)
def test_a_handshake_is_answered_with_its_own_words_and_counted_as_such(
    seen: Capture, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = deployed(house(seen.connection), monkeypatch)
    answer = answered(envelope(seen), seen)
    assert answer["statusCode"] == seen.says["http_status"]
    assert answer["body"] == seen.says["response_body"]
    assert names(answer)["content-type"].startswith("text/plain")
    assert names(answer)["x-content-type-options"] == "nosniff"
    assert not home.stored()
    assert not home.journal.held
    said = json.loads(capsys.readouterr().out)
    assert said["handshake"] == 1
    assert {m["Name"] for m in said["_aws"]["CloudWatchMetrics"][0]["Metrics"]} == {"handshake", "ms"}
    assert (said["workspace"], said["connection"], said["provider"]) == ("acme", "line", seen.provider)
    # What was echoed is the sender's and is not logged.
    assert seen.says["response_body"] not in json.dumps(said)


@pytest.mark.parametrize("seen", HANDSHAKES, ids=lambda seen: seen.name)
def test_an_endpoint_that_is_not_there_echoes_nothing(seen: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(house(seen.connection), monkeypatch)
    for path in ({"provider": seen.provider, "token": "guess"}, {"provider": "generic", "token": "guess"}):
        answer = answered(envelope(seen, pathParameters=path), seen)
        assert answer["statusCode"] == 404
        assert seen.says["response_body"] not in answer["body"]


def test_markup_in_an_echo_never_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = capture("zadarma/91_negative_markup_in_the_echo")
    deployed(house(seen.connection), monkeypatch)
    answer = answered(envelope(seen), seen)
    assert answer["statusCode"] == 401
    assert "script" not in json.dumps(answer)


@pytest.mark.parametrize(
    "name", ["novofon/classic_01_notify_start", "zadarma/01_notify_start", "novofon/v2_01_call_in"]
)
def test_a_provider_that_acts_on_our_answer_hears_an_empty_object(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time, at a repeat, and when the delivery was set aside; fields would steer the call."""
    seen = capture(name)
    deployed(house(seen.connection), monkeypatch)
    for _ in range(2):
        answer = answered(envelope(seen), seen)
        assert (answer["statusCode"], answer["body"]) == (200, "{}")
        assert names(answer)["content-type"] == "application/json"


def test_a_refusal_is_never_worded_by_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = capture("novofon/classic_91_negative_without_signature")
    deployed(house(seen.connection), monkeypatch)
    answer = answered(envelope(seen), seen)
    assert answer["statusCode"] == 401
    assert set(json.loads(answer["body"]).values()) == {0}


@pytest.mark.parametrize("seen", captures("ringostat", "novofon"), ids=lambda seen: seen.name)
def test_no_token_of_an_address_is_logged_or_kept(
    seen: Capture, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = deployed(house(seen.connection), monkeypatch)
    answered(envelope(seen), seen)
    line = capsys.readouterr().out
    kept = [e.query for e in home.stored()] + [q.query for held in home.journal.held.values() for q in held.values()]
    for secret in seen.secrets:
        assert secret.decode() not in line
        assert not [query for query in kept if secret.decode() in query]
