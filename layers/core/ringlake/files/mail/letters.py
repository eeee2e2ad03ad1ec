"""One function for each mail: what it says, in the order in which it says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from ringlake.model.jobs import Job
from ringlake.model.mailing import MailAddress

from .message import plain
from .types import Attachment, Envelope, Headline, Notice, Period


def ready(
    to: Envelope,
    job: Job,
    *,
    title: str,
    zone: ZoneInfo,
    attachment: Attachment | None = None,
    settings_version: int | None = None,
    notes: Sequence[str] = (),
) -> EmailMessage:
    """A file that somebody asked for: attached, or behind a link that asks for signing in.

    `title` is the report's, `notes` what the manifest says beside the numbers (split sheets, hidden columns).
    """
    return plain(to, "ready", title, [attachment] if attachment else [])


def failed(to: Envelope, job: Job, *, title: str, reason: str, zone: ZoneInfo) -> EmailMessage:
    """An export or a report that could not be made; `reason` is the sentence that the job shows."""
    return plain(to, "failed", f"{title}: {reason}")


def scheduled(
    to: Envelope,
    job: Job,
    *,
    title: str,
    zone: ZoneInfo,
    period: Period,
    headlines: Sequence[Headline] = (),
    attachment: Attachment | None = None,
    outside: bool = False,
    contact: str = "",
    settings_version: int | None = None,
    notes: Sequence[str] = (),
) -> EmailMessage:
    """A schedule's report over a period, with its headline numbers (features.md N19) and a one-click way out.

    Somebody `outside` cannot sign in: when the file is too large to attach, the mail says to ask `contact`
    (the address of the schedule's owner) for it.
    """
    return plain(to, "scheduled", title, [attachment] if attachment else [])


def confirm(to: Envelope, *, token: str, expires_at: datetime) -> EmailMessage:
    """Asks somebody outside whether he wants reports of this workspace (demands.md D57)."""
    return plain(to, "confirm", token)


def alert(to: Envelope, notices: Sequence[Notice], *, zone: ZoneInfo) -> EmailMessage:
    """One notice, or several that were held back during quiet hours, oldest first."""
    return plain(to, "alert", notices[0].trigger)


def budget(
    to: Envelope,
    *,
    name: str,
    spent: Decimal,
    limit: Decimal,
    currency: str,
    period: Period,
    forecast: Decimal | None = None,
) -> EmailMessage:
    """A budget is reached, or will be before its period ends (features.md N8)."""
    return plain(to, "budget", name)


def bulk_export(
    to: Envelope, *, who: str, title: str, rows: int | None, at: datetime, zone: ZoneInfo, job_id: str
) -> EmailMessage:
    """Tells the owner that somebody took much at once (security.md API6). `who` is the person's name or address."""
    return plain(to, "bulk_export", title)


def bounced(to: Envelope, address: MailAddress, *, what: str, zone: ZoneInfo) -> EmailMessage:
    """Tells whoever sends `what` (a schedule's name, "" for all mail) that an address gets nothing any more, and why."""
    return plain(to, "bounced", address.address)
