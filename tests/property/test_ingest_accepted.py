"""What was answered 2xx is in the journal, once, whatever dies, fails or repeats (design invariant 1)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.errors import Unavailable
from ringlake.flows.ingest import Endpoints, Ingested, Outcome, ingest
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Quarantined, RawEvent
from ringlake.providers.signatures import sign_standard
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal, Put
from ringlake.stores.vault import MemoryVault
from tests.contract.captures import SECRETS, TOKEN, captures

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
SECRET = SECRETS["generic"].encode()
CONNECTION = next(c for c in captures("generic") if c.outcome == "accepted").connection


class Killed(BaseException):
    """The process is gone: nothing in it can catch this."""


class Fate:
    """What happens at each store call, in order: nothing, a refusal, or death before or after the work."""

    def __init__(self, plan: Iterator[str]) -> None:
        self.plan = plan
        self.calls = 0

    def strike[T](self, work: Callable[[], T]) -> T:
        self.calls += 1
        event = next(self.plan, "")
        if event == "refused":
            raise Unavailable("refused")
        if event == "dies before":
            raise Killed
        done = work()
        if event == "dies after":
            raise Killed
        if event == "answer lost":
            raise Unavailable("timed out after the work was done")
        return done


class FatedJournal(MemoryJournal):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate

    def put(self, event: RawEvent) -> Put:
        return self.fate.strike(lambda: super(FatedJournal, self).put(event))

    def quarantine(self, item: Quarantined) -> None:
        self.fate.strike(lambda: super(FatedJournal, self).quarantine(item))


class FatedDirectory(MemoryDirectory):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate
        self.put_connection(CONNECTION)

    def connection_by_token(self, token: str) -> Connection | None:
        return self.fate.strike(lambda: super(FatedDirectory, self).connection_by_token(token))


class Sender:
    """Sends each delivery until it hears 2xx, as providers do, with a fresh process after a death."""

    def __init__(self, plan: Sequence[str] = ()) -> None:
        self.fate = Fate(iter(plan))
        self.journal, self.directory = FatedJournal(self.fate), FatedDirectory(self.fate)
        self.vault, self.endpoints = MemoryVault(), Endpoints()
        self.deaths = 0

    def once(self, delivery: Delivery, now: datetime = NOW) -> Ingested | None:
        try:
            return ingest(
                delivery,
                "generic",
                TOKEN,
                directory=self.directory,
                journal=self.journal,
                vault=self.vault,
                now=now,
                endpoints=self.endpoints,
            )
        except Killed:
            self.deaths += 1
            self.endpoints = Endpoints()
            return None

    def until_taken(self, delivery: Delivery) -> Outcome:
        for attempt in range(50):
            heard = self.once(delivery, NOW + timedelta(seconds=attempt))
            if heard is not None and heard.status == 200:
                return heard.outcome
            assert heard is None or heard.status == 503
        raise AssertionError("never taken")

    def stored(self) -> dict[tuple[str, str], bytes]:
        return {(pk, sk): e.body for pk, events in self.journal.items.items() for sk, e in events.items()}

    def set_aside(self) -> set[str]:
        return {sk for held in self.journal.held.values() for sk in held}


def delivery(number: int, call: int = 0, *, good: bool = True) -> Delivery:
    body = b'{"type":"call.queued","data":{"call":{"id":"c%d","no":%d}}}' % (call, number) if good else b"? %d" % number
    timestamp = int(NOW.timestamp())
    headers = {
        "webhook-id": f"msg_{number}",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign_standard(SECRET, f"msg_{number}", timestamp, body),
    }
    return Delivery(method="POST", url="", headers=headers, query="", body=body)


WEBHOOKS = [delivery(n, call=n % 40, good=n % 10 != 9) for n in range(200)]


def run(plan: Sequence[str]) -> Sender:
    sender = Sender(plan)
    for webhook in WEBHOOKS:
        sender.until_taken(webhook)
    return sender


UNDISTURBED = run(())


def test_the_undisturbed_run_stores_each_webhook_once() -> None:
    assert len(UNDISTURBED.stored()) == 180
    assert len(UNDISTURBED.set_aside()) == 20
    assert UNDISTURBED.fate.calls == 201


@pytest.mark.parametrize("event", ["dies before", "dies after", "refused", "answer lost"])
def test_one_fault_at_any_store_call_loses_and_doubles_nothing(event: str) -> None:
    for at in range(UNDISTURBED.fate.calls):
        disturbed = run([*itertools.repeat("", at), event])
        assert disturbed.stored() == UNDISTURBED.stored()
        assert disturbed.set_aside() == UNDISTURBED.set_aside()
        assert disturbed.deaths == event.startswith("dies")


@given(plan=st.lists(st.sampled_from(["", "", "dies before", "dies after", "refused", "answer lost"]), max_size=300))
def test_any_series_of_faults_loses_and_doubles_nothing(plan: list[str]) -> None:
    sender = Sender(plan)
    some = WEBHOOKS[:25]
    for webhook in some:
        # A plan of nothing but faults outlasts any sender; this one ends.
        sender.until_taken(webhook) if len(plan) < 40 else _stubborn(sender, webhook)
    expected = Sender()
    for webhook in some:
        expected.until_taken(webhook)
    assert sender.stored() == expected.stored()
    assert sender.set_aside() == expected.set_aside()


def _stubborn(sender: Sender, webhook: Delivery) -> None:
    while (heard := sender.once(webhook)) is None or heard.status != 200:
        pass


@given(times=st.lists(st.integers(1, 20), min_size=1, max_size=12))
def test_repeats_at_once_are_one_item_each(times: list[int]) -> None:
    """Every event 1 to 20 times, 16 at a time: one is accepted, the others are counted as repeats."""
    sender = Sender()
    sends = [number for number, repeats in enumerate(times) for _ in range(repeats)]
    with ThreadPoolExecutor(16) as pool:
        heard = list(pool.map(lambda n: (n, sender.once(delivery(n))), sends))
    for number, repeats in enumerate(times):
        outcomes = sorted(h.outcome for n, h in heard if n == number and h is not None)
        assert outcomes == sorted([Outcome.ACCEPTED] + [Outcome.DUPLICATE] * (repeats - 1))
    assert len(sender.stored()) == len(times)


@given(data=st.data())
def test_two_contents_under_one_id_leave_the_first_and_set_the_other_aside(data: Any) -> None:
    sender = Sender()
    sends = data.draw(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=12))
    bodies = [b'{"type":"call.queued","data":{"call":{"id":"c","x":%d}}}' % n for n in (0, 1)]
    for n in sends:
        timestamp = int(NOW.timestamp())
        signature = sign_standard(SECRET, "msg_x", timestamp, bodies[n])
        headers = {"webhook-id": "msg_x", "webhook-timestamp": str(timestamp), "webhook-signature": signature}
        sender.once(Delivery(method="POST", url="", headers=headers, query="", body=bodies[n]))
    assert list(sender.stored().values()) == [bodies[sends[0]]]
    assert len(sender.set_aside()) == (1 if len(set(sends)) == 2 else 0)
