"""Focus Contact Center: the nineteen columns of its contacts report (features.md F31-F50)."""

from __future__ import annotations

from ringlake.files.labels import status_code, type_of
from ringlake.model.calls import Outcome
from ringlake.model.facts import CallKind, Direction, HangupBy, MessageKind, MessageStatus
from ringlake.model.subjects import SubjectKind

from .making import (
    agent_name,
    constant,
    destination_number,
    dialling,
    local,
    marks,
    profile,
    said,
    same,
    source_number,
    total_connected,
    translated,
    utc,
    words,
    zone_name,
)

# features.md F40; codes are those of the filter `kinds` and stand in the column `type`.
TYPES = {
    "call_outbound": "Połączenie wychodzące",
    "call_inbound": "Połączenie przychodzące",
    "call_inbound_campaign": "Połączenie przychodzące w kampanii",
    "call_internal": "Połączenie wewnętrzne",
    CallKind.VOICE.value: "Połączenie",
    CallKind.CAMPAIGN.value: "Połączenie w kampanii",
    CallKind.CONSULTATION.value: "Konsultacja",
    CallKind.SURVEY_POST_CALL.value: "Ankieta PCS",
    CallKind.SURVEY_OUTBOUND.value: "Ankieta VM",
    CallKind.EXTERNAL_TRANSFER.value: "Transfer zewnętrzny",
    CallKind.CALLBACK_CUSTOMER.value: "SiteCall - klient",
    CallKind.CALLBACK_AGENT.value: "SiteCall - agent",
    CallKind.MOBILE_APP.value: "Aplikacja mobilna",
    "mobile_app_outbound": "Aplikacja mobilna - wychodzące",
    "mobile_app_inbound": "Aplikacja mobilna - przychodzące",
    CallKind.CLASSIFIER.value: "Klasyfikator",
    "sms_outbound": "SMS wychodzący",
    "sms_inbound": "SMS przychodzący",
    MessageKind.SMS.value: "SMS",
    MessageKind.MMS.value: "MMS",
    "email_outbound": "Mail wychodzący",
    "email_inbound": "Mail przychodzący",
    MessageKind.EMAIL.value: "Mail",
    MessageKind.CHAT.value: "Chat",
    MessageKind.MESSENGER.value: "Chat Messenger",
}
_SIDES = {
    HangupBy.CUSTOMER.value: "klient",
    HangupBy.AGENT.value: "agent",
    HangupBy.SYSTEM.value: "system",
    HangupBy.UNKNOWN.value: "nieznana",
}
NO_ANSWER, ANSWERED, PENDING, FAILED = "NO ANSWER", "ANSWERED", "PENDING", "FAILED"
# F41-F47: its own closing words, the misspelling of its documentation among them.
_OWN = {word: word for word in (ANSWERED, FAILED, "BUSY", NO_ANSWER)} | {"NO ANSWEAR": NO_ANSWER}
# What a menu may have taken before nobody did (F15).
_NOBODY = (Outcome.NO_ANSWER, Outcome.CALLER_ABANDONED, Outcome.VOICEMAIL)


def call_type(kind: str, direction: str, campaign: str) -> str:
    return type_of(SubjectKind.CALL.value, kind, direction, campaign)


def message_type(kind: str, direction: str) -> str:
    return type_of(SubjectKind.MESSAGE.value, kind, direction, "")


def status(provider: str, word: str, kind: str, outcome: str, direction: str, campaign: str) -> str:
    """The status as FCC shows it; what people made of the call stands in `status_code` and `outcome`.

    An incoming call in a campaign is ANSWERED once its menu picked up, also when no agent talked (F15).
    """
    code = status_code(kind, outcome)
    if not outcome or kind == CallKind.CLASSIFIER:
        return code
    own = _OWN.get(word.upper().replace("_", " "))
    if provider == "fcc" and own:
        return own
    if direction == Direction.INBOUND and campaign and outcome in _NOBODY:
        return ANSWERED
    return code.replace("_", " ")


def message_status(status: str) -> str:
    """features.md F43, F46."""
    return FAILED if status == MessageStatus.UNDELIVERED else status.upper()


def _label(type_: str) -> str:
    return TYPES.get(type_, type_)


_CALL_TYPE, _MESSAGE_TYPE = ("kind", "direction", "campaign"), ("kind", "direction")
_TYPE = (said(call_type, *_CALL_TYPE), said(message_type, *_MESSAGE_TYPE))

FCC = profile(
    "fcc",
    same("record_id", "ID połączenia"),
    same("campaign", "Kampania"),
    agent_name("Agent"),
    source_number("Numer/adres źródłowy"),
    destination_number("Numer/adres docelowy"),
    # Copies of e-mails are not told to us.
    constant("cc", "Adres DW", "", ""),
    constant("bcc", "Adres UDW", "", ""),
    local("started_at_local", "Kiedy"),
    total_connected("Czas rozmowy"),
    dialling("Czas wydzwaniania"),
    same("talk_s", "Rozmowa z agentem"),
    words(
        "type_label",
        "Typ",
        said(lambda *of: _label(call_type(*of)), *_CALL_TYPE),
        said(lambda *of: _label(message_type(*of)), *_MESSAGE_TYPE),
    ),
    words(
        "status",
        "Status",
        said(status, "provider", "telephony_status", "kind", "outcome", "direction", "campaign"),
        said(message_status, "status"),
    ),
    same("record_ref", "ID rekordu"),
    same("significant", "Pole znaczące"),
    same("classifier", "Klasyfikator"),
    same("queue", "Kolejka"),
    # What can be played or read (F49).
    words(
        "details",
        "Szczegóły",
        marks(("recordings", 1, "nagranie"), ("transcript", 1, "transkrypcja"), ("summary", 1, "podsumowanie")),
        None,
    ),
    words("hangup_side", "Strona rozłączenia", translated(_SIDES, "hangup_by"), None),
    # Our codes beside.
    same("provider_id"),
    words("type", "", *_TYPE),
    words("status_code", "", said(status_code, "kind", "outcome"), said(str.upper, "status")),
    same("outcome"),
    same("hangup_by"),
    same("user_id"),
    utc(),
    zone_name(),
)
