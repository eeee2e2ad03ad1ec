"""OpenPhone (Quo): the field names of its API, the status words of its export (features.md O30-O44)."""

from __future__ import annotations

from ringlake.files.labels import call_status, message_detail, message_status
from ringlake.model.facts import Direction

from .making import (
    constant,
    destination_number,
    has_recording,
    local,
    profile,
    said,
    same,
    source_number,
    utc,
    words,
    zone_name,
)

_WAYS = {Direction.INBOUND.value: "incoming", Direction.OUTBOUND.value: "outgoing"}


def way(direction: str) -> str:
    """features.md O36."""
    return _WAYS.get(direction, direction)


_WAY = said(way, "direction")

OPENPHONE = profile(
    "openphone",
    same("provider_id", "id"),
    constant("channel", "object", "call", "message"),
    words("way", "direction", _WAY, _WAY),
    words("status", "status", said(call_status, "direction", "outcome"), said(message_status, "status")),
    source_number("from"),
    destination_number("to"),
    same("business_number_ref", "phoneNumberId"),
    same("business_number_name", "phoneNumberName"),
    same("remote_name", "contactName"),
    same("conversation", "conversationId"),
    same("user_account", "userId"),
    same("user_name", "userName"),
    same("user_email", "userEmail"),
    utc("createdAt"),
    same("answered_at", "answeredAt"),
    same("ended_at", "completedAt"),
    # Documented as total duration, but always what lies between answer and end.
    same("talk_s", "duration"),
    same("ring_s", "ringDuration"),
    same("wait_s", "waitDuration"),
    same("total_s", "totalDuration"),
    same("voicemail_s", "voicemailDuration"),
    same("voicemail_status", "voicemailStatus"),
    has_recording("hasRecording"),
    same("tags", "tags"),
    same("final_number", "forwardedTo"),
    # Our codes beside.
    same("record_id"),
    same("direction"),
    same("outcome"),
    words(
        "status_detail",
        "",
        said(lambda outcome, live: outcome or live, "outcome", "live"),
        said(message_detail, "status_detail", "error_code"),
    ),
    same("missed_reason"),
    same("user_id"),
    same("team", lake="team_name"),
    local("started_at_local"),
    zone_name(),
)
