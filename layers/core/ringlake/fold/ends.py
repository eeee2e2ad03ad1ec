"""Who or what was called first, and who of ours had the call last (demands.md D21)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from ringlake.model.calls import End, EndKind, Leg, LegOutcome, Party
from ringlake.model.facts import AnsweredBy, CallFact, CallKind, Direction, FactKind

from .attribution import Numbers, PartyOf, serving
from .facts import last, name_of, when
from .timeline import Milestones, by_person

# Phones that begin to ring within this time ring together: what was called is the group.
_TOGETHER = timedelta(seconds=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_CALLED = frozenset({FactKind.QUEUED, FactKind.RINGING, FactKind.FORWARDED, FactKind.ANSWERED})
_MACHINES = {
    AnsweredBy.VOICEMAIL: EndKind.VOICEMAIL,
    AnsweredBy.AI: EndKind.AI,
    AnsweredBy.IVR: EndKind.MENU,
}


def requested(own: Sequence[CallFact], ends: Numbers, party_of: PartyOf) -> End:
    """Whom or what the call was for before anybody took, forwarded or transferred it.

    Outbound: the customer. Inbound and internal: the first queue, or the one person who was rung, or
    whose phone forwarded the call; where a group was rung or nobody, the dialled number.
    """
    if ends.direction is Direction.OUTBOUND:
        return End(kind=EndKind.CUSTOMER, number=ends.remote) if ends.remote else End()
    called = [f for f in own if f.kind in _CALLED and (f.kind is not FactKind.ANSWERED or by_person(f))]
    told = [f for f in called if (f.queue if f.kind is FactKind.QUEUED else f.agent)]
    forwarding = [f for f in told[:1] if f.kind is FactKind.FORWARDED]
    together = forwarding or [f for f in told if when(f) - when(told[0]) <= _TOGETHER]
    queue = next((name_of(f.queue) for f in together if f.kind is FactKind.QUEUED), "")
    if queue:
        return End(kind=EndKind.QUEUE, name=queue)
    people = {p.account: p for p in (party_of(f.agent, when(f)) for f in together)}
    if len(people) == 1:
        return End(kind=EndKind.USER, party=next(iter(people.values())))
    if not ends.entry:
        return End()
    return End(kind=EndKind.NUMBER, name=ends.entry_name, number=ends.entry)


def final_party(
    own: Sequence[CallFact],
    legs: Sequence[Leg],
    moments: Milestones,
    owner: Party,
    spell: Callable[[str], str],
    is_outside: Callable[[str], bool],
    *,
    voicemail: bool,
) -> End:
    """Who talked to the customer last; where nobody did, the machine that took the call, else the queue.

    A call that only rang was had by nobody. Whoever is outside is known by number; after a transfer to an
    outside number of which nothing more is told, that number had the call.
    """
    if moments.is_answered:
        return _talker(own, legs, spell, is_outside) or (
            End(kind=EndKind.USER, party=owner) if owner.account else End()
        )
    if voicemail:
        return End(kind=EndKind.VOICEMAIL)
    if moments.answered_by in _MACHINES:
        return End(kind=_MACHINES[moments.answered_by])
    queue = last(own, lambda f: name_of(f.queue)) if moments.queued and not moments.ringing else ""
    return End(kind=EndKind.QUEUE, name=queue) if queue else End()


def _talker(
    own: Sequence[CallFact], legs: Sequence[Leg], spell: Callable[[str], str], is_outside: Callable[[str], bool]
) -> End | None:
    told = [leg for leg in legs if leg.kind == CallKind.EXTERNAL_TRANSFER]
    outside = [leg for leg in told if leg.outcome is LegOutcome.ANSWERED]
    talked = max([*serving(own, legs), *outside], key=_took, default=None)
    handed = [f for f in own if f.kind is FactKind.TRANSFERRED and is_outside(spell(f.to_party))]
    if handed and not told and (talked is None or when(handed[-1]) > _took(talked)[0]):
        return End(kind=EndKind.OUTSIDE, number=spell(handed[-1].to_party))
    if talked is None:
        return None
    kind = EndKind.OUTSIDE if talked in outside else EndKind.USER
    return End(kind=kind, party=talked.party, number=talked.number)


def _took(leg: Leg) -> tuple[datetime, str, str]:
    at = leg.answered_at or leg.ringing_at or leg.ended_at or _NEVER
    return at, leg.leg_id, leg.party.account
