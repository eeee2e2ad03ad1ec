"""What all use cases of the directory share: the stores, versions, ids, and the line about each change."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ringlake.access import Principal, abilities
from ringlake.errors import Conflict, Forbidden, InvalidRequest, NotFound, Outdated, Taken, Unversioned
from ringlake.model.base import Model, to_json
from ringlake.model.directory import Ability, Directory, Workspace
from ringlake.model.refolds import Refold
from ringlake.stores.arrivals import ArrivalLog
from ringlake.stores.contacts import Contacts
from ringlake.stores.directory import AuditLine, Change, DirectoryStore
from ringlake.stores.identities import Identities
from ringlake.stores.journal import Journal
from ringlake.stores.lake import Lake
from ringlake.stores.marks import MarksStore
from ringlake.stores.objects import Objects
from ringlake.stores.records import Records
from ringlake.stores.refolds import Refolds
from ringlake.stores.saved import SavedReports
from ringlake.stores.vault import Vault

# Ids stand in keys that are taken apart at `#`, in S3 paths, in URLs and in Glue partition values.
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
# An item of the table holds 400 KB with its keys.
MAX_DOCUMENT = 350_000
# Says: whatever is there now (RFC 9110, If-Match).
ANY = "*"


@dataclass(frozen=True)
class Stores:
    """The stores of one installation; `public_url` is the address that senders use, `raw` the archive of events."""

    directory: DirectoryStore
    contacts: Contacts
    marks: MarksStore
    records: Records
    journal: Journal
    arrivals: ArrivalLog
    refolds: Refolds
    saved: SavedReports
    lake: Lake
    vault: Vault
    identities: Identities
    public_url: str
    raw: Objects | None = None


class View[T](NamedTuple):
    """What the viewer is shown, and its version."""

    document: T
    etag: str


def etag_of(*documents: object) -> str:
    """Version of what is shown: another one after every change."""
    return hashlib.sha256(b"\n".join(to_json(d) for d in documents)).hexdigest()[:20]


def check_version(current: str, given: str | None) -> None:
    """Raises `Unversioned` without a version, `Outdated` when it is not the current one."""
    if not given:
        raise Unversioned("say in If-Match which version this was made from (its ETag), or * for any")
    named = {one.strip().removeprefix("W/").strip('"') for one in given.split(",")}
    if ANY not in named and current not in named:
        raise Outdated("it was changed meanwhile: read it again")


def new_id(kind: str) -> str:
    """An id that tells nothing; its first letter says what it is of."""
    return f"{kind[0]}-{secrets.token_hex(6)}"


def check_id(field: str, given: str) -> str:
    if not _ID.fullmatch(given):
        raise InvalidRequest(field, "ids are lower-case letters, digits, - and _, at most 63 characters")
    return given


def chosen_id(kind: str, given: str) -> str:
    """The id that was chosen, or a new one."""
    return check_id(kind, given) if given else new_id(kind)


def may(viewer: Principal, ability: Ability) -> bool:
    return ability in abilities(viewer.user)


def need(viewer: Principal, ability: Ability, what: str) -> None:
    """Raises `Forbidden` unless the viewer has the ability."""
    if not may(viewer, ability):
        raise Forbidden(f"{what} needs the ability {ability.value}")


def line(viewer: Principal, now: datetime, action: str, target: str = "", **detail: object) -> AuditLine:
    """Who did what, with which role; `detail` holds nothing personal of customers."""
    return AuditLine(
        workspace=viewer.workspace,
        at=now,
        user_id=viewer.user.id,
        action=action,
        target=target,
        detail={"role": viewer.user.role.value, **detail},
    )


def changed[T: Model](document: T, fields: dict[str, Any]) -> T:
    """A copy with other fields; plain values become what the model says."""
    kept = {name: getattr(document, name) for name in document.__struct_fields__}
    return convert({**kept, **fields}, type(document))


def convert[T](fields: dict[str, Any], kind: type[T]) -> T:
    """Build a model object from plain values; an unknown or wrong field is named."""
    allowed = {f.name for f in msgspec.structs.fields(kind)}  # type: ignore[arg-type]
    for name in fields:
        if name not in allowed:
            raise InvalidRequest(name, f"{kind.__name__} has no such field")
    try:
        return msgspec.convert(msgspec.to_builtins(fields), kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(kind.__name__, str(error)) from None


def refuse(errors: Sequence[tuple[str, str]]) -> None:
    """Raises `InvalidRequest` with all of them, when there are any."""
    if errors:
        raise InvalidRequest(*errors[0], *errors[1:])


def unknown(field: str, given: Iterable[str], known: Iterable[str], what: str) -> list[tuple[str, str]]:
    """An error for each id that names nothing."""
    there = set(known)
    return [(f"{field}.{n}", f"there is no such {what}") for n, name in enumerate(given) if name not in there]


class Office:
    """Base of the use cases of one workspace's directory."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def _directory(self, viewer: Principal) -> Directory:
        """Everything of the viewer's workspace without its party key."""
        return self._stores.directory.load(viewer.workspace, key=False)

    def _workspace(self, viewer: Principal) -> Workspace:
        return self._stores.directory.settings(viewer.workspace)

    def _kept[T: Model](self, viewer: Principal, kind: type[T], id: str) -> T:
        """One document of the viewer's workspace; `NotFound` when it is not there."""
        found = self._stores.directory.find(viewer.workspace, kind, id)
        if found is None:
            raise NotFound(id)
        return found

    def _write(self, viewer: Principal, said: AuditLine, *changes: Change) -> None:
        """Raises `InvalidRequest` for what one item cannot hold, `Conflict` for what somebody else changed."""
        if any(len(to_json(change.document)) > MAX_DOCUMENT for change in changes):
            raise InvalidRequest("body", f"larger altogether than {MAX_DOCUMENT} bytes")
        self._stores.directory.replace(viewer.workspace, changes, said)

    def _refold(self, viewer: Principal, now: datetime, id: str, **what: Any) -> None:
        """Ask for history to be folded again. After the change: a refold before it would see the old state.

        Before the first roll-up there is none.
        """
        if self._stores.directory.watermark(viewer.workspace) is None:
            return
        request = Refold(id=id, requested_at=now, requested_by=viewer.user.id, **what)
        self._stores.refolds.ask(viewer.workspace, request)


def settled[T](attempt: Callable[[], T], what: str) -> T:
    """Do what changes something that somebody else may own; says what is taken."""
    try:
        return attempt()
    except Conflict:
        raise Taken(what) from None


def stamp(*parts: str) -> str:
    """A short name of something whose own name may be personal or too long for a key."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
