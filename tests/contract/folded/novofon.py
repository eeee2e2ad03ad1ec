"""Novofon: what notifications of its classic line and of 2.0 become."""

from __future__ import annotations

from . import Table

C, V = "classic_", "v2_"
CALL = [C + n for n in ("01_notify_start", "03_notify_internal", "02_notify_internal_second_extension")]
CALL += [C + n for n in ("04_notify_answer", "05_notify_end_answered", "11_notify_record")]
TALK = [V + n for n in ("01_call_in", "02_call_wait", "03_talk_start", "09_talk_end")]
TALK += [V + n for n in ("04_call_end_answered", "07_record_nested")]

TABLE = Table(
    accounts={"anna": ("101", "323409"), "boris": ("102", "323410")},
    numbers={"+12025550101": ()},
    calls=(
        (CALL[:1], {"direction": "inbound", "live": "ringing", "remote_number": "+12025550143"}),
        (CALL[:3], {"live": "ringing", "legs": 2, "business_number": "+12025550101"}),
        (CALL[:4], {"live": "in_progress", "user": "anna"}),
        # Heard of 197 s after the start with a talk of 185 s: it rang for 12.
        (
            [C + "05_notify_end_answered"],
            {"outcome": "answered", "talk_s": 185, "wait_s": 12, "total_s": 197, "user": "anna", "recordings": 1},
        ),
        (
            CALL,
            {"direction": "inbound", "outcome": "answered", "talk_s": 185, "user": "anna", "recordings": 1, "legs": 2}
            | {"answered_elsewhere": 1, "telephony_status": "answered", "cause": "16", "total_s": 197},
        ),
        (
            [C + "13_notify_ivr", C + "14_notify_ivr_json"],
            {"live": "queued", "path": ("step 2",)},
        ),
        (
            [C + "06_notify_end_cancel"],
            {"outcome": "caller_abandoned", "missed_reason": "rang_no_answer", "wait_s": 12, "total_s": 12}
            | {"hangup_by": "customer"},
        ),
        ([C + "07_notify_end_no_answer"], {"outcome": "no_answer", "wait_s": 30, "talk_s": None, "cause": "19"}),
        (
            [C + "08_notify_out_start", C + "09_notify_out_end_answered"],
            {"direction": "outbound", "outcome": "answered", "talk_s": 60, "ring_s": 10, "user": "boris"}
            | {"remote_number": "+12025550187", "business_number": "+12025550101"},
        ),
        ([C + "08_notify_out_start", C + "17_unknown_event"], {"direction": "outbound", "live": "ringing"}),
        ([C + "10_notify_out_end_busy"], {"direction": "outbound", "outcome": "busy", "ring_s": 3, "user": "boris"}),
        ([C + "12_notify_start_raw_base64_signature"], {"live": "ringing"}),
        (
            [C + "15_end_of_an_outgoing_call"],
            {"direction": "outbound", "outcome": "answered", "talk_s": 48, "user": "boris"}
            | {"remote_number": "+12025550187"},
        ),
        ([C + "16_between_extensions"], {"direction": "internal", "outcome": "answered", "talk_s": 48}),
        ([C + "18_unknown_disposition"], {"outcome": "no_answer", "telephony_status": "moon in the way"}),
        ([C + "19_withheld_caller"], {"live": "in_progress", "unattributed": "unmapped"}),
        (
            [C + "20_end_by_limit"],
            {"direction": "outbound", "outcome": "failed", "cause": "provider_limit", "tags": ("callback_leg2",)},
        ),
        ([C + "21_out_end_answered_without_extension"], {"outcome": "answered", "talk_s": 42, "ring_s": 18}),
        ([C + "05_notify_end_answered", C + "23_speech_of_a_call"], {"outcome": "answered", "transcript": True}),
        (
            [C + "26_end_before_its_ring", C + "27_ring_after_the_end"],
            {"outcome": "answered", "talk_s": 30, "wait_s": 11, "total_s": 41, "legs": 1, "flags": (), "user": "anna"},
        ),
        (
            [C + "28_withheld_as_zero"],
            {"direction": "inbound", "outcome": "caller_abandoned", "remote_number": "anonymous", "wait_s": 30},
        ),
        (TALK[:1], {"direction": "inbound", "live": "ringing", "scheme": "Main menu"}),
        (TALK[:2], {"live": "ringing", "legs": 1}),
        (TALK[:3], {"live": "in_progress", "user": "anna"}),
        (
            TALK,
            {"direction": "inbound", "outcome": "answered", "talk_s": 185, "total_s": 196, "user": "anna"}
            | {"recordings": 1, "legs": 1, "flags": (), "remote_number": "+12025550143"},
        ),
        ([V + "04_call_end_answered"], {"outcome": "answered", "talk_s": 185, "wait_s": 11, "total_s": 196}),
        (
            [V + "05_call_lost", V + "10_call_end_of_a_lost_call"],
            {"direction": "inbound", "outcome": "no_answer", "missed_reason": "rang_no_answer", "wait_s": 20}
            | {"total_s": 26, "legs": 2, "talk_s": None, "unattributed": "group_call"},
        ),
        (
            [V + "06_call_out", V + "08_call_end_get_flat"],
            {"direction": "outbound", "outcome": "no_answer", "ring_s": 25, "user": "boris"}
            | {"remote_number": "+12025550187", "business_number": "+12025550101"},
        ),
        (
            [V + "11_form"],
            {"direction": "outbound", "outcome": "answered", "talk_s": 40, "ring_s": 12, "total_s": 52}
            | {"tags": ("sale", "second call"), "user": "boris"},
        ),
        (
            [V + "12_query_with_a_lost_ampersand"],
            {"outcome": "caller_abandoned", "remote_number": "+12025550143", "cause": "subscriber_disconnects"},
        ),
        ([V + "14_by_mnemonic"], {"outcome": "no_answer", "wait_s": 20}),
        ([V + "15_long_id"], {"provider_id": "9007199254740993123", "outcome": "answered", "talk_s": 5}),
        ([V + "18_voicemail"], {"outcome": "voicemail", "voicemail_left": True, "wait_s": 12}),
        ([V + "19_no_voicemail_in_a_query"], {"outcome": "no_answer", "voicemail_left": False}),
        ([V + "20_record_alone"], {"direction": "inbound", "live": None, "outcome": None, "recordings": 1}),
        (
            [V + n for n in ("21_handed_on_call_in", "22_handed_on_first_talk", "23_handed_on_second_talk")]
            + [V + "24_handed_on_end"],
            {"outcome": "answered", "wait_s": 10, "total_s": 110, "user": "boris", "legs": 2},
        ),
        ([V + "17_transferred"], {"outcome": "answered", "talk_s": 180, "user": "boris"}),
    ),
    messages=(
        (
            [C + "22_sms"],
            {"status": "received", "direction": "inbound", "remote_numbers": ("+12025550143",)}
            | {"business_number": "+12025550101"},
        ),
    ),
)
