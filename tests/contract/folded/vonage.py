"""Vonage: what its contract says of these calls and messages."""

from __future__ import annotations

from . import Table

TABLE = Table(
    calls=[
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
    numbers={"+14155550100": []},
    differs={"12_machine": "a machine answers nothing (features.md O37; demands.md D16); it is not in progress"},
)
