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
        (
            # Bridged at 14:00:09.300, the caller hung up at 14:01:10.816.
            [
                *FIRST,
                "03_call_initiated_outgoing_agent_leg",
                "31_call_bridged_agent_leg",
                "26_call_hangup_retry_attempt2",
                "32_call_hangup_agent_leg",
            ],
            {"outcome": "answered", "talk_s": 62, "user": "anna", "legs": 1, "hangup_by": "customer", "ring_s": 3}
            | {"direction": "inbound", "remote_number": "+12025550142", "business_number": "+14155550100"},
        ),
        (
            # The agent's telephone rang out; the caller hung up 40 seconds after the start.
            [
                "33_call_initiated_incoming_second_call",
                "34_call_answered_by_the_program",
                "35_call_initiated_agent_leg_second_call",
                "36_call_hangup_agent_did_not_answer",
                "37_call_hangup_caller_second_call",
            ],
            {"outcome": "caller_abandoned", "missed_reason": "rang_no_answer", "talk_s": None, "total_s": 40}
            | {"remote_name": "Sam Example", "ivr_s": 3},
        ),
        (
            [
                "38_call_initiated_outgoing_machine",
                "39_call_answered_outgoing_machine",
                "40_detection_premium_machine",
                "41_call_hangup_outgoing_machine",
            ],
            {"outcome": "no_answer", "answered_by": "machine", "ring_s": 8, "talk_s": None},
        ),
        (
            ["26_call_hangup_retry_attempt2", "19_call_cost", "42_call_cost_agent_leg", "43_call_cost_error"],
            {"cost": "0.0160 USD"},
        ),
        (
            ["49_initiated_before_the_hangup_at_once", "48_hangup_at_once"],
            {"outcome": "outbound_aborted", "hangup_by": "agent"},
        ),
        (["44_inner_object_without_envelope", "61_edge_of_tolerance"], {"direction": "inbound", "live": "ringing"}),
        (["15_call_enqueued", "16_call_dequeued_hangup"], {"live": "queued", "queue": "support"}),
        (["17_machine_detection_ended"], {"answered_by": "machine"}),
    ],
    messages=[
        (["20_message_received_sms"], {"business_number": "+14155550100", "remote_number": "+12025550142"}),
        (
            ["45_message_finalized_two_receivers"],
            {"status": "undelivered", "remote_numbers": ("+12025550142", "+12025550187"), "kind": "mms"},
        ),
        (["23_message_finalized_delivered"], {"cost": "0.0040 USD", "segments": 1, "kind": "sms"}),
    ],
    accounts={"anna": ["agent.lee@sip.example.com"]},
    numbers={"+14155550100": []},
    differs={
        "14_call_hangup_incoming_unanswered": "a caller who gives up is caller_abandoned (features.md O40)",
    },
)
