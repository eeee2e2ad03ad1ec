"""The minute's run: look at every rule, move it on, and get notices under way.

Whoever writes a rule's next state writes the events with it, so that of two runs at once one alone decides what is
told. Notices stand in their events and are begun after that; what a run leaves undone, the next one finds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from ringlake.access import Principal
from ringlake.errors import Conflict, Forbidden, InvalidRequest, NotFound, PlanTooLow
from ringlake.flows.answers.facts import Facts
from ringlake.metrics.alerting import Look, begun, evaluate, event_id
from ringlake.model.alerts import AlertEvent, AlertRule, AlertState, EventKind, Observation, Phase
from ringlake.model.base import Model
from ringlake.model.directory import Directory, Hours, User
from ringlake.model.hours import is_open
from ringlake.stores.alerts import Alerts, Standing
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records

from .delivering import Delivering, currency_of, planned
from .observing import Observing

OWNER_GONE = "its owner is no longer a user: somebody else has to take it over"
OWNER_MAY_NOT = "its owner may not see this any more"
PLAN = "the plan does not include alerts"
OUTDATED = "what it watches is no longer there"


class Ran(Model, frozen=True, kw_only=True):
    """What one run did. `failed` are rules that could not be looked at; they come again with the next minute."""

    rules: int = 0
    fired: int = 0
    resolved: int = 0
    told: int = 0
    failed: int = 0


class Alerting:
    def __init__(
        self,
        *,
        alerts: Alerts,
        directory: DirectoryStore,
        records: Records,
        facts: Facts,
        delivering: Delivering,
    ) -> None:
        self._alerts = alerts
        self._directory = directory
        self._records = records
        self._facts = facts
        self._delivering = delivering

    def run(
        self, clock: Callable[[], datetime], until: datetime, log: Callable[[str, str], None] = lambda *_: None
    ) -> Ran:
        """All rules of all workspaces that have any, as long as it is before `until`. `log` is told the workspace or
        rule that failed, and the kind of error. Raises `Unavailable` when the rules cannot be found.
        """
        done: list[AlertEvent] = []
        rules = failed = 0
        for workspace, ids in _in_turn(self._alerts.watched(), clock()):
            try:
                if clock() >= until:
                    raise TimeoutError
                now = clock()
                loaded = self._directory.load(workspace, key=False)
                standings = [one for one in self._alerts.all(workspace) if one.rule.watches]
            except Exception as error:  # noqa: BLE001 - one workspace must not keep the others waiting
                failed += len(ids)
                log(workspace, type(error).__name__)
                continue
            eyes = self._eyes(loaded, now)
            for standing in standings:
                rules += 1
                try:
                    if clock() >= until:
                        raise TimeoutError
                    done += self._turn(loaded, standing, eyes, now)
                except Conflict:
                    # Another run is at it, or somebody changes it in this moment.
                    continue
                except Exception as error:  # noqa: BLE001 - nor one rule
                    failed += 1
                    log(standing.rule.id, type(error).__name__)
        return Ran(
            rules=rules,
            fired=sum(event.kind is EventKind.FIRED for event in done),
            resolved=sum(event.kind is EventKind.RESOLVED for event in done),
            told=sum(event.tells for event in done),
            failed=failed,
        )

    def _eyes(self, directory: Directory, now: datetime) -> Observing:
        return Observing(
            directory,
            now,
            store=self._directory,
            records=self._records,
            facts=self._facts,
        )

    def _turn(self, directory: Directory, standing: Standing, eyes: Observing, now: datetime) -> list[AlertEvent]:
        rule, known = standing
        state = known or AlertState(rule=rule.id, watches_from=rule.watches_from)
        after, events = self._looked(directory, rule, state, eyes, now)
        events = [_addressed(rule, event, directory, now) for event in events]
        after = _opened(after, events)
        if after is not state:
            after = self._advance(directory, after, known, events)
        self._deliver(directory, rule, after, now)
        return events

    def _looked(
        self, directory: Directory, rule: AlertRule, state: AlertState, eyes: Observing, now: datetime
    ) -> tuple[AlertState, list[AlertEvent]]:
        """The next state and what happened, by one look."""
        owner = next((user for user in directory.users if user.id == rule.owner), None)
        why, seen = _why_not(owner), Observation()
        if owner is not None and not why:
            try:
                seen = eyes.see(rule, Principal(workspace=directory.workspace.id, user=owner))
            except PlanTooLow:
                why = PLAN
            except Forbidden:
                why = OWNER_MAY_NOT
            except (InvalidRequest, NotFound):
                why = OUTDATED
        if why:
            return _stopped(rule, begun(rule, state), why, now)
        resumed: list[AlertEvent] = []
        if state.stopped:
            resumed = [_line(rule, state, EventKind.RESUMED, now)]
            state = msgspec.structs.replace(state, stopped="")
        after, events = evaluate(rule, Look(seen, now, is_quiet(rule, directory, now)), state)
        return after, [*resumed, *events]

    def _advance(
        self, directory: Directory, after: AlertState, known: AlertState | None, events: list[AlertEvent]
    ) -> AlertState:
        after = msgspec.structs.replace(after, version=(known.version if known else 0) + 1)
        self._alerts.advance(directory.workspace.id, after, known, events)
        return after

    def _deliver(self, directory: Directory, rule: AlertRule, state: AlertState, now: datetime) -> None:
        """What is open of this rule, from this run or from one that died."""
        over = {one for one in state.open if self._delivering.deliver(directory, rule, one, now)}
        if over:
            left = tuple(one for one in state.open if one not in over)
            self._advance(directory, msgspec.structs.replace(state, open=left), state, [])


def _in_turn(watched: dict[str, list[str]], now: datetime) -> list[tuple[str, list[str]]]:
    """Each minute begins with another workspace: where time does not suffice, it is not always the same that wait."""
    found = list(watched.items())
    first = int(now.timestamp()) // 60 % max(len(found), 1)
    return found[first:] + found[:first]


def is_quiet(rule: AlertRule, directory: Directory, now: datetime) -> bool:
    """Quiet hours are read off the wall clock like open hours (ringlake.model.hours)."""
    if not rule.quiet.weekly:
        return False
    quiet = msgspec.structs.replace(directory.workspace, hours=Hours(weekly=rule.quiet.weekly), schedules=())
    return is_open(quiet, now)


def _why_not(owner: User | None) -> str:
    return "" if owner is not None and owner.active else OWNER_GONE


def _stopped(rule: AlertRule, state: AlertState, why: str, now: datetime) -> tuple[AlertState, list[AlertEvent]]:
    """Nobody looks any more, so nothing is firing; said once."""
    if state.stopped == why:
        return state, []
    after = msgspec.structs.replace(
        state, stopped=why, phase=Phase.CLEAR, since=now, over_since=None, owes=False, held=(), held_more=0
    )
    return after, [msgspec.structs.replace(_line(rule, state, EventKind.STOPPED, now), silent=why)]


def _line(rule: AlertRule, state: AlertState, kind: EventKind, now: datetime) -> AlertEvent:
    return AlertEvent(id=event_id(now, state.firings, kind), rule=rule.id, kind=kind, at=now)


def _addressed(rule: AlertRule, event: AlertEvent, directory: Directory, now: datetime) -> AlertEvent:
    deliveries = planned(rule, now) if event.tells else ()
    currency = currency_of(rule.kind, directory.workspace)
    return msgspec.structs.replace(event, currency=currency, deliveries=deliveries)


def _opened(state: AlertState, events: list[AlertEvent]) -> AlertState:
    fresh = tuple(event.id for event in events if event.deliveries)
    return msgspec.structs.replace(state, open=(*state.open, *fresh)) if fresh else state
