"""WiseParts: its words for directions and statuses, and recovery (features.md W2-W6, W32-W35)."""

from __future__ import annotations

from ringlake.files.labels import message_status
from ringlake.model.arrow import kernels
from ringlake.model.calls import LiveState, Outcome
from ringlake.model.facts import CallKind, Direction

from .making import (
    Have,
    constant,
    destination_number,
    flag,
    local,
    profile,
    said,
    same,
    source_number,
    utc,
    words,
    zone_name,
)

# features.md, table of outcomes: what has no word of its own is No Answer.
_STATUSES = {
    Outcome.ANSWERED.value: "Completed",
    Outcome.CALLER_ABANDONED.value: "Canceled",
    Outcome.OUTBOUND_ABORTED.value: "Canceled",
    Outcome.FAILED.value: "Failed",
}
_LIVE = {
    LiveState.QUEUED.value: "Queued",
    LiveState.RINGING.value: "Ringing",
    LiveState.IN_PROGRESS.value: "Answered",
}
_WAYS = {Direction.INBOUND.value: "Inbound", Direction.OUTBOUND.value: "Outbound Dial"}


def status(outcome: str, live: str) -> str:
    """features.md W3."""
    return _STATUSES.get(outcome, "No Answer") if outcome else _LIVE.get(live, live)


def way(direction: str, kind: str) -> str:
    """Calls that the system dials by itself are automatic."""
    automatic = kind in (CallKind.SURVEY_OUTBOUND, CallKind.CALLBACK_CUSTOMER, CallKind.CALLBACK_AGENT)
    return "Outbound Auto" if direction == Direction.OUTBOUND and automatic else _WAYS.get(direction, direction)


def _recovered(have: Have) -> object:
    """Empty for everything but missed calls that need a call back (W32)."""
    import pyarrow as pa

    pc = kernels()
    return pc.if_else(pc.equal(have["is_candidate"], 1), pc.equal(have["is_recovered"], 1), pa.scalar(None, pa.bool_()))


_WAY = said(way, "direction", "kind")

WISEPARTS = profile(
    "wiseparts",
    same("provider_id", "Call ID"),
    words("way", "Direction", _WAY, _WAY),
    words("status", "Status", said(status, "outcome", "live"), said(message_status, "status")),
    source_number("Caller"),
    destination_number("Recipient"),
    same("remote_name", "Customer"),
    same("user_name", "Operator"),
    same("team", "Team", lake="team_name"),
    same("queue", "Queue"),
    local("started_at_local", "Started"),
    local("queued_at_local", "Queued", lake="queued_at"),
    local("ringing_at_local", "Ringing", lake="ringing_at"),
    local("answered_at_local", "Answered", lake="answered_at"),
    local("ended_at_local", "Completed", lake="ended_at"),
    same("wait_s", "Queue wait"),
    same("ring_s", "Ring"),
    same("talk_s", "Talk"),
    same("total_s", "Duration"),
    flag("recovered_flag", "Recovered", ("is_candidate", "is_recovered"), _recovered),
    same("recovery_s", "Recovery seconds"),
    same("deals", "Quotes and orders"),
    # Our codes beside.
    same("record_id"),
    constant("channel", "", "call", "message"),
    same("direction"),
    same("outcome"),
    same("missed_reason"),
    same("recovery_state"),
    same("user_id"),
    utc(),
    zone_name(),
)
