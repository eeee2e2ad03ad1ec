"""The archive: files from which the journal can be made again."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.archive import archive as entry
from ringlake.errors import Unavailable
from ringlake.flows.archive import SLICE, Archived, archive, archived, item_key, to_lines
from ringlake.model.events import Quarantined, RawEvent
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.journal import BELL, MemoryJournal
from ringlake.stores.objects import MemoryObjects

EVENING = datetime(2026, 3, 4, 23, 59, 59, 999_000, tzinfo=UTC)


def event(id: str, at: datetime = EVENING, workspace: str = "acme", body: bytes = b'{"a":1}') -> RawEvent:
    return RawEvent(
        subject=Subject(workspace=workspace, kind=SubjectKind.CALL, connection="line", id="c1"),
        event_id=id,
        event_type="call.completed",
        provider="openphone",
        adapter=1,
        body=body,
        received_at=at,
        headers={"content-type": "application/json"},
        related=("c0",),
    )


def held(id: str = "q1") -> Quarantined:
    return Quarantined(
        id=id, workspace="acme", connection="line", provider="openphone", stage="identify", field="data",
        reason="missing", received_at=EVENING, body=b"\xff\x00not text",
    )  # fmt: skip


def journal_of(*items: RawEvent | Quarantined) -> MemoryJournal:
    journal = MemoryJournal()
    for item in items:
        if isinstance(item, Quarantined):
            journal.quarantine(item)
        else:
            journal.put(item)
    return journal


def test_every_item_comes_back_as_it_was() -> None:
    items: list[RawEvent | Quarantined] = [event("e1"), event("e2", body=bytes(range(256))), held()]
    raw = MemoryObjects()
    done = archive([item_key(i) for i in items], journal=journal_of(*items), raw=raw)

    assert done == Archived(items=3, objects=1)
    assert sorted(archived(raw, "acme"), key=item_key) == sorted(items, key=item_key)


def test_files_lie_under_workspace_and_day_of_receipt() -> None:
    items = [event("e1"), event("e2", at=EVENING + timedelta(seconds=1)), event("e3", workspace="zeta")]
    raw = MemoryObjects()
    archive([item_key(i) for i in items], journal=journal_of(*items), raw=raw)

    assert [key.rpartition("/")[0] for key in sorted(raw.bodies)] == [
        "raw/workspace=acme/day=2026-03-04",
        "raw/workspace=acme/day=2026-03-05",
        "raw/workspace=zeta/day=2026-03-04",
    ]
    assert [i.event_id for i in archived(raw, "acme", ["2026-03-05"]) if isinstance(i, RawEvent)] == ["e2"]


def test_names_show_nothing_of_the_content() -> None:
    raw = MemoryObjects()
    archive([item_key(event("+48600000001"))], journal=journal_of(event("+48600000001")), raw=raw)

    assert not any("48600000001" in key for key in raw.bodies)


def test_a_redelivered_batch_overwrites_itself_whatever_its_order() -> None:
    items = [event(f"e{n}") for n in range(20)]
    keys, journal, raw = [item_key(i) for i in items], journal_of(*items), MemoryObjects()
    archive(keys, journal=journal, raw=raw)
    first = dict(raw.bodies)
    archive([*reversed(keys), keys[3]], journal=journal, raw=raw)

    assert raw.bodies == first
    assert len(raw.bodies) == 1


def test_lines_are_gzip_without_a_time() -> None:
    body = to_lines([event("e1")])

    assert body[4:8] == b"\0\0\0\0"
    assert gzip.decompress(body).count(b"\n") == 1


def test_an_item_that_is_gone_is_counted_and_not_waited_for() -> None:
    done = archive([("acme#call#line#c1", "expired")], journal=MemoryJournal(), raw=MemoryObjects())

    assert done == Archived(gone=1)


def test_a_rung_bell_is_neither_archived_nor_missed() -> None:
    journal, raw = journal_of(event("e1")), MemoryObjects()
    key = event("e1").subject.key
    journal.ring([key], EVENING)

    assert archive([(key, BELL), (key, "e1")], journal=journal, raw=raw) == Archived(items=1, objects=1)
    assert list(archived(raw, "acme")) == [event("e1")]


def test_big_batches_are_read_in_slices() -> None:
    class Sized(MemoryJournal):
        largest = 0

        def get_many(self, keys: Sequence[tuple[str, str]]) -> list[RawEvent | Quarantined]:
            self.largest = max(self.largest, len(keys))
            return super().get_many(keys)

    items, journal, raw = [event(f"e{n:04}") for n in range(2 * SLICE + 1)], Sized(), MemoryObjects()
    for item in items:
        journal.put(item)
    done = archive([item_key(i) for i in items], journal=journal, raw=raw)

    assert (done.items, done.objects, journal.largest) == (2 * SLICE + 1, 3, SLICE)
    assert len(list(archived(raw, "acme"))) == 2 * SLICE + 1


# --- the function of Lambda ---------------------------------------------------


class Failing(MemoryObjects):
    """Takes nothing of one workspace."""

    def put(self, key: str, body: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        if "workspace=zeta" in key:
            raise Unavailable("PutObject: SlowDown")
        return super().put(key, body, if_match=if_match, if_absent=if_absent)


def batch(*items: RawEvent | Quarantined, name: str = "INSERT") -> dict[str, Any]:
    """A batch of the stream (KEYS_ONLY); sequence numbers are the positions."""
    return {
        "Records": [
            {
                "eventName": name,
                "dynamodb": {
                    "Keys": {"pk": {"S": item_key(item)[0]}, "sk": {"S": item_key(item)[1]}},
                    "SequenceNumber": str(number),
                },
            }
            for number, item in enumerate(items)
        ]
    }


def test_the_function_archives_a_batch_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = MemoryObjects()
    items: list[RawEvent | Quarantined] = [event("e1"), held()]
    monkeypatch.setattr(entry, "stores", lambda: (journal_of(*items), raw))

    assert entry.handler(batch(*items), None) == {"batchItemFailures": []}
    assert len(list(archived(raw, "acme"))) == 2


def test_what_was_not_written_is_reported_by_its_sequence_number(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [event("e1"), event("e2", workspace="zeta"), event("e3")]
    raw = Failing()
    monkeypatch.setattr(entry, "stores", lambda: (journal_of(*items), raw))

    assert entry.handler(batch(*items), None) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(list(archived(raw, "acme"))) == 2


def test_a_journal_that_does_not_answer_fails_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    class Down(MemoryJournal):
        def get_many(self, keys: Sequence[tuple[str, str]]) -> list[RawEvent | Quarantined]:
            raise Unavailable("BatchGetItem: ThrottlingException")

    monkeypatch.setattr(entry, "stores", lambda: (Down(), MemoryObjects()))

    failures = entry.handler(batch(event("e1"), event("e2")), None)["batchItemFailures"]
    assert failures == [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]


def test_expired_items_are_no_news(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(entry, "stores", lambda: (MemoryJournal(), MemoryObjects()))

    assert entry.handler(batch(event("e1"), name="REMOVE"), None) == {"batchItemFailures": []}
    assert '"gone": 0' in capsys.readouterr().out
