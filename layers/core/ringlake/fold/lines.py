"""Calls that their provider tells as lines joined by a switch: which line is the customer's call, and which an attempt.

Some providers do not know calls, only lines (Twilio's calls, Telnyx's and Vonage's legs) that a program
joins. The line that began first is the call; every other one is an attempt to reach somebody, so
it becomes a leg. The program picks up an incoming line to say something, and closes it with the
word of an answered one. So such a pick-up is an answer only while nothing else is known of the
call: no other line, queue, menu or voicemail box (demands.md D13, D16).

Facts that no line names go through unchanged; so do all facts of a call without lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from ringlake.model.base import Model
from ringlake.model.facts import Agent, AnsweredBy, CallFact, Direction, EndedAs, FactKind, HangupBy

from .correlation import CONTINUES, kind_of, split
from .facts import LIFE, as_set, first, last, when

# What else than another line shows that the pick-up of the first was not the answer.
_ELSEWHERE = frozenset({FactKind.QUEUED, FactKind.STEP, FactKind.VOICEMAIL})
# A QUEUED with a line: the line waits for its turn to be dialled. That matters only while it lasts.
_BEFORE_DIALLING = frozenset({FactKind.STARTED, FactKind.QUEUED})
_AS_LEG = {FactKind.STARTED: FactKind.RINGING, FactKind.ENDED: FactKind.LEG_ENDED}
_ENDS = ("from_number", "to_number", "business_number", "remote_number", "remote_name")
_NO_PERSON = frozenset({AnsweredBy.IVR, AnsweredBy.MACHINE, AnsweredBy.VOICEMAIL, AnsweredBy.AI})
# A ring is taken back at the moment at which the caller hangs up.
_AT_ONCE = timedelta(seconds=2)
_SIDES = {
    Direction.INBOUND: {HangupBy.CALLER: HangupBy.CUSTOMER, HangupBy.CALLEE: HangupBy.AGENT},
    Direction.OUTBOUND: {HangupBy.CALLER: HangupBy.AGENT, HangupBy.CALLEE: HangupBy.CUSTOMER},
}


class _Lines(Model, frozen=True, kw_only=True):
    """What is known of the lines of one call. `detected` is who was found to have picked up each line;
    `ours` are lines of our own people; `several` says that somebody or something else had the caller, `dialled`
    that the first line is past the queue of calls that wait to be dialled, `tried` when the first attempt began:
    a program that picks up after that has nothing to say itself; `called` is whom each line was dialled to.
    """

    first: str
    direction: Direction | None
    several: bool
    dialled: bool
    tried: datetime | None
    detected: dict[str, AnsweredBy]
    ours: frozenset[str]
    called: dict[str, str]


def joined(call_id: str, facts: tuple[CallFact, ...]) -> tuple[CallFact, ...]:
    """Facts as a set (`as_set`) -> the same call told in calls and legs, as a set again."""
    if not any(f.line for f in facts):
        return facts
    own, parts = split(call_id, facts)
    going_on = [f for told in parts.values() if kind_of(told) in CONTINUES for f in told]
    lines = _lines(own, going_on)
    beside = [f for told in parts.values() if kind_of(told) not in CONTINUES for f in told]
    linked = {f.call_id for f in going_on if f.line}
    told = [new for f in (*own, *going_on) if (new := _told(f, call_id, lines, linked)) is not None]
    if lines.several:
        told = _worded([*told, *_closed(told)])
        if lines.direction is Direction.INBOUND and _taken_back([*own, *going_on], lines.first):
            told = [_by_caller(f) for f in told]
    return as_set([*told, *beside])


def _lines(own: Sequence[CallFact], going_on: Sequence[CallFact]) -> _Lines:
    both = sorted([*own, *going_on], key=when)
    alive = [f for f in both if f.kind in LIFE]
    # A line that has the call to itself may be known by its end alone, and the attempts before that.
    only = {f.line for f in own if f.line}
    chosen = min(only) if len(only) == 1 else _first(alive) or _first(both)
    mine = [f for f in both if f.line == chosen]
    over = any(f.line == chosen and f.kind is FactKind.ENDED for f in alive)
    # An attempt of which nothing is known but that it began proves nothing about a call that is over.
    tried = [f for f in alive if f.leg_id or (f.line and not (over and f.kind in _BEFORE_DIALLING))]
    legs = {f.leg_id or f.line for f in tried}
    detected = {
        line: who
        for line in {f.line for f in both if f.line}
        if (who := last([f for f in both if f.line == line and f.kind is FactKind.INFO], lambda f: f.answered_by))
    }
    return _Lines(
        first=chosen,
        direction=first(mine, lambda f: f.direction),
        several=bool(legs - {chosen}) or any(f.kind in _ELSEWHERE and not f.line for f in alive),
        tried=min((when(f) for f in alive if f.line and f.line != chosen), default=None),
        dialled=any(f.line == chosen and f.kind not in _BEFORE_DIALLING for f in alive),
        detected=detected,
        ours=frozenset(f.line for f in both if f.line and f.agent),
        called={f.line: f.to_party for f in both if f.line and f.to_party},
    )


def _first(facts: Iterable[CallFact]) -> str:
    """The line of the earliest fact that names one, of several at that moment the smallest id."""
    named = [f for f in facts if f.line]
    return min((f.line for f in named if when(f) == when(named[0])), default="")


def _told(fact: CallFact, call_id: str, lines: _Lines, linked: Collection[str]) -> CallFact | None:
    """One fact as calls and legs have it; None for what says nothing about either."""
    if not fact.line:
        # A recording, say, of a line that is filed apart.
        return msgspec.structs.replace(fact, call_id=call_id) if fact.call_id in linked else fact
    if fact.kind in (FactKind.ANSWERED, FactKind.ENDED):
        named = _picked_up(fact, lines)
        if named is None:
            return None
        fact = named
    told = _as_call(fact, lines) if fact.line == lines.first else _as_leg(fact, lines)
    return msgspec.structs.replace(told, call_id=call_id, line="") if told else None


def _picked_up(fact: CallFact, lines: _Lines) -> CallFact | None:
    """An answer, or an end that implies one, with whoever it was; None for a pick-up that was nobody's answer."""
    by = fact.answered_by
    if by in (None, AnsweredBy.UNKNOWN):
        by = lines.detected.get(fact.line, by)
    kind = fact.kind
    if lines.several and _by_program(fact, by, lines):
        mine = fact.line == lines.first
        if kind is FactKind.ENDED:
            by = None
        elif mine and lines.direction is Direction.INBOUND and (lines.tried is None or when(fact) <= lines.tried):
            by = AnsweredBy.IVR
        elif mine and lines.direction is Direction.OUTBOUND:
            # The colleague is on the line, the customer not yet: the call has begun.
            kind, by = FactKind.STARTED, None
        else:
            return None
    return msgspec.structs.replace(fact, kind=kind, answered_by=by)


def _as_call(fact: CallFact, lines: _Lines) -> CallFact | None:
    """A fact of the line that is the call."""
    if fact.kind is FactKind.QUEUED and lines.dialled:
        return None
    if fact.kind is FactKind.LEG_ENDED and lines.direction is Direction.INBOUND:
        # How the caller's own line was closed makes no outcome.
        return None
    if lines.several and lines.direction is Direction.INBOUND and fact.kind is FactKind.RINGING:
        # The caller's own line rings at the switch before the program takes it: none of our phones does.
        fact = msgspec.structs.replace(fact, kind=FactKind.STARTED)
    told = msgspec.structs.replace(fact, hangup_by=_side(fact.hangup_by, lines.direction))
    if lines.several and lines.direction is Direction.OUTBOUND and fact.line in lines.ours:
        # How long our own phone was on the line, and how it was closed, is not what became of the customer.
        ended_as = None if fact.ended_as is EndedAs.ANSWERED else fact.ended_as
        told = msgspec.structs.replace(told, duration_s=None, ended_as=ended_as)
    return told


def _as_leg(fact: CallFact, lines: _Lines) -> CallFact | None:
    """A fact of an attempt."""
    if fact.kind is FactKind.QUEUED:
        return None
    changes: dict[str, object] = {
        "kind": _AS_LEG.get(fact.kind, fact.kind),
        "leg_id": fact.line,
        "status": "",
        "direction": None,
        "hangup_by": None,
        "agent": fact.agent,
    }
    if fact.agent is None and lines.direction is Direction.INBOUND and fact.line in lines.called:
        # Whomever a call that came in is offered to is on our side, also at a number that nobody has mapped yet.
        changes["agent"] = Agent(id=lines.called[fact.line])
    if lines.direction is not Direction.OUTBOUND or fact.line in lines.ours:
        # Whom a program rang says nothing about the customer; but for us a line to him is the call.
        changes |= dict.fromkeys((*_ENDS, "cause"), "")
        if fact.answered_by is AnsweredBy.UNKNOWN and changes["agent"]:
            # A colleague who takes a call that comes in is a person (timeline.py).
            changes["answered_by"] = None
    return msgspec.structs.replace(fact, **changes)


def _by_program(fact: CallFact, by: AnsweredBy | None, lines: _Lines) -> bool:
    """Whether a pick-up may have been without anybody at the other end.

    The customer whom we call picks up the own phone; a colleague whose phone is rung first is joined to
    nobody yet. Of an incoming call a pick-up counts when it is said whose it was.
    """
    unsaid = by in (None, AnsweredBy.UNKNOWN)
    if lines.direction is Direction.OUTBOUND:
        return unsaid and fact.line == lines.first and fact.line in lines.ours
    return by is None or (fact.kind is FactKind.ENDED and unsaid)


def _side(hangup: HangupBy | None, direction: Direction | None) -> HangupBy | None:
    """Caller and callee in terms of customer and us, as far as the direction is known."""
    if hangup not in (HangupBy.CALLER, HangupBy.CALLEE):
        return hangup
    return _SIDES[direction][hangup] if direction in _SIDES else None


def _closed(facts: Sequence[CallFact]) -> list[CallFact]:
    """The end of a call of which nothing was heard after the end of its last attempt, told without a line
    and a time: the program goes on, but nobody may ever say so.
    """
    alive = sorted((f for f in facts if f.kind in LIFE), key=when)
    if not alive or any(f.kind is FactKind.ENDED for f in alive):
        return []
    final = alive[-1]
    if final.kind is not FactKind.LEG_ENDED or final.at is not None:
        return []
    return [CallFact(kind=FactKind.ENDED, call_id=final.call_id, received_at=final.received_at)]


def _worded(facts: Sequence[CallFact]) -> list[CallFact]:
    """An attempt that was closed as answered, without the moment of its answer, makes the call an answered one."""
    answered = any(f.kind is FactKind.ANSWERED and f.answered_by not in _NO_PERSON for f in facts)
    worded = any(f.kind is FactKind.LEG_ENDED and f.leg_id and f.ended_as is EndedAs.ANSWERED for f in facts)
    if answered or not worded:
        return list(facts)
    return [
        msgspec.structs.replace(f, ended_as=EndedAs.ANSWERED, answered_by=f.answered_by or AnsweredBy.UNKNOWN)
        if f.kind is FactKind.ENDED
        else f
        for f in facts
    ]


def _taken_back(facts: Sequence[CallFact], caller: str) -> bool:
    """Whether the last attempt to reach somebody was taken back as the caller's own line ended, and nobody had
    answered: the caller gave up, which the program that closes the line does not say (features.md O40).
    """
    ends = sorted((f for f in facts if f.kind is FactKind.ENDED and f.line), key=when)
    own, attempts = [f for f in ends if f.line == caller], [f for f in ends if f.line != caller]
    talked = any(f.kind is FactKind.ANSWERED and f.line != caller for f in facts)
    if not own or not attempts or talked or any(f.ended_as is EndedAs.ANSWERED for f in attempts):
        return False
    return attempts[-1].hangup_by is HangupBy.CALLER and abs(when(own[-1]) - when(attempts[-1])) <= _AT_ONCE


def _by_caller(fact: CallFact) -> CallFact:
    """An end of the call of which nobody said who made it."""
    said = fact.kind is not FactKind.ENDED or fact.hangup_by not in (None, HangupBy.UNKNOWN)
    return fact if said else msgspec.structs.replace(fact, hangup_by=HangupBy.CUSTOMER)
