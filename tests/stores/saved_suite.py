"""The suite that every store of saved reports passes, in memory or real."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.model.saved import SavedReport
from ringlake.stores.saved import SavedReports

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
_numbers = count()


def report(report_id: str = "r-1", **fields: Any) -> SavedReport:
    usual = {"name": "Missed, Monday", "owner": "u-anna", "view": "/v1/interactions"}
    return SavedReport(id=report_id, created_at=AT, updated_at=AT, **{**usual, **fields})


class SavedSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"saved{next(_numbers)}"

    def test_what_was_kept_comes_back(self, store: SavedReports, workspace: str) -> None:
        kept = report(parameters={"users": ["u1"], "count": True}, settings={"zone": "UTC"}, shared=True)
        store.put(workspace, kept, None)

        assert store.get(workspace, "r-1") == kept
        assert store.get(workspace, "r-2") is None

    def test_all_of_a_workspace_by_id_and_of_no_other(self, store: SavedReports, workspace: str) -> None:
        for report_id in ("r-2", "r-1"):
            store.put(workspace, report(report_id), None)
        store.put(f"{workspace}x", report("r-3"), None)

        assert [kept.id for kept in store.all(workspace)] == ["r-1", "r-2"]

    def test_a_report_is_replaced_only_in_place_of_the_one_it_was_made_from(
        self, store: SavedReports, workspace: str
    ) -> None:
        first = report()
        store.put(workspace, first, None)
        second = msgspec.structs.replace(first, name="Other", version=2)
        store.put(workspace, second, first)

        for previous in (None, first):
            with pytest.raises(Conflict):
                store.put(workspace, msgspec.structs.replace(first, name="Late", version=2), previous)
        assert store.get(workspace, "r-1") == second
