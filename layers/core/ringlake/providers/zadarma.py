"""Zadarma: PBX notifications (`notify` has the scheme, this module its words).

Other than with Novofon's classic line, a caller who hangs up before an answer counts as a missed
call, and a word that is not in the table as a failure, as Zadarma's own documentation has it. The
secret of the connection is the API secret. Set the connection's zone to that of the account:
`call_start` has no offset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import EndedAs, Fact
from ringlake.model.words import Words

from . import notify
from .adapter import Adapter, Answer
from .notify import Word

_BAD_NUMBER = Word(EndedAs.FAILED, EndedAs.FAILED, "bad_number")
_LIMIT = Word(EndedAs.FAILED, EndedAs.FAILED, "provider_limit")
STATUS: Mapping[str, Word] = {
    "answered": Word(EndedAs.ANSWERED, EndedAs.ANSWERED),
    "busy": Word(EndedAs.BUSY, EndedAs.BUSY),
    "cancel": Word(EndedAs.NO_ANSWER, EndedAs.CANCELED),
    "no answer": Word(EndedAs.NO_ANSWER, EndedAs.NO_ANSWER),
    "failed": Word(EndedAs.FAILED, EndedAs.FAILED),
    "call failed": Word(EndedAs.FAILED, EndedAs.FAILED),  # as the statistics spell it
    "unallocated number": _BAD_NUMBER,
    "no money": _LIMIT,
    "no limit": _LIMIT,
    "no day limit": _LIMIT,
    "line limit": _LIMIT,
    "no money, no limit": _LIMIT,  # one word with a comma in it
}


class Zadarma(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "zadarma"
    version = 1
    kept_headers = notify.KEPT_HEADERS
    receipt = notify.RECEIPT

    def handshake(self, delivery: Delivery, _connection: Connection) -> Answer | None:
        return notify.handshake(delivery)

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, _now: datetime) -> None:
        notify.verify(delivery, secrets)

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        return notify.identify(delivery, connection)

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        return notify.parse(event, connection, STATUS, other=EndedAs.FAILED)

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        return notify.words_of(event)


ADAPTER = Zadarma()
