"""The suite that every store of walls passes, in memory or real."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.model.board import BoardFilter, CallType
from ringlake.model.language import Language
from ringlake.model.walls import Theme, Thresholds, Wall, digest_of
from ringlake.stores.walls import Walls

AT = datetime(2026, 9, 14, 9, tzinfo=UTC)
_numbers = count()


def wall(wall_id: str = "w-1", **fields: Any) -> Wall:
    usual = {"name": "Reception, 2nd floor", "owner": "u-olga", "digest": digest_of("secret")}
    return Wall(id=wall_id, created_at=AT, **{**usual, **fields})


class WallsSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"walls{next(_numbers)}"

    def test_what_was_put_up_comes_back(self, store: Walls, workspace: str) -> None:
        kept = wall(
            filter=BoardFilter(teams=("t-zoë",), types=(CallType.INCOMING,)),
            thresholds=Thresholds(wait_red_s=60),
            language=Language.PL,
            theme=Theme.LIGHT,
        )
        store.put(workspace, kept, None)

        assert store.get(workspace, "w-1") == kept
        assert store.get(workspace, "w-2") is None

    def test_all_of_a_workspace_by_id_and_of_no_other(self, store: Walls, workspace: str) -> None:
        for wall_id in ("w-2", "w-1"):
            store.put(workspace, wall(wall_id), None)
        store.put(f"{workspace}x", wall("w-3"), None)

        assert [kept.id for kept in store.all(workspace)] == ["w-1", "w-2"]

    def test_a_wall_is_replaced_only_in_place_of_the_one_it_was_made_from(self, store: Walls, workspace: str) -> None:
        first = wall()
        store.put(workspace, first, None)
        second = msgspec.structs.replace(first, deleted_at=AT, version=2)
        store.put(workspace, second, first)

        for previous in (None, first):
            with pytest.raises(Conflict):
                store.put(workspace, msgspec.structs.replace(first, name="Late", version=2), previous)
        assert store.get(workspace, "w-1") == second
