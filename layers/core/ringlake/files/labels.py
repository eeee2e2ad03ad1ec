"""Words for what happened, written once for lists and files (features.md F17-F28, F40-F47, N3, O37-O43)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ringlake.model.calls import Outcome
from ringlake.model.facts import CallKind, Direction, MessageKind, MessageStatus
from ringlake.model.subjects import SubjectKind

COMPLETED, MISSED, RINGING, CANCELLED, IN_PROGRESS = "Completed", "Missed", "Ringing", "Cancelled", "In progress"

# Statuses of messages (O41-O43): what is neither received, delivered nor failed is pending.
MESSAGE_LABELS = {
    MessageStatus.RECEIVED.value: "Received",
    MessageStatus.DELIVERED.value: "Delivered",
    MessageStatus.UNDELIVERED.value: "Undelivered",
}
PENDING = "Pending"

# features.md F40: labels of the types; codes are those of the filter `kinds`.
TYPE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "call_outbound": "Outgoing call",
        "call_inbound": "Incoming call",
        "call_inbound_campaign": "Incoming call in campaign",
        "call_internal": "Internal call",
        CallKind.VOICE.value: "Call",
        CallKind.CAMPAIGN.value: "Call in campaign",
        CallKind.CONSULTATION.value: "Consultation",
        CallKind.SURVEY_POST_CALL.value: "Survey after the call",
        CallKind.SURVEY_OUTBOUND.value: "Automated outbound survey",
        CallKind.EXTERNAL_TRANSFER.value: "External transfer",
        CallKind.CALLBACK_CUSTOMER.value: "Web callback, customer",
        CallKind.CALLBACK_AGENT.value: "Web callback, agent",
        CallKind.MOBILE_APP.value: "Mobile app call",
        "mobile_app_outbound": "Mobile app, outgoing",
        "mobile_app_inbound": "Mobile app, incoming",
        CallKind.CLASSIFIER.value: "Classifier",
        "sms_outbound": "Outgoing SMS",
        "sms_inbound": "Incoming SMS",
        MessageKind.SMS.value: "SMS",
        MessageKind.MMS.value: "MMS",
        "email_outbound": "Outgoing e-mail",
        "email_inbound": "Incoming e-mail",
        MessageKind.EMAIL.value: "E-mail",
        MessageKind.CHAT.value: "Chat",
        MessageKind.MESSENGER.value: "Messenger chat",
    }
)
MISSED_KIND = "missed"

# features.md F41-F47 for calls; what is not here was not picked up.
_STATUS_CODES = {Outcome.ANSWERED.value: "ANSWERED", Outcome.BUSY.value: "BUSY", Outcome.FAILED.value: "FAILED"}
_NO_ANSWER, _IN_PROGRESS, _CLASSIFIER = "NO_ANSWER", "RINGING", "CLASSIFIER"


def call_status(direction: str, outcome: str) -> str:
    """The label of a call, by the rule order of O40. A call that still lasts has no outcome."""
    if not outcome:
        return IN_PROGRESS
    if outcome == Outcome.ANSWERED:
        return COMPLETED
    if direction == Direction.INBOUND and outcome == Outcome.CALLER_ABANDONED:
        return CANCELLED
    if direction == Direction.OUTBOUND and outcome == Outcome.OUTBOUND_ABORTED:
        return RINGING
    return MISSED


def message_status(status: str) -> str:
    """The label of a message (O41-O43)."""
    return MESSAGE_LABELS.get(status, PENDING)


def message_detail(word: str, code: str) -> str:
    """The provider's word for a message and its error code (O43)."""
    return f"{word}: {code}" if word and code else word or code


def status_code(kind: str, outcome: str) -> str:
    """The code of a call's status (features.md F41-F47)."""
    if kind == CallKind.CLASSIFIER:
        return _CLASSIFIER
    return _STATUS_CODES.get(outcome, _NO_ANSWER) if outcome else _IN_PROGRESS


def display_kind(direction: str, outcome: str) -> str:
    """features.md N3: missed if incoming and unanswered, else the direction."""
    missed = direction == Direction.INBOUND and outcome not in ("", Outcome.ANSWERED)
    return MISSED_KIND if missed else direction


def type_of(channel: str, kind: str, direction: str, campaign: str) -> str:
    """The code of an interaction's type (features.md F17-F28), the narrowest there is."""
    way = {Direction.INBOUND.value: "inbound", Direction.OUTBOUND.value: "outbound"}.get(direction, "")
    if channel == SubjectKind.CALL:
        if kind in (CallKind.VOICE, CallKind.CAMPAIGN):
            if direction == Direction.INTERNAL:
                return "call_internal"
            return (f"call_{way}_campaign" if campaign and way == "inbound" else f"call_{way}") if way else kind
        return f"{kind}_{way}" if kind == CallKind.MOBILE_APP and way else kind
    if not way or kind in (MessageKind.CHAT, MessageKind.MESSENGER):
        return kind
    return f"email_{way}" if kind == MessageKind.EMAIL else f"sms_{way}"
