"""How the real mail store reads SES: what was certainly not sent, what never will be, what nobody knows."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from ringlake.errors import Unavailable
from ringlake.stores import mail as module
from ringlake.stores.mail import Mail, MailRefused, MailThrottled, MailUncertain, MemoryMail, Refusal, SesMail


def message(*recipients: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = Address(addr_spec="reports@example.com")
    made["To"] = [Address(addr_spec=r) for r in recipients or ("anna@example.com",)]
    made.set_content("hello")
    return made


def answering(monkeypatch: pytest.MonkeyPatch, fault: Exception | None) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    class Client:
        def send_raw_email(self, **request: Any) -> None:
            sent.append(request)
            if fault is not None:
                raise fault

    def client(service: str, attempts: int) -> Client:
        assert (service, attempts) == ("ses", 1)
        return Client()

    monkeypatch.setattr(module, "client", client)
    return sent


def refused(code: str, status: int = 400, said: str = "") -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": said}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendRawEmail")


FAULTS = [
    (refused("Throttling"), MailThrottled),
    (refused("ThrottlingException"), MailThrottled),
    (EndpointConnectionError(endpoint_url="x"), Unavailable),
    (ConnectTimeoutError(endpoint_url="x"), Unavailable),
    (refused("MessageRejected"), MailRefused),
    (refused("MailFromDomainNotVerifiedException"), MailRefused),
    (refused("AccountSendingPausedException"), MailRefused),
    (refused("AccessDenied", 403), MailRefused),
    (refused("InternalFailure", 500), MailUncertain),
    (refused("ServiceUnavailable", 503), MailUncertain),
    (ReadTimeoutError(endpoint_url="x"), MailUncertain),
    (ConnectionClosedError(endpoint_url="x"), MailUncertain),
]


@pytest.mark.parametrize(("fault", "meaning"), FAULTS)
def test_each_fault_means_one_thing_and_only_what_was_surely_not_sent_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, meaning: type[Exception]
) -> None:
    pauses: list[float] = []
    sent = answering(monkeypatch, fault)
    with pytest.raises(meaning):
        SesMail(pauses.append).send(message())
    assert (len(sent), len(pauses)) == ((4, 3) if issubclass(meaning, Unavailable) else (1, 0))


_FAILED = "Email address is not verified. The following identities failed the check in region EU-WEST-1: "


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (refused("MessageRejected", said=f"{_FAILED}Reports@Example.com"), Refusal.SENDER_UNVERIFIED),
        (refused("MessageRejected", said=f"{_FAILED}anna@example.com"), Refusal.RECIPIENT_UNVERIFIED),
        (refused("MessageRejected", said=f"{_FAILED}anna@example.com, reports@example.com"), Refusal.SENDER_UNVERIFIED),
        (refused("MessageRejected", said="Virus found"), Refusal.OTHER),
        (refused("MailFromDomainNotVerifiedException"), Refusal.SENDER_UNVERIFIED),
        (refused("AccountSendingPausedException"), Refusal.PAUSED),
        (refused("ConfigurationSetDoesNotExist"), Refusal.MISCONFIGURED),
        (refused("AccessDenied", 403), Refusal.MISCONFIGURED),
        (refused("InvalidParameterValue"), Refusal.OTHER),
    ],
)
def test_a_refusal_says_what_has_to_be_done(monkeypatch: pytest.MonkeyPatch, fault: ClientError, why: Refusal) -> None:
    answering(monkeypatch, fault)
    with pytest.raises(MailRefused) as refusal:
        SesMail().send(message())
    assert refusal.value.why is why
    assert str(refusal.value) == fault.response["Error"]["Code"]


def test_the_bytes_that_were_built_are_the_bytes_that_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    (sent,) = [answering(monkeypatch, None)]
    SesMail().send(message())

    assert sent[0]["Source"] == "reports@example.com"
    assert sent[0]["Destinations"] == ["anna@example.com"]
    assert b"To: anna@example.com\r\n" in sent[0]["RawMessage"]["Data"]


@pytest.mark.parametrize("mail", [SesMail(), MemoryMail()])
def test_a_mail_has_exactly_one_recipient(monkeypatch: pytest.MonkeyPatch, mail: Mail) -> None:
    sent = answering(monkeypatch, None)
    with_copy, blind = message(), message()
    with_copy["Cc"] = "b@example.com"
    blind["Bcc"] = "b@example.com"
    for wrong in (message("a@example.com", "b@example.com"), with_copy, blind):
        with pytest.raises(ValueError, match="exactly one recipient"):
            mail.send(wrong)
    assert not sent
