"""Mail through SES.

The v1 raw API, because it sends the bytes that were built; one attempt, because a mail that was
sent and not acknowledged must not be sent again (docs/adr/0051).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from typing import Any, Protocol

from ringlake.errors import Rejected, RinglakeError, Unavailable

from .clients import client


class Refusal(StrEnum):
    """Why SES will not send a mail, by what has to be done about it."""

    RECIPIENT_UNVERIFIED = "recipient_unverified"
    SENDER_UNVERIFIED = "sender_unverified"
    PAUSED = "paused"
    MISCONFIGURED = "misconfigured"
    OTHER = "other"


class MailRefused(Rejected):
    """SES will not send this mail. Names the code."""

    def __init__(self, code: str, why: Refusal = Refusal.OTHER) -> None:
        super().__init__(code)
        self.code = code
        self.why = why


class MailThrottled(Unavailable):
    """A rate or the quota of the day is used up: the mail was not sent and may be tried later."""


class MailUncertain(RinglakeError):
    """The answer was lost: the mail may have been sent. It must not be sent again."""


class Mail(Protocol):
    def send(self, message: EmailMessage) -> None:
        """Send to the one recipient in `To`.

        Raises `Unavailable` when the mail was certainly not sent and may be tried later (`MailThrottled` when
        SES wants no more for a while), `MailRefused` when it never will be, `MailUncertain` when nobody knows.
        """
        ...


# Codes that say "not now" (M API_SendRawEmail, common errors); all other 4xx codes are refusals.
_LATER = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "LimitExceededException"})
_REFUSALS = {
    "MailFromDomainNotVerifiedException": Refusal.SENDER_UNVERIFIED,
    "AccountSendingPausedException": Refusal.PAUSED,
    "ConfigurationSetSendingPausedException": Refusal.PAUSED,
    "ConfigurationSetDoesNotExist": Refusal.MISCONFIGURED,
    "ConfigurationSetDoesNotExistException": Refusal.MISCONFIGURED,
    "AccessDenied": Refusal.MISCONFIGURED,
    "AccessDeniedException": Refusal.MISCONFIGURED,
}
_SERVER_ERROR = 500
# A queue message comes again only after its visibility time-out, an hour and a half later; SES's rate
# limit is per second.
_PAUSES_S = (0.5, 1.0, 2.0)


class SesMail:
    """Waits a little and tries again only where SES says that it did not take the mail."""

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        self._pause = pause

    def send(self, message: EmailMessage) -> None:
        for seconds in _PAUSES_S:
            try:
                return self._send(message)
            except Unavailable:
                self._pause(seconds)
        return self._send(message)

    def _send(self, message: EmailMessage) -> None:
        from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

        try:
            client("ses", attempts=1).send_raw_email(
                Source=str(message["From"]),
                Destinations=[_only_recipient(message)],
                RawMessage={"Data": message.as_bytes(policy=SMTP)},
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in _LATER:
                raise MailThrottled(f"SendRawEmail: {code}") from error
            if status >= _SERVER_ERROR:
                raise MailUncertain(code) from error
            raise MailRefused(code, _refusal(code, error, message)) from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise Unavailable(type(error).__name__) from error
        except BotoCoreError as error:
            raise MailUncertain(type(error).__name__) from error


def _refusal(code: str, error: Any, message: EmailMessage) -> Refusal:
    """SES has one code for a sender and for a sandbox's recipient that are not verified. Its text lists the
    identities that failed: ours are looked for in it, its words are not read.
    """
    if code != "MessageRejected":
        return _REFUSALS.get(code, Refusal.OTHER)
    said = str(error.response.get("Error", {}).get("Message", "")).casefold()
    sender, recipient = (str(message[name].addresses[0].addr_spec).casefold() for name in ("From", "To"))
    if sender in said:
        return Refusal.SENDER_UNVERIFIED
    return Refusal.RECIPIENT_UNVERIFIED if recipient in said else Refusal.OTHER


class MemoryMail:
    """The twin: collects what would have been sent."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        _only_recipient(message)
        self.sent.append(message)


def _only_recipient(message: EmailMessage) -> str:
    addresses = message["To"].addresses
    if len(addresses) != 1 or message["Cc"] or message["Bcc"]:
        raise ValueError("a mail has exactly one recipient")
    return str(addresses[0].addr_spec)
