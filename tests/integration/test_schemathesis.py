"""The published description against the deployed stack, over HTTP, with tokens of every role.

    RINGLAKE_CASES=50 pytest tests/integration/test_schemathesis.py -s

asks that many requests of each route instead of a few, and prints what was asked. The same requests in process, which
is faster: tests/unit/api/test_any_request.py.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ringlake.access import ROUTES, Principal, abilities
from ringlake.model.directory import Ability, Role, User
from ringlake.providers.signatures import sign_standard
from tests.deployed import Stack
from tests.integration.emulators import http
from tests.unit.api import asking
from tools import admin
from tools.simulator.observe import wait_for

pytestmark = pytest.mark.enable_socket

CASES = int(os.environ.get("RINGLAKE_CASES", "0")) or 3
COUNTS = asking.Counts()
OPERATIONS = asking.operations()
# In what is the workspace's alone.
SECRET = f"Zyzzyva-{secrets.token_hex(4)}"


@dataclass(frozen=True)
class Site:
    """A furnished workspace, its people's tokens, and that of another workspace's owner."""

    url: str
    there: asking.There
    users: dict[str, User]
    tokens: dict[str, str]
    rival: str

    def ask(self, case: Any, token: str) -> Any:
        return case.call(base_url=self.url, headers={"authorization": f"Bearer {token}"} if token else {})


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    workspace = f"s-{secrets.token_hex(4)}"
    admin.create_workspace(stack.site, workspace, "Described", zone="Europe/Warsaw", country="PL")
    users, tokens = {}, {}
    for role in Role:
        users[role.value], tokens[role.value] = _person(stack, workspace, role)
    there = _furnish(stack, workspace, users["owner"], tokens["owner"])
    other = f"s-{secrets.token_hex(4)}"
    admin.create_workspace(stack.site, other, "Other", zone="Europe/Warsaw", country="PL")
    _, rival = _person(stack, other, Role.OWNER)
    yield Site(url=stack.api_url, there=there, users=users, tokens=tokens, rival=rival)
    print(f"\nschemathesis, over HTTP: {COUNTS}")


def _person(stack: Stack, workspace: str, role: Role) -> tuple[User, str]:
    email = f"{role.value}@{workspace}.example.com"
    made = admin.add_user(stack.site, workspace, email, role.value.title(), role=role)
    return made.user, stack.observer.sign_in(email, made.password)


def _furnish(stack: Stack, workspace: str, owner: User, token: str) -> asking.There:
    """One thing of each kind, two calls and a text that are in the lake, and a file."""
    viewer, offices, now = Principal(workspace=workspace, user=owner), stack.site.offices, datetime.now(UTC)
    team = offices.teams.create(viewer, {"name": SECRET}, now).document.id
    number = offices.numbers.create(viewer, {"e164": "+48221230001", "team": team}, now).document.id
    somebody = {"email": f"extra@{workspace}.example.com", "name": SECRET, "teams": [team], "signs_in": False}
    extra = offices.users.create(viewer, somebody, now).document.id
    contact = offices.contacts.create(viewer, {"name": SECRET, "numbers": ["600100200"]}, now).document.id
    source = offices.sources.create(viewer, {"name": SECRET}, now).document.id
    rates = [{"prefix": "48", "per_minute": "0.1"}]
    tariff = offices.tariffs.create(viewer, {"name": SECRET, "currency": "EUR", "rates": rates}, now).document.id
    made = offices.connections.create(viewer, {"provider": "generic", "name": SECRET}, now).document
    spare = offices.connections.create(viewer, {"provider": "generic"}, now).document.id
    for call_id in ("c1", "c2"):
        _deliver(made.webhook_url, made.secret, call_id, now)
    records = [f"{made.id}:c1", f"{made.id}:c2"]
    path = f"/v1/calls/{records[0]}/marks"
    wait_for("the folded call", lambda: stack.observer.call("GET", path, token).status == 200 or None)
    stack.observer.roll_up(workspace)
    day = now.date().isoformat()
    ordered = stack.observer.call("POST", "/v1/exports", token, {"filter": {"from": day, "to": day}}).json["id"]
    return asking.There(
        ids={
            "/v1/exports/": [ordered],
            "/v1/reports/": ["missed_rate_per_week"],
            "/v1/interactions/": records,
            "/v1/calls/": records,
            "/v1/cases/": records,
            "/v1/live/calls/": records,
            "/v1/people/": [extra],
            "/v1/customers/": [contact],
            "/v1/directory/connections/": [spare],
            "/v1/directory/users/": [extra],
            "/v1/directory/teams/": [team],
            "/v1/directory/numbers/": [number],
            "/v1/directory/contacts/": [contact],
            "/v1/directory/sources/": [source],
            "/v1/directory/tariffs/": [tariff],
        },
        queries={
            "users": [extra, ""],
            "teams": [team, ""],
            "numbers": [number, ""],
            "sources": [source, ""],
            "connections": [made.id],
            "contact": [contact],
            "record_ids": records,
            "remote": ["+48600100200", "anonymous"],
        },
        day=day,
        # On the lowest plan there would be nothing left to ask.
        kept={"PATCH /v1/directory/settings": {"plan": "business"}},
    )


def _deliver(url: str, secret: str, call_id: str, now: datetime) -> None:
    now_s, message_id = int(time.time()), f"msg_{secrets.token_hex(8)}"
    call = {"id": call_id, "direction": "inbound", "from": "+48600100200", "to": "+48221230001"}
    event = {"type": "call.completed", "timestamp": now.isoformat(), "data": {"call": call}}
    body = json.dumps(event).encode()
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": sign_standard(secret.encode(), message_id, now_s, body),
    }
    assert http("POST", url, body, headers)[0] == 200


@pytest.mark.parametrize("route", ROUTES)
def test_any_request_is_answered_as_described_and_to_whom_it_may(site: Site, route: str) -> None:
    # Not made smaller: over HTTP that takes minutes, and in process the same is found faster.
    @settings(
        max_examples=CASES,
        derandomize=True,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        mode, case = data.draw(asking.requests(OPERATIONS[route], site.there))
        refused = site.ask(case, "")
        COUNTS.add("nobody", mode, refused.status_code)
        if refused.status_code in (414, 431):
            # The gateway takes 10,240 bytes of request line and headers, and says so before it looks at anything.
            assert len(refused.request.url) > 5_000
            return
        assert refused.status_code == 401

        foreign = site.ask(case, site.rival)
        COUNTS.add("owner of another workspace", mode, foreign.status_code)
        assert SECRET not in foreign.text
        ids = {one for ids in site.there.ids.values() for one in ids} - set(site.there.ids["/v1/reports/"])
        if ids & set((case.path_parameters or {}).values()):
            assert foreign.status_code in (400, 404, 428), foreign.text

        # The first of a list is drawn most often: who may ask everything meets most.
        role = data.draw(st.sampled_from(["owner", *sorted(set(site.tokens) - {"owner"})]))
        answer = site.ask(case, site.tokens[role])
        COUNTS.add(role, mode, answer.status_code)
        asking.check(case, answer, site.users[role], mode)

    ask()


@pytest.mark.parametrize("role", Role)
def test_each_role_is_refused_exactly_what_it_may_not(site: Site, role: Role) -> None:
    """Every route once, with nothing in the request: whoever lacks an ability hears so before anything else."""
    held = abilities(site.users[role.value])
    for route, needed in ROUTES.items():
        method, _, path = route.partition(" ")
        for name in ("id", "name", "secret", "number"):
            path = path.replace(f"{{{name}}}", "x")
        headers = {"authorization": f"Bearer {site.tokens[role.value]}", "content-type": "application/json"}
        status, answer = http(method, site.url + path, None, headers)
        COUNTS.add(role.value, "empty", status)
        assert status < 500, (route, answer)
        refused = status == 403 and "needs the ability" in answer["detail"]
        assert refused == bool(_lacking(needed, held)), (route, role, status, answer)


def _lacking(needed: tuple[Ability, ...], held: frozenset[Ability]) -> set[Ability]:
    return set(needed) - held


def test_a_path_that_is_no_route_is_answered_by_the_api_through_the_gateway(site: Site) -> None:
    headers = {"authorization": f"Bearer {site.tokens['member']}"}
    for method, path, expected in (
        ("GET", "/v1/nothing/at/all", 404),
        ("DELETE", "/v1/me", 405),
        ("PUT", "/v1/directory/users/x", 405),
    ):
        status, problem = http(method, site.url + path, None, headers)
        assert (status, problem["status"]) == (expected, expected)
        assert problem["request_id"]
        assert http(method, site.url + path, None, {})[0] == 401


def test_a_large_answer_travels_compressed_and_is_not_sent_twice(site: Site) -> None:
    import requests

    asked = {"Authorization": f"Bearer {site.tokens['member']}", "Accept-Encoding": "gzip"}
    first = requests.get(f"{site.url}/v1/openapi.json", headers=asked, timeout=60)
    assert (first.status_code, first.headers["content-encoding"]) == (200, "gzip")
    assert first.json()["openapi"] == "3.1.0"
    again = requests.get(
        f"{site.url}/v1/openapi.json", headers=asked | {"If-None-Match": first.headers["etag"]}, timeout=60
    )
    assert (again.status_code, again.content) == (304, b"")
