"""Whom mails that come by themselves reach now, and why some they do not (demands.md D57)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from ringlake.flows.directory.bodies import MaybeAddress
from ringlake.model.directory import Directory, User
from ringlake.model.language import Language
from ringlake.model.mailing import MailAddress, normal
from ringlake.model.schedules import LeftOut, Recipient
from ringlake.query.filters import WrongError
from ringlake.stores.addresses import Addresses

OK = "ok"
UNCONFIRMED = "unconfirmed"
SUSPENDED = "suspended"
GONE = "gone"


class RecipientBody(BaseModel):
    """Either a `user` by id, or an `address` outside of the workspace, whose owner is asked first (demands.md D57)."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    user: Annotated[str, StringConstraints(max_length=64)] = ""
    address: MaybeAddress = ""
    language: Language | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.user) == bool(self.address):
            raise WrongError("user", "give either a user or an address")
        return self


class Reached(NamedTuple):
    """A recipient as he is now; `state` is `OK`, or why he gets nothing."""

    recipient: Recipient
    address: str
    language: Language
    state: str
    asked_at: datetime | None = None

    @property
    def outside(self) -> bool:
        return not self.recipient.user

    @property
    def left_out(self) -> LeftOut:
        return LeftOut(who=self.recipient.user or self.recipient.address, reason=self.state)


# What is known of an address.
type Known = Callable[[str], MailAddress | None]


def one_by_one(addresses: Addresses, workspace: str) -> Known:
    """Each address when it is asked about."""
    return lambda address: addresses.get(workspace, address)


def all_at_once(addresses: Addresses, workspace: str) -> Known:
    """All addresses of the workspace now, for many questions."""
    known = {normal(one.address): one for one in addresses.all(workspace)}
    return lambda address: known.get(normal(address))


def reached(topic: str, recipients: Sequence[Recipient], directory: Directory, known: Known) -> list[Reached]:
    """In their order. Users get mail where they are now; addresses outside only once their owner agreed. `topic` is
    what somebody leaves who wants no more of these mails.
    """
    users = {user.id: user for user in directory.users}
    return [_reached(topic, one, users, directory, known) for one in recipients]


def _reached(
    topic: str, recipient: Recipient, users: dict[str, User], directory: Directory, known_of: Known
) -> Reached:
    user = users.get(recipient.user)
    address = user.email if user else recipient.address
    language = recipient.language or (user.language if user else None) or directory.workspace.language
    known = known_of(address) if address else None
    stopped = known.stopped(topic) if known else None
    if recipient.user and (user is None or user.deleted_at is not None):
        state = GONE
    elif user is not None and user.suspended_at is not None:
        state = SUSPENDED
    elif stopped is not None:
        state = stopped.value
    elif not recipient.user and (known is None or known.confirmed_at is None):
        state = UNCONFIRMED
    else:
        state = OK
    return Reached(recipient, address, language, state, known.asked_at if known and not recipient.user else None)
