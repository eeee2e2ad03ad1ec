"""Whom a schedule's mails reach now (demands.md D57)."""

from __future__ import annotations

from collections.abc import Sequence

from ringlake.flows.mailing import recipients
from ringlake.flows.mailing.recipients import OK, UNCONFIRMED, Known, Reached, all_at_once, one_by_one
from ringlake.model.directory import Directory
from ringlake.model.schedules import Recipient

__all__ = ["OK", "UNCONFIRMED", "Known", "Reached", "all_at_once", "one_by_one", "reached", "topic_of"]


def topic_of(schedule_id: str) -> str:
    """What somebody leaves who wants no more mails of this schedule."""
    return f"schedule:{schedule_id}"


def reached(schedule_id: str, asked: Sequence[Recipient], directory: Directory, known: Known) -> list[Reached]:
    """In their order, as they are now."""
    return recipients.reached(topic_of(schedule_id), asked, directory, known)
