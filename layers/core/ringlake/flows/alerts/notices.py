"""What an event says in a mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ringlake.files.mail import Amount, Notice, Trigger, Unit
from ringlake.model.alerts import WINDOWED, AlertEvent, AlertKind, AlertRule, EventKind, Incident
from ringlake.model.directory import Directory, Workspace

from .payload import unit_of

_HUNDRED = Decimal(100)
_ENDS = frozenset({EventKind.RESOLVED})


def place_of(rule: AlertRule, directory: Directory) -> str:
    """What is watched, by name: team, queue, number, user; "" is the whole workspace."""
    team = directory.team(rule.team)
    number = next((one for one in directory.numbers if one.id == rule.number), None)
    user = next((one for one in directory.users if one.id == rule.user), None)
    named = (
        team.name if team else rule.team,
        rule.queue,
        (number.name or number.e164) if number else rule.number,
        user.name if user else rule.user,
    )
    return ", ".join(name for name in named if name)


def notices(rule: AlertRule, event: AlertEvent, directory: Directory) -> Iterator[Notice]:
    """What a mail about the event says, oldest first."""
    incidents: tuple[Incident | None, ...] = event.incidents or (None,)
    for incident in incidents:
        resolved = event.kind in _ENDS or (incident is not None and incident.over_at is not None)
        yield Notice(
            trigger=Trigger(rule.kind.value),
            rule=rule.name,
            measured=_amount(rule.kind, _shown(event, incident), directory.workspace),
            threshold=_amount(rule.kind, event.threshold, directory.workspace),
            at=_moment(event, incident),
            resolved=resolved,
            since=incident.at if incident else None,
            place=place_of(rule, directory),
            window_s=rule.window_s if rule.kind in WINDOWED else 0,
        )


def _shown(event: AlertEvent, incident: Incident | None) -> Decimal | None:
    """A digest and an end tell of the worst value; a firing of the present one."""
    if incident is None:
        return event.measured
    if event.kind is EventKind.DIGEST or incident.over_at is not None:
        return incident.worst
    return event.measured if event.measured is not None else incident.value


def _moment(event: AlertEvent, incident: Incident | None) -> datetime:
    if incident is None or event.kind is not EventKind.DIGEST:
        return event.at
    return incident.over_at or incident.at


def _amount(kind: AlertKind, value: Decimal | None, workspace: Workspace) -> Amount:
    unit = unit_of(kind)
    if value is None:
        return Amount(value=None, unit=Unit.COUNT)
    match unit:
        case "seconds":
            return Amount(value=int(value), unit=Unit.SECONDS)
        case "percent":
            return Amount(value=float(value / _HUNDRED), unit=Unit.SHARE)
        case "money":
            return Amount(value=value, unit=Unit.MONEY, currency=workspace.currency)
        case _:
            return Amount(value=int(value), unit=Unit.COUNT)
