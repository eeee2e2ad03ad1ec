"""What the dashboard's function hands out, and what it does not."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from functions.dashboard import dashboard

INDEX = "<!doctype html>\n<html>\n  <head>\n    <title>Ringlake</title>\n  </head>\n  <body></body>\n</html>\n"
SCRIPT = "console.log('Ringlake')\n" * 40


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site as the build leaves it, behind an address with a path."""
    folder = tmp_path / "function" / "site"
    (folder / "assets").mkdir(parents=True)
    (folder.parent / "dashboard.py").write_text("secret = 1\n", encoding="utf-8")
    (folder / "index.html").write_text(INDEX, encoding="utf-8")
    (folder / "icon.svg").write_text("<svg/>", encoding="utf-8")
    (folder / "version").write_text("0123456789abcdef\n", encoding="ascii")
    (folder / "assets" / "index-AbCd.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "assets" / "index-AbCd.js.br").write_bytes(b"brotli of it")
    (folder / "assets" / "index-AbCd.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "assets" / "font-AbCd.woff2").write_bytes(b"wOF2")
    # The build writes none, so nobody gets it.
    (folder / "assets" / "notes.txt").write_text("notes", encoding="utf-8")
    monkeypatch.setattr(dashboard, "SITE", folder)
    monkeypatch.setenv("RINGLAKE_PUBLIC_URL", "https://example.com/stage")
    monkeypatch.setenv("RINGLAKE_LOGIN_URL", "https://login.example.com")
    monkeypatch.setenv("RINGLAKE_LIVE_URL", "wss://live.example.com/live")
    monkeypatch.setenv("RINGLAKE_ISSUER", "https://cognito-idp.example.com/pool")
    monkeypatch.setenv("RINGLAKE_CLIENT_ID", "client")
    yield folder
    for one in (dashboard.assets, dashboard.index, dashboard.config, dashboard._read, dashboard._security):
        one.cache_clear()


def ask(
    route: str, *, file: str = "", method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request."""
    event: dict[str, Any] = {
        "routeKey": f"{method} {route}",
        "headers": headers or {},
        "requestContext": {"http": {"method": method, "path": route}},
    }
    if file:
        event["pathParameters"] = {"file": file}
    answer = dashboard.handler(event, None)
    assert answer["isBase64Encoded"]
    return answer["statusCode"], answer["headers"], base64.b64decode(answer["body"])


@pytest.mark.parametrize("route", ["/", "/app/{page+}", "/signed-in"])
def test_every_page_address_gets_the_index_that_knows_where_it_stands(route: str) -> None:
    status, headers, body = ask(route)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<head>\n    <base href="/stage/" />' in body.decode()


def test_on_a_domain_of_its_own_the_index_stands_at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGLAKE_PUBLIC_URL", "https://calls.example.com")
    assert b'<base href="/" />' in ask("/")[2]


def test_an_odd_path_cannot_break_out_of_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGLAKE_PUBLIC_URL", 'https://example.com/"><script>')
    assert b"<script>" not in ask("/")[2]


def test_the_index_is_asked_for_each_time_and_sent_once() -> None:
    _, headers, _ = ask("/")
    assert headers["cache-control"] == "no-cache"
    for named in (headers["etag"], f"W/{headers['etag']}", f'"other", {headers["etag"]}', "*"):
        status, again, body = ask("/", headers={"If-None-Match": named})
        assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    assert ask("/", headers={"if-none-match": '"other"'})[0] == 200


def test_another_deployment_has_another_etag(site: Path) -> None:
    before = ask("/")[1]["etag"]
    (site / "index.html").write_text(INDEX.replace("Ringlake", "Ringlake 2"), encoding="utf-8")
    dashboard.index.cache_clear()
    dashboard._read.cache_clear()
    assert ask("/")[1]["etag"] != before


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("BR", "br"),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("identity", ""),
        ("br;q=often", ""),
        ("", ""),
    ],
)
def test_an_asset_comes_in_the_best_encoding_that_is_accepted(accepted: str, encoding: str) -> None:
    status, headers, body = ask("/assets/{file+}", file="index-AbCd.js", headers={"accept-encoding": accepted})
    assert status == 200
    assert headers.get("content-encoding", "") == encoding
    assert body == {"br": b"brotli of it", "gzip": gzip.compress(SCRIPT.encode()), "": SCRIPT.encode()}[encoding]
    # A cache on the way keeps one answer for each.
    assert headers["vary"] == "accept-encoding"
    assert headers["content-type"] == "text/javascript; charset=utf-8"


def test_an_asset_is_kept_for_ever_because_its_name_changes_with_it() -> None:
    assert ask("/assets/{file+}", file="index-AbCd.js")[1]["cache-control"] == "public, max-age=31536000, immutable"


def test_what_has_no_smaller_form_comes_as_it_is() -> None:
    status, headers, body = ask("/assets/{file+}", file="font-AbCd.woff2", headers={"accept-encoding": "br"})
    assert (status, body, headers["content-type"]) == (200, b"wOF2", "font/woff2")
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    "file",
    [
        "gone-AbCd.js",
        "index-AbCd.js.br",
        "notes.txt",
        "../index.html",
        "../../dashboard.py",
        "..%2f..%2fdashboard.py",
        "./index-AbCd.js",
        "/etc/passwd",
        "x/../index-AbCd.js",
        "..\\..\\dashboard.py",
        "index-AbCd.js\x00.js",
        "",
    ],
)
def test_only_files_that_the_build_wrote_are_handed_out(file: str) -> None:
    status, headers, body = ask("/assets/{file+}", file=file)
    assert (status, body) == (404, b"not found\n")
    # It may be a page of an older deployment that asks; tomorrow the answer may be another.
    assert headers["cache-control"] == "no-store"


def test_the_configuration_says_where_to_sign_in_and_is_never_kept() -> None:
    status, headers, body = ask("/config.json")
    assert (status, headers["cache-control"], headers["content-type"]) == (200, "no-store", "application/json")
    assert json.loads(body) == {
        "issuer": "https://cognito-idp.example.com/pool",
        "client_id": "client",
        "authorization_endpoint": "https://login.example.com/oauth2/authorize",
        "token_endpoint": "https://login.example.com/oauth2/token",
        "revocation_endpoint": "https://login.example.com/oauth2/revoke",
        "end_session_endpoint": "https://login.example.com/logout",
        "scopes": "openid email profile aws.cognito.signin.user.admin",
        "version": "0123456789abcdef",
    }


def test_nothing_runs_or_loads_that_is_not_the_sites_own_but_recordings() -> None:
    policy = ask("/")[1]["content-security-policy"]
    allowed = dict(one.split(" ", 1) for one in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert {allowed[name] for name in ("script-src", "style-src", "img-src", "font-src")} == {"'self'"}
    assert allowed["connect-src"] == "'self' https://login.example.com wss://live.example.com"
    assert allowed["media-src"] == "https:"
    assert allowed["frame-ancestors"] == allowed["form-action"] == "'none'"
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("route", ["/", "/config.json", "/icon.svg", "/assets/{file+}"])
def test_every_answer_has_the_headers_of_security(route: str) -> None:
    headers = ask(route)[1]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert int(headers["strict-transport-security"].split("=")[1].split(";")[0]) >= 31_536_000
    assert all(name == name.lower() for name in headers)


def test_head_is_the_same_without_a_body_and_nothing_else_is_allowed() -> None:
    status, headers, body = ask("/assets/{file+}", file="index-AbCd.js", method="HEAD")
    assert (status, body, headers["content-type"]) == (200, b"", "text/javascript; charset=utf-8")
    status, headers, body = ask("/", method="POST")
    assert (status, headers["allow"], body) == (405, "GET, HEAD", b"")


def test_the_log_says_the_route_and_not_what_was_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    ask("/assets/{file+}", file="index-AbCd.js")
    line = json.loads(capsys.readouterr().out)
    assert {"service": "dashboard", "route": "/assets/{file+}", "status": 200}.items() <= line.items()
    assert "index-AbCd" not in json.dumps(line)


@cache
def _html() -> str:
    root = Path(dashboard.__file__).parent / "site"
    return (root / "index.html").read_text(encoding="utf-8")


def test_the_page_has_one_head_and_no_script_or_style_of_its_own() -> None:
    """What the policy would refuse is not written in the first place."""
    assert _html().count("<head>") == 1
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=|javascript:", _html())


def test_the_envelope_of_a_page_is_answered_with_the_page() -> None:
    event = json.loads((Path(__file__).parents[3] / "events" / "http_site_page.json").read_text(encoding="utf-8"))
    answer = dashboard.handler(event, None)
    assert answer["statusCode"] == 200
    assert b'<base href="/stage/" />' in base64.b64decode(answer["body"])
