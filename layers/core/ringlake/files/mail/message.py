"""The headers and parts of a mail."""

from __future__ import annotations

import hashlib
import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any, Self
from urllib.parse import quote

from .sheet import Sheet, html, text
from .types import Attachment, Envelope

# SES takes this header out and hands its values on with what becomes of the mail; a tag may hold nothing else.
TAGS = "X-SES-MESSAGE-TAGS"
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
# What inboxes show; the company is in the mail.
_SENDER = "Ringlake"
# A line of a mail (RFC 5322 2.1.1).
_LONGEST_LINE = 998
# 57 bytes become a line of 76 characters and its end (RFC 2045); head, texts and boundaries take up to some 150 kB
# (a long filter in a script that is not Latin).
_LINE_BYTES, _LINE_LENGTH = 57, 78
_REST_BYTES = 163_840
_LAST_ASCII = 127


class _Whole(str):
    """A header that stays on one line. Python's own folding turns an address that is longer than 78 characters into
    encoded words, which no client follows (CPython 3.13, email._header_value_parser).
    """

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> Self:
        if not value.isascii() or not value.isprintable() or len(name) + len(value) + 2 > _LONGEST_LINE:
            raise ValueError(f"{name} cannot be written on one line")
        made = super().__new__(cls, value)
        made.name = name
        return made

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def encoded_size(file_bytes: int) -> int:
    """Size of a mail with a file of this size attached, as the receiving server counts it (demands.md D59)."""
    return -(-file_bytes // _LINE_BYTES) * _LINE_LENGTH + _REST_BYTES


def mail(to: Envelope, kind: str, subject: str, sheet: Sheet, attachment: Attachment | None = None) -> EmailMessage:
    """The whole message: plain text, the same as HTML, and a file."""
    message = headed(to, kind, subject)
    plain, rich = text(sheet), html(sheet)
    message.set_content(plain, cte=_encoding(plain))
    message.add_alternative(rich, subtype="html", cte=_encoding(rich))
    if attachment is not None:
        attach(message, attachment)
    # Last, because content takes headers of its kind with it into its part.
    message["Content-Language"] = to.language.value
    return message


def _encoding(content: str) -> str:
    """The shorter one; never 8bit, which not every server hands on."""
    strange = sum(1 for byte in content.encode() if byte > _LAST_ASCII)
    return "base64" if strange * 6 > len(content.encode()) else "quoted-printable"


def headed(to: Envelope, kind: str, subject: str) -> EmailMessage:
    """A message with all its headers and no content. `kind` is the mail's name in the words."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=_SENDER, addr_spec=single_address(to.sender).addr_spec)
    message["To"] = single_address(to.recipient)
    message["Subject"] = subject
    message["Date"] = format_datetime(to.now)
    domain = message["From"].addresses[0].domain
    digest = hashlib.sha256(f"{kind}\n{to.workspace}\n{to.id}\n{to.recipient}".encode()).hexdigest()
    message["Message-ID"] = _Whole("Message-ID", f"<{digest[:40]}@{domain}>")
    message["Auto-Submitted"] = "auto-generated"
    if to.leave:
        message["List-Unsubscribe"] = _Whole("List-Unsubscribe", f"<{leave_url(to)}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if _TAG.fullmatch(to.workspace):
        message[TAGS] = _Whole(TAGS, f"workspace={to.workspace}, mail={kind}")
    return message


def page_url(to: Envelope, page: str, token: str) -> str:
    """Address of the page behind a link, in the language of the mail."""
    return f"{to.public_url.rstrip('/')}/mail/{page}/{quote(token, safe='')}?language={to.language.value}"


def leave_url(to: Envelope) -> str:
    """Where the one-click way out is, "" for a mail that has none."""
    return page_url(to, "unsubscribe", to.leave) if to.leave else ""


def attach(message: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.content_type.partition(";")[0].strip().partition("/")
    message.add_attachment(attachment.data, maintype=main, subtype=sub, filename=attachment.filename)


def single_address(given: str) -> Address:
    """Exactly one address in ASCII (RFC 5322): Python would write any other one as encoded words, and SES wants the
    domain's own spelling (`xn--...`).
    """
    try:
        found = Address(addr_spec=given)
    except (ValueError, IndexError, HeaderParseError):
        found = Address()
    if not found.username or not found.domain or not given.isascii():
        raise ValueError("not one e-mail address")
    return found
