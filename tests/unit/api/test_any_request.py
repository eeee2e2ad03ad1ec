"""Whatever is asked as the description allows, or as it does not: answers are as described, and nothing breaks.

    RINGLAKE_CASES=300 pytest tests/unit/api/test_any_request.py

asks that many requests of each route and role instead of a few. Over HTTP the same is asked by
tests/integration/test_schemathesis.py.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringlake.access import ROUTES
from tests.unit.api import asking
from tests.unit.api.furnished import ROLES, SECRET, furnished
from tests.unit.api.gateway import application

pytestmark = pytest.mark.slow

api: ModuleType = importlib.import_module("functions.api.api")
# Hypothesis begins with the simplest requests: under ten there is little else.
CASES = int(os.environ.get("RINGLAKE_CASES", "0")) or max(2, settings().max_examples // 4)
COUNTS = asking.Counts()
OPERATIONS = asking.operations(application)


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    yield
    print(f"\nschemathesis, in process: {COUNTS}")


class Standing:
    """A furnished workspace that stands until something in it was changed: making one takes longer than asking."""

    def __init__(self) -> None:
        self._furnish()

    def _furnish(self) -> None:
        self.world, self.there = furnished()
        self.rooms = self.world.rooms
        self.users = {user.sub: user for user in self.world.directory.load("acme").users}

    def ask(self, case: Any, subject: str) -> Any:
        # The client here unpacks nothing; compression has tests of its own.
        headers = {"accept-encoding": "identity"} | ({"authorization": f"Bearer {subject}"} if subject else {})
        with patch.multiple(api, stores=lambda: self.rooms, now=self.world.clock):
            answer = case.call(headers=headers)
        if case.method != "GET" and answer.status_code < 400:
            self._furnish()
        return answer


STANDING = Standing()


@pytest.mark.parametrize("route", ROUTES)
@settings(max_examples=CASES, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_request_is_answered_as_described_and_to_whom_it_may(route: str, data: st.DataObject) -> None:
    mode, case = data.draw(asking.requests(OPERATIONS[route], STANDING.there))

    for subject in ("", "s-nobody"):
        refused = STANDING.ask(case, subject)
        COUNTS.add("nobody", mode, refused.status_code)
        assert refused.status_code == 401

    # Another workspace's owner may everything, and names what is acme's.
    there, before = STANDING.there, STANDING.world.directory.load("acme")
    world = STANDING.world
    foreign = STANDING.ask(case, "s-rival")
    COUNTS.add("owner of another workspace", mode, foreign.status_code)
    assert SECRET not in foreign.text
    # Reports and months are everybody's.
    shared = {*there.ids["/v1/reports/"], *there.ids["/v1/closings/"]}
    ids = {one for ids in there.ids.values() for one in ids} - shared
    if ids & set((case.path_parameters or {}).values()):
        assert foreign.status_code in (400, 404, 428), foreign.text
    assert world.directory.load("acme") == before

    # The first of a list is drawn most often: who may ask everything meets most.
    role = data.draw(st.sampled_from(["owner", *sorted(set(ROLES) - {"owner"})]))
    user = STANDING.users[ROLES[role]]
    answer = STANDING.ask(case, ROLES[role])
    COUNTS.add(role, mode, answer.status_code)
    asking.check(case, answer, user, mode)
