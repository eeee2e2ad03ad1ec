"""Whose call it was (metrics.md, attribution rules), told as facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.fold import fold_call, fold_message
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Account, CallSource, Connection, Directory, Lists, Number, Team, User, Workspace
from ringlake.model.facts import (
    Agent,
    AnsweredBy,
    CallFact,
    Direction,
    EndedAs,
    FactKind,
    MessageFact,
    MessageStatus,
    Ref,
    Source,
)
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


# --- the directory over time, extensions, sources, lists ----------------------

TURN = AT + timedelta(seconds=30)


def lent(since: datetime | None = None, until: datetime | None = None) -> Directory:
    """The desk phone, lent to Kim for some time and Boris's before and after."""
    kim = User(
        id="u-kim", email="k@x", name="Kim", accounts=(Account(connection="pbx", id="desk", since=since, until=until),)
    )
    return msgspec.structs.replace(DIRECTORY, users=(*DIRECTORY.users, kim))


@pytest.mark.parametrize(
    ("since", "until", "user"),
    [
        (None, None, "u-kim"),
        (AT, None, "u-kim"),
        (AT + timedelta(milliseconds=1), None, ""),
        (None, AT, ""),
        (None, AT + timedelta(milliseconds=1), "u-kim"),
    ],
)
def test_an_account_is_a_users_from_one_instant_to_another(
    since: datetime | None, until: datetime | None, user: str
) -> None:
    record = call(fact(A, 0, "desk"), fact(E, 9), directory=lent(since, until))
    assert record.user.user_id == user
    assert record.unattributed == ("" if user else "unmapped")


def test_every_leg_and_step_belongs_to_whoever_had_the_account_then() -> None:
    """The account goes from one to the other in the middle of a call."""
    boris = User(id="u-b", email="b@x", name="B", accounts=(Account(connection="pbx", id="desk", since=TURN),))
    both = lent(until=TURN)
    both = msgspec.structs.replace(both, users=(*both.users, boris))
    record = call(fact(A, 0, "desk", "l1"), fact(A, 40, "desk", "l2"), fact(E, 99), directory=both)
    assert [leg.party.user_id for leg in record.legs] == ["u-kim", "u-b"]
    assert [step.party.user_id for step in record.timeline if step.party] == ["u-kim", "u-b"]
    assert record.user.user_id == "u-b"


def test_a_fact_without_a_time_belongs_to_whoever_had_the_account_when_it_came() -> None:
    late = fact(A, None, "desk", received=60)
    assert call(late, fact(E, 99), directory=lent(until=TURN)).user.user_id == ""
    assert call(late, fact(E, 99), directory=lent(since=TURN)).user.user_id == "u-kim"


def test_a_suspended_user_keeps_what_happens_on_the_own_account() -> None:
    suspended = msgspec.structs.replace(DIRECTORY.users[0], suspended_at=datetime(2026, 1, 1, tzinfo=UTC))
    directory = msgspec.structs.replace(DIRECTORY, users=(suspended,))
    assert call(fact(A, 0, "7"), fact(E, 9), directory=directory).user.user_id == "u-anna"
    assert text(agent=Agent(id="7")).user.user_id == "u-anna"


@pytest.mark.parametrize("callee", ["boris", "sip:boris@pbx.example", "client:boris", "boris@pbx.example"])
def test_a_call_between_accounts_of_ours_is_internal_however_they_are_spelled(callee: str) -> None:
    for direction in (None, Direction.OUTBOUND, Direction.INBOUND):
        record = call(fact(E, 9), direction=direction, from_number="7", to_number=callee)
        assert record.direction is Direction.INTERNAL, direction


@pytest.mark.parametrize(
    ("caller", "callee", "expected"),
    [
        ("7", CUSTOMER, Direction.OUTBOUND),
        (CUSTOMER, "7", Direction.INBOUND),
        ("7", MAIN, Direction.INTERNAL),
        ("8", CUSTOMER, None),
        ("gone", CUSTOMER, Direction.OUTBOUND),
        ("anonymous", "7", Direction.INBOUND),
    ],
)
def test_an_extension_tells_the_direction_as_a_number_of_ours_does(
    caller: str, callee: str, expected: Direction | None
) -> None:
    assert call(fact(E, 9), direction=None, from_number=caller, to_number=callee).direction is expected


def test_an_account_of_another_connection_is_nobody_here() -> None:
    elsewhere = User(id="u-x", email="x@x", name="X", accounts=(Account(connection="other", id="900"),))
    directory = msgspec.structs.replace(DIRECTORY, users=(*DIRECTORY.users, elsewhere))
    record = call(fact(E, 9), direction=None, from_number="900", to_number=CUSTOMER, directory=directory)
    assert record.direction is None


def with_source(**of: Any) -> Directory:
    return msgspec.structs.replace(DIRECTORY, sources=(CallSource(id="web", name="Web", **of),))


def test_a_source_is_what_the_directory_says_of_the_dialled_number() -> None:
    known = with_source(medium="organic", campaign="autumn")
    assert call(fact(E, 9), directory=known).source == Source(name="Web", medium="organic", campaign="autumn")
    assert call(fact(E, 9)).source == Source(name="web")
    assert call(fact(E, 9), directory=known, to_number=SALES).source == Source()


def test_the_number_first_dialled_gives_the_source_and_the_providers_word_wins() -> None:
    known = with_source()
    moved = call(fact(E, 9, business_number=SALES), directory=known, business_number=MAIN)
    assert (moved.business_number, moved.entry_number, moved.source.name) == (SALES, MAIN, "Web")
    told = call(fact(E, 9, source=Source(name="Newsletter", medium="email")), directory=known)
    assert told.source == Source(name="Newsletter", medium="email")


def test_a_call_that_we_make_has_no_source() -> None:
    ends: dict[str, Any] = {"direction": Direction.OUTBOUND, "from_number": MAIN, "to_number": CUSTOMER}
    assert call(fact(E, 9), directory=with_source(), **ends).source == Source()


def test_the_providers_id_of_our_number_is_kept() -> None:
    assert call(fact(E, 9), number=Ref(id="PN-new")).business_number_ref == "PN-new"
    assert text(number=Ref(id="PN-new")).business_number_ref == "PN-new"
    assert call(fact(E, 9)).business_number_ref == ""


def listed(spam: tuple[str, ...] = (), withheld: tuple[str, ...] = ()) -> Directory:
    return msgspec.structs.replace(DIRECTORY, lists=Lists(spam=spam, withheld=withheld))


def test_spam_is_what_is_blocked_tagged_or_on_the_list() -> None:
    assert call(fact(E, 9), directory=listed(spam=(CUSTOMER,))).spam
    assert call(fact(E, 9, tags=("Spam",))).spam
    assert call(fact(E, 9, ended_as=EndedAs.BLOCKED)).spam
    assert not call(fact(E, 9, tags=("spammy",)), directory=listed(spam=("+48600100201",))).spam
    assert not call(fact(E, 9), from_number="anonymous", directory=listed(spam=("",))).spam
    assert text().spam is False
    directory = listed(spam=(CUSTOMER,))
    common = {"message_id": "m-1", "received_at": AT, "status": MessageStatus.RECEIVED, "from_number": CUSTOMER}
    stated = MessageFact(direction=Direction.INBOUND, to_numbers=(MAIN,), **common)  # type: ignore[arg-type]
    assert fold_message(TEXT, "generic", [stated], directory).spam


@pytest.mark.parametrize("raw", ["Prywatny", "+prywatny", " PRYWATNY ", "sip:prywatny@x"])
def test_a_workspace_may_list_further_words_for_a_withheld_number(raw: str) -> None:
    known = listed(withheld=("prywatny",))
    assert call(fact(E, 9), from_number=raw, directory=known).remote_number == "anonymous"
    assert call(fact(E, 9), from_number="Prywatna", directory=known).remote_number == "Prywatna"
