"""From bells to screens: snapshots, deltas, gaps, sweeps, rights (features.md R1, R7, W8; demands.md D22, D65)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from ringlake.errors import Forbidden, NotAuthentic, Unavailable
from ringlake.flows.live import MOST_CALLS, MOST_SCREENS, SWEEP, lens_of
from ringlake.model.base import to_json
from ringlake.model.board import (
    LARGEST_MESSAGE,
    Board,
    BoardFilter,
    Follower,
    Header,
    LiveCall,
    View,
    difference,
    snapshots,
)
from ringlake.model.directory import Ability, Role
from ringlake.stores.boards import Ticket
from ringlake.stores.packing import pack
from tests.driver.faults import Hooked
from tests.unit.live.hall import AT, NAMES, SALES, Hall


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_screen_gets_a_snapshot_then_one_delta_for_each_change(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    olga = hall.screen("olga")
    assert olga.calls == ["pbx:c1"]
    assert hall.ring(hall.call("answered", agent="anna")).versions == 1
    hall.ring(hall.call("completed"))
    assert olga.calls == []
    kinds = [(m["type"], m.get("from_version"), m["version"]) for m in olga.sent]
    assert kinds == [("snapshot", None, 1), ("delta", 1, 2), ("delta", 2, 3)]
    assert olga.sent[-1]["calls_gone"] == ["pbx:c1"]


def test_a_bell_that_changes_nothing_makes_no_version(hall: Hall) -> None:
    key = hall.call("ringing", agent="anna")
    olga = hall.screen("olga")
    assert hall.ring(key, key).versions == 0
    assert len(olga.sent) == 1


def test_a_bell_costs_one_read_while_nobody_watches(hall: Hall) -> None:
    read: list[str] = []
    live = hall.process(
        boards=Hooked(hall.boards, lambda: read.append("boards")),
        records=Hooked(hall.records, lambda: read.append("records")),
        directory=Hooked(hall.directory, lambda: read.append("directory")),
        contacts=Hooked(hall.contacts, lambda: read.append("contacts")),
    )
    live.ring([hall.call("ringing", agent="anna")])
    assert read == ["boards"]


def test_the_board_is_dropped_when_the_last_screen_has_gone_and_its_version_stays(hall: Hall) -> None:
    olga = hall.screen("olga")
    hall.live.disconnect(olga.connection)
    hall.ring(hall.call("ringing", agent="anna"))
    assert hall.boards.boards["acme"].board is None
    assert hall.boards.boards["acme"].version == 2
    again = hall.screen("olga")
    assert again.calls == ["pbx:c1"]
    assert again.follower.version == 3


def test_every_screen_gets_every_version_also_when_nothing_in_it_is_for_it(hall: Hall) -> None:
    boris = hall.screen("boris")
    hall.ring(hall.call("ringing", agent="anna"))
    assert boris.calls == []
    assert boris.follower.version == 2
    assert boris.sent[-1]["calls"] == []


def test_a_lost_delta_is_noticed_by_the_next_one(hall: Hall) -> None:
    olga = hall.screen("olga").take()
    hall.ring(hall.call("ringing", agent="anna"))
    olga.take(drop=[1])
    assert olga.follower.shown.calls == ()
    hall.ring(hall.call("ringing", id="c2", agent="boris"))
    assert olga.calls == ["pbx:c1", "pbx:c2"]
    assert olga.shows_what_is()


def test_a_lost_delta_is_noticed_by_a_ping(hall: Hall) -> None:
    olga = hall.screen("olga").take()
    hall.ring(hall.call("ringing", agent="anna"))
    olga.take(drop=[1])
    olga.say("ping", version=1)
    assert olga.calls == ["pbx:c1"]


def test_a_screen_cut_off_for_a_minute_is_stale_and_then_equals_a_fresh_one(hall: Hall) -> None:
    """demands.md D65"""
    hall.call("ringing", agent="anna")
    olga = hall.screen("olga").take()
    hall.wire.gone.add(olga.connection)
    olga.follower.lost()
    for second in range(60):
        hall.at = float(second)
        hall.ring(hall.call("ringing", id=f"m{second % 7}", agent="boris"), hall.call("completed", id=f"m{second % 5}"))
    hall.ring(hall.call("answered", agent="anna"), hall.status("anna", "dnd"))
    assert olga.follower.stale
    assert olga.follower.heard_at == AT
    assert [call.status for call in olga.follower.shown.calls] == ["waiting"]
    again = hall.screen("olga")
    again.follower = olga.follower
    assert again.shows_what_is()
    assert not again.follower.stale
    assert again.follower.shown.calls[0].status == "talking"


def test_deltas_that_overtake_each_other_are_put_in_order(hall: Hall) -> None:
    olga = hall.screen("olga").take()
    hall.ring(hall.call("ringing", agent="anna"))
    hall.ring(hall.call("ringing", id="c2", agent="boris"))
    sent = hall.wire.sent[olga.connection]
    sent[1], sent[2] = sent[2], sent[1]
    assert olga.follower.take(sent[1])
    assert not olga.follower.take(sent[2])
    assert [c.id for c in olga.follower.shown.calls] == ["pbx:c1", "pbx:c2"]


def test_a_subscription_that_was_lost_is_made_good_by_a_ping(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris")
    fresh = hall.connect("olga")
    boris: dict[str, Any] = {"filter": {"users": ["u-boris"]}}
    pings: list[dict[str, Any]] = [{}, {"filter": {}}, boris, boris, {}]
    for more in pings:
        fresh.say("ping", **more)
    told = [(m["type"], [c["id"] for c in m.get("calls", ())]) for m in fresh.sent]
    pong: tuple[str, list[str]] = ("pong", [])
    assert told == [pong, ("snapshot", ["pbx:c1", "pbx:c2"]), pong, ("snapshot", ["pbx:c2"]), pong, pong, pong]


def test_a_bell_that_was_lost_is_made_good_by_the_sweep_on_a_ping(hall: Hall) -> None:
    olga = hall.screen("olga").take()
    hall.call("ringing", agent="anna")
    olga.say("ping")
    assert olga.calls == []
    hall.at = SWEEP.total_seconds()
    olga.say("ping")
    assert olga.calls == ["pbx:c1"]
    assert olga.sent[-1]["type"] == "pong"


def test_a_new_board_is_swept_soon_because_an_index_may_lag(hall: Hall) -> None:
    olga = hall.screen("olga").take()
    hall.call("ringing", agent="anna")
    hall.at = 4
    olga.say("ping")
    assert olga.calls == ["pbx:c1"]


def test_a_call_whose_end_was_never_heard_leaves_when_the_roll_up_says_so(hall: Hall) -> None:
    key = hall.call("ringing", agent="anna")
    olga = hall.screen("olga")
    (loaded,) = hall.records.get_many([key])
    hall.records.note(loaded, msgspec.structs.replace(loaded.consequences, stale=True))
    hall.ring(key)
    assert olga.calls == []


def test_a_call_that_another_connection_tells_better_leaves(hall: Hall) -> None:
    """demands.md D23: two connections tell of the same call, one row is enough."""
    key = hall.call("ringing", agent="anna")
    olga = hall.screen("olga")
    (loaded,) = hall.records.get_many([key])
    hall.records.note(loaded, msgspec.structs.replace(loaded.consequences, twin_of="mute:c1"))
    hall.ring(key)
    assert olga.calls == []


def test_the_header_counts_what_is_shown_and_hints_at_the_rest(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris")
    hall.call("answered", id="c2", agent="boris")
    hall.call("ringing", id="c3", agent="anna", direction="internal", **{"from": "101", "to": "102"})
    olga = hall.screen("olga", users=["u-boris"])
    assert olga.take().follower.header == Header(
        total=1, waiting=0, waiting_incoming=0, talking=1, talking_incoming=1, in_project=2
    )


# --- filters


def test_a_filter_joins_conditions_by_and_and_values_by_or(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris")
    hall.call("ringing", id="c3", agent="boris", to=SALES)
    assert hall.screen("olga", users=["u-anna", "u-boris"]).calls == ["pbx:c1", "pbx:c2", "pbx:c3"]
    assert hall.screen("olga", users=["u-boris"], teams=["t-sales"]).calls == ["pbx:c3"]
    assert hall.screen("olga", teams=["t-sales"]).calls == ["pbx:c1", "pbx:c3"]
    assert hall.screen("olga", numbers=["n-sales"], types=["outgoing"]).calls == []
    assert hall.screen("olga", statuses=["waiting"], queues=["Sales"]).calls == []


def test_another_filter_is_never_mixed_with_what_the_old_one_showed(hall: Hall) -> None:
    """A delta of the new view overtakes its snapshot, and an old delta comes late."""
    hall.call("ringing", agent="anna")
    olga = hall.screen("olga").take()
    hall.ring(hall.call("ringing", id="c2", agent="boris"))
    olga.subscribe(users=["u-boris"])
    hall.ring(hall.call("ringing", id="c3", agent="boris"))
    sent = hall.wire.sent[olga.connection]
    old_delta, snapshot, new_delta = sent[1:]
    follower = olga.follower
    assert follower.take(new_delta)
    assert [c.id for c in follower.shown.calls] == ["pbx:c1"]
    follower.take(snapshot)
    assert [c.id for c in follower.shown.calls] == ["pbx:c2", "pbx:c3"]
    assert not follower.take(old_delta)
    assert [c.id for c in follower.shown.calls] == ["pbx:c2", "pbx:c3"]


def test_internal_calls_are_shown_when_asked_for(hall: Hall) -> None:
    hall.call("ringing", agent="anna", direction="internal", **{"from": "101", "to": "102"})
    assert hall.screen("olga").calls == []
    assert hall.screen("olga", include_internal=True).calls == ["pbx:c1"]
    assert hall.screen("olga", types=["internal"]).calls == ["pbx:c1"]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ('{"action": "subscribe", "filter": {"user": []}}', "filter.user"),
        ('{"action": "subscribe", "filter": {"types": ["loud"]}}', "filter.types.0"),
        ('{"action": "subscribe", "filter": []}', "filter"),
        ('{"action": "shout"}', "action"),
        ("[]", "body"),
        ("{", "body"),
        ('"' + "x" * 40_000 + '"', "body"),
    ],
)
def test_a_message_that_is_wrong_is_answered_with_the_field_and_changes_nothing(
    hall: Hall, message: str, field: str
) -> None:
    olga = hall.screen("olga", users=["u-anna"])
    hall.live.hear(olga.connection, message)
    assert olga.sent[-1]["type"] == "problem"
    assert olga.sent[-1]["errors"][0]["field"].startswith(field)
    hall.ring(hall.call("ringing", agent="boris"))
    assert olga.calls == []


# --- who sees what


def test_each_role_sees_its_own(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris", to=SALES)
    hall.call("ringing", id="c3", agent="boris", to="+48221230007")
    shown = {name: hall.screen(name).calls for name in NAMES}
    assert shown == {
        "olga": ["pbx:c1", "pbx:c2", "pbx:c3"],
        # Sales: Anna is in it, and its number.
        "mia": ["pbx:c1", "pbx:c2"],
        "anna": ["pbx:c1"],
        "boris": ["pbx:c2", "pbx:c3"],
        "celia": ["pbx:c3"],
    }
    hall.status("anna", "online")
    hall.status("boris", "online")
    seen = {n: [p.user_id for p in hall.fresh(f"u-{n}").people] for n in NAMES}
    assert seen == {
        "olga": ["u-anna", "u-boris"],
        "mia": ["u-anna"],
        "anna": ["u-anna"],
        "boris": ["u-boris"],
        "celia": [],
    }


def test_a_group_call_is_seen_by_whom_it_rings_and_then_by_who_has_it(hall: Hall) -> None:
    anna, boris = hall.screen("anna"), hall.screen("boris")
    hall.ring(hall.call("ringing", agent="anna"))
    hall.ring(hall.call("ringing", agent="boris"))
    assert anna.calls == boris.calls == ["pbx:c1"]
    hall.ring(hall.call("answered", agent="boris"))
    assert (anna.calls, boris.calls) == ([], ["pbx:c1"])


def test_what_a_user_may_not_see_is_not_sent(hall: Hall) -> None:
    hall.change("mia", without=(Ability.SEE_NUMBERS, Ability.SEE_NAMES))
    hall.contact("Zoë Kwon")
    hall.call("ringing", agent="anna")
    hall.call("answered", agent="anna")
    mia, olga = hall.screen("mia"), hall.screen("olga")
    (seen,), (whole,) = mia.take().follower.shown.calls, olga.take().follower.shown.calls
    assert (seen.customer_number, seen.customer_name, seen.supervise) == ("+48•••••••00", "", False)
    assert (whole.customer_number, whole.customer_name) == ("+48600100200", "Zoë Kwon")
    assert whole.supervise
    assert b"600100" not in b"".join(hall.wire.sent[mia.connection])


def test_a_call_can_be_joined_by_who_has_the_ability_and_an_account_at_its_connection(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("answered", agent="anna")

    def offered() -> list[bool]:
        return [hall.screen(name).take().follower.shown.calls[0].supervise for name in ("olga", "mia", "anna")]

    assert offered() == [True, False, False]
    hall.change("mia", abilities=(Ability.SUPERVISE,))
    hall.change("olga", accounts=())
    assert offered() == [False, True, False]


def test_rights_that_change_show_by_the_next_version_after_the_directory_is_read_again(hall: Hall) -> None:
    hall.ring(hall.call("ringing", agent="anna"))
    mia = hall.screen("mia")
    assert mia.calls == ["pbx:c1"]
    hall.change("mia", manages=("t-service",))
    hall.at = 61
    hall.ring(hall.call("ringing", id="c2", agent="boris"))
    assert mia.calls == []
    assert mia.sent[-1]["type"] == "snapshot"


def test_rights_that_change_show_by_a_ping(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    mia = hall.screen("mia")
    hall.change("mia", manages=("t-service",))
    mia.say("ping")
    assert mia.calls == []


def test_a_process_that_knows_older_rights_reads_them_again(hall: Hall) -> None:
    """Two processes, one of which has read the directory before the change and would show too much."""
    hall.call("ringing", agent="anna")
    old, olga = hall.process(), hall.screen("olga")
    mia = hall.screen("mia")
    old.ring([hall.call("ringing", id="c2", agent="boris")])
    hall.at = 5
    hall.change("mia", manages=("t-service",))
    mia.say("ping")
    assert mia.calls == []
    hall.at = 10
    old.ring([hall.call("answered", agent="anna")])
    assert mia.calls == []
    assert olga.calls == ["pbx:c1", "pbx:c2"]


def test_who_was_suspended_gets_nothing_more_and_is_hung_up(hall: Hall) -> None:
    boris = hall.screen("boris").take()
    hall.change("boris", suspended_at=AT)
    hall.at = 61
    hall.ring(hall.call("ringing", agent="boris"))
    assert len(boris.sent) == 1
    assert boris.connection in hall.wire.closed
    assert hall.boards.socket(boris.connection) is None


def test_who_was_deleted_is_hung_up_at_the_next_ping(hall: Hall) -> None:
    boris = hall.screen("boris").take()
    hall.change("boris", deleted_at=AT)
    boris.say("ping")
    assert len(boris.sent) == 1
    assert boris.connection in hall.wire.closed


def test_a_connection_that_nobody_knows_is_hung_up(hall: Hall) -> None:
    hall.live.hear("stranger", '{"action": "ping"}')
    assert "stranger" in hall.wire.closed


# --- coming in


def test_a_ticket_lets_in_once_and_not_when_it_is_old(hall: Hall) -> None:
    hall.boards.issue("t", Ticket(workspace="acme", user_id="u-anna", expires_at=AT.replace(minute=1)))
    hall.live.connect("a", "t")
    for token in ("t", "", "no such ticket"):
        with pytest.raises(NotAuthentic):
            hall.live.connect("b", token)
    hall.boards.issue("old", Ticket(workspace="acme", user_id="u-anna", expires_at=AT))
    with pytest.raises(NotAuthentic):
        hall.live.connect("b", "old")


def test_a_ticket_of_somebody_who_was_suspended_since_lets_nobody_in(hall: Hall) -> None:
    hall.boards.issue("t", Ticket(workspace="acme", user_id="u-anna", expires_at=AT.replace(minute=1)))
    hall.change("anna", suspended_at=AT)
    with pytest.raises(NotAuthentic):
        hall.live.connect("a", "t")


def test_nobody_watches_on_any_number_of_screens(hall: Hall) -> None:
    for _ in range(MOST_SCREENS):
        hall.connect("anna")
    with pytest.raises(Forbidden):
        hall.connect("anna")
    hall.connect("boris")


def test_who_has_not_subscribed_is_told_nothing(hall: Hall) -> None:
    mute = hall.connect("olga")
    hall.screen("olga")
    hall.ring(hall.call("ringing", agent="anna"))
    assert mute.sent == []


def test_a_screen_that_hung_up_is_forgotten(hall: Hall) -> None:
    olga, boris = hall.screen("olga"), hall.screen("boris")
    hall.wire.gone.add(olga.connection)
    rung = hall.ring(hall.call("ringing", agent="boris"))
    assert (rung.gone, rung.sent) == (1, 1)
    assert hall.boards.socket(olga.connection) is None
    assert boris.calls == ["pbx:c1"]


# --- W8


def test_a_call_is_announced_once_to_each_whom_it_rings(hall: Hall) -> None:
    screens = {name: hall.screen(name, users=["u-celia"]) for name in ("olga", "anna", "boris")}
    for what, agent in (
        ("ringing", "anna"),
        ("ringing", "boris"),
        # Back to the queue, and to Anna again.
        ("queued", ""),
        ("ringing", "anna"),
        ("answered", "boris"),
        ("completed", ""),
    ):
        hall.at += 5
        hall.ring(hall.call(what, agent=agent))
    announced = {
        name: [c["id"] for m in screen.sent for c in m.get("notifications", ())] for name, screen in screens.items()
    }
    assert announced == {"olga": [], "anna": ["pbx:c1"], "boris": ["pbx:c1"]}
    assert screens["anna"].take().follower.announced == ["pbx:c1"]


def test_who_comes_while_a_phone_rings_is_told_and_a_second_snapshot_announces_nothing_again(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    anna = hall.screen("anna").take()
    anna.subscribe()
    assert anna.take().follower.announced == ["pbx:c1"]


def test_who_dialled_is_not_told_of_the_own_call(hall: Hall) -> None:
    anna = hall.screen("anna")
    hall.ring(hall.call("ringing", agent="anna", direction="outbound", **{"from": SALES, "to": "+48600100200"}))
    assert anna.calls == ["pbx:c1"]
    assert anna.follower.announced == []


# --- when something fails


def test_a_record_that_nobody_can_show_is_set_aside_once_and_keeps_nobody_waiting(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = hall.screen("olga")
    bad, good = hall.call("ringing", agent="anna"), hall.call("ringing", id="c2", agent="boris")
    loaded = hall.records.get_many

    def get_many(keys: list[str]) -> object:
        if bad in keys:
            raise msgspec.DecodeError("broken")
        return loaded(keys)

    monkeypatch.setattr(hall.records, "get_many", get_many)
    rung = hall.ring(bad, good)
    assert (rung.quarantined, rung.failed) == (1, frozenset())
    assert olga.calls == ["pbx:c2"]
    hall.ring(bad)
    (aside,) = list(hall.journal.quarantined("acme", "pbx", AT.date().isoformat()))
    assert (aside.stage, aside.subject, aside.reason) == ("live", bad, "DecodeError")


def test_bells_come_again_when_a_store_fails_and_those_of_others_are_answered(hall: Hall) -> None:
    olga = hall.screen("olga")
    key = hall.call("ringing", agent="anna")

    def fail() -> None:
        raise Unavailable("records")

    broken = hall.process(records=Hooked(hall.records, fail))
    other = key.replace("acme#", "other#")
    rung = broken.ring([key, other, "no key"])
    assert rung.failed == {key}
    assert rung.reasons == ("Unavailable",)
    hall.ring(key)
    assert olga.calls == ["pbx:c1"]


def test_a_screen_that_could_not_be_reached_catches_up(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    olga = hall.screen("olga").take()
    with monkeypatch.context() as patch:

        def unreachable(*_: object) -> None:
            raise Unavailable("throttled")

        patch.setattr(hall.wire, "send", unreachable)
        assert hall.ring(hall.call("ringing", agent="anna")).unsent == 1
    hall.ring(hall.call("ringing", id="c2", agent="boris"))
    assert olga.calls == ["pbx:c1", "pbx:c2"]


# --- size


def many(calls: int) -> View:
    hall = Hall()
    hall.call("ringing", agent="anna")
    hall.call("ringing", agent="boris")
    (one,) = hall.fresh("u-olga").calls
    rows = tuple(msgspec.structs.replace(one, id=f"pbx:{n:06}", customer_number=f"+4860{n:07}") for n in range(calls))
    return View(
        header=Header(total=calls, waiting=calls, waiting_incoming=calls, talking=0, talking_incoming=0, in_project=0),
        calls=rows,
    )


def test_a_large_snapshot_comes_in_parts_that_the_wire_carries(hall: Hall) -> None:
    view = many(MOST_CALLS)
    parts = list(snapshots(view, "lens", version=7, at=AT, zone="UTC", settings_version=1))
    assert len(parts) > 1
    follower = Follower()
    for part in reversed(parts):
        message = to_json(part)
        assert len(message) <= LARGEST_MESSAGE
        assert follower.stale
        assert not follower.take(message)
    assert follower.shown.calls == view.calls


def test_a_board_of_the_most_calls_fits_into_one_item() -> None:
    assert len(pack(to_json(Board(calls=many(MOST_CALLS).calls)), "acme")) < 350_000


def test_a_delta_tells_only_what_is_different() -> None:
    before = many(3)
    changed: tuple[LiveCall, ...] = (msgspec.structs.replace(before.calls[1], queue="Help"), before.calls[2])
    after = msgspec.structs.replace(before, calls=changed)
    told = difference(before, after, "lens", from_version=1, version=2, at=AT)
    assert told.calls == changed[:1]
    assert told.calls_gone == (before.calls[0].id,)


def test_a_users_filter_and_rights_decide_about_the_lens(hall: Hall) -> None:
    anna, wanted = hall.user("anna"), BoardFilter(users=("u-anna",))
    lenses = {
        lens_of(anna, BoardFilter()),
        lens_of(anna, wanted),
        lens_of(hall.user("boris"), BoardFilter()),
        lens_of(msgspec.structs.replace(anna, abilities=(Ability.SUPERVISE,)), BoardFilter()),
        lens_of(msgspec.structs.replace(anna, abilities=(Ability.SUPERVISE,), accounts=()), BoardFilter(queues=("Q",))),
        lens_of(msgspec.structs.replace(anna, role=Role.OWNER), BoardFilter()),
    }
    assert len(lenses) == 6
    assert lens_of(anna, wanted) == lens_of(hall.user("anna"), wanted)
    assert json.loads(to_json(wanted)) == {"users": ["u-anna"]}
