"""Import and export of users, numbers and contacts as files (form: sheets.py).

An import checks every line against the directory as it would be afterwards and lists every mistake;
nothing is applied when there is one. A column that the file does not have leaves what is there, an empty
cell empties it. A line belongs to the entry with its `id`, or without one to the entry with its address
or number; else it makes a new one. What an export wrote, an import takes back without a change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ringlake.access import Principal
from ringlake.errors import Forbidden, InvalidRequest, Rejected
from ringlake.flows.presence import rederive_everyone
from ringlake.model.base import Model
from ringlake.model.contacts import Contact
from ringlake.model.directory import Account, Directory, Number, Role, Team, User
from ringlake.model.numbers import country_of, e164, party_key
from ringlake.model.subjects import party_subject
from ringlake.query.filters import parse
from ringlake.stores.contacts import place
from ringlake.stores.directory import Change

from . import sheets
from .bodies import ContactBody, ContactPatch, NumberBody, NumberPatch, UserBody, UserPatch
from .contacts import made
from .numbers import Numbers, Plan, dialable
from .office import Office, changed, convert, line, new_id
from .sheets import Imported, Row, Wrong
from .users import Roster, Users, check_rights, plain_fields, witness

# What one request manages within its time: users and numbers lie in one partition of a thousand writes a
# second, and the user pool takes fifty new people a second.
MOST_USERS = 2_000
MOST_INVITED = 500
MOST_NUMBERS = 2_000
MOST_CONTACTS = 10_000
_AT_ONCE = 8
# Stands for the identity that a user will have once he is invited.
_INVITED = "invited"
# More changes than this are not followed one by one: all of history is read again.
_MARKED = 200

USER_COLUMNS = (
    "id", "email", "name", "role", "abilities", "without", "teams", "manages", "numbers", "accounts", "signs_in",
)  # fmt: skip
NUMBER_COLUMNS = ("id", "e164", "name", "country", "team", "source", "provider_ids")
CONTACT_COLUMNS = ("id", "name", "company", "numbers", "email")
FIELD = "field."
_LISTS = ("abilities", "without", "teams", "manages", "numbers", "accounts", "provider_ids")
_ACCOUNT = re.compile(r"(?P<connection>[^:]+):(?P<id>.+?)(?: \[(?P<since>[^/\]]*)/(?P<until>[^/\]]*)\])?", re.DOTALL)
_YES = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}


class _Line[T: Model](NamedTuple):
    """One line that can be read: the entry before (None: new) and after."""

    row: Row
    before: T | None
    after: T


class Transfers(Office):
    def import_users(self, viewer: Principal, data: bytes, now: datetime, *, dry_run: bool) -> Imported:
        rows, mistakes = sheets.read(data, USER_COLUMNS, ("email",), MOST_USERS)
        directory = self._directory(viewer)
        reader = _UserReader(directory)
        lines, wrong = _each(rows, reader.read)
        wrong += mistakes + _twice(lines)
        final = _with(directory, "users", [one.after for one in lines])
        roster = Roster(final)
        for one in lines:
            wrong += _placed(one.row, roster.wrong(one.after, one.before))
            try:
                check_rights(viewer, final, one.before, one.after, signs_in=reader.signs_in(one.row))
            except Forbidden as error:
                wrong.append(Wrong(one.row.line, "role", str(error)))
        invited = [one for one in lines if reader.signs_in(one.row) and not (one.before and one.before.sub)]
        renamed = [one for one in lines if one.before and one.before.sub and one.before.email != one.after.email]
        wrong += self._unable(invited, renamed)
        report = _report(lines, wrong, rows, dry_run=dry_run)
        if report.applied:
            self._apply_users(viewer, directory, lines, invited, reader, now)
        return report

    def export_users(self, viewer: Principal, now: datetime) -> bytes:
        """All users that are not deleted."""
        directory = self._directory(viewer)
        users = sorted((u for u in directory.users if u.deleted_at is None), key=lambda u: (u.name.casefold(), u.id))
        self._stores.directory.audit(line(viewer, now, "users.export", rows=len(users)))
        names = _Names(directory)
        return sheets.write(USER_COLUMNS, (_user_cells(user, names) for user in users))

    def import_numbers(self, viewer: Principal, data: bytes, now: datetime, *, dry_run: bool) -> Imported:
        rows, mistakes = sheets.read(data, NUMBER_COLUMNS, ("e164",), MOST_NUMBERS)
        directory = self._directory(viewer)
        lines, wrong = _each(rows, _NumberReader(directory).read)
        wrong += mistakes + _twice(lines)
        plan = Plan(_with(directory, "numbers", [one.after for one in lines]))
        for one in lines:
            wrong += _placed(one.row, plan.wrong(one.after, one.before))
        report = _report(lines, wrong, rows, dry_run=dry_run)
        changes = _changes(lines)
        if report.applied and changes:
            said = line(viewer, now, "numbers.import", created=report.created, changed=report.changed)
            self._write(viewer, said, *changes)
            numbers = Numbers(self._stores)
            if len(changes) > _MARKED:
                self._refold(viewer, now, "numbers", everything=True)
            for one in lines if len(changes) <= _MARKED else ():
                if one.after != one.before:
                    numbers.refold(viewer, one.before, one.after, now)
        return report

    def export_numbers(self, viewer: Principal, now: datetime) -> bytes:
        """All numbers that are not deleted."""
        directory = self._directory(viewer)
        numbers = sorted((n for n in directory.numbers if n.deleted_at is None), key=lambda n: (n.e164, n.id))
        self._stores.directory.audit(line(viewer, now, "numbers.export", rows=len(numbers)))
        names = _Names(directory)
        return sheets.write(NUMBER_COLUMNS, (_number_cells(number, names) for number in numbers))

    def import_contacts(self, viewer: Principal, data: bytes, now: datetime, *, dry_run: bool) -> Imported:
        rows, mistakes = sheets.read(data, CONTACT_COLUMNS, ("name",), MOST_CONTACTS, prefix=FIELD)
        directory = self._stores.directory.load(viewer.workspace)
        reader = _ContactReader(directory, now, *self._known_contacts(viewer, directory, rows))
        lines, wrong = _each(rows, reader.read)
        wrong += mistakes + _twice(lines)
        report = _report(lines, wrong, rows, dry_run=dry_run)
        different = [one for one in lines if one.after != one.before]
        if report.applied and different:
            said = line(viewer, now, "contacts.import", created=report.created, changed=report.changed)
            self._stores.directory.audit(said)
            self._put_contacts(viewer, [one.after for one in different])
            self._touch(viewer, [c for one in different for c in (one.before, one.after) if c], now)
        return report

    def export_contacts(self, viewer: Principal, now: datetime, after: str = "") -> tuple[bytes, str]:
        """The living entries of at most as many lines as an import takes, and where the next file begins."""
        found: list[Contact] = []
        while len(found) < MOST_CONTACTS:
            page = self._stores.contacts.page(viewer.workspace, after)
            found += [contact for contact in page.contacts if contact.deleted_at is None]
            after = page.next
            if not after:
                break
        if len(found) > MOST_CONTACTS:
            found = found[:MOST_CONTACTS]
            after = place(found[-1].id)
        self._stores.directory.audit(line(viewer, now, "contacts.export", rows=len(found)))
        fields = sorted({name for contact in found for name in contact.fields})
        columns = (*CONTACT_COLUMNS, *(f"{FIELD}{name}" for name in fields))
        return sheets.write(columns, (_contact_cells(contact, fields) for contact in found)), after

    def _unable(self, invited: Sequence[_Line[User]], renamed: Sequence[_Line[User]]) -> list[Wrong]:
        """Who cannot sign in with the address of his line."""
        if len(invited) > MOST_INVITED:
            text = f"more than {MOST_INVITED} new people sign in: split the file"
            return [Wrong(invited[MOST_INVITED].row.line, "email", text)]

        def taken(one: _Line[User]) -> bool:
            sub = self._stores.identities.find(one.after.email)
            own = one.before.sub if one.before else ""
            return sub not in ("", own) and self._stores.directory.user_by_sub(sub) is not None

        asked = [*invited, *renamed]
        reason = "this address cannot be invited: somebody signs in with it"
        found = _in_parallel(taken, asked)
        return [Wrong(one.row.line, "email", reason) for one, is_taken in zip(asked, found, strict=True) if is_taken]

    def _apply_users(
        self,
        viewer: Principal,
        directory: Directory,
        lines: Sequence[_Line[User]],
        invited: Sequence[_Line[User]],
        reader: _UserReader,
        now: datetime,
    ) -> None:
        users = Users(self._stores)
        subs = dict(
            zip(
                (one.after.id for one in invited),
                _in_parallel(lambda one: users.identity(one.after.email), invited),
                strict=True,
            )
        )
        settled = []
        for one in lines:
            sub = subs.get(one.after.id, one.before.sub if one.before else "")
            keeps = reader.signs_in(one.row) is not False
            settled.append(one._replace(after=msgspec.structs.replace(one.after, sub=sub if keeps else "")))
        changes = _changes(settled)
        if not changes:
            return
        final = _with(directory, "users", [one.after for one in settled])
        touched = {id(change.previous) for change in changes}
        others = {
            other.id: other
            for one in settled
            if one.before and (other := witness(final, one.before, one.after)) and other in directory.users
        }
        changes += [Change(document=o, previous=o) for o in others.values() if id(o) not in touched]
        said = line(
            viewer, now, "users.import",
            roles={one.after.id: one.after.role.value for one in settled if _other_role(one)},
            lines=len(settled),
        )  # fmt: skip
        self._write(viewer, said, *changes)
        different = [one for one in settled if one.after != one.before]
        _in_parallel(lambda one: users.follow(one.before, one.after), different)
        if len(different) > _MARKED:
            self._refold(viewer, now, "accounts", everything=True)
            rederive_everyone(viewer.workspace, None, self._stores.records)
        for one in different if len(different) <= _MARKED else ():
            users.relinked(viewer, one.before, one.after, now)

    def _known_contacts(
        self, viewer: Principal, directory: Directory, rows: Sequence[Row]
    ) -> tuple[dict[str, Contact], dict[str, list[Contact]]]:
        """The entries that the lines could belong to: by id, and by the first number."""
        ids = [row.cells["id"] for row in rows if row.cells.get("id")]
        firsts = {_first_number(row, directory) for row in rows if not row.cells.get("id")} - {""}
        keys = {party_key(directory.party_key_secret, [number]): number for number in firsts}
        found = self._stores.contacts.by_party(viewer.workspace, [key for key in keys if key])
        by_number = {keys[key]: [c for c in contacts if ":" not in c.id] for key, contacts in found.items()}
        return self._stores.contacts.get_many(viewer.workspace, ids), by_number

    def _put_contacts(self, viewer: Principal, contacts: Sequence[Contact]) -> None:
        parts = [contacts[at : at + _MARKED] for at in range(0, len(contacts), _MARKED)]
        _in_parallel(lambda part: self._stores.contacts.put_many(viewer.workspace, part), parts)

    def _touch(self, viewer: Principal, contacts: Sequence[Contact], now: datetime) -> None:
        keys = sorted({key for contact in contacts for key in contact.party_keys})
        if len(keys) > _MARKED:
            self._refold(viewer, now, "contacts", everything=True)
        else:
            self._stores.records.mark(viewer.workspace, [party_subject(viewer.workspace, key).key for key in keys])


class _Names:
    """Names of the directory's things in cells, and things by what stands in cells."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        living = [team for team in directory.teams if team.deleted_at is None]
        folded = [team.name.casefold() for team in living]
        self._unique = {t.id: t.name for t in living if folded.count(t.name.casefold()) == 1 and _is_plain(t, living)}
        self._teams = {name.casefold(): team_id for team_id, name in self._unique.items()}
        self._numbers = {number.e164: number.id for number in directory.numbers}
        self._e164 = {number.id: number.e164 for number in directory.numbers}

    def team(self, team_id: str) -> str:
        return self._unique.get(team_id, team_id)

    def team_id(self, cell: str) -> str:
        return self._teams.get(cell.casefold(), cell)

    def number(self, number_id: str) -> str:
        return self._e164.get(number_id, number_id)

    def number_id(self, cell: str) -> str:
        return self._numbers.get(e164(cell, self._directory.workspace.country), cell)


def _is_plain(team: Team, teams: Sequence[Team]) -> bool:
    """A name that reads as some team's id, or would not come back, stays an id in files."""
    return team.name.strip() == team.name and all(team.name != other.id for other in teams)


class _UserReader:
    def __init__(self, directory: Directory) -> None:
        self._names = _Names(directory)
        self._by_id = {user.id: user for user in directory.users}
        self._by_email = {user.email: user for user in directory.users if user.deleted_at is None}

    def read(self, row: Row) -> _Line[User]:
        before = _found(row, self._by_id, self._by_email.get(row.cells["email"].lower()))
        if before is not None and before.deleted_at is not None:
            raise InvalidRequest("id", "this user is deleted: activate him first")
        body = {name: self._plain(name, cell) for name, cell in row.cells.items() if name != "id"}
        if before is None:
            asked = parse(UserBody, _given(body))
            fields = plain_fields(asked.given, asked.accounts)
            return _Line(row, None, convert({"id": new_id("user"), **fields}, User))
        patch = parse(UserPatch, body)
        after = changed(before, plain_fields(patch.given, patch.accounts))
        said = self.signs_in(row)
        if said is not None and said != bool(before.sub):
            after = msgspec.structs.replace(after, sub=_INVITED if said else "")
        return _Line(row, before, after)

    def signs_in(self, row: Row) -> bool | None:
        """What the line says; None for nothing about somebody who is there (a new user signs in)."""
        cell = row.cells.get("signs_in", "").lower()
        if cell:
            return _YES.get(cell, True)
        return None if self._is_known(row) else True

    def _is_known(self, row: Row) -> bool:
        return row.cells.get("id", "") in self._by_id or row.cells["email"].lower() in self._by_email

    def _plain(self, name: str, cell: str) -> Any:
        match name:
            case "teams" | "manages":
                return [self._names.team_id(value) for value in sheets.split(cell)]
            case "numbers":
                return [self._names.number_id(value) for value in sheets.split(cell)]
            case "accounts":
                return [_account(n, value) for n, value in enumerate(sheets.split(cell))]
            case "abilities" | "without":
                return sheets.split(cell)
            case "role":
                return cell.lower() or Role.MEMBER.value
            case "signs_in":
                if cell.lower() not in {*_YES, ""}:
                    raise InvalidRequest("signs_in", "is yes or no")
                return _YES.get(cell.lower(), True)
            case _:
                return cell


class _NumberReader:
    def __init__(self, directory: Directory) -> None:
        self._names = _Names(directory)
        self._country = directory.workspace.country
        self._sources = {s.name.casefold(): s.id for s in directory.sources if s.deleted_at is None}
        self._by_id = {number.id: number for number in directory.numbers}
        self._by_e164 = {number.e164: number for number in directory.numbers if number.deleted_at is None}

    def read(self, row: Row) -> _Line[Number]:
        country = row.cells.get("country", "").upper() or self._country
        number = dialable("e164", row.cells["e164"], country)
        before = _found(row, self._by_id, self._by_e164.get(number))
        body = {name: self._plain(name, cell) for name, cell in row.cells.items() if name != "id"} | {"e164": number}
        if not body.get("country"):
            body.pop("country", None)
        if before is not None:
            return _Line(row, before, changed(before, parse(NumberPatch, body).given))
        asked = parse(NumberBody, body)
        fields = {**asked.given, "country": asked.country or country_of(number) or self._country}
        return _Line(row, None, convert({"id": new_id("number"), **fields}, Number))

    def _plain(self, name: str, cell: str) -> Any:
        match name:
            case "team":
                return self._names.team_id(cell) if cell else ""
            case "source":
                return self._sources.get(cell.casefold(), cell)
            case "provider_ids":
                return sheets.split(cell)
            case _:
                return cell


class _ContactReader:
    def __init__(
        self, directory: Directory, now: datetime, by_id: dict[str, Contact], by_number: dict[str, list[Contact]]
    ) -> None:
        self._directory = directory
        self._now = now
        self._by_id = by_id
        self._by_number = by_number

    def read(self, row: Row) -> _Line[Contact]:
        held = self._by_number.get(_first_number(row, self._directory), [])
        if len(held) > 1 and not row.cells.get("id"):
            raise InvalidRequest("id", "several contacts have this number: name one by its id")
        before = _found(row, self._by_id, held[0] if held else None)
        if before is not None and before.deleted_at is not None:
            raise InvalidRequest("id", "this contact is deleted")
        body: dict[str, Any] = {n: c for n, c in row.cells.items() if n in ("name", "company", "email")}
        if "numbers" in row.cells:
            body["numbers"] = sheets.split(row.cells["numbers"])
        named = {n.removeprefix(FIELD): c for n, c in row.cells.items() if n.startswith(FIELD)}
        if named:
            kept = before.fields if before else {}
            body["fields"] = {name: text for name, text in {**kept, **named}.items() if text}
        if before is None:
            fields = {"id": new_id("contact"), **parse(ContactBody, body).given}
            return _Line(row, None, made(self._directory, fields, self._now))
        after = made(self._directory, parse(ContactPatch, body).given, self._now, before)
        if after != before and ":" in before.id:
            raise InvalidRequest("id", "this entry is kept by the provider: change it there")
        return _Line(row, before, after)


def _found[T](row: Row, by_id: dict[str, T], natural: T | None) -> T | None:
    given = row.cells.get("id", "")
    if given and given not in by_id:
        raise InvalidRequest("id", "there is no entry with this id; leave it empty for a new one")
    return by_id[given] if given else natural


def _first_number(row: Row, directory: Directory) -> str:
    spellings = sheets.split(row.cells.get("numbers", ""))
    return e164(spellings[0], directory.workspace.country) if spellings else ""


def _given(body: dict[str, Any]) -> dict[str, Any]:
    """Without empty cells: a new entry has what is usual."""
    return {name: value for name, value in body.items() if value not in ("", [])}


def _account(place: int, cell: str) -> dict[str, Any]:
    found = _ACCOUNT.fullmatch(cell)
    if not found:
        raise InvalidRequest(f"accounts.{place}", "write accounts as <connection>:<id> or <connection>:<id> [from/to]")
    bounds = {name: found[name] for name in ("since", "until") if found[name]}
    return {"connection": found["connection"], "id": found["id"], **bounds}


def _each[T: Model](rows: Sequence[Row], read: Callable[[Row], _Line[T]]) -> tuple[list[_Line[T]], list[Wrong]]:
    """Lines that can be read, and what is wrong with the others."""
    lines: list[_Line[T]] = []
    wrong: list[Wrong] = []
    for row in rows:
        try:
            lines.append(read(row))
        except InvalidRequest as error:
            wrong += _placed(row, error.errors)
        except Rejected as error:
            wrong.append(Wrong(row.line, "", str(error)))
    return lines, wrong


def _placed(row: Row, errors: Iterable[tuple[str, str]]) -> list[Wrong]:
    """A field's path as a column; which of several values it is, is said with the reason."""
    found = []
    for field, reason in errors:
        column, _, rest = field.partition(".")
        if column == "fields" and rest:
            column, rest = f"{FIELD}{rest.removesuffix('.[key]')}", ""
        number = rest.partition(".")[0]
        which = f"value {int(number) + 1}: " if number.isdecimal() and column in _LISTS else ""
        found.append(Wrong(row.line, column, f"{which}{reason}"))
    return found


def _twice[T: Model](lines: Sequence[_Line[T]]) -> list[Wrong]:
    """Two lines for one entry would overwrite each other."""
    seen: dict[str, int] = {}
    wrong = []
    for one in lines:
        if one.before is not None:
            name = str(getattr(one.before, "id", ""))
            if name in seen:
                wrong.append(Wrong(one.row.line, "id", f"is the same entry as line {seen[name]}"))
            seen.setdefault(name, one.row.line)
    return wrong


def _with(directory: Directory, kind: str, after: Sequence[Any]) -> Directory:
    """The directory as it would be."""
    documents = {document.id: document for document in getattr(directory, kind)}
    documents |= {document.id: document for document in after}
    return msgspec.structs.replace(directory, **{kind: tuple(documents.values())})


def _report(lines: Sequence[_Line[Any]], wrong: Sequence[Wrong], rows: Sequence[Row], *, dry_run: bool) -> Imported:
    return sheets.result(
        wrong,
        dry_run=dry_run,
        lines=len(rows),
        created=sum(one.before is None for one in lines),
        changed=sum(one.before is not None and one.after != one.before for one in lines),
        unchanged=sum(one.after == one.before for one in lines),
    )


def _changes(lines: Sequence[_Line[Any]]) -> list[Change]:
    return [Change(document=one.after, previous=one.before) for one in lines if one.after != one.before]


def _other_role(one: _Line[User]) -> bool:
    return one.after.role != (one.before.role if one.before else Role.MEMBER)


def _in_parallel[T, R](work: Callable[[T], R], things: Sequence[T]) -> list[R]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(work, things))


def _user_cells(user: User, names: _Names) -> list[str]:
    return [
        user.id,
        user.email,
        user.name,
        user.role.value,
        sheets.joined(ability.value for ability in user.abilities),
        sheets.joined(ability.value for ability in user.without),
        sheets.joined(names.team(team) for team in user.teams),
        sheets.joined(names.team(team) for team in user.manages),
        sheets.joined(names.number(number) for number in user.numbers),
        sheets.joined(_account_cell(account) for account in user.accounts),
        "yes" if user.sub else "no",
    ]


def _account_cell(account: Account) -> str:
    bounds = [at.isoformat() if at else "" for at in (account.since, account.until)]
    return f"{account.connection}:{account.id}" + (f" [{bounds[0]}/{bounds[1]}]" if any(bounds) else "")


def _number_cells(number: Number, names: _Names) -> list[str]:
    return [
        number.id,
        number.e164,
        number.name,
        number.country,
        names.team(number.team),
        number.source,
        sheets.joined(number.provider_ids),
    ]


def _contact_cells(contact: Contact, fields: Sequence[str]) -> list[str]:
    return [
        contact.id,
        contact.name,
        contact.company,
        sheets.joined(contact.numbers),
        contact.email,
        *(contact.fields.get(name, "") for name in fields),
    ]
