"""Twilio: what its contract says of these calls and messages."""

from __future__ import annotations

from . import Table

TABLE = Table(
    calls=[
        (["01_voice_initiated_outbound"], {"direction": "outbound", "live": "queued"}),
        (["01_voice_initiated_outbound", "02_voice_ringing_outbound"], {"live": "ringing"}),
        (
            # Rang from 14:00:02 to the answer, 74 seconds before 14:01:23.
            ["01_voice_initiated_outbound", "02_voice_ringing_outbound", "04_voice_completed_outbound"],
            {"outcome": "answered", "ring_s": 7, "talk_s": 74, "total_s": 83, "answered_by": "person"}
            | {"remote_number": "+12025550142", "business_number": "+14155550100", "telephony_status": "completed"},
        ),
        (["05_voice_busy_outbound"], {"outcome": "busy", "cause": "486", "talk_s": None}),
        (["08_voice_failed_outbound"], {"outcome": "failed", "cause": "404"}),
        (
            ["09_incoming_call_request", "10_voice_completed_inbound_parent"],
            {"direction": "inbound", "outcome": "answered", "remote_number": "+12025550142"},
        ),
        (
            # The agent's line answered at 14:23:33, the caller hung up at 14:25:31.
            ["10_voice_completed_inbound_parent", "11_voice_answered_child_leg", "14_recording_completed"],
            {"direction": "inbound", "outcome": "answered", "talk_s": 118, "user": "anna", "recordings": 1}
            | {"flags": (), "business_number": "+14155550100"},
        ),
        (["13_dial_action_no_answer", "15_recording_absent"], {"outcome": "no_answer", "voicemail_left": False}),
        (
            # Every callback of a caller, the program, an agent and two recordings: one call, one leg.
            [
                "09_incoming_call_request",
                "31_voice_answered_inbound_parent",
                "32_voice_initiated_child_leg",
                "33_voice_ringing_child_leg",
                "11_voice_answered_child_leg",
                "34_voice_completed_child_leg",
                "10_voice_completed_inbound_parent",
                "14_recording_completed",
                "35_recording_of_the_child_leg",
            ],
            {"outcome": "answered", "direction": "inbound", "talk_s": 118, "ring_s": 12, "legs": 1, "user": "anna"}
            | {"recordings": 2, "remote_number": "+12025550142", "business_number": "+14155550100"},
        ),
        (
            # By the closing events alone: the agent talked for 117 seconds until 14:25:30.
            ["34_voice_completed_child_leg", "10_voice_completed_inbound_parent"],
            {"outcome": "answered", "talk_s": 118, "user": "anna", "telephony_status": "completed"},
        ),
        (["11_voice_answered_child_leg"], {"live": "in_progress", "user": "anna", "counts_as_call": True}),
        (["32_voice_initiated_child_leg", "33_voice_ringing_child_leg"], {"live": "ringing"}),
        (["36_browser_call_answered_parent"], {"direction": "outbound", "user": "anna"}),
        (
            ["36_browser_call_answered_parent", "37_browser_call_child_busy", "38_browser_call_completed_parent"],
            {"direction": "outbound", "outcome": "busy", "user": "anna", "talk_s": None}
            | {"remote_number": "+12025550142", "business_number": "+14155550100"},
        ),
        (
            ["13_dial_action_no_answer", "40_voice_completed_parent_of_a_missed_dial"],
            {"outcome": "no_answer", "missed_reason": "rang_no_answer", "telephony_status": "completed"},
        ),
        (
            ["13_dial_action_no_answer", "39_voicemail_recorded", "40_voice_completed_parent_of_a_missed_dial"],
            {"outcome": "voicemail", "voicemail": 9, "talk_s": None, "recordings": 0},
        ),
        (["41_voice_completed_before_detection"], {"outcome": "answered", "talk_s": 20, "answered_by": "unknown"}),
        (
            ["41_voice_completed_before_detection", "42_detection_machine"],
            {"outcome": "no_answer", "answered_by": "machine", "talk_s": None},
        ),
        (
            # Into the queue 40 seconds before 15:30:46, out of it by hanging up.
            ["43_voice_answered_before_queue", "44_queue_left_by_hanging_up", "45_voice_completed_after_queue"],
            {"outcome": "caller_abandoned", "talk_s": None, "wait_s": 40, "queue": "QUtest01", "ivr_s": 6}
            | {"missed_reason": "caller_gave_up", "hangup_by": "customer"},
        ),
        (
            ["43_voice_answered_before_queue", "51_gather"],
            {"path": ("answered ivr", "step 2"), "direction": "inbound"},
        ),
        (
            # A dial that times out ends as no-answer: who takes a ring back is the caller, by hanging up.
            ["53_caller_waits", "54_colleague_rings", "55_ring_taken_back", "56_caller_is_gone"],
            {"direction": "inbound", "outcome": "caller_abandoned", "hangup_by": "customer", "wait_s": 10}
            | {"missed_reason": "rang_no_answer", "legs": 1},
        ),
        (["49_status_nobody_knows"], {"telephony_status": "parked", "outcome": None, "direction": "outbound"}),
        (["28_voice_anonymous_inbound_completed"], {"remote_number": "anonymous", "party_key": "", "talk_s": 12}),
    ],
    messages=[
        (["16_sms_incoming_unicode"], {"direction": "inbound", "remote_number": "+12025550142", "kind": "sms"}),
        (["17_mms_incoming"], {"kind": "mms", "media_count": 2, "segments": 2}),
        (
            ["18_message_status_queued", "19_message_status_sent", "20_message_status_delivered"],
            {"status": "delivered", "direction": "outbound", "business_number": "+14155550100"},
        ),
        (["23_whatsapp_incoming"], {"kind": "messenger", "remote_number": "+12025550142"}),
    ],
    accounts={"anna": ["client:agent.lee"]},
    numbers={"+14155550100": []},
    differs={
        "07_voice_canceled_outbound": "cancelled by us with no ring known is outbound_aborted (features.md O39)",
    },
)
