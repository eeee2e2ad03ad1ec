"""The published description of the API (OpenAPI 3.1), made from what the handlers are registered with.

Nothing is written twice: parameters and bodies are the models that requests are parsed with, answers the types
that are encoded, rights the table of permissions, words the docstrings. `docs/openapi.json` is the same text.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from api_answers import MAX_SEGMENT, Operation
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from ringlake import __version__
from ringlake.access import ROUTES
from ringlake.flows.directory.bodies import Patch
from ringlake.metrics.catalog import METRICS

_REF = "#/components/schemas/"
PROBLEM = "application/problem+json"
JSON = "application/json"
# What a workspace without analytics may call all the same (features.md O1); a test asks each of the others.
_FREE = re.compile(r"/v1/(me|openapi\.json|directory/.*|quality|charges/.*|exchange-rates(/.*)?|mail/.*)")
_CHANGES = ("POST", "PUT", "PATCH", "DELETE")
_VERSIONED = ("PUT", "PATCH")
# Problems by status, with the words of docs/api.md.
PROBLEMS: dict[int, str] = {
    400: "The request is wrong; `errors` names each field.",
    401: "No valid access token, or a user who is unknown, suspended or deleted.",
    402: "The workspace's plan has no analytics; its history is being kept.",
    403: "An ability is missing, or what is asked for lies beyond what the viewer may see or give.",
    404: "Not there, or not the viewer's to know.",
    409: "Taken by something else, or still needed by it; or somebody else changed it in this moment.",
    412: "Changed since the version in If-Match: read it again.",
    428: "A change needs If-Match.",
    429: "Too many requests in this second (the gateway answers this by itself), or as many files as may be asked for.",
    503: "A store did not answer: again after Retry-After seconds.",
}
_GATEWAYS = (401, 429)
_TAGS = {
    "analytics": "Numbers about calls, texts, people and customers. Each answer carries `meta`: what it is about.",
    "interactions": "Calls and texts one by one.",
    "calls": "What people say about calls.",
    "cases": "Missed contacts and what became of them.",
    "customers": "One customer's history.",
    "deals": "Quotes and orders that calls led to.",
    "people": "How one person's time and calls went.",
    "targets": "What teams aim for.",
    "choices": "Words of calls and texts that filters can offer.",
    "live": "What is going on now.",
    "saved-reports": "Filters and columns that people keep.",
    "alerts": "Who is told when something is wrong.",
    "schedules": "Reports that are mailed at local times.",
    "metrics": "The dictionary of metrics.",
    "exports": "Files by e-mail.",
    "reports": "Reports in SQL.",
    "me": "Who am I.",
    "directory": "Settings, users, teams, numbers, customers by name, connections.",
    "quality": "What is wrong with what arrives: silent connections, deliveries set aside, rows that tell too little.",
    "mail": "Addresses that mail goes to, and people outside who are asked first.",
    "charges": "What calls and texts cost, and rating them again.",
    "budgets": "What may be spent, and what was.",
    "abuse-rules": "Which calls are listed as possible abuse.",
    "exchange-rates": "What other currencies are worth.",
    "invoice-mappings": "How the invoices of providers are read.",
    "invoices": "Invoices of providers beside our charges.",
    "closings": "Months that were closed, and what changed since.",
    "openapi.json": "This document.",
}


def describe(operations: Mapping[str, Operation]) -> dict[str, Any]:
    """The document; every object in it is plain JSON."""
    # Built together: a type has one name, whoever refers to it.
    types = [operation.answers for operation in operations.values() if _is_type(operation.answers)]
    found, named = msgspec.json.schema_components(types, schema_hook=_anything, ref_template=f"{_REF}{{name}}")
    _complete(named, types)
    short = {name: _short(name) for name in named}
    schemas = [_renamed(schema, short) for schema in found]
    components = {short[name]: _renamed(schema, short) for name, schema in named.items()}
    components["Problem"] = _problem()
    answers = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    models = _Models(components)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        if route in operations:
            method, _, path = route.partition(" ")
            described = _operation(operations[route], answers, models)
            paths.setdefault(path, {})[method.lower()] = described
    used = dict.fromkeys(one["tags"][0] for methods in paths.values() for one in methods.values())
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Ringlake",
            "version": __version__,
            "summary": "Communications analytics in your own account",
            "description": _about(),
        },
        "servers": [{"url": "/"}],
        "security": [{"people": []}],
        "tags": [{"name": tag, "description": _TAGS.get(tag, "")} for tag in used],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(models.components.items())),
            "responses": {str(status): _refusal(status) for status in PROBLEMS},
            "securitySchemes": {
                "people": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Access token of the user pool; the workspace is that of the signed-in user.",
                }
            },
        },
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    plain["components"]["schemas"]["MetricId"] = _metric_id()
    _name_metrics(plain)
    return plain


def _metric_id() -> dict[str, Any]:
    words = (f"- `{metric.id}` ({metric.unit}): {metric.words}" for metric in METRICS)
    return {
        "type": "string",
        "description": "\n".join(["A metric of the dictionary (`GET /v1/metrics`).", "", *words]),
        "enum": [metric.id for metric in METRICS],
    }


def _name_metrics(document: Mapping[str, Any]) -> None:
    """Whatever is called a metric is one of the dictionary's."""
    for schema in document["components"]["schemas"].values():
        for name, said in schema.get("properties", {}).items():
            _name_metric(name, said)
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                _name_metric(parameter["name"], parameter["schema"])


def _name_metric(name: str, said: dict[str, Any]) -> None:
    one = said if name == "metric" else said.get("items", {}) if name == "metrics" else {}
    if one.get("type") == "string":
        usual = {"default": one["default"]} if "default" in one else {}
        one.clear()
        one |= {"$ref": f"{_REF}MetricId", **usual}


def statuses(route: str) -> tuple[int, ...]:
    """The problems that a route can answer with."""
    method, _, path = route.partition(" ")
    paid = not _FREE.fullmatch(path)
    found = {400, 401, 429, 503}
    found |= {402} if paid else set()
    found |= {403} if paid or ROUTES.get(route) else set()
    found |= {404} if "{" in path else set()
    found |= {409} if method in _CHANGES else set()
    found |= {412, 428} if method in _VERSIONED else set()
    return tuple(sorted(found))


def problems_of(operation: Operation) -> list[int]:
    return sorted({*statuses(operation.route), *operation.also})


def _operation(operation: Operation, answers: Mapping[int, Any], models: _Models) -> dict[str, Any]:
    method, _, path = operation.route.partition(" ")
    words = inspect.cleandoc(operation.handler.__doc__ or "")
    summary, _, rest = words.partition("\n\n")
    needed = [ability.value for ability in ROUTES[operation.route]]
    rights = f"Needs {' and '.join(f'`{name}`' for name in needed)}." if needed else "For everybody who is signed in."
    parameters = [*_path_parameters(path), *models.parameters(operation.query)]
    if method in _VERSIONED:
        parameters.append(_IF_MATCH)
    described: dict[str, Any] = {
        "tags": [path.split("/")[2]],
        "operationId": name_of(operation.route),
        "summary": " ".join(summary.split()),
        "description": "\n\n".join(part for part in (rest, rights) if part),
        "parameters": parameters,
    }
    if operation.body is not None:
        described["requestBody"] = models.body(operation.body)
    success = _success(operation, answers)
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in problems_of(operation)}
    described["responses"] = success | refusals
    return described


def name_of(route: str) -> str:
    """`GET /v1/directory/users/{id}` -> `getDirectoryUsersId`: made from the route, so it never changes under a
    client that was generated from it.
    """
    method, _, path = route.partition(" ")
    words = re.findall(r"[A-Za-z]+", path.removeprefix("/v1/"))
    return method.lower() + "".join(word.capitalize() for word in words)


_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that the change was made from, or * for any.",
    "schema": {"type": "string"},
    "example": "*",
}


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": "As it stands in answers; `~` and base64url of an id with other signs than letters, digits"
            " and `-._:`.",
            "schema": {"type": "string", "minLength": 1, "maxLength": MAX_SEGMENT},
        }


def _success(operation: Operation, answers: Mapping[int, Any]) -> dict[str, Any]:
    status = operation.status
    if operation.answers is None:
        headers = {"Location": {"description": "Where it is, for a few minutes.", "schema": {"type": "string"}}}
        found = headers if status is HTTPStatus.FOUND else {}
        return {str(status.value): {"description": status.phrase, **({"headers": found} if found else {})}}
    if isinstance(operation.answers, str):
        content = {operation.answers: {"schema": {"type": "string"}}}
        return {str(status.value): {"description": "A file.", "content": content}}
    response: dict[str, Any] = {
        "description": status.phrase,
        "content": {JSON: {"schema": answers[id(operation.answers)]}}
        | {kind: {"schema": {"type": "string"}} for kind in operation.files},
    }
    found_responses = {str(status.value): response}
    if operation.route.startswith("GET "):
        response["headers"] = {"ETag": {"description": "Version of the answer.", "schema": {"type": "string"}}}
        found_responses["304"] = {"description": "Still what If-None-Match says."}
    return found_responses


def _refusal(status: int) -> dict[str, Any]:
    content: dict[str, Any] = {PROBLEM: {"schema": {"$ref": f"{_REF}Problem"}}}
    if status in _GATEWAYS:
        # Refused before our code is asked; the form is the gateway's.
        content[JSON] = {"schema": {"type": "object", "properties": {"message": {"type": "string"}}}}
    described: dict[str, Any] = {"description": PROBLEMS[status], "content": content}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        described["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return described


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    wrong = {
        "type": "object",
        "description": "A field and why it is wrong; of files a line and a column.",
        "properties": {"field": text, "line": {"type": "integer"}, "column": text, "reason": text},
        "required": ["reason"],
    }
    return {
        "title": "Problem",
        "description": "RFC 9457. `request_id` is what the installation's logs call this request.",
        "type": "object",
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "request_id": text,
            "errors": {"type": "array", "items": wrong},
        },
        "required": ["type", "title", "status", "detail", "request_id"],
    }


def _anything(kind: type) -> dict[str, Any]:
    """A value of any JSON type: what a filter or an action tells of itself."""
    if kind is not object:
        # How msgspec asks a hook to say that it knows no schema of a type.
        raise NotImplementedError(kind)
    return {"description": "any JSON value"}


def _is_type(answers: Any) -> bool:
    return answers is not None and not isinstance(answers, str)


def _complete(components: Mapping[str, dict[str, Any]], types: Sequence[Any]) -> None:
    """What the schemas of types leave out: fields of answers are always there, whatever their default, and times
    are ISO 8601.
    """
    structs: dict[type, msgspec.inspect.StructType] = {}
    for kind in msgspec.inspect.multi_type_info(types):
        _collect(kind, structs)
    for cls, about in structs.items():
        schema = components.get(cls.__name__) or components[f"{cls.__module__}.{cls.__qualname__}"]
        if not about.cls.__struct_config__.omit_defaults:
            unset = {one.encode_name for one in about.fields if _may_be_unset(one)}
            schema["required"] = [name for name in schema["properties"] if name not in unset]
            for said in schema["properties"].values():
                said.pop("default", None)
        for field in about.fields:
            _dated(schema["properties"][field.encode_name], field.type)


def _short(name: str) -> str:
    """Two types of one name are told apart by their modules: `…answers.profile.Period` is `ProfilePeriod`."""
    *_, module, own = ["", *name.split(".")]
    return f"{module.capitalize()}{own}"


def _may_be_unset(field: msgspec.inspect.Field) -> bool:
    """A column that is there only when it was chosen."""
    nothing = msgspec.NODEFAULT
    return not field.required and field.default is nothing and field.default_factory is nothing


def _inside(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    """The types that one is made of."""
    match kind:
        case msgspec.inspect.Metadata(type=inside):
            yield inside
        case msgspec.inspect.StructType(fields=fields):
            yield from (field.type for field in fields)
        case msgspec.inspect.UnionType(types=types):
            yield from types
        case msgspec.inspect.TupleType(item_types=types):
            yield from types
        case msgspec.inspect.CollectionType(item_type=inside):
            yield inside
        case msgspec.inspect.DictType(key_type=key, value_type=inside):
            yield from (key, inside)
        case _:
            pass


def _collect(kind: msgspec.inspect.Type, found: dict[type, msgspec.inspect.StructType]) -> None:
    if isinstance(kind, msgspec.inspect.StructType):
        if kind.cls in found:
            return
        found[kind.cls] = kind
    for inside in _inside(kind):
        _collect(inside, found)


def _dated(schema: dict[str, Any], kind: msgspec.inspect.Type) -> None:
    match kind:
        case msgspec.inspect.DateTimeType():
            schema["format"] = "date-time"
        case msgspec.inspect.UnionType(types=types):
            for part, inside in zip(schema.get("anyOf", ()), types, strict=False):
                _dated(part, inside)
        case msgspec.inspect.CollectionType(item_type=inside):
            _dated(schema.get("items", {}), inside)
        case msgspec.inspect.DictType(value_type=inside):
            _dated(schema.get("additionalProperties", {}), inside)
        case _:
            pass


class _Models:
    """Schemas of what requests hold, added to the components of answers."""

    def __init__(self, components: dict[str, Any]) -> None:
        self.components = components

    def body(self, body: type[BaseModel] | str) -> dict[str, Any]:
        if isinstance(body, str):
            return {"required": True, "content": {body: {"schema": {"type": "string"}}}}
        schema = self._settled(body)
        name = self._named(body.__name__, schema)
        # A body whose fields may all be left out may be left out itself.
        return {"required": bool(schema.get("required")), "content": {JSON: {"schema": {"$ref": f"{_REF}{name}"}}}}

    def parameters(self, query: type[BaseModel] | None) -> Iterator[dict[str, Any]]:
        if query is None:
            return
        schema = self._settled(query)
        for name, said in schema["properties"].items():
            value = _without_null(said)
            words = value.pop("description", "")
            parameter = {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "schema": value,
            }
            yield {**parameter, **({"description": words} if words else {})}

    def _settled(self, model: type[BaseModel]) -> dict[str, Any]:
        """The schema of a model; what it refers to becomes a component, under another name if its own is taken."""
        schema = model.model_json_schema(ref_template=f"{_REF}{{model}}", schema_generator=_Plain)
        inside: dict[str, Any] = schema.pop("$defs", {})
        if issubclass(model, Patch):
            # What a change does not name stays: the model's defaults say nothing.
            for said in schema["properties"].values():
                said.pop("default", None)
        renamed = {name: self._free_name(name, one) for name, one in inside.items()}
        for name, one in inside.items():
            self.components.setdefault(renamed[name], _renamed(one, renamed))
        settled: dict[str, Any] = _renamed(schema, renamed)
        return settled

    def _named(self, name: str, schema: dict[str, Any]) -> str:
        free = self._free_name(name, schema)
        self.components.setdefault(free, schema)
        return free

    def _free_name(self, name: str, schema: dict[str, Any]) -> str:
        for free in (name, f"{name}Asked"):
            known = self.components.get(free)
            if known is None or known == schema or set(known.get("enum", ())) == set(schema.get("enum", (None,))):
                return free
        raise ValueError(f"a third schema is called {name}: give one of the types another name")


class _Plain(GenerateJsonSchema):
    """Without titles, which only repeat names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the generator's signature
        return False


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"{_REF}{names.get(value.removeprefix(_REF), value.removeprefix(_REF))}"
            if key == "$ref"
            else _renamed(value, names)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_renamed(one, names) for one in schema]
    return schema


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query string has no null: what is not asked for is left out."""
    found = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    if "anyOf" in found:
        left = [one for one in found.pop("anyOf") if one != {"type": "null"}]
        found |= left[0] if len(left) == 1 else {"anyOf": left}
    return found


def _about() -> str:
    return "\n\n".join(_paragraphs())


def _paragraphs() -> Iterable[str]:
    yield (
        "Bodies and answers are JSON, times ISO 8601 in UTC. Unknown fields and parameters are refused. A refusal is a"
        " problem document (RFC 9457). Lists in a query string repeat their name."
    )
    yield (
        "What can be changed is answered with an ETag; PUT and PATCH send it back as If-Match. Every answer to GET"
        " has one, and If-None-Match with it is answered 304 while nothing changed. Answers above 1 KB are gzipped"
        " when Accept-Encoding says so."
    )
