"""The mapping screen: who and what providers name that the directory does not know (demands.md D24)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.flows.unmapped import DAYS, unmapped
from ringlake.model.directory import Connection, Number, User
from ringlake.query.filters import parse
from ringlake.stores.directory import Change

from .bodies import MapBody, utc_or_none
from .numbers import Numbers, Plan
from .numbers import shown as number_shown
from .office import Office, etag_of, line, refuse
from .users import Users
from .users import shown as user_shown
from .views import Mapped, NumberView, Unknown, UserView

MOST_DAYS = 92


class Mapping(Office):
    def unmapped(self, viewer: Principal, now: datetime, days: int = DAYS) -> Unknown:
        """Unknown accounts and numbers of the last days, most frequent first, and when the lake was written."""
        if not 1 <= days <= MOST_DAYS:
            raise InvalidRequest("days", f"1 to {MOST_DAYS}")
        found = unmapped(self._directory(viewer), self._stores.lake, now.date(), days=days)
        waiting = self._stores.refolds.open(viewer.workspace)
        return Unknown(
            accounts=found.accounts,
            numbers=found.numbers,
            days=days,
            as_of=self._stores.directory.watermark(viewer.workspace),
            refolding=len(waiting),
        )

    def map(self, viewer: Principal, body: Any, now: datetime) -> Mapped:
        """Give an account to a user, a provider's id to a number of ours, or take a number in as ours.

        What happened before is folded again; the answer is what was changed.
        """
        asked = parse(MapBody, body)
        if self._stores.directory.find(viewer.workspace, Connection, asked.connection) is None:
            raise InvalidRequest("connection", "there is no such connection")
        if asked.number is not None:
            fields = {"e164": asked.number, "name": asked.name, "team": asked.team}
            return Mapped(number=Numbers(self._stores).create(viewer, fields, now).document)
        if asked.user is not None:
            return Mapped(user=self._to_user(viewer, asked, now))
        return Mapped(number=self._to_number(viewer, asked, now))

    def _to_user(self, viewer: Principal, asked: MapBody, now: datetime) -> UserView:
        user = self._stores.directory.find(viewer.workspace, User, asked.user or "")
        if user is None or user.deleted_at is not None:
            raise InvalidRequest("user", "there is no such user")
        account = {"connection": asked.connection, "id": asked.account, "since": utc_or_none(asked.since)}
        kept = msgspec.to_builtins(user.accounts)
        if any((a["connection"], a["id"]) == (asked.connection, asked.account) for a in kept):
            # Mapped already, perhaps a moment ago by the same request.
            return user_shown(user)
        wanted = [*kept, {name: value for name, value in msgspec.to_builtins(account).items() if value is not None}]
        return Users(self._stores).change(viewer, user.id, {"accounts": wanted}, etag_of(user), now).document

    def _to_number(self, viewer: Principal, asked: MapBody, now: datetime) -> NumberView:
        before = self._stores.directory.find(viewer.workspace, Number, asked.number_id or "")
        if before is None:
            raise InvalidRequest("number_id", "there is no such number")
        added = asked.account or ""
        if added in before.provider_ids:
            return number_shown(before)
        after = msgspec.structs.replace(before, provider_ids=(*before.provider_ids, added))
        refuse(Plan(self._directory(viewer)).wrong(after, before))
        said = line(viewer, now, "number.change", before.id, fields=["provider_ids"])
        self._write(viewer, said, Change(document=after, previous=before))
        Numbers(self._stores).refold(viewer, before, after, now)
        return number_shown(after)
