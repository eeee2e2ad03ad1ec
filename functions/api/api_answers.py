"""How requests are read and answers are written: bodies, queries, versions, problem documents."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple, get_args, get_origin
from urllib.parse import parse_qsl, quote, unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel

from ringlake.access import Principal
from ringlake.errors import InvalidRequest, NotFound
from ringlake.flows.answers import AnswerRooms
from ringlake.flows.directory import Offices
from ringlake.flows.directory.office import View
from ringlake.flows.requests import Desk
from ringlake.model.base import to_json
from ringlake.query.filters import parse
from ringlake.stores.directory import DirectoryStore

MAX_BODY = 65_536
# Tables in a body: tariffs, lists, schedules.
MAX_TABLE = 1_000_000


class Rooms(NamedTuple):
    """The use cases over the stores of this deployment."""

    desk: Desk
    directory: DirectoryStore
    offices: Offices
    answers: AnswerRooms


class Operation(NamedTuple):
    """One route as the published description tells it: models of query, body and answer, and the handler."""

    route: str
    handler: Callable[..., Response[str]]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answers: Any
    status: HTTPStatus


OPERATIONS: dict[str, Operation] = {}


def serves(
    router: APIGatewayHttpRouter | APIGatewayHttpResolver,
    route: str,
    *,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    answers: Any = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Callable[[Callable[..., Response[str]]], Callable[..., Response[str]]]:
    """Register a handler under its route as the table of routes writes it (`GET /v1/cases/{id}`).

    `answers` is the type of the JSON document; the first line of the handler's docstring is the summary.
    """

    def register(handler: Callable[..., Response[str]]) -> Callable[..., Response[str]]:
        method, _, path = route.partition(" ")
        OPERATIONS[route] = Operation(route, handler, query, body, answers, status)
        router.route(path.replace("{", "<").replace("}", ">"), method)(decoded(handler))
        return handler

    return register


class Asked:
    """The request that is being answered, as a handler needs it."""

    def __init__(self, router: APIGatewayHttpRouter | APIGatewayHttpResolver) -> None:
        self._router = router

    @property
    def rooms(self) -> Rooms:
        rooms: Rooms = self._router.context["rooms"]
        return rooms

    @property
    def offices(self) -> Offices:
        return self.rooms.offices

    @property
    def answers(self) -> AnswerRooms:
        return self.rooms.answers

    @property
    def viewer(self) -> Principal:
        viewer: Principal = self._router.context["viewer"]
        return viewer

    @property
    def now(self) -> datetime:
        clock: Callable[[], datetime] = self._router.context["clock"]
        return clock()

    @property
    def version(self) -> str | None:
        """If-Match, None when it is not given."""
        return self._router.current_event.headers.get("if-match")

    def body(self, most: int = MAX_BODY) -> object:
        """The JSON of the body; raises `InvalidRequest`."""
        event = self._router.current_event
        text = event.decoded_body or ""
        if len(text) > most:
            raise InvalidRequest("body", f"longer than {most} characters")
        try:
            return json.loads(text or "{}", parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise InvalidRequest("body", "not JSON") from None

    def file(self) -> bytes:
        """The bytes of a body that is a CSV file."""
        event = self._router.current_event
        kind = event.headers.get("content-type") or ""
        if kind.partition(";")[0].strip().lower() != "text/csv":
            raise InvalidRequest("content-type", "send the file as text/csv")
        if not event.is_base64_encoded:
            return (event.body or "").encode("utf-8", "replace")
        try:
            return base64.b64decode(event.body or "", validate=True)
        except binascii.Error:
            raise InvalidRequest("body", "is no base64") from None

    def text(self, name: str, usual: str = "") -> str:
        """A query parameter."""
        return (self._router.current_event.query_string_parameters or {}).get(name, usual)

    def query[T: BaseModel](self, kind: type[T]) -> T:
        """All query parameters as a model; a list is given by repeating its name. Raises `InvalidRequest`."""
        raw = self._router.current_event.raw_event.get("rawQueryString") or ""
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(raw, keep_blank_values=True):
            given.setdefault(name, []).append(value)
        lists = {f.alias or name for name, f in kind.model_fields.items() if _is_list(f.annotation)}
        return parse(kind, {n: values if n in lists or len(values) > 1 else values[0] for n, values in given.items()})

    def flag(self, name: str) -> bool:
        given = self.text(name, "false").lower()
        if given not in ("true", "false"):
            raise InvalidRequest(name, "is true or false")
        return given == "true"

    def number(self, name: str, usual: int, most: int) -> int:
        given = self.text(name, str(usual))
        if not given.isdecimal() or not given.isascii() or int(given) > most:
            raise InvalidRequest(name, f"is a whole number up to {most}")
        return int(given)


def _is_list(annotation: Any) -> bool:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_origin(annotation) is list


def _no_constant(name: str) -> object:
    raise ValueError(name)


def decoded[**P](handler: Callable[P, Response[str]]) -> Callable[P, Response[str]]:
    """Path parameters as people mean them: the router sees them percent-encoded (`encoded_path`)."""

    @wraps(handler)
    def called(*arguments: P.args, **named: P.kwargs) -> Response[str]:
        values: Any = {name: unquote(value) if isinstance(value, str) else value for name, value in named.items()}
        return handler(*arguments, **values)

    return called


def record_id(segment: str) -> str:
    """The record that a path names: its id as it is, or `~` and its base64url (docs/adr/0056).

    An HTTP API decodes the path before it looks for the route, so that an id with a slash would lead nowhere,
    and it leaves a percent sign encoded. Raises `NotFound`.
    """
    if not segment.startswith("~"):
        return segment
    text = segment[1:]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise NotFound(segment) from None


def encoded_path(event: Mapping[str, Any]) -> str:
    """The path with its parameters percent-encoded once, whatever the gateway has decoded of it."""
    path = str(event.get("routeKey", "")).partition(" ")[2]
    parameters = event.get("pathParameters") or {}
    if not parameters or "{" not in path:
        return str(event.get("rawPath", ""))
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(value, safe="", errors="replace"))
    return path


def answer(document: object, status: HTTPStatus = HTTPStatus.OK, etag: str = "") -> Response[str]:
    return Response(
        status.value,
        content_type="application/json",
        body=to_json(document).decode(),
        headers={"Cache-Control": "no-store", **({"ETag": f'"{etag}"'} if etag else {})},
    )


def versioned(view: View, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """A document with its version, to be sent back as If-Match."""
    return answer(view.document, status, view.etag)


def spreadsheet(data: bytes, name: str, following: str = "") -> Response[str]:
    """A CSV file; `following` is where the next file begins."""
    return Response(
        HTTPStatus.OK.value,
        content_type="text/csv; charset=utf-8",
        body=data.decode(),
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            **({"Ringlake-Next": quote(following, safe="")} if following else {}),
        },
    )


def problem(
    status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> Response[str]:
    """RFC 9457."""
    document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **members}
    return Response(
        status.value,
        content_type="application/problem+json",
        body=to_json(document).decode(),
        headers=dict(headers or {}),
    )


def utc_now() -> datetime:
    return datetime.now(UTC)
