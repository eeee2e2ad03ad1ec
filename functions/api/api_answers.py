"""How requests are read and answers are written: bodies, queries, versions, problem documents."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin
from urllib.parse import parse_qsl, quote, unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel, ConfigDict

from ringlake.access import Principal
from ringlake.errors import InvalidRequest, NotFound
from ringlake.flows.alerts.editing import AlertBook
from ringlake.flows.answers import AnswerRooms
from ringlake.flows.directory import Offices
from ringlake.flows.directory.office import View
from ringlake.flows.finance import Finance
from ringlake.flows.mailing.asking import Asking
from ringlake.flows.money import MoneyRooms
from ringlake.flows.requests import Desk
from ringlake.flows.schedules import Scheduling
from ringlake.model.base import to_json
from ringlake.query.filters import parse
from ringlake.stores.directory import DirectoryStore

MAX_BODY = 65_536
# Tables in a body: tariffs, lists, schedules.
MAX_TABLE = 1_000_000
# The gateway takes a request line and headers of 10 KB together.
MAX_QUERY = 8_192
# Record ids are the longest: a connection and what its provider made up; keys of items end at 1,024 bytes.
MAX_SEGMENT = 700


class Rooms(NamedTuple):
    """The use cases over the stores of this deployment."""

    desk: Desk
    directory: DirectoryStore
    offices: Offices
    answers: AnswerRooms
    scheduling: Scheduling
    asking: Asking
    finance: Finance
    alerts: AlertBook

    @property
    def money(self) -> MoneyRooms:
        return MoneyRooms(self.answers.stores, self.answers.facts)


# Bodies and answers that are files, not JSON.
CSV = "text/csv"
# A gateway hands text over as UTF-8 and spoils any other; what has this type comes byte for byte.
BYTES = "application/octet-stream"


class Operation(NamedTuple):
    """One route as the published description tells it: models of query, body and answer, and the handler.

    A `body` of None takes none; `answers` of None has no document. `also` are problems that do not follow from
    the form of the route, such as 404 for something that a parameter names; `files` types of content beside JSON.
    """

    route: str
    handler: Callable[..., Response[str]]
    query: type[BaseModel] | None
    body: type[BaseModel] | str | None
    answers: Any
    status: HTTPStatus
    also: tuple[HTTPStatus, ...] = ()
    files: tuple[str, ...] = ()


OPERATIONS: dict[str, Operation] = {}


def serves(
    router: APIGatewayHttpRouter | APIGatewayHttpResolver,
    route: str,
    *,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | str | None = None,
    answers: Any = None,
    status: HTTPStatus = HTTPStatus.OK,
    also: tuple[HTTPStatus, ...] = (),
    files: tuple[str, ...] = (),
) -> Callable[[Callable[..., Response[str]]], Callable[..., Response[str]]]:
    """Register a handler under its route as the table of routes writes it (`GET /v1/cases/{id}`).

    `answers` is the type of the JSON document; the first line of the handler's docstring is the summary, the rest
    of it the description. A route without a `query` refuses every parameter.
    """

    def register(handler: Callable[..., Response[str]]) -> Callable[..., Response[str]]:
        method, _, path = route.partition(" ")
        OPERATIONS[route] = Operation(route, handler, query, body, answers, status, also, files)

        @wraps(handler)
        def called(**named: str) -> Response[str]:
            if query is None:
                Asked(router).query(Nothing)
            return handler(**{name: _decoded(value) for name, value in named.items()})

        router.route(path.replace("{", "<").replace("}", ">"), method)(called)
        return handler

    return register


class Nothing(BaseModel):
    """No parameters."""

    model_config = ConfigDict(extra="forbid")


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
        data = self._bytes()
        if not data:
            return {}
        if self._content_type not in ("", "application/json"):
            raise InvalidRequest("content-type", "send the body as application/json")
        if len(data) > most:
            raise InvalidRequest("body", f"longer than {most} bytes")
        try:
            return json.loads(data.decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise InvalidRequest("body", "not JSON") from None

    def file(self, *also: str) -> bytes:
        """The bytes of a body that is a CSV file; raises `InvalidRequest`. `also` are other types that it may have."""
        if self._content_type not in (CSV, *also):
            raise InvalidRequest("content-type", f"send the file as {' or '.join((CSV, *also))}")
        return self._bytes()

    @property
    def _content_type(self) -> str:
        said: str = self._router.current_event.headers.get("content-type") or ""
        return said.partition(";")[0].strip().lower()

    def _bytes(self) -> bytes:
        """Whether a body is base64 is told by its flag alone (an HTTP API decides by content type)."""
        event = self._router.current_event
        if not event.is_base64_encoded:
            return (event.body or "").encode("utf-8", "replace")
        try:
            return base64.b64decode(event.body or "", validate=True)
        except binascii.Error:
            raise InvalidRequest("body", "is no base64") from None

    def query[T: BaseModel](self, kind: type[T]) -> T:
        """All query parameters as a model; a list is given by repeating its name.

        Numbers, dates and switches are written in one way only. Raises `InvalidRequest` naming each parameter
        that is wrong, unknown or there twice.
        """
        raw = self._router.current_event.raw_event.get("rawQueryString") or ""
        if len(raw) > MAX_QUERY:
            raise InvalidRequest("query", f"longer than {MAX_QUERY} characters")
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(raw, keep_blank_values=True):
            given.setdefault(name, []).append(value)
        if "" in given:
            raise InvalidRequest("query", "a parameter has no name")
        fields = {field.alias or name: _written_as(field.annotation) for name, field in kind.model_fields.items()}
        errors = [
            (name, "is there twice, it takes one value")
            for name, values in given.items()
            if name in fields and len(values) > 1 and list not in fields[name]
        ]
        errors += [
            (name, reason)
            for name, values in given.items()
            for form, reason in (_FORMS[of] for of in fields.get(name, ()) if of in _FORMS)
            if not all(form.fullmatch(value) for value in values)
        ]
        if errors:
            raise InvalidRequest(*errors[0], *errors[1:])
        return parse(kind, {name: _read(values, fields.get(name, set())) for name, values in given.items()})


# How a value is written in a query string; what is not here is text.
_FORMS: dict[Any, tuple[re.Pattern[str], str]] = {
    bool: (re.compile("true|false"), "is true or false"),
    int: (re.compile("-?[0-9]{1,15}", re.ASCII), "is a whole number"),
    float: (re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII), "is a number"),
    date: (re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII), "write it as YYYY-MM-DD"),
}


def _read(values: list[str], forms: set[Any]) -> list[str] | str | int:
    """A parameter as its model takes it: of whole numbers that it may choose from, the model takes no text."""
    if list in forms:
        return values
    return int(values[0]) if Literal in forms else values[0]


def _written_as(annotation: Any) -> set[Any]:
    """The plain types inside an annotation; `list` among them when it has several values, `Literal` when it is one of a
    few whole numbers.
    """
    if get_origin(annotation) is Literal and all(type(one) is int for one in get_args(annotation)):
        return {int, Literal}
    if get_origin(annotation) is Annotated:
        return _written_as(get_args(annotation)[0])
    if get_origin(annotation) is list:
        return {list, *_written_as(get_args(annotation)[0])}
    inside = [one for one in get_args(annotation) if one is not type(None)]
    if inside and get_origin(annotation) is not Literal:
        return set().union(*map(_written_as, inside))
    return {annotation}


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _decoded(segment: str) -> str:
    """A path parameter as people mean it: the router sees it percent-encoded (`encoded_path`)."""
    text = unquote(segment)
    if len(text) > MAX_SEGMENT or "\0" in text:
        raise NotFound("no id looks like this")
    return text


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
        headers={"ETag": f'"{etag}"'} if etag else {},
    )


def content(document: object, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """A document that nothing on the way and no browser may keep: what was said and written."""
    said = answer(document, status)
    said.headers["Cache-Control"] = "no-store"
    return said


def versioned(view: View[Any], status: HTTPStatus = HTTPStatus.OK, *, moving: bool = False) -> Response[str]:
    """A document with its version, to be sent back as If-Match. `moving` says that parts of it change without the
    version (when it runs next, where it stands): nobody may keep it.
    """
    said = answer(view.document, status, view.etag)
    if moving:
        said.headers["Cache-Control"] = "no-store"
    return said


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


def text_file(text: str, name: str) -> Response[str]:
    """A plain text file."""
    return Response(
        HTTPStatus.OK.value,
        content_type="text/plain; charset=utf-8",
        body=text,
        headers={"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}.txt"'},
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
