"""The activity file: one row per call or message, in thirty columns (features.md O30-O44).

The columns relabel what the lake holds and never recount: durations are whole seconds and empty
for a phase that never was, withheld numbers are the word anonymous, times stand in UTC and in
the workspace's zone. `recovered_flag` and `recovery_s` are empty until recovery is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ringlake.model.calls import Outcome
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.arrow import kernels
from ringlake.query.filters import CALL, MESSAGE

from .csv import Column, Local, few

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = (
    "record_id",
    "channel",
    "direction",
    "status",
    "status_detail",
    "business_number",
    "business_number_name",
    "remote_number",
    "remote_name",
    "user_id",
    "user_name",
    "user_email",
    "team",
    "queue",
    "started_at_utc",
    "started_at_local",
    "timezone",
    "ringing_at",
    "answered_at",
    "ended_at",
    "ring_s",
    "wait_s",
    "talk_s",
    "total_s",
    "missed_reason",
    "voicemail_s",
    "recording_flag",
    "tags",
    "recovered_flag",
    "recovery_s",
)

COMPLETED, MISSED, RINGING, CANCELLED, IN_PROGRESS = "Completed", "Missed", "Ringing", "Cancelled", "In progress"

# Statuses of messages (O41-O43): what is neither received, delivered nor failed is pending.
MESSAGE_LABELS = {
    MessageStatus.RECEIVED.value: "Received",
    MessageStatus.DELIVERED.value: "Delivered",
    MessageStatus.UNDELIVERED.value: "Undelivered",
}
PENDING = "Pending"

# Columns of the lake that the profile shows as they are, and those that have few distinct values.
_SAME = (
    "record_id", "business_number", "business_number_name", "remote_number", "remote_name",
    "user_id", "user_email", "queue", "direction", "tags", "missed_reason",
)  # fmt: skip
_FEW = frozenset(
    {
        "direction", "business_number", "business_number_name", "user_id", "user_name", "user_email", "team_name",
        "queue", "tags", "missed_reason", "unattributed", "outcome", "live", "status", "status_detail", "error_code",
    }
)  # fmt: skip
_SECONDS = ("ring_s", "wait_s", "talk_s", "total_s", "voicemail_s")

# What has to be read of each table.
LAKE_COLUMNS: dict[str, tuple[str, ...]] = {
    CALLS.name: (
        *_SAME, *_SECONDS, "outcome", "live", "user_name", "unattributed", "team_name", "started_at", "ringing_at",
        "answered_at", "ended_at", "recordings",
    ),
    MESSAGES.name: (
        *(n for n in _SAME if n in MESSAGES.names), "status", "status_detail", "error_code", "user_name",
        "unattributed", "team_name", "started_at",
    ),
}  # fmt: skip


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


def activity(table: Table, rows: pa.Table, zone: ZoneInfo) -> dict[str, Column | Local]:
    """The profile's columns of rows of `calls` or `messages`, ready for `csv.encode`."""
    import pyarrow as pa

    found = {name: rows[name].combine_chunks() for name in LAKE_COLUMNS[table.name]}
    encoded = {name: few(column) for name, column in found.items() if name in _FEW}
    nothing: Any = pa.scalar("", pa.string())
    columns: dict[str, Column | Local] = dict.fromkeys(COLUMNS, nothing)
    columns |= {name: encoded.get(name, found[name]) for name in _SAME if name in found}
    columns |= {
        "user_name": _with_reason(encoded["user_name"], encoded["unattributed"]),
        "team": encoded["team_name"],
        "started_at_utc": found["started_at"],
        "started_at_local": Local(found["started_at"], zone),
        "timezone": pa.scalar(zone.key, pa.string()),
    }
    if table is CALLS:
        columns |= _call_columns(found, encoded)
    else:
        columns |= _message_columns(encoded)
    return columns


def _call_columns(found: dict[str, Column], encoded: dict[str, Column]) -> dict[str, Column | Local]:
    import pyarrow as pa

    pc = kernels()
    return {
        **{name: found[name] for name in (*_SECONDS, "ringing_at", "answered_at", "ended_at")},
        "channel": pa.scalar(CALL, pa.string()),
        "status": _pairwise(encoded["direction"], encoded["outcome"], call_status),
        # The canonical outcome tells apart what one label covers (busy, failed); a live state while it lasts.
        "status_detail": _pairwise(encoded["outcome"], encoded["live"], lambda outcome, live: outcome or live),
        "recording_flag": pc.greater(found["recordings"], 0),
    }


def _message_columns(encoded: dict[str, Column]) -> dict[str, Column | Local]:
    import pyarrow as pa

    return {
        "channel": pa.scalar(MESSAGE, pa.string()),
        "status": _mapped(encoded["status"], lambda status: MESSAGE_LABELS.get(status, PENDING)),
        "status_detail": _pairwise(
            encoded["status_detail"],
            encoded["error_code"],
            lambda word, code: f"{word}: {code}" if word and code else word or code,
        ),
    }


def _with_reason(names: Column, reasons: Column) -> Column:
    """The user's name; where nobody is credited, why (O31). The id and the address stay empty then."""
    return _pairwise(names, reasons, lambda name, reason: f"unattributed: {reason}" if reason and not name else name)


def _mapped(column: Column, label: Any) -> Column:
    import pyarrow as pa

    labels = pa.array([label(value or "") for value in column.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(column.indices, labels)


def _pairwise(first: Column, second: Column, label: Any) -> Column:
    """A label for each pair of values of two dictionary-encoded columns, worked out once a pair."""
    import pyarrow as pa

    pc = kernels()
    left = [value or "" for value in first.dictionary.to_pylist()] + [""]
    right = [value or "" for value in second.dictionary.to_pylist()] + [""]
    labels = pa.array([label(a, b) for a in left for b in right], pa.string())
    # A null reads like an empty text, which stands last in both lists.
    row = pc.cast(pc.fill_null(first.indices, len(left) - 1), pa.int64())
    column = pc.cast(pc.fill_null(second.indices, len(right) - 1), pa.int64())
    return pa.DictionaryArray.from_arrays(pc.add(pc.multiply(row, len(right)), column), labels)
