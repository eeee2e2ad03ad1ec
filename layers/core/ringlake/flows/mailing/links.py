"""What the links in mails do: looking changes nothing, only asking for it does (docs/adr/0101).

Scanners of mail follow every link with GET; so a page shows what can be done, and its button, or the one-click
request of a mail program (RFC 8058), does it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from ringlake.errors import Conflict, NotFound
from ringlake.model.base import Model
from ringlake.model.mailing import EVERYTHING, Left, MailAddress, Pass, Purpose, Standing, normal
from ringlake.stores.addresses import Addresses, Passes
from ringlake.stores.directory import AuditLine, DirectoryStore

_ATTEMPTS = 5
# 43 characters are 256 bits in base64; nothing longer is ever looked up.
_LONGEST_TOKEN = 64


class Wish(StrEnum):
    """What the owner of an address asks for: to agree, to get no more of one thing or of everything, to get it
    again after all.
    """

    AGREE = "agree"
    LEAVE = "leave"
    LEAVE_ALL = "leave_all"
    RETURN = "return"


class Seen(Model, frozen=True, kw_only=True):
    """What a page shows: `done` is whether the link's own wish is fulfilled already, `all` whether everything was
    left; `refused` that the address gets no mail after a complaint, whatever is asked here.
    """

    purpose: Purpose
    company: str
    address: str
    done: bool
    all: bool
    refused: bool = False


class Links:
    def __init__(self, *, addresses: Addresses, passes: Passes, directory: DirectoryStore) -> None:
        self._addresses = addresses
        self._passes = passes
        self._directory = directory

    def look(self, purpose: Purpose, token: str, now: datetime) -> Seen:
        """Raises `NotFound` for a token that is none, of another purpose, or over."""
        link = self._find(purpose, token, now)
        return self._seen(link, self._addresses.get(link.workspace, link.address))

    def follow(self, purpose: Purpose, token: str, wish: Wish, now: datetime) -> Seen:
        """Do what is wished; repeating it changes nothing. Raises `NotFound`, and `Conflict` when others keep changing
        the address.
        """
        if (wish is Wish.AGREE) != (purpose is Purpose.CONFIRM):
            raise NotFound(wish)
        link = self._find(purpose, token, now)
        for _ in range(_ATTEMPTS):
            held = self._addresses.get(link.workspace, link.address)
            known = held or MailAddress(address=normal(link.address))
            changed = _wished(wish, known, link, now)
            if changed == known:
                return self._seen(link, known)
            changed = msgspec.structs.replace(changed, version=known.version + 1)
            try:
                self._addresses.put(link.workspace, changed, held)
            except Conflict:
                continue
            self._audit(link, wish, now)
            return self._seen(link, changed)
        raise Conflict("the address keeps changing")

    def _find(self, purpose: Purpose, token: str, now: datetime) -> Pass:
        link = self._passes.find(token, now) if 0 < len(token) <= _LONGEST_TOKEN else None
        if link is None or link.purpose is not purpose:
            raise NotFound("there is no such link")
        return link

    def _seen(self, link: Pass, known: MailAddress | None) -> Seen:
        left = {one.topic for one in known.left} if known else set()
        confirmed = known is not None and known.confirmed_at is not None
        return Seen(
            purpose=link.purpose,
            company=self._directory.settings(link.workspace).name,
            address=link.address,
            done=confirmed if link.purpose is Purpose.CONFIRM else bool(left & {link.topic, EVERYTHING}),
            all=EVERYTHING in left,
            refused=known is not None and known.standing is Standing.COMPLAINED,
        )

    def _audit(self, link: Pass, wish: Wish, now: datetime) -> None:
        """Nobody of ours did it; the address is not named, only what it is about."""
        detail: dict[str, object] = {"topic": link.topic} if link.purpose is Purpose.LEAVE else {"asked_by": link.by}
        said = AuditLine(
            workspace=link.workspace, at=now, user_id="", action=f"mail.{wish}", target=link.purpose, detail=detail
        )
        self._directory.audit(said)


def _wished(wish: Wish, known: MailAddress, link: Pass, now: datetime) -> MailAddress:
    """The address as its owner wants it. Agreeing brings back who had left everything; a complaint stands."""
    match wish:
        case Wish.AGREE if known.standing is not Standing.COMPLAINED:
            left = tuple(one for one in known.left if one.topic != EVERYTHING)
            return msgspec.structs.replace(known, confirmed_at=known.confirmed_at or now, left=left)
        case Wish.LEAVE | Wish.LEAVE_ALL:
            topic = link.topic if wish is Wish.LEAVE else EVERYTHING
            if all(one.topic != topic for one in known.left):
                return msgspec.structs.replace(known, left=(*known.left, Left(topic=topic, at=now)))
        case Wish.RETURN:
            left = tuple(one for one in known.left if one.topic not in (link.topic, EVERYTHING))
            return msgspec.structs.replace(known, left=left)
    return known
