"""Nobody sees a row or a column that was not granted: lists, counts, files, answers and errors.

For random directories, people and records. What may be seen is worked out here once more, in plain
words from features.md O3, O4, W9-W17 and demands.md D74, and not with the product's own scope.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.access import Principal, Scope, scope
from ringlake.access.scope import shows
from ringlake.errors import Forbidden, NotFound
from ringlake.metrics.rows import call_row, leg_rows
from ringlake.model.calls import CallRecord, Leg, LegOutcome, Outcome, Party
from ringlake.model.contacts import Contact
from ringlake.model.directory import Ability, Role, User, Workspace
from ringlake.model.facts import Direction
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import CALLS, LEGS, MESSAGES
from ringlake.query.filters import Filter, parse
from ringlake.query.resolve import resolve
from ringlake.query.rows import Related, rung_by, select
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects
from tests.unit.export.files import body
from tests.unit.export.world import FILTER, World

WORKSPACE = Workspace(id="acme", name="Acme", zone="Europe/Warsaw", country="PL")
DAY = "2026-03-09"
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
PEOPLE, TEAMS, NUMBERS = ("u1", "u2", "u3"), ("t1", "t2", "t3"), ("n1", "n2", "n3")


class Drawn(NamedTuple):
    viewer: User
    records: tuple[CallRecord, ...]


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2).map(tuple)


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    viewer = User(
        id="u1",
        email="u1@example.com",
        name="Una",
        role=draw(st.sampled_from(Role)),
        abilities=tuple(draw(st.sets(st.sampled_from(Ability), max_size=3))),
        without=tuple(draw(st.sets(st.sampled_from(Ability), max_size=2))),
        teams=draw(some(TEAMS)),
        manages=draw(some(TEAMS)),
        numbers=draw(some(NUMBERS)),
    )
    return Drawn(viewer, tuple(draw(_call(n)) for n in range(draw(st.integers(1, 6)))))


def _call(n: int) -> st.SearchStrategy[CallRecord]:
    nobody: st.SearchStrategy[str] = st.just("")
    return st.builds(
        _record,
        n=st.just(n),
        user=nobody | st.sampled_from(PEOPLE),
        team=nobody | st.sampled_from(TEAMS),
        number=nobody | st.sampled_from(NUMBERS),
        rang=some(PEOPLE),
    )


def _record(*, n: int, user: str, team: str, number: str, rang: tuple[str, ...]) -> CallRecord:
    at = NOON + timedelta(minutes=n)
    return CallRecord(
        record_id=f"line:call-{n}",
        workspace="acme",
        connection="line",
        provider="generic",
        provider_id=f"call-{n}",
        direction=Direction.INBOUND,
        outcome=Outcome.ANSWERED if user else Outcome.NO_ANSWER,
        started_at=at,
        ended_at=at + timedelta(seconds=30),
        business_number="+48221230001",
        business_number_id=number,
        remote_number=f"+4878978{n:04d}",
        remote_name=f"Customer {n}",
        significant=f"Firm {n}",
        user=Party(user_id=user, name=user),
        unattributed="" if user else "group_call" if rang else "nobody",
        team_id=team,
        cost=Money(amount=Decimal(f"1{n}.25"), currency="EUR"),
        legs=tuple(
            Leg(leg_id=f"l{i}", party=Party(user_id=p), ringing_at=at, outcome=LegOutcome.NO_ANSWER)
            for i, p in enumerate(rang)
        ),
    )


# What only those see who see everything.
_NOBODYS: dict[str, Any] = {"user": Party(), "team_id": "", "business_number_id": "", "unattributed": "nobody"}

# --- the rule once more


def may(viewer: User, ability: Ability) -> bool:
    if viewer.role is Role.OWNER:
        return True
    if ability in viewer.without:
        return False
    by_role = {
        Role.ADMIN: set(Ability),
        Role.MANAGER: {Ability.VIEW_ALL_CALLS, Ability.SEE_NAMES, Ability.SEE_NUMBERS, Ability.EXPORT},
    }.get(viewer.role, {Ability.SEE_NAMES, Ability.SEE_NUMBERS, Ability.EXPORT})
    return ability in viewer.abilities or ability in by_role


def may_see(viewer: User, record: CallRecord) -> bool:
    """One row, in words: O3 owners and admins everything; O4 members their numbers; W9 operators their own
    calls and the group calls that rang them; W13 `view_all_calls` the whole team, or everything where there
    is no team; W17 `scope_workspace` with it everything.
    """
    if viewer.role in (Role.OWNER, Role.ADMIN):
        return True
    all_calls = may(viewer, Ability.VIEW_ALL_CALLS)
    if all_calls and may(viewer, Ability.SCOPE_WORKSPACE):
        return True
    on_my_number = record.business_number_id in viewer.numbers and record.business_number_id != ""
    if viewer.role is Role.MEMBER and not all_calls:
        return on_my_number
    mine = record.user.user_id == viewer.id
    rang_me = record.unattributed == "group_call" and any(leg.party.user_id == viewer.id for leg in record.legs)
    if not all_calls:
        return mine or rang_me
    teams = viewer.manages if viewer.role is Role.MANAGER else viewer.teams
    if not teams and viewer.role is not Role.MEMBER:
        return True
    return mine or rang_me or on_my_number or (record.team_id in teams and record.team_id != "")


def allowed(case: Drawn) -> set[str]:
    return {r.record_id for r in case.records if may_see(case.viewer, r)}


def lake_of(records: tuple[CallRecord, ...]) -> ObjectLake:
    lake = ObjectLake(MemoryObjects())
    legs = [row for r in records for row in leg_rows(r)]
    lake.write(CALLS, "acme", DAY, as_rows(CALLS, [call_row(r, WORKSPACE) for r in records]), None)
    lake.write(LEGS, "acme", DAY, as_rows(LEGS, legs), None)
    lake.write(MESSAGES, "acme", DAY, as_rows(MESSAGES, []), None)
    # The same calls of somebody else: nothing of theirs may come along.
    lake.write(CALLS, "rival", DAY, as_rows(CALLS, [call_row(r, WORKSPACE) for r in records]), None)
    return lake


@given(drawn())
def test_rows_and_records_are_seen_by_exactly_those_who_may(case: Drawn) -> None:
    query = resolve(scope(case.viewer), parse(Filter, FILTER, "filter"), WORKSPACE, NOON)
    lake = lake_of(case.records)
    rung = rung_by(lake.read(LEGS, "acme", DAY, ["record_id", "row_kind", "user_id"]).rows, query.scope.rung)
    listed = select(CALLS, lake.read(CALLS, "acme", DAY, list(CALLS.names)).rows, query, Related(rung))

    assert set(listed["record_id"].to_pylist()) == allowed(case)
    assert {r.record_id for r in case.records if shows(scope(case.viewer), r)} == allowed(case)


@given(drawn())
def test_a_file_holds_these_rows_and_no_hidden_column(case: Drawn) -> None:
    if not may(case.viewer, Ability.EXPORT):
        with pytest.raises(Forbidden):
            exported(case)
        return
    shown = exported(case)
    by_id = {r.record_id: r for r in case.records}

    assert {row["record_id"] for row in shown} == allowed(case)
    for row in shown:
        record = by_id[row["record_id"]]
        assert (row["remote_name"] == record.remote_name) is may(case.viewer, Ability.SEE_NAMES)
        assert (row["remote_number"] == f"'{record.remote_number}") is may(case.viewer, Ability.SEE_NUMBERS)


def exported(case: Drawn) -> list[dict[str, str]]:
    world = World()
    world.directory.put_user("acme", case.viewer)
    world.lake = lake_of(case.records)
    data = body(world, case.viewer.id, filter={"from": DAY, "to": DAY})
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


@given(drawn())
def test_hidden_columns_are_hidden_in_every_list(case: Drawn) -> None:
    query = resolve(scope(case.viewer), parse(Filter, FILTER, "filter"), WORKSPACE, NOON)
    everything = msgspec.structs.replace(query, scope=Scope(everything=True, hides=query.scope.hides))
    rows = select(CALLS, lake_of(case.records).read(CALLS, "acme", DAY, list(CALLS.names)).rows, everything).to_pylist()

    assert len(rows) == len(case.records)
    for row, record in zip(sorted(rows, key=lambda r: r["record_id"]), case.records, strict=True):
        assert (row["cost_amount"] is not None) is may(case.viewer, Ability.SEE_COSTS)
        assert bool(row["cost_currency"]) is may(case.viewer, Ability.SEE_COSTS)
        assert (row["significant"] == record.significant) is may(case.viewer, Ability.SEE_NAMES)
        assert (row["remote_number"] == record.remote_number) is may(case.viewer, Ability.SEE_NUMBERS)


@given(drawn())
def test_a_call_outside_the_scope_is_not_there_for_any_question_about_it(case: Drawn) -> None:
    world = World()
    world.directory.put_user("acme", case.viewer)
    stranger = Principal(workspace="rival", user=case.viewer)
    viewer = Principal(workspace="acme", user=case.viewer)
    for record in case.records:
        subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection="line", id=record.provider_id)
        world.records.put(subject, record, world.records.load(subject))
    for record in case.records:
        for ask in (world.offices.marking.call, world.offices.marking.case):
            assert answers(ask, viewer, record.record_id) is may_see(case.viewer, record)
            assert not answers(ask, stranger, record.record_id)
    refusals = {said(viewer, world, i) for i in ("line:call-99", *(r.record_id for r in case.records))} - {""}
    # What is hidden and what does not exist are refused in the same words but for the id that was asked for.
    assert len({text.replace("line:call-", "").strip("0123456789") for text in refusals}) <= 1


@given(drawn())
def test_the_list_of_customers_is_for_those_who_see_all_calls(case: Drawn) -> None:
    world = World()
    world.contacts.replace("acme", Contact(id="c1", name="Customer 1", updated_at=NOON), None)
    viewer = Principal(workspace="acme", user=case.viewer)
    everything = all(may_see(case.viewer, msgspec.structs.replace(r, **_NOBODYS)) for r in case.records)
    for text in ("", "cust"):
        if everything:
            assert [shown.id for shown in world.offices.contacts.search(viewer, text=text)[0]] == ["c1"]
        else:
            with pytest.raises(Forbidden):
                world.offices.contacts.search(viewer, text=text)


def answers(ask: Any, viewer: Principal, record_id: str) -> bool:
    try:
        ask(viewer, record_id)
    except NotFound:
        return False
    return True


def said(viewer: Principal, world: World, record_id: str) -> str:
    try:
        world.offices.marking.call(viewer, record_id)
    except NotFound as error:
        return str(error)
    return ""


@pytest.mark.parametrize("remote", ["+48789780001", "7897", "anonymous"])
def test_who_may_not_see_numbers_cannot_find_them_out_by_asking(remote: str) -> None:
    blind = User(id="u1", email="u1@example.com", name="Una", role=Role.ADMIN, without=(Ability.SEE_NUMBERS,))
    with pytest.raises(Forbidden, match="see_numbers"):
        resolve(scope(blind), parse(Filter, {**FILTER, "remote": remote}, "filter"), WORKSPACE, NOON)
