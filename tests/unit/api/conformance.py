"""Whether an answer is what the published description says: status, type of content, and the document itself.

Every request of these tests is checked (`test_api.call`), so that no answer is described otherwise than it is given.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from api_answers import OPERATIONS
from api_description import describe
from jsonschema import Draft202012Validator, FormatChecker

# Registers every route.
importlib.import_module("functions.api.api")
# The gateway's own words; in front of our code, so not in these tests.
FORMATS = FormatChecker(["date", "date-time", "uuid"])


@cache
def document() -> dict[str, Any]:
    return describe(OPERATIONS)


@cache
def _closed() -> dict[str, Any]:
    """Schemas in which an object has no field that is not described: here nobody adds fields unseen."""
    schemas: dict[str, Any] = {}
    for name, schema in document()["components"]["schemas"].items():
        closed = "properties" in schema and name != "Problem"
        schemas[name] = {**schema, "additionalProperties": False} if closed else schema
    return schemas


@cache
def _validator(route: str, status: int, kind: str) -> Draft202012Validator | None:
    """None for an answer that has no JSON; raises `AssertionError` for one that is not described."""
    method, _, path = route.partition(" ")
    responses = document()["paths"][path][method.lower()]["responses"]
    assert str(status) in responses, f"{route} is not said to answer {status}"
    response = responses[str(status)]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content", {})
    assert kind in content or (not content and not kind), f"{route} {status} is not said to answer {kind or 'nothing'}"
    if not kind.endswith("json"):
        return None
    schema = {**content[kind]["schema"], "components": {"schemas": _closed()}}
    return Draft202012Validator(schema, format_checker=FORMATS)


def conforms(route: str, status: int, kind: str, body: Any) -> None:
    """Raises `AssertionError` unless the answer of a described route is as described; 500 is never."""
    if route not in OPERATIONS or status == 500:
        return
    validator = _validator(route, status, kind.partition(";")[0])
    if validator is not None:
        wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]
        assert not wrong, f"{route} {status} is not as described: {wrong[:5]}"
