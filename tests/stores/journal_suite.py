"""What every journal does; the twin and the real store run the same cases."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ringlake.model.events import Quarantined, RawEvent
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.journal import BELL, Journal, Put, quarantine_key

RECEIVED = datetime(2026, 9, 14, 12, 3, 8, 321000, tzinfo=UTC)


def subject(id: str = "c1", kind: SubjectKind = SubjectKind.CALL) -> Subject:
    return Subject(workspace="acme", kind=kind, connection="line", id=id)


def event(event_id: str = "e1", body: bytes = b'{"a":1}', **changes: Any) -> RawEvent:
    plain = RawEvent(
        subject=subject(),
        event_id=event_id,
        event_type="call.queued",
        provider="generic",
        adapter=1,
        body=body,
        received_at=RECEIVED,
    )
    return msgspec.structs.replace(plain, **changes)


def held(id: str = "q1", **changes: Any) -> Quarantined:
    plain = Quarantined(
        id=id,
        workspace="acme",
        connection="line",
        provider="generic",
        stage="identify",
        field="data.call.id",
        reason="missing",
        received_at=RECEIVED,
        body=b"\x00\xff not json",
        headers={"webhook-id": "msg_1"},
        query="a=1",
    )
    return msgspec.structs.replace(plain, **changes)


class JournalSuite:
    """Collected through its subclasses, which give the fixture `journal` (empty, or with foreign partitions)."""

    def test_an_event_comes_back_as_it_was_stored(self, journal: Journal) -> None:
        full = event(
            occurred_at=RECEIVED - timedelta(milliseconds=1),
            headers={"webhook-id": "msg_1"},
            query="a=%20&b",
            related=("parent", "other"),
            body="Café 🙂".encode() + b"\x00\xff",
        )
        plain = event("e2", b"")
        assert journal.put(full) is Put.STORED
        assert journal.put(plain) is Put.STORED
        assert journal.events(subject()) == [full, plain]

    def test_a_repeat_is_a_duplicate_and_changes_nothing(self, journal: Journal) -> None:
        first = event()
        journal.put(first)
        assert journal.put(event(received_at=RECEIVED + timedelta(hours=1), adapter=2)) is Put.DUPLICATE
        assert journal.events(subject()) == [first]

    def test_the_same_id_with_other_content_is_a_conflict_and_changes_nothing(self, journal: Journal) -> None:
        first = event()
        journal.put(first)
        assert journal.put(event(body=b'{"a":2}')) is Put.CONFLICT
        assert journal.put(event(query="a=2")) is Put.CONFLICT
        assert journal.events(subject()) == [first]

    def test_events_are_those_of_the_subject_by_event_id(self, journal: Journal) -> None:
        for number in (3, 1, 2, 10):
            journal.put(event(f"e{number}"))
        journal.put(event(subject=subject("c10")))
        journal.put(event(subject=subject(kind=SubjectKind.MESSAGE)))
        assert [e.event_id for e in journal.events(subject())] == ["e1", "e10", "e2", "e3"]
        assert journal.events(subject("nobody")) == []

    def test_ids_may_hold_anything_printable(self, journal: Journal) -> None:
        odd = event("msg#1/é 🙂", subject=subject("call#line#'; é"))
        journal.put(odd)
        assert journal.events(odd.subject) == [odd]

    def test_an_incompressible_body_at_the_size_cap_is_stored(self, journal: Journal) -> None:
        big = event(body=secrets.token_bytes(262_144))
        assert journal.put(big) is Put.STORED
        assert journal.events(subject()) == [big]

    def test_a_subject_may_have_more_than_a_page_of_events(self, journal: Journal) -> None:
        """One answer of the real store holds 1 MB."""
        many = [event(f"e{n:02}", secrets.token_bytes(90_000)) for n in range(25)]
        for one in many:
            journal.put(one)
        assert journal.events(subject()) == many

    def test_many_keys_are_read_whatever_their_kind(self, journal: Journal) -> None:
        stored = [event(f"e{n:03}") for n in range(130)]
        for one in stored:
            journal.put(one)
        aside = held()
        journal.quarantine(aside)
        keys = [(e.subject.key, e.event_id) for e in stored]
        wanted = [*keys, *keys[:5], quarantine_key(aside), ("acme#call#line#gone", "e1")]
        found = journal.get_many(wanted)
        assert sorted((f for f in found if isinstance(f, RawEvent)), key=lambda e: e.event_id) == stored
        assert [f for f in found if isinstance(f, Quarantined)] == [aside]
        assert journal.get_many([]) == []

    def test_quarantine_keeps_the_first_and_lists_by_day(self, journal: Journal) -> None:
        first = held()
        next_day = held("q2", received_at=RECEIVED + timedelta(days=1), stage="fold", body=b"", headers={}, query="")
        journal.quarantine(first)
        journal.quarantine(held(received_at=RECEIVED + timedelta(seconds=5)))
        journal.quarantine(next_day)
        journal.quarantine(held(connection="other"))
        assert list(journal.quarantined("acme", "line", "2026-09-14")) == [first]
        assert list(journal.quarantined("acme", "line", "2026-09-15")) == [next_day]
        assert list(journal.quarantined("acme", "line", "2026-09-16")) == []

    def test_concurrent_repeats_are_stored_once(self, journal: Journal) -> None:
        with ThreadPoolExecutor(16) as pool:
            puts = list(pool.map(lambda n: journal.put(event(f"e{n % 3}")), range(48)))
        assert (puts.count(Put.STORED), puts.count(Put.DUPLICATE)) == (3, 45)
        assert len(journal.events(subject())) == 3

    def test_of_concurrent_contents_one_wins_and_the_others_conflict(self, journal: Journal) -> None:
        with ThreadPoolExecutor(16) as pool:
            puts = list(pool.map(lambda n: journal.put(event(body=b"%d" % n)), range(24)))
        assert (puts.count(Put.STORED), puts.count(Put.CONFLICT)) == (1, 23)
        assert journal.events(subject())[0].body == b"%d" % puts.index(Put.STORED)

    def test_a_bell_is_no_event(self, journal: Journal) -> None:
        journal.put(event())
        journal.ring([subject().key, subject("c2").key], RECEIVED)
        journal.ring([subject().key], RECEIVED + timedelta(seconds=1))
        assert journal.events(subject()) == [event()]
        assert journal.events(subject("c2")) == []
        assert journal.get_many([(subject().key, BELL), (subject().key, "e1")]) == [event()]
        day = timedelta(days=1)
        assert set(journal.subjects("acme", RECEIVED - day, RECEIVED + day)) == {subject().key}

    def test_nothing_rung_is_nothing_done(self, journal: Journal) -> None:
        journal.ring([], RECEIVED)
        assert journal.events(subject()) == []

    def test_an_event_that_carries_the_bells_own_id_is_kept_and_may_be_rung(self, journal: Journal) -> None:
        odd = event(BELL)
        assert journal.put(odd) is Put.STORED
        journal.ring([subject().key], RECEIVED)
        assert journal.events(subject()) == [odd]
        assert journal.get_many([(subject().key, BELL)]) == [odd]
