"""The suite that every store of marks passes, in memory or real."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from ringlake.errors import Conflict
from ringlake.model.marks import CaseState, Label, Marks
from ringlake.stores.marks import MarksStore

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
_numbers = count()


def marks(record_id: str = "line:c1", **said: Any) -> Marks:
    return Marks(record_id=record_id, updated_at=AT, updated_by="u-anna", **said)


class MarksSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"w{next(_numbers)}"

    def test_what_was_said_comes_back(self, store: MarksStore, workspace: str) -> None:
        said = marks(
            success=False,
            labels=(Label.TARGET,),
            tags=("ä",),
            note="call on Monday",
            legal_hold=True,
            case_state=CaseState.ASSIGNED,
            case_at=AT,
            assignee="u-anna",
        )
        store.put(workspace, said, None)

        assert store.get(workspace, ["line:c1"]) == {"line:c1": said}

    def test_records_without_marks_are_left_out(self, store: MarksStore, workspace: str) -> None:
        store.put(workspace, marks(), None)

        assert set(store.get(workspace, ["line:c2", "line:c1", "line:c1"])) == {"line:c1"}
        assert store.get(workspace, []) == {}

    def test_marks_of_another_workspace_are_not_seen(self, store: MarksStore, workspace: str) -> None:
        store.put(f"{workspace}x", marks(), None)

        assert store.get(workspace, ["line:c1"]) == {}

    def test_many_are_read_at_once(self, store: MarksStore, workspace: str) -> None:
        ids = [f"line:c{number}" for number in range(130)]
        for record_id in ids:
            store.put(workspace, marks(record_id), None)

        assert set(store.get(workspace, ids)) == set(ids)

    def test_marks_are_replaced_by_whoever_has_read_them_last(self, store: MarksStore, workspace: str) -> None:
        first, second = marks(), marks(tags=("a",), version=2)
        store.put(workspace, first, None)
        store.put(workspace, second, first)

        for stale in (None, first):
            with pytest.raises(Conflict):
                store.put(workspace, marks(version=2), stale)
        assert store.get(workspace, ["line:c1"]) == {"line:c1": second}

    def test_of_many_who_speak_at_once_exactly_one_is_heard(self, store: MarksStore, workspace: str) -> None:
        heard: list[str] = []
        barrier = threading.Barrier(6)

        def speak(number: int) -> None:
            barrier.wait()
            try:
                store.put(workspace, marks(note=str(number)), None)
            except Conflict:
                return
            heard.append(str(number))

        threads = [threading.Thread(target=speak, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [store.get(workspace, ["line:c1"])["line:c1"].note] == heard
