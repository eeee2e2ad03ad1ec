"""The path of a call (features.md F51): one step per distinct happening, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from ringlake.model.calls import TimelineStep
from ringlake.model.facts import AnsweredBy, CallFact, FactKind

from .artefacts import noted
from .attribution import PartyOf
from .correlation import CONTINUES, kind_of
from .facts import LIFE, name_of, when


def steps(
    facts: Sequence[CallFact], parts: Mapping[str, Sequence[CallFact]], call_id: str, party_of: PartyOf
) -> tuple[TimelineStep, ...]:
    """Steps of the call and its parts, in the order of `facts`.

    What happens in a part beside the customer's path (a consultation, a survey, a callback's leg to our
    agent) is a step of that kind, with what happened as its value.
    """
    beside = {i: kind_of(told) for i, told in parts.items() if kind_of(told) not in CONTINUES}
    artefacts = {id(fact) for fact in noted(facts)}
    found: dict[tuple[datetime, str, str, str], TimelineStep] = {}
    for fact in facts:
        if fact.kind not in LIFE and id(fact) not in artefacts:
            continue
        step = TimelineStep(
            at=when(fact),
            kind=fact.kind.value,
            leg_id=fact.leg_id if fact.call_id == call_id else fact.leg_id or fact.call_id,
            party=party_of(fact.agent, when(fact)) if fact.agent else None,
            value=_value(fact),
        )
        if fact.call_id in beside and fact.kind in LIFE:
            step = msgspec.structs.replace(step, kind=beside[fact.call_id].value, value=fact.kind.value)
        key = (step.at, step.kind, step.leg_id, step.value)
        if key not in found or found[key].party is None:
            found[key] = step
    return tuple(found.values())


def _value(fact: CallFact) -> str:
    if fact.kind is FactKind.STEP and fact.step:
        return fact.step.value
    if fact.kind is FactKind.QUEUED:
        return name_of(fact.queue)
    if fact.kind in (FactKind.TRANSFERRED, FactKind.FORWARDED):
        return fact.to_party
    if fact.kind is FactKind.CLASSIFIED:
        return name_of(fact.classifier)
    if fact.kind is FactKind.ANSWERED and fact.answered_by and fact.answered_by is not AnsweredBy.PERSON:
        return fact.answered_by.value
    return ""
