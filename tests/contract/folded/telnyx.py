"""Telnyx: what its contract says of these calls and messages."""

from __future__ import annotations

from . import Table

FIRST = ["01_call_initiated_incoming", "02_call_answered"]

TABLE = Table(
    calls=[
        (FIRST[:1], {"direction": "inbound", "live": "ringing", "remote_number": "+12025550142"}),
        (
            # Picked up by the program after 4.9 seconds, hung up after 70.7.
            [*FIRST, "26_call_hangup_retry_attempt2"],
            {"outcome": "answered", "talk_s": 66, "ring_s": 5, "total_s": 71, "hangup_by": "customer"},
        ),
        (
            # Of the agent's line only the beginning was heard.
            [*FIRST, "03_call_initiated_outgoing_agent_leg", "26_call_hangup_retry_attempt2"],
            {"direction": "inbound", "outcome": "answered", "legs": 1, "remote_number": "+12025550142"},
        ),
        (
            [*FIRST, "26_call_hangup_retry_attempt2", "18_call_recording_saved", "19_call_cost"],
            {"outcome": "answered", "recordings": 1, "cost": "0.0140 USD", "flags": ()},
        ),
        (
            ["06_call_initiated_outgoing", "07_call_hangup_user_busy_outgoing"],
            {"direction": "outbound", "outcome": "busy", "cause": "486", "total_s": 12, "hangup_by": "customer"},
        ),
        (["15_call_enqueued", "16_call_dequeued_hangup"], {"live": "queued", "queue": "support"}),
        (["17_machine_detection_ended"], {"answered_by": "machine"}),
    ],
    messages=[
        (["20_message_received_sms"], {"business_number": "+14155550100", "remote_number": "+12025550142"}),
        (["23_message_finalized_delivered"], {"cost": "0.0040 USD", "segments": 1, "kind": "sms"}),
    ],
    accounts={"anna": ["agent.lee@sip.example.com"]},
    numbers={"+14155550100": []},
    differs={
        "14_call_hangup_incoming_unanswered": "a caller who gives up is caller_abandoned (features.md O40)",
    },
)
