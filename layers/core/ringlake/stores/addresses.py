"""Addresses that mail goes to, and the links in mails, in the directory's table (docs/adr/0100)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

import msgspec

from ringlake.model.base import from_json, to_json
from ringlake.model.mailing import MailAddress, Pass, Purpose, Standing, normal

from .clients import client, translated
from .versions import check_previous, put_version

# A link that nobody followed: a question stands for a week, a way out for longer than a year of reports.
CONFIRM_FOR = timedelta(days=7)
LEAVE_FOR = timedelta(days=400)
# How often somebody was asked is counted since the first time within so long.
ASKED_WITHIN = timedelta(days=30)
_TOKEN_BYTES = 32


class Addresses(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, workspace: str, address: str) -> MailAddress | None:
        """Strongly consistent; None when nothing is known of it, which is as good as `ok`."""
        ...

    def all(self, workspace: str) -> list[MailAddress]:
        """Everything that is known of a workspace's addresses, by address."""
        ...

    def put(self, workspace: str, address: MailAddress, previous: MailAddress | None) -> None:
        """Replace what `previous` is (None: there must be none); raises `Conflict` when it changed meanwhile."""
        ...

    def blocked(self, workspace: str, address: str, topic: str | None = None) -> Standing | None:
        """Why no mail may go there, or None. A mail that comes by itself names its `topic` (`schedule:<id>`,
        `alert:<id>`), and is then stopped by an unsubscription too.
        """
        ...


class Passes(Protocol):
    """Tokens of links. Every method raises `Unavailable` when the store does not answer."""

    def issue(self, link: Pass) -> str:
        """A new random token for what the link does; only its hash is kept."""
        ...

    def find(self, token: str, now: datetime) -> Pass | None:
        """What a token stands for; None when there is none or its time is over."""
        ...


class Confirmations:
    """Links that are sent to people: to agree to get mail, and to get no more of it."""

    def __init__(self, addresses: Addresses, passes: Passes) -> None:
        self._addresses = addresses
        self._passes = passes

    def ask(self, workspace: str, address: str, by: str, now: datetime) -> str:
        """A token for the link of the mail that asks (`files.mail.confirm`); `by` is the user who wants to write.

        Raises `Conflict` when the address changes in the same moment.
        """
        known = self._addresses.get(workspace, address)
        asked = known or MailAddress(address=normal(address))
        lately = asked.asked_at is not None and now - asked.asked_at < ASKED_WITHIN
        asked = msgspec.structs.replace(
            asked,
            asked_by=by,
            asked_at=now,
            asked_times=asked.asked_times + 1 if lately else 1,
            version=asked.version + 1,
        )
        self._addresses.put(workspace, asked, known)
        return self._passes.issue(
            Pass(
                workspace=workspace, address=asked.address, purpose=Purpose.CONFIRM, by=by, expires_at=now + CONFIRM_FOR
            )
        )

    def confirmed(self, workspace: str, address: str) -> bool:
        known = self._addresses.get(workspace, address)
        return known is not None and known.confirmed_at is not None

    def leave(self, workspace: str, address: str, topic: str, now: datetime) -> str:
        """A token for the unsubscribe link of a mail on this topic: `Letter.leave`, `Envelope.leave`."""
        return self._passes.issue(
            Pass(
                workspace=workspace,
                address=normal(address),
                purpose=Purpose.LEAVE,
                topic=topic,
                expires_at=now + LEAVE_FOR,
            )
        )


class MemoryAddresses:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], MailAddress] = {}
        self._lock = Lock()

    def get(self, workspace: str, address: str) -> MailAddress | None:
        return self.kept.get((workspace, normal(address)))

    def all(self, workspace: str) -> list[MailAddress]:
        return [found for (of, _), found in sorted(self.kept.items()) if of == workspace]

    def put(self, workspace: str, address: MailAddress, previous: MailAddress | None) -> None:
        key = workspace, normal(address.address)
        with self._lock:
            check_previous(self.kept.get(key), previous)
            self.kept[key] = address

    def blocked(self, workspace: str, address: str, topic: str | None = None) -> Standing | None:
        known = self.get(workspace, address)
        return known.stopped(topic) if known else None


class DynamoAddresses:
    """Partition `workspace#<id>#addresses`; the sort key is the address's hash: nothing personal is in a key."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, workspace: str, address: str) -> MailAddress | None:
        with translated():
            item = (
                client("dynamodb")
                .get_item(TableName=self._table, Key=_address_key(workspace, address), ConsistentRead=True)
                .get("Item")
            )
        return None if item is None else from_json(item["doc"]["S"], MailAddress)

    def all(self, workspace: str) -> list[MailAddress]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _partition(workspace)}},
            "ConsistentRead": True,
        }
        found: list[MailAddress] = []
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            found += [from_json(item["doc"]["S"], MailAddress) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return sorted(found, key=lambda one: one.address)
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put(self, workspace: str, address: MailAddress, previous: MailAddress | None) -> None:
        put_version(self._table, _address_key(workspace, address.address), address, previous)

    def blocked(self, workspace: str, address: str, topic: str | None = None) -> Standing | None:
        known = self.get(workspace, address)
        return known.stopped(topic) if known else None


class MemoryPasses:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[str, Pass] = {}

    def issue(self, link: Pass) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self.kept[_hashed(token)] = link
        return token

    def find(self, token: str, now: datetime) -> Pass | None:
        return _valid(self.kept.get(_hashed(token)), now)


class DynamoPasses:
    """Partition `pass#<SHA-256 of the token>`: whoever reads the table cannot follow a link."""

    def __init__(self, table: str) -> None:
        self._table = table

    def issue(self, link: Pass) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        item = _pass_key(token) | {
            "doc": {"S": to_json(link).decode()},
            "expires_at": {"N": str(int(link.expires_at.timestamp()))},
        }
        with translated():
            client("dynamodb").put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        return token

    def find(self, token: str, now: datetime) -> Pass | None:
        with translated():
            item = (
                client("dynamodb")
                .get_item(TableName=self._table, Key=_pass_key(token), ConsistentRead=True)
                .get("Item")
            )
        return _valid(None if item is None else from_json(item["doc"]["S"], Pass), now)


def _partition(workspace: str) -> str:
    return f"workspace#{workspace}#addresses"


def _address_key(workspace: str, address: str) -> dict[str, Any]:
    return {"pk": {"S": _partition(workspace)}, "sk": {"S": _hashed(normal(address))}}


def _pass_key(token: str) -> dict[str, Any]:
    return {"pk": {"S": f"pass#{_hashed(token)}"}, "sk": {"S": "pass"}}


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _valid(found: Pass | None, now: datetime) -> Pass | None:
    """Expired items are deleted late, so the time is looked at here too."""
    return found if found is not None and now < found.expires_at else None
