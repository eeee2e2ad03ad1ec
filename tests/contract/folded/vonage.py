"""Vonage: what its contract says of these calls and messages."""

from __future__ import annotations

from . import Table

CALLER = ["31_started_inbound", "32_ringing_inbound", "33_answered_inbound_by_the_program"]
AGENT = ["34_started_agent_leg", "35_ringing_agent_leg", "36_answered_agent_leg"]

TABLE = Table(
    calls=[
        (CALLER[:1], {"live": "queued"}),
        (CALLER[:2], {"live": "ringing"}),
        (CALLER, {"live": "in_progress"}),
        ([*CALLER, *AGENT[:2]], {"live": "ringing"}),
        (
            # Through to the agent 12 seconds after the start, over after 72; both lines are charged.
            [*CALLER, *AGENT, "37_completed_agent_leg", "38_completed_inbound"],
            {"outcome": "answered", "direction": "inbound", "talk_s": 60, "total_s": 72, "cost": "0.01580000 EUR"}
            # The caller's own line rang before the program took it; the agent's was dialled at 4 seconds.
            | {"ivr_s": 2, "wait_s": 8, "ring_s": 8}
            | {"user": "anna", "legs": 1, "hangup_by": "customer", "remote_number": "+12025550142"},
        ),
        (
            ["39_answered_inbound_second_call", "40_unanswered_agent_leg", "41_completed_inbound_second_call"],
            {"outcome": "caller_abandoned", "talk_s": None, "missed_reason": "rang_no_answer"},
        ),
        (
            ["39_answered_inbound_second_call", "48_input", "49_status_nobody_knows"],
            {"path": ("answered ivr", "step 2"), "direction": "inbound"},
        ),
        (
            ["42_busy_outbound", "43_completed_after_busy"],
            {"outcome": "busy", "direction": "outbound", "talk_s": None, "cost": "0 EUR"},
        ),
        (["45_event_by_get"], {"live": "ringing", "remote_number": "+12025550142"}),
        (
            # The caller's line went on in another conversation and ended there.
            [*CALLER, "46_transfer", "47_completed_after_transfer"],
            {"outcome": "answered", "talk_s": 88, "total_s": 90, "transfers": 1},
        ),
        (
            ["51_answered_outbound", "52_machine_after_answer", "53_completed_machine"],
            {"outcome": "no_answer", "answered_by": "machine", "talk_s": None},
        ),
        (
            ["14_answered_inbound", "17_record"],
            {"direction": "inbound", "live": "in_progress", "recordings": 1, "remote_number": "+12025550142"}
            | {"business_number": "+14155550100"},
        ),
        (["07_unanswered_timeout"], {"outcome": "no_answer", "cause": "timeout", "remote_number": "+12025550142"}),
        (["10_rejected_invalid_number"], {"outcome": "failed", "cause": "invalid_number"}),
        (["12_machine"], {"answered_by": "machine", "talk_s": None}),
        (["16_completed_inbound_zero_duration"], {"outcome": "no_answer", "cost": "0 EUR"}),
    ],
    messages=[
        (["20_message_inbound_sms"], {"kind": "sms", "segments": 1, "cost": "0.0057 EUR"}),
        (["21_message_inbound_whatsapp_image"], {"kind": "messenger", "media_count": 1}),
        (["23_message_status_delivered"], {"reference": "order-1001", "remote_number": "+12025550142"}),
        (["25_message_status_undeliverable"], {"error_code": "1220", "error_text": "Absent subscriber"}),
    ],
    accounts={"anna": ["sip:agent.lee@sip.example.com"]},
    numbers={"+14155550100": []},
    differs={"12_machine": "a machine answers nothing (features.md O37; demands.md D16); it is not in progress"},
)
