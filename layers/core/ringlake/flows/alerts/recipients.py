"""Whom a rule's mails reach now, and why some they do not."""

from __future__ import annotations

from ringlake.flows.mailing.recipients import GONE, SUSPENDED, UNCONFIRMED
from ringlake.model.mailing import Standing

# For people: why nothing is sent.
SAID = {
    UNCONFIRMED: "the address has not agreed to get mail",
    SUSPENDED: "the user is suspended",
    GONE: "the user is gone",
    Standing.BOUNCED.value: "mail to the address came back",
    Standing.COMPLAINED.value: "the address complained about mail",
    Standing.UNSUBSCRIBED.value: "unsubscribed",
}


def topic_of(rule_id: str) -> str:
    """What somebody leaves who wants no more mails of this rule."""
    return f"alert:{rule_id}"
