"""RingCentral: times are the `eventTime` of each notification."""

from __future__ import annotations

from . import Table

SESSION = ["02_session_setup", "03_session_proceeding", "04_session_answered", "05_session_hold"]
SESSION += ["20_session_back_from_hold"]
TRANSFER = ["23_transfer_first_agent", "24_transfer_second_rings", "25_transfer_first_gone"]
OUT = ["30_out_setup", "31_out_far_end_rings", "32_out_answered"]
INTERNAL = ["40_internal_setup", "41_internal_handling_began"]

TABLE = Table(
    calls=[
        (SESSION[:1], {"live": "ringing", "direction": "inbound", "remote_number": "+12025550142"}),
        (SESSION[:3], {"live": "in_progress", "ring_s": 8, "user": "anna", "telephony_status": "Answered"}),
        (SESSION, {"live": "in_progress", "hold_s": 20}),
        (
            [*SESSION, "49_supervisor_listens", "06_session_disconnected"],
            {"outcome": "answered", "talk_s": 67, "ring_s": 8, "total_s": 75, "hold_s": 20, "legs": 1, "flags": ()},
        ),
        (["08_session_voicemail"], {"outcome": "voicemail", "talk_s": None}),
        (
            ["21_voicemail_setup", "08_session_voicemail", "22_voicemail_party_gone"],
            {"outcome": "voicemail", "ring_s": 20, "total_s": 42},
        ),
        # A transfer swaps the parties; the call ends with the last one.
        (TRANSFER, {"live": "in_progress", "transfers": 1}),
        ([*TRANSFER, "26_transfer_second_answers"], {"live": "in_progress", "user": "boris"}),
        (
            [*TRANSFER, "26_transfer_second_answers", "27_transfer_second_gone"],
            {"outcome": "answered", "talk_s": 89, "legs": 2, "user": "boris", "direction": "inbound"},
        ),
        (OUT[:2], {"live": "ringing", "direction": "outbound", "user": "anna"}),
        ([*OUT, "33_out_far_end_gone"], {"live": "in_progress"}),
        (
            [*OUT, "33_out_far_end_gone", "34_out_gone"],
            {"outcome": "answered", "talk_s": 32, "ring_s": 6, "total_s": 40, "remote_number": "+12025550142"}
            | {"business_number": "+14155550100"},
        ),
        (["35_out_busy"], {"outcome": "busy"}),
        (["36_out_no_such_number"], {"outcome": "failed", "cause": "invalidnumber"}),
        (["37_out_given_up_setup", "38_out_given_up_at_once"], {"outcome": "outbound_aborted"}),
        (["39_out_not_answered"], {"outcome": "no_answer"}),
        (INTERNAL, {"direction": "internal", "live": "ringing"}),
        ([*INTERNAL, "42_internal_answered", "43_internal_over"], {"outcome": "answered", "talk_s": 30}),
        (["44_ring_group_taken"], {"live": "in_progress", "user": "boris"}),
        (["45_missed"], {"outcome": "no_answer"}),
        (["46_screening"], {"outcome": None, "answered_by": "voicemail"}),
        (["47_fax"], {"tags": ("fax",), "answered_by": "machine"}),
    ],
    messages=[
        (["10_sms_instant"], {"status": "received", "user": "anna", "media_count": 0}),
        (["60_sms_sent"], {"status": "sent"}),
        (["61_sms_delivery_failed"], {"status": "undelivered"}),
        (["62_mms_received"], {"kind": "mms", "media_count": 1}),
    ],
    presence={
        "09_presence": ("400100", "talking", "CallConnected/Busy/TakeAllCalls"),
        "50_presence_available": ("400100", "online", "NoCall/Available/TakeAllCalls"),
        "51_presence_dnd": ("400100", "dnd", "NoCall/Available/DoNotAcceptAnyCalls"),
        "52_presence_offline": ("400100", "offline", "NoCall/Offline/TakeAllCalls"),
        "53_presence_ringing": ("400100", "online", "Ringing/Available/DoNotAcceptDepartmentCalls"),
        "54_presence_busy": ("400100", "dnd", "NoCall/Busy/TakeAllCalls"),
        "55_presence_on_hold": ("400100", "talking", "OnHold/Busy/TakeAllCalls"),
    },
    differs={
        "06_session_disconnected": "whether and when somebody answered is said by the notifications before it",
    },
    accounts={"anna": ["400100"], "boris": ["400200"]},
)
