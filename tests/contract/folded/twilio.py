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
