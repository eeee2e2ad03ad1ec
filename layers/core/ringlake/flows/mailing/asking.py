"""Addresses of a workspace's mail: what is known of them, asking people outside, lifting a block (demands.md D57)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from ringlake.access import Principal, abilities
from ringlake.errors import Conflict, InvalidRequest, NotFound, Taken, Unavailable
from ringlake.files.mail import Envelope, confirm
from ringlake.flows.directory.bodies import Address, Body, Tongue
from ringlake.flows.directory.office import line
from ringlake.flows.letters import refusal_said
from ringlake.model.base import Answer
from ringlake.model.directory import Ability
from ringlake.model.language import Language
from ringlake.model.mailing import EVERYTHING, MailAddress, Standing, normal
from ringlake.query.filters import parse
from ringlake.stores.addresses import ASKED_WITHIN, CONFIRM_FOR, Addresses, Confirmations
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.mail import Mail, MailRefused, MailUncertain

# A stranger is asked rarely, and one workspace asks few: the mail goes to people who never heard of us.
ASK_AGAIN = timedelta(minutes=10)
MOST_ASKED = 3
MOST_A_DAY = 50
_DAY = timedelta(days=1)


class AddressBody(Body):
    """Somebody outside the workspace who is asked whether he wants its reports. Without a `language` the question is
    in the workspace's.
    """

    address: Address
    language: Tongue = ""


class AddressState(StrEnum):
    """`asked` has not agreed yet; `ok` gets mail. `bounced` and `complained` get none at all, `unsubscribed` nothing
    that comes by itself.
    """

    OK = "ok"
    ASKED = "asked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


class Unwanted(Answer, frozen=True, kw_only=True):
    """One thing that the owner of the address left: `schedule:<id>` or `alert:<id>`."""

    topic: str
    at: datetime


class MailAddressView(Answer, frozen=True, kw_only=True):
    """What is known of an address. `since` and `reason` (the server's words) belong to a bounce or complaint;
    `soft_bounces` are refusals in a row that may pass.
    """

    address: str
    state: AddressState
    since: datetime | None
    reason: str
    soft_bounces: int
    left: tuple[Unwanted, ...]
    asked_by: str
    asked_at: datetime | None
    confirmed_at: datetime | None


class MailAddresses(Answer, frozen=True, kw_only=True):
    """By address. An address of which nothing is known is as good as `ok` and not in the list."""

    addresses: list[MailAddressView]


class Asking:
    def __init__(
        self,
        *,
        addresses: Addresses,
        confirmations: Confirmations,
        directory: DirectoryStore,
        mail: Mail,
        sender: str,
        public_url: str,
    ) -> None:
        self._addresses = addresses
        self._confirmations = confirmations
        self._directory = directory
        self._mail = mail
        self._sender = sender
        self._public_url = public_url

    def all(self, viewer: Principal) -> MailAddresses:
        """Everything for who manages the directory; for others what they asked for, and themselves."""
        found = self._addresses.all(viewer.workspace)
        if Ability.MANAGE_DIRECTORY not in abilities(viewer.user):
            own = normal(viewer.user.email)
            found = [one for one in found if one.asked_by == viewer.user.id or one.address == own]
        return MailAddresses(addresses=[_view(one) for one in found])

    def ask(self, viewer: Principal, body: Any, now: datetime) -> MailAddressView:
        """Mail the question; once somebody has agreed nothing is sent again.

        Raises `InvalidRequest` for an address that must not or cannot be asked, `Unavailable` when the mail did not
        leave.
        """
        asked = parse(AddressBody, body)
        address = normal(asked.address)
        held = self._addresses.get(viewer.workspace, address)
        if held is not None and held.confirmed_at is not None and held.stopped(EVERYTHING) is None:
            return _view(held)
        self._check(viewer, address, held, now)
        token = self._confirmations.ask(viewer.workspace, address, viewer.user.id, now)
        workspace = self._directory.settings(viewer.workspace)
        envelope = Envelope(
            id=f"{address}/{now.isoformat()}",
            sender=self._sender,
            recipient=asked.address,
            workspace=workspace.id,
            company=workspace.name,
            public_url=self._public_url,
            now=now,
            language=Language(asked.language) if asked.language else workspace.language,
        )
        try:
            self._mail.send(confirm(envelope, token=token, expires_at=now + CONFIRM_FOR))
        except MailRefused as refusal:
            self._take_back(viewer, address, held)
            raise InvalidRequest("address", refusal_said(refusal.why)) from None
        except Unavailable:
            self._take_back(viewer, address, held)
            raise
        except ValueError:
            self._take_back(viewer, address, held)
            raise InvalidRequest("address", "cannot be mailed to") from None
        except MailUncertain:
            # It may have left; a second one is for the viewer to decide, in ten minutes.
            pass
        self._directory.audit(line(viewer, now, "mail.ask", "address"))
        return self._shown(viewer, address)

    def lift(self, viewer: Principal, address: str, now: datetime) -> MailAddressView:
        """Let mail go to an address again that came back. Raises `NotFound`, and `Taken` for what only the owner of
        the address can end.
        """
        held = self._addresses.get(viewer.workspace, address)
        if held is None:
            raise NotFound("address")
        if held.standing is Standing.COMPLAINED:
            raise Taken("its owner reported our mail as unwanted: that is not lifted here")
        if held.standing is Standing.OK and not held.soft:
            if held.stopped(EVERYTHING) is Standing.UNSUBSCRIBED:
                raise Taken("its owner wants no more of these mails: he can take that back by the link in any of them")
            return _view(held)
        lifted = msgspec.structs.replace(
            held, standing=Standing.OK, since=None, reason="", soft=(), version=held.version + 1
        )
        self._addresses.put(viewer.workspace, lifted, held)
        self._directory.audit(line(viewer, now, "mail.lift", "address", was=held.standing.value))
        return _view(lifted)

    def _check(self, viewer: Principal, address: str, held: MailAddress | None, now: datetime) -> None:
        """Whether the address may be asked now."""
        directory = self._directory.load(viewer.workspace, key=False)
        if any(normal(user.email) == address and user.active for user in directory.users):
            raise InvalidRequest("address", "belongs to a user, who need not be asked")
        stopped = held.stopped(EVERYTHING) if held else None
        if stopped is not None:
            raise InvalidRequest("address", _REFUSALS[stopped])
        if held is not None and held.asked_at is not None:
            if now - held.asked_at < ASK_AGAIN:
                raise InvalidRequest("address", "was asked a moment ago: wait ten minutes")
            if now - held.asked_at < ASKED_WITHIN and held.asked_times >= MOST_ASKED:
                raise InvalidRequest("address", "was asked three times and did not answer: ask again in thirty days")
        known = self._addresses.all(viewer.workspace)
        if sum(1 for one in known if one.asked_at is not None and now - one.asked_at < _DAY) >= MOST_A_DAY:
            raise InvalidRequest("address", f"{MOST_A_DAY} people were asked within a day: ask again tomorrow")

    def _take_back(self, viewer: Principal, address: str, before: MailAddress | None) -> None:
        """Nothing was sent: it does not count as asked. If this fails, it only counts once too often."""
        held = self._addresses.get(viewer.workspace, address)
        if held is None:
            return
        earlier = before or MailAddress(address=address)
        with suppress(Conflict, Unavailable):
            self._addresses.put(
                viewer.workspace,
                msgspec.structs.replace(
                    held,
                    asked_by=earlier.asked_by,
                    asked_at=earlier.asked_at,
                    asked_times=earlier.asked_times,
                    version=held.version + 1,
                ),
                held,
            )

    def _shown(self, viewer: Principal, address: str) -> MailAddressView:
        return _view(self._addresses.get(viewer.workspace, address) or MailAddress(address=address))


_REFUSALS = {
    Standing.BOUNCED: "mail to it came back: check it, and lift the block",
    Standing.COMPLAINED: "its owner reported our mail as unwanted",
    Standing.UNSUBSCRIBED: "its owner wants no more of these mails: he can take that back by the link in any of them",
}


def _view(known: MailAddress) -> MailAddressView:
    stopped = known.stopped(EVERYTHING)
    state = AddressState(stopped.value) if stopped else AddressState.OK
    if state is AddressState.OK and known.asked_at is not None and known.confirmed_at is None:
        state = AddressState.ASKED
    return MailAddressView(
        address=known.address,
        state=state,
        since=known.since,
        reason=known.reason,
        soft_bounces=len(known.soft),
        left=tuple(Unwanted(topic=one.topic, at=one.at) for one in known.left if one.topic != EVERYTHING),
        asked_by=known.asked_by,
        asked_at=known.asked_at,
        confirmed_at=known.confirmed_at,
    )
