"""The simulated event source mapping keeps the documented rules, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.driver.mapping import (
    PAYLOAD_BYTES,
    RETENTION_S,
    Chance,
    Reader,
    Settings,
    Stream,
    Timeline,
    lowest_failure,
    redriven,
)


class Function:
    """Remembers its batches; `fails` says which sequence numbers it reports or raises for."""

    def __init__(self, timeline: Timeline, respond: Callable[[list[str]], Any] = lambda _: None) -> None:
        self.timeline = timeline
        self.batches: list[list[int]] = []
        self.times: list[float] = []
        self._respond = respond

    def __call__(self, event: Mapping[str, Any]) -> Any:
        numbers = [r["dynamodb"]["SequenceNumber"] for r in event["Records"]]
        self.batches.append([int(n) for n in numbers])
        self.times.append(self.timeline.now)
        return self._respond(numbers)


def _write(stream: Stream, sk: str) -> None:
    stream.write("p", sk)


def reported(*wanted: int) -> Callable[[list[str]], Any]:
    """A response that reports those of the wanted records that are in the batch."""
    return lambda numbers: {"batchItemFailures": [{"itemIdentifier": n} for n in numbers if int(n) in wanted]}


def driven(
    settings: Settings,
    respond: Callable[[list[str]], Any] = lambda _: None,
    *,
    records: int = 6,
    chance: Chance = Chance(),
    until: float = RETENTION_S * 2,
) -> tuple[Reader, Function]:
    timeline = Timeline()
    stream = Stream(timeline)
    function = Function(timeline, respond)
    for number in range(records):
        stream.write("p", f"s{number}")
    reader = Reader(stream, function, settings, chance, seed=1)
    timeline.run(until)
    return reader, function


def test_a_batch_holds_at_most_batch_size_records_in_order() -> None:
    _, function = driven(Settings(batch_size=4))
    assert function.batches == [[1, 2, 3, 4], [5, 6]]


def test_a_window_collects_until_it_closes_or_the_batch_is_full() -> None:
    timeline = Timeline()
    stream = Stream(timeline)
    function = Function(timeline)
    Reader(stream, function, Settings(batch_size=3, window_s=5))
    for at in (0.0, 1.0, 7.0, 8.0, 8.5):
        timeline.at(at, lambda: _write(stream, f"s{timeline.now}"))
    timeline.run()
    assert function.batches == [[1, 2], [3, 4, 5]]
    assert function.times == [5.0, 8.5]


def test_a_batch_closes_at_the_payload_limit() -> None:
    timeline = Timeline()
    stream = Stream(timeline)
    for number in range(3):
        stream.write("p" * (PAYLOAD_BYTES // 2), f"s{number}")
    function = Function(timeline)
    Reader(stream, function, Settings())
    timeline.run()
    assert function.batches == [[1], [2], [3]]


def test_from_the_lowest_reported_number_on_everything_comes_again() -> None:
    once = iter([True])
    settings = Settings(report_failures=True)
    _, function = driven(settings, lambda n: reported(3, 5)(n) if next(once, None) else None)
    assert function.batches == [[1, 2, 3, 4, 5, 6], [3, 4, 5, 6]]


def test_without_report_failures_the_response_is_not_looked_at() -> None:
    _, function = driven(Settings(), reported(1, 2, 3))
    assert function.batches == [[1, 2, 3, 4, 5, 6]]


def test_an_exception_fails_the_whole_batch() -> None:
    once = iter([True])

    def fail(numbers: list[str]) -> None:
        if next(once, None):
            raise RuntimeError

    _, function = driven(Settings(report_failures=True), fail)
    assert function.batches == [[1, 2, 3, 4, 5, 6]] * 2


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (None, None),
        ({}, None),
        ({"batchItemFailures": []}, None),
        ({"batchItemFailures": None}, None),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": "c"}, {"itemIdentifier": "b"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, 0),
        ({"batchItemFailures": [{"wrong": "b"}]}, 0),
        ({"batchItemFailures": ["b"]}, 0),
        ({"failures": [{"itemIdentifier": "b"}]}, 0),
        ("text", 0),
    ],
)
def test_responses_are_read_as_documented(response: Any, expected: int | None) -> None:
    assert lowest_failure(response, ["a", "b", "c"]) == expected


def test_bisecting_isolates_a_poison_record_without_using_retries() -> None:
    def fail(numbers: list[str]) -> None:
        if "4" in {str(int(n)) for n in numbers}:
            raise RuntimeError

    reader, function = driven(Settings(bisect=True, retries=0, whole_payload=True), fail)
    assert [r["dynamodb"]["SequenceNumber"] for r in redriven(reader.failures)] == [f"{4:021}"]
    assert sorted({n for batch in function.batches for n in batch}) == [1, 2, 3, 4, 5, 6]
    assert sorted(reader.done_at) == [1, 2, 3, 5, 6]


def test_with_both_the_batch_is_cut_at_the_reported_number() -> None:
    once = iter([True])
    settings = Settings(bisect=True, report_failures=True, retries=0)
    reader, function = driven(settings, lambda n: reported(4)(n) if next(once, None) else None)
    assert function.batches == [[1, 2, 3, 4, 5, 6], [4, 5, 6]]
    assert reader.failures == []


def test_a_batch_that_used_its_retries_goes_to_the_failure_destination_and_the_lane_goes_on() -> None:
    settings = Settings(batch_size=2, retries=2, report_failures=True)
    reader, function = driven(settings, reported(1, 2))
    assert function.batches == [[1, 2]] * 3 + [[3, 4], [5, 6]]
    (failure,) = reader.failures
    assert failure["requestContext"] == {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 3}
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 2
    assert "payload" not in failure


def test_only_the_s3_destination_holds_the_whole_payload() -> None:
    reader, _ = driven(Settings(retries=0, report_failures=True, whole_payload=True), reported(1), records=1)
    assert redriven(reader.failures)[0]["dynamodb"]["Keys"] == {"pk": {"S": "p"}, "sk": {"S": "s0"}}


def test_by_default_one_poison_record_blocks_its_lane_for_a_day() -> None:
    reader, function = driven(Settings(batch_size=1, report_failures=True), reported(1), records=2)
    assert [2] not in function.batches
    assert [f["requestContext"]["condition"] for f in reader.failures] == ["RecordAgeExceeded"] * 2
    assert RETENTION_S - 60 <= function.times[-1] <= RETENTION_S


def test_a_record_that_is_too_old_is_given_up() -> None:
    settings = Settings(max_age_s=600, report_failures=True)
    reader, function = driven(settings, reported(1), records=1)
    assert function.times[-1] <= 600
    assert reader.failures[0]["requestContext"]["condition"] == "RecordAgeExceeded"


def test_a_throttle_uses_no_retry() -> None:
    settings = Settings(retries=0, report_failures=True)
    reader, function = driven(settings, chance=Chance(throttle=1.0, until=300))
    assert function.batches == [[1, 2, 3, 4, 5, 6]]
    assert function.times[0] >= 300
    assert reader.failures == []


def test_delivery_is_at_least_once() -> None:
    _, function = driven(Settings(), chance=Chance(repeat=1.0, until=0.5))
    assert function.batches == [[1, 2, 3, 4, 5, 6]] * 2


def test_parallel_lanes_keep_order_per_item_only() -> None:
    timeline = Timeline()
    stream = Stream(timeline)
    function = Function(timeline)
    Reader(stream, function, Settings(batch_size=2, parallelization=10))
    for round_ in range(3):
        for item in range(12):
            stream.write("p", f"s{item}", "INSERT" if round_ == 0 else "MODIFY")
    timeline.run()
    place = {n: i for i, n in enumerate(n for batch in function.batches for n in batch)}
    assert all(place[item + 1] < place[item + 13] < place[item + 25] for item in range(12))
    assert [place[n] for n in range(1, 37)] != sorted(place.values())


def test_a_stream_has_at_most_two_readers_and_both_see_everything() -> None:
    timeline = Timeline()
    stream = Stream(timeline)
    functions = [Function(timeline), Function(timeline)]
    for function in functions:
        Reader(stream, function, Settings())
    with pytest.raises(ValueError, match="two readers"):
        Reader(stream, functions[0], Settings())
    stream.write("p", "s")
    timeline.run()
    assert functions[0].batches == functions[1].batches == [[1]]


def test_a_reader_that_starts_at_the_newest_misses_what_was_before() -> None:
    timeline = Timeline()
    stream = Stream(timeline)
    function = Function(timeline)
    stream.write("p", "before")
    Reader(stream, function, Settings(start="LATEST"))
    stream.write("p", "after")
    timeline.run()
    assert function.batches == [[2]]


def test_what_the_filter_refuses_is_passed_over_for_good() -> None:
    timeline = Timeline()
    stream = Stream(timeline)
    function = Function(timeline)
    Reader(stream, function, Settings(filter=lambda r: r["eventName"] != "REMOVE"))
    stream.write("p", "a")
    stream.write("p", "a", "REMOVE")
    timeline.run()
    assert function.batches == [[1]]


def test_the_same_seed_is_the_same_history() -> None:
    settings = Settings(batch_size=2, parallelization=4, bisect=True, report_failures=True, retries=3)
    chance = Chance(throttle=0.3, repeat=0.3, until=1000)
    first, again = (driven(settings, reported(2, 5), records=20, chance=chance) for _ in range(2))
    assert (first[1].batches, first[1].times, first[0].failures) == (
        again[1].batches,
        again[1].times,
        again[0].failures,
    )
