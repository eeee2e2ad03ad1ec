"""Records, trails and marks in DynamoDB on the emulator, by the same cases as their twins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from ringlake.errors import Unavailable
from ringlake.stores import clients
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.marks import DynamoMarks
from ringlake.stores.records import DynamoRecords, Loaded
from ringlake.stores.saved import DynamoSavedReports
from ringlake.stores.schedules import DynamoSchedules
from ringlake.stores.trails import DynamoTrails
from tests.integration.emulators import emulator, library_at
from tests.stores.marks_suite import MarksSuite
from tests.stores.records_suite import RecordsSuite, call, put, subject_of
from tests.stores.saved_suite import SavedSuite
from tests.stores.schedules_suite import SchedulesSuite
from tests.stores.trails_suite import Note, TrailsSuite, note
from tests.unit.recovery.playing import Played, read

pytestmark = pytest.mark.enable_socket

TABLE = "records-under-test"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The table as the template declares it."""
    with emulator(tmp_path_factory.mktemp("records")) as running, library_at(running):
        clients.client("dynamodb").create_table(TableName=TABLE, **table_of_the_template())
        yield TABLE


def table_of_the_template() -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short functions as plain text."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: suffix)
    template = yaml.load((Path(__file__).parents[2] / "template.yaml").read_text(), Loader)
    declared = template["Resources"]["RecordsTable"]["Properties"]
    return {k: declared[k] for k in ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")}


class TestDynamoRecords(RecordsSuite):
    @pytest.fixture
    def store(self, table: str) -> DynamoRecords:
        return DynamoRecords(table)

    def test_a_store_that_does_not_answer_is_unavailable(self, store: DynamoRecords, workspace: str) -> None:
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

    def test_unprocessed_keys_are_asked_for_again(self, store: DynamoRecords, monkeypatch: pytest.MonkeyPatch) -> None:
        """The service may leave keys of a batch out under load; the emulator never does."""
        subject = subject_of("unprocessed")
        put(store, subject, call(subject))
        real = clients.client("dynamodb").batch_get_item
        asked = []

        def reluctant(**request: Any) -> Any:
            asked.append(request)
            if len(asked) < 3:
                return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
            return real(**request)

        monkeypatch.setattr(clients.client("dynamodb"), "batch_get_item", reluctant)
        monkeypatch.setattr(clients, "sleep", lambda _: None)

        assert [row.key for row in store.get_many([subject.key])] == [subject.key]

        asked.clear()
        monkeypatch.setattr(
            clients.client("dynamodb"),
            "batch_get_item",
            lambda **request: {"Responses": {}, "UnprocessedKeys": request["RequestItems"]},
        )
        with pytest.raises(Unavailable):
            store.get_many([subject.key])

    def test_index_attributes_change_only_when_their_value_does(self, store: DynamoRecords, workspace: str) -> None:
        """Each change of an index attribute costs an index write, so a dirty record keeps its mark as it is."""
        subject = subject_of(workspace)
        marks = []
        for revision in (1, 2, 3):
            put(store, subject, call(subject, revision=revision))
            item = clients.client("dynamodb").get_item(
                TableName=TABLE, Key={"pk": {"S": subject.key}, "sk": {"S": "record"}}
            )["Item"]
            marks.append({k: v for k, v in item.items() if k in ("dirty_ws", "dirty_key")})

        assert marks[0] == marks[1] == marks[2]
        assert marks[0]["dirty_key"] == {"S": subject.key}

    def test_no_number_stands_in_any_attribute_in_clear(self, store: DynamoRecords, workspace: str) -> None:
        subject = subject_of(workspace)
        record = call(subject, remote_number="+48600100200", remote_name="Customer Name")
        put(store, subject, msgspec.structs.replace(record, business_number="+48221230000"))

        item = clients.client("dynamodb").get_item(
            TableName=TABLE, Key={"pk": {"S": subject.key}, "sk": {"S": "record"}}
        )
        readable = {k: v for k, v in item["Item"].items() if k != "doc"}

        assert "48600100200" not in str(readable)
        assert "Customer" not in str(readable)


class TestDynamoTrails(TrailsSuite):
    @pytest.fixture
    def store(self, table: str) -> DynamoTrails:
        return DynamoTrails(table)

    def test_a_store_that_does_not_answer_is_unavailable(self, trail: str) -> None:
        missing = DynamoTrails("no-such-table")

        with pytest.raises(Unavailable):
            missing.put(trail, "a", note("a"))
        with pytest.raises(Unavailable):
            missing.read_many([trail, f"{trail}x"], Note)

    def test_a_long_trail_comes_in_pages(self, store: DynamoTrails, trail: str) -> None:
        """A query answers with at most 1 MB."""
        for number in range(12):
            store.put(trail, f"{number:02}", note("x" * 150_000))

        assert [entry.place for entry in store.read(trail, Note)] == [f"{n:02}" for n in range(12)]
        assert [entry.place for entry in store.read(trail, Note, newest=9)] == [f"{n:02}" for n in range(3, 12)]


class TestDynamoMarks(MarksSuite):
    @pytest.fixture
    def store(self, table: str) -> DynamoMarks:
        """Of the directory's table only the keys matter, and those are the same."""
        return DynamoMarks(table)


class TestDynamoSchedules(SchedulesSuite):
    @pytest.fixture
    def store(self, table: str) -> DynamoSchedules:
        return DynamoSchedules(table)

    @pytest.fixture
    def workspace(self, request: pytest.FixtureRequest) -> str:
        """Times of all workspaces stand in one partition."""
        return f"scheduled-{abs(hash(request.node.name))}"


class TestDynamoSavedReports(SavedSuite):
    @pytest.fixture
    def store(self, table: str) -> DynamoSavedReports:
        return DynamoSavedReports(table)


def test_a_customer_is_settled_on_dynamodb_as_in_memory(table: str) -> None:
    """The stores together, with several requests under way at once."""
    kept = {"trails": DynamoTrails(table), "marks": DynamoMarks(table), "contacts": MemoryContacts()}
    played = Played(read("one_call_closes_all_open_misses"), DynamoRecords(table), kept)
    for record in reversed(played.story.records()):
        played.hear([record])
        played.roll_up(at_once=8)

    assert played.differences() == []
    assert DynamoRecords(table).dirty("acme", 10) == []
