"""Whom a rule's mails reach now, and why some they do not."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ringlake.model.directory import Directory
from ringlake.model.language import Language
from ringlake.model.schedules import Recipient
from ringlake.stores.addresses import Addresses

OK = "ok"
UNCONFIRMED = "unconfirmed"
SUSPENDED = "suspended"
GONE = "gone"


class Reached(NamedTuple):
    """Where the mail goes, and `OK`, or why none does."""

    address: str
    language: Language
    state: str
    asked_at: datetime | None


def topic_of(rule_id: str) -> str:
    """What somebody leaves who wants no more mails of this rule."""
    return f"alert:{rule_id}"


def reached(rule_id: str, recipient: Recipient, directory: Directory, addresses: Addresses) -> Reached:
    """A user gets mail where he is now; an address outside only once its owner agreed (demands.md D57)."""
    user_id = recipient.user
    user = next((one for one in directory.users if one.id == user_id), None) if user_id else None
    to = user.email if user else recipient.address
    speaks = recipient.language or (user.language if user else None) or directory.workspace.language
    known = addresses.get(directory.workspace.id, to) if to else None
    stopped = known.stopped(topic_of(rule_id)) if known else None
    if user_id and (user is None or user.deleted_at is not None):
        state = GONE
    elif user is not None and user.suspended_at is not None:
        state = SUSPENDED
    elif stopped is not None:
        state = stopped.value
    elif not user_id and (known is None or known.confirmed_at is None):
        state = UNCONFIRMED
    else:
        state = OK
    return Reached(to, speaks, state, known.asked_at if known else None)


# For people: why nothing is sent.
SAID = {
    UNCONFIRMED: "the address has not agreed to get mail",
    SUSPENDED: "the user is suspended",
    GONE: "the user is gone",
    "bounced": "mail to the address came back",
    "complained": "the address complained about mail",
    "unsubscribed": "unsubscribed",
}
