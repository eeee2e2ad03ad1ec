"""The headers and parts of a mail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from .types import Attachment, Envelope

_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


def plain(to: Envelope, kind: str, text: str, attachments: Sequence[Attachment] = ()) -> EmailMessage:
    message = headed(to, kind, kind)
    message.set_content(text)
    for attachment in attachments:
        attach(message, attachment)
    return message


def headed(to: Envelope, kind: str, subject: str) -> EmailMessage:
    """A message with all its headers and no content. `kind` is the mail's name in the words."""
    message = EmailMessage(policy=SMTP)
    message["From"] = single_address(to.sender)
    message["To"] = single_address(to.recipient)
    message["Subject"] = subject
    message["Date"] = format_datetime(to.now)
    domain = message["From"].addresses[0].domain
    digest = hashlib.sha256("\0".join((kind, to.workspace, to.id, to.recipient)).encode()).hexdigest()
    message["Message-ID"] = f"<{digest[:40]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = to.language.value
    if to.leave:
        message["List-Unsubscribe"] = f"<{leave_url(to)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if _TAG.fullmatch(to.workspace):
        message["X-SES-MESSAGE-TAGS"] = f"workspace={to.workspace}, mail={kind}"
    return message


def leave_url(to: Envelope) -> str:
    return f"{to.public_url.rstrip('/')}/mail/unsubscribe/{to.leave}"


def attach(message: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.content_type.partition(";")[0].strip().partition("/")
    message.add_attachment(attachment.data, maintype=main, subtype=sub, filename=attachment.filename)


def single_address(text: str) -> Address:
    try:
        found = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError):
        found = Address()
    if not found.username or not found.domain:
        raise ValueError("not one e-mail address")
    return found
