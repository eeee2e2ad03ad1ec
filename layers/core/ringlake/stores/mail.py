"""Mail through SES.

The v1 raw API, because it sends the bytes that were built; one attempt, because a mail that was
sent and not acknowledged must not be sent again (docs/adr/0051).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

from ringlake.errors import Rejected, RinglakeError, Unavailable

from .clients import client


class MailRefused(Rejected):
    """SES will not send this mail: sender not verified, recipient rejected, sending paused. Names the code."""


class MailUncertain(RinglakeError):
    """The answer was lost: the mail may have been sent. It must not be sent again."""


class Mail(Protocol):
    def send(self, message: EmailMessage) -> None:
        """Send to the one recipient in `To`.

        Raises `Unavailable` when the mail was certainly not sent and may be tried later,
        `MailRefused` when it never will be, `MailUncertain` when nobody knows.
        """
        ...


# Codes that say "not now" (M API_SendRawEmail, common errors); all other 4xx codes are refusals.
_LATER = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "LimitExceededException"})
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
                raise Unavailable(f"SendRawEmail: {code}") from error
            if status >= _SERVER_ERROR:
                raise MailUncertain(code) from error
            raise MailRefused(code) from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise Unavailable(type(error).__name__) from error
        except BotoCoreError as error:
            raise MailUncertain(type(error).__name__) from error


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
