"""Dialpad: figures of the snapshots' own times, and the makers' expectations."""

from __future__ import annotations

from . import Table

TRANSFER = ["40_transferred_leg_ends", "41_transfer_target_rings", "42_transfer_target_talks"]
HELD = ["02_ringing_inbound", "30_connected_inbound", "04_hold", "31_connected_after_hold"]
QUEUE = ["14_queued_call_center", "15_connected_agent_leg"]

TABLE = Table(
    calls=[
        (["01_calling_outbound"], {"live": "queued", "direction": "outbound", "user": "anna"}),
        (
            ["01_calling_outbound", "10_hangup_outbound_not_answered"],
            {"outcome": "no_answer", "ring_s": 29, "total_s": 31, "talk_s": None, "remote_number": "+12025550142"}
            | {"business_number": "+14155550100", "flags": ()},
        ),
        (["02_ringing_inbound"], {"live": "ringing", "remote_name": "Sam Example"}),
        (["02_ringing_inbound", "30_connected_inbound"], {"live": "in_progress", "ring_s": 9}),
        (
            [*HELD, "32_hangup_inbound_answered", "12_recording", "47_transcription"],
            {"outcome": "answered", "talk_s": 75, "ring_s": 9, "hold_s": 15, "total_s": 84, "recordings": 1, "legs": 1}
            | {"user": "anna", "transcript": True, "flags": ()},
        ),
        # Without the event of its end the hold is as long as Dialpad says in the end.
        (["04_hold", "32_hangup_inbound_answered"], {"hold_s": 15, "talk_s": 75}),
        (["32_hangup_inbound_answered"], {"hold_s": 15}),
        (["59_documented_example"], {"hold_s": None}),
        (["12_recording"], {"outcome": "answered", "talk_s": 75, "recordings": 1}),
        (["59_documented_example"], {"outcome": "answered", "talk_s": 75}),
        (["08_voicemail", "09_hangup_after_voicemail"], {"outcome": "voicemail", "total_s": 60}),
        (["09_hangup_after_voicemail"], {"outcome": "no_answer"}),
        (["33_ringing_that_has_ended"], {"outcome": "no_answer", "live": None, "total_s": 9}),
        (["34_outbound_given_up_at_once"], {"outcome": "outbound_aborted"}),
        (["35_outbound_that_never_rang"], {"outcome": "outbound_aborted", "ring_s": None}),
        (["37_blocked_inbound"], {"outcome": "failed"}),
        # The supervisor's event adds nothing to the call.
        (["02_ringing_inbound", "38_supervisor_listens"], {"live": "ringing", "legs": 1}),
        (QUEUE, {"live": "in_progress", "queue": "Support", "user": "anna"}),
        (
            [*QUEUE, "39_colleague_rang_in_vain", "16_hangup_agent_leg", "17_hangup_queue_entry"],
            {"outcome": "answered", "wait_s": 30, "talk_s": 90, "legs": 2, "answered_elsewhere": 1, "user": "anna"}
            | {"counts_as_call": True, "flags": ()},
        ),
        # A leg that nobody took does not end the call.
        (["14_queued_call_center", "39_colleague_rang_in_vain"], {"live": "ringing"}),
        (TRANSFER[:2], {"live": "in_progress"}),
        (TRANSFER, {"live": "in_progress", "transfers": 1, "user": "boris"}),
        ([*TRANSFER, "43_transfer_target_ends"], {"outcome": "answered", "talk_s": 66, "legs": 2, "user": "boris"}),
        (["44_agent_leg_alone"], {"outcome": "answered", "talk_s": 41, "provider_id": "5300000000000040"}),
        (["45_menu_took_it"], {"outcome": "no_answer", "missed_reason": "ivr_abandon", "talk_s": None}),
        (["46_queue_abandoned"], {"outcome": "no_answer", "wait_s": 32, "queue": "Support", "legs": 0}),
        (["48_internal"], {"direction": "internal", "outcome": "answered"}),
        (["49_withheld_caller"], {"remote_number": "anonymous", "party_key": ""}),
        (["18_ringing_number_blocked"], {"business_number": "", "live": "ringing", "remote_number": "+12025550142"}),
        (["58_unknown_state"], {"outcome": "answered", "talk_s": 14}),
    ],
    messages=[
        (["50_sms_inbound"], {"status": "received", "user": "anna", "remote_number": "+12025550142"}),
        (["51_sms_outbound_pending", "21_sms_outbound_accepted"], {"status": "sent", "direction": "outbound"}),
        (["22_sms_outbound_failed"], {"status": "undelivered", "error_code": "invalid_destination"}),
        (["52_mms_to_two"], {"kind": "mms", "remote_numbers": ("+12025550142", "+12025550199")}),
    ],
    presence={
        "24_agent_status_occupied": ("5000000000000001", "talking", "occupied"),
        "25_agent_status_wrapup": ("5000000000000001", "online", "wrapup"),
        "27_agent_status_busy": ("5000000000000001", "dnd", "busy"),
        "53_agent_unavailable": ("5000000000000001", "dnd", "unavailable: Lunch"),
        "54_agent_available": ("5000000000000001", "online", "available"),
    },
    accounts={"anna": ["5000000000000001"], "boris": ["5000000000000002"]},
    differs={
        "09_hangup_after_voicemail": "the voicemail is known only with its own event; then the call is `voicemail`",
    },
)
