"""The HTTP API in front of the function, as a WSGI application: authorizer, choice of route, payload format 2.0.

For clients that speak HTTP to the handler in process. A token is the subject of a user; the rules are the
gateway's (aws.md 2): the path is decoded before the route is looked for, except for `%25`; bodies of types that are
no text come as base64; what has no token or no route is answered by the gateway itself.
"""

from __future__ import annotations

import base64
import importlib
import json
import re
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any
from urllib.parse import unquote_to_bytes

from ringlake.access import ROUTES, UNKNOWN

api: ModuleType = importlib.import_module("functions.api.api")
CONTEXT = object()
_TEXTS = ("application/json", "application/xml", "application/javascript", "text/")


def _pattern(path: str) -> re.Pattern[str]:
    names = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
    return re.compile(re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", names), re.DOTALL)


# Of two routes that fit, the one with fewer variables is chosen.
_ROUTES = sorted(
    ((route, *route.split(" ", 1)) for route in (*ROUTES, *UNKNOWN)), key=lambda r: ("+}" in r[2], r[2].count("{"))
)
_PATTERNS = [(route, method, _pattern(path)) for route, method, path in _ROUTES]


def application(environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    event = _event(environ)
    if event is None:
        return _said(start, 404, {"content-type": "application/json"}, b'{"message":"Not Found"}')
    if not event["requestContext"]["authorizer"]:
        return _said(start, 401, {"content-type": "application/json"}, b'{"message":"Unauthorized"}')
    answer = api.handler(event, CONTEXT)
    # What a function answers travels as JSON.
    answer = json.loads(json.dumps(answer))
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return _said(start, answer["statusCode"], answer["headers"], body)


def _said(start: Callable[..., object], status: int, headers: dict[str, str], body: bytes) -> list[bytes]:
    start(f"{status} -", [*headers.items(), ("content-length", str(len(body)))])
    return [body]


def _event(environ: dict[str, Any]) -> dict[str, Any] | None:
    raw = str(environ.get("REQUEST_URI") or environ["RAW_URI"])
    path, query = raw.partition("?")[0], environ["QUERY_STRING"]
    method = environ["REQUEST_METHOD"]
    # `%25` stays: a percent sign that was sent encoded arrives encoded.
    decoded = unquote_to_bytes(path.replace("%25", "%2525")).decode("utf-8", "replace")
    fitting = ((r, p.fullmatch(decoded)) for r, wanted, p in _PATTERNS if wanted == method)
    route, found = next((one for one in fitting if one[1]), ("", None))
    if found is None:
        return None
    headers = {n[5:].replace("_", "-").lower(): v for n, v in environ.items() if n.startswith("HTTP_")}
    kind = environ.get("CONTENT_TYPE", "")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    text = kind.startswith(_TEXTS)
    scheme, _, subject = headers.get("authorization", "").partition(" ")
    known = scheme.lower() == "bearer" and subject
    claims = {"sub": subject, "token_use": "access"}
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": decoded,
        "rawQueryString": query,
        "headers": headers | ({"content-type": kind} if kind else {}),
        "pathParameters": found.groupdict() or None,
        "body": None if not body else body.decode("utf-8", "replace") if text else base64.b64encode(body).decode(),
        "isBase64Encoded": bool(body) and not text,
        "requestContext": {
            "http": {"method": method, "path": decoded},
            "requestId": "r-1",
            "routeKey": route,
            "stage": "$default",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}} if known else {},
        },
    }
