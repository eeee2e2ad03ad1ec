"""The live board through the API: tickets, the board asked for once, a file, joining a call."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from ringlake.files.csv import BOM
from ringlake.flows.live import TICKET_LIFE
from ringlake.model.directory import Ability, Connection, Workspace
from tests.unit.api import test_api as asking
from tests.unit.export.world import World
from tests.unit.live.hall import AT, SALES, Hall

api: ModuleType = asking.api


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Hall:
    """The API over the hall's stores."""
    hall, world = Hall(), World()
    world.directory, world.records, world.contacts = hall.directory, hall.records, hall.contacts
    world.boards, world.walls = hall.boards, hall.walls
    monkeypatch.setattr(api, "stores", lambda: world.rooms)
    monkeypatch.setattr(api, "now", hall.clock)
    return hall


def ask(name: str, route: str, body: object = None, **more: Any) -> tuple[int, Any, dict[str, str]]:
    return asking.call(route, asking.claims_of(f"s-{name}"), body, **more)


def test_a_ticket_opens_one_connection_of_its_user(hall: Hall) -> None:
    status, ticket, headers = ask("anna", "POST /v1/live/tickets")
    assert status == 201
    assert ticket["url"].startswith("wss://live.example.com/live?ticket=")
    assert ticket["expires_at"] == (AT + TICKET_LIFE).isoformat().replace("+00:00", "Z")
    assert headers["cache-control"] == "no-store"
    token = urlsplit(ticket["url"]).query.removeprefix("ticket=")
    hall.live.connect("a", token)
    socket = hall.boards.socket("a")
    assert socket is not None
    assert (socket.workspace, socket.user_id) == ("acme", "u-anna")
    assert len(token) >= 43
    assert all(token not in digest for digest in hall.boards.tickets)


def test_the_board_asked_for_is_what_a_screen_shows(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris", to=SALES)
    hall.status("anna", "online")
    olga = hall.screen("olga", teams=["t-sales"])
    status, board, _ = ask("olga", "GET /v1/live", query="teams=t-sales")
    assert status == 200
    snapshot = olga.sent[0]
    assert {name: board[name] for name in ("header", "calls", "people")} == {
        name: snapshot[name] for name in ("header", "calls", "people")
    }
    assert board["meta"] == {
        "workspace": "acme",
        "zone": "Europe/Warsaw",
        "as_of": AT.isoformat().replace("+00:00", "Z"),
        "settings_version": 1,
        "filter": {"teams": ["t-sales"]},
    }


def test_nobody_is_shown_what_is_outside_the_scope(hall: Hall) -> None:
    hall.call("ringing", agent="anna")
    assert [c["id"] for c in ask("boris", "GET /v1/live")[1]["calls"]] == []
    assert [c["id"] for c in ask("anna", "GET /v1/live")[1]["calls"]] == ["pbx:c1"]


def test_a_wrong_filter_is_named(hall: Hall) -> None:
    status, problem, _ = ask("olga", "GET /v1/live", query="type=incoming")
    assert (status, problem["errors"][0]["field"]) == (400, "type")


def test_the_lowest_plan_has_no_live_board(hall: Hall) -> None:
    workspace = hall.directory.settings("acme")
    assert isinstance(workspace, Workspace)
    hall.directory.put_workspace(msgspec.structs.replace(workspace, plan="basic"))
    for route in ("GET /v1/live", "POST /v1/live/tickets", "GET /v1/live/export"):
        assert ask("olga", route)[0] == 402


def test_the_board_as_a_file_has_the_rows_of_the_board_and_a_line_of_the_record(hall: Hall) -> None:
    """demands.md D67"""
    hall.contact("=cmd()")
    hall.call("ringing", agent="anna")
    hall.call("ringing", id="c2", agent="boris", to=SALES)
    hall.at = 5
    hall.call("answered", id="c2", agent="boris", to=SALES)
    hall.at = 65
    status, text, headers = ask("olga", "GET /v1/live/export")
    assert status == 200
    assert headers["content-disposition"] == 'attachment; filename="live-2026-09-14-110105.csv"'
    raw = text.encode() if isinstance(text, str) else text
    assert raw.startswith(BOM)
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row["call_id"] for row in rows] == ["pbx:c1", "pbx:c2"]
    assert rows[0] | {"started_at": ""} == {
        "call_id": "pbx:c1",
        "type": "incoming",
        "employee": "Anna",
        "department": "Sales",
        "status": "waiting",
        "status_s": "65",
        "customer_number": "'+48600100200",
        "customer_name": "'=cmd()",
        "business_number": "'+48221230000",
        "business_number_name": "Main",
        "wait_s": "65",
        "menu_s": "",
        "talk_s": "",
        "scheme": "",
        "queue": "",
        "started_at": "",
    }
    assert (rows[1]["status"], rows[1]["wait_s"], rows[1]["talk_s"]) == ("talking", "5", "60")
    (said,) = hall.directory.audit_lines("acme", "2026-09")
    assert (said.action, said.user_id, said.detail["rows"]) == ("live.export", "u-olga", 2)


def test_taking_the_file_needs_the_ability(hall: Hall) -> None:
    hall.change("anna", without=(Ability.EXPORT,))
    assert ask("anna", "GET /v1/live/export")[0] == 403
    assert ask("anna", "GET /v1/live")[0] == 200


# --- R38-R40

SUPERVISE = "POST /v1/live/calls/{id}/supervise"


def talking(hall: Hall, connection: str = "pbx") -> None:
    hall.call("ringing", agent="anna", connection=connection)
    hall.call("answered", agent="anna", connection=connection)


def test_a_call_is_joined_by_an_address_and_the_record_says_so(hall: Hall) -> None:
    talking(hall)
    status, joining, _ = ask("olga", SUPERVISE, {"mode": "whisper"}, id="pbx:c1")
    assert status == 200
    assert joining == {
        "call": "pbx:c1",
        "mode": "whisper",
        "url": "phone://join?call=c1&agent=anna&as=olga&mode=whisper",
    }
    (said,) = hall.directory.audit_lines("acme", "2026-09")
    assert (said.action, said.target, said.user_id) == ("call.supervise", "pbx:c1", "u-olga")
    assert said.detail == {"role": "owner", "mode": "whisper", "connection": "pbx"}


def test_listening_is_the_usual_way(hall: Hall) -> None:
    talking(hall)
    assert ask("olga", SUPERVISE, {}, id="pbx:c1")[1]["mode"] == "listen"


def test_joining_needs_the_ability(hall: Hall) -> None:
    talking(hall)
    assert ask("mia", SUPERVISE, {}, id="pbx:c1")[0] == 403
    hall.change("mia", abilities=(Ability.SUPERVISE,))
    assert ask("mia", SUPERVISE, {}, id="pbx:c1")[0] == 200


def test_only_a_call_that_one_sees_and_that_somebody_talks_on_is_joined(hall: Hall) -> None:
    hall.call("ringing", agent="boris")
    hall.change("mia", abilities=(Ability.SUPERVISE,))
    assert ask("olga", SUPERVISE, {}, id="pbx:c1")[0] == 409
    hall.call("answered", agent="boris")
    assert ask("mia", SUPERVISE, {}, id="pbx:c1")[0] == 404
    assert ask("olga", SUPERVISE, {}, id="pbx:c1")[0] == 200
    hall.call("completed")
    assert ask("olga", SUPERVISE, {}, id="pbx:c1")[0] == 409
    for unknown in ("pbx:c9", "c1", "pbx:", "other#call#pbx:c1"):
        assert ask("olga", SUPERVISE, {}, id=unknown)[0] == 404


def test_a_call_of_another_workspace_does_not_exist(hall: Hall) -> None:
    talking(hall)
    hall.directory.put_workspace(Workspace(id="rival", name="Rival"))
    hall.directory.put_user("rival", msgspec.structs.replace(hall.user("olga"), id="u-rival", sub="s-rival"))
    assert ask("rival", SUPERVISE, {}, id="pbx:c1")[0] == 404
    assert ask("rival", "GET /v1/live")[1]["calls"] == []


def test_a_connection_without_the_capability_or_an_address_cannot_be_joined(hall: Hall) -> None:
    talking(hall, "mute")
    assert ask("olga", SUPERVISE, {}, id="mute:c1")[0] == 403


def test_who_has_no_account_at_the_connection_cannot_join(hall: Hall) -> None:
    """R40: supervisor and call have to be at the same telephony account."""
    talking(hall)
    hall.change("olga", accounts=())
    assert ask("olga", SUPERVISE, {}, id="pbx:c1")[0] == 403
    assert hall.directory.audit_lines("acme", "2026-09") == []


@pytest.mark.parametrize("template", ["javascript:alert(1)", "data:text/html,x", "no address", ""])
def test_an_address_that_a_browser_would_run_is_refused(hall: Hall, template: str) -> None:
    joined = hall.directory.find("acme", Connection, "pbx")
    assert joined is not None
    hall.directory.put_connection(msgspec.structs.replace(joined, options={"supervise_url": template}))
    talking(hall)
    assert ask("olga", SUPERVISE, {}, id="pbx:c1")[0] == 403


def test_what_a_provider_calls_things_does_not_change_the_form_of_the_address(hall: Hall) -> None:
    hall.call("ringing", id="c1&mode=barge#x", agent="anna")
    hall.call("answered", id="c1&mode=barge#x", agent="anna")
    hall.at = timedelta(minutes=1).total_seconds()
    status, joining, _ = ask("olga", SUPERVISE, {}, id="pbx:c1&mode=barge#x")
    assert status == 200
    assert joining["url"] == "phone://join?call=c1%26mode%3Dbarge%23x&agent=anna&as=olga&mode=listen"
