"""A call: facts in, record out. Pure, total and independent of the order of the facts."""

from __future__ import annotations

from collections.abc import Sequence

from ringlake.model.calls import CallRecord, LegOutcome
from ringlake.model.directory import Directory
from ringlake.model.facts import CallFact, CallKind, FactKind, HangupBy
from ringlake.model.findings import Finding
from ringlake.model.numbers import party_key
from ringlake.model.subjects import Subject

from . import attribution
from .artefacts import recordings, voicemail
from .charges import charged
from .correlation import CONTINUES, kind_of, split
from .durations import Durations, durations
from .ends import final_party, requested
from .facts import LIFE, as_set, first, last, name_of, when
from .legs import legs as legs_of
from .lines import joined
from .outcome import ending, is_spam, live_state, missed_reason, outcome_of
from .steps import steps
from .timeline import Milestones, milestones

_TOLERANCE_S = 1.0


def fold_call(
    subject: Subject, provider: str, facts: Sequence[CallFact], directory: Directory, *, part_of: str = ""
) -> CallRecord:
    """The record of one call from everything known about it and its parts.

    Facts whose `call_id` is not the subject's id speak of parts of the call. There must be at
    least one fact of the call itself.
    """
    stated = as_set(facts)
    facts = joined(subject.id, stated)
    own, parts = split(subject.id, facts)
    going_on = as_set([f for told in parts.values() if kind_of(told) in CONTINUES for f in told])
    kind = kind_of(own)
    moments = milestones(own, going_on)
    spans = durations(moments, own, going_on)
    ends = attribution.numbers(own, directory, subject.connection)
    party_of = attribution.parties(directory, subject.connection)
    spell = attribution.speller(own, directory, subject.connection)
    legs = legs_of(own, parts, moments, party_of, spell)
    owned = attribution.owner(
        own,
        legs,
        ends,
        directory,
        party_of=party_of,
        answered=moments.is_answered,
        reached=moments.queued is not None or moments.rings_from is not None,
    )
    spam = is_spam(facts, ends.remote, directory.lists.spam)
    closes = ending(
        own,
        going_on,
        moments,
        spans,
        ends.direction,
        directory.workspace,
        team=owned.team_id,
        number=ends.business_id,
        spam=spam,
    )
    is_call = kind is not CallKind.CLASSIFIER
    outcome = outcome_of(closes) if moments.over and is_call else None
    cost = charged(facts, own, parts, moments, directory, subject.connection)
    return CallRecord(
        record_id=subject.record_id,
        workspace=subject.workspace,
        connection=subject.connection,
        provider=provider,
        provider_id=subject.id,
        kind=kind,
        part_of=part_of,
        direction=ends.direction,
        outcome=outcome,
        live=live_state(moments, own) if not moments.over and is_call else None,
        telephony_status=_status(own),
        missed_reason=missed_reason(closes, outcome) if outcome else None,
        started_at=moments.started.at,
        queued_at=moments.queued.at if moments.queued else None,
        ringing_at=moments.ringing.at if moments.ringing else None,
        answered_at=moments.answered.at if moments.answered else None,
        ended_at=moments.ended.at if moments.ended else None,
        ivr_ms=spans.ivr_ms,
        wait_ms=spans.wait_ms,
        ring_ms=spans.ring_ms,
        hold_ms=spans.hold_ms,
        talk_ms=spans.talk_ms,
        total_ms=spans.total_ms,
        business_number=ends.business,
        business_number_id=ends.business_id,
        business_number_name=ends.business_name,
        business_number_ref=ends.ref,
        entry_number=ends.entry,
        requested=requested(own, ends, party_of),
        final_party=final_party(
            own, legs, moments, owned.user, spell, attribution.outsiders(directory), voicemail=closes.voicemail
        ),
        remote_number=ends.remote,
        remote_name=last(own, lambda f: f.remote_name) or "",
        remote_country=ends.remote_country,
        party_key=party_key(directory.party_key_secret, [ends.remote]),
        user=owned.user,
        unattributed=owned.unattributed,
        team_id=owned.team_id,
        team_name=owned.team_name,
        queue=last(own, lambda f: name_of(f.queue)) or "",
        campaign=first(own, lambda f: name_of(f.campaign)) or "",
        scheme=first(own, lambda f: f.scheme) or "",
        source=ends.source,
        hangup_by=closes.hangup_by if outcome else HangupBy.UNKNOWN,
        cause=last([f for f in own if f.kind is FactKind.ENDED], lambda f: f.cause)
        or last(own, lambda f: f.cause)
        or "",
        answered_by=moments.answered_by,
        voicemail=voicemail(own),
        recordings=recordings(facts),
        transcript=any(f.kind is FactKind.TRANSCRIPT for f in facts),
        summary=any(f.kind is FactKind.SUMMARY for f in facts),
        classifier=last(own, lambda f: name_of(f.classifier)) or "",
        record_ref=last(own, lambda f: f.record_ref) or "",
        reference=last(own, lambda f: f.reference) or "",
        significant=last(own, lambda f: f.significant) or "",
        cost=cost.cost,
        cost_source=cost.source,
        charges=cost.charges,
        roaming=last(own, lambda f: f.roaming),
        survey_score=last(facts, lambda f: f.score),
        spam=spam,
        tags=_tags(facts),
        transfers=len({(when(f), f.to_party) for f in own if f.kind is FactKind.TRANSFERRED}),
        answered_elsewhere=sum(leg.outcome is LegOutcome.ANSWERED_ELSEWHERE for leg in legs),
        legs=legs,
        timeline=steps(facts, parts, subject.id, party_of),
        flags=_flags(own, moments, spans, unknown_direction=is_call and ends.direction is None, mixed=cost.mixed),
        facts=stated,
    )


def _tags(facts: Sequence[CallFact]) -> tuple[str, ...]:
    """Tags add up; of events that state all of them the latest counts."""
    final = last(facts, lambda f: f if f.all_tags else None)
    return tuple(sorted({tag for f in facts if f is final or not f.all_tags for tag in f.tags}))


def _status(facts: Sequence[CallFact]) -> str:
    """The provider's own closing word, before the end its latest word."""
    closing = [f for f in facts if f.kind is FactKind.ENDED]
    return last(closing, lambda f: f.status) or last(facts, lambda f: f.status) or ""


def _flags(
    own: Sequence[CallFact], moments: Milestones, spans: Durations, *, unknown_direction: bool, mixed: bool
) -> tuple[str, ...]:
    end = moments.ended.at if moments.ended else None
    late = end is not None and any(
        f.at is not None
        and f.kind in LIFE
        and f.kind is not FactKind.VOICEMAIL
        and (f.at - end).total_seconds() > _TOLERANCE_S
        for f in own
    )
    found = {
        Finding.NEGATIVE_DURATION: spans.negative,
        Finding.DURATION_DIFFERS: spans.differs,
        Finding.NO_PROVIDER_TIME: moments.clockless,
        Finding.DIRECTION_UNKNOWN: unknown_direction,
        Finding.AFTER_END: late,
        Finding.MIXED_CURRENCY: mixed,
    }
    return tuple(sorted(finding.value for finding, holds in found.items() if holds))
