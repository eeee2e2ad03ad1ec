"""Amazon Connect's door: an event of the bus in, stored once or handed over again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
import time_machine

from functions.connect import connect as function
from ringlake import settings as environment
from ringlake.errors import SettingsError, Unavailable
from ringlake.flows.ingest import Endpoints
from ringlake.stores.directory import token_digest
from ringlake.stores.journal import MemoryJournal

from .captures import Capture, House, capture, captures, house

SEEN = capture("amazon_connect/04_disconnected")
ARN = SEEN.content["connection"]["options"]["instance_arn"]


def joined(seen: Capture = SEEN) -> House:
    """The instance belongs to a connection, as the administrator's tools make it."""
    return house(msgspec.structs.replace(seen.connection, token_sha256=token_digest(ARN)))


def deployed(home: House, monkeypatch: pytest.MonkeyPatch) -> House:
    endpoints = Endpoints()
    monkeypatch.setattr(function, "stores", lambda: (home.directory, home.journal, home.vault, endpoints))
    return home


def handed(seen: Capture, **changes: Any) -> Mapping[str, int]:
    event: dict[str, Any] = json.loads(seen.body) | changes
    with time_machine.travel(seen.now, tick=False):
        return function.handler(event, None)


def test_an_event_is_stored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    home = deployed(joined(), monkeypatch)
    assert handed(SEEN) == {"accepted": 1, "duplicates": 0, "quarantined": 0}
    assert handed(SEEN) == {"accepted": 0, "duplicates": 1, "quarantined": 0}
    [event] = home.stored()
    assert json.loads(event.body) == json.loads(SEEN.body)
    assert event.provider == "amazon_connect"


@pytest.mark.parametrize(
    "seen", [c for c in captures("amazon_connect") if c.outcome == "accepted"], ids=lambda seen: seen.name
)
def test_every_captured_event_passes(seen: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    home = deployed(joined(seen), monkeypatch)
    assert handed(seen)["accepted"] == 1
    assert len(home.stored()) == 1


def test_an_event_of_an_instance_that_nobody_joined_is_let_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = deployed(house(), monkeypatch)
    assert handed(SEEN) == {"accepted": 0, "duplicates": 0, "quarantined": 0}
    assert not home.stored()
    assert json.loads(capsys.readouterr().out)["unknown_endpoint"] == 1


@pytest.mark.parametrize("name", ["91_other_account", "92_other_source"])
def test_an_event_that_is_not_the_connections_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = deployed(joined(), monkeypatch)
    assert handed(capture(f"amazon_connect/{name}"))["accepted"] == 0
    assert not home.stored()


@pytest.mark.parametrize("detail", [None, [], "x", {}, {"instanceArn": 7}, {"instanceArn": ARN}])
def test_an_event_of_another_shape_is_no_fault(detail: object, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(joined(), monkeypatch)
    assert handed(SEEN, detail=detail)["accepted"] == 0


def test_an_event_that_cannot_be_stored_is_handed_over_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Down(MemoryJournal):
        def put(self, event: Any) -> Any:
            raise Unavailable("the table does not answer")

    home = joined()
    deployed(House(home.directory, Down(), home.vault), monkeypatch)
    with pytest.raises(Unavailable):
        handed(SEEN)


def test_nobody_can_post_what_the_bus_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The instance's ARN is no secret, and over HTTP it opens nothing."""
    home = joined()
    for method in ("POST", "GET", "PUT", "event", ""):
        delivery = msgspec.structs.replace(SEEN.delivery, method=method)
        assert home.take(delivery, "amazon_connect", SEEN.now, token=ARN).status == 401
    assert not home.stored()


def test_the_log_line_holds_nothing_personal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed(joined(), monkeypatch)
    handed(SEEN)
    said = json.loads(capsys.readouterr().out)
    assert said["service"] == "connect"
    assert said["accepted"] == 1
    assert {m["Name"] for m in said["_aws"]["CloudWatchMetrics"][0]["Metrics"]} == {"accepted", "ms"}
    assert "agent/" not in json.dumps(said)


@pytest.mark.parametrize("name", ["RINGLAKE_JOURNAL_TABLE", "RINGLAKE_DIRECTORY_TABLE"])
def test_a_setting_that_is_not_there_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for needed in ("JOURNAL_TABLE", "DIRECTORY_TABLE"):
        monkeypatch.setenv(f"RINGLAKE_{needed}", "x")
    monkeypatch.delenv(name)
    environment.read.cache_clear()
    function.stores.cache_clear()
    with pytest.raises(SettingsError, match=name):
        handed(SEEN)
    environment.read.cache_clear()
