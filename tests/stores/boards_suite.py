"""The suite that every store of live boards passes, in memory or real."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from ringlake.model.board import AccountState, Board, BoardFilter, CallType
from ringlake.model.facts import PresenceStatus
from ringlake.stores.boards import Boards, Kept, Socket, Ticket

AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
_numbers = count()


def board(status: PresenceStatus = PresenceStatus.ONLINE) -> Board:
    state = AccountState(
        connection="op", key="k-zoë", names=("zoë",), day=AT.date(), status=status, since=AT, said_at=AT
    )
    return Board(accounts=(state,))


def socket(workspace: str, id: str, **more: object) -> Socket:
    return Socket(**{"id": id, "workspace": workspace, "user_id": "u1", "expires_at": LATER} | more)  # type: ignore[arg-type]


class BoardsSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"w{next(_numbers)}"

    def test_a_ticket_lets_in_once(self, store: Boards, workspace: str) -> None:
        ticket = Ticket(workspace=workspace, user_id="u1", expires_at=AT + timedelta(seconds=30))
        store.issue(f"t-{workspace}", ticket)

        assert store.redeem(f"t-{workspace}", AT) == ticket
        assert store.redeem(f"t-{workspace}", AT) is None

    def test_an_expired_ticket_and_an_unknown_one_let_nobody_in(self, store: Boards, workspace: str) -> None:
        store.issue(f"t-{workspace}", Ticket(workspace=workspace, user_id="u1", expires_at=AT))

        assert store.redeem(f"t-{workspace}", AT) is None
        assert store.redeem("no such ticket", AT) is None

    def test_of_many_who_hold_one_ticket_one_gets_in(self, store: Boards, workspace: str) -> None:
        store.issue(f"t-{workspace}", Ticket(workspace=workspace, user_id="u1", expires_at=LATER))
        got: list[Ticket | None] = []
        barrier = threading.Barrier(6)

        def redeem() -> None:
            barrier.wait()
            got.append(store.redeem(f"t-{workspace}", AT))

        threads = [threading.Thread(target=redeem) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(ticket is not None for ticket in got) == 1

    def test_a_board_has_a_version_that_rises_by_one(self, store: Boards, workspace: str) -> None:
        assert store.read(workspace, AT) == Kept()
        assert store.put(workspace, 0, board(), AT)
        assert store.put(workspace, 1, board(PresenceStatus.DND), LATER)

        assert store.read(workspace, AT) == Kept(version=2, board=board(PresenceStatus.DND), swept_at=LATER)

    def test_a_board_made_from_an_older_version_is_not_written(self, store: Boards, workspace: str) -> None:
        assert store.put(workspace, 0, board(), AT)
        assert store.put(workspace, 1, board(PresenceStatus.DND), AT)

        assert not store.put(workspace, 1, board(PresenceStatus.OFFLINE), AT)
        assert not store.put(workspace, 0, board(PresenceStatus.OFFLINE), AT)
        assert store.read(workspace, AT).board == board(PresenceStatus.DND)

    def test_of_many_writers_of_one_version_one_wins(self, store: Boards, workspace: str) -> None:
        won: list[bool] = []
        barrier = threading.Barrier(6)

        def write() -> None:
            barrier.wait()
            won.append(store.put(workspace, 0, board(), AT))

        threads = [threading.Thread(target=write) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(won) == 1

    def test_a_dropped_board_keeps_its_version(self, store: Boards, workspace: str) -> None:
        store.put(workspace, 0, board(), AT)
        assert store.put(workspace, 1, None, None)

        assert store.read(workspace, AT) == Kept(version=2)
        assert store.put(workspace, 2, board(), AT)
        assert store.read(workspace, AT).version == 3

    def test_a_sweep_is_noted_at_the_version_that_it_saw(self, store: Boards, workspace: str) -> None:
        store.swept(workspace, 0, AT)
        assert store.read(workspace, AT) == Kept()
        store.put(workspace, 0, board(), AT)
        store.swept(workspace, 1, LATER)
        store.swept(workspace, 7, AT)

        assert store.read(workspace, AT) == Kept(version=1, board=board(), swept_at=LATER)

    def test_watchers_are_read_with_the_board_until_they_leave_or_expire(self, store: Boards, workspace: str) -> None:
        wanted = BoardFilter(teams=("t1",), types=(CallType.INCOMING,))
        one, two = socket(workspace, "a="), socket(workspace, "b=", filter=wanted, lens="l1", judged_at=AT)
        old = socket(workspace, "c=", expires_at=AT)
        for each in (two, one, old):
            store.join(each)
        store.put(workspace, 0, board(), AT)

        assert store.read(workspace, AT).sockets == (one, two)
        store.leave(one)
        store.leave(one)
        assert store.read(workspace, AT) == Kept(version=1, board=board(), swept_at=AT, sockets=(two,))

    def test_a_watcher_is_found_by_its_connection(self, store: Boards, workspace: str) -> None:
        connection = f"x{workspace}="
        store.join(socket(workspace, connection))

        assert store.socket(connection) == socket(workspace, connection)
        store.leave(socket(workspace, connection))
        assert store.socket(connection) is None
        assert store.socket("nobody=") is None

    def test_a_watcher_that_has_left_is_not_brought_back(self, store: Boards, workspace: str) -> None:
        connection = f"y{workspace}="
        store.join(socket(workspace, connection))
        assert store.change(socket(workspace, connection, lens="l2"))
        assert store.socket(connection) == socket(workspace, connection, lens="l2")
        store.leave(socket(workspace, connection))

        assert not store.change(socket(workspace, connection, lens="l3"))
        assert store.read(workspace, AT).sockets == ()

    def test_a_watcher_that_is_another_by_now_is_not_replaced(self, store: Boards, workspace: str) -> None:
        connection = f"z{workspace}="
        first = socket(workspace, connection)
        store.join(first)
        second = socket(workspace, connection, filter=BoardFilter(users=("u1",)), lens="l1")
        assert store.change(second, first)

        assert not store.change(socket(workspace, connection, lens="l2"), first)
        assert store.socket(connection) == second
        assert store.change(socket(workspace, connection, lens="l3"), second)
        store.leave(first)
        assert not store.change(second, second)
