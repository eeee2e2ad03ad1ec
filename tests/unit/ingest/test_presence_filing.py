"""Presence is filed under account and UTC day, by whoever files it: ingest, replay."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ringlake.flows.ingest import raw_event
from ringlake.flows.replay import Result, replay
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Quarantined
from ringlake.model.subjects import SubjectKind, presence_account
from ringlake.providers.generic import ADAPTER
from ringlake.stores.journal import MemoryJournal

PBX = Connection(id="pbx", workspace="acme", provider="generic")
RECEIVED = datetime(2026, 9, 15, 0, 0, 5, tzinfo=UTC)


def delivery(**fields: Any) -> Delivery:
    body = {"type": "presence.changed", "data": {"presence": {"account": "anna", "status": "online"}}, **fields}
    return Delivery(method="POST", url="", headers={"webhook-id": "e1"}, query="", body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({"timestamp": "2026-09-14T23:59:59.999Z"}, date(2026, 9, 14)),
        ({"timestamp": "2026-09-15T01:30:00+02:00"}, date(2026, 9, 14)),
        ({"timestamp": "2026-09-15T00:00:00Z"}, date(2026, 9, 15)),
        ({}, date(2026, 9, 15)),
    ],
)
def test_the_day_is_that_of_the_change_else_of_the_reception(fields: dict[str, str], day: date) -> None:
    asked = delivery(**fields)
    event = raw_event(asked, PBX, ADAPTER, ADAPTER.identify(asked, PBX), RECEIVED)

    assert event.subject.kind is SubjectKind.PRESENCE
    assert presence_account(event.subject.id)[1] == day


def test_a_replayed_delivery_is_filed_where_ingest_would_have_filed_it() -> None:
    asked = delivery()
    filed = raw_event(asked, PBX, ADAPTER, ADAPTER.identify(asked, PBX), RECEIVED)
    journal = MemoryJournal()
    held = Quarantined(
        id="q1",
        workspace="acme",
        connection="pbx",
        provider="generic",
        stage="identify",
        field="",
        reason="",
        received_at=RECEIVED,
        body=asked.body,
        headers=asked.headers,
    )
    done = replay(held, PBX, journal)

    assert (done.result, done.subject) == (Result.STORED, filed.subject.key)
    assert journal.events(filed.subject)
