"""An event source mapping between a DynamoDB stream and a function, in virtual time.

No emulator plays it, so these are the documented rules (AWS Lambda developer guide, "Using
Lambda with DynamoDB" and "Partial batch responses"), each with the name used below:

- delivery is at least once: a batch may come again although it succeeded (`repeat`)
- a stream has at most two readers and keeps records for 24 hours (`RETENTION_S`)
- a reader starts at the oldest record or at the newest (`start`)
- a batch closes at `batch_size`, after `window_s`, or at 6 MB of payload (`PAYLOAD_BYTES`)
- up to `parallelization` batches of a shard are under way; order is kept per item only, so the
  same item always goes the same lane
- what the `filter` refuses is passed over for good
- a throttle before the invocation is tried again until the record is too old; it uses no retry
- a response with batch item failures means: from the lowest reported sequence number on,
  everything comes again; none, or an empty list, means success; an unknown, empty or missing
  identifier, a wrong key or an exception mean that the whole batch failed
- with `report_failures` off the response is not looked at
- with `bisect` a failing batch is cut: at the reported number where there is one, else in two;
  cutting uses no retry
- a batch that used its retries, or whose record is too old, goes to the failure destination:
  its metadata, and with `whole_payload` (S3) the records too; then the lane goes on

Everything that chance decides comes from one `random.Random`, so a seed is a history.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

RETENTION_S = 24 * 3600.0
PAYLOAD_BYTES = 6 * 1024 * 1024
READERS = 2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0

Function = Callable[[Mapping[str, Any]], Any]


class Timeline:
    """Virtual seconds and what is due when; equal times run in the order they were asked for."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._asked = 0

    def at(self, time: float, act: Callable[[], None]) -> None:
        self._asked += 1
        heapq.heappush(self._due, (max(time, self.now), self._asked, act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        self.at(self.now + seconds, act)

    def step(self) -> bool:
        """Run what is due next; False when nothing is."""
        if not self._due:
            return False
        self.now, _, act = heapq.heappop(self._due)
        act()
        return True

    def run(self, until: float = float("inf")) -> None:
        while self._due and self._due[0][0] <= until:
            self.step()
        if until != float("inf"):
            self.now = max(self.now, until)


@dataclass(frozen=True)
class Record:
    """One change of one item."""

    sequence: int
    shard: int
    written_at: float
    body: Mapping[str, Any]

    @property
    def number(self) -> str:
        return str(self.body["dynamodb"]["SequenceNumber"])


class Stream:
    """Keys-only stream of a table; all items of one partition key lie in one shard."""

    def __init__(self, timeline: Timeline, shards: int = 1) -> None:
        self.timeline = timeline
        self.shards = shards
        self.records: list[Record] = []
        self._readers: list[Reader] = []

    def write(self, pk: str, sk: str, event_name: str = "INSERT") -> Record:
        sequence = len(self.records) + 1
        body = {
            "eventID": f"e{sequence}",
            "eventName": event_name,
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                "SequenceNumber": f"{sequence:021}",
                "StreamViewType": "KEYS_ONLY",
            },
        }
        record = Record(sequence, crc32(pk.encode()) % self.shards, self.timeline.now, body)
        self.records.append(record)
        for reader in self._readers:
            reader.receive(record)
        return record

    def attach(self, reader: Reader) -> None:
        if len(self._readers) == READERS:
            raise ValueError("a stream has at most two readers")
        self._readers.append(reader)


@dataclass(frozen=True)
class Settings:
    """As in the template; defaults are the service's own."""

    batch_size: int = 100
    window_s: float = 0.0
    parallelization: int = 1
    retries: int | None = None
    max_age_s: float | None = None
    bisect: bool = False
    report_failures: bool = False
    whole_payload: bool = False
    start: str = "TRIM_HORIZON"
    filter: Callable[[Mapping[str, Any]], bool] = lambda _: True


@dataclass(frozen=True)
class Chance:
    """How often things go wrong on the way, until `until` (virtual seconds)."""

    throttle: float = 0.0
    repeat: float = 0.0
    until: float = float("inf")


@dataclass
class _Batch:
    records: list[Record]
    tried: int = 0


@dataclass
class _Lane:
    waiting: list[Record] = field(default_factory=list)
    batches: list[_Batch] = field(default_factory=list)
    busy: bool = False
    window_open: bool = False


class Reader:
    """One reader of a stream: batches records and calls the function by the rules above."""

    def __init__(
        self,
        stream: Stream,
        function: Function,
        settings: Settings,
        chance: Chance = Chance(),
        *,
        seed: int = 0,
    ) -> None:
        self.failures: list[dict[str, Any]] = []
        self.invocations = 0
        self.done_at: dict[int, float] = {}
        self._timeline = stream.timeline
        self._function = function
        self._settings = settings
        self._chance = chance
        self._random = random.Random(seed)
        self._lanes: dict[tuple[int, int], _Lane] = {}
        stream.attach(self)
        if settings.start == "TRIM_HORIZON":
            for record in stream.records:
                self.receive(record)

    @property
    def idle(self) -> bool:
        return all(not lane.waiting and not lane.batches for lane in self._lanes.values())

    def receive(self, record: Record) -> None:
        if not self._settings.filter(record.body):
            return
        keys = json.dumps(record.body["dynamodb"]["Keys"], sort_keys=True)
        number = crc32(keys.encode()) % self._settings.parallelization
        lane = self._lanes.setdefault((record.shard, number), _Lane())
        lane.waiting.append(record)
        if self._settings.window_s and not self._is_full(lane.waiting):
            if not lane.window_open:
                lane.window_open = True
                self._timeline.after(self._settings.window_s, lambda: self._close(lane))
        else:
            self._timeline.after(0, lambda: self._close(lane))

    def _is_full(self, records: list[Record]) -> bool:
        return len(records) >= self._settings.batch_size or _size(records) >= PAYLOAD_BYTES

    def _close(self, lane: _Lane) -> None:
        """Everything that waits becomes batches, each as large as the limits allow."""
        lane.window_open = False
        batch: list[Record] = []
        for record in lane.waiting:
            if batch and (len(batch) == self._settings.batch_size or _size([*batch, record]) > PAYLOAD_BYTES):
                lane.batches.append(_Batch(batch))
                batch = []
            batch.append(record)
        if batch:
            lane.batches.append(_Batch(batch))
        lane.waiting.clear()
        self._next(lane)

    def _next(self, lane: _Lane) -> None:
        if not lane.busy and lane.batches:
            lane.busy = True
            self._timeline.after(0, lambda: self._attempt(lane))

    def _free(self, lane: _Lane) -> None:
        lane.busy = False
        self._next(lane)

    def _attempt(self, lane: _Lane) -> None:
        """Call the function with the lane's first batch, unless it is too old or throttled."""
        batch = lane.batches[0]
        old = [r for r in batch.records if self._age(r) > self._oldest()]
        if old:
            young = [r for r in batch.records if r not in old]
            self._discard(old, batch.tried, "RecordAgeExceeded")
            lane.batches[:1] = [_Batch(young, batch.tried)] if young else []
            self._free(lane)
            return
        if self._happens(self._chance.throttle):
            self._timeline.after(self._pause(batch.tried), lambda: self._again(lane))
            return
        failed_at = self._invoke(batch.records)
        if failed_at is None:
            if self._happens(self._chance.repeat):
                self._timeline.after(self._pause(0), lambda: self._again(lane))
                return
            for record in batch.records:
                self.done_at.setdefault(record.sequence, self._timeline.now)
            lane.batches.pop(0)
            self._free(lane)
        else:
            self._failed(lane, batch, failed_at)

    def _again(self, lane: _Lane) -> None:
        lane.busy = False
        self._next(lane)

    def _age(self, record: Record) -> float:
        return self._timeline.now - record.written_at

    def _oldest(self) -> float:
        return min(RETENTION_S, self._settings.max_age_s or RETENTION_S)

    def _happens(self, share: float) -> bool:
        return self._timeline.now < self._chance.until and self._random.random() < share

    def _pause(self, tried: int) -> float:
        return min(FIRST_PAUSE_S * 2.0 ** min(tried, 10), LONGEST_PAUSE_S)

    def _invoke(self, records: list[Record]) -> int | None:
        """None for success, else the index in the batch from which on everything failed."""
        self.invocations += 1
        try:
            response = self._function({"Records": [dict(r.body) for r in records]})
        except Exception:  # noqa: BLE001 - whatever a function raises, its batch failed
            return 0
        if not self._settings.report_failures:
            return None
        return lowest_failure(response, [r.number for r in records])

    def _failed(self, lane: _Lane, batch: _Batch, failed_at: int) -> None:
        records = batch.records
        for record in records[:failed_at]:
            self.done_at.setdefault(record.sequence, self._timeline.now)
        if self._settings.bisect and failed_at > 0:
            rest = [_Batch(records[failed_at:], batch.tried)]
        elif self._settings.bisect and len(records) > 1:
            middle = len(records) // 2
            rest = [_Batch(records[:middle], batch.tried), _Batch(records[middle:], batch.tried)]
        elif self._settings.retries is not None and batch.tried >= self._settings.retries:
            self._discard(records[failed_at:], batch.tried, "RetryAttemptsExhausted")
            rest = []
        else:
            rest = [_Batch(records[failed_at:], batch.tried + 1)]
        lane.batches[:1] = rest
        self._timeline.after(self._pause(batch.tried), lambda: self._again(lane))

    def _discard(self, records: list[Record], tried: int, reason: str) -> None:
        """The failure destination's record."""
        found: dict[str, Any] = {
            "requestContext": {"condition": reason, "approximateInvokeCount": tried + 1},
            "DDBStreamBatchInfo": {
                "shardId": f"shardId-{records[0].shard}",
                "startSequenceNumber": records[0].number,
                "endSequenceNumber": records[-1].number,
                "batchSize": len(records),
            },
        }
        if self._settings.whole_payload:
            found["payload"] = json.dumps({"Records": [r.body for r in records]})
        self.failures.append(found)


def lowest_failure(response: Any, numbers: list[str]) -> int | None:
    """Index of the lowest reported record; None when the response reports nothing, 0 when it is malformed."""
    if response is None or response == {}:
        return None
    if not isinstance(response, Mapping) or "batchItemFailures" not in response:
        return 0
    reported = response["batchItemFailures"]
    if not reported:
        return None
    found = []
    for item in reported:
        number = item.get("itemIdentifier") if isinstance(item, Mapping) else None
        if not number or number not in numbers:
            return 0
        found.append(numbers.index(number))
    return min(found)


def redriven(failures: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The stream records of a whole-payload failure store: the work list of a redrive."""
    return [record for failure in failures for record in json.loads(failure["payload"])["Records"]]


def _size(records: list[Record]) -> int:
    return sum(len(json.dumps(r.body)) for r in records)
