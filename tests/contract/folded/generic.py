"""Our own contract: the figures that the deliveries themselves state."""

from __future__ import annotations

from . import Table

FCC = ["01_fcc_ivr_picks_up", "02_fcc_step_language", "03_fcc_step_topic", "04_fcc_queue"]
FCC += ["05_fcc_ring_agent_1", "06_fcc_ring_agent_2", "07_fcc_answer_agent_1"]
WP_MISS = ["15_wp_queued", "16_wp_ringing", "17_wp_no_answer"]
WP_BACK = ["18_wp_followup_ringing", "19_wp_followup_answered", "20_wp_followup_completed"]

TABLE = Table(
    calls=[
        (FCC[:1], {"outcome": None, "live": "queued", "telephony_status": "ANSWERED"}),
        (FCC[:3], {"path": ("answered ivr", "step 1 polski", "step 3 serwis")}),
        (FCC[:4], {"live": "queued", "queue": "Serwis PL"}),
        (FCC[:6], {"live": "ringing"}),
        (FCC, {"live": "in_progress", "wait_s": 16, "user": "anna"}),
        (
            [*FCC, "08_fcc_completed"],
            {"outcome": "answered", "ivr_s": 15, "wait_s": 16, "talk_s": 180, "total_s": 211, "legs": 2}
            | {
                "answered_elsewhere": 1,
                "user": "anna",
                "hangup_by": "customer",
                "classifier": "Sprzedaż",
                "recordings": 1,
            },
        ),
        (
            ["09_fcc_ivr_only_start", "10_fcc_ivr_only_end"],
            {"outcome": "caller_abandoned", "missed_reason": "ivr_abandon", "ivr_s": 9, "talk_s": None}
            | {"telephony_status": "ANSWERED"},
        ),
        (["11_fcc_outbound_busy"], {"outcome": "busy", "direction": "outbound"}),
        (["12_fcc_classifier_without_call"], {"kind": "classifier", "counts_as_call": False, "outcome": None}),
        (["34_no_answear"], {"outcome": "no_answer", "telephony_status": "NO ANSWEAR"}),
        (["50_outbound_auto"], {"live": "ringing", "direction": "outbound", "tags": ("outbound_auto",)}),
        (["52_completed_alone"], {"outcome": "no_answer", "talk_s": None, "telephony_status": "completed"}),
        (["51_unknown_fields"], {"outcome": "no_answer"}),
        (WP_MISS[:1], {"live": "queued", "team_name": "Recambios"}),
        (WP_MISS[:2], {"live": "ringing"}),
        (WP_MISS, {"outcome": "no_answer", "wait_s": 32, "ring_s": 22, "hangup_by": "system"}),
        (WP_BACK[:1], {"live": "ringing", "direction": "outbound"}),
        (WP_BACK[:2], {"live": "in_progress"}),
        ([*WP_BACK, "26_charge"], {"outcome": "answered", "talk_s": 60, "cost": "0.0312 EUR"}),
        (["39_artefacts_with_the_end"], {"outcome": "voicemail", "voicemail": 12, "cost": "0.010 GBP"}),
    ],
    messages=[
        (
            ["14_fcc_sms_scheduled"],
            {"status": "pending", "direction": "outbound", "remote_numbers": ("+48600100203",), "error_code": ""},
        ),
    ],
    accounts={"anna": ["7"]},
)
