"""The directory through the deployed stack: a connection's life, and people who come and go."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ringlake.model.directory import Role
from ringlake.providers.signatures import sign_standard
from tests.deployed import Stack
from tests.integration.emulators import http
from tools import admin
from tools.simulator.observe import wait_for

pytestmark = pytest.mark.enable_socket


@dataclass
class Owner:
    """The owner of a workspace of this test alone, with a browser."""

    stack: Stack
    workspace: str
    token: str

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        sent = {"content-type": "application/json", "authorization": f"Bearer {self.token}", "if-match": "*", **headers}
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        return http(method, self.stack.api_url + path, data, sent)


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Owner:
    workspace = f"d-{secrets.token_hex(4)}"
    admin.create_workspace(stack.site, workspace, "Directory", zone="Europe/Warsaw", country="PL")
    email = f"owner@{workspace}.example.com"
    made = admin.add_user(stack.site, workspace, email, "Olga", role=Role.OWNER)
    return Owner(stack, workspace, stack.observer.sign_in(email, made.password))


def deliver(url: str, secret: str, call_id: str) -> int:
    """One signed event; the status of the answer."""
    now_s, message_id = int(time.time()), f"msg_{secrets.token_hex(8)}"
    body = json.dumps(
        {
            "type": "call.completed",
            "timestamp": datetime.now(UTC).isoformat(),
            "data": {"call": {"id": call_id, "direction": "inbound", "from": "+48600100200", "to": "+48221230001"}},
        }
    ).encode()
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": sign_standard(secret.encode(), message_id, now_s, body),
    }
    return http("POST", url, body, headers)[0]


def test_the_life_of_a_connection(owner: Owner) -> None:
    status, made = owner.ask("POST", "/v1/directory/connections", {"provider": "generic", "name": "Hotline"})
    assert status == 201, made
    url, secret, path = made["webhook_url"], made["secret"], f"/v1/directory/connections/{made['id']}"
    assert url.startswith(f"{owner.stack.api_url}/webhooks/generic/")
    assert deliver(url, secret, "c1") == 200
    assert deliver(url, admin.new_secret(), "c1") == 401

    seen = owner.ask("GET", f"{path}/test")[1]
    assert seen["arrivals"]["accepted_at"]
    assert seen["arrivals"]["refused_at"]
    assert seen["quarantined"]["count"] == 0

    status, rotated = owner.ask("POST", f"{path}/secrets", {})
    assert status == 201, rotated
    assert deliver(url, rotated["secret"], "c2") == 200
    assert deliver(url, secret, "c3") == 200
    assert owner.ask("DELETE", f"{path}/secrets/{rotated['secrets'][1]}")[0] == 200

    status, moved = owner.ask("POST", f"{path}/token")
    assert (status, deliver(moved["webhook_url"], rotated["secret"], "c4")) == (201, 200)
    # An address that was not tried yet is not in any cache: the secret that was removed opens nothing there.
    assert deliver(moved["webhook_url"], secret, "c5") == 401

    # Ingest's cache would know the address for a minute more, so it is one that was not tried yet.
    _, last = owner.ask("POST", f"{path}/token")
    assert owner.ask("POST", f"{path}/disable")[1]["disabled"]
    assert deliver(last["webhook_url"], rotated["secret"], "c6") == 404
    actions = {one["action"] for one in owner.ask("GET", "/v1/directory/audit?action=connection")[1]["lines"]}
    assert {"connection.create", "connection.rotate_secret", "connection.disable"} <= actions


def test_a_call_with_an_odd_id_is_marked_through_the_gateway(owner: Owner) -> None:
    _, made = owner.ask("POST", "/v1/directory/connections", {"provider": "generic"})
    odd = "a/b:c?d#e+f%2F~ż"
    assert deliver(made["webhook_url"], made["secret"], odd) == 200
    segment = base64.urlsafe_b64encode(f"{made['id']}:{odd}".encode()).decode().rstrip("=")
    path = f"/v1/calls/~{segment}/marks"
    wait_for("the folded call", lambda: owner.ask("GET", path)[0] == 200 or None)
    status, marked = owner.ask("PUT", path, {"success": True, "tags": ["vip"]}, **{"if-match": '"0"'})
    assert (status, marked["id"], marked["success"]) == (200, f"{made['id']}:{odd}", True)
    assert owner.ask("PUT", path, {"success": False}, **{"if-match": '"0"'})[0] == 412


def test_who_is_invited_signs_in_and_who_is_suspended_does_not(owner: Owner) -> None:
    email = f"ben@{owner.workspace}.example.com"
    status, made = owner.ask("POST", "/v1/directory/users", {"email": email, "name": "Ben", "role": "operator"})
    assert status == 201, made
    # The invitation's password is in a mail; here somebody has chosen one.
    owner.stack.site.identities.add(email, "Chosen-Passw0rd-1")
    token = owner.stack.observer.sign_in(email, "Chosen-Passw0rd-1")
    ben = Owner(owner.stack, owner.workspace, token)
    assert ben.ask("GET", "/v1/me")[1]["user"]["role"] == "operator"
    assert ben.ask("GET", "/v1/directory/users")[0] == 403

    assert owner.ask("POST", f"/v1/directory/users/{made['id']}/suspend")[1]["state"] == "suspended"
    # The token lives on; the directory decides.
    assert ben.ask("GET", "/v1/me")[0] == 401


def test_a_file_of_numbers_goes_in_and_comes_back(owner: Owner) -> None:
    data = b"e164,name\r\n22 123 00 01,Front desk\r\n+48221230002,=1+1\r\n"
    path = "/v1/directory/numbers/import"
    rehearsed = owner.ask("POST", f"{path}?dry_run=true", data, **{"content-type": "text/csv"})
    assert (rehearsed[0], rehearsed[1]["created"], rehearsed[1]["applied"]) == (200, 2, False)
    status, done = owner.ask("POST", path, data, **{"content-type": "text/csv"})
    assert (status, done["created"], done["applied"]) == (200, 2, True)
    status, text = owner.ask("GET", "/v1/directory/numbers/export")
    assert status == 200
    again = owner.ask("POST", path, text.encode(), **{"content-type": "text/csv"})
    assert (again[1]["unchanged"], again[1]["changed"]) == (2, 0)
    status, wrong = owner.ask("POST", path, b"e164,name\n112,X\n", **{"content-type": "text/csv"})
    assert (status, wrong["errors"][0]["line"], wrong["errors"][0]["column"]) == (400, 2, "e164")


def test_settings_travel_with_their_version(owner: Owner) -> None:
    path = "/v1/directory/settings"
    before = owner.ask("GET", path)[1]
    assert before["zone"] == "Europe/Warsaw"
    assert owner.ask("PATCH", path, {"week_start": 7})[1]["settings_version"] == before["settings_version"] + 1
    status, problem = owner.ask("PATCH", path, {"week_start": 9, "zone": "Mars"})
    assert (status, [error["field"] for error in problem["errors"]]) == (400, ["zone", "week_start"])
