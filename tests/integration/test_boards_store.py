"""Live boards and their walls in DynamoDB on the emulator, by the same cases as their twins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringlake.errors import Unavailable
from ringlake.model.board import Board
from ringlake.stores.boards import DynamoBoards
from ringlake.stores.walls import DynamoWalls
from tests.integration.emulators import emulator, library_at, new_directory_table
from tests.stores.boards_suite import AT, BoardsSuite, socket
from tests.stores.walls_suite import WallsSuite

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A table with the keys of the live table, which are those of the directory's."""
    with emulator(tmp_path_factory.mktemp("boards")) as running, library_at(running):
        yield new_directory_table(running)


class TestDynamoBoards(BoardsSuite):
    @pytest.fixture
    def store(self, table: str) -> DynamoBoards:
        return DynamoBoards(table)

    def test_a_store_that_does_not_answer_is_unavailable(self) -> None:
        missing = DynamoBoards("no-such-table")
        with pytest.raises(Unavailable):
            missing.read("w", AT)
        with pytest.raises(Unavailable):
            missing.put("w", 0, Board(), AT)
        with pytest.raises(Unavailable):
            missing.redeem("t", AT)
        with pytest.raises(Unavailable):
            missing.join(socket("w", "a="))


class TestDynamoWalls(WallsSuite):
    @pytest.fixture
    def store(self, table: str) -> DynamoWalls:
        """Of the directory's table only the keys matter, and those are the same."""
        return DynamoWalls(table)
