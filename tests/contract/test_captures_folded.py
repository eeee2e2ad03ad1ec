"""What the captures become: from signed delivery to record, in the provider's order and in reverse.

The figures are those that the senders' own documentation implies for these calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from ringlake.flows.folding import Snapshots, fold_subjects
from ringlake.model.directory import Account, Number, Team, User
from ringlake.stores.records import MemoryRecords, Record

from .captures import CONNECTION, WORKSPACE, Capture, captures, house

DURATIONS = {"ivr_s", "wait_s", "ring_s", "talk_s", "total_s"}
OPENPHONE = "openphone/"
GENERIC = "generic/"
FCC = [GENERIC + n for n in ("01_fcc_ivr_picks_up", "02_fcc_step_language", "03_fcc_step_topic", "04_fcc_queue")]
FCC += [GENERIC + n for n in ("05_fcc_ring_agent_1", "06_fcc_ring_agent_2", "07_fcc_answer_agent_1")]
WP_MISS = [GENERIC + n for n in ("15_wp_queued", "16_wp_ringing", "17_wp_no_answer")]
WP_BACK = [GENERIC + n for n in ("18_wp_followup_ringing", "19_wp_followup_answered", "20_wp_followup_completed")]
NEWER = OPENPHONE + "v20260330_"
OLDER = OPENPHONE + "legacy_"

# Captures of one subject -> what its record says.
CALLS: list[tuple[list[str], dict[str, Any]]] = [
    (
        [OLDER + "v2_02_call_completed_answered"],
        {"direction": "inbound", "outcome": "answered", "ring_s": 7, "talk_s": 180, "remote_number": "+12025550143"}
        | {"business_number": "+12025550101", "user": "anna"},
    ),
    ([OLDER + "v2_03_call_completed_missed_voicemail"], {"outcome": "voicemail", "talk_s": None, "voicemail": 12}),
    ([OLDER + "v2_04_call_completed_missed_no_voicemail"], {"outcome": "no_answer", "ring_s": 21, "talk_s": None}),
    ([OLDER + "v4_12_call_completed_canceled_outgoing"], {"direction": "outbound", "user": "boris", "talk_s": None}),
    (
        [
            OLDER + "v2_02_call_completed_answered",
            OLDER + "v2_05_call_recording_completed",
            OLDER + "v4_13_call_summary",
        ],
        {"outcome": "answered", "recordings": 1, "summary": True, "flags": ()},
    ),
    ([OLDER + "v3_40_wrapped_once_more"], {"direction": "outbound", "outcome": "answered", "talk_s": 60}),
    (
        [NEWER + "04_call_completed_answered"],
        {"direction": "inbound", "outcome": "answered", "ring_s": 12, "talk_s": 240, "telephony_status": "answered"},
    ),
    ([NEWER + "08_call_completed_abandoned"], {"outcome": "caller_abandoned", "remote_number": "", "ring_s": 5}),
    (
        [NEWER + "10_call_completed_outgoing_unanswered"],
        {"direction": "outbound", "outcome": "no_answer", "user": "boris"},
    ),
    ([NEWER + "34_call_missed"], {"direction": "inbound", "outcome": "no_answer", "ring_s": 25}),
    ([NEWER + "37_call_completed_ai"], {"answered_by": "ai", "talk_s": None}),
    (
        [NEWER + n for n in ("35_call_forwarded", "36_call_menu_selected")],
        {"direction": "inbound", "outcome": None, "path": ("step 2 Service", "forwarded +12025550199")},
    ),
    (
        # Both generations at once, and every artefact: one call.
        [OLDER + n for n in ("v2_31_call_ringing", "v4_38_call_transcript")]
        + [NEWER + n for n in ("32_call_ringing", "33_call_answered", "04_call_completed_answered")]
        + [NEWER + n for n in ("11_call_recording_completed", "12_call_summary_completed")]
        + [NEWER + "13_call_transcript_completed"],
        {
            "outcome": "answered",
            "ring_s": 12,
            "talk_s": 240,
            "total_s": 252,
            "recordings": 1,
            "flags": (),
            "transfers": 0,
        }
        | {"transcript": True, "summary": True, "user": "anna", "answered_elsewhere": 0},
    ),
    (FCC[:1], {"outcome": None, "live": "queued", "telephony_status": "ANSWERED"}),
    (FCC[:3], {"path": ("answered ivr", "step 1 polski", "step 3 serwis")}),
    (FCC[:4], {"live": "queued", "queue": "Serwis PL"}),
    (FCC[:6], {"live": "ringing"}),
    (FCC, {"live": "in_progress", "wait_s": 16, "user": "anna"}),
    (
        [*FCC, GENERIC + "08_fcc_completed"],
        {"outcome": "answered", "ivr_s": 15, "wait_s": 16, "talk_s": 180, "total_s": 211, "legs": 2}
        | {"answered_elsewhere": 1, "user": "anna", "hangup_by": "customer", "classifier": "Sprzedaż", "recordings": 1},
    ),
    (
        [GENERIC + "09_fcc_ivr_only_start", GENERIC + "10_fcc_ivr_only_end"],
        {"outcome": "caller_abandoned", "missed_reason": "ivr_abandon", "ivr_s": 9, "talk_s": None}
        | {"telephony_status": "ANSWERED"},
    ),
    ([GENERIC + "11_fcc_outbound_busy"], {"outcome": "busy", "direction": "outbound"}),
    ([GENERIC + "12_fcc_classifier_without_call"], {"kind": "classifier", "counts_as_call": False, "outcome": None}),
    ([GENERIC + "34_no_answear"], {"outcome": "no_answer", "telephony_status": "NO ANSWEAR"}),
    (WP_MISS[:1], {"live": "queued", "team_name": "Recambios"}),
    (WP_MISS[:2], {"live": "ringing"}),
    (WP_MISS, {"outcome": "no_answer", "wait_s": 32, "ring_s": 22, "hangup_by": "system"}),
    (WP_BACK[:1], {"live": "ringing", "direction": "outbound"}),
    (WP_BACK[:2], {"live": "in_progress"}),
    ([*WP_BACK, GENERIC + "26_charge"], {"outcome": "answered", "talk_s": 60, "cost": "0.0312 EUR"}),
    ([GENERIC + "39_artefacts_with_the_end"], {"outcome": "voicemail", "voicemail": 12, "cost": "0.010 GBP"}),
]
MESSAGES = [
    (OLDER + "v2_06_message_received_media", "received", "inbound", ("+12025550143",), ""),
    (OLDER + "v2_07_message_delivered", "delivered", "outbound", ("+12025550143",), ""),
    (OLDER + "v3_08_message_received_group", "received", "inbound", ("+12025550143", "+12025550187"), ""),
    (OLDER + "v4_15_message_delivered", "delivered", "outbound", ("+12025550143",), ""),
    (NEWER + "16_message_failed", "undelivered", "outbound", ("+12025550143",), "30006"),
    (NEWER + "17_message_undelivered", "undelivered", "outbound", ("+12025550143",), "30007"),
    (NEWER + "21_two_signatures_key_rotation", "received", "inbound", ("+12025550143",), ""),
    (GENERIC + "14_fcc_sms_scheduled", "pending", "outbound", ("+48600100203",), ""),
]
BY_NAME = {c.name: c for c in captures("openphone", "generic")}


def folded(names: Sequence[str]) -> dict[str, Record]:
    """All records, by the provider's id, after these deliveries in this order."""
    first = BY_NAME[names[0]]
    home = house(first.connection)
    _people(home.directory)
    for name in names:
        seen = BY_NAME[name]
        secret = seen.connection.secrets
        home.directory.put_connection(msgspec.structs.replace(first.connection, secrets=secret))
        assert home.take(seen.delivery, seen.provider, seen.now).status == 200
    records = MemoryRecords()
    snapshots = Snapshots(home.directory, lambda: first.now)
    fold_subjects(
        list(home.journal.items), journal=home.journal, records=records, directory=snapshots, clock=lambda: first.now
    )
    assert not home.journal.held
    return {row.record.provider_id: row.record for row in records.rows.values() if row.record}


def _people(directory: Any) -> None:
    accounts = {"anna": ("USa1Anna01", "7"), "boris": ("USb2Boris2",)}
    for name, ids in accounts.items():
        owned = tuple(Account(connection=CONNECTION, id=i) for i in ids)
        directory.put_user(WORKSPACE, User(id=name, email=f"{name}@example.com", name=name, accounts=owned))
    directory.put_team(WORKSPACE, Team(id="sales", name="Sales"))
    for provider_id, number in (("PNmain0001", "+12025550101"), ("PNsales002", "+12025550102")):
        directory.put_number(WORKSPACE, Number(id=provider_id, e164=number, provider_ids=(provider_id,)))


def told(record: Any, name: str) -> Any:
    """A property of a record as the expectations spell it."""
    if name in DURATIONS:
        value = getattr(record, f"{name[:-2]}_ms")
        return None if value is None else (value + 500) // 1000
    shown: dict[str, Callable[[], Any]] = {
        "user": lambda: record.user.user_id,
        "voicemail": lambda: record.voicemail.seconds,
        "recordings": lambda: len(record.recordings),
        "legs": lambda: len(record.legs),
        "cost": lambda: f"{record.cost.amount} {record.cost.currency}",
        "path": lambda: tuple(f"{s.kind} {s.value}" for s in record.timeline if s.value),
    }
    return shown[name]() if name in shown else getattr(record, name)


@pytest.mark.parametrize(
    ("names", "expected"), CALLS, ids=[" + ".join(n.split("/")[1] for n in c[0])[:80] for c in CALLS]
)
@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "in reverse"])
def test_the_call_is_what_the_provider_meant(names: list[str], expected: dict[str, Any], backwards: bool) -> None:
    records = folded(names[::-1] if backwards else names)
    [record] = records.values()
    assert {name: told(record, name) for name in expected} == expected


@pytest.mark.parametrize(("name", "status", "direction", "remotes", "error"), MESSAGES, ids=[m[0] for m in MESSAGES])
def test_the_message_is_what_the_provider_meant(
    name: str, status: str, direction: str, remotes: tuple[str, ...], error: str
) -> None:
    [record] = folded([name]).values()
    assert (told(record, "status"), told(record, "direction")) == (status, direction)
    assert (told(record, "remote_numbers"), told(record, "error_code")) == (remotes, error)


def test_a_consultation_is_a_part_and_no_call() -> None:
    records = folded([*FCC, GENERIC + "08_fcc_completed", GENERIC + "13_fcc_consultation"])
    part = records["fcc-136-c1"]
    assert told(part, "part_of") == "fcc-136"
    assert not told(part, "counts_as_call")
    assert told(records["fcc-136"], "outcome") == "answered"


@pytest.mark.parametrize("seen", [c for c in BY_NAME.values() if c.outcome == "accepted"], ids=lambda seen: seen.name)
def test_no_capture_is_unfoldable(seen: Capture) -> None:
    assert len(folded([seen.name])) <= 1
