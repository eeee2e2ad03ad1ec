"""Boards on screens without a sign-in: what they show, for how long, and to whom (demands.md D66)."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from functions.live import live as function
from ringlake.errors import Forbidden, NotAuthentic, NotFound, PlanTooLow, Unavailable
from ringlake.flows.answers.walls import MOST
from ringlake.flows.live import MOST_SCREENS, TICKET_LIFE
from ringlake.model.directory import Ability, Workspace
from ringlake.model.walls import read_token
from tests.driver.faults import Hooked
from tests.unit.api import test_api as asking
from tests.unit.export.world import World
from tests.unit.live.hall import AT, CUSTOMER, SALES, Hall, Screen

api: ModuleType = asking.api
WALLS, WALL = "POST /v1/live/walls", "DELETE /v1/live/walls/{id}"


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Hall:
    """The API and the function over the hall's stores."""
    hall, world = Hall(), World()
    world.directory, world.records, world.contacts = hall.directory, hall.records, hall.contacts
    world.boards, world.walls = hall.boards, hall.walls
    monkeypatch.setattr(api, "stores", lambda: world.rooms)
    monkeypatch.setattr(api, "now", hall.clock)
    monkeypatch.setattr(function, "stores", lambda: hall.live)
    return hall


def ask(name: str, route: str, body: object = None, **more: Any) -> tuple[int, Any, dict[str, str]]:
    return asking.call(route, asking.claims_of(f"s-{name}"), body, **more)


def put_up(user: str, **body: Any) -> dict[str, Any]:
    status, made, headers = ask(user, WALLS, {"name": "Reception", **body})
    assert status == 201, made
    assert headers["cache-control"] == "no-store"
    assert isinstance(made, dict)
    return made


def token_of(made: dict[str, Any]) -> str:
    return urlsplit(str(made["url"])).fragment


def screen(hall: Hall, token: str) -> Screen:
    """A television that shows the wall, with its first snapshot."""
    ticket = urlsplit(hall.live.open_wall(token).url).query.removeprefix("ticket=")
    connection = f"tv{len(hall.screens)}"
    hall.live.connect(connection, ticket)
    shown = hall.screens[connection] = Screen(hall, connection, "", hall.live)
    shown.subscribe()
    return shown


def test_a_wall_has_an_address_whose_secret_is_told_once(hall: Hall) -> None:
    made = put_up("mia", thresholds={"wait_red_s": 60}, language="pl", theme="light")
    address = urlsplit(made["url"])
    assert (address.scheme, address.netloc, address.path) == ("https", "ringlake.example.com", "/app/wall")
    named = read_token(address.fragment)
    assert named is not None
    assert named.workspace == "acme"
    assert len(named.secret) == 43
    status, listed, _ = ask("mia", "GET /v1/live/walls")
    assert status == 200
    assert listed == {"walls": [made["wall"]]}
    assert named.secret not in json.dumps(listed)
    assert all(named.secret not in repr(wall) for wall in hall.walls.kept.values())
    (said,) = hall.directory.audit_lines("acme", "2026-09")
    assert (said.action, said.target, said.user_id) == ("wall.create", made["wall"]["id"], "u-mia")
    assert named.secret not in repr(said)


def test_whoever_holds_the_address_gets_a_ticket_and_what_the_page_needs(hall: Hall) -> None:
    token = token_of(put_up("mia", thresholds={"waiting_amber": 2, "waiting_red": 5}, language="es"))
    event = {"routeKey": "POST /wall/{token}/ticket", "pathParameters": {"token": token}}
    answered = function.handler(event, None)
    assert (answered["statusCode"], answered["headers"]["cache-control"]) == (201, "no-store")
    said = json.loads(answered["body"])
    assert said.pop("url").startswith("wss://live.example.com/live?ticket=")
    assert said == {
        "name": "Reception",
        "company": "Acme",
        "expires_at": (AT + TICKET_LIFE).isoformat().replace("+00:00", "Z"),
        "at": AT.isoformat().replace("+00:00", "Z"),
        "zone": "Europe/Warsaw",
        "language": "es",
        "theme": "dark",
        "thresholds": {"wait_amber_s": None, "wait_red_s": None, "waiting_amber": 2, "waiting_red": 5},
    }


@pytest.mark.parametrize("spoiled", ["", "acme", "acme.w-000000000000." + "A" * 43, "x" * 5_000, "acme.w-1.é"])
def test_a_token_that_is_none_opens_nothing(hall: Hall, spoiled: str, capsys: pytest.CaptureFixture[str]) -> None:
    event = {"routeKey": "POST /wall/{token}/ticket", "pathParameters": {"token": spoiled}}
    answered = function.handler(event, None)
    assert answered["statusCode"] == 404
    assert json.loads(answered["body"])["title"] == "Not Found"
    assert hall.boards.tickets == {}
    assert len(capsys.readouterr().out) < 400


def test_the_secret_of_one_wall_does_not_open_another(hall: Hall) -> None:
    first, second = (read_token(token_of(put_up("mia", name=name))) for name in ("One", "Two"))
    assert first is not None
    assert second is not None
    with pytest.raises(NotFound):
        hall.live.open_wall(first._replace(secret=second.secret).text)
    with pytest.raises(NotFound):
        hall.live.open_wall(first._replace(workspace="rival").text)
    assert hall.live.open_wall(first.text).name == "One"


def test_a_wall_shows_its_owners_calls_and_nothing_of_customers(hall: Hall) -> None:
    hall.contact("Zofia Zyzzyva")
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris", to=SALES)
    hall.call("ringing", id="c3", agent="boris")
    hall.status("anna", "online")
    tv = screen(hall, token_of(put_up("mia")))
    hall.ring(hall.call("answered", agent="anna"))
    hall.ring(hall.call("completed", agent="anna"))
    snapshot, answered, ended = tv.sent
    # Mia's team: Anna's call, and the one to the number of Sales; not the third one.
    assert [(m["header"]["waiting"], m["header"]["talking"]) for m in tv.sent] == [(2, 0), (1, 1), (1, 0)]
    assert [e["name"] for call in snapshot["calls"] for e in call["ringing"]] == ["Anna", "Boris"]
    told = "".join(hall.wire.sent[tv.connection][n].decode() for n in range(3))
    assert CUSTOMER not in told
    assert CUSTOMER[3:] not in told
    assert "Zyzzyva" not in told
    assert "pbx:c1" not in told
    assert not any(call["supervise"] or call["customer_number"] for call in snapshot["calls"])
    # A delta and a snapshot name the same call alike.
    assert ended["calls_gone"] == [answered["calls"][0]["id"]]
    assert snapshot["people"][0]["ringing"] == [snapshot["calls"][0]["id"]]


def test_a_call_that_rings_the_owner_is_not_announced_on_the_wall(hall: Hall) -> None:
    tv = screen(hall, token_of(put_up("mia")))
    hall.ring(hall.call("ringing", agent="mia"))
    assert [message["notifications"] for message in tv.sent] == [[], []]


def test_what_a_wall_shows_its_owner_has_chosen(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris", to=SALES)
    tv = screen(hall, token_of(put_up("olga", filter={"users": ["u-anna"]})))
    tv.subscribe(users=["u-boris"])
    tv.say("ping", filter={})
    assert [len(message["calls"]) for message in tv.sent[:-1]] == [1, 1]
    assert tv.sent[-1]["view"] == tv.sent[0]["view"]
    assert [message["header"]["in_project"] for message in tv.sent[:-1]] == [2, 2]


def test_a_wall_that_was_withdrawn_is_told_nothing_more(hall: Hall) -> None:
    made = put_up("mia")
    tv, late = screen(hall, token_of(made)), hall.live.open_wall(token_of(made))
    status, gone, _ = ask("mia", WALL, id=made["wall"]["id"])
    assert (status, gone["id"]) == (200, made["wall"]["id"])
    told = len(tv.sent)
    hall.screen("olga")
    hall.ring(hall.call("ringing", agent="anna"))
    assert len(tv.sent) == told
    assert tv.connection in hall.wire.closed
    with pytest.raises(NotFound):
        hall.live.open_wall(token_of(made))
    with pytest.raises(NotAuthentic):
        hall.live.connect("late", urlsplit(late.url).query.removeprefix("ticket="))
    assert [line.action for line in hall.directory.audit_lines("acme", "2026-09")] == ["wall.create", "wall.withdraw"]
    assert ask("mia", "GET /v1/live/walls")[1] == {"walls": []}
    assert ask("mia", WALL, id=made["wall"]["id"])[0] == 404


def test_a_withdrawn_wall_that_pings_is_hung_up(hall: Hall) -> None:
    made = put_up("mia")
    tv = screen(hall, token_of(made))
    ask("mia", WALL, id=made["wall"]["id"])
    tv.say("ping")
    assert tv.connection in hall.wire.closed
    assert len(tv.sent) == 1


@pytest.mark.parametrize("fields", [{"suspended_at": AT}, {"deleted_at": AT}, {"without": (Ability.VIEW_ALL_CALLS,)}])
def test_a_wall_ends_with_what_its_owner_may_do(hall: Hall, fields: dict[str, Any]) -> None:
    made = put_up("mia")
    tv = screen(hall, token_of(made))
    hall.change("mia", **fields)
    tv.say("ping")
    assert tv.connection in hall.wire.closed
    with pytest.raises(NotFound):
        hall.live.open_wall(token_of(made))
    assert [wall["stands"] for wall in ask("olga", "GET /v1/live/walls")[1]["walls"]] == [False]


def test_a_wall_shows_what_its_owner_may_see_now(hall: Hall) -> None:
    hall.call("ringing", id="c3", agent="boris")
    tv = screen(hall, token_of(put_up("mia")))
    assert tv.sent[0]["calls"] == []
    hall.change("mia", manages=(), teams=())
    tv.say("ping")
    assert [len(message["calls"]) for message in tv.sent if message["type"] == "snapshot"] == [0, 1]


def test_the_list_says_how_many_screens_show_a_wall(hall: Hall) -> None:
    first, second = put_up("mia", name="One"), put_up("mia", name="Two")
    for made in (first, first, second):
        screen(hall, token_of(made))
    hall.screen("mia")
    assert [(w["name"], w["screens"]) for w in ask("mia", "GET /v1/live/walls")[1]["walls"]] == [("One", 2), ("Two", 1)]


def test_a_wall_shows_on_so_many_screens_and_leaves_its_owner_his_own(hall: Hall) -> None:
    token = token_of(put_up("mia"))
    for _ in range(MOST_SCREENS):
        screen(hall, token)
    with pytest.raises(Forbidden):
        screen(hall, token)
    hall.screen("mia")


def test_walls_of_others_are_for_who_administers(hall: Hall) -> None:
    mias = put_up("mia")["wall"]["id"]
    hall.change("boris", abilities=(Ability.VIEW_ALL_CALLS,))
    assert ask("boris", "GET /v1/live/walls")[1]["walls"] == []
    assert ask("boris", WALL, id=mias)[0] == 404
    assert [w["owner_name"] for w in ask("olga", "GET /v1/live/walls")[1]["walls"]] == ["Mia"]
    assert ask("olga", WALL, id=mias)[0] == 200


@pytest.mark.parametrize("name", ["anna", "celia"])
def test_who_sees_own_calls_only_puts_up_no_wall(hall: Hall, name: str) -> None:
    assert ask(name, WALLS, {"name": "Mine"})[0] == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"filter": {"type": ["incoming"]}}, "filter.type"),
        ({"thresholds": {"wait_amber_s": 60, "wait_red_s": 30}}, "thresholds"),
        ({"thresholds": {"waiting_red": -1}}, "thresholds.waiting_red"),
        ({"language": "de"}, "language"),
        ({"theme": "pink"}, "theme"),
    ],
)
def test_what_is_wrong_is_named(hall: Hall, body: dict[str, Any], field: str) -> None:
    status, problem, _ = ask("mia", WALLS, {"name": "Reception", **body})
    assert status == 400
    assert all(error["field"].startswith(field) for error in problem["errors"]), problem


def test_there_are_so_many_walls_and_no_more(hall: Hall) -> None:
    for _ in range(MOST):
        last = put_up("mia")
    assert ask("mia", WALLS, {"name": "One more"})[0] == 400
    ask("mia", WALL, id=last["wall"]["id"])
    put_up("mia")


def test_the_lowest_plan_has_no_walls(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_of(put_up("mia"))
    workspace = hall.directory.settings("acme")
    assert isinstance(workspace, Workspace)
    hall.directory.put_workspace(msgspec.structs.replace(workspace, plan="basic"))
    assert ask("mia", WALLS, {"name": "Reception"})[0] == 402
    with pytest.raises(PlanTooLow):
        hall.live.open_wall(token)
    event = {"routeKey": "POST /wall/{token}/ticket", "pathParameters": {"token": token}}
    assert function.handler(event, None)["statusCode"] == 402


def test_a_store_that_fails_is_said_without_details(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = token_of(put_up("mia"))
    event = {"routeKey": "POST /wall/{token}/ticket", "pathParameters": {"token": token}}

    def failing(error: Exception) -> None:
        def fail() -> None:
            raise error

        broken = hall.process(walls=Hooked(hall.walls, fail))
        monkeypatch.setattr(function, "stores", lambda: broken)

    failing(Unavailable("GetItem: ThrottlingException"))
    assert function.handler(event, None)["statusCode"] == 503
    failing(RuntimeError(token))
    assert function.handler(event, None)["statusCode"] == 500
    assert token not in capsys.readouterr().out
