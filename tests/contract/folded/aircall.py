"""Aircall: what its contract says of these calls, messages and users."""

from __future__ import annotations

from . import Table

CALL = ["01_call_created_inbound", "02_call_ringing_on_agent", "04_call_answered", "05_call_hold", "06_call_unhold"]

TABLE = Table(
    calls=[
        (CALL[:1], {"live": "ringing", "remote_number": "+12025550142", "business_number": "+14155550100"}),
        (CALL[:3], {"live": "in_progress", "user": "boris", "remote_name": "Sam Example"}),
        (
            # Answered after 12 seconds, 15 seconds on hold, the transfer to Alex done at 60, over at 132.
            [*CALL, "07_call_transferred", "10_call_ended_answered", "26_call_assigned", "27_call_archived"],
            {"outcome": "answered", "ring_s": 12, "talk_s": 120, "total_s": 132, "hold_s": 15, "transfers": 1}
            | {"user": "anna", "recordings": 1, "flags": (), "tags": ("Billing",), "remote_name": "Sam Example"},
        ),
        (["10_call_ended_answered"], {"outcome": "answered", "user": "boris", "talk_s": 120}),
        (
            ["41_call_ended_no_agent"],
            {"outcome": "no_answer", "missed_reason": "nobody_available", "wait_s": 30, "ring_s": None},
        ),
        (["42_call_ended_null_reason"], {"outcome": "no_answer", "ring_s": 30, "telephony_status": "done"}),
        (
            # After the menu telephones rang, since when is not told.
            ["63_call_ended_after_menu_and_rings"],
            {"outcome": "no_answer", "missed_reason": "rang_no_answer", "legs": 0, "ring_s": None},
        ),
        (
            ["43_call_ivr_option_selected", "44_call_ended_in_ivr"],
            {"outcome": "caller_abandoned", "missed_reason": "ivr_abandon", "ivr_s": 12},
        ),
        (
            [
                "45_call_agent_declined",
                "46_call_ringing_on_second_agent",
                "47_call_answered_by_second_agent",
                "48_call_unsuccessful_transfer",
                "49_call_external_transferred",
                "50_call_hungup",
                "51_call_tagged",
                "59_summary_created",
            ],
            {"outcome": "answered", "ring_s": 9, "talk_s": 61, "user": "boris", "transfers": 1, "summary": True}
            | {"tags": ("Billing",)},
        ),
        (["50_call_hungup", "51_call_tagged", "52_call_untagged"], {"tags": ()}),
        (["57_call_ended_outbound_busy"], {"outcome": "busy", "user": "anna", "cause": "busy"}),
        (["58_call_ended_outbound_unanswered"], {"outcome": "no_answer", "ring_s": 15, "user": "anna"}),
        (["13_call_voicemail_left"], {"outcome": "voicemail", "voicemail_left": True, "talk_s": None}),
        (["14_call_ended_missed_short_abandoned"], {"outcome": "caller_abandoned", "cause": ""}),
        (["20_call_ended_outbound_answered"], {"direction": "outbound", "talk_s": 15}),
        (["23_call_ended_anonymous_caller"], {"remote_number": "anonymous", "party_key": ""}),
    ],
    messages=[
        (["36_message_sent"], {"status": "sent", "remote_number": "+12025550142", "business_number": "+14155550100"}),
        (["55_message_status_updated_failed"], {"kind": "messenger", "status_raw": "failed"}),
    ],
    presence={
        "28_user_connected": ("900101", "online", "connected"),
        "29_user_opened": ("900101", "online", "opened"),
        "31_user_wut_start": ("900102", "online", "wut_start"),
        "32_user_wut_end_v2": ("900102", "online", "wut_end"),
        "53_user_closed": ("900101", "dnd", "out_for_lunch"),
        "54_user_wut_end_unavailable": ("900101", "dnd", "wut_end"),
        "33_user_disconnected": ("900101", "offline", "disconnected"),
    },
    accounts={"anna": ["900101"], "boris": ["900102"]},
    numbers={"+14155550100": ["700201"]},
    differs={"14_call_ended_missed_short_abandoned": "who gives up is caller_abandoned (features.md O40)"},
)
