"""When an alert fires, when it is over, and who is told of it when (demands.md D68).

A rule's state moves by one look after another; every look gives the next state and the lines of history that it
makes. Nothing here knows where values come from or where notices go. The same state and the same look always give the
same events with the same ids, so whoever writes the state decides alone what is told.

* A firing begins when the threshold has been reached for as long as the rule wants, and is over when the value has
  been on the good side for as long as the rule wants. Between the threshold and `clear` nothing changes.
* A firing is told once. Muted, cooling down or unsteady, it is told later if it still lasts then.
* In quiet hours it is kept for the digest at their end, or dropped.
* A rule that fires too often within an hour is unsteady: that is said once, and then nothing until it has stood still.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from ringlake.model.alerts import (
    BELOW,
    AlertEvent,
    AlertRule,
    AlertState,
    EventKind,
    Incident,
    Observation,
    Phase,
    QuietMode,
    Told,
)

# So many firings within `UNSTEADY_WITHIN` are one too many; it is over when nothing has moved for `CALM`.
UNSTEADY = 4
UNSTEADY_WITHIN = timedelta(hours=1)
CALM = timedelta(minutes=30)
# Incidents that a digest lists; of more it says how many.
MOST_HELD = 50


class Look(NamedTuple):
    """One look: what was seen, when, and whether it is a quiet hour."""

    seen: Observation
    at: datetime
    quiet: bool = False


class Moved(NamedTuple):
    """The next state, which is the same object when nothing is different, and the events on the way."""

    state: AlertState
    events: tuple[AlertEvent, ...]


def evaluate(rule: AlertRule, look: Look, state: AlertState) -> Moved:
    """One look at a rule."""
    walk = _Walk(rule, look, begun(rule, state))
    walk.move()
    walk.tell()
    after = walk.state
    return Moved(state if _same(after, state) else after, tuple(walk.events))


def begun(rule: AlertRule, state: AlertState) -> AlertState:
    """The state, or a new one where the rule watches something else than the state is about."""
    if state.watches_from == rule.watches_from:
        return state
    return AlertState(
        rule=rule.id,
        watches_from=rule.watches_from,
        firings=state.firings,
        held=state.held,
        held_more=state.held_more,
        open=state.open,
        told_at=state.told_at,
        version=state.version,
    )


def reached(rule: AlertRule, value: Decimal) -> bool:
    """Whether the value is one to fire at."""
    return value < rule.threshold if rule.kind in BELOW else value >= rule.threshold


def is_good(rule: AlertRule, value: Decimal) -> bool:
    """Whether the value is on the good side, beyond the margin that keeps an alert from going on and off."""
    clear = rule.threshold if rule.clear is None else rule.clear
    return value >= clear if rule.kind in BELOW else value < clear


def worse(rule: AlertRule, value: Decimal, other: Decimal) -> Decimal:
    return min(value, other) if rule.kind in BELOW else max(value, other)


def event_id(at: datetime, number: int, kind: EventKind) -> str:
    """Sorts by time; the same for the same thing."""
    return f"{at:%Y%m%dT%H%M%S%f}-{number}-{kind.value}"


def _same(after: AlertState, before: AlertState) -> bool:
    return msgspec.structs.replace(after, version=before.version) == before


class _Walk:
    def __init__(self, rule: AlertRule, look: Look, state: AlertState) -> None:
        self.rule = rule
        self.seen, self.now, self.quiet = look
        self.state = state
        self.events: list[AlertEvent] = []

    def _set(self, **fields: Any) -> None:
        self.state = msgspec.structs.replace(self.state, **fields)

    # --- what happens

    def move(self) -> None:
        value = self.seen.value
        if value is None and not self.seen.idle:
            return
        bad = value is not None and not self.seen.idle and reached(self.rule, value)
        good = value is None or self.seen.idle or is_good(self.rule, value)
        if self.state.phase is Phase.FIRING:
            self._last(value, good=good and not bad)
        elif bad and value is not None:
            self._wait(value)
        elif self.state.phase is Phase.PENDING:
            self._set(phase=Phase.CLEAR, since=self.now)

    def _wait(self, value: Decimal) -> None:
        began = self.state.since if self.state.phase is Phase.PENDING and self.state.since else self.now
        if self.now - began < timedelta(seconds=self.rule.lasts_s):
            if self.state.phase is not Phase.PENDING:
                self._set(phase=Phase.PENDING, since=self.now)
            return
        number = self.state.firings + 1
        recent = tuple(at for at in self.state.recent if self.now - at < UNSTEADY_WITHIN)
        self._set(
            phase=Phase.FIRING,
            since=self.now,
            over_since=None,
            incident=Incident(number=number, at=self.now, value=value, worst=value),
            told=Told.NO,
            firings=number,
            recent=(*recent, self.now)[-UNSTEADY:],
        )
        self._event(EventKind.FIRED)

    def _last(self, value: Decimal | None, *, good: bool) -> None:
        incident = self.state.incident
        if incident is None:
            raise ValueError("a firing without an incident")
        if not good:
            if value is not None:
                incident = msgspec.structs.replace(incident, worst=worse(self.rule, value, incident.worst))
            self._set(over_since=None, incident=incident)
            return
        over_since = self.state.over_since or self.now
        if self.now - over_since < timedelta(seconds=self.rule.settle_s):
            self._set(over_since=over_since)
            return
        incident = msgspec.structs.replace(incident, over_at=self.now)
        held = tuple(incident if one.number == incident.number else one for one in self.state.held)
        self._set(phase=Phase.CLEAR, since=self.now, over_since=None, incident=incident, held=held)
        self._event(EventKind.RESOLVED)

    # --- who is told

    def tell(self) -> None:
        self._steady()
        if self.rule.muted_until is not None and self.now < self.rule.muted_until:
            self._silent("muted")
            return
        if self.state.held and not self.quiet:
            self._digest()
        if self.state.phase is Phase.FIRING and self.state.told is Told.NO:
            self._tell_firing()
        elif self.state.phase is not Phase.FIRING and self.state.owes:
            self._tell_end()

    def _steady(self) -> None:
        if self.state.unsteady and self.state.since is not None and self.now - self.state.since >= CALM:
            self._set(unsteady=False, recent=())

    def _tell_firing(self) -> None:
        if self.state.unsteady:
            self._silent("unsteady")
            return
        told_at = self.state.told_at
        if told_at is not None and self.now - told_at < timedelta(seconds=self.rule.cooldown_s):
            self._silent("cooldown")
            return
        if self.quiet:
            self._hold(Told.HELD if self.rule.quiet.mode is QuietMode.DIGEST else Told.DROPPED)
            return
        within = [at for at in self.state.recent if self.now - at < UNSTEADY_WITHIN]
        self._set(told=Told.SENT, told_at=self.now, owes=True, unsteady=len(within) >= UNSTEADY)
        self._say(EventKind.FIRED, EventKind.STILL)

    def _tell_end(self) -> None:
        if self.state.unsteady:
            self._silent("unsteady")
            return
        self._set(owes=False)
        if not self.rule.tells_end:
            return
        if self.quiet:
            self._hold(Told.HELD if self.rule.quiet.mode is QuietMode.DIGEST else Told.DROPPED)
            return
        self._say(EventKind.RESOLVED, EventKind.RESOLVED)

    def _hold(self, told: Told) -> None:
        """Keep the present incident for the digest, or forget to tell of it."""
        if self.state.phase is Phase.FIRING:
            self._set(told=told)
        self._silent("quiet hours" if told is Told.HELD else "quiet hours, dropped")
        incident = self.state.incident
        if told is not Told.HELD or incident is None:
            return
        if len(self.state.held) < MOST_HELD:
            self._set(held=(*self.state.held, incident))
        else:
            self._set(held_more=self.state.held_more + 1)

    def _digest(self) -> None:
        held, more = self.state.held, self.state.held_more
        self._set(held=(), held_more=0)
        if self.state.phase is Phase.FIRING and self.state.told is Told.HELD:
            self._set(told=Told.SENT, told_at=self.now, owes=True)
            present = self.state.incident
            held = tuple(present if present and one.number == present.number else one for one in held)
        self._event(EventKind.DIGEST, incidents=held, more=more, tells=True)

    # --- lines of the history

    def _event(self, kind: EventKind, **fields: Any) -> None:
        incident = self.state.incident
        about = (incident,) if incident is not None else ()
        usual = {"measured": self.seen.value, "threshold": self.rule.threshold, "n": self.seen.n, "incidents": about}
        number = incident.number if incident is not None else self.state.firings
        self.events.append(
            AlertEvent(
                id=event_id(self.now, number, kind), rule=self.rule.id, kind=kind, at=self.now, **(usual | fields)
            )
        )

    def _say(self, at_once: EventKind, later: EventKind) -> None:
        """Tell of it with the event of this look, or with one of its own when it happened before."""
        now = next((n for n, event in enumerate(self.events) if event.kind is at_once), None)
        if now is None:
            self._event(later, tells=True, unsteady=self.state.unsteady)
        else:
            self.events[now] = msgspec.structs.replace(self.events[now], tells=True, unsteady=self.state.unsteady)

    def _silent(self, why: str) -> None:
        """Say with what happened at this look why nobody is told of it."""
        self.events = [event if event.tells else msgspec.structs.replace(event, silent=why) for event in self.events]
