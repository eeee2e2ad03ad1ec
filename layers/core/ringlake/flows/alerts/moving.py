"""How one delivery of an event is moved on, whoever else moves the others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ringlake.errors import Conflict
from ringlake.model.alerts import AlertEvent, Delivery
from ringlake.stores.alerts import Alerts

# Deliveries of one event are moved by the minute's run and by the webhooks' worker: they meet rarely.
_ATTEMPTS = 8


def moved(alerts: Alerts, workspace: str, event: AlertEvent, place: int, now: datetime, **fields: Any) -> AlertEvent:
    """The event with this delivery moved from where it stands in `event`. Others may have moved since.

    Raises `Conflict` when somebody else moved this delivery: then it is his.
    """
    known = event.deliveries[place]
    for _ in range(_ATTEMPTS):
        after = with_delivery(event, place, msgspec.structs.replace(known, **{"at": now, **fields}))
        try:
            alerts.replace_event(workspace, event, after)
        except Conflict:
            current = alerts.event(workspace, event.rule, event.id)
            if current is None or current.deliveries[place] != known:
                raise
            event = current
        else:
            return after
    raise Conflict(event.id)


def with_delivery(event: AlertEvent, place: int, delivery: Delivery) -> AlertEvent:
    deliveries = (*event.deliveries[:place], delivery, *event.deliveries[place + 1 :])
    return msgspec.structs.replace(event, deliveries=deliveries)
