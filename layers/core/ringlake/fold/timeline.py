"""When a call started, queued, rang, was answered and ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ringlake.model.base import Model
from ringlake.model.facts import AnsweredBy, CallFact, Direction, EndedAs, FactKind

from .facts import LIFE, first, when

# Clocks inside one provider differ by seconds at most; nobody is transferred to a queue that fast.
_SKEW = timedelta(seconds=5)
_NOT_A_PERSON = frozenset({AnsweredBy.MACHINE, AnsweredBy.IVR, AnsweredBy.VOICEMAIL, AnsweredBy.AI})
_DIVERTED_TO = frozenset({AnsweredBy.VOICEMAIL, AnsweredBy.AI, AnsweredBy.MACHINE})
# Who counts as having picked up when several did, strongest first.
_PICKED_UP = (
    AnsweredBy.PERSON,
    AnsweredBy.UNKNOWN,
    AnsweredBy.AI,
    AnsweredBy.VOICEMAIL,
    AnsweredBy.MACHINE,
    AnsweredBy.IVR,
)


class Moment(Model, frozen=True, kw_only=True):
    """A chosen time. `ours` when no provider clock gave it."""

    at: datetime
    ours: bool = False


class Milestones(Model, frozen=True, kw_only=True):
    """The moments of one call.

    `start_known` is false when only the end was told: `started` is then the end, and how long
    the call was is unknown. `rings_from` is the first ring, or the start of a call whose
    provider tells neither ring nor queue nor menu. `menu_from` is when an IVR took the call,
    `diverted` when a voicemail box or an AI agent took an unanswered one. `picked_up` is the first
    pick-up by whoever or whatever, from which carriers charge. `over` is whether the call has ended;
    `answered_word` that a person talked although no time of it is known.
    """

    started: Moment
    start_known: bool = True
    queued: Moment | None = None
    ringing: Moment | None = None
    rings_from: Moment | None = None
    menu_from: Moment | None = None
    diverted: Moment | None = None
    picked_up: Moment | None = None
    answered: Moment | None = None
    ended: Moment | None = None
    over: bool = False
    answered_word: bool = False
    answered_by: AnsweredBy | None = None

    @property
    def is_answered(self) -> bool:
        return self.answered is not None or self.answered_word

    @property
    def clockless(self) -> bool:
        """Whether any moment that counts had to be taken from our clock."""
        chosen = (self.started, self.queued, self.ringing, self.answered, self.ended)
        return any(m is not None and m.ours for m in chosen)


def by_person(fact: CallFact) -> bool:
    """Whether a pick-up was by a person; a provider that does not say means one (features.md F15, D13, D16)."""
    return fact.kind is FactKind.ANSWERED and fact.answered_by not in _NOT_A_PERSON


def milestones(own: Sequence[CallFact], going_on: Sequence[CallFact]) -> Milestones:
    """Moments of a call from its own facts and those of the parts that continue it, both in order.

    Each moment is the earliest provider time of its kind, the end the latest ("start to final
    end", demands.md D21); a time of ours counts only where no provider time exists.
    """
    both = [*own, *going_on]
    answered = _earliest(both, by_person)
    taken = next((f for f in both if by_person(f) and answered and when(f) == answered.at), None)
    queued = _earliest(both, lambda f: f.kind is FactKind.QUEUED and _before_answer(f, taken))
    ended, over = _end(own, going_on)
    known_by = [m.at for m in (answered, ended) if m]
    ringing = _earliest(
        both, lambda f: f.kind is FactKind.RINGING and _before_answer(f, taken) and _in_time(f, known_by)
    )
    stated_start = _earliest(own, lambda f: f.kind is FactKind.STARTED)
    menu = _earliest(own, in_menu)
    begun = stated_start or _earliest(both, lambda f: f.kind in LIFE and f.kind is not FactKind.ENDED)
    started = begun or _earliest(own, lambda f: f.kind in LIFE) or _earliest(both, lambda _: True)
    if started is None:
        raise ValueError("a call without facts is not folded")
    return Milestones(
        started=started,
        start_known=begun is not None,
        queued=queued,
        ringing=ringing,
        rings_from=ringing or (stated_start if not queued and not menu else None),
        menu_from=_earliest(own, lambda f: f.kind is FactKind.ANSWERED and f.answered_by is AnsweredBy.IVR)
        or (menu and started),
        diverted=_earliest(both, lambda f: f.kind is FactKind.ANSWERED and f.answered_by in _DIVERTED_TO),
        picked_up=_earliest(both, lambda f: f.kind is FactKind.ANSWERED),
        answered=answered,
        ended=ended,
        over=over,
        answered_word=answered is None and bool(_says_talked(both)),
        answered_by=_answered_by(both),
    )


def _before_answer(fact: CallFact, taken: CallFact | None) -> bool:
    """Whether a queue or a ring belongs to the way to the first answer, and not to a transfer after it.

    What is stamped after the answer although it must have come before it is a clock that runs
    wrong: the ring of the very leg that answered, a queue entry within seconds of the answer.
    """
    if taken is None or when(fact) <= when(taken):
        return True
    if fact.kind is FactKind.QUEUED:
        return when(fact) - when(taken) <= _SKEW
    return (fact.leg_id, fact.agent) == (taken.leg_id, taken.agent)


def _in_time(fact: CallFact, known_by: Sequence[datetime]) -> bool:
    """Whether the time of a ring can be true: one without a provider time that we heard of only after the answer
    or the end happened before it, nobody knows when.
    """
    return fact.at is not None or not known_by or fact.received_at <= min(known_by)


def in_menu(fact: CallFact) -> bool:
    """Whether this fact proves that an IVR had the caller."""
    if fact.kind is FactKind.STEP:
        return fact.step is None or fact.step.kind != "queue"
    return fact.kind is FactKind.ANSWERED and fact.answered_by is AnsweredBy.IVR


def _says_talked(facts: Sequence[CallFact]) -> list[CallFact]:
    """Closing words `answered` with an agent, or with whoever picked up, on them: they talked (features.md F15, F33).

    The word alone proves nothing: a menu that picked up is closed with the same word. Nor does the agent
    who dialled, when a machine is known to have picked up.
    """
    dialled = first(facts, lambda f: f.direction) in (Direction.OUTBOUND, Direction.INTERNAL)
    if dialled and any(f.kind is FactKind.ANSWERED and f.answered_by in _NOT_A_PERSON for f in facts):
        return []
    return [
        f
        for f in facts
        if f.kind is FactKind.ENDED
        and f.ended_as is EndedAs.ANSWERED
        and (f.agent is not None or f.answered_by is not None)
        and f.answered_by not in _NOT_A_PERSON
    ]


def _end(own: Sequence[CallFact], going_on: Sequence[CallFact]) -> tuple[Moment | None, bool]:
    """When the call ended, and whether it has.

    A call that was closed as forwarded goes on in its part. A voicemail that was left proves
    the end although its time is unknown. A call of strands ends with the last of them.
    """
    closing = [f for f in own if f.kind is FactKind.ENDED]
    if all(f.strand for f in closing) and {f.strand for f in own if f.strand} - {f.strand for f in closing}:
        closing = []
    forwarded = bool(closing) and all(f.ended_as is EndedAs.FORWARDED for f in closing)
    continued = [f for f in going_on if f.kind is FactKind.ENDED]
    if not closing:
        return None, any(f.kind is FactKind.VOICEMAIL for f in own)
    if forwarded and going_on and not continued:
        return None, False
    # A closing event that does not say how the call ended only announces the one that does.
    worded = [f for f in closing if f.ended_as or f.status or f.strand]
    return _latest([*(worded or closing), *continued]), True


def _answered_by(facts: Sequence[CallFact]) -> AnsweredBy | None:
    """The strongest of all that picked up.

    An agent of ours who takes a call that comes in is a person; who takes a call of ours stays
    unknown when the provider does not say.
    """
    outbound = first(facts, lambda f: f.direction) is Direction.OUTBOUND
    found = {f.answered_by for f in facts if f.answered_by}
    for fact in facts:
        if fact.kind is FactKind.ANSWERED and fact.answered_by is None:
            found.add(AnsweredBy.PERSON if fact.agent and not outbound else AnsweredBy.UNKNOWN)
    found.update(fact.answered_by or AnsweredBy.PERSON for fact in _says_talked(facts))
    return next((who for who in _PICKED_UP if who in found), None)


def _earliest(facts: Sequence[CallFact], wanted: Callable[[CallFact], bool]) -> Moment | None:
    found = [f for f in facts if wanted(f)]
    timed = [f.at for f in found if f.at]
    if timed:
        return Moment(at=min(timed))
    return Moment(at=min(f.received_at for f in found), ours=True) if found else None


def _latest(facts: Sequence[CallFact]) -> Moment:
    timed = [f.at for f in facts if f.at]
    if timed:
        return Moment(at=max(timed))
    # Without a provider clock the first reception is nearest to the end: repeats come later.
    return Moment(at=min(f.received_at for f in facts), ours=True)
