"""What the simulator sends is what the providers' adapters accept and understand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ringlake.errors import NotAuthentic
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, RawEvent
from ringlake.model.subjects import Subject
from ringlake.providers import adapter
from tools.simulator import deliver, people, render, seeding
from tools.simulator.history import history, month

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KINDS = (("openphone", render.LEGACY), ("openphone", render.STANDARD), ("generic", render.STANDARD))
LIVE = {c: [seeding.same_keys(c, scheme).encode() for x, scheme in KINDS if x == c] for c in ("openphone", "generic")}


def _connection(provider: str) -> Connection:
    return Connection(id=provider, workspace="acme", provider=provider, zone=people.ZONE, country="US")


def _delivery(notice: render.Notice, at: datetime) -> Delivery:
    secret = seeding.same_keys(notice.connection, notice.scheme)
    url = f"https://ringlake.example.com/webhooks/{notice.connection}/token"
    return seeding.delivery(notice, deliver.Endpoint(url, (secret,)), at)


@pytest.fixture(scope="module")
def notices() -> list[render.Notice]:
    """Ten days hold every kind of every generation."""
    return render.notices(history(people.company(11), 11, month(date(2026, 11, 20), 10)))


def test_every_notice_is_authentic_and_identified_as_what_it_is_about(notices: list[render.Notice]) -> None:
    for notice in notices:
        connection, reader = _connection(notice.connection), adapter(notice.connection)
        delivery = _delivery(notice, NOW)
        reader.verify(delivery, LIVE[notice.connection], connection, NOW)
        found = reader.identify(delivery, connection)
        assert found.kind.value == notice.subject[0]
        # An account's presence is kept under a key of its own.
        assert found.subject_id == notice.subject[1] or notice.subject[0] == "presence"
        assert found.event_type == notice.kind
        assert found.occurred_at is not None


def test_every_notice_states_a_fact(notices: list[render.Notice]) -> None:
    for notice in notices:
        connection, reader = _connection(notice.connection), adapter(notice.connection)
        found = reader.identify(_delivery(notice, NOW), connection)
        subject = Subject(workspace="acme", kind=found.kind, connection=connection.id, id=found.subject_id)
        event = RawEvent(
            subject=subject,
            event_id=found.event_id,
            event_type=found.event_type,
            provider=connection.provider,
            adapter=reader.version,
            body=notice.body,
            received_at=NOW,
        )
        assert reader.parse(event, connection), notice.kind


def test_all_webhooks_that_ringlake_folds_occur(notices: list[render.Notice]) -> None:
    kinds = {(n.connection, n.scheme, n.kind) for n in notices}
    for kind in ("ringing", "answered", "completed", "missed", "recording.completed", "voicemail.completed"):
        assert ("openphone", render.STANDARD, f"call.{kind}") in kinds
    for kind in ("ringing", "completed", "recording.completed", "summary.completed", "transcript.completed"):
        assert ("openphone", render.LEGACY, f"call.{kind}") in kinds
    for kind in ("queued", "step", "ringing", "answered", "held", "resumed", "transferred", "completed", "charged"):
        assert ("generic", render.STANDARD, f"call.{kind}") in kinds


def test_a_signature_of_six_minutes_ago_is_refused_and_so_is_another_body(notices: list[render.Notice]) -> None:
    for scheme in KINDS:
        notice = next(n for n in notices if (n.connection, n.scheme) == scheme)
        connection, reader = _connection(notice.connection), adapter(notice.connection)
        stale = _delivery(notice, NOW - timedelta(minutes=6))
        fresh = _delivery(notice, NOW)
        altered = Delivery(method="POST", url=fresh.url, headers=fresh.headers, query="", body=fresh.body + b" ")
        for delivery in (stale, altered):
            with pytest.raises(NotAuthentic):
                reader.verify(delivery, LIVE[notice.connection], connection, NOW)
