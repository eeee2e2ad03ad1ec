"""What one watcher sees of the live board: scope first, then the filter, then counts (features.md R7, R18-R20).

Nothing of a row that the watcher may not see leaves this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from ringlake.access.hiding import masked, masked_dialled
from ringlake.access.scope import Scope, grants
from ringlake.model.board import Board, BoardFilter, CallType, LiveCall, Person, View, header
from ringlake.model.directory import Ability


def view(board: Board, seen: Scope, viewer: str, wanted: BoardFilter, joins: Collection[str] = ()) -> View:
    """What a user sees of a board. `joins` are the connections whose calls the user may join (R38, R40).

    The header counts the rows shown, and says how many there were without the filter (R7).
    """
    visible = [_shown(call, seen, joins) for call in board.calls if _within(call, seen)]
    project = [c for c in visible if c.type is not CallType.INTERNAL or _asks_internal(wanted)]
    calls = tuple(call for call in project if _wanted(call, wanted))
    ids = {call.id for call in visible}
    return View(
        header=header(calls, len(project)),
        calls=calls,
        people=tuple(_people(board, seen, wanted, ids)),
        mine=tuple(call for call in visible if any(e.user_id == viewer for e in call.ringing)),
        heard=tuple(call.id for call in visible if viewer in call.reached),
    )


def on_wall(seen: View) -> View:
    """What a screen without a sign-in shows of its owner's view: counts, queues, our people and waits, nothing of
    customers, and nothing that one could act on (demands.md D66). Ids of calls are made anew, since providers make
    theirs of anything.
    """
    return View(
        header=seen.header,
        calls=tuple(msgspec.structs.replace(call, id=_unnamed(call.id), **_OF_CUSTOMERS) for call in seen.calls),
        people=tuple(
            msgspec.structs.replace(
                person, calls=tuple(map(_unnamed, person.calls)), ringing=tuple(map(_unnamed, person.ringing))
            )
            for person in seen.people
        ),
    )


_OF_CUSTOMERS: dict[str, Any] = {
    "customer_number": "",
    "anonymous": False,
    "customer_name": "",
    "contact_id": "",
    "contacts_more": 0,
    "business_number": "",
    "campaign": "",
    "source": "",
    "spam": False,
    "reached": (),
    "supervise": False,
}


def _unnamed(call_id: str) -> str:
    return hashlib.sha256(call_id.encode()).hexdigest()[:16]


def _within(call: LiveCall, seen: Scope) -> bool:
    return grants(seen, call.owner_id, call.team_id, call.business_number_id, call.reached if call.group_call else ())


def _asks_internal(wanted: BoardFilter) -> bool:
    return wanted.include_internal or CallType.INTERNAL in wanted.types


def _wanted(call: LiveCall, wanted: BoardFilter) -> bool:
    on_it = {e.user_id for e in (*call.employees, *call.ringing)} - {""}
    conditions = (
        (wanted.users, on_it),
        (wanted.teams, {call.team_id, *call.employee_teams}),
        (wanted.numbers, {call.business_number_id}),
        (wanted.queues, {call.queue}),
        (wanted.types, {call.type}),
        (wanted.statuses, {call.status}),
    )
    return all(not asked or bool(own & set(asked)) for asked, own in conditions)


def _shown(call: LiveCall, seen: Scope, joins: Collection[str]) -> LiveCall:
    """The row without what the viewer may not see (demands.md D74)."""
    hidden: dict[str, Any] = {}
    if Ability.SEE_NUMBERS in seen.hides:
        hidden["customer_number"] = masked(call.customer_number)
        hidden["customer_name"] = masked_dialled(call.customer_name)
    if Ability.SEE_NAMES in seen.hides:
        hidden |= {"customer_name": "", "contact_id": "", "contacts_more": 0}
    if call.supervise and call.connection not in joins:
        hidden["supervise"] = False
    return msgspec.structs.replace(call, **hidden) if hidden else call


def _people(board: Board, seen: Scope, wanted: BoardFilter, ids: set[str]) -> Iterator[Person]:
    """People inside the scope, by the rule of what filters offer, with the calls that the viewer sees."""
    for person in board.people:
        if not (seen.everything or person.user_id in seen.users or set(person.teams) & set(seen.teams)):
            continue
        if wanted.users and person.user_id not in wanted.users:
            continue
        if wanted.teams and not set(person.teams) & set(wanted.teams):
            continue
        yield msgspec.structs.replace(
            person,
            calls=tuple(i for i in person.calls if i in ids),
            ringing=tuple(i for i in person.ringing if i in ids),
        )
