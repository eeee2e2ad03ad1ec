"""Zadarma: what its PBX notifications become."""

from __future__ import annotations

from . import Table

CALL = ["01_notify_start", "02_notify_internal", "03_notify_answer", "04_notify_end_answered", "15_notify_record"]

TABLE = Table(
    accounts={"anna": ("100",)},
    numbers={"+14155550100": ()},
    calls=(
        (CALL[:2], {"direction": "inbound", "live": "ringing", "remote_number": "+12025550142"}),
        (CALL[:3], {"live": "in_progress", "user": "anna", "business_number": "+14155550100"}),
        (
            CALL,
            {"outcome": "answered", "talk_s": 75, "total_s": 88, "user": "anna", "recordings": 1, "legs": 1}
            | {"cause": "16", "telephony_status": "answered"},
        ),
        (["05_notify_end_busy"], {"direction": "inbound", "outcome": "busy"}),
        (["06_notify_end_cancel"], {"outcome": "no_answer", "wait_s": 20, "telephony_status": "cancel"}),
        (["07_notify_end_no_answer"], {"outcome": "no_answer", "talk_s": None}),
        (["08_notify_end_call_failed"], {"outcome": "failed", "missed_reason": "technical"}),
        (["09_notify_end_no_money"], {"outcome": "failed", "cause": "provider_limit"}),
        (["10_notify_end_unallocated_number"], {"outcome": "failed", "cause": "bad_number"}),
        (["11_notify_out_start"], {"direction": "outbound", "live": "ringing", "user": "anna"}),
        (["12_notify_out_end_cancel"], {"direction": "outbound", "outcome": "no_answer", "ring_s": 15}),
        (["13_raw_digest"], {"remote_number": "+12025550142", "business_number": "+14155550100"}),
        (["14_unknown_word"], {"outcome": "failed", "telephony_status": "unlucky"}),
    ),
)
