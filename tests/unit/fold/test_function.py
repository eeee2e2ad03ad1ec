"""The fold function: from a batch of the stream to an answer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.fold import fold
from ringlake.errors import Unavailable
from ringlake.flows.folding import LARGEST_FAMILY, Snapshots
from ringlake.model.events import RawEvent
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.journal import BELL
from ringlake.stores.records import MemoryRecords
from tests.driver.faults import Hooked, Nth
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import scenarios
from tests.scenarios.world import House, directory_of, store_of

SCENARIO = next(s for s in scenarios() if s.name == "attended_transfer_with_consultation")


class Context:
    def __init__(self, milliseconds: int = 60_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(store_of(directory_of(SCENARIO)))
    for delivery, at in deliveries(SCENARIO):
        house.receive(delivery, SCENARIO.provider, at)
    monkeypatch.setattr(fold, "stores", lambda: (house.journal, house.records, house.snapshots()))
    return house


def batch(house: House) -> dict[str, list[dict[str, Any]]]:
    keys = [(pk, sk) for pk, kept in house.journal.items.items() for sk in kept]
    return {"Records": [bell(pk, sk, number) for number, (pk, sk) in enumerate(keys, start=1)]}


def bell(pk: str, sk: str, number: int, name: str = "INSERT") -> dict[str, Any]:
    return {
        "eventName": name,
        "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "SequenceNumber": f"{number:09}"},
    }


def test_a_batch_is_folded_and_nothing_is_reported(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert fold.handler(batch(house), Context()) == {"batchItemFailures": []}
    assert len(house.records.rows) == 2
    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert logged["FoldDoorbells"] == 7
    # The call, then the consultation, which tells the call that it is a part of it.
    assert logged["FoldWritten"] == 2
    assert logged["FoldFailed"] == 0
    assert logged["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


def test_the_log_line_holds_nothing_personal(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    fold.handler(batch(house), Context())
    out = capsys.readouterr().out
    assert "48600100200" not in out
    assert "c-1" not in out
    assert "Anna" not in out


def test_every_record_of_a_failed_subject_is_reported(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    down = Hooked(MemoryRecords(), Nth(1, lambda: Unavailable("records")))
    monkeypatch.setattr(fold, "stores", lambda: (house.journal, down, house.snapshots()))
    event = batch(house)
    first = event["Records"][0]["dynamodb"]["Keys"]["pk"]["S"]
    numbers = [r["dynamodb"]["SequenceNumber"] for r in event["Records"] if r["dynamodb"]["Keys"]["pk"]["S"] == first]

    answer = fold.handler(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": n} for n in numbers]}
    assert fold.handler(event, Context()) == {"batchItemFailures": []}


def test_what_no_time_is_left_for_is_reported_and_not_begun(house: House) -> None:
    answer = fold.handler(batch(house), Context(milliseconds=5_000))
    assert len(answer["batchItemFailures"]) == 7
    assert house.records.rows == {}


@pytest.mark.parametrize(
    "record",
    [
        bell("acme#call#pbx#c-1", "e1", 1, "REMOVE"),
        bell("acme#quarantine#pbx#2026-09-14", "q1", 1),
        bell("acme#contact#pbx#k-1", "e1", 1),
        bell("acme#presence#pbx#p-1", "e1", 1),
        bell("acme#other#pbx#x", "e1", 1),
        bell("not a subject", "e1", 1),
        {},
        {"eventName": "INSERT"},
        {"eventName": "INSERT", "dynamodb": {"Keys": {}}},
    ],
)
def test_what_is_no_news_of_a_subject_is_passed_over(house: House, record: dict[str, Any]) -> None:
    assert fold.handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
    assert house.records.rows == {}


@pytest.mark.parametrize("name", ["INSERT", "MODIFY"])
def test_a_rung_bell_folds_its_subject(house: House, name: str) -> None:
    key = next(iter(house.journal.items))
    assert fold.handler({"Records": [bell(key, BELL, 1, name)]}, Context()) == {"batchItemFailures": []}
    assert key in house.records.rows


def test_an_empty_batch_is_a_success(house: House) -> None:
    assert fold.handler({"Records": []}, Context()) == {"batchItemFailures": []}
    assert fold.handler({}, Context()) == {"batchItemFailures": []}


def test_a_subject_that_cannot_fold_goes_to_quarantine_and_the_rest_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = house.records.load

    def broken(subject: Any) -> Any:
        if subject.id == "bad":
            raise RuntimeError("a bug")
        return load(subject)

    monkeypatch.setattr(house.records, "load", broken)
    event = batch(house)
    event["Records"].insert(0, bell("acme#call#pbx#bad", "e1", 0))

    assert fold.handler(event, Context()) == {"batchItemFailures": []}

    assert len(house.records.rows) == 2
    (item,) = [q for kept in house.journal.held.values() for q in kept.values()]
    assert (item.stage, item.subject, item.reason) == ("fold", "acme#call#pbx#bad", "RuntimeError")


def test_a_quarantine_that_does_not_answer_is_reported(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: Any) -> None:
        raise Unavailable("journal")

    def broken(_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(house.records, "load", broken)
    monkeypatch.setattr(house.journal, "quarantine", unavailable)

    answer = fold.handler({"Records": [bell("acme#call#pbx#bad", "e1", 7)]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "000000007"}]}


def test_the_directory_is_read_once_a_minute(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    nth = Nth(None, lambda: Unavailable(""))
    snapshots = Snapshots(Hooked(house.directory, nth), lambda: house.now)
    monkeypatch.setattr(fold, "stores", lambda: (house.journal, house.records, snapshots))
    fold.handler(batch(house), Context())
    house.now += timedelta(seconds=59)
    fold.handler(batch(house), Context())
    assert nth.calls == 1
    house.now += timedelta(seconds=2)
    fold.handler(batch(house), Context())
    assert nth.calls == 2


def test_an_unknown_workspace_is_set_aside_and_not_repeated_for_ever(house: House) -> None:
    answer = fold.handler({"Records": [bell("nobody#call#pbx#c-1", "e1", 1)]}, Context())
    assert answer == {"batchItemFailures": []}
    (item,) = [q for kept in house.journal.held.values() for q in kept.values()]
    assert item.reason == "NotFound"


def test_references_without_end_go_to_quarantine(house: House) -> None:
    """A chain of calls that each name another as parent is no call; it must not be read for ever."""
    for number in range(LARGEST_FAMILY + 1):
        subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection="pbx", id=f"n{number}")
        house.journal.put(
            RawEvent(
                subject=subject,
                event_id=f"e{number}",
                event_type="call.ringing",
                provider="generic",
                adapter=1,
                body=json.dumps({"type": "call.ringing", "data": {"call": {"id": subject.id}}}).encode(),
                received_at=house.now,
                related=(f"n{number + 1}",),
            )
        )

    assert fold.handler({"Records": [bell("acme#call#pbx#n0", "e0", 1)]}, Context()) == {"batchItemFailures": []}

    (item,) = [q for kept in house.journal.held.values() for q in kept.values()]
    assert (item.stage, item.reason) == ("fold", "FamilyTooLarge")
