"""How a call ended: the one precedence table, and the reason of a miss.

Both tables are read from the top, the first row that holds decides. Screen, file and SQL use
the outcome stored here; nobody derives it again (features.md, conflicts: "Missed").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringlake.model.base import Model
from ringlake.model.calls import LiveState, MissedReason, Outcome
from ringlake.model.directory import Workspace, is_open
from ringlake.model.facts import AnsweredBy, CallFact, Direction, EndedAs, FactKind, HangupBy

from .durations import Durations
from .facts import LIFE, last
from .timeline import Milestones

_AT_ONCE_MS = 1000
_GIVEN_UP = frozenset({EndedAs.ABANDONED, EndedAs.CANCELED})


class Ending(Model, frozen=True, kw_only=True):
    """What the tables look at. `words` are the provider's closing words in our terms."""

    direction: Direction | None
    answered: bool
    voicemail: bool
    words: frozenset[EndedAs]
    hangup_by: HangupBy
    ring_ms: int | None
    wait_ms: int | None
    in_menu: bool
    queued: bool
    rang: bool
    spam: bool
    open: bool
    short_abandon_ms: int

    @property
    def inbound(self) -> bool:
        return self.direction is Direction.INBOUND

    @property
    def outbound(self) -> bool:
        return self.direction is Direction.OUTBOUND

    @property
    def aborted_at_once(self) -> bool:
        """An outbound call that our side ended in its first second; without a ring time the closing word decides."""
        given_up = bool(self.words & _GIVEN_UP)
        if not self.outbound or not (given_up or self.hangup_by is HangupBy.AGENT):
            return False
        return given_up if self.ring_ms is None else self.ring_ms < _AT_ONCE_MS


OUTCOMES: tuple[tuple[Outcome, Callable[[Ending], bool]], ...] = (
    (Outcome.ANSWERED, lambda e: e.answered),
    (Outcome.VOICEMAIL, lambda e: not e.outbound and (e.voicemail or EndedAs.VOICEMAIL in e.words)),
    (Outcome.BUSY, lambda e: bool(e.words & {EndedAs.BUSY, EndedAs.REJECTED})),
    (Outcome.FAILED, lambda e: bool(e.words & {EndedAs.FAILED, EndedAs.BLOCKED})),
    # "At once" is under a second of ringing (features.md O39); hanging up later is no_answer.
    (Outcome.OUTBOUND_ABORTED, lambda e: e.aborted_at_once),
    (Outcome.CALLER_ABANDONED, lambda e: e.inbound and (e.hangup_by is HangupBy.CUSTOMER or bool(e.words & _GIVEN_UP))),
    (Outcome.NO_ANSWER, lambda _: True),
)

# Exactly one reason per unanswered inbound call (metrics.md Missed reason).
MISSED_REASONS: tuple[tuple[MissedReason, Callable[[Ending, Outcome], bool]], ...] = (
    (MissedReason.SPAM, lambda e, _: e.spam),
    (MissedReason.CLOSED_HOURS, lambda e, _: not e.open),
    (
        MissedReason.IVR_ABANDON,
        lambda e, o: e.in_menu and not e.queued and not e.rang and o in (Outcome.CALLER_ABANDONED, Outcome.NO_ANSWER),
    ),
    (
        MissedReason.SHORT_ABANDON,
        # Exactly the threshold is still short (features.md R28); 0 switches the rule off.
        lambda e, o: (
            o is Outcome.CALLER_ABANDONED
            and e.short_abandon_ms > 0
            and e.wait_ms is not None
            and e.wait_ms <= e.short_abandon_ms
        ),
    ),
    (MissedReason.TECHNICAL, lambda _, o: o is Outcome.FAILED),
    (
        MissedReason.NOBODY_AVAILABLE,
        lambda e, o: o is Outcome.BUSY or (o is Outcome.NO_ANSWER and not e.rang),
    ),
    (MissedReason.RANG_NO_ANSWER, lambda e, _: e.rang),
    (MissedReason.CALLER_GAVE_UP, lambda _, o: o is Outcome.CALLER_ABANDONED),
    (MissedReason.DIRECT_VOICEMAIL, lambda _, __: True),
)


def ending(
    facts: Sequence[CallFact],
    moments: Milestones,
    spans: Durations,
    direction: Direction | None,
    workspace: Workspace,
) -> Ending:
    """`facts` are the call's own and its continuing parts', in order."""
    return Ending(
        direction=direction,
        answered=moments.is_answered,
        voicemail=any(f.kind is FactKind.VOICEMAIL or f.answered_by is AnsweredBy.VOICEMAIL for f in facts),
        words=_words(facts, direction),
        hangup_by=hangup_by(facts),
        ring_ms=spans.ring_ms,
        wait_ms=spans.wait_ms,
        in_menu=moments.menu_from is not None,
        queued=moments.queued is not None,
        rang=moments.rings_from is not None,
        spam=any(f.ended_as is EndedAs.BLOCKED or "spam" in f.tags for f in facts),
        open=is_open(workspace, moments.started.at),
        short_abandon_ms=workspace.short_abandon_s * 1000,
    )


def outcome_of(end: Ending) -> Outcome:
    return next(outcome for outcome, holds in OUTCOMES if holds(end))


def missed_reason(end: Ending, outcome: Outcome) -> MissedReason | None:
    """None for calls that nobody can miss: answered, outbound, internal, of unknown direction."""
    if not end.inbound or outcome is Outcome.ANSWERED:
        return None
    return next(reason for reason, holds in MISSED_REASONS if holds(end, outcome))


def live_state(moments: Milestones, facts: Sequence[CallFact]) -> LiveState | None:
    """State of a call that has not ended; None when nothing is known but artefacts (a recording came first)."""
    if not any(f.kind in LIFE for f in facts):
        return None
    if moments.is_answered:
        return LiveState.IN_PROGRESS
    return LiveState.RINGING if moments.rings_from else LiveState.QUEUED


def hangup_by(facts: Sequence[CallFact]) -> HangupBy:
    closing = [f for f in facts if f.kind is FactKind.ENDED]
    return last(closing, lambda f: None if f.hangup_by is HangupBy.UNKNOWN else f.hangup_by) or HangupBy.UNKNOWN


def _words(facts: Sequence[CallFact], direction: Direction | None) -> frozenset[EndedAs]:
    """Closing words of the call; of an outbound call without one, those of its legs."""
    vague = {EndedAs.UNKNOWN, None}
    words = {f.ended_as for f in facts if f.kind is FactKind.ENDED} - vague
    if not words and direction is Direction.OUTBOUND:
        words = {f.ended_as for f in facts if f.kind is FactKind.LEG_ENDED} - vague
    return frozenset(w for w in words if w)
