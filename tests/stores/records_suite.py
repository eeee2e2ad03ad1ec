"""The suite that every store of records passes, in memory or real."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from ringlake.model.calls import CallRecord, LiveState, Outcome
from ringlake.model.consequences import Consequences, Recovery
from ringlake.model.contacts import Contact, ContactRecord
from ringlake.model.facts import CallKind, PresenceFact, PresenceStatus
from ringlake.model.marks import CaseState, Label
from ringlake.model.messages import MessageRecord
from ringlake.model.presence import PresenceRecord
from ringlake.model.subjects import Subject, SubjectKind, party_subject, presence_subject_id
from ringlake.stores.records import Loaded, Record, Records, Write, etag_of

AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
MEANS = Consequences(labels=(Label.UNIQUE,), contact_no=1, recovery=Recovery(state=CaseState.OPEN))
_numbers = count()


def subject_of(workspace: str, id: str = "c-1", kind: SubjectKind = SubjectKind.CALL) -> Subject:
    return Subject(workspace=workspace, kind=kind, connection="op", id=id)


def call(subject: Subject, **attributes: Any) -> CallRecord:
    common: dict[str, Any] = {
        "record_id": subject.record_id,
        "workspace": subject.workspace,
        "connection": subject.connection,
        "provider": "openphone",
        "provider_id": subject.id,
        "started_at": AT,
        "revision": 1,
        "party_key": "k1",
    }
    return CallRecord(**common | attributes)


def put(store: Records, subject: Subject, record: Record) -> Loaded:
    assert store.put(subject, record, store.load(subject)) is Write.WRITTEN
    return store.load(subject)


class RecordsSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"w{next(_numbers)}"

    def test_what_was_put_is_loaded_with_its_etag(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        record = call(subject, outcome=Outcome.ANSWERED, remote_number="+48600100200", remote_name="Zoë 🙂")

        loaded = put(store, subject, record)

        assert loaded == Loaded(key=subject.key, record=record, etag=etag_of(record), version=1, dirty=True)

    @pytest.mark.parametrize("kind", [SubjectKind.PRESENCE, SubjectKind.CONTACT])
    def test_what_an_account_or_a_directory_said_comes_back(
        self, store: Records, workspace: str, kind: SubjectKind
    ) -> None:
        subject = subject_of(workspace, presence_subject_id("k-anna", AT), kind)
        common: dict[str, Any] = {
            "record_id": subject.record_id,
            "workspace": workspace,
            "connection": "op",
            "provider": "generic",
            "provider_id": subject.id,
            "started_at": AT,
        }
        said = PresenceFact(account="anna", received_at=AT, status=PresenceStatus.DND, raw="dnd", device="Desk/1")
        record: Record
        if kind is SubjectKind.PRESENCE:
            record = PresenceRecord(account="anna", day=AT.date(), facts=(said,), **common)
        else:
            record = ContactRecord(contact=Contact(id=subject.record_id, name="Zoë 🙂", updated_at=AT), **common)

        loaded = put(store, subject, record)

        assert loaded.record == record
        assert store.get_many([subject.key]) == [loaded]
        assert store.dirty(workspace, 10) == [subject.key]
        assert store.clean(loaded, "")
        assert not store.live(workspace)

    def test_what_accounts_said_is_found_by_day_beside_live_calls(self, store: Records, workspace: str) -> None:
        days = [AT.replace(day=day, hour=0) for day in (12, 13, 14)]
        keys = []
        for day in days:
            subject = subject_of(workspace, presence_subject_id("k-anna", day), SubjectKind.PRESENCE)
            record = PresenceRecord(
                record_id=subject.record_id,
                workspace=workspace,
                connection="op",
                provider="generic",
                provider_id=subject.id,
                account="anna",
                day=day.date(),
                started_at=day,
            )
            put(store, subject, record)
            keys.append(subject.key)
        talking = subject_of(workspace)
        put(store, talking, call(talking, live=LiveState.IN_PROGRESS))

        assert store.reported(workspace, days[1]) == keys[1:]
        assert store.reported(workspace, days[0]) == keys
        assert store.reported(f"{workspace}-other", days[0]) == []
        assert store.live(workspace) == [talking.key]

    def test_a_message_comes_back_as_a_message(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace, "m-1", SubjectKind.MESSAGE)
        message = MessageRecord(
            record_id=subject.record_id,
            workspace=workspace,
            connection="op",
            provider="openphone",
            provider_id="m-1",
            started_at=AT,
            remote_numbers=("+48600100200",),
        )

        assert put(store, subject, message).record == message

    def test_what_is_not_there_is_an_empty_row(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)

        assert store.load(subject) == Loaded(key=subject.key)
        assert store.get_many([subject.key]) == []

    def test_a_write_based_on_an_older_record_is_superseded(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        empty = store.load(subject)
        first = put(store, subject, call(subject))
        put(store, subject, call(subject, revision=2))

        assert store.put(subject, call(subject, revision=3), first) is Write.SUPERSEDED
        assert store.put(subject, call(subject, revision=3), empty) is Write.SUPERSEDED
        record = store.load(subject).record
        assert record is not None
        assert record.revision == 2

    def test_a_record_of_fewer_events_never_replaces_one_of_more(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        loaded = put(store, subject, call(subject, revision=5))

        assert store.put(subject, call(subject, revision=4, cause="x"), loaded) is Write.SUPERSEDED
        assert store.put(subject, call(subject, revision=5, cause="x"), loaded) is Write.WRITTEN

    def test_of_many_writers_at_once_exactly_one_wins(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        previous = store.load(subject)
        results: list[Write] = []
        barrier = threading.Barrier(8)

        def write(number: int) -> None:
            barrier.wait()
            results.append(store.put(subject, call(subject, cause=str(number)), previous))

        threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(results) == [Write.SUPERSEDED] * 7 + [Write.WRITTEN]

    def test_links_are_loaded_with_their_parent_sorted_and_once(self, store: Records, workspace: str) -> None:
        parent = subject_of(workspace)
        for child in ("x-2", "x-1", "x-2", "id#with#marks"):
            store.link(parent, child)
        put(store, parent, call(parent))

        loaded = store.load(parent)

        assert loaded.links == ("id#with#marks", "x-1", "x-2")
        assert loaded.record is not None
        assert store.get_many([parent.key])[0].links == ()

    def test_a_link_can_be_there_before_its_parent(self, store: Records, workspace: str) -> None:
        parent = subject_of(workspace)
        store.link(parent, "x-1")

        assert store.load(parent) == Loaded(key=parent.key, links=("x-1",))
        assert put(store, parent, call(parent)).links == ("x-1",)
        assert store.dirty(workspace, 10) == [parent.key]

    def test_a_written_record_is_dirty_until_the_lake_has_it(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        loaded = put(store, subject, call(subject))

        assert store.dirty(workspace, 10) == [subject.key]
        assert store.clean(loaded, "2026-09-14")
        assert store.dirty(workspace, 10) == []
        assert store.load(subject).lake_days == ("2026-09-14",)

    def test_a_record_that_changed_meanwhile_stays_dirty(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        loaded = put(store, subject, call(subject))
        put(store, subject, call(subject, revision=2))

        assert not store.clean(loaded, "2026-09-14")
        assert store.dirty(workspace, 10) == [subject.key]
        assert store.load(subject).lake_days == ()

    def test_cleaning_what_is_not_there_does_nothing(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)

        assert not store.clean(Loaded(key=subject.key), "2026-09-14")
        assert store.load(subject) == Loaded(key=subject.key)

    def test_a_record_that_moves_to_another_day_remembers_the_days_it_leaves(
        self, store: Records, workspace: str
    ) -> None:
        subject = subject_of(workspace)
        first = put(store, subject, call(subject))
        assert store.clean(first, "2026-09-14")

        put(store, subject, call(subject, revision=2, started_at=AT - timedelta(days=1)))
        moved = put(store, subject, call(subject, revision=3, started_at=AT - timedelta(days=2)))

        assert moved.lake_days == ("2026-09-13", "2026-09-14")
        assert store.clean(moved, "2026-09-12")
        assert store.load(subject).lake_days == ("2026-09-12",)

    def test_a_change_within_the_day_keeps_where_the_lake_has_it(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        first = put(store, subject, call(subject))
        assert store.clean(first, "2026-09-14")

        changed = put(store, subject, call(subject, revision=2))

        assert changed.lake_days == ("2026-09-14",)
        assert store.dirty(workspace, 10) == [subject.key]

    def test_dirty_gives_at_most_the_limit_and_no_other_workspace(self, store: Records, workspace: str) -> None:
        for number in range(5):
            subject = subject_of(workspace, f"c-{number}")
            put(store, subject, call(subject))
        other = subject_of(f"{workspace}x")
        put(store, other, call(other))

        assert len(store.dirty(workspace, 3)) == 3
        assert store.dirty(workspace, 10) == [subject_of(workspace, f"c-{n}").key for n in range(5)]

    def test_many_records_are_read_at_once(self, store: Records, workspace: str) -> None:
        keys = []
        for number in range(130):
            subject = subject_of(workspace, f"c-{number:03}")
            put(store, subject, call(subject))
            keys.append(subject.key)

        found = store.get_many([*keys, subject_of(workspace, "missing").key])

        assert sorted(row.key for row in found) == keys

    def test_live_lists_lasting_calls_oldest_first_without_parts(self, store: Records, workspace: str) -> None:
        lasting: dict[str, Any] = {"live": LiveState.RINGING, "outcome": None}
        cases: dict[str, dict[str, Any]] = {
            "young": lasting | {"started_at": AT + timedelta(minutes=1)},
            "old": lasting,
            "part": lasting | {"part_of": "old"},
            "row": lasting | {"kind": CallKind.CLASSIFIER},
            "over": {"outcome": Outcome.ANSWERED},
        }
        for name, attributes in cases.items():
            put(store, subject_of(workspace, name), call(subject_of(workspace, name), **attributes))

        assert store.live(workspace) == [subject_of(workspace, i).key for i in ("old", "young")]

    def test_a_call_that_ends_leaves_the_live_list(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        put(store, subject, call(subject, live=LiveState.IN_PROGRESS))
        put(store, subject, call(subject, outcome=Outcome.ANSWERED, revision=2))

        assert store.live(workspace) == []

    def test_live_calls_can_be_asked_for_by_age(self, store: Records, workspace: str) -> None:
        lasting: dict[str, Any] = {"live": LiveState.RINGING, "outcome": None}
        for name, minutes in (("young", 1), ("old", 0)):
            subject = subject_of(workspace, name)
            put(store, subject, call(subject, **lasting, started_at=AT + timedelta(minutes=minutes)))

        assert store.live(workspace, AT) == []
        assert store.live(workspace, AT + timedelta(minutes=1)) == [subject_of(workspace, "old").key]

    # --- what stands beside a record

    def test_consequences_stand_beside_the_record_and_mark_it(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        loaded = put(store, subject, call(subject))
        assert store.clean(loaded, "2026-09-14")
        clean = store.load(subject)

        noted = store.note(clean, MEANS)

        assert noted == store.load(subject) == store.get_many([subject.key])[0]
        assert noted is not None
        assert (noted.consequences, noted.record, noted.etag) == (MEANS, loaded.record, loaded.etag)
        assert (noted.lake_days, noted.dirty, noted.version) == (("2026-09-14",), True, clean.version + 1)
        assert store.dirty(workspace, 10) == [subject.key]

    def test_consequences_survive_the_next_version_of_the_record(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        assert store.note(put(store, subject, call(subject)), MEANS)

        assert put(store, subject, call(subject, revision=2)).consequences == MEANS

    def test_consequences_of_an_older_version_are_not_noted(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        older = put(store, subject, call(subject))
        put(store, subject, call(subject, revision=2))

        assert store.note(older, MEANS) is None
        assert store.load(subject).consequences == Consequences()
        assert store.note(Loaded(key=subject_of(workspace, "nothing").key, version=3), MEANS) is None

    @pytest.mark.parametrize("change", ["put", "mark", "note", "clean"])
    def test_every_change_makes_a_new_version(self, store: Records, workspace: str, change: str) -> None:
        subject = subject_of(workspace)
        loaded = put(store, subject, call(subject))
        match change:
            case "put":
                put(store, subject, call(subject))
            case "mark":
                store.mark(workspace, [subject.key])
            case "note":
                store.note(loaded, loaded.consequences)
            case _:
                store.clean(loaded, "2026-09-14")

        assert store.load(subject).version == loaded.version + 1
        assert not store.clean(loaded, "2026-09-15")
        assert store.note(loaded, MEANS) is None

    def test_what_was_settled_is_kept_until_something_beside_the_record_changes(
        self, store: Records, workspace: str
    ) -> None:
        subject = subject_of(workspace)
        assert store.clean(put(store, subject, call(subject)), "2026-09-14", "digest")

        again = put(store, subject, call(subject, revision=2))
        assert (again.settled, again.marked) == ("digest", False)
        noted = store.note(again, MEANS)
        assert noted == store.load(subject)
        assert noted is not None
        assert noted.settled == ""

        assert store.clean(noted, "2026-09-14", "digest")
        store.mark(workspace, [subject.key])
        marked = store.load(subject)
        assert (marked.settled, marked.marked) == ("", True)
        assert store.clean(marked, "2026-09-14", "")
        assert store.load(subject).marked

    def test_a_record_can_be_marked_without_having_changed(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        loaded = put(store, subject, call(subject))
        assert store.clean(loaded, "2026-09-14")

        store.mark(workspace, [subject.key])

        marked = store.load(subject)
        assert store.dirty(workspace, 10) == [subject.key]
        assert (marked.record, marked.etag, marked.lake_days) == (loaded.record, loaded.etag, ("2026-09-14",))

    def test_a_customer_can_be_marked_and_is_left_out_when_clean(self, store: Records, workspace: str) -> None:
        party = party_subject(workspace, "k1")
        store.mark(workspace, [party.key, party.key])

        (row,) = store.get_many([party.key])
        assert (row.record, row.etag, row.dirty) == (None, "", True)
        assert store.dirty(workspace, 10) == [party.key]
        store.mark(workspace, [party.key])
        assert not store.clean(row, "")
        assert store.clean(store.load(party), "")
        assert (store.dirty(workspace, 10), store.get_many([party.key])) == ([], [])

    def test_a_subject_that_was_marked_first_gets_its_record(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        store.mark(workspace, [subject.key])

        assert put(store, subject, call(subject)).record == call(subject)
        assert store.dirty(workspace, 10) == [subject.key]

    def test_deals_are_noted_at_their_call_and_mark_it(self, store: Records, workspace: str) -> None:
        """Those that were noted before stay; the record and what stands beside it do too."""
        subject = subject_of(workspace)
        loaded = put(store, subject, call(subject, outcome=Outcome.ANSWERED))
        assert store.clean(loaded, "2026-09-14")
        store.attach(workspace, subject.key, ["op:d-2"])
        store.attach(workspace, subject.key, ["op:d-1", "op:d-2"])

        after = store.load(subject)
        assert (after.deals, after.record, after.lake_days) == (("op:d-1", "op:d-2"), loaded.record, ("2026-09-14",))
        assert store.dirty(workspace, 10) == [subject.key]
        assert after.version == loaded.version + 3
        assert not store.clean(loaded, "2026-09-14")

    def test_deals_can_be_noted_before_their_call_is_known(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        store.attach(workspace, subject.key, ["op:d-1"])
        (waiting,) = store.get_many([subject.key])
        assert (waiting.record, waiting.deals, store.live(workspace)) == (None, ("op:d-1",), [])
        assert store.clean(waiting, "")
        assert store.get_many([subject.key]) == []

        assert put(store, subject, call(subject, outcome=Outcome.ANSWERED)).deals == ("op:d-1",)

    def test_a_stale_call_leaves_the_live_list_for_good(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        lasting: dict[str, Any] = {"live": LiveState.IN_PROGRESS, "outcome": None}
        assert store.note(put(store, subject, call(subject, **lasting)), Consequences(stale=True))
        assert store.live(workspace) == []

        put(store, subject, call(subject, **lasting, revision=2))
        assert store.live(workspace) == []

    def test_a_record_remembers_the_customers_that_it_left(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        versions = [
            call(subject),
            call(subject, party_key="k2", revision=2),
            call(subject, party_key="k2", started_at=AT + timedelta(seconds=1), revision=3),
        ]
        for version in versions:
            moved = put(store, subject, version)
        assert moved.left == ("k1",)

        moved = put(store, subject, call(subject, part_of="c-2", revision=4))
        assert moved.left == ("k1", "k2")
        assert store.clean(moved, "")
        assert store.load(subject).left == ()

    def test_a_record_that_comes_back_to_a_customer_has_not_left_it(self, store: Records, workspace: str) -> None:
        subject = subject_of(workspace)
        put(store, subject, call(subject))
        away = put(store, subject, call(subject, party_key="k2", revision=2))
        back = put(store, subject, call(subject, revision=3))

        assert (away.left, back.left) == (("k1",), ("k2",))
