"""Focus Contact Center: the documented notice finds its call, whose events come in our own format."""

from __future__ import annotations

from . import Table

CALL = ["10_call_picked_up", "11_call_answered", "12_call_completed"]

TABLE = Table(
    calls=[
        (CALL[:1], {"live": "queued", "telephony_status": "ANSWERED"}),
        (
            [*CALL, "01_transcript", "02_summary_named"],
            {"outcome": "answered", "talk_s": 180, "transcript": True, "summary": True, "user": "anna"}
            | {"campaign": "Infolinia"},
        ),
        (["13_no_answer_by_basic"], {"outcome": "no_answer", "telephony_status": "NO_ANSWER"}),
        (["14_last_word_ringing"], {"outcome": "no_answer", "telephony_status": "RINGING"}),
    ],
    accounts={"anna": ["7"]},
)
