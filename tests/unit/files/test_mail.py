"""The mail: one recipient, nothing injected, nothing personal."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import msgspec
import pytest

from ringlake.files.mail import encoded_size, ready_mail
from ringlake.model.jobs import Job, JobKind

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
JOB = Job(
    id="018e0000000abc",
    workspace="acme",
    kind=JobKind.EXPORT,
    requester="u1",
    requester_email="anna@example.com",
    created_at=NOW,
    expires_at=datetime(2026, 4, 9, 12, tzinfo=UTC),
    filter={"from": "2026-03-01", "to": "2026-03-09", "outcomes": ["busy", "failed"], "remote": "+48601234567"},
    filename="ringlake-activity_2026-03-01_2026-03-09_spreadsheet.csv",
    rows=30_001,
    prefixed_cells=7,
    sha256="ab" * 32,
    as_of=datetime(2026, 3, 10, 11, 59, tzinfo=UTC),
)


def mail(attachment: bytes | None = None, sender: str = "reports@example.com", **changes: Any) -> EmailMessage:
    return ready_mail(
        msgspec.structs.replace(JOB, **changes),
        sender=sender,
        title="Activity: calls <and> messages",
        zone="Europe/Warsaw",
        link="https://ringlake.example.com/v1/exports/018e0000000abc/download",
        now=NOW,
        attachment=attachment,
    )


def read(message: EmailMessage) -> EmailMessage:
    parsed = message_from_bytes(message.as_bytes(policy=SMTP), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_it_says_what_filter_rows_zone_freshness_hash_expiry_and_link(kind: str) -> None:
    text = body(read(mail()), kind)

    for said in (
        "30,001", "2026-03-01", "2026-03-09", "busy, failed", "Europe/Warsaw", "2026-03-10 11:59 UTC", "ab" * 32,
        "2026-04-09 12:00 UTC", "/v1/exports/018e0000000abc/download", "7 cells", JOB.filename,
    ):  # fmt: skip
        assert said in text


def test_the_subject_says_nothing_and_the_customers_number_is_nowhere() -> None:
    message = mail()

    assert message["Subject"] == "Your export is ready"
    assert mail(kind=JobKind.REPORT)["Subject"] == "Your report is ready"
    assert "601234567" not in message.as_string()


def test_text_is_escaped_in_html() -> None:
    hostile = mail(filter={"reference": "<script>alert(1)</script>"})

    assert "<script>" not in body(read(hostile), "html")
    assert "calls &lt;and&gt; messages" in body(read(hostile), "html")


def test_the_attachment_arrives_byte_for_byte() -> None:
    content = b'\xef\xbb\xbf"a"\r\n"\xc5\xbb"\r\n' * 1000
    (attached,) = read(mail(content)).iter_attachments()

    assert attached.get_payload(decode=True) == content
    assert attached.get_filename() == JOB.filename
    assert attached.get_content_type() == "text/csv"


def test_no_line_is_longer_than_mail_allows() -> None:
    raw = mail(b"x" * 10_000, filter={"users": ["u" * 100] * 50}).as_bytes(policy=SMTP)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com\nb@example.com",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "Anna <a@example.com>",
        "a@example.com\0",
        "a b@example.com",
        "anna",
        "",
    ],
)
def test_an_address_that_is_not_exactly_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library words it differently for each
        mail(requester_email=address)
    with pytest.raises(ValueError):  # noqa: PT011
        mail(sender=address)


@pytest.mark.parametrize("name", ["a.csv\r\nBcc: b@example.com", "a\n.csv"])
def test_a_file_name_cannot_begin_a_header(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        mail(b"x", filename=name).as_bytes(policy=SMTP)


@pytest.mark.parametrize("size", [0, 1, 57, 1_000, 1_000_000])
def test_the_estimate_is_never_below_the_mail_and_never_far_above(size: int) -> None:
    real = len(mail(b"x" * size).as_bytes(policy=SMTP))
    assert real <= encoded_size(size) <= real + 131_072
