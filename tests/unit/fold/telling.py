"""Calls told as facts, second by second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ringlake.fold import fold_call
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Account, Directory, Number, User, Workspace
from ringlake.model.facts import Agent, CallFact, Direction, FactKind
from ringlake.model.subjects import Subject, SubjectKind

SUBJECT = Subject(workspace="acme", kind=SubjectKind.CALL, connection="pbx", id="c-1")
AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
DIRECTORY = Directory(
    workspace=Workspace(id="acme", name="Acme", country="PL"),
    users=tuple(
        User(id=f"u-{n}", email=f"{n}@acme.example", name=n.title(), accounts=(Account(connection="pbx", id=n),))
        for n in ("anna", "boris", "celia")
    ),
    numbers=(Number(id="n1", e164="+48221230000"), Number(id="n2", e164="+48221230007", name="Anna")),
)
R, A, L, E, T = FactKind.RINGING, FactKind.ANSWERED, FactKind.LEG_ENDED, FactKind.ENDED, FactKind.TRANSFERRED


def fact(kind: FactKind, second: float | None, agent: str = "", leg: str = "", **more: Any) -> CallFact:
    return CallFact(
        kind=kind,
        call_id=more.pop("call_id", "c-1"),
        at=None if second is None else AT + timedelta(seconds=second),
        received_at=AT + timedelta(seconds=more.pop("received", second or 0)),
        leg_id=leg,
        agent=Agent(id=agent) if agent else None,
        **more,
    )


def fold(*facts: CallFact, direction: Direction = Direction.INBOUND) -> CallRecord:
    ends = {"from_number": "+48600100200", "to_number": "+48221230000"}
    if direction is Direction.OUTBOUND:
        ends = {"from_number": "+48221230000", "to_number": "+48600100200"}
    opening = CallFact(
        kind=FactKind.INFO,
        call_id="c-1",
        at=AT,
        received_at=AT,
        direction=direction,
        **ends,  # type: ignore[arg-type]
    )
    return fold_call(SUBJECT, "generic", [opening, *facts], DIRECTORY)
