"""The activity file against the definitions of O30-O44, and against its approved copies."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ringlake.files import formats
from ringlake.files.csv import BATCH_ROWS, BOM, Dialect, unguarded
from ringlake.files.formats import Style
from ringlake.files.profiles import PROFILES
from ringlake.model.calls import Outcome
from tests.unit.files.samples import about, sample_calls, sample_messages, sheet_of
from tests.unit.query.lake_rows import calls, messages

APPROVED = Path(__file__).resolve().parents[2] / "approved"


def file(of_calls: pa.Table, of_messages: pa.Table, dialect: Dialect = Dialect.DATA) -> bytes:
    sheet = sheet_of("ringlake", of_calls, of_messages)
    written = list(formats.written(sheet, about(), Style(dialect=dialect)))
    assert sum(piece.rows for piece in written) == of_calls.num_rows + of_messages.num_rows
    return b"".join(piece.body for piece in written)


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.removeprefix(BOM).decode(), newline="")))


def only(**call: Any) -> Mapping[str, str]:
    (row,) = rows(file(calls({"started_at": datetime(2026, 3, 1, tzinfo=UTC)} | call), messages()))
    return row


@pytest.mark.parametrize("dialect", Dialect)
def test_the_file_is_the_approved_one(dialect: Dialect) -> None:
    """To approve a change: APPROVE=1 pytest, then read the difference like code."""
    approved = APPROVED / f"activity_{dialect.value}.csv"
    body = file(sample_calls(), sample_messages(), dialect)
    if os.environ.get("APPROVE"):
        approved.write_bytes(body)
    assert body == approved.read_bytes()


def test_the_columns_are_these_thirty() -> None:
    assert ",".join(field.name for field in PROFILES["ringlake"].fields) == (
        "record_id,channel,direction,status,status_detail,business_number,business_number_name,remote_number,"
        "remote_name,user_id,user_name,user_email,team,queue,started_at_utc,started_at_local,timezone,ringing_at,"
        "answered_at,ended_at,ring_s,wait_s,talk_s,total_s,missed_reason,voicemail_s,recording_flag,tags,"
        "recovered_flag,recovery_s"
    )


def test_both_dialects_hold_the_same_values() -> None:
    data = rows(file(sample_calls(), sample_messages()))
    spreadsheet = rows(file(sample_calls(), sample_messages(), Dialect.SPREADSHEET))

    assert [{name: unguarded(cell) for name, cell in row.items()} for row in spreadsheet] == data


def test_in_the_spreadsheet_dialect_no_cell_begins_like_a_formula() -> None:
    for row in rows(file(sample_calls(), sample_messages(), Dialect.SPREADSHEET)):
        assert not [cell for cell in row.values() if cell[:1] in tuple("=+-@\t\r\n")]


def test_calls_and_messages_stand_in_one_order_of_time() -> None:
    found = rows(file(sample_calls(), sample_messages()))

    assert [row["started_at_utc"] for row in found] == sorted(row["started_at_utc"] for row in found)
    assert [row["record_id"] for row in found][:3] == ["c:0", "m:1", "c:1"]
    # The same instant: the id decides.
    assert [row["record_id"] for row in found][-2:] == ["m:3", "m:4"]


def test_the_order_holds_over_many_batches() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    half = BATCH_ROWS * 3 // 4
    of_calls = calls(
        *({"started_at": start + timedelta(milliseconds=3 * n % 7_919), "record_id": f"c:{n:06}"} for n in range(half))
    )
    of_messages = messages(
        *({"started_at": start + timedelta(milliseconds=5 * n % 7_907), "record_id": f"m:{n:06}"} for n in range(half))
    )

    found = [(r["started_at_utc"], r["record_id"]) for r in rows(file(of_calls, of_messages))]

    assert len(found) == 2 * half
    assert found == sorted(found)


STATUSES = [
    ("inbound", "answered", "Completed"),
    ("outbound", "answered", "Completed"),
    ("internal", "answered", "Completed"),
    ("inbound", "caller_abandoned", "Cancelled"),
    ("outbound", "caller_abandoned", "Missed"),
    ("internal", "caller_abandoned", "Missed"),
    ("outbound", "outbound_aborted", "Ringing"),
    ("inbound", "outbound_aborted", "Missed"),
    ("inbound", "no_answer", "Missed"),
    ("outbound", "no_answer", "Missed"),
    ("inbound", "voicemail", "Missed"),
    ("inbound", "busy", "Missed"),
    ("outbound", "failed", "Missed"),
    ("", "no_answer", "Missed"),
    ("inbound", "", "In progress"),
]


@pytest.mark.parametrize(("direction", "outcome", "status"), STATUSES)
def test_the_status_of_a_call_follows_the_rule_order(direction: str, outcome: str, status: str) -> None:
    row = only(direction=direction, outcome=outcome)
    assert (row["direction"], row["status"], row["status_detail"]) == (direction, status, outcome)


def test_every_outcome_has_a_status() -> None:
    assert {outcome for _, outcome, _ in STATUSES if outcome} == {outcome.value for outcome in Outcome}


@pytest.mark.parametrize(
    ("status", "detail", "code", "shown"),
    [
        ("received", "received", "", ("Received", "received")),
        ("delivered", "delivered", "", ("Delivered", "delivered")),
        ("undelivered", "failed", "30003", ("Undelivered", "failed: 30003")),
        ("undelivered", "", "30003", ("Undelivered", "30003")),
        ("sent", "sent", "", ("Pending", "sent")),
        ("pending", "queued", "", ("Pending", "queued")),
        ("unknown", "", "", ("Pending", "")),
    ],
)
def test_the_status_of_a_message(status: str, detail: str, code: str, shown: tuple[str, str]) -> None:
    text = {
        "started_at": datetime(2026, 3, 1, tzinfo=UTC),
        "status": status,
        "status_detail": detail,
        "error_code": code,
    }
    (row,) = rows(file(calls(), messages(text)))
    assert (row["channel"], row["status"], row["status_detail"]) == ("message", *shown)


def test_a_phase_that_never_was_is_empty_and_a_phase_of_no_length_is_zero() -> None:
    row = only(ring_s=0, wait_s=None, talk_s=None)
    assert (row["ring_s"], row["wait_s"], row["talk_s"], row["answered_at"]) == ("0", "", "", "")


def test_who_is_credited_or_why_nobody_is() -> None:
    known = only(user_id="u1", user_name="Anna", user_email="a@example.com")
    nobody = only(unattributed="group_call")

    assert (known["user_id"], known["user_name"], known["user_email"]) == ("u1", "Anna", "a@example.com")
    assert (nobody["user_id"], nobody["user_name"], nobody["user_email"]) == ("", "unattributed: group_call", "")


def test_withheld_numbers_recordings_and_recovery() -> None:
    row = only(remote_number="anonymous", recordings=2, voicemail_s=9, tags="a;b", missed_reason="technical")

    assert (row["remote_number"], row["recording_flag"], row["voicemail_s"]) == ("anonymous", "1", "9")
    assert (row["tags"], row["missed_reason"]) == ("a;b", "technical")
    assert (row["recovered_flag"], row["recovery_s"]) == ("", "")
    assert only(recordings=0)["recording_flag"] == "0"


@pytest.mark.parametrize(
    ("miss", "shown"),
    [
        ({"is_candidate": 1, "is_recovered": 1, "recovery_s": 0}, ("1", "0")),
        ({"is_candidate": 1, "is_recovered": 0, "recovery_s": None}, ("0", "")),
        ({"is_candidate": 0, "is_recovered": 0, "recovery_s": None}, ("", "")),
    ],
)
def test_only_misses_that_need_a_call_back_are_recovered_or_not(miss: dict[str, Any], shown: tuple[str, str]) -> None:
    row = only(**miss)

    assert (row["recovered_flag"], row["recovery_s"]) == shown


def test_time_stands_in_utc_and_in_the_zone_with_its_offset() -> None:
    row = only(started_at=datetime(2026, 3, 29, 1, 0, 0, 1000, tzinfo=UTC))

    assert row["started_at_utc"] == "2026-03-29T01:00:00.001Z"
    assert row["started_at_local"] == "2026-03-29T03:00:00.001+02:00"
    assert row["timezone"] == "Europe/Warsaw"
