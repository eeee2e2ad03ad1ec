"""OpenPhone: the figures that its documentation implies for these calls."""

from __future__ import annotations

from . import Table

NEWER = "v20260330_"
OLDER = "legacy_"

TABLE = Table(
    calls=[
        (
            [NEWER + "52_answered_by_a_colleague", NEWER + "53_end_of_a_colleagues_call"],
            {"outcome": "answered", "user": "anna", "legs": 1, "wait_s": 10, "talk_s": 60},
        ),
        ([NEWER + "53_end_of_a_colleagues_call"], {"outcome": "answered", "user": "boris", "talk_s": 60}),
        (
            [OLDER + "v2_02_call_completed_answered"],
            {"direction": "inbound", "outcome": "answered", "ring_s": 7, "talk_s": 180, "remote_number": "+12025550143"}
            | {"business_number": "+12025550101", "user": "anna"},
        ),
        ([OLDER + "v2_03_call_completed_missed_voicemail"], {"outcome": "voicemail", "talk_s": None, "voicemail": 12}),
        ([OLDER + "v2_04_call_completed_missed_no_voicemail"], {"outcome": "no_answer", "ring_s": 21, "talk_s": None}),
        (
            [OLDER + "v4_12_call_completed_canceled_outgoing"],
            {"direction": "outbound", "user": "boris", "talk_s": None},
        ),
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
            {
                "direction": "inbound",
                "outcome": "answered",
                "ring_s": 12,
                "talk_s": 240,
                "telephony_status": "answered",
            },
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
    ],
    messages=[
        (
            ["legacy_v2_06_message_received_media"],
            {"status": "received", "direction": "inbound", "remote_numbers": ("+12025550143",), "error_code": ""},
        ),
        (
            ["legacy_v2_07_message_delivered"],
            {"status": "delivered", "direction": "outbound", "remote_numbers": ("+12025550143",), "error_code": ""},
        ),
        (
            ["legacy_v3_08_message_received_group"],
            {
                "status": "received",
                "direction": "inbound",
                "remote_numbers": ("+12025550143", "+12025550187"),
                "error_code": "",
            },
        ),
        (
            ["legacy_v4_15_message_delivered"],
            {"status": "delivered", "direction": "outbound", "remote_numbers": ("+12025550143",), "error_code": ""},
        ),
        (
            ["v20260330_16_message_failed"],
            {
                "status": "undelivered",
                "direction": "outbound",
                "remote_numbers": ("+12025550143",),
                "error_code": "30006",
            },
        ),
        (
            ["v20260330_17_message_undelivered"],
            {
                "status": "undelivered",
                "direction": "outbound",
                "remote_numbers": ("+12025550143",),
                "error_code": "30007",
            },
        ),
        (
            ["v20260330_21_two_signatures_key_rotation"],
            {"status": "received", "direction": "inbound", "remote_numbers": ("+12025550143",), "error_code": ""},
        ),
    ],
    accounts={"anna": ["USa1Anna01"], "boris": ["USb2Boris2"]},
    numbers={"+12025550101": ["PNmain0001"], "+12025550102": ["PNsales002"]},
)
