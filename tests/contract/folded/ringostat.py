"""Ringostat: what its webhooks become."""

from __future__ import annotations

from . import Table

BEGINS, RINGS, RINGS_ON = "01_before_call_incoming", "02_forward_to_location", "27_forward_to_second_location"
TAKEN, ENDS = "03_on_answer", "04_after_call_proper"
RATED, UNDERSTOOD = "11_after_call_rating_menu", "12_call_processed_by_ai"
ANSWERED = {
    "direction": "inbound",
    "outcome": "answered",
    "talk_s": 185,
    "wait_s": 15,
    "total_s": 200,
    "user": "anna",
    "remote_number": "+12025550143",
    "business_number": "+12025550101",
    "team_name": "Sales",
    "telephony_status": "PROPER",
    "recordings": 1,
    "flags": (),
}

TABLE = Table(
    accounts={"anna": ("shopexamplecom_anna",), "boris": ("shopexamplecom_boris",)},
    numbers={"+12025550101": ()},
    calls=(
        ([BEGINS], {"direction": "inbound", "live": "ringing", "scheme": "Sales scheme"}),
        ([BEGINS, RINGS], {"live": "ringing", "legs": 1}),
        ([BEGINS, RINGS, RINGS_ON, TAKEN], {"live": "in_progress", "user": "anna", "legs": 2}),
        ([ENDS], ANSWERED),
        (
            [BEGINS, RINGS, RINGS_ON, TAKEN, ENDS, RATED, UNDERSTOOD],
            ANSWERED
            | {"legs": 2, "answered_elsewhere": 1, "scheme": "Sales scheme", "classifier": "Complaint"}
            | {"tags": ("proper", "rating 4"), "summary": True, "transcript": True}
            # When a phone rang is known by our clock alone.
            | {"flags": ()},
        ),
        (
            ["05_after_call_no_answer_form"],
            {"direction": "inbound", "outcome": "no_answer", "missed_reason": "rang_no_answer", "wait_s": 30}
            | {"talk_s": None, "total_s": 30},
        ),
        (["06_after_call_busy_get"], {"outcome": "busy", "missed_reason": "nobody_available", "wait_s": 8}),
        (["07_after_call_voicemail"], {"outcome": "voicemail", "talk_s": None, "total_s": 55}),
        (
            ["09_before_outgoing_call", "10_after_outgoing_answered"],
            {"direction": "outbound", "outcome": "answered", "talk_s": 88, "ring_s": 12, "user": "anna"}
            | {"remote_number": "+12025550187", "team_name": "Sales"},
        ),
        (["09_before_outgoing_call"], {"direction": "outbound", "live": "ringing", "user": "anna"}),
        (["13_after_outgoing_voicemail"], {"outcome": "no_answer", "talk_s": None, "answered_by": "machine"}),
        (
            ["14_own_names"],
            {"direction": "inbound", "outcome": "answered", "talk_s": 41, "wait_s": 20, "user": "boris"}
            | {"remote_number": "+380501234567", "business_number": "+380441234567", "recordings": 1},
        ),
        (["15_after_call_repeated_without_talk"], {"outcome": "no_answer", "wait_s": 20, "tags": ("repeated",)}),
        (["16_after_call_wrong_extension"], {"outcome": "caller_abandoned", "talk_s": None}),
        (["17_after_call_unknown_status"], {"outcome": "answered", "talk_s": 40, "telephony_status": "TRANSFERRED"}),
        (["22_local_time_that_exists_twice"], {"outcome": "answered", "talk_s": 45, "wait_s": 14, "total_s": 60}),
        (
            ["08_after_call_callback_client_no_answer"],
            {"direction": "outbound", "kind": "callback_customer", "outcome": "no_answer", "total_s": 25}
            | {"remote_number": "+12025550143", "business_number": "+12025550101"},
        ),
        (["26_callback_taken_by_a_colleague"], {"kind": "callback_customer", "live": "ringing"}),
        (
            ["26_callback_taken_by_a_colleague", "25_callback_answered"],
            {"kind": "callback_customer", "outcome": "answered", "talk_s": 35, "wait_s": 25, "user": "anna"}
            | {"remote_number": "+12025550143", "legs": 1},
        ),
        (["28_names_in_braces_and_capitals"], {"direction": "inbound", "live": "ringing"}),
        # Nothing is sent again: what comes after the call must not make it ring.
        (["29_rating_alone"], {"direction": "inbound", "live": None, "outcome": None, "tags": ("rating 5",)}),
    ),
    differs={
        "08_after_call_callback_client_no_answer": "a callback is a kind of call; its direction is outbound (R4, R8)"
    },
)
