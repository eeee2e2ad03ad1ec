"""How a call ended: the one precedence table, and the reason of a miss.

Both tables are read from the top, the first row that holds decides. Screen, file and SQL use
the outcome stored here; nobody derives it again (features.md, conflicts: "Missed").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from ringlake.model.base import Model
from ringlake.model.calls import LiveState, MissedReason, Outcome
from ringlake.model.directory import Workspace
from ringlake.model.facts import AnsweredBy, CallFact, Direction, EndedAs, FactKind, HangupBy
from ringlake.model.hours import is_open

from .durations import Durations
from .facts import LIFE, last, when
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


class OutcomeRow(NamedTuple):
    """`meaning` and `source` are printed in docs/outcomes.md."""

    outcome: Outcome
    holds: Callable[[Ending], bool]
    meaning: str
    source: str


class MissedRow(NamedTuple):
    reason: MissedReason
    holds: Callable[[Ending, Outcome], bool]
    meaning: str
    source: str


class LiveRow(NamedTuple):
    state: LiveState
    holds: Callable[[Milestones], bool]
    meaning: str
    source: str


OUTCOMES: tuple[OutcomeRow, ...] = (
    OutcomeRow(
        Outcome.ANSWERED,
        lambda e: e.answered,
        "A person picked up: an event says so, or the closing event says answered and names the agent. A menu, a "
        "voicemail box, an answering machine or an AI agent that picks up answers nothing.",
        "features.md F15, O37; demands.md D13, D16; docs/adr/0031",
    ),
    OutcomeRow(
        Outcome.VOICEMAIL,
        lambda e: not e.outbound and (e.voicemail or EndedAs.VOICEMAIL in e.words),
        "Nobody answered and the call came to a voicemail box, or a message was left. Somebody of ours who calls the "
        "own box to listen has left none.",
        "features.md O35, O37; demands.md D17",
    ),
    OutcomeRow(
        Outcome.BUSY,
        lambda e: bool(e.words & {EndedAs.BUSY, EndedAs.REJECTED}),
        "The provider closed it as busy or rejected.",
        "features.md F45",
    ),
    OutcomeRow(
        Outcome.FAILED,
        lambda e: bool(e.words & {EndedAs.FAILED, EndedAs.BLOCKED}),
        "It ended in an error: invalid or blocked number, unreachable, a broken trunk.",
        "features.md F43",
    ),
    OutcomeRow(
        Outcome.OUTBOUND_ABORTED,
        lambda e: e.aborted_at_once,
        "Our side hung up an outbound call within the first second of ringing; later it is no_answer. Without any ring "
        "time the closing word (cancelled, abandoned) decides.",
        "features.md O39; docs/adr/0030",
    ),
    OutcomeRow(
        Outcome.CALLER_ABANDONED,
        lambda e: e.inbound and (e.hangup_by is HangupBy.CUSTOMER or bool(e.words & _GIVEN_UP)),
        "The caller hung up before anybody answered.",
        "features.md O40; metrics.md base set ABN",
    ),
    OutcomeRow(
        Outcome.NO_ANSWER,
        lambda _: True,
        "Everything else that ended: nobody picked up and nobody gave up, or it is not known who did.",
        "features.md O38, O40; metrics.md base set TMO",
    ),
)

# Exactly one reason per unanswered inbound call (metrics.md Missed reason).
MISSED_REASONS: tuple[MissedRow, ...] = (
    MissedRow(
        MissedReason.SPAM,
        lambda e, _: e.spam,
        "Blocked by the provider, tagged as spam, or the number is on the workspace's spam list.",
        "features.md N14; metrics.md Missed reason",
    ),
    MissedRow(
        MissedReason.CLOSED_HOURS,
        lambda e, _: not e.open,
        "It arrived outside the open hours.",
        "metrics.md base set CLOSED",
    ),
    MissedRow(
        MissedReason.IVR_ABANDON,
        lambda e, o: e.in_menu and not e.queued and not e.rang and o in (Outcome.CALLER_ABANDONED, Outcome.NO_ANSWER),
        "It ended inside the menu: no queue was entered and no phone rang.",
        "metrics.md base set IVR; demands.md D13",
    ),
    MissedRow(
        MissedReason.SHORT_ABANDON,
        lambda e, o: (
            o is Outcome.CALLER_ABANDONED
            and e.short_abandon_ms > 0
            and e.wait_ms is not None
            and e.wait_ms <= e.short_abandon_ms
        ),
        "The caller gave up within the short threshold; exactly the threshold is still short, 0 switches the rule off.",
        "features.md R28; metrics.md Short abandons",
    ),
    MissedRow(
        MissedReason.TECHNICAL,
        lambda _, o: o is Outcome.FAILED,
        "It ended in an error.",
        "features.md N24",
    ),
    MissedRow(
        MissedReason.NOBODY_AVAILABLE,
        lambda e, o: o is Outcome.BUSY or (o is Outcome.NO_ANSWER and not e.rang),
        "No phone rang, or whoever was called was busy or declined.",
        "features.md N24",
    ),
    MissedRow(
        MissedReason.RANG_NO_ANSWER,
        lambda e, _: e.rang,
        "A phone rang and nobody took it, whoever then ended the call.",
        "features.md N24; metrics.md Missed reason",
    ),
    MissedRow(
        MissedReason.CALLER_GAVE_UP,
        lambda _, o: o is Outcome.CALLER_ABANDONED,
        "The caller waited in a queue without any phone ringing and hung up.",
        "features.md N24",
    ),
    MissedRow(
        MissedReason.DIRECT_VOICEMAIL,
        lambda _, __: True,
        "It went to a voicemail box without ringing anybody.",
        "metrics.md Missed reason",
    ),
)

LIVE_STATES: tuple[LiveRow, ...] = (
    LiveRow(LiveState.IN_PROGRESS, lambda m: m.is_answered, "A person picked up.", "features.md R5, W3"),
    LiveRow(LiveState.RINGING, lambda m: m.rings_from is not None, "A phone rings.", "features.md R3, F42"),
    LiveRow(LiveState.QUEUED, lambda _: True, "Arrived; in the menu or in a queue.", "features.md R2, W3"),
)


def ending(
    own: Sequence[CallFact],
    going_on: Sequence[CallFact],
    moments: Milestones,
    spans: Durations,
    direction: Direction | None,
    workspace: Workspace,
    *,
    team: str,
    number: str,
    spam: bool,
) -> Ending:
    """`own` are the call's own facts, `going_on` those of the parts that continue it, in order; `team` and
    `number` are the ids whose open hours count.
    """
    whole = (*own, *going_on)
    left = any(f.kind is FactKind.VOICEMAIL for f in whole)
    box = any(f.answered_by is AnsweredBy.VOICEMAIL for f in whole)
    return Ending(
        direction=direction,
        answered=moments.is_answered,
        voicemail=left or (box and (direction is not Direction.INTERNAL or moments.ringing is not None)),
        words=_words(own, going_on, direction),
        hangup_by=_hangup_by(own, going_on),
        ring_ms=spans.ring_ms,
        wait_ms=spans.wait_ms,
        in_menu=moments.menu_from is not None,
        queued=moments.queued is not None,
        rang=moments.rings_from is not None or any(_rang_out(f) for f in whole),
        spam=spam,
        open=is_open(workspace, moments.started.at, team, number),
        short_abandon_ms=workspace.short_abandon_s * 1000,
    )


def _rang_out(fact: CallFact) -> bool:
    """An attempt that ended unanswered rang, whether or not its ring was told."""
    return fact.kind is FactKind.LEG_ENDED and fact.ended_as is EndedAs.NO_ANSWER


def outcome_of(end: Ending) -> Outcome:
    return next(row.outcome for row in OUTCOMES if row.holds(end))


def missed_reason(end: Ending, outcome: Outcome) -> MissedReason | None:
    """None for calls that nobody can miss: answered, outbound, internal, of unknown direction."""
    if not end.inbound or outcome is Outcome.ANSWERED:
        return None
    return next(row.reason for row in MISSED_REASONS if row.holds(end, outcome))


def live_state(moments: Milestones, facts: Sequence[CallFact]) -> LiveState | None:
    """State of a call that has not ended; None when nothing is known but artefacts (a recording came first)."""
    if not any(f.kind in LIFE for f in facts):
        return None
    return next(row.state for row in LIVE_STATES if row.holds(moments))


def is_spam(facts: Sequence[CallFact], remote: str, listed: Collection[str]) -> bool:
    """Whether the provider blocked the call, somebody tagged it, or the number is on the workspace's list (N14)."""
    tagged = any(f.ended_as is EndedAs.BLOCKED or any(tag.lower() == "spam" for tag in f.tags) for f in facts)
    return tagged or (remote != "" and remote in listed)


def _hangup_by(own: Sequence[CallFact], going_on: Sequence[CallFact]) -> HangupBy:
    """Who ended the call (features.md F50): its own closing events say it; where those do not, its parts'."""

    def said(facts: Sequence[CallFact]) -> HangupBy | None:
        return last(facts, lambda f: None if f.hangup_by is HangupBy.UNKNOWN else f.hangup_by)

    return said(_closing(own, going_on)) or said(_closed(going_on)) or HangupBy.UNKNOWN


def _words(own: Sequence[CallFact], going_on: Sequence[CallFact], direction: Direction | None) -> frozenset[EndedAs]:
    """Closing words of the call; of a call without one that did not come in, those of its legs and parts.

    Parts of a call may have ended otherwise than the call: a colleague's busy phone makes no busy call.
    """
    vague = {EndedAs.UNKNOWN, None}
    words = {f.ended_as for f in _closing(own, going_on)} - vague
    if not words and direction is not Direction.INBOUND:
        words = {f.ended_as for f in (*own, *going_on) if f.kind in (FactKind.LEG_ENDED, FactKind.ENDED)} - vague
    return frozenset(w for w in words if w)


def _closing(own: Sequence[CallFact], going_on: Sequence[CallFact]) -> list[CallFact]:
    """The closing events of the call, in order; those of its parts too when it was only forwarded to them."""
    closing = _closed(own)
    if all(f.ended_as is EndedAs.FORWARDED for f in closing):
        closing = sorted([*closing, *_closed(going_on)], key=when)
    return closing


def _closed(facts: Sequence[CallFact]) -> list[CallFact]:
    return [f for f in facts if f.kind is FactKind.ENDED]
