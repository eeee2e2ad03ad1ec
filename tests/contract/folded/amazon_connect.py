"""Amazon Connect: figures of the time stamps inside the events."""

from __future__ import annotations

from . import Table

INBOUND = ["01_initiated", "02_queued", "03_connected_to_agent"]
TRANSFER = ["20_before_the_transfer", "21_transfer_begins", "22_transfer_taken"]

TABLE = Table(
    calls=[
        (INBOUND[:1], {"live": "ringing", "direction": "inbound"}),
        (INBOUND[:2], {"live": "queued"}),
        (INBOUND, {"live": "in_progress", "ivr_s": 11, "wait_s": 28, "user": "anna"}),
        (
            [*INBOUND, "04_disconnected", "05_completed", "35_unknown_type"],
            {"outcome": "answered", "talk_s": 80, "wait_s": 28, "total_s": 120, "legs": 1, "user": "anna", "flags": ()},
        ),
        (["06_disconnected_abandoned_in_queue"], {"outcome": "no_answer", "wait_s": 33, "talk_s": None, "legs": 0}),
        (["07_outbound_connected_to_system"], {"live": "in_progress", "answered_by": "person"}),
        (TRANSFER, {"live": "in_progress", "transfers": 1}),
        (
            [*TRANSFER, "23_transfer_ends"],
            {"outcome": "answered", "talk_s": 135, "legs": 2, "user": "boris", "direction": "inbound"},
        ),
        (["30_outbound_not_connected"], {"outcome": "no_answer", "direction": "outbound"}),
        (["31_outbound_no_such_number"], {"outcome": "failed"}),
        # Only a person answers a call (features.md F15); the machine is kept as who picked up.
        (["32_outbound_machine"], {"outcome": "no_answer", "answered_by": "machine"}),
        (["33_callback"], {"direction": "outbound", "provider_id": "d0000000-0000-4000-8000-000000000023"}),
        (["34_outbound_manual_answered"], {"outcome": "answered", "talk_s": 20, "user": "anna"}),
    ],
    accounts={
        "anna": ["f0000000-0000-4000-8000-000000000001"],
        "boris": ["f0000000-0000-4000-8000-000000000002"],
    },
)
