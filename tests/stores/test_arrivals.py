"""The twin of the log of arrivals; the real one passes the same suite on the emulator (tests/integration)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringlake.flows.arriving import Arriving
from ringlake.flows.ingest import Outcome
from ringlake.stores.arrivals import ArrivalLog, Arrivals, MemoryArrivals
from tests.stores.arrivals_suite import ArrivalsSuite

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class TestMemoryArrivals(ArrivalsSuite):
    @pytest.fixture
    def arrivals(self) -> ArrivalLog:
        return MemoryArrivals()


def test_a_process_marks_once_a_minute_and_each_outcome_for_itself() -> None:
    log = MemoryArrivals()
    arriving = Arriving(log)
    for seconds, outcome in ((0, Outcome.ACCEPTED), (59, Outcome.DUPLICATE), (59, Outcome.NOT_AUTHENTIC)):
        arriving.note("acme", "line", outcome, NOW + timedelta(seconds=seconds))
    assert log.of("acme", "line") == Arrivals(accepted_at=NOW, refused_at=NOW + timedelta(seconds=59))
    arriving.note("acme", "line", Outcome.ACCEPTED, NOW + timedelta(seconds=60))
    assert log.of("acme", "line").accepted_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN_ENDPOINT, Outcome.TOO_LARGE, Outcome.UNAVAILABLE])
def test_what_says_nothing_about_a_connection_leaves_no_mark(outcome: Outcome) -> None:
    log = MemoryArrivals()
    Arriving(log).note("acme", "line", outcome, NOW)
    Arriving(log).note("", "", Outcome.ACCEPTED, NOW)
    assert log.of("acme", "line") == Arrivals() == log.of("", "")


def test_what_is_remembered_is_bounded() -> None:
    log = MemoryArrivals()
    arriving = Arriving(log, size=2)
    for name in ("a", "b", "c", "a"):
        arriving.note("acme", name, Outcome.ACCEPTED, NOW)
    arriving.note("acme", "c", Outcome.ACCEPTED, NOW + timedelta(seconds=1))
    assert log.of("acme", "c").accepted_at == NOW
