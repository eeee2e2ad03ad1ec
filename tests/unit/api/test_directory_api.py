"""The directory as people reach it: status, version and form of each kind of answer."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from ringlake.errors import Conflict, Unavailable
from ringlake.flows.directory import transfers
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Connection
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.directory import party_key_context
from ringlake.stores.records import Loaded
from tests.unit.api.test_api import MEMBER, OWNER, call, claims_of
from tests.unit.export.world import World

D = "/v1/directory"
CSV = {"content-type": "text/csv; charset=utf-8"}


@pytest.fixture
def world(world: World) -> World:
    sealed = world.vault.encrypt(b"0123456789abcdef0123456789abcdef", party_key_context("acme"))
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), party_secret=sealed))
    return world


def test_a_version_travels_out_as_etag_and_back_as_if_match(world: World) -> None:
    _, settings, headers = call(f"GET {D}/settings", OWNER)
    etag = headers["etag"]
    assert (etag[0], etag[-1], headers["cache-control"]) == ('"', '"', "private, no-cache")

    status, changed, after = call(f"PATCH {D}/settings", OWNER, {"week_start": 7}, headers={"if-match": etag})
    assert (status, changed["settings_version"]) == (200, settings["settings_version"] + 1)
    assert after["etag"] != etag
    for given, refused in ((etag, 412), ('"other"', 412), ("", 428)):
        status, problem, kind = call(f"PATCH {D}/settings", OWNER, {"week_start": 6}, headers={"if-match": given})
        assert (status, problem["status"], kind["content-type"]) == (refused, refused, "application/problem+json")
    for given in (after["etag"], f"W/{after['etag']}", f'"x", {after["etag"]}', "*"):
        assert call(f"PATCH {D}/settings", OWNER, {"week_start": 7}, headers={"if-match": given})[0] == 200


def test_etags_of_lists_are_those_of_the_things(world: World) -> None:
    for kind, one in (("users", "member"), ("numbers", "n1"), ("teams", "t1")):
        listed = call(f"GET {D}/{kind}", OWNER)[1][kind]
        entry = next(entry for entry in listed if entry["id"] == one)
        _, shown, headers = call(f"GET {D}/{kind}/{{id}}", OWNER, id=one)
        assert entry == shown
        assert headers["etag"] == f'"{entry["etag"]}"'


def test_what_is_made_answers_201_and_its_version_can_be_used(world: World) -> None:
    made: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("teams", {"name": "Night"}, {"name": "Day"}),
        ("numbers", {"e164": "+48221230077"}, {"name": "Line"}),
        ("users", {"email": "a@example.com", "name": "Anna"}, {"name": "Ann"}),
        ("contacts", {"name": "Carla", "numbers": ["600100200"]}, {"company": "Beta"}),
        ("sources", {"name": "Poster"}, {"medium": "print"}),
        ("connections", {"provider": "generic"}, {"name": "Hotline"}),
    ]
    for kind, body, patch in made:
        status, thing, headers = call(f"POST {D}/{kind}", OWNER, body)
        assert status == 201, (kind, thing)
        version = {"if-match": headers["etag"]}
        status, changed, _ = call(f"PATCH {D}/{kind}/{{id}}", OWNER, patch, id=thing["id"], headers=version)
        assert (status, {name: changed[name] for name in patch}) == (200, patch), (kind, changed)
        if kind != "connections":
            status, gone, _ = call(f"DELETE {D}/{kind}/{{id}}", OWNER, id=thing["id"])
            assert (status, gone["id"]) == (200, thing["id"]), (kind, gone)


def test_what_is_taken_answers_409(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    call(f"POST {D}/connections", OWNER, {"provider": "generic", "id": "desk"})
    status, problem, _ = call(f"POST {D}/connections", OWNER, {"provider": "generic", "id": "desk"})
    assert (status, problem["detail"]) == (409, "there is a connection with this id")

    def lost(*_: Any) -> None:
        raise Conflict("TransactWriteItems: TransactionCanceledException")

    monkeypatch.setattr(world.directory, "replace", lost)
    status, problem, _ = call(f"PATCH {D}/settings", OWNER, {"week_start": 7}, headers={"if-match": "*"})
    assert status == 409
    assert "Transact" not in problem["detail"]


def test_files_come_as_csv_with_a_name_and_where_the_next_begins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "name,numbers\r\nCarla,600100200\r\nDan,600100201\r\nEva,\r\n"
    status, report, _ = call(f"POST {D}/contacts/import", OWNER, raw=text, headers=CSV, query="dry_run=true")
    assert (status, report["created"], report["applied"], report["dry_run"]) == (200, 3, False, True)
    # A browser or gateway may send the same bytes as base64.
    status, report, _ = call(f"POST {D}/contacts/import", OWNER, raw=text, binary=True, headers=CSV)
    assert (status, report["created"], report["applied"]) == (200, 3, True)

    monkeypatch.setattr(transfers, "MOST_CONTACTS", 2)
    status, file, headers = call(f"GET {D}/contacts/export", OWNER)
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert headers["content-disposition"] == 'attachment; filename="contacts.csv"'
    assert file.startswith('\ufeff"id","name"')
    status, rest, headers = call(f"GET {D}/contacts/export", OWNER, query=f"after={unquote(headers['ringlake-next'])}")
    assert (len(file.splitlines()), len(rest.splitlines())) == (3, 2)
    assert "ringlake-next" not in headers


def test_an_import_that_cannot_be_says_every_line(world: World) -> None:
    text = "e164,team\n112,\n+48221230077,Nowhere\n"
    for query, expected in (("dry_run=true", 200), ("dry_run=false", 400)):
        status, report, headers = call(f"POST {D}/numbers/import", OWNER, raw=text, headers=CSV, query=query)
        assert status == expected
        assert [(one["line"], one["column"]) for one in report["errors"]] == [(2, "e164"), (3, "team")]
        assert ("problem" in headers["content-type"]) == (expected == 400)
    assert [number.id for number in world.directory.load("acme").numbers] == ["n1"]


def test_a_caller_is_looked_up_by_the_number_however_it_is_written(world: World) -> None:
    call(f"POST {D}/contacts", OWNER, {"name": "Carla", "numbers": ["600100200"]})
    for spelled in ("+48600100200", "600 100 200", "600100200"):
        status, found, _ = call(f"GET {D}/contacts/lookup", MEMBER, query=f"number={spelled}")
        assert (status, found["contact"]["name"], found["others"]) == (200, "Carla", 0)
    status, found, _ = call(f"GET {D}/contacts", OWNER, query="q=carla&limit=1")
    assert (status, [c["name"] for c in found["contacts"]], found["next"]) == (200, ["Carla"], "")


def test_marks_of_a_call_are_reached_by_any_id_and_gated_by_the_plan(world: World) -> None:
    about = Subject(workspace="acme", kind=SubjectKind.CALL, connection="c1", id="a/b c")
    record = CallRecord(
        record_id=about.record_id,
        workspace="acme",
        connection="c1",
        provider="generic",
        provider_id=about.id,
        started_at=world.now,
        business_number_id="n1",
    )
    world.records.put(about, record, Loaded(key=about.key))
    segment = "~" + base64.urlsafe_b64encode(about.record_id.encode()).decode().rstrip("=")
    status, _, headers = call("GET /v1/calls/{id}/marks", MEMBER, id=segment)
    assert (status, headers["etag"]) == (200, '"0"')
    body = {"success": True, "labels": ["target"]}
    status, marked, headers = call("PUT /v1/calls/{id}/marks", MEMBER, body, id=segment, headers={"if-match": '"0"'})
    assert (status, marked["success"], marked["id"], headers["etag"]) == (200, True, "c1:a/b c", '"1"')
    assert call("GET /v1/calls/{id}/marks", claims_of("s-other"), id=segment)[0] == 404
    status, case, _ = call("PUT /v1/cases/{id}", MEMBER, {"state": "dismissed"}, id=segment, headers={"if-match": "*"})
    assert (status, case["state"]) == (200, "dismissed")

    low = msgspec.structs.replace(world.directory.settings("acme"), plan="starter")
    world.directory.put_workspace(low)
    assert call("GET /v1/calls/{id}/marks", MEMBER, id=segment)[0] == 402
    # What keeps the events coming is never gated.
    assert call(f"POST {D}/connections", OWNER, {"provider": "generic"})[0] == 201


def test_a_webhook_address_is_complete_once(world: World) -> None:
    _, made, _ = call(f"POST {D}/connections", OWNER, {"provider": "generic"})
    assert made["webhook_url"].startswith("https://ringlake.example.com/webhooks/generic/")
    assert call(f"GET {D}/connections/{{id}}", OWNER, id=made["id"])[1]["webhook_url"] == ""
    _, rotated, _ = call(f"POST {D}/connections/{{id}}/secrets", OWNER, {}, id=made["id"])
    old = rotated["secrets"][1]
    route = f"DELETE {D}/connections/{{id}}/secrets/{{secret}}"
    assert call(route, OWNER, id=made["id"], secret=old)[1]["secrets"] == rotated["secrets"][:1]
    assert call(route, OWNER, id=made["id"], secret=old)[0] == 404
    status, tested, _ = call(f"GET {D}/connections/{{id}}/test", OWNER, id=made["id"])
    assert (status, tested["quarantined"]["count"]) == (200, 0)


def test_a_service_that_is_down_answers_503_and_says_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_email: str) -> str:
        raise Unavailable("AdminCreateUser: InternalErrorException")

    monkeypatch.setattr(world.identities, "invite", down)
    status, problem, headers = call(f"POST {D}/users", OWNER, {"email": "a@example.com", "name": "Anna"})
    assert (status, headers["retry-after"], problem["detail"]) == (503, "5", "please try again")
    assert [user.email for user in world.directory.load("acme").users if user.email.startswith("a@")] == []


def test_nothing_of_another_workspace_is_reached_by_any_id(world: World) -> None:
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic"))
    contact = call(f"POST {D}/contacts", OWNER, {"name": "Carla"})[1]["id"]
    rival = claims_of("s-rival")
    for route, one in (
        (f"GET {D}/users/{{id}}", "member"),
        (f"GET {D}/numbers/{{id}}", "n1"),
        (f"GET {D}/teams/{{id}}", "t1"),
        (f"GET {D}/connections/{{id}}", "c1"),
        (f"GET {D}/contacts/{{id}}", contact),
        (f"DELETE {D}/users/{{id}}", "member"),
        (f"POST {D}/connections/{{id}}/token", "c1"),
    ):
        status, problem, _ = call(route, rival, id=one)
        assert (status, problem["detail"]) == (404, "not found"), route
    assert call(f"GET {D}/audit", rival)[1]["count"] == 0
