"""WiseParts: its life cycle in the body of our own contract."""

from __future__ import annotations

from . import Table

CALL = ["01_queued", "02_ringing", "03_answered", "04_completed"]

TABLE = Table(
    calls=[
        (CALL[:1], {"live": "queued", "team_name": "Recambios"}),
        (CALL[:2], {"live": "ringing"}),
        (CALL, {"outcome": "answered", "wait_s": 16, "talk_s": 120, "user": "anna", "telephony_status": "Completed"}),
        # Completed alone is no answer.
        (["05_completed_unanswered"], {"outcome": "no_answer", "talk_s": None}),
        (["06_canceled"], {"outcome": "caller_abandoned"}),
        (["07_no_answer"], {"outcome": "no_answer"}),
        (["08_outbound_auto_failed"], {"outcome": "failed", "direction": "outbound", "tags": ("outbound_auto",)}),
        (["09_outbound_dial_no_answer"], {"outcome": "no_answer", "tags": ("outbound_dial",)}),
    ],
    accounts={"anna": ["op1"]},
)
