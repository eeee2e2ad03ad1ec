"""Ringlake's own columns: the thirty of the activity file (features.md O30-O44), and all that the lake has (D55).

Durations are whole seconds and empty for a phase that never was, withheld numbers are the word anonymous,
times stand in UTC and in the workspace's zone. `recovered_flag` is empty for everything but missed calls
that need a call back (features.md W32), `recovery_s` for those that nobody has called back in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ringlake.files.csv import Column, Local
from ringlake.files.labels import call_status, message_detail, message_status
from ringlake.files.sheet import Field, Kind
from ringlake.model import tables
from ringlake.model.arrow import kernels
from ringlake.model.subjects import SubjectKind
from ringlake.model.tables import CALLS, MESSAGES, Table

from .rows import Profile, found, ruled, text

if TYPE_CHECKING:
    import pyarrow as pa

_KINDS = {
    Kind.PHONE: ("business_number", "remote_number", "entry_number", "final_number", "number"),
    Kind.MOMENT: ("started_at_utc", "ringing_at", "answered_at", "ended_at"),
    Kind.LOCAL: ("started_at_local",),
    Kind.SECONDS: ("ring_s", "wait_s", "talk_s", "total_s", "voicemail_s", "recovery_s"),
    Kind.FLAG: ("recording_flag", "recovered_flag"),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}

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

# Columns of the lake that the activity file shows as they are.
_SAME = (
    "record_id", "business_number", "business_number_name", "remote_number", "remote_name",
    "user_id", "user_email", "queue", "direction", "tags", "missed_reason",
)  # fmt: skip
_SECONDS = ("ring_s", "wait_s", "talk_s", "total_s", "voicemail_s")

_READS = {
    CALLS.name: (
        *_SAME, *_SECONDS, "outcome", "live", "user_name", "unattributed", "team_name", "started_at", "ringing_at",
        "answered_at", "ended_at", "recordings", "is_candidate", "is_recovered", "recovery_s",
    ),
    MESSAGES.name: (
        *(n for n in _SAME if n in MESSAGES.names), "status", "status_detail", "error_code", "user_name",
        "unattributed", "team_name", "started_at",
    ),
}  # fmt: skip


def _activity(table: Table, rows: pa.Table, zone: ZoneInfo) -> dict[str, Column | Local]:
    have = found(rows, _READS[table.name])
    columns: dict[str, Column | Local] = dict.fromkeys(COLUMNS, text(""))
    columns |= {name: have[name] for name in _SAME if name in have}
    columns |= {
        # Where nobody is credited, why (O31). The id and the address stay empty then.
        "user_name": ruled(
            lambda name, reason: f"unattributed: {reason}" if reason and not name else name,
            have["user_name"],
            have["unattributed"],
        ),
        "team": have["team_name"],
        "started_at_utc": have["started_at"],
        "started_at_local": Local(have["started_at"], zone),
        "timezone": text(zone.key),
    }
    return columns | (_of_call(have) if table is CALLS else _of_message(have))


def _of_call(have: dict[str, Column]) -> dict[str, Column | Local]:
    import pyarrow as pa

    pc = kernels()
    return {
        **{name: have[name] for name in (*_SECONDS, "ringing_at", "answered_at", "ended_at")},
        "channel": text(SubjectKind.CALL.value),
        "status": ruled(call_status, have["direction"], have["outcome"]),
        # The canonical outcome tells apart what one label covers (busy, failed); a live state while it lasts.
        "status_detail": ruled(lambda outcome, live: outcome or live, have["outcome"], have["live"]),
        "recording_flag": pc.greater(have["recordings"], 0),
        "recovered_flag": pc.if_else(
            pc.equal(have["is_candidate"], 1), pc.equal(have["is_recovered"], 1), pa.scalar(None, pa.bool_())
        ),
        "recovery_s": have["recovery_s"],
    }


def _of_message(have: dict[str, Column]) -> dict[str, Column | Local]:
    return {
        "channel": text(SubjectKind.MESSAGE.value),
        "status": ruled(message_status, have["status"]),
        "status_detail": ruled(message_detail, have["status_detail"], have["error_code"]),
    }


RINGLAKE = Profile(
    "ringlake", tuple(Field(name=name, kind=_KIND_OF.get(name, Kind.TEXT)) for name in COLUMNS), _READS, _activity
)


# --- every column of the lake

_OF_TYPE = {
    "string": Kind.TEXT, "timestamp": Kind.MOMENT, "date": Kind.DATE, "boolean": Kind.FLAG, "int": Kind.INTEGER,
    "bigint": Kind.INTEGER,
}  # fmt: skip
_TYPES = {column.name: column.type for column in (*MESSAGES.columns, *CALLS.columns)}
_FLAGS = ("in_open_hours", "legal_hold", "transcript", "summary")


def field_of(column: tables.Column) -> Field:
    """The field that shows a column of the lake, of any table, as it is."""
    return Field(name=column.name, kind=_kind(column.name, column.type))


def kind_of(name: str) -> Kind:
    """The kind of a column of `calls` or `messages`."""
    return _kind(name, _TYPES[name])


def _kind(name: str, type_: str) -> Kind:
    if name in _KIND_OF:
        return _KIND_OF[name]
    if type_ == "int" and (name.startswith("is_") or name in _FLAGS):
        return Kind.FLAG
    if type_ in ("int", "bigint") and (name.endswith("_s") or name == "seconds"):
        return Kind.SECONDS
    if name == "survey_score":
        return Kind.NUMBER
    return Kind.MONEY if type_.startswith("decimal") else _OF_TYPE[type_]


_IN_CALLS = frozenset(CALLS.names)
_ALL = (*CALLS.columns, *(column for column in MESSAGES.columns if column.name not in _IN_CALLS))


def _all(table: Table, rows: pa.Table, zone: ZoneInfo) -> dict[str, Column | Local]:
    columns: dict[str, Column | Local] = dict.fromkeys((column.name for column in _ALL), text(""))
    columns |= found(rows, table.names)
    return columns | {
        "channel": text((SubjectKind.CALL if table is CALLS else SubjectKind.MESSAGE).value),
        "started_at_local": Local(columns["started_at"], zone),
    }


FULL = Profile(
    "full",
    (
        Field(name="channel"),
        *(field_of(column) for column in _ALL),
        Field(name="started_at_local", kind=Kind.LOCAL),
    ),
    {table.name: table.names for table in (CALLS, MESSAGES)},
    _all,
)
