"""Every mail there is, made of texts that a test may choose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ringlake.files.mail import (
    Amount,
    Attachment,
    Envelope,
    Headline,
    Notice,
    Period,
    Trigger,
    Unit,
    alert,
    bounced,
    budget,
    bulk_export,
    confirm,
    failed,
    ready,
    scheduled,
)
from ringlake.model.jobs import Job, JobKind
from ringlake.model.language import Language
from ringlake.model.mailing import MailAddress, Standing

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")
TOKEN = "t0K3n_-" * 6 + "x"
WEEK = Period(first=date(2026, 3, 2), last=date(2026, 3, 8))
JOB = Job(
    id="018e0000000abc",
    workspace="acme",
    kind=JobKind.EXPORT,
    requester="u1",
    created_at=NOW,
    expires_at=datetime(2026, 4, 9, 12, tzinfo=UTC),
    filter={"from": "2026-03-01", "to": "2026-03-09", "outcomes": ["busy", "failed"], "remote": "+48601234567"},
    filename="ringlake-activity_2026-03-01_2026-03-09_spreadsheet.csv",
    rows=30_001,
    prefixed_cells=7,
    size_bytes=5_234_567,
    sha256="ab" * 32,
    as_of=datetime(2026, 3, 10, 11, 59, tzinfo=UTC),
)


def envelope(**changes: Any) -> Envelope:
    usual: dict[str, Any] = {
        "id": "018e0000000abc/0",
        "sender": "reports@example.com",
        "recipient": "anna@example.com",
        "workspace": "acme",
        "company": "Acme & Sons",
        "public_url": "https://ringlake.example.com",
        "now": NOW,
    }
    return Envelope(**usual | changes)


def job(**changes: Any) -> Job:
    return msgspec.structs.replace(JOB, **changes)


def file(data: bytes = b"x", name: str = JOB.filename, kind: str = "text/csv; charset=utf-8") -> Attachment:
    return Attachment(filename=name, content_type=kind, data=data)


def notice(**changes: Any) -> Notice:
    usual: dict[str, Any] = {
        "trigger": Trigger.LONGEST_WAIT,
        "rule": "Mornings",
        "measured": Amount(value=312, unit=Unit.SECONDS),
        "threshold": Amount(value=180, unit=Unit.SECONDS),
        "at": NOW,
        "since": NOW - timedelta(minutes=6),
        "place": "Reception",
    }
    return Notice(**usual | changes)


HEADLINES = (
    Headline(name="calls_answered_inbound", amount=Amount(value=1234), before=Amount(value=1180)),
    Headline(name="average_talk_s", amount=Amount(value=187.4, unit=Unit.SECONDS), before=Amount(value=None)),
    Headline(name="missed_rate", amount=Amount(value=0.0834, unit=Unit.SHARE)),
    Headline(name="spend", amount=Amount(value=Decimal("12345.605"), unit=Unit.MONEY, currency="EUR")),
)


def every_mail(language: Language = Language.EN, text: str = "Weekly", **changes: Any) -> Iterator[EmailMessage]:
    """One of each, `text` wherever somebody's own words go."""
    to = envelope(language=language, company=text, **changes)
    leaving = msgspec.structs.replace(to, leave=TOKEN)
    asked = job(filter={"tags": [text, text], "unheard_of": text, "zone": text})
    for kind in JobKind:
        this = msgspec.structs.replace(asked, kind=kind)
        yield ready(to, this, title=text, zone=WARSAW, attachment=file(), settings_version=3, notes=[text])
        yield ready(to, this, title=text, zone=WARSAW)
        yield failed(to, this, title=text, reason=text, zone=WARSAW)
    own = (Headline(name=text, amount=Amount(value=1), label=text),)
    for outside in (False, True):
        for attachment in (None, file()):
            yield scheduled(
                leaving, asked, title=text, zone=WARSAW, period=WEEK, headlines=HEADLINES + own,
                attachment=attachment, outside=outside, contact=text, notes=[text],
            )  # fmt: skip
    yield confirm(to, token=TOKEN, expires_at=NOW + timedelta(days=7))
    for trigger in Trigger:
        for resolved in (False, True):
            one = notice(trigger=trigger, resolved=resolved, rule=text, place=text, details={text: text})
            yield alert(leaving, [one], zone=WARSAW)
    yield alert(leaving, [notice(rule=text), notice(trigger=Trigger.ABUSE, window_s=900)], zone=WARSAW, more=3)
    yield alert(leaving, [notice(rule=text)], zone=WARSAW, trial=True, unsteady=True)
    for spent in (Decimal(900), Decimal(1000)):
        yield budget(
            to, name=text, spent=spent, limit=Decimal(1000), currency="EUR", period=WEEK, forecast=Decimal(1210)
        )
    yield bulk_export(to, who=text, title=text, rows=2_000_000, at=NOW, zone=WARSAW, job_id=JOB.id)
    for standing in Standing:
        known = MailAddress(address="old@example.org", standing=standing, since=NOW, reason=text)
        yield bounced(to, known, what=text, zone=WARSAW)


def read(message: EmailMessage) -> EmailMessage:
    """As the receiver's program reads it."""
    parsed = message_from_bytes(message.as_bytes(policy=SMTP), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
