"""Signing in, staying signed in, signing out: through the hosted login, in a real browser."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import PEOPLE, PageOf
from tests.browser.reader import Reader
from tests.deployed import Stack
from tools.simulator import seeding
from tools.window import Login

Visitor = Callable[..., Reader]
TOKENS = "() => JSON.parse(sessionStorage.getItem('ringlake.session'))"


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_signs_in_and_is_greeted_by_name(page_of: PageOf, seeded: seeding.Seeded, role: str) -> None:
    page = page_of(role).open("overview")
    page.get_by_role("button", name=seeded.login(PEOPLE[role]).person.name).wait_for()
    assert "code=" not in page.url


def test_who_is_not_signed_in_is_led_to_the_login_with_a_challenge_and_no_secret(
    visitor: Visitor, stack: Stack
) -> None:
    reader = visitor()
    reader.page.goto(f"{stack.api_url}/app/overview")
    reader.sign_in_if_asked()
    asked = parse_qs(urlsplit(reader.page.url).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert asked["redirect_uri"] == [f"{stack.api_url}/signed-in"]
    assert "client_secret" not in asked


def test_a_deep_link_survives_the_sign_in(visitor: Visitor, seeded: seeding.Seeded, stack: Stack) -> None:
    reader = visitor(seeded.login("martin"))
    reader.open("interactions", directions="inbound", **{"from": "2026-11-02", "to": "2026-11-03"})
    seen = urlsplit(reader.page.url)
    assert seen.path.endswith("/app/interactions")
    assert parse_qs(seen.query) == {"directions": ["inbound"], "from": ["2026-11-02"], "to": ["2026-11-03"]}


def test_a_wrong_password_lets_nobody_in(visitor: Visitor, seeded: seeding.Seeded) -> None:
    reader = visitor()
    reader.page.goto(f"{reader.url}/app/overview")
    reader.sign_in_if_asked()
    reader.page.fill("input[name=username]", seeded.login("olivia").email)
    reader.page.fill("input[name=password]", "Not-the-password-1")
    reader.page.click("button")
    reader.page.get_by_text("Incorrect username or password").wait_for()
    assert not reader.page.url.startswith(f"{reader.url}/app")


def test_an_answer_of_the_login_that_nobody_asked_for_is_refused(visitor: Visitor) -> None:
    """Somebody else's code, slipped in by a link, signs nobody in."""
    reader = visitor()
    with reader.expecting("sign-in", "error"):
        reader.page.goto(f"{reader.url}/signed-in?code=stolen&state=made-up")
        reader.page.get_by_role("alert").wait_for()
    assert reader.page.evaluate(TOKENS) is None


def test_a_reload_stays_signed_in_and_another_tab_does_not_get_the_tokens(
    visitor: Visitor, seeded: seeding.Seeded
) -> None:
    reader = visitor(seeded.login("anna"))
    reader.open("overview")
    reader.page.reload()
    reader.settled()
    assert reader.page.url.startswith(f"{reader.url}/app/overview")
    assert reader.page.evaluate("() => JSON.stringify(localStorage)").find("token") == -1
    assert reader.context.cookies() == []


def test_an_ended_token_is_renewed_without_a_word(visitor: Visitor, seeded: seeding.Seeded) -> None:
    reader = visitor(seeded.login("olivia"))
    reader.open("overview")
    before = reader.page.evaluate(TOKENS)
    reader.page.evaluate(
        "(kept) => sessionStorage.setItem('ringlake.session', JSON.stringify({ ...kept, expires_at: Date.now() }))",
        before,
    )
    with reader.page.expect_response(lambda r: r.url.endswith("/oauth2/token")) as renewed:
        reader.page.reload()
    assert parse_qs(renewed.value.request.post_data or "")["grant_type"] == ["refresh_token"]
    reader.settled()
    after = reader.page.evaluate(TOKENS)
    assert after["access_token"] != before["access_token"]
    assert after["expires_at"] > before["expires_at"] - 60_000


def test_a_token_that_the_api_refuses_leads_to_the_login_and_back_to_the_page(
    visitor: Visitor, seeded: seeding.Seeded
) -> None:
    """The session was ended elsewhere: the time of the token's end says nothing."""
    reader = visitor(seeded.login("olivia"))
    reader.open("team", preset="last_7_days")
    left = reader.page.url
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.fallback()
        else:
            refused.append(route.request.url)
            route.fulfill(status=401, content_type="application/json", body=json.dumps({"message": "Unauthorized"}))

    reader.page.route("**/v1/me", refuse_once)
    with reader.expecting("401"):
        reader.page.reload()
        reader.page.locator("input[name=password]").wait_for()
        reader.sign_in_if_asked()
        reader.settled()
    assert refused
    assert reader.page.url == left


def test_signing_out_revokes_the_session_and_leads_back_to_the_login(visitor: Visitor, seeded: seeding.Seeded) -> None:
    login = seeded.login("ines")
    reader = visitor(login)
    reader.open("overview")
    kept = reader.page.evaluate(TOKENS)
    reader.page.get_by_role("button", name=login.person.name).click()
    reader.page.get_by_role("button", name="Sign out").click()
    reader.page.locator("input[name=password]").wait_for()
    config = reader.context.request.get(f"{reader.url}/config.json").json()
    form = {"grant_type": "refresh_token", "refresh_token": kept["refresh_token"], "client_id": config["client_id"]}
    again = reader.context.request.post(config["token_endpoint"], form=form)
    assert (again.status, again.json()["error"]) == (400, "invalid_grant")


def test_whom_the_login_knows_and_no_workspace_is_told_so_and_not_sent_in_circles(
    visitor: Visitor, stack: Stack, aws: Callable[[str], Any]
) -> None:
    login = Login(f"stranger-{secrets.token_hex(4)}@example.com", "A-good-pass-word-1")
    pool, people = stack.outputs["UserPoolId"], aws("cognito-idp")
    people.admin_create_user(UserPoolId=pool, Username=login.email, MessageAction="SUPPRESS")
    people.admin_set_user_password(UserPoolId=pool, Username=login.email, Password=login.password, Permanent=True)
    reader = visitor(login)
    with reader.expecting("401"):
        reader.page.goto(f"{reader.url}/app/team")
        reader.sign_in_if_asked()
        reader.page.get_by_role("heading", name="No workspace knows you").wait_for()
