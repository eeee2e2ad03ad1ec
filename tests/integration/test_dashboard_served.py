"""The dashboard as the deployed API hands it out: headers, caching, encodings, and nothing but the site."""

from __future__ import annotations

import gzip
import json
import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.deployed import Stack
from tools.stack import deploy

pytestmark = pytest.mark.enable_socket


class Got:
    """One answer, with its headers in small letters."""

    def __init__(self, stack: Stack, path: str, method: str = "GET", **headers: str) -> None:
        parts = urlsplit(stack.api_url)
        connection = HTTPConnection(str(parts.hostname), int(parts.port or 80), timeout=30)
        try:
            # As it is: http.client resolves no dots, and names no encoding of its own.
            connection.putrequest(method, parts.path + path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            self.status, self.body = answer.status, answer.read()
            self.headers = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()


@pytest.fixture(scope="module")
def script(stack: Stack) -> str:
    """The address of the script that the page loads."""
    found = re.search(r'src="\./(assets/[^"]+\.js)"', Got(stack, "/").body.decode())
    assert found
    return f"/{found[1]}"


@pytest.mark.parametrize("path", ["/", "/app/overview", "/app/settings/people?x=1", "/signed-in?code=1&state=2"])
def test_every_address_of_a_page_is_the_page(stack: Stack, path: str) -> None:
    """A deep link, a reload, and the way back from the login."""
    got = Got(stack, path)
    assert (got.status, got.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'<base href="{urlsplit(stack.api_url).path}/" />' in got.body.decode()
    assert got.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert got.headers["x-content-type-options"] == "nosniff"


def test_a_page_that_has_not_changed_is_not_sent_again(stack: Stack) -> None:
    etag = Got(stack, "/").headers["etag"]
    again = Got(stack, "/app/live", if_none_match=etag)
    assert (again.status, again.body) == (304, b"")


def test_a_script_comes_compressed_and_is_kept_for_a_year(stack: Stack, script: str) -> None:
    plain = Got(stack, script)
    zipped = Got(stack, script, accept_encoding="gzip")
    small = Got(stack, script, accept_encoding="gzip, deflate, br")
    assert (plain.headers.get("content-encoding"), small.headers["content-encoding"]) == (None, "br")
    assert gzip.decompress(zipped.body) == plain.body
    assert len(small.body) < len(zipped.body) < len(plain.body) / 2
    for got in (plain, zipped, small):
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert got.headers["vary"] == "accept-encoding"
        assert got.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-00000000.js",
        "/assets/../dashboard.py",
        "/assets/..%2fdashboard.py",
        "/assets/%2e%2e/%2e%2e/dashboard.py",
        "/assets/..%5cversion",
        "/assets//etc/passwd",
        "/assets/index.html",
    ],
)
def test_nothing_but_the_site_is_handed_out(stack: Stack, path: str) -> None:
    got = Got(stack, path)
    assert (got.status, got.body) == (404, b"not found\n")
    assert got.headers["cache-control"] == "no-store"


def test_the_configuration_leads_to_this_stacks_login(stack: Stack) -> None:
    got = Got(stack, "/config.json")
    config = json.loads(got.body)
    assert got.headers["cache-control"] == "no-store"
    assert config["client_id"] == stack.outputs["UserPoolClientId"]
    assert config["issuer"].endswith(f"/{stack.outputs['UserPoolId']}")
    assert config["token_endpoint"] == f"{stack.outputs['LoginUrl']}/oauth2/token"
    assert stack.outputs["DashboardUrl"] == f"{stack.api_url}/"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_site_is_only_read(stack: Stack, method: str) -> None:
    assert Got(stack, "/", method).status in (404, 405)


def test_what_a_build_leaves_behind_is_no_source() -> None:
    """Else each deployment would look like a change."""
    assert {"dist", "node_modules"} <= deploy.IGNORED_FOLDERS
