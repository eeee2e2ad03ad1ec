"""Requests made from the published description by schemathesis, and what must hold of every answer.

Used in process and over HTTP. Ids and dates are often those of things that are there, because a made-up id meets
nothing but 404.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api_answers import OPERATIONS
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case as AnyCase
from schemathesis.openapi import from_dict
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ringlake.access import ROUTES, abilities
from ringlake.model.directory import User
from tests.unit.api.conformance import document

type Case = AnyCase[Any]
type Asked = APIOperation[Any, Any, Any, Any]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# Of ten ids and filters, how many are of things that are there.
REAL = 7


@dataclass(frozen=True)
class There:
    """What is in the workspace: ids by the path they stand in (its longest beginning counts), and a day with rows.

    `queries` are values of query parameters; `kept` are values of body fields that a test cannot do without.
    """

    ids: Mapping[str, Sequence[str]]
    queries: Mapping[str, Sequence[Any]]
    day: str
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass
class Counts:
    """What was asked, for the report."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, role: str, mode: str, status: int) -> None:
        self.requests[f"{role}, {mode}"] += 1
        self.statuses[status] += 1

    def __str__(self) -> str:
        by_class = Counter({f"{status // 100}xx": 0 for status in self.statuses})
        for status, count in self.statuses.items():
            by_class[f"{status // 100}xx"] += count
        said = ", ".join(f"{count} {name}" for name, count in sorted(by_class.items()))
        return f"{self.requests.total()} requests ({said}): {dict(sorted(self.requests.items()))}"


def operations(app: Any = None) -> dict[str, Asked]:
    """Operations of the description by route, to be sent to a WSGI application or to an address."""
    # Who may ask is tried by the tests themselves; described, tokens would be made up as headers too.
    schema = from_dict({name: part for name, part in document().items() if name != "security"})
    schema.app = app
    schema.config.update(base_url="http://api.invalid" if app else None)
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(found) == len(OPERATIONS)
    return {operation.label: operation for operation in found}


@st.composite
def requests(draw: st.DrawFn, operation: Asked, there: There) -> tuple[str, Case]:
    """A request, and whether it is as described (`positive`) or breaks the description somewhere (`negative`)."""
    mode = draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case: Case = draw(operation.as_strategy(generation_mode=mode))
    if mode is GenerationMode.POSITIVE:
        _be_real(draw, case, there)
    _keep(case, there)
    return mode.value, case


def _be_real(draw: st.DrawFn, case: Case, there: There) -> None:
    """Ids and days of what is there, in most requests."""
    known = max((path for path in there.ids if case.path.startswith(path)), key=len, default="")
    for name in case.path_parameters or {}:
        if known and draw(st.integers(0, 9)) < REAL:
            case.path_parameters[name] = draw(st.sampled_from(there.ids[known]))
    query = case.query
    parameters = {one.name for one in case.operation.query} if hasattr(case.operation, "query") else set()
    if "preset" in parameters and draw(st.integers(0, 9)) < REAL:
        for name in ("preset", "from", "to", "zone"):
            query.pop(name, None)
        query |= {"from": there.day, "to": there.day}
        # Each further condition makes an empty answer likelier: one at most.
        for name in draw(st.lists(st.sampled_from(sorted(query)), unique=True)) if len(query) > 3 else ():
            if name not in ("from", "to"):
                query.pop(name, None)
    for name, values in there.queries.items():
        if name in query and draw(st.integers(0, 9)) < REAL:
            value = draw(st.sampled_from(values))
            query[name] = [value] if isinstance(query[name], list) else value


def _keep(case: Case, there: There) -> None:
    """Nothing that would end the test for the requests after it."""
    kept = there.kept.get(case.operation.label, {})
    if isinstance(case.body, dict):
        case.body |= {name: value for name, value in kept.items() if name in case.body}


def check(case: Case, response: Any, user: User, mode: str) -> None:
    """Raises unless the answer is as described, and as the user's abilities say."""
    answer = Response.from_any(response)
    # A request may be wrong in several ways: a plan or an old version may be what is said of it.
    refused = mode == "positive" or answer.status_code in (402, 412)
    checks = CHECKS[:-1] if refused else CHECKS
    case.validate_response(answer, checks=checks)
    missing = set(ROUTES[case.operation.label]) - abilities(user)
    if missing:
        assert answer.status_code == 403, f"{user.role} without {sorted(missing)} got {answer.status_code}"
    if answer.status_code >= 400:
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["request_id"]
        if answer.status_code == 400:
            assert all(one["reason"] for one in problem["errors"]), problem
            assert all(one.get("field") or one.get("line") for one in problem["errors"]), problem
