"""Write docs/api.md and docs/permissions.md from the table of routes and what the handlers are registered with.

python -m tools.apidoc            write the pages
python -m tools.apidoc --check    exit 1 when they are not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [
    p for p in (str(ROOT), str(ROOT / "layers" / "core"), str(ROOT / "functions" / "api")) if p not in sys.path
]

from api_answers import OPERATIONS, Operation  # noqa: E402

from ringlake.access import ROUTES, of_role  # noqa: E402
from ringlake.flows.directory import bodies, sheets, transfers  # noqa: E402
from ringlake.model.directory import Ability, Role  # noqa: E402
from ringlake.query.filters import Filter  # noqa: E402

# Registers every route; by the name that tests know it by, because a router belongs to one application.
import_module("functions.api.api")
API = ROOT / "docs" / "api.md"
PERMISSIONS = ROOT / "docs" / "permissions.md"
# The same page as a human has approved it: a change of rights is a change of this file, seen in review.
APPROVED = ROOT / "tests" / "approved" / "permissions.md"

HEAD = f"""# API

Written by `python -m tools.apidoc` from `ringlake/access/routes.py` and what the handlers are registered with; do
not edit by hand. Who may call what by default: [permissions](permissions.md). The same for machines, with every
answer's type: [openapi.json](openapi.json), which `GET /v1/openapi.json` answers too.

## What holds for every route

- `Authorization: Bearer <access token>` of the user pool. The workspace is that of the signed-in user; no
  parameter, header or body can name another.
- Bodies and answers are JSON, times ISO 8601 in UTC. Unknown fields are refused.
- A refusal is a problem document (RFC 9457, `application/problem+json`): `status`, `title`, `detail`, and
  with 400 all mistakes at once as `errors: [{{field, reason}}]`. `request_id` is what the logs call the request.
- Query parameters are checked like bodies: unknown ones and second values are refused, lists repeat their name, and
  numbers, dates (`YYYY-MM-DD`) and switches (`true`, `false`) are written in one way only.
- Every answer to `GET` has an `ETag`; with it in `If-None-Match` the answer is 304 while nothing changed. Answers
  above 1 KB are gzipped when `Accept-Encoding` says so.

| status | means |
|---|---|
| 400 | the request is wrong; `errors` says where |
| 401 | no valid access token, or a user who is unknown, suspended or deleted |
| 402 | the workspace's plan has no analytics; its history is being kept |
| 403 | an ability is missing, or what is asked for lies beyond what the viewer may give |
| 404 | not there, or not the viewer's to know |
| 405 | the route has no such method; `Allow` names those it has |
| 409 | taken by something else, or still needed by it |
| 413 | the answer would be larger than 5.5 MB: ask for a shorter time, or accept gzip |
| 412 | changed since the version in `If-Match`: read it again |
| 428 | a change needs `If-Match` |
| 429 | as much was asked for as may be: again after `Retry-After` seconds; of files `limit` names the setting |
| 503 | a store did not answer: again after `Retry-After` seconds |

**Versions.** What can be changed is answered with an `ETag`, and stands in lists with `etag`. `PATCH` and
`PUT` send it back as `If-Match`, so that nobody overwrites what he has not seen; `If-Match: *` means any.

**Ids of calls** are the provider's and may hold anything. In a path an id stands as it is when it has only letters,
digits and `-._:`; otherwise as `~` and its UTF-8 in base64url without padding.

**Shown once.** A webhook address and a signing secret that Ringlake made are in the answer to the request
that made them, and nowhere else. The API's role can seal secrets and not open them.

**Files.** Import takes `text/csv` of up to {sheets.MAX_BYTES:,} bytes and {transfers.MOST_CONTACTS:,}
contacts, {transfers.MOST_USERS:,} users (of whom at most {transfers.MOST_INVITED} are new people who sign in) or
{transfers.MOST_NUMBERS:,} numbers; UTF-8, header line, comma, semicolon or tab. `dry_run=true` says what would be
done. Every mistake is listed by line and column, and nothing is applied when there is one; 400 then has
them as `errors: [{{line, column, reason}}]`. A line with an `id` changes that entry; without one it changes the entry
with the same address or number, or makes a new one. A column that is missing leaves what is there, an
empty cell empties it. Several values of a cell stand between `|`; accounts are `<connection>:<id>`, with
` [<from>/<to>]` when they were the user's for a time. `GET .../export` gives the same columns; contacts come in
files that an import takes, header `Ringlake-Next` says where the next one begins (`after`).

| file | columns |
|---|---|
| users | {", ".join(transfers.USER_COLUMNS)} |
| numbers | {", ".join(transfers.NUMBER_COLUMNS)} |
| contacts | {", ".join(transfers.CONTACT_COLUMNS)}, field.<name> |

## Routes

`filter` stands for the fields of [Filter](#filter).

| route | | query | body |
|---|---|---|---|
"""


def api_page() -> str:
    return HEAD + "\n".join([*_routes(), "", "## Bodies", "", *_bodies()]) + "\n"


def _routes() -> Iterator[str]:
    for route in ROUTES:
        if route in OPERATIONS:
            operation = OPERATIONS[route]
            body = operation.body or ""
            name = body if isinstance(body, str) else f"[{body.__name__}](#{body.__name__.lower()})"
            said = " ".join((operation.handler.__doc__ or "").split("\n\n")[0].split())
            yield f"| `{route}` | {said} | {', '.join(_parameters(operation))} | {name} |"


def _parameters(operation: Operation) -> Iterator[str]:
    """Names of query parameters; those of a filter together."""
    if operation.query is None:
        return
    filters = Filter.model_fields if issubclass(operation.query, Filter) else {}
    if filters:
        yield "filter"
    yield from (field.alias or name for name, field in operation.query.model_fields.items() if name not in filters)


def _bodies() -> Iterator[str]:
    """Each model once, with the models inside it behind it."""
    schemas: dict[str, dict[str, Any]] = {}
    for body in (*(operation.body for operation in _described()), Filter):
        if body is not None and not isinstance(body, str):
            schema = body.model_json_schema(mode="validation")
            inside = schema.pop("$defs", {})
            schemas |= {name: one for name, one in {body.__name__: schema, **inside}.items() if name not in schemas}
    values = _Values({name: one["enum"] for name, one in schemas.items() if "enum" in one})
    for name, schema in schemas.items():
        if "properties" in schema:
            yield from _body(name, schema, values)


def _described() -> list[Operation]:
    """In the order of the table of routes, whatever the order of registration."""
    return [OPERATIONS[route] for route in ROUTES if route in OPERATIONS]


def _body(name: str, schema: Mapping[str, Any], values: _Values) -> Iterator[str]:
    described = _first_words(schema.get("description"))
    yield f"### {name}"
    yield ""
    if described and described != _first_words(bodies.Patch.__doc__):
        yield described
        yield ""
    needed = set(schema.get("required", ()))
    yield "| field | value |"
    yield "|---|---|"
    for field, value in schema["properties"].items():
        yield f"| {field}{' (required)' if field in needed else ''} | {values.said(value)} |"
    yield ""


def _first_words(text: object) -> str:
    return str(text or "").split("\n\n", maxsplit=1)[0].replace("\n", " ").strip()


class _Values:
    """Types and limits of fields in words; `enums` by name are shown by their values."""

    def __init__(self, enums: Mapping[str, list[str]]) -> None:
        self._enums = enums

    def said(self, schema: Mapping[str, Any] | bool) -> str:
        if isinstance(schema, bool):
            return "anything"
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            return _one_of(self._enums[name]) if name in self._enums else f"[{name}](#{name.lower()})"
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self.said(part) for part in schema["anyOf"]))
        if "enum" in schema or "const" in schema:
            return _one_of(schema.get("enum") or [schema["const"]])
        kind = schema.get("type")
        if kind == "array":
            return self._list(schema)
        if kind == "object":
            return f"object of {self.said(schema.get('additionalProperties', {}))}"
        if kind == "string":
            return _text(schema)
        plain = {"integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}
        return plain.get(str(kind), "any") + _range(schema)

    def _list(self, schema: Mapping[str, Any]) -> str:
        if "prefixItems" in schema:
            return " and ".join(self.said(item) for item in schema["prefixItems"])
        most = f" of up to {schema['maxItems']:,}" if "maxItems" in schema else ""
        return f"list{most}: {self.said(schema.get('items', {}))}"


def _one_of(values: list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _text(schema: Mapping[str, Any]) -> str:
    form = {"date": "date", "date-time": "time with offset"}.get(str(schema.get("format", "")), "text")
    if "maxLength" in schema:
        return f"{form} of {schema.get('minLength', 0)} to {schema['maxLength']:,} characters"
    return form


def _range(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    return f", {least:,.0f} to {most:,.0f}" if least is not None and most is not None else ""


def permissions() -> str:
    """Which role may call which route without any grant, and what each role can do."""
    roles = list(Role)
    lines = [
        "# Permissions",
        "",
        "Written by `python -m tools.apidoc` from `ringlake/access`; do not edit by hand.",
        "",
        "A route needs all abilities of its line; a route that is not here is refused to everybody. Single users can",
        "be granted abilities beside their role's, and have abilities taken from them. What is seen inside a route",
        "is then decided by scope.",
        "",
        "## Abilities of roles",
        "",
        f"| ability | {' | '.join(role.value for role in roles)} |",
        f"|---|{'---|' * len(roles)}",
    ]
    lines += [
        f"| {ability.value} | {' | '.join('yes' if ability in of_role(r) else '' for r in roles)} |"
        for ability in Ability
    ]
    lines += [
        "",
        "## Routes",
        "",
        f"| route | needs | {' | '.join(role.value for role in roles)} |",
        f"|---|---|{'---|' * len(roles)}",
    ]
    for route, needed in ROUTES.items():
        names = ", ".join(ability.value for ability in needed) or "to be signed in"
        may = ["yes" if set(needed) <= of_role(role) else "" for role in roles]
        lines.append(f"| `{route}` | {names} | {' | '.join(may)} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    return {API: api_page(), PERMISSIONS: permissions()}


def main(arguments: list[str]) -> int:
    stale = {
        path: text for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    if arguments == ["--check"]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date, run `python -m tools.apidoc`", file=sys.stderr)
        return int(bool(stale))
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
