"""What a rule sees at this moment: live calls and people from the records, everything else from the lake.

A rule sees what its owner may see now, by the same code as the owner's screens: the live board (features.md R7, R20)
and the metrics of the dictionary. So an alert and the screen that it sends people to cannot disagree.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from ringlake.access import Principal, abilities, scope
from ringlake.errors import Forbidden, PlanTooLow
from ringlake.flows.answers.facts import Facts
from ringlake.flows.answers.measures import Measures, chosen
from ringlake.flows.answers.question import Answers
from ringlake.flows.answers.values import Value
from ringlake.flows.live import Rows
from ringlake.flows.money.abuse import AbuseAnswers
from ringlake.flows.money.budgets import BudgetAnswers
from ringlake.flows.plans import PLANS
from ringlake.model.alerts import LIVE, AlertKind, AlertRule, Observation
from ringlake.model.board import Board, BoardFilter, CallType, LiveCall, View
from ringlake.model.budgets import Budget
from ringlake.model.directory import Ability, Directory
from ringlake.model.facts import PresenceStatus
from ringlake.model.hours import is_open
from ringlake.query.board import view
from ringlake.query.filters import CALL, Filter
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records

# The roll-up runs every minute. When it has not come this far, what the lake lacks is unknown, not zero.
STALE = timedelta(minutes=10)
UNKNOWN = Observation()
IDLE = Observation(idle=True)
_AVAILABLE = frozenset({PresenceStatus.ONLINE, PresenceStatus.TALKING})
_PERCENT = Decimal(100)
_EXACT = Decimal("0.0001")


class Observing:
    """One workspace at one moment. The live board is read once for all rules, and only when one asks for it."""

    def __init__(
        self,
        directory: Directory,
        now: datetime,
        *,
        store: DirectoryStore,
        records: Records,
        facts: Facts,
    ) -> None:
        self._directory = directory
        self._now = now
        # Counted, never shown: nobody's name is looked up.
        self._rows = Rows(records, None)
        self._measured = _Measured(store, facts, records)
        self._abuse = AbuseAnswers(store, facts, records)
        self._budgets = BudgetAnswers(store, facts, records)
        self._board: Board | None = None

    def see(self, rule: AlertRule, viewer: Principal) -> Observation:
        """Raises `Forbidden` when the owner may not see it any more, `PlanTooLow`, `Unavailable`."""
        if self._directory.workspace.plan not in PLANS:
            raise PlanTooLow("alerts need the plan business or scale")
        if rule.open_hours and not is_open(self._directory.workspace, self._now, rule.team, rule.number):
            return IDLE
        return self._live(rule, viewer) if rule.kind in LIVE else self._past(rule, viewer)

    # --- now

    def _live(self, rule: AlertRule, viewer: Principal) -> Observation:
        if self._board is None:
            self._board = self._rows.whole(viewer.workspace, self._directory, self._now)
        seen = self._view(rule, viewer, self._board)
        if rule.kind is AlertKind.NO_AGENT:
            if not seen.people:
                # Nobody's status is known, which is not the same as nobody there.
                return UNKNOWN
            return Observation(value=Decimal(sum(person.status in _AVAILABLE for person in seen.people)))
        waits = [self._now - call.waiting_since for call in seen.calls if _waits(call) and call.waiting_since]
        if rule.kind is AlertKind.WAITING:
            return Observation(value=Decimal(len(waits)))
        # Nobody waits: nobody has waited for long.
        longest = max(waits, default=timedelta(0))
        return Observation(value=Decimal(max(int(longest.total_seconds()), 0)))

    def _view(self, rule: AlertRule, viewer: Principal, board: Board) -> View:
        wanted = BoardFilter(
            teams=_one(rule.team), queues=_one(rule.queue), numbers=_one(rule.number), types=(CallType.INCOMING,)
        )
        return view(board, scope(viewer.user), viewer.user.id, wanted)

    # --- what happened

    def _past(self, rule: AlertRule, viewer: Principal) -> Observation:
        """From the lake, while the roll-up keeps up: what it has not brought there yet is unknown."""
        as_of = self._measured.as_of(viewer)
        if as_of is None or self._now - as_of > STALE:
            return UNKNOWN
        match rule.kind:
            case AlertKind.MISSED_BURST:
                found = self._measured.value(viewer, "calls_missed", self._window(rule), self._now)
                return Observation(value=Decimal(found.value or 0), n=found.n)
            case AlertKind.SERVICE_LEVEL:
                found = self._measured.value(viewer, "service_level", self._window(rule), self._now)
                # Of no call a share is of nothing: too few, not unknown.
                if found.value is None or (found.n or 0) < rule.least:
                    return IDLE
                return Observation(value=(Decimal(str(found.value)) * _PERCENT).quantize(_EXACT), n=found.n)
            case AlertKind.SPEND:
                return self._spent(rule, viewer)
            case _:
                return Observation(value=Decimal(self._abuse.count(viewer, self._window(rule), self._now)))

    def _spent(self, rule: AlertRule, viewer: Principal) -> Observation:
        if Ability.SEE_COSTS not in abilities(viewer.user):
            raise Forbidden("spend is not for the owner of this rule")
        found = self._budgets.spend_of(viewer, budget_of(rule), self._now)
        if found.value is None:
            # Nothing was charged; or something was, and nobody knows how much (features.md N5).
            return Observation(value=Decimal(0)) if found.coverage is None else UNKNOWN
        return Observation(value=Decimal(found.value), n=found.n)

    def _window(self, rule: AlertRule) -> Filter:
        """Calls that began within the window that ends now."""
        start = self._now - timedelta(seconds=rule.window_s)
        return Filter.model_validate(
            {
                "from": self._local(start),
                "to": self._local(self._now),
                "started_from": start,
                "channels": [CALL],
                "teams": list(_one(rule.team)),
                "queues": list(_one(rule.queue)),
                "numbers": list(_one(rule.number)),
            }
        )

    def _local(self, at: datetime) -> str:
        return at.astimezone(self._directory.workspace.tz).date().isoformat()


class _Measured(Answers):
    """One metric of the dictionary over one filter."""

    def value(self, viewer: Principal, metric: str, asked: Filter, now: datetime) -> Value:
        question = self.question(viewer, asked, now)
        metrics = chosen(question, [metric])
        if not metrics:
            raise Forbidden(f"{metric} is not for the owner of this rule")
        (found,) = Measures(self._facts, question, metrics).total()
        return found

    def as_of(self, viewer: Principal) -> datetime | None:
        return self._directory.watermark(viewer.workspace)


def _waits(call: LiveCall) -> bool:
    """A customer who waits for a person: out of the menu, and nobody has picked up (features.md R15)."""
    return call.type is CallType.INCOMING and call.answered_at is None and call.waiting_since is not None


def _one(id: str) -> tuple[str, ...]:
    return (id,) if id else ()


def budget_of(rule: AlertRule) -> Budget:
    """What a rule about spend is a budget of."""
    return Budget(every=rule.every, amount=rule.threshold, user=rule.user, team=rule.team, number=rule.number)
