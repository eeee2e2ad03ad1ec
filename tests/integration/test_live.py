"""The live board through the deployed stack: a signed webhook becomes a message on a real WebSocket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.deployed import Stack
from tests.driver.office import CUSTOMER, Office, opened
from tests.driver.screen import Screen


@pytest.fixture(scope="module")
def office(stack: Stack) -> Iterator[Office]:
    with opened(stack) as found:
        yield found


def test_a_call_comes_rings_is_answered_and_leaves(office: Office) -> None:
    with office.screen("anna") as anna, office.screen("boris") as boris, office.screen("celia") as celia:
        for screen in (anna, boris, celia):
            screen.wait("the first snapshot", lambda f: not f.stale)
        office.ring("c1", "boris", "celia", queue={"name": "Sales"})
        for screen in (anna, boris, celia):
            screen.wait("two phones that ring", lambda f: len(_ringing(f, "pbx:c1")) == 2)
        office.said("answered", "c1", leg_id="c1-l0", agent={"id": "boris"})
        anna.wait("the talk", lambda f: f.header is not None and f.header.talking == 1)
        assert anna.follower.header is not None
        assert anna.follower.header.talking_incoming == anna.follower.header.total == 1
        assert [e.name for e in anna.follower.calls["pbx:c1"].employees] == ["Boris"]
        assert anna.follower.calls["pbx:c1"].supervise
        assert anna.follower.people["u-boris"].status == "talking"
        boris.wait("his own talk", lambda f: f.calls["pbx:c1"].status == "talking")
        assert not boris.follower.calls["pbx:c1"].supervise
        # It is Boris's call now: Celia, who sees her own calls only, no longer sees it.
        celia.wait("the call's end for her", lambda f: not f.calls)
        assert boris.follower.announced == celia.follower.announced == ["pbx:c1"]
        assert anna.follower.announced == []

        joining = office.call("anna", "POST", "/v1/live/calls/pbx:c1/supervise", {"mode": "whisper"})
        assert joining.status == 200, joining.body
        assert joining.json["url"] == "phone://join?call=c1&as=anna&mode=whisper"
        assert office.call("boris", "POST", "/v1/live/calls/pbx:c1/supervise", {}).status == 403

        asked = office.call("anna", "GET", "/v1/live")
        assert asked.status == 200
        assert asked.json["header"]["talking"] == 1
        assert [c["id"] for c in asked.json["calls"]] == ["pbx:c1"]
        file = office.call("anna", "GET", "/v1/live/export?statuses=talking")
        assert file.headers["content-type"].startswith("text/csv")
        assert b"pbx:c1" in file.body

        office.said("completed", "c1")
        anna.wait("an empty board", lambda f: not f.calls)
        assert anna.follower.header is not None
        assert anna.follower.header.total == 0


def test_a_status_of_an_account_shows(office: Office) -> None:
    with office.screen("anna") as anna:
        office.pbx.post("presence.changed", {"account": "celia", "status": "dnd"})
        anna.wait("Celia's status", lambda f: "u-celia" in f.people)
        # Nothing says that do-not-disturb of this connection can be believed (features.md R35).
        assert anna.follower.people["u-celia"].status == "online"


def test_a_screen_that_was_cut_off_says_so_and_then_equals_a_fresh_one(office: Office) -> None:
    """demands.md D65. How long it was away makes no difference: the version that it missed does."""
    with office.screen("anna") as anna:
        anna.wait("the first snapshot", lambda f: not f.stale)
        anna.cut()
        assert anna.follower.stale
        office.ring("c2", "boris")
        office.ring("c3", "celia")
        with office.screen("anna") as fresh:
            fresh.wait("both calls", lambda f: {"pbx:c2", "pbx:c3"} <= set(f.calls))
            assert "pbx:c2" not in anna.follower.calls
            anna.open()
            anna.wait("the fresh snapshot", lambda f: not f.stale and f.version == fresh.follower.version)
            assert anna.follower.shown == fresh.follower.shown
        office.said("completed", "c2")
        office.said("completed", "c3")
        anna.wait("an empty board", lambda f: not f.calls)


def test_a_delta_that_got_lost_is_noticed_by_the_next_or_by_a_ping(office: Office) -> None:
    with office.screen("anna") as anna:
        anna.wait("the first snapshot", lambda f: not f.stale)
        seen = len(anna.heard)
        office.ring("c4", "boris")
        # Read from the wire and thrown away, as if it had never come.
        before = anna.follower.version
        follower, anna.follower = anna.follower, type(anna.follower)()
        anna.wait("the delta", lambda _: any(m["type"] == "delta" for m in anna.heard[seen:]))
        anna.follower = follower
        assert anna.follower.version == before
        anna.ping()
        anna.wait("what was missed", lambda f: "pbx:c4" in f.calls)
        office.said("completed", "c4")
        anna.wait("an empty board", lambda f: not f.calls)


def test_a_filter_is_checked_and_followed(office: Office) -> None:
    with office.screen("anna") as anna:
        anna.wait("the first snapshot", lambda f: not f.stale)
        anna.ask(agents=["u-boris"])
        anna.wait("the refusal", lambda _: anna.heard[-1]["type"] == "problem")
        assert anna.heard[-1]["errors"][0]["field"] == "filter.agents"
        anna.ask(users=["u-celia"])
        office.ring("c5", "boris")
        office.ring("c6", "celia")
        anna.wait("Celia's call", lambda f: "pbx:c6" in f.calls)
        anna.wait("the hint", lambda f: f.header is not None and f.header.in_project == 2)
        assert list(anna.follower.calls) == ["pbx:c6"]
        office.said("completed", "c5")
        office.said("completed", "c6")
        anna.wait("an empty board", lambda f: not f.calls)


def test_a_wall_needs_no_sign_in_and_ends_when_it_is_withdrawn(office: Office) -> None:
    """demands.md D66"""
    made = office.call("anna", "POST", "/v1/live/walls", {"name": "Reception"})
    assert made.status == 201, made.body
    token = made.json["url"].partition("#")[2]

    def knock(token: str) -> tuple[int, Any]:
        url = urlsplit(office.stack.api_url)
        connection = HTTPConnection(url.netloc, timeout=30)
        connection.request("POST", f"{url.path}/wall/{token}/ticket")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def ticket() -> str:
        status, said = knock(token)
        assert status == 201, said
        assert (said["name"], said["zone"]) == ("Reception", "Europe/Warsaw")
        return str(said["url"])

    assert knock(token[:-1] + ("a" if token[-1] != "a" else "b"))[0] == 404
    with Screen(ticket) as wall:
        office.ring("c8", "boris")
        wall.wait("a call", lambda f: bool(f.calls))
        (call,) = wall.follower.calls.values()
        assert [employee.name for employee in call.ringing] == ["Boris"]
        assert not any(CUSTOMER[3:] in json.dumps(message) for message in wall.heard)
        assert office.call("anna", "GET", "/v1/live/walls").json["walls"][0]["screens"] == 1
        assert office.call("anna", "DELETE", f"/v1/live/walls/{made.json['wall']['id']}").status == 200
        wall.ping()
        assert wall.ended()
    assert knock(token)[0] == 404
    office.said("completed", "c8")


def test_nobody_comes_in_without_a_ticket_or_twice_with_one(office: Office) -> None:
    url = office.ticket("anna")()
    with connect(url, proxy=None):
        pass
    for address in (url, url.partition("?")[0], url + "x"):
        with pytest.raises(InvalidStatus), connect(address, proxy=None):
            pass


def test_whoever_is_suspended_is_hung_up(office: Office) -> None:
    with office.screen("celia") as celia:
        celia.wait("the first snapshot", lambda f: not f.stale)
        assert office.call("anna", "POST", "/v1/directory/users/u-celia/suspend").status == 200
        heard = len(celia.heard)
        celia.ping()
        assert celia.ended()
        assert celia.heard[heard:] == []
    assert office.call("celia", "POST", "/v1/live/tickets").status == 401
    assert office.call("anna", "POST", "/v1/directory/users/u-celia/activate").status == 200


def _ringing(follower: Any, call: str) -> tuple[Any, ...]:
    found: tuple[Any, ...] = follower.calls[call].ringing if call in follower.calls else ()
    return found


def test_a_board_that_nobody_watches_is_dropped_and_made_again(office: Office, aws: Callable[[str], Any]) -> None:
    """The first bell after the last screen has gone costs one write, the next ones none."""
    table = office.stack.outputs["LiveTable"]
    key = {"pk": {"S": f"board#{office.workspace}"}, "sk": {"S": "board"}}

    def board() -> dict[str, Any]:
        found: dict[str, Any] = aws("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        return found

    deadline = time.monotonic() + 60
    office.ring("c7", "boris")
    while "doc" in board():
        assert time.monotonic() < deadline
        time.sleep(0.2)
    version = int(board()["version"]["N"])
    with office.screen("anna") as anna:
        anna.wait("the call that came while nobody watched", lambda f: "pbx:c7" in f.calls)
        assert (anna.follower.version or 0) > version
    office.said("completed", "c7")
