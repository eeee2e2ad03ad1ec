"""The suite that every store of alerts passes, in memory or real."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.model.alerts import (
    AlertEvent,
    AlertKind,
    AlertRule,
    AlertState,
    Channel,
    Delivery,
    DeliveryState,
    EventKind,
    HookSecret,
    Incident,
    Phase,
    QuietHours,
    Webhook,
)
from ringlake.model.schedules import Recipient
from ringlake.stores.alerts import Alerts, Standing

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
_numbers = count()


def rule(rule_id: str = "a-1", **fields: Any) -> AlertRule:
    usual: dict[str, Any] = {"name": "Queue", "kind": AlertKind.WAITING, "owner": "u-1", "threshold": Decimal(5)}
    return AlertRule(id=rule_id, watches_from=AT, created_at=AT, updated_at=AT, **(usual | fields))


def state(rule_id: str = "a-1", **fields: Any) -> AlertState:
    return AlertState(rule=rule_id, watches_from=AT, **{"version": 1, **fields})


def event(name: str = "20260304T120000000000-1-fired", rule_id: str = "a-1", **fields: Any) -> AlertEvent:
    return AlertEvent(id=name, rule=rule_id, **{"kind": EventKind.FIRED, "at": AT, **fields})


class AlertsSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"alerts{next(_numbers)}"

    def test_everything_of_a_rule_comes_back(self, store: Alerts, workspace: str) -> None:
        kept = rule(
            clear=Decimal("2.5"),
            recipients=(Recipient(user="u-1"), Recipient(address="boss@example.com")),
            webhook=Webhook(url="https://hooks.example.com/a", secrets=(HookSecret(ciphertext=b"\0\1", until=AT),)),
            quiet=QuietHours(weekly={"1": [("22:00", "06:00")]}),
            muted_until=AT,
        )
        store.put_rule(workspace, kept, None)

        assert store.get(workspace, "a-1") == Standing(kept, None)
        assert store.get(workspace, "a-2") is None
        assert store.get(f"{workspace}x", "a-1") is None

    def test_all_of_a_workspace_by_id_with_their_states_and_of_no_other(self, store: Alerts, workspace: str) -> None:
        for rule_id in ("a-2", "a-1"):
            store.put_rule(workspace, rule(rule_id), None)
        store.put_rule(f"{workspace}x", rule("a-3"), None)
        store.advance(workspace, state("a-2"), None, [event(rule_id="a-2")])

        assert [(one.rule.id, one.state) for one in store.all(workspace)] == [("a-1", None), ("a-2", state("a-2"))]

    def test_a_rule_is_replaced_only_in_place_of_the_one_it_was_made_from(self, store: Alerts, workspace: str) -> None:
        first = rule()
        store.put_rule(workspace, first, None)
        second = rule(name="Other", version=2)
        store.put_rule(workspace, second, first)

        for previous in (None, first):
            with pytest.raises(Conflict):
                store.put_rule(workspace, rule(name="Late", version=2), previous)
        assert store.get(workspace, "a-1") == Standing(second, None)

    def test_rules_are_looked_at_while_they_are_enabled_and_not_deleted(self, store: Alerts, workspace: str) -> None:
        first = rule()
        store.put_rule(workspace, first, None)
        store.put_rule(workspace, rule("a-2", enabled=False), None)
        assert store.watched()[workspace] == ["a-1"]

        disabled = rule(enabled=False, version=2)
        store.put_rule(workspace, disabled, first)
        assert workspace not in store.watched()

        again = rule(version=3)
        store.put_rule(workspace, again, disabled)
        assert store.watched()[workspace] == ["a-1"]

        store.put_rule(workspace, rule(deleted_at=AT, version=4), again)
        assert workspace not in store.watched()

    def test_a_state_moves_only_from_where_it_stands_and_its_events_with_it(
        self, store: Alerts, workspace: str
    ) -> None:
        store.put_rule(workspace, rule(), None)
        incident = Incident(number=1, at=AT, value=Decimal(5), worst=Decimal("7.5"))
        first = state(phase=Phase.FIRING, since=AT, incident=incident, recent=(AT,), held=(incident,), open=("e",))
        store.advance(workspace, first, None, [event()])

        for late, before in ((state(), None), (state(version=9), state(version=8))):
            with pytest.raises(Conflict):
                store.advance(workspace, late, before, [event("20260304T120001000000-2-fired")])
        assert store.get(workspace, "a-1") == Standing(rule(), first)
        assert store.history(workspace, "a-1") == [event()]

    def test_an_event_that_is_there_is_not_written_again_and_the_state_stays(
        self, store: Alerts, workspace: str
    ) -> None:
        store.put_rule(workspace, rule(), None)
        store.advance(workspace, state(), None, [event()])

        with pytest.raises(Conflict):
            store.advance(workspace, state(version=2), state(), [event()])
        assert store.get(workspace, "a-1") == Standing(rule(), state())

    def test_an_event_is_replaced_only_in_place_of_the_one_that_was_read(self, store: Alerts, workspace: str) -> None:
        delivery = Delivery(channel=Channel.MAIL, user="u-1", at=AT)
        first = event(deliveries=(delivery,), measured=Decimal("5.5"), n=3)
        store.advance(workspace, state(), None, [first])
        claimed = event(
            deliveries=(msgspec.structs.replace(delivery, state=DeliveryState.SENDING),), measured=Decimal("5.5"), n=3
        )
        store.replace_event(workspace, first, claimed)

        assert store.event(workspace, "a-1", first.id) == claimed
        with pytest.raises(Conflict):
            store.replace_event(workspace, first, first)
        assert store.event(workspace, "a-1", "20260304T120009000000-1-fired") is None

    def test_history_is_the_latest_first_page_by_page_and_of_one_rule(self, store: Alerts, workspace: str) -> None:
        events = [
            event(f"{AT + timedelta(minutes=n):%Y%m%dT%H%M%S%f}-{n}-fired", at=AT + timedelta(minutes=n))
            for n in range(5)
        ]
        store.advance(workspace, state(), None, events)
        store.advance(workspace, state("a-10"), None, [event(rule_id="a-10")])

        latest = events[::-1]
        assert store.history(workspace, "a-1") == latest
        assert store.history(workspace, "a-1", limit=2) == latest[:2]
        assert store.history(workspace, "a-1", before=latest[1].id, limit=2) == latest[2:4]
        assert store.history(workspace, "a-1", before=latest[-1].id) == []
