"""What may be read without changing anything: what filters offer, and who did what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ringlake.access import Principal, scope
from ringlake.access.scope import shows_person
from ringlake.errors import InvalidRequest
from ringlake.stores.directory import AuditLine

from .office import Office
from .views import AuditEntry, AuditPage, Choice, Choices, NumberChoice

PAGE = 200
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class Looking(Office):
    def choices(self, viewer: Principal, *, deleted: bool = False) -> Choices:
        """Users, teams, numbers and sources that the viewer can filter by: those inside the scope.

        By name, deleted ones only when asked for, marked and last (features.md F4, F5, O24, W21). Only
        teams of type call center stand in analytics filters (W19).
        """
        directory, seen = self._directory(viewer), scope(viewer.user)
        users = [u for u in directory.users if shows_person(seen, u)]
        teams = [t for t in directory.teams if t.kind == "call_center" and (seen.everything or t.id in seen.teams)]
        numbers = [n for n in directory.numbers if seen.everything or n.id in seen.numbers or n.team in seen.teams]
        e164 = {number.id: number.e164 for number in numbers}
        return Choices(
            users=_offered(users, deleted=deleted),
            teams=_offered(teams, deleted=deleted),
            numbers=[
                NumberChoice(id=offer.id, name=offer.name, deleted=offer.deleted, e164=e164[offer.id])
                for offer in _offered(numbers, deleted=deleted)
            ],
            sources=_offered([s for s in directory.sources if seen.everything], deleted=deleted),
        )

    def audit(
        self,
        viewer: Principal,
        now: datetime,
        *,
        month: str = "",
        action: str = "",
        user: str = "",
        target: str = "",
        skip: int = 0,
    ) -> AuditPage:
        """The lines of one UTC month (this one when not named), newest first.

        `action` matches a whole action or its first word (`user` is every `user.…`).
        """
        month = month or f"{now:%Y-%m}"
        if not _MONTH.fullmatch(month):
            raise InvalidRequest("month", "write it as YYYY-MM")
        if skip < 0:
            raise InvalidRequest("skip", "is negative")
        lines = [
            one
            for one in reversed(self._stores.directory.audit_lines(viewer.workspace, month))
            if action in ("", one.action, one.action.partition(".")[0])
            and user in ("", one.user_id)
            and target in ("", one.target)
        ]
        names = {u.id: u.name for u in self._directory(viewer).users}
        page = lines[skip : skip + PAGE]
        following = skip + PAGE if len(lines) > skip + PAGE else None
        return AuditPage(month=month, lines=[_line(one, names) for one in page], count=len(lines), next=following)


def _line(one: AuditLine, names: dict[str, str]) -> AuditEntry:
    return AuditEntry(
        at=one.at,
        user=one.user_id,
        user_name=names.get(one.user_id, ""),
        action=one.action,
        target=one.target,
        detail=one.detail,
    )


def _offered(things: Sequence[Any], *, deleted: bool) -> list[Choice]:
    offered = [thing for thing in things if deleted or thing.deleted_at is None]
    offered.sort(key=lambda thing: (thing.deleted_at is not None, thing.name.casefold(), thing.id))
    return [Choice(id=thing.id, name=thing.name, deleted=thing.deleted_at is not None) for thing in offered]
