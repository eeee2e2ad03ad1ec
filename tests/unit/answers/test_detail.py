"""One call or message: attempts, path, what became of it, what was said; only for who may see it."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ringlake.errors import Absent, Forbidden, NotFound, PlanTooLow
from ringlake.flows.answers.content import Recording, Transcript, WordsQuery, as_text
from ringlake.flows.answers.detail import Detail, DetailQuery
from ringlake.flows.archive import archive
from ringlake.model.calls import CallRecord, Leg, LegOutcome, Outcome, Party, TimelineStep
from ringlake.model.consequences import Case, Consequences, Recovery
from ringlake.model.directory import Ability, Connection
from ringlake.model.events import RawEvent
from ringlake.model.facts import CallFact, Direction, FactKind, Media, MessageFact, MessageStatus
from ringlake.model.marks import CaseState, Label, Marks
from ringlake.model.messages import MessageRecord
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.records import Loaded
from tests.unit.export.world import NOW, World

AT = NOW - timedelta(hours=1)
URL = "https://media.example.com/rec/1.mp3"
MINE: dict[str, Any] = {
    "user": Party(user_id="operator", name="Otto", account="a-otto"),
    "team_id": "t1",
    "business_number_id": "n1",
}


def subject(record_id: str, kind: SubjectKind = SubjectKind.CALL) -> Subject:
    connection, _, own = record_id.partition(":")
    return Subject(workspace="acme", kind=kind, connection=connection, id=own)


def put_call(world: World, record_id: str, means: Consequences | None = None, **fields: Any) -> None:
    about = subject(record_id)
    usual: dict[str, Any] = {"direction": Direction.INBOUND, "started_at": AT, "provider": "generic"}
    record = CallRecord(
        record_id=record_id, workspace="acme", connection=about.connection, provider_id=about.id, **{**usual, **fields}
    )
    world.records.put(about, record, Loaded(key=about.key))
    if means:
        (loaded,) = world.records.get_many([about.key])
        assert world.records.note(loaded, means)


def put_message(world: World, record_id: str, **fields: Any) -> None:
    about = subject(record_id, SubjectKind.MESSAGE)
    fact = MessageFact(message_id=about.id, received_at=AT, status=MessageStatus.RECEIVED)
    record = MessageRecord(
        record_id=record_id,
        workspace="acme",
        connection=about.connection,
        provider="generic",
        provider_id=about.id,
        started_at=AT,
        facts=(fact,),
        direction=Direction.INBOUND,
        **fields,
    )
    world.records.put(about, record, Loaded(key=about.key))


def event(about: Subject, number: int, provider: str = "generic", **data: Any) -> RawEvent:
    body = {"type": f"{about.kind.value}.x", **data}
    return RawEvent(
        subject=about,
        event_id=f"e{number}",
        event_type=body["type"],
        provider=provider,
        adapter=1,
        body=json.dumps(body).encode(),
        received_at=AT + timedelta(seconds=number),
    )


@pytest.fixture
def world() -> World:
    world = World()
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic"))
    legs = (
        Leg(
            leg_id="1",
            party=Party(user_id="other", name="Ola"),
            ringing_at=AT,
            ring_ms=4600,
            outcome=LegOutcome.NO_ANSWER,
        ),
        Leg(leg_id="2", party=MINE["user"], number="+48600700800", ringing_at=AT, answered_at=AT, talk_ms=61_400),
    )
    path = (
        TimelineStep(at=AT, kind="step", value="2"),
        TimelineStep(at=AT + timedelta(seconds=9.5), kind="transferred", value="+48600700800", party=MINE["user"]),
    )
    put_call(
        world,
        "c:1",
        outcome=Outcome.ANSWERED,
        answered_at=AT,
        talk_ms=61_400,
        remote_number="+48600100200",
        legs=legs,
        remote_name="Ms Lee",
        timeline=path,
        flags=("duration_differs",),
        recordings=(Media(id="r1", url=URL, seconds=61),),
        voicemail=Media(id="v1"),
        cost=Money(amount=Decimal("0.10"), currency="EUR"),
        **MINE,
    )
    case = Case(
        state=CaseState.ATTEMPTED,
        opened_at=AT,
        last_missed_at=AT,
        reason="rang_no_answer",
        misses=("c:miss", "c:miss2"),
        attempts=1,
        first_attempt_ms=90_499,
        due_at=NOW,
    )
    recovery = Recovery(
        state=CaseState.ATTEMPTED, attempt="c:back", attempted_at=AT, recovery_ms=90_500, user_id="other"
    )
    means = Consequences(
        labels=(Label.REPEAT,), contact_no=2, contact_name="Ms Lee", contacts_more=1, recovery=recovery, case=case
    )
    put_call(world, "c:miss", means, outcome=Outcome.NO_ANSWER, **MINE)
    put_call(world, "c:miss2", outcome=Outcome.NO_ANSWER, **MINE)
    put_call(
        world, "c:back", direction=Direction.OUTBOUND, user=Party(user_id="other", name="Ola"), business_number_id="n2"
    )
    put_call(world, "c:group", unattributed="group_call", legs=(Leg(leg_id="1", party=Party(user_id="operator")),))
    put_message(
        world, "c:text", business_number_id="n1", remote_number="+48600100200", remote_numbers=("+48600100200",)
    )
    return world


def show(world: World, record_id: str = "c:1", user: str = "owner", **asked: Any) -> Detail:
    return world.answers.details.show(world.viewer(user), record_id, DetailQuery(**asked), world.now)


def test_a_call_is_shown_with_its_attempts_and_its_path(world: World) -> None:
    found = show(world)

    assert (found.row.record_id, found.row.status, found.row.talk_s, found.row.cost_amount) == (
        "c:1",
        "Completed",
        61,
        Decimal("0.1000"),
    )
    assert [(leg.user_name, leg.outcome, leg.ring_s, leg.talk_s) for leg in found.legs] == [
        ("Ola", "no_answer", 5, None),
        ("Otto", "", None, 61),
    ]
    assert [(step.label, step.value, step.offset_s) for step in found.path] == [
        ("Menu", "2", 0),
        ("Transferred", "+48600700800", 9.5),
    ]
    assert found.path[0].at_local.isoformat() == "2026-03-11T09:00:00+01:00"
    assert (found.row.flags, found.meta.as_of, found.message) == (["duration_differs"], NOW, None)
    assert [(one.id, one.kind, one.link) for one in found.recordings] == [
        ("1", "recording", "/v1/interactions/c:1/recordings/1"),
        ("voicemail", "voicemail", "/v1/interactions/c:1/recordings/voicemail"),
    ]


def test_what_became_of_a_miss_is_told_with_its_relatives(world: World) -> None:
    found = show(world, "c:miss")

    assert found.recovery is not None
    assert found.case is not None
    assert (found.recovery.recovery_s, found.case.first_attempt_s, found.case.misses) == (91, 90, ("c:miss", "c:miss2"))
    assert [(one.relation, one.record_id) for one in found.related] == [
        ("recovery_call", "c:back"),
        ("same_case", "c:miss2"),
    ]
    assert (found.row.labels, found.row.remote_name, found.contacts_more) == (["repeat"], "Ms Lee +1", 1)


def test_relatives_outside_the_scope_are_not_shown(world: World) -> None:
    assert [one.record_id for one in show(world, "c:miss", "operator").related] == ["c:miss2"]


def test_parts_and_twins_are_relatives(world: World) -> None:
    put_call(world, "c:part", part_of="1", **MINE)
    world.records.link(subject("c:1"), "part")
    put_call(world, "d:twin", Consequences(twin_of="c:1"), **MINE)

    assert [(one.relation, one.record_id) for one in show(world).related] == [("part", "c:part")]
    assert [(one.relation, one.record_id) for one in show(world, "c:part").related] == [("part_of", "c:1")]
    assert [(one.relation, one.record_id) for one in show(world, "d:twin").related] == [("twin", "c:1")]


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("operator", {"c:1", "c:miss", "c:miss2", "c:group"}),
        ("manager", {"c:1", "c:miss", "c:miss2"}),
        ("member", {"c:1", "c:miss", "c:miss2", "c:text"}),
        ("other", {"c:back"}),
    ],
)
def test_what_is_not_the_viewers_is_not_there(world: World, user: str, seen: set[str]) -> None:
    for record_id in ("c:1", "c:miss", "c:miss2", "c:back", "c:group", "c:text"):
        if record_id in seen:
            assert show(world, record_id, user).row.record_id == record_id
        else:
            with pytest.raises(NotFound):
                show(world, record_id, user)


@pytest.mark.parametrize("record_id", ["", "c", "c:", "c:none", "c#1:1", "rival:1"])
def test_no_such_record_is_not_found(world: World, record_id: str) -> None:
    with pytest.raises(NotFound):
        show(world, record_id)


def test_numbers_names_costs_and_content_need_their_rights(world: World) -> None:
    world.change("operator", without=(Ability.SEE_NUMBERS, Ability.SEE_NAMES, Ability.SEE_CONTENT))
    found = show(world, user="operator")

    assert "600100200" not in str(found)
    assert "600700800" not in str(found)
    assert (found.row.remote_number, found.row.remote_name, found.row.cost_amount) == ("+48•••••••00", "", None)
    assert (found.legs[1].number, [step.value for step in found.path]) == ("+48•••••••00", ["2", "+48•••••••00"])
    assert [one.link for one in found.recordings] == [None, None]
    assert found.row.recordings == 1


def test_a_message_is_shown_and_asked_for_by_channel(world: World) -> None:
    put_call(world, "c:text", **MINE)
    found = show(world, "c:text", channel="message")

    assert (found.row.channel, show(world, "c:text").row.channel) == ("message", "call")
    assert found.message is not None
    assert (found.message.remote_numbers, found.message.text_link) == (
        ("+48600100200",),
        "/v1/interactions/c:text/transcript?channel=message",
    )


def test_marks_stand_beside_with_their_version(world: World) -> None:
    said = Marks(
        record_id="c:1", success=True, note="Nice", legal_hold=True, updated_at=NOW, updated_by="manager", version=3
    )
    world.marks.put("acme", said, None)
    world.records.mark("acme", [subject("c:1").key])
    found = show(world)

    assert (found.marks.note, found.marks.version, found.row.success, found.row.legal_hold) == ("Nice", 3, True, True)


def test_an_id_of_any_letters_has_a_path(world: World) -> None:
    put_call(world, "c:a/b c", recordings=(Media(url=URL),), **MINE)
    link = show(world, "c:a/b c").recordings[0].link

    coded = base64.urlsafe_b64encode(b"c:a/b c").rstrip(b"=").decode()
    assert link == f"/v1/interactions/~{coded}/recordings/1"


# --- recordings


def listen(world: World, record_id: str = "c:1", number: str = "1", user: str = "owner") -> Recording:
    return world.answers.contents.recording(world.viewer(user), record_id, number, world.now)


def opened(world: World) -> list[tuple[str, str, str]]:
    return [(line.user_id, line.action, line.target) for line in world.directory.audit_lines("acme", "2026-03")]


def test_a_recordings_address_is_told_and_every_time_is_on_record(world: World) -> None:
    found = listen(world)
    listen(world, user="operator")

    assert (found.url, found.seconds, found.needs_login, found.expires_at, found.legal_hold) == (
        URL,
        61,
        False,
        None,
        False,
    )
    assert opened(world) == [("owner", "recording.open", "c:1"), ("operator", "recording.open", "c:1")]


def test_content_needs_its_right_and_the_call(world: World) -> None:
    world.change("operator", without=(Ability.SEE_CONTENT,))
    with pytest.raises(Forbidden):
        listen(world, user="operator")
    with pytest.raises(NotFound) as refused:
        listen(world, user="other")
    assert not isinstance(refused.value, Absent)
    assert opened(world) == []


ADDRESSES = [
    ("", "only when it is asked"),
    ("javascript:alert(1)", "no web address"),
    ("s3://bucket/key", "no web address"),
    ("https://user:secret@example.com/1", "no web address"),
    ("https://x.example/1?X-Amz-Date=20260311T080000Z&X-Amz-Expires=600", "ended at 2026-03-11 08:10 UTC"),
    ("https://x.example/1?Expires=1773219600&Signature=a", "ended at"),
]


@pytest.mark.parametrize(("url", "reason"), ADDRESSES)
def test_an_address_that_cannot_be_opened_is_absent_with_a_reason(world: World, url: str, reason: str) -> None:
    put_call(world, "c:2", recordings=(Media(id="r2", url=url),), **MINE)

    with pytest.raises(Absent, match=reason):
        listen(world, "c:2")
    assert opened(world) == []


def test_an_address_says_until_when_it_lives(world: World) -> None:
    put_call(
        world,
        "c:2",
        recordings=(Media(url="https://x.example/1?X-Amz-Date=20260311T085900Z&X-Amz-Expires=600"),),
        **MINE,
    )

    assert listen(world, "c:2").expires_at == NOW + timedelta(minutes=9)


def test_an_address_lives_as_long_as_its_provider_lets_it(world: World) -> None:
    for number, received in (("3", NOW - timedelta(minutes=9)), ("4", NOW - timedelta(minutes=10))):
        fact = CallFact(kind=FactKind.RECORDING, call_id=number, received_at=received, media=Media(url=URL))
        put_call(world, f"c:{number}", provider="telnyx", recordings=(Media(url=URL),), facts=(fact,), **MINE)

    assert listen(world, "c:3").expires_at == NOW + timedelta(minutes=1)
    with pytest.raises(Absent, match="ended at"):
        listen(world, "c:4")


def test_a_providers_own_sign_in_is_announced(world: World) -> None:
    page = "https://assets.aircall.io/calls/5/recording"
    put_call(world, "c:5", provider="aircall", recordings=(Media(url=page),), **MINE)

    assert listen(world, "c:5").needs_login is True


@pytest.mark.parametrize("number", ["0", "2", "01", "-1", "voicemails", ""])
def test_a_recording_that_the_call_does_not_have_is_absent(world: World, number: str) -> None:
    with pytest.raises(Absent):
        listen(world, number=number)


# --- texts


def read(world: World, record_id: str, user: str = "owner", **asked: Any) -> Transcript:
    return world.answers.contents.words(world.viewer(user), record_id, WordsQuery(**asked), world.now)


def told(world: World, *events: RawEvent) -> None:
    for one in events:
        world.journal.put(one)


def heard(received: Any = AT) -> tuple[CallFact, ...]:
    return (CallFact(kind=FactKind.TRANSCRIPT, call_id="6", received_at=received),)


def test_a_transcript_is_read_from_the_raw_event_and_is_on_record(world: World) -> None:
    put_call(world, "c:6", transcript=True, facts=heard(), **MINE)
    said: dict[str, Any] = {
        "type": "call.transcript",
        "data": {"call": {"id": "6", "transcript": {"text": "Hello"}, "summary": "Short"}},
    }
    told(world, event(subject("c:6"), 1, **said))
    found = read(world, "c:6", "operator")

    assert ([one.text for one in found.lines], found.summary, found.url) == (["Hello"], ("Short",), "")
    assert as_text(found) == "Hello\n\nSummary\nShort\n"
    assert opened(world) == [("operator", "transcript.open", "c:6")]


def test_lines_name_who_spoke_and_when(world: World) -> None:
    world.directory.put_connection(Connection(id="o", workspace="acme", provider="openphone"))
    put_call(world, "o:7", provider="openphone", transcript=True, facts=heard(), **MINE)
    dialogue = [
        {"userId": "a-otto", "identifier": None, "content": "Sales, Otto.", "start": 0.34, "end": 2},
        {"userId": None, "identifier": "+48600100200", "content": "A quote, please.", "start": 62, "end": 64},
    ]
    resource = {"callId": "7", "processingStatus": "completed", "dialogue": dialogue}
    told(world, event(subject("o:7"), 1, "openphone", type="call.transcript.completed", data={"resource": resource}))
    found = read(world, "o:7")

    assert [(one.name, one.speaker, one.at_s) for one in found.lines] == [
        ("Otto", "agent", 0.34),
        ("", "customer", 62.0),
    ]
    assert as_text(found) == "[00:00] Otto: Sales, Otto.\n[01:02] Customer: A quote, please.\n"


def test_a_text_that_left_the_journal_is_read_from_the_archive(world: World) -> None:
    put_call(world, "c:6", transcript=True, facts=heard(), **MINE)
    said: dict[str, Any] = {"type": "call.transcript", "data": {"call": {"id": "6", "transcript": {"text": "Hello"}}}}
    one = event(subject("c:6"), 1, **said)
    told(world, one, event(subject("c:1"), 2, **said))
    archive([(one.subject.key, one.event_id), (subject("c:1").key, "e2")], journal=world.journal, raw=world.raw)
    world.journal.items.clear()

    assert [line.text for line in read(world, "c:6").lines] == ["Hello"]


def test_the_words_of_parts_belong_to_their_call(world: World) -> None:
    put_call(world, "c:6", transcript=True, facts=heard(), **MINE)
    world.records.link(subject("c:6"), "6b")
    said: dict[str, Any] = {"type": "call.transcript", "data": {"call": {"id": "6b", "transcript": "Hello"}}}
    told(world, event(subject("c:6b"), 1, **said))

    assert [line.text for line in read(world, "c:6").lines] == ["Hello"]


def test_pieces_that_came_along_with_the_call_are_put_together(world: World) -> None:
    world.directory.put_connection(Connection(id="t", workspace="acme", provider="telnyx"))
    put_call(world, "t:8", provider="telnyx", transcript=True, facts=heard(), **MINE)
    for number, (text, final) in enumerate([("Good", True), ("mor", False), ("morning", True)]):
        piece = {
            "event_type": "call.transcription",
            "payload": {"transcription_data": {"transcript": text, "is_final": final}},
        }
        told(world, event(subject("t:8"), number, "telnyx", data=piece))

    assert [line.text for line in read(world, "t:8").lines] == ["Good", "morning"]


def test_the_text_of_a_message_is_content_too(world: World) -> None:
    about = subject("c:text", SubjectKind.MESSAGE)
    told(world, event(about, 1, type="message.received", data={"message": {"id": "text", "text": "Hi there"}}))
    found = read(world, "c:text", channel="message")

    assert (found.channel, [line.text for line in found.lines]) == ("message", ["Hi there"])
    world.change("member", without=(Ability.SEE_CONTENT,))
    with pytest.raises(Forbidden):
        read(world, "c:text", "member")


def test_a_text_that_is_kept_by_the_provider_has_an_address(world: World) -> None:
    put_call(world, "c:6", transcript=True, facts=heard(), **MINE)
    said: dict[str, Any] = {
        "type": "call.transcript",
        "data": {"call": {"id": "6", "transcript": {"url": "https://t.example.com/6"}}},
    }
    told(world, event(subject("c:6"), 1, **said))

    assert read(world, "c:6").url == "https://t.example.com/6"


def test_no_text_is_absent_with_a_reason(world: World) -> None:
    put_call(world, "c:6", transcript=True, facts=heard(), **MINE)

    with pytest.raises(Absent, match="no transcript of this call"):
        read(world, "c:1")
    with pytest.raises(Absent, match="no longer kept"):
        read(world, "c:6")
    with pytest.raises(NotFound):
        read(world, "c:6", "other")
    assert opened(world) == []


def test_a_plan_without_analytics_shows_nothing(world: World) -> None:
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), plan="starter"))

    for use in (lambda: show(world), lambda: listen(world), lambda: read(world, "c:1")):
        with pytest.raises(PlanTooLow):
            use()
