"""Ringostat: the field names and dispositions of its call log (features.md R8-R17, R28)."""

from __future__ import annotations

from ringlake.model.calls import Outcome
from ringlake.model.facts import CallKind, Direction

from .making import (
    constant,
    destination_number,
    has_recording,
    local,
    profile,
    said,
    same,
    source_number,
    translated,
    utc,
    words,
    zone_name,
)

_CALLBACKS = (CallKind.CALLBACK_CUSTOMER, CallKind.CALLBACK_AGENT)
_WAYS = {Direction.INBOUND.value: "in", Direction.OUTBOUND.value: "out"}
_DISPOSITIONS = {
    Outcome.ANSWERED.value: "ANSWERED",
    Outcome.BUSY.value: "BUSY",
    Outcome.FAILED.value: "FAILED",
    Outcome.VOICEMAIL.value: "VOICEMAIL",
}
# Closing words that tell more than an outcome does.
_OWN = frozenset(
    {
        "ANSWERED", "PROPER", "REPEATED", "NO ANSWER", "BUSY", "FAILED", "NO-FORWARD", "VOICEMAIL", "WRONG EXTENSION",
        "NO EXTENSION", "CLIENT NO ANSWER", "FAILED FORBIDDEN DESTINATION", "DECLINE",
    }
)  # fmt: skip


def call_type(direction: str, kind: str) -> str:
    """features.md R8: incoming, outgoing or callback."""
    return "callback" if kind in _CALLBACKS else _WAYS.get(direction, direction)


def disposition(provider: str, word: str, outcome: str) -> str:
    """Ringostat's own closing word of its calls, else the one that the outcome stands for."""
    if not outcome:
        return "IN PROGRESS"
    own = " ".join(word.upper().replace("_", " ").replace("+", " ").split())
    if provider == "ringostat" and own in _OWN:
        return own
    return _DISPOSITIONS.get(outcome, "NO ANSWER")


RINGOSTAT = profile(
    "ringostat",
    same("provider_id", "uniqueid"),
    local("started_at_local", "calldate"),
    words("call_type", "call_type", said(call_type, "direction", "kind"), translated(_WAYS, "direction")),
    source_number("caller"),
    destination_number("dst"),
    same("final_party", "connected_with"),
    same("user_name", "employee_fio"),
    same("user_account", "employee_number"),
    same("team", "department", lake="team_name"),
    same("scheme", "scheme_name"),
    words(
        "disposition",
        "disposition",
        said(disposition, "provider", "telephony_status", "outcome"),
        said(str.upper, "status"),
    ),
    same("total_s", "duration"),
    same("talk_s", "billsec"),
    same("wait_s", "waittime"),
    same("contact_no", "call_counter"),
    same("is_target", "proper_flag"),
    same("is_repeat", "repeated_flag"),
    has_recording("has_recording"),
    same("source", "utm_source"),
    same("source_medium", "utm_medium"),
    same("source_campaign", "utm_campaign"),
    # Our codes beside.
    same("record_id"),
    constant("channel", "", "call", "message"),
    same("direction"),
    same("outcome"),
    same("missed_reason"),
    same("is_missed"),
    same("ring_s"),
    same("user_id"),
    utc(),
    zone_name(),
)
