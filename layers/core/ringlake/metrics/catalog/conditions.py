"""The sets that metrics are made of, by their names in metrics.md (`Base sets`)."""

from __future__ import annotations

from .metric import All, Condition, Flag, Known, Not, OneOf

NOT_SPAM = Not(of=Flag(column="is_spam"))


def both(*of: Condition) -> Condition:
    return All(of=of)


def without(whole: Condition, *parts: Condition) -> Condition:
    """Rows of the whole that are in none of its parts."""
    return All(of=(whole, *(Not(of=part) for part in parts)))


CALL = both(Flag(column="is_call"), NOT_SPAM)
INBOUND = both(Flag(column="is_inbound"), NOT_SPAM)
OUTBOUND = both(Flag(column="is_outbound"), NOT_SPAM)
ANSWERED = both(Flag(column="is_answered"), NOT_SPAM)
ANSWERED_INBOUND = both(Flag(column="is_answered"), Flag(column="is_inbound"), NOT_SPAM)
ANSWERED_OUTBOUND = both(Flag(column="is_answered"), Flag(column="is_outbound"), NOT_SPAM)
ATTEMPTED = without(OUTBOUND, Flag(column="is_aborted"))

# The rows say themselves that spam is in none of these (rows.py).
OFFERED = Flag(column="is_offered")
ANS = Flag(column="is_answered_offered")
MISSED = Flag(column="is_missed")
ABN_S = Flag(column="is_short_abandon")
CB = Flag(column="is_callback_requested")
CLOSED = Flag(column="is_closed_hours")
IVR = Flag(column="is_ivr_abandon")
# ABN without ABN_S: given up after the short threshold; who asked for a call back did not abandon.
ABN = both(MISSED, Flag(column="is_abandoned"))
VM = both(MISSED, Flag(column="is_voicemail"))
TMO = without(MISSED, Flag(column="is_abandoned"), Flag(column="is_voicemail"))

MESSAGE = both(Flag(column="is_message"), NOT_SPAM)
RECEIVED = both(Flag(column="is_message"), Flag(column="is_inbound"), NOT_SPAM)
# Ordered for later and not yet sent: counted as scheduled, not as sent (features.md F46).
SCHEDULED = both(Flag(column="is_outbound"), OneOf(column="status", values=("pending",)), Known(column="scheduled_for"))
SENT = without(Flag(column="is_outbound"), SCHEDULED)

# Of money: any charge of the row was in another currency than the workspace's.
CONVERTED = Flag(column="is_cost_converted")

CASE = Flag(column="is_case")


def reason(*names: str) -> Condition:
    return OneOf(column="missed_reason", values=names)
