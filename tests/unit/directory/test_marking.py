"""Marks of calls and cases: inside the scope, on record, and never lost to somebody else's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.errors import Forbidden, InvalidRequest, NotFound, Outdated, PlanTooLow, Unversioned
from ringlake.model.calls import CallRecord, Leg, Party
from ringlake.model.consequences import Case, Consequences
from ringlake.model.facts import Direction
from ringlake.model.marks import CaseState, Label, Marks
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.records import Loaded
from tests.unit.export.world import World

HOSTILE = "c1:a/b#c%2F +ż"


def subject(record_id: str, kind: SubjectKind = SubjectKind.CALL, workspace: str = "acme") -> Subject:
    connection, _, own = record_id.partition(":")
    return Subject(workspace=workspace, kind=kind, connection=connection, id=own)


@pytest.fixture
def world() -> World:
    world = World()
    calls: dict[str, dict[str, Any]] = {
        "c1:mine": {"user": Party(user_id="operator"), "team_id": "t1", "business_number_id": "n1"},
        "c1:other": {"user": Party(user_id="other"), "business_number_id": "n2"},
        "c1:group": {
            "unattributed": "group_call",
            "legs": (Leg(leg_id="1", party=Party(user_id="operator")),),
            "business_number_id": "n2",
        },
        HOSTILE: {"user": Party(user_id="operator")},
    }
    for record_id, fields in calls.items():
        about = subject(record_id)
        call = CallRecord(
            record_id=record_id,
            workspace="acme",
            connection="c1",
            provider="generic",
            provider_id=about.id,
            direction=Direction.INBOUND,
            started_at=world.now,
            **fields,
        )
        world.records.put(about, call, Loaded(key=about.key))
    about = subject("c1:text", SubjectKind.MESSAGE)
    text = MessageRecord(
        record_id="c1:text",
        workspace="acme",
        connection="c1",
        provider="generic",
        provider_id="text",
        started_at=world.now,
        business_number_id="n1",
    )
    world.records.put(about, text, Loaded(key=about.key))
    for loaded in world.records.get_many(list(world.records.rows)):
        world.records.clean(loaded, "2026-03-11")
    return world


def mark(
    world: World, record_id: str = "c1:mine", user: str = "operator", version: str | None = "*", **body: Any
) -> Any:
    return world.offices.marking.mark_call(world.viewer(user), record_id, body, version, world.now)


def test_marks_are_said_kept_and_brought_to_the_lake(world: World) -> None:
    before = world.offices.marking.call(world.viewer("operator"), "c1:mine")
    assert (before.etag, before.document.success, before.document.labels) == ("0", None, None)
    after = mark(world, version='"0"', success=True, labels=["target"], tags=["vip"], note="Line 1\nLine 2")

    assert (after.etag, after.document.success, after.document.labels) == ("1", True, ("target",))
    kept = world.marks.get("acme", ["c1:mine"])["c1:mine"]
    assert (kept.labels, kept.tags, kept.updated_by) == ((Label.TARGET,), ("vip",), "operator")
    assert world.records.dirty("acme", 10) == [subject("c1:mine").key]


def test_of_two_people_the_second_is_told(world: World) -> None:
    mark(world, version='"0"', success=True)
    with pytest.raises(Outdated):
        mark(world, user="owner", version='"0"', success=False)
    with pytest.raises(Unversioned):
        mark(world, user="owner", version=None, success=False)
    assert world.marks.get("acme", ["c1:mine"])["c1:mine"].success is True


def test_whoever_slips_in_between_is_not_overwritten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put = world.marks.put

    def late(workspace: str, marks: Marks, previous: Marks | None) -> None:
        put("acme", Marks(record_id="c1:mine", note="first", updated_at=world.now, updated_by="owner"), None)
        put(workspace, marks, previous)

    monkeypatch.setattr(world.marks, "put", late)
    with pytest.raises(Outdated):
        mark(world, success=True)
    assert world.marks.get("acme", ["c1:mine"])["c1:mine"].note == "first"


@pytest.mark.parametrize(
    ("user", "record_id", "sees"),
    [
        ("owner", "c1:mine", True), ("owner", "c1:group", True), ("manager", "c1:mine", True),
        ("manager", "c1:other", False), ("operator", "c1:mine", True), ("operator", "c1:other", False),
        ("operator", "c1:group", True), ("member", "c1:mine", True), ("member", "c1:group", False),
        ("other", "c1:mine", False), ("other", "c1:group", True), ("owner", "c1:nothing", False),
        ("owner", "c1:", False), ("owner", "nothing", False), ("owner", "c1#x:mine", False),
        ("owner", "c1:text", False),
    ],
)  # fmt: skip
def test_a_call_outside_the_scope_is_not_there(world: World, user: str, record_id: str, sees: bool) -> None:
    marking, viewer = world.offices.marking, world.viewer(user)
    if sees:
        assert marking.call(viewer, record_id).document.id == record_id
        return
    with pytest.raises(NotFound):
        marking.call(viewer, record_id)
    with pytest.raises(NotFound):
        marking.mark_call(viewer, record_id, {"success": True}, "*", world.now)
    if record_id != "c1:text":
        with pytest.raises(NotFound):
            marking.mark_case(viewer, record_id, {"state": "dismissed"}, "*", world.now)
    assert world.marks.kept == {}


def test_another_workspaces_call_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        world.offices.marking.call(world.viewer("owner", "rival"), "c1:mine")


def test_a_providers_id_may_hold_anything(world: World) -> None:
    assert mark(world, HOSTILE, note="x").document.id == HOSTILE


def test_a_legal_hold_needs_more_than_working_with_calls(world: World) -> None:
    with pytest.raises(Forbidden):
        mark(world, legal_hold=True)
    assert mark(world, user="owner", legal_hold=True).document.legal_hold
    with pytest.raises(Forbidden):
        mark(world, legal_hold=False)
    assert mark(world, legal_hold=True, note="kept").document.note == "kept"


def test_a_case_is_assigned_dismissed_closed_and_given_back(world: World) -> None:
    marking, operator = world.offices.marking, world.viewer("operator")
    assigned = marking.mark_case(operator, "c1:mine", {"state": "assigned", "assignee": "member"}, "0", world.now)
    assert (assigned.document.state, assigned.document.assignee) == (CaseState.ASSIGNED, "member")
    for state in ("reached", "dismissed", None):
        after = marking.mark_case(operator, "c1:mine", {"state": state, "note": "n"}, "*", world.now)
        assert after.document.state == state
    assert marking.mark_case(operator, "c1:mine", {"note": "n"}, "*", world.now).etag == after.etag


def test_a_state_counts_from_when_it_was_said_and_again_once_the_records_said_more(world: World) -> None:
    """A later note is no word about the state; dismissing what was tried since is one (docs/adr/0042)."""
    marking, operator, said_at = world.offices.marking, world.viewer("operator"), world.now

    def since() -> datetime | None:
        return world.marks.get("acme", ["c1:mine"])["c1:mine"].case_at

    marking.mark_case(operator, "c1:mine", {"state": "dismissed"}, "0", said_at)
    marking.mark_case(operator, "c1:mine", {"state": "dismissed", "note": "n"}, "*", said_at + timedelta(hours=1))
    assert since() == said_at

    (loaded,) = world.records.get_many([subject("c1:mine").key])
    case = Case(
        state=CaseState.ATTEMPTED, opened_at=said_at, last_missed_at=said_at, reason="technical", misses=("c1:mine",)
    )
    world.records.note(loaded, Consequences(case=case))
    marking.mark_case(operator, "c1:mine", {"state": "dismissed", "note": "n"}, "*", said_at + timedelta(hours=2))
    assert since() == said_at + timedelta(hours=2)
    marking.mark_case(operator, "c1:mine", {"state": None}, "*", said_at)
    assert since() is None


def test_a_case_of_a_text_is_marked_too(world: World) -> None:
    after = world.offices.marking.mark_case(world.viewer("member"), "c1:text", {"state": "reached"}, "*", world.now)
    assert after.document.state == "reached"
    assert world.records.dirty("acme", 10) == [subject("c1:text", SubjectKind.MESSAGE).key]


def test_a_case_shows_what_the_records_say_beside_what_people_set(world: World) -> None:
    (loaded,) = world.records.get_many([subject("c1:mine").key])
    case = Case(
        state=CaseState.ATTEMPTED,
        opened_at=world.now,
        last_missed_at=world.now,
        reason="rang_out",
        misses=("c1:mine",),
        attempts=2,
    )
    world.records.note(loaded, Consequences(case=case))
    shown = world.offices.marking.case(world.viewer("operator"), "c1:mine").document
    assert shown.case
    assert (shown.case.state, shown.case.attempts, shown.state) == ("attempted", 2, None)


@pytest.mark.parametrize("assignee", ["nobody", "gone"])
def test_a_case_goes_to_somebody_who_is_there(world: World, assignee: str) -> None:
    world.change("manager", deleted_at=world.now)
    wanted = {"state": "assigned", "assignee": "manager" if assignee == "gone" else assignee}
    with pytest.raises(InvalidRequest) as refused:
        world.offices.marking.mark_case(world.viewer("owner"), "c1:mine", wanted, "*", world.now)
    assert refused.value.field == "assignee"


def test_marks_of_call_and_case_do_not_overwrite_each_other(world: World) -> None:
    mark(world, note="of the call", tags=["vip"])
    world.offices.marking.mark_case(world.viewer("operator"), "c1:mine", {"state": "dismissed"}, "*", world.now)
    mark(world, note="again", tags=["vip"])
    kept = world.marks.get("acme", ["c1:mine"])["c1:mine"]
    assert (kept.note, kept.case_state, kept.version) == ("again", CaseState.DISMISSED, 3)


def test_the_lowest_plan_reads_nothing(world: World) -> None:
    settings = world.directory.settings("acme")
    world.directory.put_workspace(msgspec.structs.replace(settings, plan="starter"))
    with pytest.raises(PlanTooLow):
        world.offices.marking.call(world.viewer("owner"), "c1:mine")


def test_an_override_is_on_record_and_a_note_is_not(world: World) -> None:
    mark(world, success=False, labels=["spam"], note="+48601234567 is rude", tags=["Carla"])
    (said,) = world.directory.audit_lines("acme", "2026-03")
    assert (said.action, said.target, said.user_id) == ("call.mark", "c1:mine", "operator")
    assert (said.detail["success"], said.detail["labels"]) == (False, ["spam"])
    assert said.detail["fields"] == ["labels", "note", "success", "tags"]
    assert "601234567" not in repr(said)
    assert "Carla" not in repr(said)


def test_saying_the_same_again_changes_nothing_but_tells_the_roll_up(world: World) -> None:
    first = mark(world, success=True)
    for loaded in world.records.get_many([subject("c1:mine").key]):
        world.records.clean(loaded, "2026-03-11")
    assert mark(world, success=True).etag == first.etag
    assert len(world.directory.audit_lines("acme", "2026-03")) == 1
    assert world.records.dirty("acme", 10) == [subject("c1:mine").key]
