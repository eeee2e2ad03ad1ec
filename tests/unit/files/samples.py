"""A day of the lake with every shape of row that the activity file tells apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ringlake.files.profiles import batches, profile_of
from ringlake.files.sheet import About, Sheet
from tests.unit.query.lake_rows import calls, messages

if TYPE_CHECKING:
    import pyarrow as pa

WARSAW = ZoneInfo("Europe/Warsaw")
START = datetime(2026, 3, 29, 0, 58, 0, 250_000, tzinfo=UTC)
OUR = {"business_number": "+48221230000", "business_number_id": "n1", "business_number_name": 'Main "office"'}
ANNA = {
    "user_id": "u1",
    "user_name": "Anna Nowak",
    "user_email": "anna@example.com",
    "team_id": "t1",
    "team_name": "Sales",
}


def _call(minute: int, **fields: Any) -> dict[str, Any]:
    start = START + timedelta(minutes=minute)
    usual = {
        "started_at": start,
        "ended_at": start + timedelta(seconds=90),
        "total_s": 90,
        "remote_number": "+48601234567",
    }
    return OUR | usual | fields


def sample_calls() -> pa.Table:
    def at(minute: int, second: int) -> datetime:
        return START + timedelta(minutes=minute, seconds=second)

    return calls(
        _call(
            0,
            **ANNA,
            remote_name="Jan Kowalski",
            outcome="answered",
            ringing_at=at(0, 2),
            answered_at=at(0, 7),
            ring_s=5,
            wait_s=5,
            talk_s=83,
            recordings=1,
            tags="new;vip",
            queue="Sales",
        ),
        _call(
            1,
            outcome="caller_abandoned",
            remote_name='=HYPERLINK("http://x")',
            ringing_at=at(1, 1),
            ring_s=89,
            wait_s=89,
            missed_reason="rang_no_answer",
            unattributed="group_call",
            is_candidate=1,
            is_recovered=1,
            recovery_s=1312,
        ),
        _call(
            2,
            outcome="no_answer",
            remote_number="anonymous",
            remote_name="+1-1",
            missed_reason="closed_hours",
            unattributed="nobody",
        ),
        _call(
            3,
            outcome="voicemail",
            remote_name="-5",
            voicemail_s=12,
            missed_reason="direct_voicemail",
            unattributed="unmapped",
            is_candidate=1,
            tags="=1+2",
        ),
        _call(4, **ANNA, direction="outbound", outcome="outbound_aborted", remote_number="0048789", total_s=0),
        _call(5, **ANNA, direction="outbound", outcome="busy", remote_name="'quoted'"),
        _call(
            6, **ANNA, direction="internal", outcome="answered", remote_number="101", talk_s=3661, answered_at=at(6, 0)
        ),
        _call(
            7,
            outcome="",
            live="ringing",
            ended_at=None,
            total_s=None,
            remote_name='Żółć, "x"\r\nline',
            unattributed="group_call",
        ),
        _call(8, outcome="failed", remote_name="\tTab", cause="404", unattributed="nobody", missed_reason="technical"),
    )


def sample_messages() -> pa.Table:
    def at(minute: int, second: int) -> dict[str, Any]:
        return OUR | {"started_at": START + timedelta(minutes=minute, seconds=second)}

    outbound = ANNA | {"direction": "outbound", "remote_number": "+48601234567"}
    return messages(
        at(0, 30) | outbound | {"record_id": "m:1", "status": "delivered", "status_detail": "delivered"},
        at(2, 1)
        | outbound
        | {"record_id": "m:2", "status": "undelivered", "status_detail": "failed", "error_code": "30003"},
        at(9, 0) | {"record_id": "m:3", "remote_name": "@all", "unattributed": "nobody"},
        at(9, 0) | ANNA | {"record_id": "m:4", "direction": "outbound", "status": "sent", "status_detail": "sent"},
    )


def sheet_of(profile: str, calls: pa.Table, messages: pa.Table) -> Sheet:
    """The rows of a day under a profile's columns."""
    shown = profile_of(profile)
    return Sheet(name="interactions", fields=shown.fields, batches=batches(shown, [calls], [messages], WARSAW))


def about(**changed: Any) -> About:
    facts: dict[str, Any] = {
        "title": "Activity: calls and messages",
        "workspace": "acme",
        "filter": {"from": "2026-03-29", "to": "2026-03-29"},
        "zone": WARSAW,
        "as_of": START + timedelta(hours=1),
        "settings_version": 7,
        "made_at": START + timedelta(hours=2),
    }
    return About(**facts | changed)
