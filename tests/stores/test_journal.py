"""The in-memory journal, and what the real one does where no emulator can make it happen."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ringlake.errors import Unavailable
from ringlake.stores import journal as module
from ringlake.stores.journal import DynamoJournal, Journal, MemoryJournal, Put, body_digest
from tests.stores.journal_suite import RECEIVED, JournalSuite, event, held, subject


class TestMemoryJournal(JournalSuite):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal()


class Scripted:
    """A client that answers from a list; an exception in it is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.asked.append({"operation": operation, **arguments})
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def scripted(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> Scripted:
    client = Scripted(*answers)
    monkeypatch.setattr(module, "client", lambda _service: client)
    monkeypatch.setattr(module, "sleep", lambda _seconds: None)
    return client


def failed(code: str, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, **more}
    return ClientError(response, "PutItem")


@pytest.mark.parametrize(
    "fault",
    [
        failed("ProvisionedThroughputExceededException"),
        failed("InternalServerError"),
        failed("RequestLimitExceeded"),
        failed("AccessDeniedException"),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_whatever_the_store_refuses_is_unavailable(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    scripted(monkeypatch, fault)
    with pytest.raises(Unavailable):
        DynamoJournal("journal").put(event())


def test_a_refusal_that_names_the_item_costs_no_second_request(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"digest": {"S": body_digest(event())}}
    client = scripted(monkeypatch, failed("ConditionalCheckFailedException", Item=known))
    assert DynamoJournal("journal").put(event()) is Put.DUPLICATE
    assert len(client.asked) == 1


def test_a_refusal_that_does_not_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"Item": {"digest": {"S": "other"}}}
    client = scripted(monkeypatch, failed("ConditionalCheckFailedException"), known)
    assert DynamoJournal("journal").put(event()) is Put.CONFLICT
    assert client.asked[1]["ConsistentRead"] is True


def test_an_item_that_expired_while_it_was_in_the_way_is_tried_again_by_the_sender(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted(monkeypatch, failed("ConditionalCheckFailedException"), {})
    with pytest.raises(Unavailable):
        DynamoJournal("journal").put(event())


def test_keys_that_were_left_over_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {}
    client = scripted(monkeypatch, {})
    DynamoJournal("journal").put(event())
    stored = client.asked[0]["Item"]
    left = {"journal": {"Keys": [{"pk": stored["pk"], "sk": stored["sk"]}], "ConsistentRead": True}}
    client = scripted(
        monkeypatch,
        {"Responses": {"journal": []}, "UnprocessedKeys": left},
        {"Responses": {"journal": [stored]}, "UnprocessedKeys": {}},
    )
    assert DynamoJournal("journal").get_many([(subject().key, "e1")]) == [event()]
    assert client.asked[1]["RequestItems"] == left


def test_keys_that_stay_left_over_are_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    left = {"journal": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}]}}
    scripted(monkeypatch, *([{"UnprocessedKeys": left}] * 20))
    with pytest.raises(Unavailable):
        DynamoJournal("journal").get_many([("a", "b")])


def test_an_item_holds_what_its_readers_rely_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and types are a contract with the stream consumers, the TTL and the archive."""
    client = scripted(monkeypatch, {})
    DynamoJournal("journal", days=30).put(event(related=("p",), headers={"webhook-id": "m"}))
    item = client.asked[0]["Item"]
    assert {name: next(iter(value)) for name, value in item.items()} == {
        "pk": "S",
        "sk": "S",
        "body": "B",
        "digest": "S",
        "headers": "M",
        "received_at": "S",
        "provider": "S",
        "type": "S",
        "adapter": "N",
        "related": "L",
        "expires_at": "N",
    }
    assert zlib.decompress(item["body"]["B"]) == event().body
    assert int(item["expires_at"]["N"]) == 1789387388 + 30 * 86_400


def test_a_quarantined_item_expires_too(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted(monkeypatch, {})
    DynamoJournal("journal", days=30).quarantine(held())
    assert client.asked[0]["Item"]["expires_at"] == {"N": str(1789387388 + 30 * 86_400)}


def test_a_bell_touches_two_attributes_and_expires_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The role that rings may write these attributes and no others."""
    client = scripted(monkeypatch, {}, {})
    DynamoJournal("journal").ring(["a", "b"], RECEIVED)
    assert sorted(asked["Key"]["pk"]["S"] for asked in client.asked) == ["a", "b"]
    for asked in client.asked:
        assert asked["operation"] == "update_item"
        assert asked["UpdateExpression"] == "SET rung_at = :at, expires_at = :expires"
        assert int(asked["ExpressionAttributeValues"][":expires"]["N"]) == int(RECEIVED.timestamp()) + 86_400


def test_a_bell_that_the_store_refuses_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, failed("ProvisionedThroughputExceededException"))
    with pytest.raises(Unavailable):
        DynamoJournal("journal").ring(["a"], RECEIVED)
