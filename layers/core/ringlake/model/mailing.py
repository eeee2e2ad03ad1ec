"""Addresses that mail goes to, and what their owners and their servers said about it (demands.md D57)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .base import Model

# Everything that comes by itself: all schedules and alerts of a workspace.
EVERYTHING = ""


class Standing(StrEnum):
    """Whether mail may go to an address. `bounced` and `complained` stop every mail; `unsubscribed` (see `Left`, it is
    never kept in `MailAddress.standing`) those that come by themselves, not the answer to what somebody asked for.
    """

    OK = "ok"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


class Left(Model, frozen=True, kw_only=True):
    """One thing that the address wants no more of: `schedule:<id>`, `alert:<id>`, or `EVERYTHING`."""

    topic: str
    at: datetime


class Soft(Model, frozen=True, kw_only=True):
    """A refusal that may pass (a full mailbox); `id` is the notice's, which may come twice."""

    id: str
    at: datetime


class MailAddress(Model, frozen=True, kw_only=True):
    """One address in one workspace.

    `since` and `reason` (the server's own words, cut) belong to the standing. `soft` are refusals that may pass, the
    oldest first; a later delivery clears them. `confirmed_at` is when somebody outside agreed to get mail,
    after `asked_by` (a user id) had asked him, the last time at `asked_at`. `version` rises with every change.
    """

    address: str
    standing: Standing = Standing.OK
    since: datetime | None = None
    reason: str = ""
    soft: tuple[Soft, ...] = ()
    left: tuple[Left, ...] = ()
    asked_by: str = ""
    asked_at: datetime | None = None
    asked_times: int = 0
    confirmed_at: datetime | None = None
    version: int = 0

    def stopped(self, topic: str | None = None) -> Standing | None:
        """Why a mail may not go there, or None. A mail that comes by itself names its topic."""
        if self.standing in (Standing.BOUNCED, Standing.COMPLAINED):
            return self.standing
        if topic is not None and any(left.topic in (topic, EVERYTHING) for left in self.left):
            return Standing.UNSUBSCRIBED
        return None


class Purpose(StrEnum):
    """What a link in a mail does."""

    CONFIRM = "confirm"
    LEAVE = "leave"


class Pass(Model, frozen=True, kw_only=True):
    """What a link's token stands for. `topic` is for `leave`, `by` the user who asks for `confirm`."""

    workspace: str
    address: str
    purpose: Purpose
    topic: str = EVERYTHING
    by: str = ""
    expires_at: datetime


def normal(address: str) -> str:
    """The form in which addresses are compared: without spaces around, in lower case."""
    return address.strip().lower()
