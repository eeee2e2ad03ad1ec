"""The columns of lists: one row per call or message (features.md F31-F50, O30, N1-N6).

A column is worked out from columns of the lake for the rows of one page, so that names, labels and codes are
written once for list and detail. The labels are those of the files (`files/labels.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from ringlake.errors import InvalidRequest
from ringlake.files.labels import (
    TYPE_LABELS,
    call_status,
    display_kind,
    message_detail,
    message_status,
    status_code,
    type_of,
)
from ringlake.model.base import Answer
from ringlake.model.facts import Direction
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.filters import CALL, MESSAGE

# Rows of a page as the lake has them, by column.
type LakeRow = Mapping[str, Any]


class Row(Answer, frozen=True, kw_only=True):
    """One call or message. Only the columns that were asked for are there.

    Texts are "" where the provider said nothing, durations are whole seconds and null for a phase that never
    was, times are UTC. Numbers are masked, names and costs empty for who may not see them.
    """

    record_id: str | UnsetType = UNSET
    channel: str | UnsetType = UNSET
    connection: str | UnsetType = UNSET
    provider: str | UnsetType = UNSET
    provider_id: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    type_label: str | UnsetType = UNSET
    display_kind: str | UnsetType = UNSET
    medium: str | UnsetType = UNSET
    direction: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    status_code: str | UnsetType = UNSET
    status_detail: str | UnsetType = UNSET
    outcome: str | UnsetType = UNSET
    live: str | UnsetType = UNSET
    telephony_status: str | UnsetType = UNSET
    error_code: str | UnsetType = UNSET
    business_number: str | UnsetType = UNSET
    business_number_id: str | UnsetType = UNSET
    business_number_name: str | UnsetType = UNSET
    entry_number: str | UnsetType = UNSET
    remote_number: str | UnsetType = UNSET
    remote_name: str | UnsetType = UNSET
    remote_country: str | UnsetType = UNSET
    remote_count: int | UnsetType | None = UNSET
    source_number: str | UnsetType = UNSET
    destination_number: str | UnsetType = UNSET
    contact_id: str | UnsetType = UNSET
    party_key: str | UnsetType = UNSET
    contact_no: int | UnsetType | None = UNSET
    user_id: str | UnsetType = UNSET
    user_name: str | UnsetType = UNSET
    user_email: str | UnsetType = UNSET
    unattributed: str | UnsetType = UNSET
    agent_id: str | UnsetType = UNSET
    agent_name: str | UnsetType = UNSET
    team_id: str | UnsetType = UNSET
    team: str | UnsetType = UNSET
    queue: str | UnsetType = UNSET
    campaign: str | UnsetType = UNSET
    scheme: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    source_medium: str | UnsetType = UNSET
    source_campaign: str | UnsetType = UNSET
    requested_kind: str | UnsetType = UNSET
    requested_party: str | UnsetType = UNSET
    final_kind: str | UnsetType = UNSET
    final_party: str | UnsetType = UNSET
    final_number: str | UnsetType = UNSET
    started_at_utc: datetime | UnsetType = UNSET
    started_at_local: datetime | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    queued_at: datetime | UnsetType | None = UNSET
    ringing_at: datetime | UnsetType | None = UNSET
    answered_at: datetime | UnsetType | None = UNSET
    ended_at: datetime | UnsetType | None = UNSET
    delivered_at: datetime | UnsetType | None = UNSET
    scheduled_for: datetime | UnsetType | None = UNSET
    ivr_s: int | UnsetType | None = UNSET
    wait_s: int | UnsetType | None = UNSET
    ring_s: int | UnsetType | None = UNSET
    hold_s: int | UnsetType | None = UNSET
    talk_s: int | UnsetType | None = UNSET
    total_s: int | UnsetType | None = UNSET
    total_connected_s: int | UnsetType | None = UNSET
    dialling_s: int | UnsetType | None = UNSET
    post_dial_delay_s: float | UnsetType | None = UNSET
    in_open_hours: bool | UnsetType | None = UNSET
    missed_reason: str | UnsetType = UNSET
    hangup_by: str | UnsetType = UNSET
    cause: str | UnsetType = UNSET
    answered_by: str | UnsetType = UNSET
    voicemail_s: int | UnsetType | None = UNSET
    voicemail_status: str | UnsetType = UNSET
    recording_flag: bool | UnsetType | None = UNSET
    recordings: int | UnsetType | None = UNSET
    transcript: bool | UnsetType | None = UNSET
    summary: bool | UnsetType | None = UNSET
    legs: int | UnsetType | None = UNSET
    answered_elsewhere: int | UnsetType | None = UNSET
    transfers: int | UnsetType | None = UNSET
    classifier: str | UnsetType = UNSET
    record_ref: str | UnsetType = UNSET
    significant: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    conversation: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    labels: list[str] | UnsetType = UNSET
    success: bool | UnsetType | None = UNSET
    sale: bool | UnsetType | None = UNSET
    deals: int | UnsetType | None = UNSET
    segments: int | UnsetType | None = UNSET
    media_count: int | UnsetType | None = UNSET
    bulk: bool | UnsetType | None = UNSET
    cost_amount: Decimal | UnsetType | None = UNSET
    cost_currency: str | UnsetType = UNSET
    cost_source: str | UnsetType = UNSET
    roaming: bool | UnsetType | None = UNSET
    recovered_flag: bool | UnsetType | None = UNSET
    recovery_s: int | UnsetType | None = UNSET
    recovery_state: str | UnsetType = UNSET
    recovery_call: str | UnsetType = UNSET
    recovered_by: str | UnsetType = UNSET
    legal_hold: bool | UnsetType | None = UNSET
    flags: list[str] | UnsetType = UNSET
    revision: int | UnsetType | None = UNSET


COLUMNS: tuple[str, ...] = Row.__struct_fields__

# What a list shows unless it is told: the thirty columns of the activity file (O30) and those of F31-F50.
USUAL = (
    "record_id", "channel", "type", "type_label", "display_kind", "direction", "status", "status_code",
    "status_detail", "business_number", "business_number_name", "remote_number", "remote_name", "source_number",
    "destination_number", "user_id", "user_name", "user_email", "unattributed", "agent_name", "team", "queue",
    "campaign", "started_at_utc", "started_at_local", "timezone", "ringing_at", "answered_at", "ended_at", "ring_s",
    "wait_s", "talk_s", "total_s", "total_connected_s", "dialling_s", "missed_reason", "voicemail_s", "recording_flag",
    "transcript", "hangup_by", "classifier", "record_ref", "significant", "reference", "tags", "labels", "success",
    "recovered_flag", "recovery_s", "recovery_state",
)  # fmt: skip


class Part(NamedTuple):
    """How a column comes about in one table: the columns of the lake that it needs, and its value of a row."""

    needs: tuple[str, ...]
    value: Callable[[LakeRow, ZoneInfo], Any]


class Column(NamedTuple):
    """A column of lists; a table that has nothing to say about it gives `none`."""

    parts: Mapping[str, Part]
    none: Any = ""


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The columns asked for, in their order, or the usual ones. Raises `InvalidRequest` naming `columns`."""
    wrong = [(f"columns.{n}", "there is no such column") for n, name in enumerate(names) if name not in _COLUMNS]
    if wrong:
        raise InvalidRequest(*wrong[0], *wrong[1:])
    return tuple(dict.fromkeys(names)) or USUAL


def needed(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    """Columns of the lake that these columns are made of."""
    parts = [_COLUMNS[name].parts.get(table.name) for name in names]
    return tuple(sorted({need for part in parts if part for need in part.needs}))


def shown(table: Table, row: LakeRow, names: Iterable[str], zone: ZoneInfo) -> Row:
    """A row of `calls` or `messages` as lists show it."""
    found = {}
    for name in names:
        column = _COLUMNS[name]
        part = column.parts.get(table.name)
        found[name] = part.value(row, zone) if part else column.none
    return Row(**found)


def instant(at: datetime | None) -> datetime | None:
    """The lake's naive UTC as an instant."""
    return at if at is None else at.replace(tzinfo=UTC)


# --- how columns come about


def _calls(needs: Sequence[str], value: Any, none: Any = None) -> Column:
    return Column({CALLS.name: Part(tuple(needs), value)}, none)


def _both(needs: Sequence[str], value: Any, none: Any = "") -> Column:
    part = Part(tuple(needs), value)
    return Column({CALLS.name: part, MESSAGES.name: part}, none)


def _each(calls: tuple[Sequence[str], Any], messages: tuple[Sequence[str], Any]) -> Column:
    return Column({CALLS.name: Part(tuple(calls[0]), calls[1]), MESSAGES.name: Part(tuple(messages[0]), messages[1])})


def _plain(name: str, value: Callable[[Any], Any], none: Any) -> Column:
    """A column of the lake under its own name, where a table has it."""
    part = Part((name,), lambda row, _: value(row[name]))
    return Column({table.name: part for table in (CALLS, MESSAGES) if name in table.names}, none)


def _text(name: str) -> Column:
    return _plain(name, lambda text: text or "", "")


def _number(name: str) -> Column:
    return _plain(name, lambda number: number, None)


def _flag(name: str) -> Column:
    return _plain(name, lambda flag: None if flag is None else bool(flag), None)


def _time(name: str) -> Column:
    return _plain(name, instant, None)


def _words(name: str) -> Column:
    return _plain(name, lambda words: [word for word in (words or "").split(";") if word], [])


def _type_of_call(row: LakeRow, _: ZoneInfo) -> str:
    return type_of(CALL, row["kind"] or "", row["direction"] or "", row["campaign"] or "")


def _type_of_message(row: LakeRow, _: ZoneInfo) -> str:
    return type_of(MESSAGE, row["kind"] or "", row["direction"] or "", "")


def _label(type_: str) -> str:
    return TYPE_LABELS.get(type_, type_)


def _source_number(row: LakeRow, _: ZoneInfo) -> str:
    return (row["remote_number"] if row["direction"] == Direction.INBOUND else row["business_number"]) or ""


def _destination_of_call(row: LakeRow, _: ZoneInfo) -> str:
    """features.md F34: what the customer dialled, which need not be the number that served the call."""
    if row["direction"] == Direction.INBOUND:
        return row["entry_number"] or row["business_number"] or ""
    return row["remote_number"] or ""


def _destination_of_message(row: LakeRow, _: ZoneInfo) -> str:
    return (row["business_number"] if row["direction"] == Direction.INBOUND else row["remote_number"]) or ""


def _agent(name: str) -> Column:
    """features.md F33: empty when agent and customer never talked."""
    return _each(
        ((name, "answered_at"), lambda row, _: (row[name] or "") if row["answered_at"] is not None else ""),
        ((name,), lambda row, _: row[name] or ""),
    )


def _total_connected(row: LakeRow, _: ZoneInfo) -> int | None:
    """features.md F37: menu, queue and conversation."""
    queued = row["wait_s"] if row["queued_at"] is not None else None
    parts = [part for part in (row["ivr_s"], queued, row["talk_s"]) if part is not None]
    return sum(parts) if parts else None


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None or end < start else (end - start).total_seconds()


def _dialling(row: LakeRow, _: ZoneInfo) -> int | None:
    """features.md F38: outgoing only, from dialling until the customer answered or the call was over."""
    if row["direction"] != Direction.OUTBOUND:
        return None
    lasted = _between(row["started_at"], row["answered_at"] or row["ended_at"])
    return None if lasted is None else int(lasted + 0.5)


def _post_dial_delay(row: LakeRow, _: ZoneInfo) -> float | None:
    """metrics.md Post-dial delay; demands.md D79."""
    if row["direction"] != Direction.OUTBOUND:
        return None
    return _between(row["started_at"], row["ringing_at"])


def _success(row: LakeRow, _: ZoneInfo) -> bool | None:
    return True if row["is_success"] else False if row["is_no_success"] else None


def _recovered(row: LakeRow, _: ZoneInfo) -> bool | None:
    """Empty for everything but missed calls that need a call back (features.md W32)."""
    return bool(row["is_recovered"]) if row["is_candidate"] else None


_LABELS = (("unique", "is_unique"), ("repeat", "is_repeat"), ("target", "is_target"), ("spam", "is_spam"))
_TIMES = ("queued_at", "ringing_at", "answered_at", "ended_at", "delivered_at", "scheduled_for")
_NUMBERS = (
    "ivr_s", "wait_s", "ring_s", "hold_s", "talk_s", "total_s", "voicemail_s", "recovery_s", "remote_count",
    "contact_no", "recordings", "legs", "answered_elsewhere", "deals", "transfers", "segments", "media_count",
    "cost_amount", "roaming", "revision",
)  # fmt: skip
_FLAGS = ("in_open_hours", "transcript", "summary", "legal_hold")
_TYPED = ("kind", "direction", "campaign")
_ENDS = ("direction", "remote_number", "business_number")

_SPECIAL: dict[str, Column] = {
    "channel": _each((("record_id",), lambda _row, _: CALL), (("record_id",), lambda _row, _: MESSAGE)),
    "type": _each((_TYPED, _type_of_call), (_TYPED, _type_of_message)),
    "type_label": _each(
        (_TYPED, lambda row, zone: _label(_type_of_call(row, zone))),
        (_TYPED, lambda row, zone: _label(_type_of_message(row, zone))),
    ),
    "display_kind": _each(
        (("direction", "outcome"), lambda row, _: display_kind(row["direction"] or "", row["outcome"] or "")),
        (("direction",), lambda row, _: row["direction"] or ""),
    ),
    "medium": _each((("record_id",), lambda _row, _: "voice"), (("kind",), lambda row, _: row["kind"] or "")),
    "status": _each(
        (("direction", "outcome"), lambda row, _: call_status(row["direction"] or "", row["outcome"] or "")),
        (("status",), lambda row, _: message_status(row["status"] or "")),
    ),
    "status_code": _each(
        (("kind", "outcome"), lambda row, _: status_code(row["kind"] or "", row["outcome"] or "")),
        (("status",), lambda row, _: (row["status"] or "").upper()),
    ),
    "status_detail": _each(
        (("outcome", "live"), lambda row, _: row["outcome"] or row["live"] or ""),
        (
            ("status_detail", "error_code"),
            lambda row, _: message_detail(row["status_detail"] or "", row["error_code"] or ""),
        ),
    ),
    "source_number": _both(_ENDS, _source_number),
    "destination_number": _each(((*_ENDS, "entry_number"), _destination_of_call), (_ENDS, _destination_of_message)),
    "agent_id": _agent("user_id"),
    "agent_name": _agent("user_name"),
    "team": _both(("team_name",), lambda row, _: row["team_name"] or ""),
    "started_at_utc": _both(("started_at",), lambda row, _: instant(row["started_at"])),
    "started_at_local": _both(
        ("started_at",), lambda row, zone: row["started_at"].replace(tzinfo=UTC).astimezone(zone)
    ),
    "timezone": _both(("record_id",), lambda _row, zone: zone.key),
    "total_connected_s": _calls(("ivr_s", "wait_s", "queued_at", "talk_s"), _total_connected),
    "dialling_s": _calls(("direction", "started_at", "answered_at", "ended_at"), _dialling),
    "post_dial_delay_s": _calls(("direction", "started_at", "ringing_at"), _post_dial_delay),
    "recording_flag": _calls(("recordings",), lambda row, _: bool(row["recordings"])),
    "labels": _each(
        (tuple(column for _, column in _LABELS), lambda row, _: [label for label, column in _LABELS if row[column]]),
        (("is_spam",), lambda row, _: ["spam"] if row["is_spam"] else []),
    ),
    "sale": _calls(("is_sale",), lambda row, _: bool(row["is_sale"])),
    "success": _calls(("is_success", "is_no_success"), _success),
    "bulk": Column({MESSAGES.name: Part(("is_bulk",), lambda row, _: bool(row["is_bulk"]))}, None),
    "recovered_flag": _calls(("is_candidate", "is_recovered"), _recovered),
    "tags": _words("tags"),
    "flags": _words("flags"),
}
_COLUMNS: Mapping[str, Column] = MappingProxyType(
    {name: _text(name) for name in COLUMNS}
    | {name: _time(name) for name in _TIMES}
    | {name: _number(name) for name in _NUMBERS}
    | {name: _flag(name) for name in _FLAGS}
    | _SPECIAL
)
