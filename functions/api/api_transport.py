"""How an answer travels: compressed, with a version that a client can ask about, never larger than a function's
answer may be.

All of it follows from the answer and the request's headers, so handlers know nothing of it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

PROBLEM = "application/problem+json"
# Below this a packet holds it either way.
SMALL = 1_024
# A function's answer holds 6 MB, its JSON quotes and headers included (aws.md 3).
MOST_BYTES = 5_500_000
_TEXTS = ("application/json", PROBLEM, "text/")
# Good and quick: 1 MB of numbers takes some 15 ms.
_LEVEL = 5


def sent(answered: dict[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as it leaves: `answered` is the resolver's, with its body as text."""
    asked = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    context = event.get("requestContext") or {}
    method = (context.get("http") or {}).get("method", "")
    headers = {name.lower(): value for name, value in (answered.get("headers") or {}).items()}
    headers |= {name.lower(): value[0] for name, value in (answered.get("multiValueHeaders") or {}).items()}
    status, body = answered["statusCode"], answered.get("body") or ""
    if headers.get("content-type", "").startswith(PROBLEM):
        body = json.dumps(json.loads(body) | {"request_id": context.get("requestId", "")}, separators=(",", ":"))
    if method == "GET" and status == HTTPStatus.OK and headers.get("cache-control") != "no-store":
        headers.setdefault("etag", f'"{hashlib.sha256(body.encode()).hexdigest()[:20]}"')
        # A browser may keep it for this user and asks each time whether it is still so (docs/adr/0090).
        headers["cache-control"] = "private, no-cache"
        headers["vary"] = "Authorization, Accept-Encoding"
        if _named(headers["etag"], asked.get("if-none-match", "")):
            kept = {name: value for name, value in headers.items() if name in ("etag", "cache-control", "vary")}
            return _answer(HTTPStatus.NOT_MODIFIED, kept, "")
    else:
        headers.setdefault("cache-control", "no-store")
    return _packed(status, headers, body, gzipped=_takes_gzip(asked.get("accept-encoding", "")))


def _packed(status: int, headers: dict[str, str], body: str, *, gzipped: bool) -> dict[str, Any]:
    data = body.encode()
    if gzipped and len(data) > SMALL and headers.get("content-type", "").startswith(_TEXTS):
        packed = base64.b64encode(gzip.compress(data, _LEVEL, mtime=0))
        headers |= {"content-encoding": "gzip", "vary": headers.get("vary", "Accept-Encoding")}
        if "etag" in headers:
            # Other bytes, so no strong version; If-Match and If-None-Match take both forms.
            headers["etag"] = f"W/{headers['etag'].removeprefix('W/')}"
        if len(packed) <= MOST_BYTES:
            return _answer(status, headers, packed.decode(), binary=True)
    elif len(data) <= MOST_BYTES:
        return _answer(status, headers, body)
    return _answer(HTTPStatus.CONTENT_TOO_LARGE, {"content-type": PROBLEM, "cache-control": "no-store"}, _TOO_LARGE)


_TOO_LARGE = json.dumps(
    {
        "type": "about:blank",
        "title": HTTPStatus.CONTENT_TOO_LARGE.phrase,
        "status": HTTPStatus.CONTENT_TOO_LARGE.value,
        "detail": "the answer is too large: ask for a shorter time or less at once, with Accept-Encoding: gzip",
    }
)


def _answer(status: int, headers: dict[str, str], body: str, *, binary: bool = False) -> dict[str, Any]:
    return {"statusCode": int(status), "headers": headers, "body": body, "isBase64Encoded": binary}


def _named(etag: str, given: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2)."""
    named = {one.strip().removeprefix("W/") for one in given.split(",")}
    return "*" in named or etag.removeprefix("W/") in named


def _takes_gzip(given: str) -> bool:
    """Whether gzip is named, and not with weight 0 (RFC 9110, 12.5.3)."""
    for one in given.lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
