"""Rows of the live board: what a call and a person look like while they last (features.md R8-R17, R35-R37, W7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringlake.flows.live import Rows
from ringlake.model.board import CallStatus, CallType, LiveCall, Person
from ringlake.model.facts import PresenceStatus
from ringlake.stores.records import Loaded
from tests.unit.live.hall import AT, CUSTOMER, DIRECTORY, MAIN, SALES, Hall


@pytest.fixture
def hall() -> Hall:
    return Hall()


def row(hall: Hall, id: str = "pbx:c1") -> LiveCall:
    rows = Rows(hall.records, hall.contacts).whole("acme", DIRECTORY, hall.clock()).calls
    return next(call for call in rows if call.id == id)


def person(hall: Hall, name: str) -> Person | None:
    people = Rows(hall.records, hall.contacts).whole("acme", DIRECTORY, hall.clock()).people
    return next((one for one in people if one.user_id == f"u-{name}"), None)


def test_a_call_in_a_queue_waits_for_a_person(hall: Hall) -> None:
    hall.call("queued", queue={"name": "Help"}, scheme="Night plan")
    shown = row(hall)
    assert (shown.type, shown.status, shown.queue) == (CallType.INCOMING, CallStatus.WAITING, "Help")
    assert shown.scheme == "Night plan"
    assert shown.waiting_since == shown.started_at == AT
    assert shown.wait_s is None
    assert shown.answered_at is None
    assert (shown.customer_number, shown.business_number, shown.business_number_name) == (CUSTOMER, MAIN, "Main")


def test_a_call_in_a_menu_waits_but_not_for_a_person_yet(hall: Hall) -> None:
    hall.call("step", step={"value": "1"})
    assert row(hall).status is CallStatus.WAITING
    assert row(hall).in_menu
    assert row(hall).waiting_since is None
    hall.at = 12
    hall.call("ringing", agent="anna")
    shown = row(hall)
    assert not shown.in_menu
    assert shown.menu_s == 12
    assert shown.waiting_since == AT + timedelta(seconds=12)


def test_several_who_are_rung_are_listed_and_then_only_who_answered(hall: Hall) -> None:
    hall.call("ringing", agent="boris")
    hall.call("ringing", agent="anna")
    assert [(e.user_id, e.name) for e in row(hall).ringing] == [("u-anna", "Anna"), ("u-boris", "Boris")]
    assert row(hall).employees == ()
    hall.at = 8
    hall.call("answered", agent="anna")
    shown = row(hall)
    assert [e.name for e in shown.employees] == ["Anna"]
    assert shown.ringing == ()
    assert shown.reached == ("u-anna", "u-boris")
    assert (shown.status, shown.wait_s, shown.answered_at) == (CallStatus.TALKING, 8, AT + timedelta(seconds=8))
    assert shown.status_since == AT + timedelta(seconds=8)
    assert shown.employee_teams == ("t-sales",)


def test_after_a_transfer_the_first_employee_is_not_on_the_call(hall: Hall) -> None:
    """demands.md D22"""
    hall.call("ringing", agent="anna")
    hall.call("answered", agent="anna")
    hall.at = 60
    hall.call("transferred", agent="anna")
    hall.call("ringing", agent="boris")
    shown = row(hall)
    assert shown.employees == ()
    assert [e.name for e in shown.ringing] == ["Boris"]
    assert shown.status is CallStatus.TALKING
    hall.at = 65
    hall.call("answered", agent="boris")
    assert [e.name for e in row(hall).employees] == ["Boris"]


def test_a_call_on_hold_talks(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("answered", agent="anna")
    hall.call("held", agent="anna")
    assert row(hall).status is CallStatus.TALKING


def test_who_dials_is_on_the_call_and_it_waits_from_the_dial(hall: Hall) -> None:
    out = {"direction": "outbound", "from": MAIN, "to": CUSTOMER, "scheme": "Night plan"}
    hall.call("ringing", agent="anna", **out)
    shown = row(hall)
    assert (shown.type, shown.status) == (CallType.OUTGOING, CallStatus.WAITING)
    assert [e.name for e in shown.employees] == ["Anna"]
    assert shown.ringing == ()
    assert shown.waiting_since == AT
    assert shown.scheme == ""
    hall.at = 9
    hall.call("answered", agent="anna", **out)
    assert (row(hall).status, row(hall).wait_s) == (CallStatus.TALKING, 9)


def test_a_callback_is_one(hall: Hall) -> None:
    hall.call("ringing", agent="anna", kind="callback_customer", direction="outbound", **{"from": MAIN, "to": CUSTOMER})
    assert row(hall).type is CallType.CALLBACK


def test_an_account_that_is_nobodys_is_shown_by_its_name(hall: Hall) -> None:
    hall.call("ringing", agent="stranger")
    assert [(e.user_id, e.name) for e in row(hall).ringing] == [("", "stranger")]
    assert row(hall).reached == ()


def test_a_withheld_number_is_anonymous(hall: Hall) -> None:
    hall.call("ringing", agent="anna", **{"from": "anonymous"})
    assert row(hall).anonymous
    assert row(hall).customer_name == ""


def test_the_customers_name_is_that_of_the_contact_changed_last(hall: Hall) -> None:
    hall.contact("Old name", "k0", 1)
    hall.contact("Zoë Kwon", "k1", 0)
    hall.contact("Older name", "k2", 2)
    hall.call("ringing", agent="anna")
    shown = row(hall)
    assert (shown.customer_name, shown.contact_id, shown.contacts_more) == ("Zoë Kwon", "k1", 2)


def test_the_narrowest_target_counts(hall: Hall) -> None:
    hall.call("ringing", agent="boris")
    hall.call("ringing", id="c2", agent="boris", to=SALES)
    assert row(hall).target_s == DIRECTORY.workspace.service_threshold_s
    assert row(hall, "pbx:c2").target_s == 10


@pytest.mark.parametrize(("connection", "joined"), [("pbx", True), ("mute", False)])
def test_a_call_can_be_joined_while_somebody_talks_where_the_connection_allows(
    hall: Hall, connection: str, joined: bool
) -> None:
    hall.call("ringing", agent="anna", connection=connection)
    assert not row(hall, f"{connection}:c1").supervise
    hall.call("answered", agent="anna", connection=connection)
    assert row(hall, f"{connection}:c1").supervise is joined


def test_calls_that_ended_parts_of_calls_and_stale_ones_have_no_row(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris")
    hall.call("ringing", id="c3", agent="boris", kind="consultation", parent_id="c2")
    key = hall.call("ringing", id="c4", agent="anna")
    hall.call("completed")
    (loaded,) = hall.records.get_many([key])
    assert isinstance(loaded, Loaded)
    hall.records.note(loaded, type(loaded.consequences)(stale=True))
    shown = Rows(hall.records, hall.contacts).whole("acme", DIRECTORY, hall.clock()).calls
    assert [call.id for call in shown] == ["pbx:c2"]


# --- people


def test_the_highest_status_of_all_accounts_counts(hall: Hall) -> None:
    hall.status("anna", "online")
    hall.at = 60
    hall.status("anna-desk", "dnd")
    found = person(hall, "anna")
    assert found is not None
    assert (found.status, found.since) == (PresenceStatus.ONLINE, AT)
    hall.at = 120
    hall.status("anna", "offline")
    found = person(hall, "anna")
    assert found is not None
    assert (found.status, found.since) == (PresenceStatus.DND, AT + timedelta(seconds=60))


def test_a_status_said_again_lasts_since_it_was_said_first(hall: Hall) -> None:
    hall.status("anna", "online")
    hall.at = 60
    hall.status("anna", "online")
    found = person(hall, "anna")
    assert found is not None
    assert found.since == AT


def test_who_talks_is_talking_since_the_answer_whatever_the_accounts_say(hall: Hall) -> None:
    hall.status("anna", "dnd")
    hall.call("ringing", agent="anna")
    found = person(hall, "anna")
    assert found is not None
    assert (found.status, found.ringing, found.calls) == (PresenceStatus.DND, ("pbx:c1",), ())
    hall.at = 5
    hall.call("answered", agent="anna")
    found = person(hall, "anna")
    assert found is not None
    assert (found.status, found.since) == (PresenceStatus.TALKING, AT + timedelta(seconds=5))
    assert (found.calls, found.team_names) == (("pbx:c1",), ("Sales",))
    hall.at = 50
    hall.call("completed")
    found = person(hall, "anna")
    assert found is not None
    assert (found.status, found.since) == (PresenceStatus.DND, AT)


def test_who_never_reports_is_unknown_until_talking(hall: Hall) -> None:
    assert person(hall, "boris") is None
    hall.call("ringing", agent="boris")
    assert person(hall, "boris") is None
    hall.call("answered", agent="boris")
    found = person(hall, "boris")
    assert found is not None
    assert found.status is PresenceStatus.TALKING


def test_a_status_lasts_over_midnight_and_not_for_ever(hall: Hall) -> None:
    hall.status("anna", "online")
    hall.at = 5 * 86_400
    assert person(hall, "anna") is not None
    hall.at = 31 * 86_400
    assert person(hall, "anna") is None


def test_the_latest_day_counts_whatever_comes_late_about_an_earlier_one(hall: Hall) -> None:
    hall.at = 86_400
    hall.status("anna", "online")
    hall.at = 0
    late = hall.status("anna", "offline")
    hall.at = 86_500
    rows = Rows(hall.records, hall.contacts)
    whole = rows.whole("acme", DIRECTORY, hall.clock())
    assert rows.changed("acme", whole, [late], DIRECTORY, hall.clock()) == whole
    assert whole.people[0].status is PresenceStatus.ONLINE
