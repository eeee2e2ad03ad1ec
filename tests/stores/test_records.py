"""One suite for the store of records: the twin, and DynamoDB as the local emulator speaks it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from ringlake.errors import Unavailable
from ringlake.model.calls import CallRecord, LiveState, Outcome
from ringlake.model.facts import CallKind
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores import clients, records
from ringlake.stores.records import DynamoRecords, Loaded, MemoryRecords, Record, Records, Write, etag_of
from tests.integration.emulators import emulator

pytestmark = pytest.mark.enable_socket

TABLE = "records-under-test"
AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
_numbers = count()


@pytest.fixture(scope="module")
def dynamo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoRecords]:
    """The real store on an emulator of its own, with the table as the template declares it."""
    with emulator(tmp_path_factory.mktemp("records")) as running, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", running.endpoint)
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        clients.client.cache_clear()
        clients.client("dynamodb").create_table(TableName=TABLE, **table_of_the_template())
        yield DynamoRecords(TABLE)
        clients.client.cache_clear()


def table_of_the_template() -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short functions as plain text."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: suffix)
    template = yaml.load((Path(__file__).parents[2] / "template.yaml").read_text(), Loader)
    declared = template["Resources"]["RecordsTable"]["Properties"]
    return {k: declared[k] for k in ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")}


@pytest.fixture(params=["twin", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Records:
    return MemoryRecords() if request.param == "twin" else request.getfixturevalue("dynamo")


@pytest.fixture
def workspace() -> str:
    """A workspace of the test's own, since the emulator's table is shared."""
    return f"w{next(_numbers)}"


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


def test_what_was_put_is_loaded_with_its_etag(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    record = call(subject, outcome=Outcome.ANSWERED, remote_number="+48600100200", remote_name="Zoë 🙂")

    loaded = put(store, subject, record)

    assert loaded == Loaded(key=subject.key, record=record, etag=etag_of(record))


def test_a_message_comes_back_as_a_message(store: Records, workspace: str) -> None:
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


def test_what_is_not_there_is_an_empty_row(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)

    assert store.load(subject) == Loaded(key=subject.key)
    assert store.get_many([subject.key]) == []


def test_a_write_based_on_an_older_record_is_superseded(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    empty = store.load(subject)
    first = put(store, subject, call(subject))
    put(store, subject, call(subject, revision=2))

    assert store.put(subject, call(subject, revision=3), first) is Write.SUPERSEDED
    assert store.put(subject, call(subject, revision=3), empty) is Write.SUPERSEDED
    record = store.load(subject).record
    assert record is not None
    assert record.revision == 2


def test_a_record_of_fewer_events_never_replaces_one_of_more(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    loaded = put(store, subject, call(subject, revision=5))

    assert store.put(subject, call(subject, revision=4, cause="x"), loaded) is Write.SUPERSEDED
    assert store.put(subject, call(subject, revision=5, cause="x"), loaded) is Write.WRITTEN


def test_of_many_writers_at_once_exactly_one_wins(store: Records, workspace: str) -> None:
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


def test_links_are_loaded_with_their_parent_sorted_and_once(store: Records, workspace: str) -> None:
    parent = subject_of(workspace)
    for child in ("x-2", "x-1", "x-2", "id#with#marks"):
        store.link(parent, child)
    put(store, parent, call(parent))

    loaded = store.load(parent)

    assert loaded.links == ("id#with#marks", "x-1", "x-2")
    assert loaded.record is not None
    assert store.get_many([parent.key])[0].links == ()


def test_a_link_can_be_there_before_its_parent(store: Records, workspace: str) -> None:
    parent = subject_of(workspace)
    store.link(parent, "x-1")

    assert store.load(parent) == Loaded(key=parent.key, links=("x-1",))
    assert put(store, parent, call(parent)).links == ("x-1",)
    assert store.dirty(workspace, 10) == [parent.key]


def test_a_written_record_is_dirty_until_the_lake_has_it(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    loaded = put(store, subject, call(subject))

    assert store.dirty(workspace, 10) == [subject.key]
    assert store.clean(subject.key, loaded.etag, "2026-09-14")
    assert store.dirty(workspace, 10) == []
    assert store.load(subject).lake_days == ("2026-09-14",)


def test_a_record_that_changed_meanwhile_stays_dirty(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    loaded = put(store, subject, call(subject))
    put(store, subject, call(subject, revision=2))

    assert not store.clean(subject.key, loaded.etag, "2026-09-14")
    assert store.dirty(workspace, 10) == [subject.key]
    assert store.load(subject).lake_days == ()


def test_cleaning_what_is_not_there_does_nothing(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)

    assert not store.clean(subject.key, "none", "2026-09-14")
    assert store.load(subject) == Loaded(key=subject.key)


def test_a_record_that_moves_to_another_day_remembers_the_days_it_leaves(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    first = put(store, subject, call(subject))
    assert store.clean(subject.key, first.etag, "2026-09-14")

    put(store, subject, call(subject, revision=2, started_at=AT - timedelta(days=1)))
    moved = put(store, subject, call(subject, revision=3, started_at=AT - timedelta(days=2)))

    assert moved.lake_days == ("2026-09-13", "2026-09-14")
    assert store.clean(subject.key, moved.etag, "2026-09-12")
    assert store.load(subject).lake_days == ("2026-09-12",)


def test_a_change_within_the_day_keeps_where_the_lake_has_it(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    first = put(store, subject, call(subject))
    assert store.clean(subject.key, first.etag, "2026-09-14")

    changed = put(store, subject, call(subject, revision=2))

    assert changed.lake_days == ("2026-09-14",)
    assert store.dirty(workspace, 10) == [subject.key]


def test_dirty_gives_at_most_the_limit_and_no_other_workspace(store: Records, workspace: str) -> None:
    for number in range(5):
        subject = subject_of(workspace, f"c-{number}")
        put(store, subject, call(subject))
    other = subject_of(f"{workspace}x")
    put(store, other, call(other))

    assert len(store.dirty(workspace, 3)) == 3
    assert store.dirty(workspace, 10) == [subject_of(workspace, f"c-{n}").key for n in range(5)]


def test_many_records_are_read_at_once(store: Records, workspace: str) -> None:
    keys = []
    for number in range(130):
        subject = subject_of(workspace, f"c-{number:03}")
        put(store, subject, call(subject))
        keys.append(subject.key)

    found = store.get_many([*keys, subject_of(workspace, "missing").key])

    assert sorted(row.key for row in found) == keys


def test_live_lists_lasting_calls_oldest_first_without_parts(store: Records, workspace: str) -> None:
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


def test_a_call_that_ends_leaves_the_live_list(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    put(store, subject, call(subject, live=LiveState.IN_PROGRESS))
    put(store, subject, call(subject, outcome=Outcome.ANSWERED, revision=2))

    assert store.live(workspace) == []


def test_records_of_a_party_come_in_time_order(store: Records, workspace: str) -> None:
    for name, minutes, party in (("b", 5, "k1"), ("a", 9, "k1"), ("c", 1, "k2"), ("d", 1, "")):
        subject = subject_of(workspace, name)
        put(store, subject, call(subject, started_at=AT + timedelta(minutes=minutes), party_key=party))
    stranger = subject_of(f"{workspace}x")
    put(store, stranger, call(stranger))

    assert store.of_party(workspace, "k1") == [subject_of(workspace, i).key for i in ("b", "a")]
    assert store.of_party(workspace, "") == []


def test_a_record_that_moves_to_another_party_is_found_there_only(store: Records, workspace: str) -> None:
    subject = subject_of(workspace)
    put(store, subject, call(subject))
    put(store, subject, call(subject, party_key="k2", revision=2))

    assert store.of_party(workspace, "k1") == []
    assert store.of_party(workspace, "k2") == [subject.key]


def test_a_store_that_does_not_answer_is_unavailable(dynamo: DynamoRecords, workspace: str) -> None:
    missing = DynamoRecords("no-such-table")
    subject = subject_of(workspace)

    with pytest.raises(Unavailable):
        missing.load(subject)
    with pytest.raises(Unavailable):
        missing.put(subject, call(subject), Loaded(key=subject.key))
    with pytest.raises(Unavailable):
        missing.get_many([subject.key])
    with pytest.raises(Unavailable):
        missing.dirty(workspace, 1)


def test_unprocessed_keys_are_asked_for_again(dynamo: DynamoRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service may leave keys of a batch out under load; the emulator never does."""
    subject = subject_of("unprocessed")
    put(dynamo, subject, call(subject))
    real = clients.client("dynamodb").batch_get_item
    asked = []

    def reluctant(**request: Any) -> Any:
        asked.append(request)
        if len(asked) < 3:
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        return real(**request)

    monkeypatch.setattr(clients.client("dynamodb"), "batch_get_item", reluctant)
    monkeypatch.setattr(records, "sleep", lambda _: None)

    assert [row.key for row in dynamo.get_many([subject.key])] == [subject.key]

    asked.clear()
    monkeypatch.setattr(
        clients.client("dynamodb"),
        "batch_get_item",
        lambda **request: {"Responses": {}, "UnprocessedKeys": request["RequestItems"]},
    )
    with pytest.raises(Unavailable):
        dynamo.get_many([subject.key])


def test_index_attributes_change_only_when_their_value_does(dynamo: DynamoRecords, workspace: str) -> None:
    """Each change of an index attribute costs an index write, so a dirty record keeps its mark as it is."""
    subject = subject_of(workspace)
    marks = []
    for revision in (1, 2, 3):
        put(dynamo, subject, call(subject, revision=revision))
        item = clients.client("dynamodb").get_item(
            TableName=TABLE, Key={"pk": {"S": subject.key}, "sk": {"S": "record"}}
        )["Item"]
        marks.append({k: v for k, v in item.items() if k in ("dirty_ws", "dirty_key", "party", "party_at")})

    assert marks[0] == marks[1] == marks[2]
    assert marks[0]["dirty_key"] == {"S": subject.key}


def test_no_number_stands_in_any_attribute_in_clear(dynamo: DynamoRecords, workspace: str) -> None:
    subject = subject_of(workspace)
    record = call(subject, remote_number="+48600100200", remote_name="Customer Name")
    put(dynamo, subject, msgspec.structs.replace(record, business_number="+48221230000"))

    item = clients.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": subject.key}, "sk": {"S": "record"}})
    readable = {k: v for k, v in item["Item"].items() if k != "doc"}

    assert "48600100200" not in str(readable)
    assert "Customer" not in str(readable)
