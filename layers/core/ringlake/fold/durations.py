"""How long each phase of a call lasted, in milliseconds; null for a phase that never was.

Times win over the provider's own rounded duration (features.md W5). A negative span is a clock
that runs wrong: it counts 0 and is flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ringlake.model.base import Model
from ringlake.model.facts import CallFact, FactKind

from .facts import last, when
from .timeline import Milestones, Moment

_MILLISECOND = timedelta(milliseconds=1)
_TOLERANCE_MS = 1000
_RESUMES = frozenset({FactKind.RESUMED, FactKind.ANSWERED, FactKind.LEG_ENDED})


class Durations(Model, frozen=True, kw_only=True):
    ivr_ms: int | None = None
    wait_ms: int | None = None
    ring_ms: int | None = None
    hold_ms: int | None = None
    talk_ms: int | None = None
    total_ms: int | None = None
    negative: bool = False
    differs: bool = False


def between(start: datetime | None, end: datetime | None) -> tuple[int | None, bool]:
    """Milliseconds from start to end and whether they were negative; None when either is missing."""
    if start is None or end is None:
        return None, False
    span = (end - start) // _MILLISECOND
    return max(span, 0), span < 0


def durations(moments: Milestones, own: Sequence[CallFact], going_on: Sequence[CallFact]) -> Durations:
    """Of a call from its own facts and those of the parts that continue it, both in order."""
    answered, ended = _at(moments.answered), _at(moments.ended)
    stop = answered or _diverted(moments) or (None if moments.answered_word else ended)
    queued, rings = _at(moments.queued), _at(moments.rings_from)
    ivr, bad_ivr = between(_at(moments.menu_from), _left_menu(moments, stop))
    wait, bad_wait = between(_waits_from([queued, rings], stop), stop)
    ring, bad_ring = between(_waits_from([rings], stop), stop)
    talk, bad_talk = between(answered, ended)
    total, bad_total = between(moments.started.at if moments.start_known else None, ended)
    said = last(own, lambda f: f.duration_s)
    if moments.is_answered and talk is None and said is not None and moments.over:
        talk = said * 1000
    differs = answered is not None and talk is not None and said is not None and abs(talk - said * 1000) > _TOLERANCE_MS
    return Durations(
        ivr_ms=ivr,
        wait_ms=wait,
        ring_ms=ring,
        hold_ms=_held([*own, *going_on], ended),
        talk_ms=talk,
        total_ms=total,
        negative=bad_ivr or bad_wait or bad_ring or bad_talk or bad_total,
        differs=differs,
    )


def _at(moment: Moment | None) -> datetime | None:
    return moment.at if moment else None


def _diverted(moments: Milestones) -> datetime | None:
    """A box or an AI agent that took the ringing call ended the wait for a person."""
    begins = moments.queued or moments.rings_from
    if moments.answered_word or not moments.diverted or not begins or moments.diverted.at < begins.at:
        return None
    return moments.diverted.at


def _left_menu(moments: Milestones, stop: datetime | None) -> datetime | None:
    """The menu is left to a queue, to a phone, to a person, or by hanging up, whichever is first after it began."""
    if moments.menu_from is None:
        return None
    ways = [_at(moments.queued), _at(moments.ringing), stop]
    later = [at for at in ways if at and at >= moments.menu_from.at]
    return min(later, default=stop)


def _waits_from(starts: Sequence[datetime | None], stop: datetime | None) -> datetime | None:
    """The first phase that began before its end; where all began later, clocks disagree and the span is negative."""
    known = [s for s in starts if s]
    return next((s for s in known if stop is None or s <= stop), known[0] if known else None)


def _held(facts: Sequence[CallFact], ended: datetime | None) -> int | None:
    """Sum of the holds, leg by leg.

    Some providers say `answered` again where others say `resumed`. A hold that is never resumed lasts
    to the end, unless the provider states its own sum.
    """
    since: dict[tuple[str, str], datetime] = {}
    holds: list[tuple[datetime, datetime | None]] = []
    resumed = 0
    for fact in facts:
        leg = (fact.call_id, fact.leg_id)
        if fact.kind is FactKind.HELD:
            since.setdefault(leg, when(fact))
        elif fact.kind in _RESUMES and leg in since:
            holds.append((since.pop(leg), when(fact)))
            resumed += fact.kind is not FactKind.LEG_ENDED
    stated = last(facts, lambda f: f.hold_s)
    unseen = stated and not holds and not since
    if stated is not None and (unseen or resumed < len(holds) + len(since)):
        return stated * 1000
    holds += [(start, ended) for start in since.values()]
    spans = [between(start, end)[0] for start, end in holds]
    return sum(span or 0 for span in spans) if spans else None
