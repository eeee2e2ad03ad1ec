"""What accounts said on one day, and the last word about a contact."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.fold import fold_contact, fold_presence
from ringlake.fold.presence import changes
from ringlake.model.contacts import ContactRecord
from ringlake.model.directory import Connection, Directory, Workspace
from ringlake.model.facts import ContactFact, PresenceFact, PresenceStatus
from ringlake.model.numbers import party_key
from ringlake.model.presence import PresenceRecord
from ringlake.model.subjects import Subject, SubjectKind, presence_subject_id

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
DIRECTORY = Directory(workspace=Workspace(id="acme", name="Acme", country="PL"), party_key_secret=b"key")
PBX = Connection(id="pbx", workspace="acme", provider="generic")


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def said(word: str, at: float | None, received: float | None = None, **fields: Any) -> PresenceFact:
    return PresenceFact(
        account="anna",
        status=PresenceStatus(word),
        raw=word,
        at=None if at is None else minutes(at),
        received_at=minutes(received if received is not None else (at or 0) + 0.1),
        **fields,
    )


def record(*facts: PresenceFact, day: datetime = NOON) -> PresenceRecord:
    subject = Subject(
        workspace="acme", kind=SubjectKind.PRESENCE, connection="pbx", id=presence_subject_id("k-anna", day)
    )
    return fold_presence(subject, "generic", facts, DIRECTORY)


def words(found: PresenceRecord) -> list[str]:
    return [f.raw for f in found.facts]


def test_a_days_record_knows_its_account_and_its_day() -> None:
    found = record(said("online", 0))

    assert (found.account, found.day, found.started_at) == ("anna", date(2026, 9, 14), NOON - timedelta(hours=12))
    assert found.record_id == "pbx:k-anna/2026-09-14"
    assert found.flags == ()


def test_changes_are_distinct_and_in_order_whatever_the_order_of_arrival() -> None:
    facts = [said("online", 0), said("dnd", 5), said("online", 10), said("offline", 15), said("dnd", 5, received=9)]
    wanted = record(*facts)

    assert words(wanted) == ["online", "dnd", "online", "offline"]
    for seed in range(20):
        mixed = random.Random(seed).sample([*facts, *facts], 10)
        assert record(*mixed) == wanted


def test_of_two_words_of_one_moment_the_one_received_later_holds() -> None:
    found = record(said("offline", 5, received=7), said("online", 5, received=6))

    assert words(found) == ["online", "offline"]


def test_without_provider_times_the_same_word_may_come_again() -> None:
    found = record(said("online", None, 1), said("offline", None, 2), said("online", None, 3))

    assert words(found) == ["online", "offline", "online"]
    assert found.flags == ("no_provider_time",)
    assert [c.at for c in changes(found, PBX)] == [minutes(1), minutes(2), minutes(3)]


def test_a_change_dated_outside_of_the_day_counts_at_the_days_edge() -> None:
    found = record(said("online", -24 * 60), said("dnd", 0), said("offline", 24 * 60))
    edges = [c.at for c in changes(found, PBX)]

    assert found.flags == ("other_day",)
    assert edges == [NOON.replace(hour=0), NOON, NOON.replace(hour=23, minute=59, second=59, microsecond=999_000)]


@pytest.mark.parametrize(("capable", "counts"), [(("dnd",), "dnd"), ((), "online")])
def test_the_record_keeps_do_not_disturb_and_the_connection_decides_what_it_counts_as(
    capable: tuple[str, ...], counts: str
) -> None:
    found = record(said("dnd", 0))
    connection = msgspec.structs.replace(PBX, capabilities=capable)

    assert found.facts[0].status is PresenceStatus.DND
    [change] = changes(found, connection)
    assert (change.status.value, change.raw) == (counts, "dnd")


def contact(at: float | None, received: float | None = None, **fields: Any) -> ContactFact:
    return ContactFact(
        contact_id="k1",
        at=None if at is None else minutes(at),
        received_at=minutes(received if received is not None else (at or 0) + 0.1),
        **fields,
    )


def folded(*facts: ContactFact) -> ContactRecord:
    subject = Subject(workspace="acme", kind=SubjectKind.CONTACT, connection="pbx", id="k1")
    orders: Sequence[list[ContactFact]] = [list(facts), list(reversed(facts)), [*facts, *facts]]
    records = [fold_contact(subject, "generic", order, DIRECTORY) for order in orders]
    assert records[0] == records[1] == records[2]
    return records[0]


def test_the_last_word_about_a_contact_wins() -> None:
    found = folded(
        contact(0, name="Old name", numbers=("600 100 200", "+48600100201")),
        contact(5, name="New name", company="Acme", numbers=("600100200", "+48 600 100 200", "anonymous"), fields={}),
    ).contact

    assert (found.id, found.name, found.company) == ("pbx:k1", "New name", "Acme")
    assert found.numbers == ("+48600100200",)
    assert found.party_keys == (party_key(b"key", ["+48600100200"]),)
    assert (found.updated_at, found.deleted_at) == (minutes(5), None)


def test_a_deleted_contact_keeps_what_was_known_until_it_is_stated_again() -> None:
    known = contact(0, name="Celia", numbers=("+48600100200",))
    deleted = contact(5, deleted=True)
    gone = folded(known, deleted).contact

    assert (gone.name, gone.numbers, gone.deleted_at) == ("Celia", ("+48600100200",), minutes(5))
    assert folded(known, deleted, contact(9, name="Celia R.")).contact.deleted_at is None
    assert folded(deleted).contact.deleted_at == minutes(5)


def test_a_contact_without_a_person_is_called_like_its_company() -> None:
    found = folded(contact(0, company="Acme", fields={"E-Mail": "info@acme.example", "email": "none"})).contact

    assert (found.name, found.email) == ("Acme", "info@acme.example")


def test_words_without_provider_times_are_ordered_by_reception() -> None:
    names = folded(contact(None, 1, name="A"), contact(None, 3, name="A"), contact(None, 2, name="B"))

    assert names.contact.name == "A"
    assert len(names.facts) == 3
