"""Legs: the attempts to connect one party, each with its own times and outcome.

A leg is known by the provider's leg id; a provider without leg ids has one leg per agent. A
statement about an agent without a leg id belongs to that agent's only leg where there is
exactly one. Each part of the call (consultation, transfer, ...) is a leg too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from ringlake.model.base import Model
from ringlake.model.calls import Leg, LegOutcome, Party
from ringlake.model.facts import Agent, CallFact, EndedAs, FactKind

from .attribution import PartyOf
from .correlation import OWN_PATH, kind_of
from .durations import between
from .facts import first, when
from .timeline import Milestones, by_person

_OF_LEGS = frozenset(
    {
        FactKind.RINGING,
        FactKind.ANSWERED,
        FactKind.HELD,
        FactKind.RESUMED,
        FactKind.LEG_ENDED,
    }
)
# What a leg does while it is on the call.
_ALIVE = frozenset({FactKind.RINGING, FactKind.ANSWERED, FactKind.HELD, FactKind.RESUMED})
# Key of a leg without id; no provider's id begins like that.
_OF_AGENT = "agent\0"
_DECLINED = frozenset({EndedAs.REJECTED, EndedAs.BUSY})
_FAILED = frozenset({EndedAs.FAILED, EndedAs.BLOCKED})


class LegEnding(Model, frozen=True, kw_only=True):
    """What the table of leg outcomes looks at; `words` are the provider's closing words of the leg."""

    answered: bool
    over: bool
    elsewhere: bool
    words: frozenset[EndedAs]
    part: bool


class LegRow(NamedTuple):
    """`outcome` None is a leg that lasts. `meaning` and `source` are printed in docs/outcomes.md."""

    outcome: LegOutcome | None
    holds: Callable[[LegEnding], bool]
    meaning: str
    source: str


LEG_OUTCOMES: tuple[LegRow, ...] = (
    LegRow(LegOutcome.ANSWERED, lambda e: e.answered, "This party picked up in person.", "features.md, `leg`"),
    LegRow(None, lambda e: not e.over, "Still ringing.", "features.md R9"),
    LegRow(
        LegOutcome.ANSWERED_ELSEWHERE,
        lambda e: e.elsewhere,
        "A colleague took the call while this phone rang: no miss of anybody.",
        "demands.md D11, D12; metrics.md Agent missed rings",
    ),
    LegRow(LegOutcome.FAILED, lambda e: bool(e.words & _FAILED), "The attempt ended in an error.", "features.md F43"),
    LegRow(
        LegOutcome.DECLINED,
        lambda e: bool(e.words & _DECLINED),
        "Rejected or busy: counted apart from a missed ring.",
        "metrics.md Agent missed rings",
    ),
    LegRow(
        LegOutcome.ANSWERED,
        lambda e: e.part and EndedAs.ANSWERED in e.words,
        "A part with an id of its own that the provider closed as answered.",
        "features.md F21-F23",
    ),
    LegRow(LegOutcome.NO_ANSWER, lambda _: True, "It rang and was not answered.", "features.md R28"),
)


class _Draft(Model, frozen=True, kw_only=True):
    leg: Leg
    words: frozenset[EndedAs]
    stated_end: datetime | None
    last_life: datetime | None


def legs(
    own: Sequence[CallFact],
    parts: Mapping[str, Sequence[CallFact]],
    moments: Milestones,
    party_of: PartyOf,
    spell: Callable[[str], str],
) -> tuple[Leg, ...]:
    """All legs by their first time, then id."""
    drafts = [_draft(leg_id, told, "agent", party_of, spell) for leg_id, told in _grouped(own).items()]
    drafts = [_forwarded(d, own) for d in drafts]
    for part_id, told in parts.items():
        kind = kind_of(told).value
        by_leg = _grouped(told) or {part_id: list(told)}
        for leg_id, facts in by_leg.items():
            whole = list(told) if len(by_leg) == 1 else facts
            drafts.append(_draft(leg_id, whole, kind, party_of, spell, part_id))
    hand_overs = [f for f in own if f.kind in (FactKind.TRANSFERRED, FactKind.FORWARDED)]
    closed = [_close(d, drafts, hand_overs, moments) for d in drafts]
    return tuple(sorted(closed, key=_place))


def _place(leg: Leg) -> tuple[bool, float, str, str]:
    at = leg.ringing_at or leg.answered_at or leg.ended_at
    return (at is None, at.timestamp() if at else 0.0, leg.leg_id, leg.party.account)


def _grouped(facts: Sequence[CallFact]) -> dict[str, list[CallFact]]:
    """Facts by leg id; facts of an agent without leg id under the agent's only leg, else under the agent."""
    found: dict[str, list[CallFact]] = {}
    legs_of: dict[str, set[str]] = {}
    told = [f for f in facts if f.kind in _OF_LEGS or f.leg_id]
    for fact in told:
        if fact.leg_id and fact.agent:
            legs_of.setdefault(_who(fact.agent), set()).add(fact.leg_id)
    for fact in told:
        if fact.leg_id:
            found.setdefault(fact.leg_id, []).append(fact)
        elif fact.agent:
            only = legs_of.get(_who(fact.agent), set())
            leg = next(iter(only)) if len(only) == 1 else f"{_OF_AGENT}{_who(fact.agent)}"
            found.setdefault(leg, []).append(fact)
    return found


def _who(agent: Agent) -> str:
    return agent.id or agent.account or agent.name


def _draft(
    leg_id: str,
    facts: Sequence[CallFact],
    kind: str,
    party_of: PartyOf,
    spell: Callable[[str], str],
    part_id: str = "",
) -> _Draft:
    rung = [when(f) for f in facts if f.kind is FactKind.RINGING]
    answered = [when(f) for f in facts if by_person(f)]
    ended = [when(f) for f in facts if f.kind in (FactKind.LEG_ENDED, FactKind.ENDED)]
    lived = [when(f) for f in facts if f.kind in _ALIVE]
    named = next((f for f in facts if f.agent), None)
    called = first(facts, lambda f: f.to_party) or (first(facts, lambda f: f.to_number) if part_id else "") or ""
    leg = Leg(
        leg_id=part_id if leg_id.startswith(_OF_AGENT) else leg_id,
        party=party_of(named.agent, when(named)) if named else Party(),
        number=spell(called),
        kind=kind,
        ringing_at=min(rung, default=None),
        answered_at=min(answered, default=None),
        answered_by=first(facts, lambda f: f.answered_by if f.kind is FactKind.ANSWERED else None),
    )
    words = frozenset(f.ended_as for f in facts if f.ended_as and f.kind in (FactKind.LEG_ENDED, FactKind.ENDED))
    return _Draft(leg=leg, words=words, stated_end=max(ended, default=None), last_life=max(lived, default=None))


def _forwarded(draft: _Draft, own: Sequence[CallFact]) -> _Draft:
    """A phone stops ringing when the call is forwarded away from it, also when nobody says so of the phone."""
    away = [when(f) for f in own if f.kind is FactKind.ENDED and f.ended_as is EndedAs.FORWARDED]
    rung = draft.leg.ringing_at
    if draft.stated_end or draft.leg.answered_at or rung is None or not away or min(away) < rung:
        return draft
    return msgspec.structs.replace(draft, stated_end=min(away))


def _close(draft: _Draft, all_legs: Sequence[_Draft], hand_overs: Sequence[CallFact], moments: Milestones) -> Leg:
    """Give the leg its end and outcome.

    A leg ends when it is handed over, whatever is stated later (demands.md D22); without an end of its
    own when a colleague answers (unanswered legs), or with the call.
    """
    leg = draft.leg
    call_end = moments.ended.at if moments.ended else None
    elsewhere = None if leg.answered_at else _colleague(draft, all_legs)
    handed_over = _handed_over(draft, all_legs, hand_overs) if leg.answered_at else None
    ended = draft.stated_end or elsewhere or call_end
    if handed_over is not None:
        ended = min(handed_over, draft.stated_end or handed_over)
    ring, _ = between(leg.ringing_at, leg.answered_at or ended)
    talk, _ = between(leg.answered_at, ended)
    end = LegEnding(
        answered=leg.answered_at is not None,
        over=ended is not None or moments.over,
        elsewhere=elsewhere is not None,
        words=draft.words,
        part=leg.kind != "agent",
    )
    outcome = next(row.outcome for row in LEG_OUTCOMES if row.holds(end))
    return msgspec.structs.replace(leg, ended_at=ended, ring_ms=ring, talk_ms=talk, outcome=outcome)


def _colleague(draft: _Draft, all_legs: Sequence[_Draft]) -> datetime | None:
    """When a colleague took the call while this leg rang; None when nobody did (demands.md D12).

    A leg that had stopped ringing before the answer is a miss of its own.
    """
    leg = draft.leg
    if leg.kind not in OWN_PATH or leg.ringing_at is None:
        return None
    answers = [
        other.leg.answered_at
        for other in all_legs
        if other is not draft and other.leg.kind in OWN_PATH and other.leg.answered_at is not None
    ]
    later = [at for at in answers if at >= leg.ringing_at and (draft.stated_end is None or draft.stated_end >= at)]
    return min(later, default=None)


def _handed_over(draft: _Draft, all_legs: Sequence[_Draft], hand_overs: Sequence[CallFact]) -> datetime | None:
    """When this answered leg was transferred away: by leg id, by agent, or as the last one that answered.

    A leg that lives on afterwards (the transfer failed and the customer came back) was not.
    """
    leg, times = draft.leg, []
    for fact in hand_overs:
        at = when(fact)
        if leg.answered_at is None or at < leg.answered_at or (draft.last_life and draft.last_life > at):
            continue
        if fact.leg_id:
            mine = fact.leg_id == leg.leg_id
        elif fact.agent:
            mine = _who(fact.agent) == leg.party.account
        else:
            talking = [d.leg for d in all_legs if d.leg.answered_at and d.leg.answered_at <= at]
            mine = bool(talking) and max(talking, key=_place) == leg
        if mine:
            times.append(at)
    return min(times, default=None)
