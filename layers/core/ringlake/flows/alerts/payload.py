"""What an event says to a program: the JSON of a webhook."""

from __future__ import annotations

from ringlake.model.alerts import WINDOWED, AlertEvent, AlertKind, AlertRule
from ringlake.model.base import to_json


def unit_of(kind: AlertKind) -> str:
    """The unit of a kind's values, as the API names it."""
    match kind:
        case AlertKind.LONGEST_WAIT:
            return "seconds"
        case AlertKind.SERVICE_LEVEL:
            return "percent"
        case AlertKind.SPEND:
            return "money"
        case _:
            return "count"


def payload(workspace: str, rule: AlertRule, event: AlertEvent) -> bytes:
    """The body of a webhook (Standard Webhooks: `type`, `timestamp`, `data`). Ids and numbers, nobody's data.

    Equal for every attempt, so that its signature differs by the time of the attempt alone.
    """
    return to_json(
        {
            "type": f"alert.{event.kind.value}",
            "timestamp": event.at,
            "data": {
                "workspace": workspace,
                "event": event.id,
                "alert": rule.id,
                "kind": rule.kind.value,
                "team": rule.team,
                "queue": rule.queue,
                "number": rule.number,
                "user": rule.user,
                "unit": unit_of(rule.kind),
                "currency": event.currency,
                "window_s": rule.window_s if rule.kind in WINDOWED else None,
                "value": event.measured,
                "threshold": event.threshold,
                "n": event.n,
                "unsteady": event.unsteady,
                "incidents": [
                    {
                        "number": incident.number,
                        "at": incident.at,
                        "value": incident.value,
                        "worst": incident.worst,
                        "over_at": incident.over_at,
                    }
                    for incident in event.incidents
                ],
                "more": event.more,
            },
        }
    )
