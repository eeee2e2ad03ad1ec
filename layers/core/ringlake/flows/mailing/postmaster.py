"""Takes what became of mails into the addresses, and tells those who send there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from ringlake.errors import Conflict, RinglakeError
from ringlake.files.mail import Envelope, bounced
from ringlake.model.directory import Directory, Role, User
from ringlake.model.mailing import MailAddress, normal
from ringlake.stores.addresses import Addresses
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.mail import Mail

from .fates import Fate, FateKind, after

_ATTEMPTS = 5


class Noted(StrEnum):
    """What a notice did: nothing, a change of what is kept, or the end of mail to the address."""

    NOTHING = "nothing"
    KEPT = "kept"
    STOPPED = "stopped"


class Postmaster:
    def __init__(
        self,
        *,
        addresses: Addresses,
        directory: DirectoryStore,
        mail: Mail,
        sender: str,
        public_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._addresses = addresses
        self._directory = directory
        self._mail = mail
        self._sender = sender
        self._public_url = public_url
        self._clock = clock

    def note(self, fate: Fate) -> Noted:
        """Take in one notice; repeating it changes nothing. Raises `Unavailable`, and `Conflict` when others keep
        changing the address.
        """
        if fate.kind is FateKind.UNSENT:
            return Noted.NOTHING
        for _ in range(_ATTEMPTS):
            held = self._addresses.get(fate.workspace, fate.address)
            if held is None and fate.kind is FateKind.DELIVERED:
                return Noted.NOTHING
            known = held or MailAddress(address=fate.address)
            changed = after(known, fate)
            if changed == known:
                return Noted.NOTHING
            try:
                self._addresses.put(fate.workspace, changed, held)
            except Conflict:
                continue
            if changed.standing is known.standing:
                return Noted.KEPT
            # Only who made the change tells of it: at most once, and what is lost here stands in the list of addresses.
            self._tell(fate, changed)
            return Noted.STOPPED
        raise Conflict("the address keeps changing")

    def _tell(self, fate: Fate, address: MailAddress) -> None:
        """A notice that cannot be sent is no reason to have SES tell everything again."""
        try:
            directory = self._directory.load(fate.workspace, key=False)
            for user in _concerned(directory, address):
                if self._addresses.blocked(fate.workspace, user.email) is None:
                    self._mail.send(
                        bounced(self._envelope(fate, directory, user), address, what="", zone=directory.workspace.tz)
                    )
        except (RinglakeError, ValueError):
            return

    def _envelope(self, fate: Fate, directory: Directory, user: User) -> Envelope:
        return Envelope(
            id=f"{fate.id}/{user.id}",
            sender=self._sender,
            recipient=user.email,
            workspace=fate.workspace,
            company=directory.workspace.name,
            public_url=self._public_url,
            now=self._clock(),
            language=user.language or directory.workspace.language,
        )


def _concerned(directory: Directory, address: MailAddress) -> list[User]:
    """Who asked the address to take mail, or else the owners; never the address itself."""
    there = [user for user in directory.users if user.active and normal(user.email) != address.address]
    asked = [user for user in there if user.id == address.asked_by]
    return asked or [user for user in there if user.role is Role.OWNER]
