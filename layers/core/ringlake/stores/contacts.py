"""Contacts: the customers that a workspace knows by name, in the directory's table (features.md W7)."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

import msgspec

from ringlake.errors import Conflict, NotFound
from ringlake.model.base import Model, from_json, to_json
from ringlake.model.contacts import Contact

from .clients import batch_get, client, translated

PAGE = 500


class ContactPage(Model, frozen=True, kw_only=True):
    """`next` asks for what follows, "" at the end."""

    contacts: tuple[Contact, ...]
    next: str = ""


class Contacts(Protocol):
    """The workspace's own entries and those that providers keep, side by side: their ids differ.

    Every method raises `Unavailable` when the store does not answer; reads are strongly consistent.
    No key holds a phone number: entries are found by party key.
    """

    def get(self, workspace: str, contact_id: str) -> Contact | None:
        """The entry, deleted ones too."""
        ...

    def get_many(self, workspace: str, contact_ids: Sequence[str]) -> dict[str, Contact]: ...

    def put(self, workspace: str, contact: Contact) -> None:
        """Put or replace, whatever is there (a provider's entry: its newest state wins)."""
        ...

    def replace(self, workspace: str, contact: Contact, previous: Contact | None) -> None:
        """Write in place of `previous` (None: there must be none yet); raises `Conflict` when it is another."""
        ...

    def put_many(self, workspace: str, contacts: Sequence[Contact]) -> None:
        """Many at once, in no order; repeating after a failure does no harm."""
        ...

    def delete(self, workspace: str, contact_id: str, at: datetime) -> Contact:
        """Mark deleted: found by id, by no number any more. Raises `NotFound`; deleting twice changes nothing."""
        ...

    def page(self, workspace: str, after: str = "", limit: int = PAGE) -> ContactPage:
        """A page of all entries, deleted ones too, in an order of ids that never changes."""
        ...

    def by_party(self, workspace: str, party_keys: Iterable[str]) -> dict[str, list[Contact]]:
        """The living entries with any of these numbers, the one changed last first; keys without one are left out."""
        ...


def _latest_first(contacts: Iterable[Contact]) -> list[Contact]:
    return sorted(contacts, key=lambda c: (-c.updated_at.timestamp(), c.id))


def _by_party(wanted: Sequence[str], found: Iterable[Contact]) -> dict[str, list[Contact]]:
    held: dict[str, list[Contact]] = defaultdict(list)
    for contact in found:
        if contact.deleted_at is None:
            for key in set(contact.party_keys) & set(wanted):
                held[key].append(contact)
    return {key: _latest_first(held[key]) for key in wanted if key in held}


# Entries lie in a few partitions, because one takes a thousand writes a second and an import has ten thousand lines.
_SHARDS = 8


def _shard(contact_id: str) -> int:
    return zlib.crc32(contact_id.encode()) % _SHARDS


def place(contact_id: str) -> str:
    """Where the entry stands in the order of pages: the page after it begins there."""
    return f"{_shard(contact_id)}/{contact_id}"


class MemoryContacts:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Contact]] = defaultdict(dict)
        self._lock = Lock()

    def get(self, workspace: str, contact_id: str) -> Contact | None:
        return self.kept[workspace].get(contact_id)

    def get_many(self, workspace: str, contact_ids: Sequence[str]) -> dict[str, Contact]:
        return {i: self.kept[workspace][i] for i in contact_ids if i in self.kept[workspace]}

    def put(self, workspace: str, contact: Contact) -> None:
        with self._lock:
            self.kept[workspace][contact.id] = contact

    def replace(self, workspace: str, contact: Contact, previous: Contact | None) -> None:
        with self._lock:
            if self.kept[workspace].get(contact.id) != previous:
                raise Conflict("the contact was changed meanwhile")
            self.kept[workspace][contact.id] = contact

    def put_many(self, workspace: str, contacts: Sequence[Contact]) -> None:
        for contact in contacts:
            self.put(workspace, contact)

    def delete(self, workspace: str, contact_id: str, at: datetime) -> Contact:
        return _deleted(self, workspace, contact_id, at)

    def page(self, workspace: str, after: str = "", limit: int = PAGE) -> ContactPage:
        places = sorted(place(i) for i in self.kept[workspace])
        following = [p for p in places if p > after]
        shown = tuple(self.kept[workspace][p.partition("/")[2]] for p in following[:limit])
        return ContactPage(contacts=shown, next=following[limit - 1] if len(following) > limit else "")

    def by_party(self, workspace: str, party_keys: Iterable[str]) -> dict[str, list[Contact]]:
        return _by_party([k for k in dict.fromkeys(party_keys) if k], list(self.kept[workspace].values()))


# A transaction takes a hundred items: the entry and what leads to it.
_TOGETHER = 100


class DynamoContacts:
    """Partitions `workspace#<id>#contacts#<shard>`, sort key the contact's id, document in `doc`.

    `workspace#<id>#caller#<party key>` holds the ids of the entries with that number, as a set. Ids are
    only ever added to it, before the entry is written: so it never lacks one, whoever writes at once,
    and what it has too much the entry itself denies.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, workspace: str, contact_id: str) -> Contact | None:
        raw = self._raw(workspace, contact_id)
        return None if raw is None else from_json(raw, Contact)

    def get_many(self, workspace: str, contact_ids: Sequence[str]) -> dict[str, Contact]:
        keys = [_key(workspace, i) for i in dict.fromkeys(contact_ids)]
        found = (from_json(item["doc"]["S"], Contact) for item in batch_get(self._table, keys))
        return {contact.id: contact for contact in found}

    def put(self, workspace: str, contact: Contact) -> None:
        self.put_many(workspace, [contact])

    def replace(self, workspace: str, contact: Contact, previous: Contact | None) -> None:
        raw = self._raw(workspace, contact.id)
        if (None if raw is None else from_json(raw, Contact)) != previous:
            raise Conflict("the contact was changed meanwhile")
        put = self._put(workspace, contact)
        if raw is None:
            put["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["Put"] |= {"ConditionExpression": "doc = :known", "ExpressionAttributeValues": {":known": {"S": raw}}}
        for batch in _batches([*self._leads(workspace, [contact]), put]):
            self._transact(batch)

    def put_many(self, workspace: str, contacts: Sequence[Contact]) -> None:
        distinct = list({contact.id: contact for contact in contacts}.values())
        writes = [*self._leads(workspace, distinct), *(self._put(workspace, contact) for contact in distinct)]
        for batch in _batches(writes):
            self._transact(batch)

    def delete(self, workspace: str, contact_id: str, at: datetime) -> Contact:
        return _deleted(self, workspace, contact_id, at)

    def page(self, workspace: str, after: str = "", limit: int = PAGE) -> ContactPage:
        shard, _, last = after.partition("/")
        found: list[Contact] = []
        for number in range(int(shard) if shard.isdecimal() else 0, _SHARDS):
            items = self._query(workspace, number, last, limit + 1 - len(found))
            found.extend(from_json(item["doc"]["S"], Contact) for item in items)
            if len(found) > limit:
                return ContactPage(contacts=tuple(found[:limit]), next=place(found[limit - 1].id))
            last = ""
        return ContactPage(contacts=tuple(found))

    def by_party(self, workspace: str, party_keys: Iterable[str]) -> dict[str, list[Contact]]:
        wanted = [k for k in dict.fromkeys(party_keys) if k]
        leads = batch_get(self._table, [_lead(workspace, key) for key in wanted])
        ids = sorted({i for item in leads for i in item["contacts"]["SS"]})
        return _by_party(wanted, self.get_many(workspace, ids).values()) if ids else {}

    def _raw(self, workspace: str, contact_id: str) -> str | None:
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self._table, Key=_key(workspace, contact_id), ConsistentRead=True
            )
        return answer["Item"]["doc"]["S"] if "Item" in answer else None

    def _put(self, workspace: str, contact: Contact) -> dict[str, Any]:
        item = _key(workspace, contact.id) | {"doc": {"S": to_json(contact).decode()}}
        return {"Put": {"TableName": self._table, "Item": item}}

    def _leads(self, workspace: str, contacts: Sequence[Contact]) -> list[dict[str, Any]]:
        """One update for each number of living entries."""
        held: dict[str, set[str]] = defaultdict(set)
        for contact in contacts:
            for party_key in contact.party_keys if contact.deleted_at is None else ():
                held[party_key].add(contact.id)
        return [
            {
                "Update": {
                    "TableName": self._table,
                    "Key": _lead(workspace, party_key),
                    "UpdateExpression": "ADD contacts :ids",
                    "ExpressionAttributeValues": {":ids": {"SS": sorted(ids)}},
                }
            }
            for party_key, ids in held.items()
            if party_key
        ]

    def _transact(self, writes: list[dict[str, Any]]) -> None:
        with translated():
            client("dynamodb").transact_write_items(TransactItems=writes)

    def _query(self, workspace: str, shard: int, after: str, limit: int) -> Iterator[dict[str, Any]]:
        """At most `limit` items of one partition behind `after`."""
        condition, values = "pk = :pk", {":pk": {"S": f"workspace#{workspace}#contacts#{shard}"}}
        if after:
            condition, values = condition + " AND sk > :after", values | {":after": {"S": after}}
        asked: dict[str, Any] = {}
        while limit > 0:
            with translated():
                page = client("dynamodb").query(
                    TableName=self._table,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ConsistentRead=True,
                    Limit=limit,
                    **asked,
                )
            yield from page["Items"][:limit]
            limit -= len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            asked = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _deleted(store: Contacts, workspace: str, contact_id: str, at: datetime) -> Contact:
    kept = store.get(workspace, contact_id)
    if kept is None:
        raise NotFound(contact_id)
    if kept.deleted_at is not None:
        return kept
    gone = msgspec.structs.replace(kept, deleted_at=at, updated_at=at)
    store.replace(workspace, gone, kept)
    return gone


def _batches(writes: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """What leads to an entry comes before the entry."""
    for at in range(0, len(writes), _TOGETHER):
        yield writes[at : at + _TOGETHER]


def _key(workspace: str, contact_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"workspace#{workspace}#contacts#{_shard(contact_id)}"}, "sk": {"S": contact_id}}


def _lead(workspace: str, party_key: str) -> dict[str, Any]:
    return {"pk": {"S": f"workspace#{workspace}#caller#{party_key}"}, "sk": {"S": "contacts"}}
