"""The mail that says a file is ready (security.md 4).

One recipient, nothing about customers, and no subject that tells anything. Header values go
through `EmailMessage`, which refuses line ends; everything shown in HTML is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ringlake.model.jobs import Job, JobKind

# 57 bytes become a line of 76 characters and its end (RFC 2045); head, texts and boundaries take up to some 100 kB
# (a long filter in a script that is not Latin).
_LINE_BYTES, _LINE_LENGTH = 57, 78
_REST_BYTES = 131_072


def encoded_size(file_bytes: int) -> int:
    """Size of a mail with a file of this size attached, as the receiving server counts it."""
    return -(-file_bytes // _LINE_BYTES) * _LINE_LENGTH + _REST_BYTES


def ready_mail(
    job: Job, *, sender: str, title: str, zone: str, link: str, now: datetime, attachment: bytes | None
) -> EmailMessage:
    """The notice of a finished job, with the file itself when given.

    Raises ValueError when an address or the file name could break out of its header.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender)
    message["To"] = _address(job.requester_email)
    message["Subject"] = "Your report is ready" if job.kind is JobKind.REPORT else "Your export is ready"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{job.id}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    facts = _facts(job, title, zone)
    message.set_content(_text(facts, link, job, attached=attachment is not None))
    message.add_alternative(_html(facts, link, job, attached=attachment is not None), subtype="html")
    if attachment is not None:
        message.add_attachment(attachment, maintype="text", subtype="csv", filename=job.filename)
    return message


def _address(text: str) -> Address:
    try:
        found = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError):
        found = Address()
    if not found.username or not found.domain:
        raise ValueError("not one e-mail address")
    return found


def _facts(job: Job, title: str, zone: str) -> list[tuple[str, str]]:
    """What the reader needs to know of the file, in this order."""
    return [
        ("What", title),
        *((f"Filter {name}", value) for name, value in described(job.filter)),
        ("Rows", f"{job.rows:,}" if job.rows is not None else ""),
        ("Time zone", zone),
        ("Data until", _moment(job.as_of) if job.as_of else "not stated"),
        ("File", job.filename),
        ("Dialect", f"{job.dialect}, {job.prefixed_cells or 0} cells prefixed with an apostrophe"),
        ("SHA-256", job.sha256),
        ("Available until", _moment(job.expires_at)),
    ]


def described(filter: dict[str, object]) -> list[tuple[str, str]]:
    """A filter in words. A customer's number is said to be there and not shown."""
    lines = []
    for name, value in sorted(filter.items()):
        if name == "remote":
            lines.append((name, "a number (not shown in mails)"))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            lines.append((name, ", ".join(map(str, value))))
        else:
            lines.append((name, str(value)))
    return lines


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _sentences(job: Job, *, attached: bool) -> str:
    kind = "report" if job.kind is JobKind.REPORT else "export"
    if attached:
        return f"The {kind} that you asked for is attached. You can also download it, after signing in, here:"
    return f"The {kind} that you asked for is ready. Download it, after signing in, here:"


def _text(facts: list[tuple[str, str]], link: str, job: Job, *, attached: bool) -> str:
    lines = [f"{name}: {value}" for name, value in facts]
    return "\n".join([_sentences(job, attached=attached), link, "", *lines, ""])


def _html(facts: list[tuple[str, str]], link: str, job: Job, *, attached: bool) -> str:
    rows = "".join(
        f'<tr><th align="left">{html.escape(name)}</th><td>{html.escape(value)}</td></tr>' for name, value in facts
    )
    return (
        '<!doctype html><html lang="en"><body>'
        f"<p>{html.escape(_sentences(job, attached=attached))}</p>"
        f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>'
        f"<table>{rows}</table></body></html>"
    )
