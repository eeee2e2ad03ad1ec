"""From records to the rows of the live board (features.md R8-R17, W7; demands.md D22). Pure.

A row is a function of the call's record and of the directory, a person's status one of what the person's
accounts said last and of the rows: so a board can be made anew at any time, and comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ringlake.model.board import AccountState, Board, CallStatus, CallType, Employee, LiveCall, Person
from ringlake.model.calls import CallRecord, Leg, LegOutcome, LiveState, Party
from ringlake.model.contacts import Contact
from ringlake.model.directory import Connection, Directory, Team, Workspace
from ringlake.model.facts import CallKind, Direction, PresenceStatus
from ringlake.model.numbers import ANONYMOUS
from ringlake.model.presence import PresenceRecord
from ringlake.model.subjects import presence_account

from .correlation import OWN_PATH
from .presence import CARRIED, PRIORITY, Links, changes

_CALLBACKS = frozenset({CallKind.CALLBACK_CUSTOMER, CallKind.CALLBACK_AGENT})
_TYPES = {
    Direction.INBOUND: CallType.INCOMING,
    Direction.OUTBOUND: CallType.OUTGOING,
    Direction.INTERNAL: CallType.INTERNAL,
}
# A leg that ended without telling when.
_ENDED = frozenset(LegOutcome) - {LegOutcome.ANSWERED}
# A connection that can be joined has this capability, and the address by which its program is called (R38-R40).
SUPERVISE = "supervise"
SUPERVISE_URL = "supervise_url"


def can_supervise(connection: Connection | None) -> bool:
    return connection is not None and SUPERVISE in connection.capabilities and SUPERVISE_URL in connection.options


def live_call(record: CallRecord, directory: Directory, contacts: Sequence[Contact] = ()) -> LiveCall:
    """The row of a call that has not ended; `contacts` are those with its number, the latest first (W7)."""
    type_ = call_type(record)
    talking = record.live is LiveState.IN_PROGRESS
    legs = [leg for leg in record.legs if leg.party != Party() and leg.ended_at is None and leg.outcome not in _ENDED]
    on_it = [leg for leg in legs if leg.answered_at is not None]
    rung = [leg for leg in legs if leg.answered_at is None]
    employees, ringing = _people(on_it), _people(rung)
    if type_ is CallType.OUTGOING and not talking:
        # Whoever dialled is on the line: it is the customer's phone that rings.
        employees, ringing = _people(legs), ()
    if not employees and not ringing and (talking or type_ is not CallType.INCOMING) and not record.legs:
        # The provider tells of no leg.
        employees = _named([(record.user.user_id, record.user.name or record.user.account, record.answered_at)])
    shown = contacts[0] if contacts else None
    return LiveCall(
        id=record.record_id,
        connection=record.connection,
        type=type_,
        status=CallStatus.TALKING if talking else CallStatus.WAITING,
        state=record.live or LiveState.IN_PROGRESS,
        status_since=(record.answered_at or record.started_at) if talking else record.started_at,
        started_at=record.started_at,
        waiting_since=_waits_from(record, type_),
        wait_s=_wait_s(record, type_) if talking else None,
        answered_at=record.answered_at,
        in_menu=type_ is CallType.INCOMING and not talking and record.queued_at is None and record.ringing_at is None,
        menu_s=_seconds(record.ivr_ms),
        employees=employees,
        ringing=ringing,
        reached=tuple(sorted({leg.party.user_id for leg in record.legs} - {""})),
        owner_id=record.user.user_id,
        owner_name=record.user.name,
        team_id=record.team_id,
        team_name=record.team_name,
        employee_teams=_teams_of({p.user_id for p in (*employees, *ringing)}, directory),
        group_call=record.unattributed == "group_call",
        customer_number=record.remote_number,
        anonymous=record.remote_number == ANONYMOUS,
        customer_name=shown.name if shown else record.remote_name,
        contact_id=shown.id if shown else "",
        contacts_more=max(len(contacts) - 1, 0),
        business_number=record.business_number,
        business_number_id=record.business_number_id,
        business_number_name=record.business_number_name,
        scheme="" if type_ in (CallType.OUTGOING, CallType.CALLBACK) else record.scheme,
        queue=record.queue,
        campaign=record.campaign,
        source=record.source.name,
        spam=record.spam,
        target_s=target_s(directory.workspace, record.team_id, record.queue),
        supervise=talking and can_supervise(directory.connection(record.connection)),
    )


def call_type(record: CallRecord) -> CallType:
    """R8; callbacks whichever party was called first (features.md R4: they count as outgoing)."""
    if record.kind in _CALLBACKS:
        return CallType.CALLBACK
    return _TYPES[record.direction] if record.direction else CallType.UNKNOWN


def target_s(workspace: Workspace, team_id: str, queue: str) -> int:
    """Seconds in which such a call is promised to be answered; the narrowest target counts (demands.md D69)."""
    fitting = [
        t for t in workspace.targets if t.channel == "call" and t.team in ("", team_id) and t.queue in ("", queue)
    ]
    best = max(fitting, key=lambda t: (bool(t.queue), bool(t.team)), default=None)
    return best.threshold_s if best else workspace.service_threshold_s


def _waits_from(record: CallRecord, type_: CallType) -> datetime | None:
    """R15: outgoing from the dial on, incoming from when it was routed to people."""
    if type_ in (CallType.OUTGOING, CallType.CALLBACK):
        return record.started_at
    routed = [at for at in (record.queued_at, record.ringing_at) if at is not None]
    return min(routed, default=None)


def _wait_s(record: CallRecord, type_: CallType) -> int | None:
    since = _waits_from(record, type_)
    if since is None or record.answered_at is None:
        return _seconds(record.wait_ms)
    return max(int((record.answered_at - since).total_seconds()), 0)


def _seconds(ms: int | None) -> int | None:
    return None if ms is None else ms // 1000


def _people(legs: Iterable[Leg]) -> tuple[Employee, ...]:
    return _named(
        (leg.party.user_id, leg.party.name or leg.party.account, leg.answered_at or leg.ringing_at)
        for leg in legs
        if leg.kind in OWN_PATH or leg.party.user_id
    )


def _named(found: Iterable[tuple[str, str, datetime | None]]) -> tuple[Employee, ...]:
    """Everybody once, by name, since the earliest moment known."""
    people: dict[tuple[str, str], Employee] = {}
    for user_id, name, since in found:
        if not user_id and not name:
            continue
        who = (user_id, "" if user_id else name)
        known = people.get(who)
        starts = [at for at in (since, known.since if known else None) if at is not None]
        people[who] = Employee(user_id=user_id, name=name, since=min(starts, default=None))
    return tuple(sorted(people.values(), key=lambda p: (p.name.casefold(), p.user_id)))


def _teams_of(users: set[str], directory: Directory) -> tuple[str, ...]:
    return tuple(sorted({team for user in directory.users if user.id in users for team in user.teams}))


# --- people


def account_state(record: PresenceRecord, connection: Connection) -> AccountState | None:
    """What an account said last on the record's day, and since when it has said so; None when it said nothing."""
    told = changes(record, connection)
    if not told:
        return None
    last = told[-1]
    run = len(told) - 1
    while run and told[run - 1].status is last.status:
        run -= 1
    key, day = presence_account(record.provider_id)
    return AccountState(
        connection=record.connection,
        key=key,
        names=tuple(dict.fromkeys(name for name in (last.user, record.account, key) if name)),
        day=day,
        status=last.status,
        since=told[run].at,
        said_at=last.at,
    )


class _Said(NamedTuple):
    status: PresenceStatus
    since: datetime


def people(
    accounts: Iterable[AccountState], calls: Iterable[LiveCall], directory: Directory, now: datetime
) -> tuple[Person, ...]:
    """Everybody whose accounts report a status, or who is talking, by user id (R36, R37).

    Who never reports is unknown, not offline; deleted users are gone.
    """
    links = Links(directory)
    said: dict[str, list[_Said]] = {}
    for account in accounts:
        owner = links.owner(account.connection, account.names, now)
        if owner:
            said.setdefault(owner, []).append(_Said(account.status, account.since))
    on_calls: dict[str, list[str]] = {}
    rung: dict[str, list[str]] = {}
    for call in calls:
        for employee in call.employees:
            if not employee.user_id:
                continue
            on_calls.setdefault(employee.user_id, []).append(call.id)
            if call.status is CallStatus.TALKING:
                talk = _Said(PresenceStatus.TALKING, employee.since or call.status_since)
                said.setdefault(employee.user_id, []).append(talk)
        for employee in call.ringing:
            rung.setdefault(employee.user_id, []).append(call.id)
    teams = {team.id: team for team in directory.teams}
    return tuple(
        _person(user.id, user.name, user.teams, teams, said[user.id], on_calls.get(user.id, []), rung.get(user.id, []))
        for user in sorted(directory.users, key=lambda u: u.id)
        if user.id in said and user.deleted_at is None
    )


def _person(
    user_id: str,
    name: str,
    teams: Sequence[str],
    known: Mapping[str, Team],
    said: Sequence[_Said],
    calls: Sequence[str],
    ringing: Sequence[str],
) -> Person:
    status = min((one.status for one in said), key=PRIORITY.index)
    own = [known[team] for team in teams if team in known]
    return Person(
        user_id=user_id,
        name=name,
        teams=tuple(team.id for team in own),
        team_names=tuple(team.name for team in own),
        status=status,
        since=min(one.since for one in said if one.status is status),
        calls=tuple(sorted(calls)),
        ringing=tuple(sorted(ringing)),
    )


def board(calls: Iterable[LiveCall], accounts: Iterable[AccountState], directory: Directory, now: datetime) -> Board:
    """The board of these rows and accounts; an account that has been silent for too long tells nothing any more."""
    rows = tuple(sorted(calls, key=lambda c: c.order))
    states = tuple(sorted((a for a in accounts if now - a.said_at < CARRIED), key=lambda a: a.place))
    return Board(calls=rows, accounts=states, people=people(states, rows, directory, now))
