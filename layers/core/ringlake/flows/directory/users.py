"""Users: who they are, what they may do, and which accounts at providers are theirs (features.md W18, D72-D74).

What anybody can give is bounded by what he has: nobody grants abilities or a scope beyond his own,
only owners make owners, and one active owner always remains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal, abilities, scope
from ringlake.errors import Conflict, Forbidden, NotFound, Taken
from ringlake.flows.presence import relinked
from ringlake.model.directory import Ability, Account, Directory, Role, User
from ringlake.query.filters import parse
from ringlake.stores.directory import Change
from ringlake.stores.identities import Identities

from .bodies import AccountBody, UserBody, UserPatch
from .office import (
    Office,
    View,
    changed,
    check_version,
    chosen_id,
    convert,
    etag_of,
    line,
    need,
    refuse,
    settled,
    stamp,
    unknown,
)
from .views import UserView

# What decides what a user may do or see, and the address by which he can take his account back.
RIGHTS = frozenset({"role", "abilities", "without", "teams", "manages", "numbers", "email", "signs_in"})


class Users(Office):
    def all(self, viewer: Principal, *, deleted: bool = False) -> list[UserView]:
        """By name; deleted users only when asked for, and last (features.md F4, F5)."""
        found = [user for user in self._directory(viewer).users if deleted or user.deleted_at is None]
        return [shown(u) for u in sorted(found, key=lambda u: (u.deleted_at is not None, u.name.casefold(), u.id))]

    def show(self, viewer: Principal, user_id: str) -> View[UserView]:
        return _view(self._kept(viewer, User, user_id))

    def create(
        self,
        viewer: Principal,
        body: Any,
        now: datetime,
        *,
        id: str = "",
        identity: Callable[[str], str] | None = None,
    ) -> View[UserView]:
        """Add a user; who signs in is invited by e-mail with a first password.

        `identity` makes the sign-in identity of an address in another way.
        """
        asked = parse(UserBody, body)
        directory = self._directory(viewer)
        user = convert({"id": chosen_id("user", id), **plain_fields(asked.given, asked.accounts)}, User)
        self.check(viewer, directory, None, user)
        if asked.signs_in:
            user = msgspec.structs.replace(user, sub=(identity or self.identity)(user.email))
        self._put(viewer, None, user, "user.create", now)
        return _view(user)

    def change(self, viewer: Principal, user_id: str, body: Any, version: str | None, now: datetime) -> View[UserView]:
        patch = parse(UserPatch, body)
        directory = self._directory(viewer)
        before = _of(directory, user_id)
        check_version(etag_of(before), version)
        if before.deleted_at is not None:
            raise Taken("the user is deleted: activate him first")
        given = plain_fields(patch.given, patch.accounts)
        after = changed(before, given)
        self.check(viewer, directory, before, after, signs_in=patch.given.get("signs_in"))
        if patch.given.get("signs_in") and not before.sub:
            after = msgspec.structs.replace(after, sub=self.identity(after.email))
        elif patch.given.get("signs_in") is False:
            after = msgspec.structs.replace(after, sub="")
        elif before.sub and self._identities.find(after.email) not in ("", before.sub):
            raise Taken("somebody signs in with this address")
        self._put(viewer, before, after, "user.change", now, directory)
        self.follow(before, after, repeated="email" in given)
        return _view(after)

    def suspend(self, viewer: Principal, user_id: str, now: datetime) -> View[UserView]:
        """No access from the next request on; what he did stays his (demands.md D73)."""
        return self._end(viewer, user_id, "suspended_at", "user.suspend", now)

    def delete(self, viewer: Principal, user_id: str, now: datetime) -> View[UserView]:
        """No access, and in no picker; name and history stay (demands.md D72, features.md F4)."""
        return self._end(viewer, user_id, "deleted_at", "user.delete", now)

    def activate(self, viewer: Principal, user_id: str, now: datetime) -> View[UserView]:
        """Undo a suspension or a deletion."""
        directory = self._directory(viewer)
        before = _of(directory, user_id)
        after = msgspec.structs.replace(before, suspended_at=None, deleted_at=None)
        self.check(viewer, directory, before, after)
        if after != before:
            self._put(viewer, before, after, "user.activate", now)
        if after.sub:
            try:
                self._identities.enable(after.sub)
            except NotFound:
                raise Taken("the sign-in is gone: say signs_in false, then true to invite anew") from None
        return _view(after)

    def invite(self, viewer: Principal, user_id: str, now: datetime) -> View[UserView]:
        """Mail a new first password to somebody who has not signed in yet."""
        user = self._kept(viewer, User, user_id)
        if not user.active or not user.sub:
            raise Taken("only an active user who signs in can be invited")
        settled(lambda: self._identities.invite_again(user.sub), "this user has signed in already")
        self._stores.directory.audit(line(viewer, now, "user.invite", user_id))
        return _view(user)

    def check(
        self, viewer: Principal, directory: Directory, before: User | None, after: User, *, signs_in: bool | None = None
    ) -> None:
        """Whether the viewer may make this user of that one; raises `Forbidden` or `InvalidRequest`."""
        check_rights(viewer, directory, before, after, signs_in=signs_in)
        refuse(Roster(directory).wrong(after, before))

    @property
    def _identities(self) -> Identities:
        return self._stores.identities

    def follow(self, before: User | None, after: User, *, repeated: bool = False) -> None:
        """Bring the sign-in identity to what the directory says, which decides; repeating it is harmless."""
        if before is None or not before.sub:
            return
        if not after.sub:
            with suppress(NotFound):
                self._identities.disable(before.sub)
        elif repeated or after.email != before.email:
            settled(lambda: self._identities.rename(before.sub, after.email), "somebody signs in with this address")

    def identity(self, email: str) -> str:
        """The sign-in identity of a new user: a new one with an invitation, or one that belongs to nobody."""
        try:
            return self._identities.invite(email)
        except Conflict:
            sub = self._identities.find(email)
        if not sub or self._stores.directory.user_by_sub(sub) is not None:
            raise Taken("this address cannot be invited: somebody signs in with it") from None
        # Left behind by an attempt that broke off.
        self._identities.enable(sub)
        return sub

    def _end(self, viewer: Principal, user_id: str, field: str, action: str, now: datetime) -> View[UserView]:
        directory = self._directory(viewer)
        before = _of(directory, user_id)
        if before.id == viewer.user.id:
            raise Forbidden("nobody ends his own access: ask somebody else")
        after = before if getattr(before, field) is not None else changed(before, {field: now})
        if after != before:
            check_rights(viewer, directory, before, after)
            self._put(viewer, before, after, action, now, directory)
        if after.sub:
            # Whoever repeats the request also repeats this, should it have failed. Who is gone cannot sign in.
            with suppress(NotFound):
                self._identities.disable(after.sub)
        return _view(after)

    def _put(
        self,
        viewer: Principal,
        before: User | None,
        after: User,
        action: str,
        now: datetime,
        directory: Directory | None = None,
    ) -> None:
        if after == before:
            return
        said = line(viewer, now, action, after.id, **rights(after))
        # Of two requests that each leave the other's owner as the last one, one must fail.
        other = witness(directory, before, after) if directory and before else None
        others = [Change(document=other, previous=other)] if other else []
        self._write(viewer, said, Change(document=after, previous=before), *others)
        self.relinked(viewer, before, after, now)

    def relinked(self, viewer: Principal, before: User | None, after: User, now: datetime) -> None:
        """What happened on accounts that got another owner is folded again, and presence with it (demands.md D24)."""
        for account in sorted(
            set(before.accounts if before else ()) ^ set(after.accounts), key=lambda a: (a.connection, a.id)
        ):
            name = f"account-{stamp(account.connection, account.id)}"
            self._refold(viewer, now, name, connection=account.connection, accounts=(account.id,))
        relinked(viewer.workspace, before, after, self._stores.records)


def check_rights(
    viewer: Principal, directory: Directory, before: User | None, after: User, *, signs_in: bool | None = None
) -> None:
    """Whether the viewer may make this user of that one (None: of nobody); raises `Forbidden`.

    `directory` says who else is an owner.
    """
    base = before or User(id=after.id, email=after.email, name=after.name)
    touched = {name for name in RIGHTS - {"signs_in"} if getattr(base, name) != getattr(after, name)}
    touched |= {"state"} if base.active != after.active else set()
    touched |= {"signs_in"} if signs_in is not None and signs_in != bool(base.sub) else set()
    if not touched and not (after.id == viewer.user.id and base.accounts != after.accounts):
        return
    need(viewer, Ability.ADMINISTER, "changing what a user may do or see")
    if Role.OWNER in (base.role, after.role) and viewer.user.role is not Role.OWNER:
        raise Forbidden("only an owner makes or changes an owner")
    # A deleted or suspended user may nothing; what counts is what he may once he is active.
    was = abilities(base) if before else frozenset()
    gained = abilities(after) - was - abilities(viewer.user)
    if gained:
        raise Forbidden(f"nobody grants what he lacks: {', '.join(sorted(a.value for a in gained))}")
    if scope(after) != scope(base) and not scope(viewer.user).covers(scope(after)):
        raise Forbidden("nobody grants a view of what he does not see")
    if before is not None and _is_owner(before) and not _is_owner(after) and witness(directory, before, after) is None:
        raise Forbidden("the last owner stays: make another owner first")


def _is_owner(user: User) -> bool:
    return user.role is Role.OWNER and user.active


def witness(directory: Directory, before: User, after: User) -> User | None:
    """Another active owner, when this one stops being one."""
    if not _is_owner(before) or _is_owner(after):
        return None
    return next((user for user in directory.users if _is_owner(user) and user.id != after.id and user.sub), None)


class Roster:
    """What users may refer to, and who has which address and account; made once for many users."""

    def __init__(self, directory: Directory) -> None:
        self._teams = {team.id for team in directory.teams if team.deleted_at is None}
        self._numbers = {number.id for number in directory.numbers}
        self._connections = {connection.id for connection in directory.connections}
        self._by_email: dict[str, list[User]] = defaultdict(list)
        self._holders: dict[tuple[str, str], list[tuple[Account, User]]] = defaultdict(list)
        for user in directory.users:
            self._by_email[user.email].append(user)
            for account in user.accounts:
                self._holders[account.connection, account.id].append((account, user))

    def wrong(self, user: User, before: User | None = None) -> list[tuple[str, str]]:
        """What the user refers to that is not there, or that is another's; what he referred to before may stay."""
        teams, manages, numbers = (before.teams, before.manages, before.numbers) if before else ((), (), ())
        errors = unknown("teams", user.teams, self._teams.union(teams), "team")
        errors += unknown("manages", user.manages, self._teams.union(manages), "team")
        errors += unknown("numbers", user.numbers, self._numbers.union(numbers), "number")
        namesakes = [other for other in self._by_email[user.email] if other.id != user.id]
        if any(other.deleted_at is None for other in namesakes):
            errors.append(("email", "another user has this address"))
        elif any(other.sub for other in namesakes):
            errors.append(("email", "a deleted user has this address: activate him instead"))
        for n, account in enumerate(user.accounts):
            if account.connection not in self._connections:
                errors.append((f"accounts.{n}.connection", "there is no such connection"))
            held = self._holders[account.connection, account.id]
            rivals = [other.name for theirs, other in held if other.id != user.id and overlap(theirs, account)]
            if rivals:
                errors.append((f"accounts.{n}", f"at that time the account is {rivals[0]}'s: end that first"))
            if any(overlap(mine, account) for mine in user.accounts[:n]):
                errors.append((f"accounts.{n}", "the account is named twice for the same time"))
        return errors


def overlap(one: Account, other: Account) -> bool:
    """Whether both are the same account at some same time."""
    if (one.connection, one.id) != (other.connection, other.id):
        return False
    return (one.until is None or other.since is None or other.since < one.until) and (
        other.until is None or one.since is None or one.since < other.until
    )


def plain_fields(given: dict[str, Any], accounts: Iterable[AccountBody]) -> dict[str, Any]:
    """The fields of `User` that a body names, as plain values."""
    fields = {name: value for name, value in given.items() if name != "signs_in"}
    if "language" in fields:
        fields["language"] = fields["language"] or None
    return fields | ({"accounts": [account.plain() for account in accounts]} if "accounts" in given else {})


def rights(user: User) -> dict[str, object]:
    """What W18 wants on record."""
    return {
        "user_role": user.role.value,
        "abilities": [ability.value for ability in user.abilities],
        "without": [ability.value for ability in user.without],
        "teams": list(user.teams),
        "manages": list(user.manages),
        "numbers": list(user.numbers),
        "accounts": len(user.accounts),
        "signs_in": bool(user.sub),
        "state": state(user),
    }


def state(user: User) -> str:
    if user.deleted_at is not None:
        return "deleted"
    return "suspended" if user.suspended_at is not None else "active"


def shown(user: User) -> UserView:
    fields = {name: getattr(user, name) for name in UserView.__struct_fields__ if hasattr(user, name)}
    return UserView(
        **{**fields, "language": user.language.value if user.language else ""},
        effective=tuple(sorted(abilities(user))),
        signs_in=bool(user.sub),
        state=state(user),
        etag=etag_of(user),
    )


def _view(user: User) -> View[UserView]:
    return View(shown(user), etag_of(user))


def _of(directory: Directory, user_id: str) -> User:
    found = next((user for user in directory.users if user.id == user_id), None)
    if found is None:
        raise NotFound(user_id)
    return found
