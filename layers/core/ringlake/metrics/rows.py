"""A record becomes rows of the lake's tables.

Base sets (metrics.md, `Base sets`) of incoming calls, in the order in which they are decided:

* a live call is in no set yet; its row counts as a call and nothing else;
* spam is counted as a call and belongs to no set;
* CLOSED: not answered, arrived outside open hours;
* IVR: not answered, ended inside the menu;
* everything else that arrived in open hours is OFFERED and exactly one of
  ANS (answered by a person), CB (left for a call back), ABN_S (given up within the short threshold)
  or missed.

So `offered = answered_offered + missed + short_abandon + callback_requested` holds row by row, and
the reasons of unanswered incoming calls sum to missed + CB + short + CLOSED + IVR. Which reason an unanswered call
has was decided by the fold (`MissedReason`, one precedence); here it is only read, so that the
two cannot disagree. A call answered outside open hours is a call and answered, but not offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ringlake.model.base import utc
from ringlake.model.calls import CallRecord, EndKind, MissedReason, Outcome, Party
from ringlake.model.charges import Charge, CostSource, Rated
from ringlake.model.consequences import Consequences
from ringlake.model.contacts import Contact
from ringlake.model.deals import DealRecord, DealState
from ringlake.model.directory import Workspace
from ringlake.model.exchange import Exchange
from ringlake.model.facts import CallKind, Direction, FactKind, MessageStatus
from ringlake.model.findings import Finding, Unowned
from ringlake.model.hours import is_open
from ringlake.model.marks import CaseState, Label, Marks
from ringlake.model.messages import MessageRecord
from ringlake.model.numbers import country_of
from ringlake.model.subjects import SubjectKind

from .charges import CENTS, amount, exchange_of, home_columns, units, worth

type Row = dict[str, Any]

ANONYMOUS = "anonymous"
# A record that has not been settled with its customer's others.
NOTHING = Consequences()
_NOT_OFFERED = frozenset({MissedReason.SPAM, MissedReason.CLOSED_HOURS, MissedReason.IVR_ABANDON})
# Legs beside the customer's path: a colleague who is asked, a survey afterwards (features.md F21, F22).
_BESIDE = frozenset({CallKind.CONSULTATION.value, CallKind.SURVEY_POST_CALL.value})
_INT32 = 2**31
# Reason under which the fold files a call that rang several people and that nobody answered.
_GROUP_CALL = Unowned.GROUP_CALL.value


def call_row(
    record: CallRecord,
    workspace: Workspace,
    means: Consequences = NOTHING,
    marks: Marks | None = None,
    deals: Sequence[DealRecord] = (),
    exchange: Exchange | None = None,
) -> Row:
    """The row of table `calls`. Not for parts of another call and twins: those have no row. `deals` are those
    that came of the call; `exchange` converts what was charged in other currencies.

    A call whose end was never heard is no longer live and carries the flag `never_ended` (demands.md D22).
    """
    row: Row = {
        **_identity(record),
        "kind": record.kind.value,
        "direction": record.direction or "",
        "outcome": record.outcome or "",
        "live": "" if means.stale else record.live or "",
        "telephony_status": record.telephony_status,
        "missed_reason": record.missed_reason or "",
        **_numbers(record),
        **_contact(means, record.remote_name),
        "entry_number": record.entry_number,
        **_ends(record),
        **_people(record),
        "queue": record.queue,
        "campaign": record.campaign,
        "scheme": record.scheme,
        "source": record.source.name,
        "source_medium": record.source.medium,
        "source_campaign": record.source.campaign,
        "started_at": instant(record.started_at),
        "queued_at": instant(record.queued_at),
        "ringing_at": instant(record.ringing_at),
        "answered_at": instant(record.answered_at),
        "ended_at": instant(record.ended_at),
        **_local(record.started_at, workspace),
        "ivr_s": seconds(record.ivr_ms),
        "wait_s": seconds(record.wait_ms),
        "wait_ms": whole(record.wait_ms),
        "ring_s": seconds(record.ring_ms),
        "hold_s": seconds(record.hold_ms),
        "talk_s": seconds(record.talk_ms),
        "total_s": seconds(record.total_ms),
        "hangup_by": record.hangup_by.value,
        "cause": record.cause,
        "answered_by": record.answered_by or "",
        "voicemail_s": whole(record.voicemail.seconds) if record.voicemail else None,
        "voicemail_status": "left" if record.voicemail else "none",
        "recordings": len(record.recordings),
        "transcript": int(record.transcript),
        "summary": int(record.summary),
        "classifier": record.classifier,
        "record_ref": record.record_ref,
        "reference": record.reference,
        "significant": record.significant,
        "tags": _joined({*record.tags, *(marks.tags if marks else ())}),
        "legs": sum(leg.kind not in _BESIDE for leg in record.legs),
        "answered_elsewhere": whole(record.answered_elsewhere),
        "transfers": whole(record.transfers),
        **_handed_over(record),
        **_cost(record),
        **home_columns(record, workspace, exchange),
        "survey_score": _score(record.survey_score),
        "roaming": record.roaming,
        "flags": _joined((*record.flags, Finding.NEVER_ENDED.value) if means.stale else record.flags),
        "revision": whole(record.revision),
        "in_open_hours": _in_open_hours(record, workspace),
    }
    row |= call_sets(record, workspace, spam=Label.SPAM in means.labels)
    row |= _consequences(means, marks)
    row |= {"deals": len(deals), "is_sale": int(is_sale(record, workspace, marks, deals))}
    return row


def call_sets(record: CallRecord, workspace: Workspace, *, spam: bool = False) -> dict[str, int]:
    """The indicator columns of a call. `spam` is the label, which people can set (features.md N14)."""
    call = record.counts_as_call
    inbound = call and record.direction is Direction.INBOUND
    reason = record.missed_reason if inbound and record.outcome is not Outcome.ANSWERED else None
    reason = MissedReason.SPAM if reason and spam else reason

    # ANS: a person answered, and the call arrived in open hours. metrics.md lists the set under
    # "incoming calls in open hours".
    answered = inbound and not spam and record.outcome is Outcome.ANSWERED
    ans = answered and bool(_in_open_hours(record, workspace))
    offered = reason is not None and reason not in _NOT_OFFERED
    # CB: neither answered nor missed; it becomes a case (metrics.md Missed rate).
    requested = offered and record.callback_requested
    # ABN_S: the boundary is inside (metrics.md Short abandons; features.md R28), in milliseconds.
    short = offered and not requested and reason is MissedReason.SHORT_ABANDON
    missed = offered and not requested and not short
    # Service level: exactly T is inside, in milliseconds; an unknown wait is not within.
    within = ans and record.wait_ms is not None and record.wait_ms <= workspace.service_threshold_s * 1000
    sets = {
        "is_call": call,
        "is_inbound": inbound,
        "is_outbound": call and record.direction is Direction.OUTBOUND,
        "is_internal": call and record.direction is Direction.INTERNAL,
        "is_answered": call and record.outcome is Outcome.ANSWERED,
        "is_offered": ans or offered,
        "is_missed": missed,
        "is_short_abandon": short,
        "is_closed_hours": reason is MissedReason.CLOSED_HOURS,
        "is_ivr_abandon": reason is MissedReason.IVR_ABANDON,
        "is_voicemail": call and record.outcome is Outcome.VOICEMAIL,
        "is_abandoned": call and record.outcome is Outcome.CALLER_ABANDONED,
        "is_no_answer": call and record.outcome is Outcome.NO_ANSWER,
        "is_busy": call and record.outcome is Outcome.BUSY,
        "is_failed": call and record.outcome is Outcome.FAILED,
        "is_aborted": call and record.outcome is Outcome.OUTBOUND_ABORTED,
        "is_answered_offered": ans,
        "is_within_service": within,
        "is_callback_requested": requested,
        "is_anonymous": call and record.remote_number == ANONYMOUS,
    }
    return {name: int(value) for name, value in sets.items()}


def case_rows(
    record: CallRecord, workspace: Workspace, means: Consequences = NOTHING, marks: Marks | None = None
) -> list[Row]:
    """The row of table `cases`, for the miss that opened one."""
    case, recovery = means.case, means.recovery
    if case is None or recovery is None:
        return []
    open_ms = case.first_attempt_open_ms
    state = case.state
    sets = {
        "is_case": True,
        "is_open": case.closed_at is None,
        "is_attempted": case.attempts > 0,
        "is_recovered": recovery.recovery_ms is not None,
        "is_reached": recovery.reached or state is CaseState.REACHED,
        # metrics.md Call-back SLA: exactly the promised time is inside.
        "is_within_sla": open_ms is not None and open_ms <= workspace.callback_sla_s * 1000,
        "is_resolved_by_customer": state is CaseState.RESOLVED_BY_CUSTOMER,
        "is_resolved_by_text": state is CaseState.RESOLVED_BY_TEXT,
        "is_dismissed": state is CaseState.DISMISSED,
    }
    return [
        {
            **_identity(record),
            "state": state.value,
            "case_source": case.source.value,
            "reason": case.reason,
            "misses": len(case.misses),
            "miss_ids": ";".join(case.misses),
            **_numbers(record),
            **_contact(means, record.remote_name),
            **_people(record),
            "queue": record.queue,
            "campaign": record.campaign,
            "source": record.source.name,
            "started_at": instant(record.started_at),
            "opened_at": instant(case.opened_at),
            "last_missed_at": instant(case.last_missed_at),
            "due_at": instant(case.due_at),
            "closed_at": instant(case.closed_at),
            **_local(record.started_at, workspace),
            "assignee": marks.assignee if marks else "",
            "attempts": case.attempts,
            "first_attempt_at": instant(case.first_attempt_at),
            "first_attempt_s": seconds(case.first_attempt_ms),
            "first_attempt_open_s": seconds(open_ms),
            "recovery_call": case.attempt,
            "recovered_by": case.recovered_by,
            "recovery_s": seconds(recovery.recovery_ms),
            **{name: int(value) for name, value in sets.items()},
        }
    ]


def open_case_rows(
    record: CallRecord, workspace: Workspace, means: Consequences = NOTHING, marks: Marks | None = None
) -> list[Row]:
    """The row of `open_cases`, for as long as the case is open."""
    rang = _rang(leg.party.user_id for leg in record.legs) if record.unattributed == _GROUP_CALL else ""
    return [{**row, "rang": rang} for row in case_rows(record, workspace, means, marks) if row["is_open"]]


def reopened(rows: Iterable[Row], rang: Mapping[str, Iterable[str]]) -> list[Row]:
    """Rows of `open_cases` from those of `cases`, with whom each call rang by the call's id."""
    return [
        {**row, "rang": _rang(rang.get(str(row["record_id"]), ())) if row["unattributed"] == _GROUP_CALL else ""}
        for row in rows
        if row["is_open"]
    ]


def _rang(users: Iterable[str]) -> str:
    found = sorted({user for user in users if user})
    return f";{';'.join(found)};" if found else ""


def leg_rows(record: CallRecord) -> list[Row]:
    """Rows of table `legs`: the attempts (features.md, `leg`), then the steps of the path (F51)."""
    legs = [
        {
            "record_id": record.record_id,
            "row_kind": "leg",
            "seq": seq,
            "leg_id": leg.leg_id,
            "kind": leg.kind,
            "user_id": leg.party.user_id,
            "user_name": leg.party.name,
            "user_account": leg.party.account,
            "number": leg.number,
            "started_at": instant(leg.ringing_at),
            "answered_at": instant(leg.answered_at),
            "ended_at": instant(leg.ended_at),
            "ring_s": seconds(leg.ring_ms),
            "talk_s": seconds(leg.talk_ms),
            "outcome": leg.outcome or "",
            "value": "",
        }
        for seq, leg in enumerate(record.legs, start=1)
    ]
    steps = [
        {
            "record_id": record.record_id,
            "row_kind": "step",
            "seq": seq,
            "leg_id": step.leg_id,
            "kind": step.kind,
            "user_id": step.party.user_id if step.party else "",
            "user_name": step.party.name if step.party else "",
            "user_account": step.party.account if step.party else "",
            "number": "",
            "started_at": instant(step.at),
            "answered_at": None,
            "ended_at": None,
            "ring_s": None,
            "talk_s": None,
            "outcome": "",
            "value": step.value,
        }
        for seq, step in enumerate(record.timeline, start=1)
    ]
    return legs + steps


def message_row(
    record: MessageRecord, workspace: Workspace, means: Consequences = NOTHING, exchange: Exchange | None = None
) -> Row:
    """The row of table `messages`."""
    outbound = record.direction is Direction.OUTBOUND
    # features.md O41-O43: delivered and undelivered need a receipt; every other outgoing one is pending.
    settled = record.status in {MessageStatus.DELIVERED, MessageStatus.UNDELIVERED}
    return {
        **_identity(record),
        "kind": record.kind.value,
        "direction": record.direction or "",
        "status": record.status.value,
        "status_detail": record.status_raw,
        "error_code": record.error_code,
        **_numbers(record),
        **_contact(means, ""),
        "remote_count": len(record.remote_numbers),
        **_people(record),
        "campaign": record.campaign,
        "started_at": instant(record.started_at),
        "delivered_at": instant(record.delivered_at),
        "scheduled_for": instant(record.scheduled_for),
        **_local(record.started_at, workspace),
        "segments": whole(record.segments),
        "media_count": whole(record.media_count),
        "is_bulk": int(record.bulk),
        "reference": record.reference,
        "conversation": record.conversation,
        **_cost(record),
        **home_columns(record, workspace, exchange),
        "flags": _joined(record.flags),
        "revision": whole(record.revision),
        "is_message": 1,
        "is_inbound": int(record.direction is Direction.INBOUND),
        "is_outbound": int(outbound),
        "is_delivered": int(record.status is MessageStatus.DELIVERED),
        "is_undelivered": int(record.status is MessageStatus.UNDELIVERED),
        "is_pending": int(outbound and not settled),
        "is_spam": int(record.spam or Label.SPAM in means.labels),
        "in_open_hours": _in_open_hours(record, workspace),
    }


def charge_rows(
    record: CallRecord | MessageRecord,
    workspace: Workspace,
    means: Consequences = NOTHING,
    exchange: Exchange | None = None,
) -> list[Row]:
    """Rows of table `charges`: of each unit all its ratings."""
    return [
        _charge_row(record, unit, rated, workspace, means, exchange_of(workspace, exchange))
        for unit in units(record)
        for rated in unit.ratings
    ]


def interaction(kind: SubjectKind, record_id: str) -> str:
    """What rows of `charges` are found by: a call and a message of one connection may have the same id."""
    return f"{kind.value}:{record_id}"


def _charge_row(
    record: CallRecord | MessageRecord,
    unit: Charge,
    rated: Rated,
    workspace: Workspace,
    means: Consequences,
    exchange: Exchange,
) -> Row:
    call = record if isinstance(record, CallRecord) else None
    cost, home = amount(rated.amount), worth(rated.amount, record.started_at, workspace, exchange)
    current = rated is unit.ratings[-1]
    return {
        "interaction": interaction(SubjectKind.CALL if call else SubjectKind.MESSAGE, record.record_id),
        **_identity(record),
        "unit": unit.unit,
        "rating": rated.rating,
        "channel": "call" if call else "message",
        "kind": record.kind.value,
        "direction": record.direction or "",
        "outcome": record.status.value if isinstance(record, MessageRecord) else record.outcome or "",
        "number": unit.number,
        "destination": rated.destination,
        "destination_country": country_of(unit.number) if unit.number else "",
        "prefix": rated.prefix,
        "cost_source": unit.source.value if cost is not None else "",
        "unpriced": rated.unpriced or "",
        "tariff_id": rated.tariff,
        "tariff_name": rated.tariff_name,
        "tariff_version": rated.tariff_version if rated.tariff else None,
        "connect_fee": rated.connect_fee,
        "per_minute": rated.per_minute,
        "increment_s": rated.increment_s,
        "billable_s": whole(-(-unit.billable_ms // 1000)) if unit.billable_ms is not None else None,
        "charged_s": whole(rated.charged_s),
        "segments": whole(unit.segments),
        "cost_amount": cost,
        "cost_currency": rated.amount.currency if rated.amount and cost is not None else "",
        "home_amount": home.amount if home else None,
        "home_currency": home.currency if home else "",
        "exchange_rate": home.rate if home else None,
        "exchange_date": home.day if home else None,
        **_numbers(record),
        **_contact(means, call.remote_name if call else ""),
        **_people(record),
        "queue": call.queue if call else "",
        "campaign": record.campaign,
        "source": call.source.name if call else "",
        "started_at": instant(record.started_at),
        "charged_at": instant(unit.at),
        **_local(record.started_at, workspace),
        "roaming": call.roaming if call else None,
        "is_current": int(current),
        "is_charge": int(current and cost is not None),
        "is_call": int(call is not None and call.counts_as_call),
        "is_message": int(call is None),
        "is_cost_converted": int(home is not None and home.converted),
        "is_spam": int(Label.SPAM in means.labels or (call is None and record.spam)),
        "in_open_hours": _in_open_hours(record, workspace),
    }


def deal_row(
    record: DealRecord,
    workspace: Workspace,
    call: CallRecord | None = None,
    means: Consequences = NOTHING,
    contact: Contact | None = None,
) -> Row:
    """The row of table `deals`. `call` is the call that it came of, once known, and `means` what stands beside
    that; `contact` the customer whom the sender names. Who made the deal owns it, else whoever owns the call.
    """
    named = record.user if record.user != Party() else call.user if call else Party()
    reason = "" if named.user_id else "unmapped" if named.account else (call.unattributed if call else "") or "nobody"
    quoted, ordered = instant(record.quoted_at), instant(record.ordered_at)
    known = amount(record.amount)
    sets = {
        "is_deal": True,
        "is_quote": quoted is not None,
        "is_order": record.state is DealState.ORDERED,
        "is_converted": quoted is not None and record.state is DealState.ORDERED,
        "is_lost": record.state is DealState.LOST,
    }
    return {
        **_identity(record),
        "state": record.state.value,
        "brand": record.brand,
        "amount": known,
        "currency": record.amount.currency if record.amount and known is not None else "",
        "call_id": call.record_id if call else record.call,
        "call_started_at": instant(call.started_at) if call else None,
        "direction": (call.direction or "") if call else "",
        **_customer(call, means, contact),
        "user_id": named.user_id,
        "user_name": named.name,
        "user_email": named.email,
        "user_account": named.account,
        "unattributed": reason,
        "team_id": call.team_id if call else "",
        "team_name": call.team_name if call else "",
        "queue": call.queue if call else "",
        "campaign": call.campaign if call else "",
        "source": call.source.name if call else "",
        "started_at": instant(record.started_at),
        "quoted_at": quoted,
        "ordered_at": ordered,
        "lost_at": instant(record.lost_at),
        **_local(record.started_at, workspace),
        "order_s": whole(int((ordered - quoted).total_seconds())) if quoted and ordered else None,
        "flags": _joined(record.flags),
        "revision": whole(record.revision),
        **{name: int(value) for name, value in sets.items()},
    }


def _customer(call: CallRecord | None, means: Consequences, contact: Contact | None) -> Row:
    """Numbers and customer of a deal: those of its call, else of the customer that the sender names."""
    if call is not None:
        found = {**_numbers(call), **_contact(means, call.remote_name)}
        return found if contact is None else {**found, "contact_id": contact.id, "remote_name": contact.name}
    number = contact.numbers[0] if contact and contact.numbers else ""
    return {
        "business_number": "",
        "business_number_id": "",
        "business_number_name": "",
        "business_number_ref": "",
        "remote_number": number,
        "remote_name": contact.name if contact else "",
        "remote_country": country_of(number),
        "party_key": contact.party_keys[0] if contact and contact.party_keys else "",
        "contact_id": contact.id if contact else "",
    }


def is_sale(record: CallRecord, workspace: Workspace, marks: Marks | None, deals: Iterable[DealRecord]) -> bool:
    """Whether a call ended in a sale (features.md N28): a person's mark decides, else an order or the disposition."""
    if not record.counts_as_call:
        return False
    if marks is not None and marks.success is not None:
        return marks.success
    if any(deal.state is DealState.ORDERED for deal in deals):
        return True
    return bool(record.classifier) and record.classifier.casefold() in {
        word.casefold() for word in workspace.sale_dispositions
    }


def seconds(ms: int | None) -> int | None:
    """Milliseconds as whole seconds, half up; null stays null (design, `durations`)."""
    return None if ms is None else whole((ms + 500) // 1000)


def instant(at: datetime | None) -> datetime | None:
    """UTC without zone, cut to milliseconds: the lake's timestamp."""
    if at is None:
        return None
    at = utc(at)
    return at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=None)


def whole(value: int | None) -> int | None:
    """The value if the lake's 32-bit column can hold it, else unknown: one absurd number of a
    provider must not keep the whole day out of the lake.
    """
    return value if value is not None and -_INT32 <= value < _INT32 else None


def _identity(record: CallRecord | MessageRecord | DealRecord) -> Row:
    return {
        "record_id": record.record_id,
        "connection": record.connection,
        "provider": record.provider,
        "provider_id": record.provider_id,
    }


def _numbers(record: CallRecord | MessageRecord) -> Row:
    return {
        "business_number": record.business_number,
        "business_number_id": record.business_number_id,
        "business_number_name": record.business_number_name,
        "business_number_ref": record.business_number_ref,
        "remote_number": record.remote_number,
        "remote_country": record.remote_country,
        "party_key": record.party_key,
    }


def _contact(means: Consequences, told: str) -> Row:
    """The customer as the workspace knows them; else the name that the provider told (features.md W7)."""
    name = means.contact_name or told
    more = f" +{means.contacts_more}" if means.contacts_more and means.contact_name else ""
    return {"remote_name": name + more, "contact_id": means.contact_id}


def _consequences(means: Consequences, marks: Marks | None) -> Row:
    """Columns of what other records, and people, say about a call."""
    recovery = means.recovery
    success = marks.success if marks else None
    recovered = recovery is not None and recovery.recovery_ms is not None
    again = recovery is not None and recovery.resolved_by_customer
    return {
        "contact_no": whole(means.contact_no),
        "is_unique": int(Label.UNIQUE in means.labels),
        "is_repeat": int(Label.REPEAT in means.labels),
        "is_target": int(Label.TARGET in means.labels),
        "is_spam": int(Label.SPAM in means.labels),
        "is_candidate": int(recovery is not None),
        "is_recovered": int(recovered),
        "is_reached": int(recovery is not None and recovery.reached),
        "is_resolved_by_customer": int(again),
        "is_unrecovered": int(recovery is not None and not recovered and not again),
        "recovery_s": seconds(recovery.recovery_ms) if recovery else None,
        "recovery_state": recovery.state.value if recovery else "",
        "recovery_call": recovery.attempt if recovery else "",
        "recovered_by": recovery.user_id if recovery else "",
        "is_success": int(success is True),
        "is_no_success": int(success is False),
        "legal_hold": int(marks is not None and marks.legal_hold),
    }


def _people(record: CallRecord | MessageRecord) -> Row:
    party: Party = record.user
    return {
        "user_id": party.user_id,
        "user_name": party.name,
        "user_email": party.email,
        "user_account": party.account,
        "unattributed": record.unattributed,
        "team_id": record.team_id,
        "team_name": record.team_name,
    }


def _local(started_at: datetime, workspace: Workspace) -> Row:
    """Calendar of the start in the workspace zone: every day, hour and weekday of a report (demands.md D1)."""
    local = started_at.astimezone(workspace.tz)
    return {
        "local_date": local.date(),
        "local_hour": local.hour,
        "local_weekday": local.isoweekday(),
        "zone": workspace.zone,
    }


def _ends(record: CallRecord) -> Row:
    """Who was called first and who had the call last (demands.md D21). The customer's number has a column
    of its own, so that what hides numbers hides it everywhere.
    """
    requested, final = record.requested, record.final_party
    return {
        "requested_kind": requested.kind or "",
        "requested_party": "" if requested.kind is EndKind.CUSTOMER else requested.label,
        "requested_user_id": requested.party.user_id,
        "final_kind": final.kind or "",
        "final_party": final.party.name or final.party.account or final.name,
        "final_user_id": final.party.user_id,
        "final_number": final.number if final.kind is EndKind.OUTSIDE else "",
    }


def _handed_over(record: CallRecord) -> Row:
    """How calls were transferred (metrics.md Transfers, consultations): attended when, at that moment, somebody
    besides the one who transferred had picked up; blind when nobody had. Both unknown where no leg tells.
    """
    if not record.transfers:
        return {"transfers_attended": 0, "transfers_blind": 0}
    talks = [(leg.answered_at, leg.ended_at) for leg in record.legs if leg.answered_at is not None]
    moments = sorted({step.at for step in record.timeline if step.kind == FactKind.TRANSFERRED})
    at_once = [sum(begun < at and (ended is None or at <= ended) for begun, ended in talks) for at in moments]
    if not moments or not all(at_once):
        return {"transfers_attended": None, "transfers_blind": None}
    attended = sum(n > 1 for n in at_once)
    return {"transfers_attended": attended, "transfers_blind": max(record.transfers - attended, 0)}


def _cost(record: CallRecord | MessageRecord) -> Row:
    """Rounded half up to 4 decimals (metrics.md Cost per call); unknown, or more than the column holds, is null."""
    cost, known = record.cost, amount(record.cost)
    if cost is None or known is None:
        return {"cost_amount": None, "cost_currency": "", "cost_source": ""}
    # Records that are older than tariffs have the provider's price and do not say so.
    source = record.cost_source or CostSource.PROVIDER
    return {"cost_amount": known, "cost_currency": cost.currency, "cost_source": source.value}


def _score(score: Decimal | None) -> Decimal | None:
    return None if score is None else score.quantize(CENTS, rounding=ROUND_HALF_UP)


def _in_open_hours(record: CallRecord | MessageRecord, workspace: Workspace) -> int:
    return int(is_open(workspace, record.started_at, record.team_id, record.business_number_id))


def _joined(words: Iterable[str]) -> str:
    return ";".join(sorted(words))
