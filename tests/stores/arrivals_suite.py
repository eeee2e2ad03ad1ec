"""What every log of arrivals keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ringlake.stores.arrivals import NOTED, ArrivalLog, Arrivals

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


class ArrivalsSuite:
    """Subclasses give the fixture `arrivals`, empty."""

    def test_nothing_arrived_yet(self, arrivals: ArrivalLog) -> None:
        assert arrivals.of("acme", "line") == Arrivals()

    def test_each_outcome_has_its_own_time(self, arrivals: ArrivalLog) -> None:
        arrivals.note("acme", "line", "accepted", NOW)
        arrivals.note("acme", "line", "refused", LATER)
        assert arrivals.of("acme", "line") == Arrivals(accepted_at=NOW, refused_at=LATER)
        arrivals.note("acme", "line", "accepted", LATER)
        arrivals.note("acme", "line", "quarantined", NOW)
        assert arrivals.of("acme", "line") == Arrivals(accepted_at=LATER, quarantined_at=NOW, refused_at=LATER)
        assert NOTED == ("accepted", "quarantined", "refused")

    def test_connections_and_workspaces_are_kept_apart(self, arrivals: ArrivalLog) -> None:
        arrivals.note("acme", "line", "accepted", NOW)
        arrivals.note("acme", "desk", "refused", LATER)
        arrivals.note("rival", "door", "refused", LATER)
        assert arrivals.every("acme") == {"line": Arrivals(accepted_at=NOW), "desk": Arrivals(refused_at=LATER)}
        assert arrivals.every("nobody") == {}
        assert arrivals.of("acme", "other") == Arrivals()
        assert arrivals.of("rival", "line") == Arrivals()
