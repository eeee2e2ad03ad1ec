"""What every store of refold requests does; the twin and the real store run the same cases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count

import msgspec
import pytest

from ringlake.model.refolds import Refold
from ringlake.stores.refolds import Refolds

AT = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
_numbers = count()


def request(id: str = "r1", at: datetime = AT) -> Refold:
    return Refold(id=id, requested_at=at, requested_by="u-1", connection="pbx", accounts=("101", "é#1"))


class RefoldsSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"w{next(_numbers)}"

    def test_requests_come_back_oldest_first_and_only_of_their_workspace(self, store: Refolds, workspace: str) -> None:
        newer = request("a", AT + timedelta(seconds=1))
        older = msgspec.structs.replace(
            request("b"), numbers=("+48221230000",), number_ids=("",), since=date(2026, 1, 1), next_day=date(2026, 2, 1)
        )
        store.ask(workspace, newer)
        store.ask(workspace, older)
        store.ask(f"{workspace}-other", request())
        assert store.open(workspace) == [older, newer]

    def test_nobody_asked_is_an_empty_list(self, store: Refolds, workspace: str) -> None:
        assert store.open(workspace) == []

    def test_progress_replaces_what_it_was_made_from(self, store: Refolds, workspace: str) -> None:
        store.ask(workspace, request())
        further = msgspec.structs.replace(request(), next_day=date(2026, 9, 13), rung=7)
        assert store.advance(workspace, request(), further)
        assert store.open(workspace) == [further]

    def test_a_run_that_was_overtaken_changes_nothing(self, store: Refolds, workspace: str) -> None:
        store.ask(workspace, request())
        further = msgspec.structs.replace(request(), next_day=date(2026, 9, 13))
        assert store.advance(workspace, request(), further)
        assert not store.advance(workspace, request(), msgspec.structs.replace(request(), rung=1))
        assert not store.advance(workspace, request(), None)
        assert store.open(workspace) == [further]

    def test_what_is_asked_again_begins_anew(self, store: Refolds, workspace: str) -> None:
        store.ask(workspace, request())
        further = msgspec.structs.replace(request(), next_day=date(2026, 9, 13))
        assert store.advance(workspace, request(), further)
        again = request(at=AT + timedelta(minutes=1))
        store.ask(workspace, again)
        assert not store.advance(workspace, further, None)
        assert store.open(workspace) == [again]

    def test_what_was_not_worked_off_is_taken_up_into_what_is_asked_under_the_same_id(
        self, store: Refolds, workspace: str
    ) -> None:
        first = Refold(id="n", requested_at=AT, numbers=("+1", "+2"), since=date(2026, 3, 1), until=date(2026, 3, 9))
        second = Refold(id="n", requested_at=AT + timedelta(hours=1), numbers=("+2", "+3"), since=date(2026, 4, 1))
        store.ask(workspace, first)
        assert store.advance(workspace, first, msgspec.structs.replace(first, next_day=date(2026, 3, 5), rung=3))
        store.ask(workspace, second)
        (both,) = store.open(workspace)
        assert both == msgspec.structs.replace(second, numbers=("+1", "+2", "+3"), since=date(2026, 3, 1))
        assert store.advance(workspace, both, None)
        store.ask(workspace, second)
        assert store.open(workspace) == [second]

    def test_requests_that_are_asked_at_once_are_all_done(self, store: Refolds, workspace: str) -> None:
        with ThreadPoolExecutor(3) as pool:
            list(
                pool.map(lambda n: store.ask(workspace, Refold(id="n", requested_at=AT, accounts=(str(n),))), range(3))
            )
        (asked,) = store.open(workspace)
        assert asked.accounts == ("0", "1", "2")

    def test_a_request_that_is_done_is_gone(self, store: Refolds, workspace: str) -> None:
        store.ask(workspace, request("a"))
        store.ask(workspace, request("b"))
        assert store.advance(workspace, request("a"), None)
        assert not store.advance(workspace, request("a"), None)
        assert store.open(workspace) == [request("b")]
