"""How answers travel: compressed when asked for, with a version to ask about, problems with the request's name."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
from api_transport import MOST_BYTES, SMALL, sent

from tests.unit.api.test_api import CONTEXT, OWNER, call
from tests.unit.export.world import World

api: ModuleType = importlib.import_module("functions.api.api")


def request(method: str = "GET", **headers: str) -> dict[str, Any]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"headers": names, "requestContext": {"http": {"method": method}, "requestId": "r-1"}}


def answered(body: str, status: int = 200, **headers: str) -> dict[str, Any]:
    names = {"content-type": "application/json"} | {n.replace("_", "-"): v for n, v in headers.items()}
    return {"statusCode": status, "headers": names, "body": body}


def unpacked(answer: Mapping[str, Any]) -> str:
    assert answer["isBase64Encoded"]
    return gzip.decompress(base64.b64decode(answer["body"])).decode()


LARGE = json.dumps({"name": "Zażółć gęślą jaźń " * 100})


@pytest.mark.parametrize("given", ["gzip", "br, gzip;q=0.5", "GZIP", "*", "identity, gzip ; q=1"])
def test_a_large_answer_is_compressed_for_who_takes_it(given: str) -> None:
    answer = sent(answered(LARGE), request(accept_encoding=given))
    assert unpacked(answer) == LARGE
    assert answer["headers"]["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer["headers"]["vary"]
    # The bytes differ from those of the plain answer, so the version is a weak one of the same name.
    plain = sent(answered(LARGE), request())
    assert answer["headers"]["etag"] == f"W/{plain['headers']['etag']}"


@pytest.mark.parametrize("given", ["", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip2"])
def test_nobody_gets_what_he_cannot_read(given: str) -> None:
    answer = sent(answered(LARGE), request(accept_encoding=given))
    assert (answer["body"], answer["isBase64Encoded"]) == (LARGE, False)
    assert "content-encoding" not in answer["headers"]


def test_a_small_answer_stays_as_it_is() -> None:
    for body, packed in (("x" * SMALL, False), ("x" * (SMALL + 1), True)):
        assert sent(answered(body), request(accept_encoding="gzip"))["isBase64Encoded"] is packed
    redirect = sent(answered("", 302, location="https://files.example"), request(accept_encoding="gzip"))
    assert (redirect["statusCode"], redirect["headers"]["location"]) == (302, "https://files.example")


def test_an_answer_that_is_still_the_same_is_not_sent_again() -> None:
    first = sent(answered('{"a":1}'), request())
    etag = first["headers"]["etag"]
    for given in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = sent(answered('{"a":1}'), request(if_none_match=given))
        assert (again["statusCode"], again["body"], again["headers"]["etag"]) == (304, "", etag)
    for given in ("", '"x"', etag.strip('"')[:-1]):
        assert sent(answered('{"a":1}'), request(if_none_match=given))["statusCode"] == 200
    assert sent(answered('{"a":2}'), request(if_none_match=etag))["statusCode"] == 200


def test_what_a_handler_calls_the_version_is_the_version() -> None:
    assert sent(answered("{}", etag='"7"'), request())["headers"]["etag"] == '"7"'
    assert sent(answered("{}", etag='"7"'), request(if_none_match='"7"'))["statusCode"] == 304
    # A change is never answered "nothing changed".
    assert sent(answered("{}", etag='"7"'), request("PATCH", if_none_match='"7"'))["statusCode"] == 200


def test_answers_are_kept_by_the_users_own_browser_at_most() -> None:
    assert sent(answered("{}"), request())["headers"]["cache-control"] == "private, no-cache"
    for answer, method in (
        (answered("{}"), "POST"),
        (answered("{}", 404), "GET"),
        (answered("a,b", cache_control="no-store", content_type="text/csv"), "GET"),
    ):
        headers = sent(answer, request(method))["headers"]
        assert headers["cache-control"] == "no-store"
        assert "etag" not in headers


def test_an_answer_that_no_function_may_give_is_a_problem_that_says_what_to_do() -> None:
    huge = "x" * (MOST_BYTES + 1)
    answer = sent(answered(huge), request())
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["status"]) == (413, 413)
    assert "shorter" in problem["detail"]
    assert unpacked(sent(answered(huge), request(accept_encoding="gzip"))) == huge


def test_every_problem_names_its_request(world: World) -> None:
    for route in ("GET /v1/exports/{id}", "GET /v1/nothing", "POST /v1/exports"):
        _, problem, headers = call(route, OWNER, id="x")
        assert problem["request_id"] == "r-1"
        assert (headers["content-type"], headers["cache-control"]) == ("application/problem+json", "no-store")


def stray(
    path: str, method: str, claims: Mapping[str, Any] | None = OWNER
) -> tuple[int, dict[str, Any], dict[str, str]]:
    event = {
        "routeKey": f"{method} /v1/{{unknown+}}",
        "rawPath": path,
        "headers": {},
        "pathParameters": {"unknown": path.removeprefix("/v1/")},
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": "r-1",
            "authorizer": {"jwt": {"claims": claims}} if claims is not None else {},
        },
    }
    answer = api.handler(event, CONTEXT)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def test_a_path_that_is_no_route_has_a_problem_too(world: World) -> None:
    status, problem, headers = stray("/v1/nonsense/%00/x", "GET")
    assert (status, problem["title"], headers["content-type"]) == (404, "Not Found", "application/problem+json")
    assert problem["request_id"] == "r-1"


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/v1/me", "DELETE", "GET"),
        ("/v1/directory/users/x", "POST", "GET, PATCH, DELETE"),
        ("/v1/calls/~YzE6YQ/marks", "GET", "GET, PUT"),
    ],
)
def test_a_method_that_a_route_has_not_is_told_those_it_has(world: World, path: str, method: str, allowed: str) -> None:
    status, problem, headers = stray(path, method)
    assert (status, problem["status"], headers["allow"]) == (405, 405, allowed)


def test_a_stranger_is_not_told_which_routes_there_are(world: World) -> None:
    for path in ("/v1/me", "/v1/nonsense"):
        assert stray(path, "DELETE", None)[0] == 401


def test_answers_of_the_api_are_versioned_and_compressed(world: World) -> None:
    status, _, headers = call("GET /v1/me", OWNER)
    assert (status, headers["vary"]) == (200, "Authorization, Accept-Encoding")
    status, nothing, again = call("GET /v1/me", OWNER, headers={"if-none-match": headers["etag"]})
    assert (status, nothing, again["etag"]) == (304, "", headers["etag"])
