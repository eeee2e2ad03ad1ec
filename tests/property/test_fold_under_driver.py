"""The fold function under the simulated mapping: whatever goes wrong, the records come out the same.

Each seed is one history: deliveries in some order, with repeats, cut into batches by some settings,
while throttles, failing stores, dying processes and overlapping invocations happen until faults
stop. `RINGLAKE_SEEDS` sets the number of seeds (a thousand by default).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from functions.fold import fold
from ringlake.errors import Unavailable
from ringlake.flows.folding import Snapshots
from ringlake.model.base import to_json
from ringlake.model.events import RawEvent
from ringlake.providers.signatures import sign_standard
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal, Put
from ringlake.stores.records import MemoryRecords
from tests.driver.faults import Crash, Hooked
from tests.driver.mapping import Chance, Reader, Settings, Stream, Timeline, redriven
from tests.scenarios.rendering import SECRET, deliveries
from tests.scenarios.tables import Scenario, scenarios
from tests.scenarios.world import House, directory_of, store_of

SEEDS = int(os.environ.get("RINGLAKE_SEEDS", "1000"))
SEEDS_PER_TABLE = max(SEEDS // 100, 2)
SHAPES = (
    "answered_inbound",
    "attended_transfer_with_consultation",
    "bad_apple",
    "forwarded_and_answered_in_another_call",
    "menu_then_agent",
    "queue_with_requeue",
    "text_undelivered_after_sent",
    "voicemail_event_after_the_miss",
    "link_learned_hours_later",
    "parallel_parts",
    "parent_that_comes_after_its_part",
    "site_call_agent_leg_is_the_parent",
    "stale_leg_after_transfer",
)
IDS = (b"a-1", b"b-2", b"c-1", b"c-2", b"d-7", b"k-1", b"m-1", b"p-1", b"p-2")
FAULTS_STOP_AT = 600.0
EPOCH = datetime(2026, 9, 14, 20, 0, tzinfo=UTC)


class Context:
    """Enough time for every batch."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


@dataclass(frozen=True)
class Shape:
    """The events of one scenario under ids of their own, and the records they must become."""

    events: tuple[RawEvent, ...]
    wanted: Mapping[str, bytes]


@pytest.fixture(scope="module")
def shapes() -> list[Shape]:
    by_name = {s.name: s for s in scenarios()}
    return [_shape(by_name[name], number) for number, name in enumerate(SHAPES)]


@pytest.fixture(scope="module")
def directory() -> MemoryDirectory:
    return store_of(directory_of(next(s for s in scenarios() if s.name == SHAPES[0])))


def _shape(scenario: Scenario, number: int) -> Shape:
    """Ids get the shape's number, so that several shapes fit into one journal."""
    house = House(store_of(directory_of(scenario)))
    for delivery, at in deliveries(scenario):
        body = delivery.body
        for known in IDS:
            body = body.replace(b'"%s"' % known, b'"n%d-%s"' % (number, known))
        house.receive(_signed_again(delivery, body, at), scenario.provider, at)
    events = tuple(e for kept in house.journal.items.values() for e in kept.values())
    assert len(events) == len(scenario.lines)
    house.fold(e.subject.key for e in events)
    return Shape(events, documents(house.records))


def _signed_again(delivery: Any, body: bytes, at: datetime) -> Any:
    signature = sign_standard(SECRET, delivery.headers["webhook-id"], int(at.timestamp()), body)
    return msgspec.structs.replace(delivery, body=body, headers=delivery.headers | {"webhook-signature": signature})


def documents(records: MemoryRecords) -> dict[str, bytes]:
    return {key: to_json(row.record) for key, row in records.rows.items()}


class History:
    """One seed."""

    def __init__(
        self, seed: int, shapes: list[Shape], directory: MemoryDirectory, settings: Settings | None = None
    ) -> None:
        self.chance = random.Random(seed)
        self.shapes = self.chance.sample(shapes, min(3, len(shapes)))
        self.timeline = Timeline()
        self.stream = Stream(self.timeline, shards=self.chance.choice([1, 2]))
        self.journal, self.records = MemoryJournal(), MemoryRecords()
        self.faults = {
            "unavailable": self.chance.choice([0.0, 0.02, 0.15]),
            "crash": self.chance.choice([0.0, 0.01, 0.05]),
            "overlap": self.chance.choice([0.0, 0.1, 0.3]),
        }
        self.counted = dict.fromkeys(self.faults, 0)
        self._depth = 0
        self._stores = (
            Hooked(self.journal, self._before_call),
            Hooked(self.records, self._before_call),
            Snapshots(Hooked(directory, self._before_call), self._clock),
        )
        self.reader = Reader(
            self.stream,
            self.invoke,
            settings
            or Settings(
                batch_size=self.chance.choice([1, 3, 10, 100]),
                window_s=self.chance.choice([0.0, 1.0, 20.0]),
                parallelization=self.chance.choice([1, 4, 10]),
                retries=self.chance.choice([2, 8]),
                max_age_s=21_600,
                bisect=self.chance.random() < 0.7,
                report_failures=True,
                whole_payload=True,
            ),
            Chance(
                throttle=self.chance.choice([0.0, 0.2]),
                repeat=self.chance.choice([0.0, 0.2]),
                until=FAULTS_STOP_AT,
            ),
            seed=seed,
        )

    def _clock(self) -> datetime:
        return EPOCH + timedelta(seconds=self.timeline.now)

    def _happens(self, fault: str) -> bool:
        happens = self.timeline.now < FAULTS_STOP_AT and self.chance.random() < self.faults[fault]
        self.counted[fault] += happens
        return happens

    def _before_call(self) -> None:
        """What may happen at any call of any store: it fails, the process dies, others run meanwhile."""
        if self._depth < 4 and self._happens("overlap"):
            self.timeline.step()
        if self._happens("unavailable"):
            raise Unavailable("fault")
        if self._happens("crash"):
            raise Crash

    def invoke(self, event: Mapping[str, Any]) -> Any:
        fold.stores = lambda: self._stores  # type: ignore[assignment]
        self._depth += 1
        try:
            return fold.handler(event, Context)
        except Crash:
            raise RuntimeError("the process died") from None
        finally:
            self._depth -= 1

    def deliver(self) -> None:
        """Every event at a time of its own; some come twice, and only what is new rings."""
        for shape in self.shapes:
            for event in shape.events:
                for _ in range(self.chance.choice([1, 1, 2])):
                    self.timeline.at(self.chance.uniform(0, 300), lambda e=event: self._store(e))  # type: ignore[misc]

    def _store(self, event: RawEvent) -> None:
        if self.journal.put(event) is Put.STORED:
            self.stream.write(event.subject.key, event.event_id)

    def run(self) -> None:
        self.deliver()
        self.timeline.run(FAULTS_STOP_AT)
        self.timeline.run()
        assert self.reader.idle
        # What was given up waits in the failure store; a redrive rings the same bells again.
        given_up = redriven(self.reader.failures)
        if given_up:
            assert self.invoke({"Records": given_up}) == {"batchItemFailures": []}


@pytest.fixture
def _quiet_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Histories replace the function's stores, which are put back afterwards; its log lines are not looked at."""
    monkeypatch.setattr(fold, "stores", fold.stores)
    monkeypatch.setattr(fold, "print", lambda _: None, raising=False)


@pytest.mark.usefixtures("_quiet_function")
def test_every_history_ends_in_the_records_of_a_day_without_faults(
    shapes: list[Shape], directory: MemoryDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    total: Counter[str] = Counter()
    for seed in range(SEEDS):
        history = History(seed, shapes, directory)
        history.run()
        wanted = {k: v for shape in history.shapes for k, v in shape.wanted.items()}
        assert documents(history.records) == wanted, f"seed {seed}"
        total.update(history.counted)
        total.update(invocations=history.reader.invocations, batches_given_up=len(history.reader.failures))
    with capsys.disabled():
        print(f"\nfold under the simulated mapping: {SEEDS} seeds, {dict(total)}")
    assert all(total.values()), "a fault that never happened proves nothing"


@pytest.mark.usefixtures("_quiet_function")
@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_every_table_comes_through_the_stream_whatever_goes_wrong(scenario: Scenario) -> None:
    """From the door over the journal and the stream to the records of a day without faults."""
    house = House(store_of(directory_of(scenario)))
    for delivery, at in deliveries(scenario):
        house.receive(delivery, scenario.provider, at)
    events = tuple(e for kept in house.journal.items.values() for e in kept.values())
    house.fold(e.subject.key for e in events)
    shape = Shape(events, documents(house.records))
    for seed in range(SEEDS_PER_TABLE):
        history = History(seed, [shape], house.directory)
        history.run()
        assert documents(history.records) == shape.wanted, f"seed {seed}"


AS_IN_THE_TEMPLATE = Settings(
    batch_size=100,
    window_s=1.0,
    parallelization=4,
    retries=8,
    max_age_s=21_600,
    bisect=True,
    report_failures=True,
    whole_payload=True,
)


@pytest.mark.usefixtures("_quiet_function")
def test_a_poison_subject_keeps_nobody_in_its_batch_waiting_and_waits_for_its_redrive(
    shapes: list[Shape], directory: MemoryDirectory
) -> None:
    """One subject's record can never be loaded. Everything else is folded as soon as its bell rings."""
    for seed in range(20):
        history = History(seed, shapes, directory, AS_IN_THE_TEMPLATE)
        history.faults = dict.fromkeys(history.faults, 0.0)
        poison = history.shapes[0].events[0].subject.key
        healthy: list[bool] = []
        load = history.records.load

        def failing(subject: Any, load: Any = load, poison: str = poison, healthy: list[bool] = healthy) -> Any:
            if subject.key == poison and not healthy:
                raise Unavailable("poison")
            return load(subject)

        history.records.load = failing  # type: ignore[method-assign]
        for shape in history.shapes:
            for event in shape.events:
                history.journal.put(event)
                history.stream.write(event.subject.key, event.event_id)
        history.timeline.run(AS_IN_THE_TEMPLATE.window_s + 5)
        others = {k: v for shape in history.shapes[1:] for k, v in shape.wanted.items()}
        assert {k: v for k, v in documents(history.records).items() if k in others} == others

        history.timeline.run()
        left = redriven(history.reader.failures)
        family = {event.subject.key for event in history.shapes[0].events}
        assert poison in {r["dynamodb"]["Keys"]["pk"]["S"] for r in left}
        assert {r["dynamodb"]["Keys"]["pk"]["S"] for r in left} <= family

        healthy.append(True)
        assert history.invoke({"Records": left}) == {"batchItemFailures": []}
        assert documents(history.records) == {**others, **history.shapes[0].wanted}
