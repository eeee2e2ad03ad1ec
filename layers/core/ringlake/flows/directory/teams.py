"""Teams and who manages them (features.md W19, W20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal
from ringlake.errors import NotFound, Taken
from ringlake.model.directory import Ability, Directory, Team, User
from ringlake.query.filters import parse
from ringlake.stores.directory import Change

from .bodies import TeamBody, TeamPatch
from .office import Office, View, changed, check_version, chosen_id, etag_of, line, need, refuse, unknown
from .views import TeamView


class Teams(Office):
    def all(self, viewer: Principal, *, deleted: bool = False) -> list[TeamView]:
        directory = self._directory(viewer)
        found = [team for team in directory.teams if deleted or team.deleted_at is None]
        found.sort(key=lambda team: (team.deleted_at is not None, team.name.casefold(), team.id))
        return [_view(team, directory).document for team in found]

    def show(self, viewer: Principal, team_id: str) -> View[TeamView]:
        directory = self._directory(viewer)
        return _view(_of(directory, team_id), directory)

    def create(self, viewer: Principal, body: Any, now: datetime, *, id: str = "") -> View[TeamView]:
        asked = parse(TeamBody, body)
        team = Team(id=chosen_id("team", id), name=asked.name, kind=asked.kind)
        return self._put(viewer, None, team, asked.managers, "team.create", now)

    def change(self, viewer: Principal, team_id: str, body: Any, version: str | None, now: datetime) -> View[TeamView]:
        """`managers`, when named, is the whole list: users get and lose the team among those they manage."""
        patch = parse(TeamPatch, body)
        directory = self._directory(viewer)
        before = _of(directory, team_id)
        check_version(_view(before, directory).etag, version)
        fields = {name: value for name, value in patch.given.items() if name != "managers"}
        managers = patch.managers if "managers" in patch.given else None
        return self._put(viewer, before, changed(before, fields), managers, "team.change", now)

    def delete(self, viewer: Principal, team_id: str, now: datetime) -> View[TeamView]:
        """Out of pickers; calls keep the team's name. Refused while users or numbers are in it."""
        directory = self._directory(viewer)
        before = _of(directory, team_id)
        used = [u.name for u in directory.users if u.deleted_at is None and team_id in (*u.teams, *u.manages)]
        used += [number.e164 for number in directory.numbers if number.deleted_at is None and number.team == team_id]
        if used:
            raise Taken(f"still in this team: {', '.join(used[:5])}{' ...' if len(used) > 5 else ''}")
        if before.deleted_at is not None:
            return _view(before, directory)
        after = msgspec.structs.replace(before, deleted_at=now)
        return self._put(viewer, before, after, None, "team.delete", now)

    def restore(self, viewer: Principal, team_id: str, now: datetime) -> View[TeamView]:
        directory = self._directory(viewer)
        before = _of(directory, team_id)
        after = msgspec.structs.replace(before, deleted_at=None)
        return self._put(viewer, before, after, None, "team.restore", now)

    def _put(
        self,
        viewer: Principal,
        before: Team | None,
        after: Team,
        managers: list[str] | None,
        action: str,
        now: datetime,
    ) -> View[TeamView]:
        """The team and its managers in one step."""
        directory = self._directory(viewer)
        moves = _moved(directory, after.id, managers)
        if moves:
            need(viewer, Ability.ADMINISTER, "changing who manages a team")
        changes = [Change(document=new, previous=old) for old, new in moves]
        if after != before:
            changes.insert(0, Change(document=after, previous=before))
        if changes:
            said = line(viewer, now, action, after.id, kind=after.kind, managers=managers)
            self._write(viewer, said, *changes)
        return _view(after, self._directory(viewer))


def _moved(directory: Directory, team_id: str, managers: list[str] | None) -> list[tuple[User, User]]:
    """Users before and after, whose managing this changes; None changes nobody's."""
    if managers is None:
        return []
    living = [user for user in directory.users if user.deleted_at is None]
    refuse(unknown("managers", managers, (user.id for user in living), "user"))
    moves = []
    for user in living:
        manages = [team for team in user.manages if team != team_id] + ([team_id] if user.id in managers else [])
        if set(manages) != set(user.manages):
            moves.append((user, msgspec.structs.replace(user, manages=tuple(manages))))
    return moves


def _view(team: Team, directory: Directory) -> View[TeamView]:
    managers = sorted(user.id for user in directory.users if user.deleted_at is None and team.id in user.manages)
    members = sorted(user.id for user in directory.users if user.deleted_at is None and team.id in user.teams)
    etag = etag_of(team, managers)
    return View(TeamView(**msgspec.structs.asdict(team), managers=managers, members=members, etag=etag), etag)


def _of(directory: Directory, team_id: str) -> Team:
    found = directory.team(team_id)
    if found is None:
        raise NotFound(team_id)
    return found
