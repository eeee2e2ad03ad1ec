"""Whose call it was (metrics.md, attribution rules), told as facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ringlake.fold import fold_call, fold_message
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Account, Connection, Directory, Number, Team, User, Workspace
from ringlake.model.facts import Agent, AnsweredBy, CallFact, Direction, FactKind, MessageFact, MessageStatus, Ref
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from tests.unit.fold.telling import AT, A, E, R, fact

SUBJECT = Subject(workspace="acme", kind=SubjectKind.CALL, connection="pbx", id="c-1")
TEXT = Subject(workspace="acme", kind=SubjectKind.MESSAGE, connection="pbx", id="m-1")
MAIN, SALES, CUSTOMER = "+48221230000", "+48221230001", "+48600100200"
DIRECTORY = Directory(
    workspace=Workspace(id="acme", name="Acme", country="PL"),
    connections=(Connection(id="pbx", workspace="acme", provider="generic"),),
    users=(
        User(id="u-anna", email="anna@x", name="Anna", teams=("t2",), accounts=(Account(connection="pbx", id="7"),)),
        User(
            id="u-boris", email="b@x", name="Boris", teams=("t1", "t2"),
            accounts=(Account(connection="pbx", id="boris"),),
        ),
        User(
            id="u-gone", email="g@x", name="Gone", deleted_at=datetime(2026, 1, 1, tzinfo=UTC),
            accounts=(Account(connection="pbx", id="gone"), Account(connection="other", id="7")),
        ),
    ),
    teams=(Team(id="t1", name="Sales"), Team(id="t2", name="Service")),
    numbers=(
        Number(id="n-main", e164=MAIN, name="Main", provider_ids=("PN-main",), source="web"),
        Number(id="n-sales", e164=SALES, name="Sales line", team="t1", provider_ids=("PN-sales",)),
    ),
    party_key_secret=b"key",
)  # fmt: skip


def call(*facts: CallFact, directory: Directory = DIRECTORY, **opening: Any) -> CallRecord:
    ends: dict[str, Any] = {"direction": Direction.INBOUND, "from_number": CUSTOMER, "to_number": MAIN}
    first = CallFact(kind=FactKind.INFO, call_id="c-1", at=AT, received_at=AT, **ends | opening)
    return fold_call(SUBJECT, "generic", [first, *facts], directory)


def text(**attributes: Any) -> MessageRecord:
    common: dict[str, Any] = {
        "message_id": "m-1", "received_at": AT, "status": MessageStatus.RECEIVED, "direction": Direction.INBOUND,
        "from_number": CUSTOMER, "to_numbers": (MAIN,),
    }  # fmt: skip
    return fold_message(TEXT, "generic", [MessageFact(**common | attributes)], DIRECTORY)


def test_a_user_is_found_by_id_or_by_account_on_the_same_connection_only() -> None:
    assert call(fact(A, 0, "7"), fact(E, 9)).user.user_id == "u-anna"
    by_account = call(fact(A, 0), fact(E, 9))
    assert by_account.user.user_id == ""
    named = msgspec.structs.replace(fact(A, 0), agent=Agent(id="unknown", account="7", name="A. Nowak"))
    found = call(named, fact(E, 9)).user
    assert (found.user_id, found.account, found.name) == ("u-anna", "unknown", "Anna")


def test_a_deleted_user_keeps_their_calls() -> None:
    assert call(fact(A, 0, "gone"), fact(E, 9)).user.user_id == "u-gone"


def test_an_agent_known_by_name_only_is_shown_and_unmapped() -> None:
    named = msgspec.structs.replace(fact(A, 0), agent=Agent(name="Temp Worker"))
    record = call(named, fact(E, 9))
    assert (record.user.name, record.user.account, record.unattributed) == ("Temp Worker", "Temp Worker", "unmapped")


@pytest.mark.parametrize(
    ("facts", "opening", "expected"),
    [
        ([fact(R, 0, "7"), fact(E, 9)], {}, ("u-anna", "")),
        ([fact(R, 0, "ext-9"), fact(E, 9)], {}, ("", "unmapped")),
        ([fact(R, 0, "7"), fact(R, 1, "boris"), fact(E, 9)], {}, ("", "group_call")),
        ([fact(R, 0, "7"), fact(E, 9)], {"team": Ref(id="t1")}, ("", "group_call")),
        ([fact(R, 0, "7"), fact(E, 9)], {"queue": Ref(id="q")}, ("", "group_call")),
        ([fact(R, 0, "7"), fact(E, 9)], {"to_number": SALES}, ("", "group_call")),
        ([fact(R, 0), fact(E, 9)], {"to_number": SALES}, ("", "group_call")),
        ([fact(R, 0), fact(E, 9)], {}, ("", "nobody")),
        ([fact(E, 9)], {"to_number": SALES}, ("", "nobody")),
        ([fact(A, 0, answered_by=AnsweredBy.IVR), fact(E, 9)], {}, ("", "system")),
        ([fact(FactKind.STEP, 0), fact(E, 9)], {"to_number": SALES}, ("", "system")),
        ([fact(FactKind.INFO, 0, "7"), fact(E, 9)], {}, ("u-anna", "")),
    ],
)
def test_an_unanswered_inbound_call_is_the_one_persons_who_was_called(
    facts: list[CallFact], opening: dict[str, Any], expected: tuple[str, str]
) -> None:
    record = call(*facts, **opening)
    assert (record.user.user_id, record.unattributed) == expected


def test_an_answered_call_belongs_to_the_last_who_talked_whatever_the_group() -> None:
    record = call(fact(R, 0, "7", "l1"), fact(A, 1, "7", "l1"), fact(A, 5, "boris", "l2"), fact(E, 9), to_number=SALES)
    assert (record.user.user_id, record.unattributed) == ("u-boris", "")


def test_an_answer_by_nobody_in_particular_takes_the_agent_of_the_end_or_of_the_ring() -> None:
    assert call(fact(R, 0, "7"), fact(A, 1), fact(E, 9, "boris")).user.user_id == "u-boris"
    assert call(fact(A, 1), fact(E, 8, "7"), fact(E, 9, "boris")).user.user_id == "u-boris"
    assert call(fact(FactKind.QUEUED, 0, "7"), fact(A, 1), fact(E, 9)).user.user_id == "u-anna"
    assert call(fact(A, 1), fact(E, 9)).unattributed == "nobody"


def test_an_outbound_call_belongs_to_who_dialled() -> None:
    ends: dict[str, Any] = {"direction": Direction.OUTBOUND, "from_number": MAIN, "to_number": CUSTOMER}
    assert call(fact(FactKind.STARTED, 0, "7"), fact(E, 9, "boris"), **ends).user.user_id == "u-anna"
    assert call(fact(E, 9), **ends).unattributed == "nobody"


@pytest.mark.parametrize(
    ("facts", "opening", "expected"),
    [
        ([fact(A, 0, "7")], {"team": Ref(id="t1", name="other name")}, ("t1", "Sales")),
        ([fact(A, 0, "7")], {"team": Ref(name="Sales")}, ("t1", "Sales")),
        ([fact(A, 0, "7")], {"team": Ref(id="x9", name="Partners")}, ("x9", "Partners")),
        ([fact(A, 0, "7")], {"to_number": SALES}, ("t1", "Sales")),
        ([fact(A, 0, "7")], {}, ("t2", "Service")),
        ([fact(A, 0, "boris")], {}, ("", "")),
        ([fact(A, 0, "ext-9")], {}, ("", "")),
        ([fact(A, 0, "7"), fact(A, 5, "7", team=Ref(id="t2"))], {"team": Ref(id="t1")}, ("t2", "Service")),
    ],
)
def test_the_team_is_the_providers_else_the_numbers_else_the_persons_only_one(
    facts: list[CallFact], opening: dict[str, Any], expected: tuple[str, str]
) -> None:
    record = call(*facts, fact(E, 9), **opening)
    assert (record.team_id, record.team_name) == expected


def test_a_number_whose_team_is_gone_keeps_its_id() -> None:
    directory = msgspec.structs.replace(DIRECTORY, teams=())
    record = call(fact(A, 0, "7"), fact(E, 9), directory=directory, to_number=SALES)
    assert (record.team_id, record.team_name) == ("t1", "")


def test_the_number_of_the_call_can_be_known_by_the_providers_id_alone() -> None:
    record = call(fact(E, 9), to_number="", number=Ref(id="PN-sales"))
    assert (record.business_number, record.business_number_id, record.team_id) == (SALES, "n-sales", "t1")
    assert record.entry_number == SALES


def test_the_first_number_that_is_named_decides() -> None:
    record = call(fact(R, 1, number=Ref(id="PN-sales")), fact(E, 9), to_number="", number=Ref(id="PN-main"))
    assert record.business_number == MAIN


def test_the_source_is_the_providers_else_the_numbers() -> None:
    assert call(fact(E, 9)).source.name == "web"
    assert call(fact(E, 9), to_number=SALES).source.name == ""


@pytest.mark.parametrize(
    ("caller", "callee", "stated", "expected"),
    [
        (CUSTOMER, MAIN, None, Direction.INBOUND),
        (MAIN, CUSTOMER, None, Direction.OUTBOUND),
        (MAIN, SALES, None, Direction.INTERNAL),
        (CUSTOMER, "+48600900900", None, None),
        (MAIN, SALES, Direction.INBOUND, Direction.INTERNAL),
        (MAIN, SALES, Direction.OUTBOUND, Direction.INTERNAL),
        (MAIN, CUSTOMER, Direction.INBOUND, Direction.INBOUND),
        ("101", "102", Direction.INTERNAL, Direction.INTERNAL),
    ],
)
def test_the_direction_is_stated_or_follows_from_our_numbers(
    caller: str, callee: str, stated: Direction | None, expected: Direction | None
) -> None:
    record = call(fact(E, 9), direction=stated, from_number=caller, to_number=callee)
    assert record.direction is expected
    assert record.flags == (("direction_unknown",) if expected is None else ())


def test_the_first_direction_that_is_stated_counts() -> None:
    assert call(fact(E, 9, direction=Direction.OUTBOUND)).direction is Direction.INBOUND


def test_a_call_is_internal_only_when_nobody_else_is_on_the_far_end() -> None:
    assert call(fact(E, 9, remote_number=SALES), remote_number=CUSTOMER).direction is Direction.INBOUND
    assert call(fact(E, 9, remote_number=SALES), remote_number=SALES).direction is Direction.INTERNAL


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ({"from_number": ""}, "anonymous"),
        ({"from_number": "Restricted"}, "anonymous"),
        ({"from_number": "", "to_number": ""}, ""),
        ({"direction": Direction.OUTBOUND, "from_number": MAIN, "to_number": ""}, ""),
        ({"direction": Direction.OUTBOUND, "from_number": MAIN, "to_number": "unknown"}, "anonymous"),
    ],
)
def test_who_showed_no_number_is_anonymous_and_who_was_not_told_is_unknown(
    opening: dict[str, Any], expected: str
) -> None:
    record = call(fact(E, 9), **opening)
    assert (record.remote_number, record.party_key) == (expected, "")


def test_a_real_number_stands_above_a_placeholder() -> None:
    assert call(fact(E, 9, from_number=CUSTOMER), from_number="anonymous").remote_number == CUSTOMER


def test_national_spellings_are_read_in_the_country_of_our_number() -> None:
    british = Number(id="n-uk", e164="+442071838750", country="GB", provider_ids=("PN-uk",))
    directory = msgspec.structs.replace(DIRECTORY, numbers=(*DIRECTORY.numbers, british))
    told = call(fact(E, 9), directory=directory, from_number="020 7946 0958", to_number="", number=Ref(id="PN-uk"))
    assert told.remote_number == "+442079460958"
    connection = Connection(id="pbx", workspace="acme", provider="generic", country="GB")
    by_connection = msgspec.structs.replace(DIRECTORY, connections=(connection,))
    assert call(fact(E, 9), directory=by_connection, from_number="020 7946 0958").remote_number == "+442079460958"


def test_a_received_text_belongs_to_its_assignee() -> None:
    assert (text().user.user_id, text().unattributed) == ("", "nobody")
    assert text(agent=Agent(id="7")).user.user_id == "u-anna"
    assert text(agent=Agent(id="ext-9")).unattributed == "unmapped"


def test_the_team_of_a_text_is_the_providers_else_the_numbers() -> None:
    assert text(to_numbers=(SALES,)).team_id == "t1"
    assert text(to_numbers=(SALES,), team=Ref(name="Service")).team_id == "t2"
    assert text(team=Ref(id="x9", name="Partners")).team_name == "Partners"
    assert text().team_id == ""


def test_the_ends_of_a_text() -> None:
    inbound = text(to_numbers=("+48600900900", MAIN, SALES))
    assert inbound.business_number == MAIN
    assert inbound.remote_numbers == (CUSTOMER, "+48600900900")
    assert inbound.remote_number == ""
    outbound = text(direction=Direction.OUTBOUND, from_number=MAIN, to_numbers=(CUSTOMER,))
    assert (outbound.business_number, outbound.business_number_id) == (MAIN, "n-main")
    assert (outbound.remote_number, outbound.remote_country) == (CUSTOMER, "PL")
    assert text(to_numbers=("+48600900900",)).business_number == "+48600900900"
    assert text(to_numbers=(), number=Ref(id="PN-main")).business_number == MAIN
    assert text(from_number="").remote_number == "anonymous"
    assert text(business_number=SALES, to_numbers=(MAIN,)).business_number == SALES


def test_the_party_of_a_group_is_the_set_of_its_numbers() -> None:
    one = text(to_numbers=(MAIN, "+48600900900"))
    other = text(from_number="+48600900900", to_numbers=(CUSTOMER, MAIN))
    assert one.party_key == other.party_key != ""
    assert one.party_key != text().party_key


def test_a_text_without_any_clock_says_so_and_takes_ours() -> None:
    record = text()
    assert (record.started_at, record.flags) == (AT, ("no_provider_time",))
    later = AT.replace(hour=10)
    assert text(at=later).started_at == later
    assert text(at=later).flags == ()
    created = text(at=later, created_at=AT.replace(hour=8))
    assert (created.started_at, created.flags) == (AT.replace(hour=8), ())


def test_a_text_of_unknown_direction_says_so() -> None:
    assert text(direction=None, at=AT).flags == ("direction_unknown",)


def test_the_first_direction_and_number_of_a_text_count() -> None:
    told = [
        MessageFact(
            message_id="m-1", received_at=AT, at=AT.replace(minute=n), status=MessageStatus.SENT, direction=direction,
            number=Ref(id=number), to_numbers=(CUSTOMER,),
        )
        for n, (direction, number) in enumerate([(Direction.OUTBOUND, "PN-main"), (Direction.INBOUND, "PN-sales")])
    ]  # fmt: skip
    record = fold_message(TEXT, "generic", told, DIRECTORY)
    assert (record.direction, record.business_number) == (Direction.OUTBOUND, MAIN)


def test_the_latest_segments_media_and_time_of_sending_count() -> None:
    def told(n: int) -> MessageFact:
        return MessageFact(
            message_id="m-1", received_at=AT, at=AT.replace(minute=n), status=MessageStatus.PENDING,
            segments=n, media_count=n, scheduled_for=AT.replace(hour=n), conversation=f"c{n}",
            campaign=Ref(name=f"k{n}"),
        )  # fmt: skip

    record = fold_message(TEXT, "generic", [told(1), told(2)], DIRECTORY)
    assert (record.segments, record.media_count, record.scheduled_for) == (2, 2, AT.replace(hour=2))
    assert (record.conversation, record.campaign) == ("c1", "k1")


def test_an_error_belongs_to_a_text_that_was_not_delivered() -> None:
    failed = {"status": MessageStatus.UNDELIVERED, "error_code": "30007", "error_text": "filtered"}
    assert (text(**failed).error_code, text(**failed).error_text) == ("30007", "filtered")
    assert text(**failed | {"status": MessageStatus.DELIVERED}).error_code == ""
