"""Dashboard: hands out the built site on the API's own domain. No layers, nothing but the standard library.

`tools/dashboard.py` puts the site beside this file: `site/index.html`, `site/icon.svg`, `site/version`, and
`site/assets/` with a `.br` and a `.gz` of each file. Every page address gets the same index; the pages are told apart
in the browser (docs/adr/0113).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

SERVICE = "dashboard"
SITE = Path(__file__).parent / "site"
# The scope by which the API tells access tokens from identity tokens, and what is asked about the person.
SCOPES = "openid email profile aws.cognito.signin.user.admin"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".webp": "image/webp",
}
# In order of preference; the ending is the file's.
ENCODINGS = {"br": ".br", "gzip": ".gz"}
FOREVER = "public, max-age=31536000, immutable"
# Asked for again each time, and answered by 304 while it is the same.
ASK_AGAIN = "no-cache"
NOTHING_BUT = ("fullscreen", "clipboard-write", "screen-wake-lock", "autoplay")
NEVER = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "serial",
    "usb",
)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes = b""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload 2.0)."""
    began = time.perf_counter()
    http = event["requestContext"]["http"]
    route = str(event.get("routeKey", "")).partition(" ")[2]
    asked = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if http["method"] not in ("GET", "HEAD"):
        found = Answer(405, {"allow": "GET, HEAD", "cache-control": "no-store"})
    else:
        found = _found(route, str((event.get("pathParameters") or {}).get("file", "")), asked)
    took = round((time.perf_counter() - began) * 1000, 1)
    # The route, not the address: what people look at is nobody's business.
    print(json.dumps({"service": SERVICE, "route": route, "status": found.status, "ms": took}))
    body = b"" if http["method"] == "HEAD" else found.body
    return {
        "statusCode": found.status,
        "headers": _security() | found.headers,
        "body": base64.b64encode(body).decode("ascii"),
        "isBase64Encoded": True,
    }


def _found(route: str, file: str, asked: Mapping[str, str]) -> Answer:
    if route == "/config.json":
        said = json.dumps(config(), separators=(",", ":")).encode()
        return Answer(200, {"content-type": TYPES[".json"], "cache-control": "no-store"}, said)
    if route == "/assets/{file+}":
        return _asset(file, asked)
    if route == "/icon.svg":
        return _known(_read(SITE / "icon.svg"), TYPES[".svg"], asked)
    return _known(index(), "text/html; charset=utf-8", asked)


def _known(body: bytes, kind: str, asked: Mapping[str, str]) -> Answer:
    """A body under an address that stays, or 304 for who has it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"content-type": kind, "cache-control": ASK_AGAIN, "etag": etag}
    named = [one.strip().removeprefix("W/") for one in asked.get("if-none-match", "").split(",")]
    # A cache on the way may have made the tag a weak one.
    if etag in named or "*" in named:
        return Answer(304, headers)
    return Answer(200, headers, body)


def _asset(file: str, asked: Mapping[str, str]) -> Answer:
    """A file whose name holds its hash. Only names that the build wrote are looked up, so no path leads elsewhere."""
    kind = TYPES.get(PurePosixPath(file).suffix)
    if kind is None or file not in assets():
        # A page of an older deployment asks for a file that is gone: nobody may keep this answer.
        return Answer(404, {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}, b"not found\n")
    headers = {"content-type": kind, "cache-control": FOREVER, "vary": "accept-encoding"}
    for encoding, ending in ENCODINGS.items():
        if _accepts(asked.get("accept-encoding", ""), encoding) and file + ending in assets():
            return Answer(200, headers | {"content-encoding": encoding}, _read(SITE / "assets" / (file + ending)))
    return Answer(200, headers, _read(SITE / "assets" / file))


def _accepts(header: str, encoding: str) -> bool:
    """Whether an Accept-Encoding names this encoding, or any, and not with weight 0."""
    weights: dict[str, float] = {}
    for one in header.lower().split(","):
        name, _, weight = one.partition(";")
        try:
            weights[name.strip()] = float(weight.partition("=")[2]) if weight.strip() else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    return weights.get(encoding, weights.get("*", 0.0)) > 0


@cache
def assets() -> frozenset[str]:
    """The names of all files that the build wrote."""
    folder = SITE / "assets"
    return frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@cache
def _read(path: Path) -> bytes:
    """A file of the site; each is read once per process, all of them are a few megabytes."""
    return path.read_bytes()


@cache
def index() -> bytes:
    """The page, told where it stands: a stage of the API has a path, a domain has none."""
    path = urlsplit(os.environ["RINGLAKE_PUBLIC_URL"]).path
    base = f'<head>\n    <base href="{escape(path)}/" />'
    return _read(SITE / "index.html").decode().replace("<head>", base, 1).encode()


@cache
def config() -> dict[str, str]:
    """Where to sign in, and which build this is."""
    login = os.environ["RINGLAKE_LOGIN_URL"]
    return {
        "issuer": os.environ["RINGLAKE_ISSUER"],
        "client_id": os.environ["RINGLAKE_CLIENT_ID"],
        "authorization_endpoint": f"{login}/oauth2/authorize",
        "token_endpoint": f"{login}/oauth2/token",
        "revocation_endpoint": f"{login}/oauth2/revoke",
        "end_session_endpoint": f"{login}/logout",
        "scopes": SCOPES,
        "version": _read(SITE / "version").decode().strip(),
    }


@cache
def _security() -> dict[str, str]:
    """What the pages may load and whom they may talk to: themselves, the sign-in, the live board."""
    talks_to = " ".join(_origin(os.environ[name]) for name in ("RINGLAKE_LOGIN_URL", "RINGLAKE_LIVE_URL"))
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        # Recordings are played from where their providers keep them, whoever that is (docs/adr/0125).
        "media-src": "https:",
        "connect-src": f"'self' {talks_to}",
        "base-uri": "'self'",
        # Sign-in is an address that the page goes to; every form is answered by the page's own code.
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    allowed = [f"{name}=(self)" for name in NOTHING_BUT] + [f"{name}=()" for name in NEVER]
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": ", ".join(allowed),
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=63072000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
    }


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
