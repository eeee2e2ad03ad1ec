"""The live board under the simulated mapping: whatever becomes of bells and messages, screens show what is.

Each seed is one history: calls and statuses at random times, their bells through the stream with repeats,
throttles, failing stores, dying and overlapping processes; screens that come, go, ping and lose messages.
After every message a screen shows exactly what its user may see of the version that it says it shows; after
the last sweep every screen shows what a fresh look at the records shows. `RINGLAKE_SEEDS` sets the number of
seeds (a third of it is run).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.live import live as function
from ringlake.access import scope
from ringlake.access.scope import Scope, grants
from ringlake.errors import NotAuthentic, Unavailable
from ringlake.flows.live import LIFE, SWEEP, lens_of, seen_by
from ringlake.model.base import from_json
from ringlake.model.board import Board, BoardFilter, CallStatus, CallType, Delta, LiveCall, Snapshot, Told
from ringlake.model.directory import Ability, Role, User
from ringlake.query.board import view
from ringlake.query.watching import board_filter
from tests.driver.faults import Crash, Hooked
from tests.driver.mapping import Chance, Reader, Settings, Stream, Timeline
from tests.property.turns import Turns
from tests.unit.live.hall import ANNAS, MAIN, NAMES, SALES, Hall, Screen

SEEDS = max(int(os.environ.get("RINGLAKE_SEEDS", "1000")) // 3, 10)
FAULTS_STOP_AT = 300.0
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"users": ["u-anna", "u-boris"]},
    {"teams": ["t-sales"]},
    {"statuses": ["talking"], "include_internal": True},
    {"types": ["incoming"], "numbers": ["n-main"]},
)


class History:
    """One seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.hall = Hall()
        self.timeline = Timeline()
        self.stream = Stream(self.timeline, shards=self.chance.choice([1, 2]))
        self.faults = {
            "unavailable": self.chance.choice([0.0, 0.02, 0.1]),
            "crash": self.chance.choice([0.0, 0.02]),
            "overlap": self.chance.choice([0.0, 0.1, 0.3]),
            "lost_bell": self.chance.choice([0.0, 0.1]),
            "lost_message": self.chance.choice([0.0, 0.05, 0.2]),
        }
        self.counted: Counter[str] = Counter()
        self.boards: dict[int, Board] = {}
        self.screens: list[Screen] = []
        # What each view's name stands for: the user as he was then, and the filter.
        self.views: dict[str, tuple[User, BoardFilter]] = {}
        self.suspended: dict[str, float] = {}
        self.sent_at: dict[str, float] = {}
        self._depth = 0
        self._remember_versions()
        before = self._before_call
        self.processes = [
            self.hall.process(
                records=Hooked(self.hall.records, before),
                contacts=Hooked(self.hall.contacts, before),
                directory=Hooked(self.hall.directory, before),
                boards=Hooked(self.hall.boards, before),
                wire=Hooked(self.hall.wire, before),
            )
            for _ in range(2)
        ]
        self.reader = Reader(
            self.stream,
            self.invoke,
            Settings(
                batch_size=self.chance.choice([1, 10]),
                parallelization=self.chance.choice([1, 2]),
                retries=5,
                max_age_s=3600,
                bisect=True,
                report_failures=True,
            ),
            Chance(
                throttle=self.chance.choice([0.0, 0.2]), repeat=self.chance.choice([0.0, 0.2]), until=FAULTS_STOP_AT
            ),
            seed=seed,
        )

    def _remember_versions(self) -> None:
        put = self.hall.boards.put

        def remembering(workspace: str, known: int, board: Board | None, swept_at: Any) -> bool:
            written = put(workspace, known, board, swept_at)
            if written and board is not None:
                self.boards[known + 1] = board
            return written

        self.hall.boards.put = remembering  # type: ignore[method-assign]
        send = self.hall.wire.send

        def dating(connection: str, message: bytes) -> None:
            send(connection, message)
            self.sent_at[connection] = self.hall.at

        self.hall.wire.send = dating  # type: ignore[method-assign]

    def _happens(self, fault: str) -> bool:
        happens = self.timeline.now < FAULTS_STOP_AT and self.chance.random() < self.faults[fault]
        self.counted[fault] += happens
        return happens

    def _before_call(self) -> None:
        """What may happen at any call of any store: it fails, the process dies, others run meanwhile."""
        if self._depth < 4 and self._happens("overlap"):
            self.timeline.step()
            self.hall.at = self.timeline.now
        if self._happens("unavailable"):
            raise Unavailable("fault")
        if self._happens("crash"):
            raise Crash

    def invoke(self, event: Mapping[str, Any]) -> Any:
        self.hall.at = self.timeline.now
        process = self.chance.choice(self.processes)
        function.stores = lambda: process  # type: ignore[assignment]
        self._depth += 1
        try:
            return function.handler(event, None)
        except Crash:
            raise RuntimeError("the process died") from None
        finally:
            self._depth -= 1

    # --- what happens

    def plan(self) -> None:
        chance = self.chance
        for n in range(chance.randint(2, 5)):
            start, steps = chance.uniform(0, 120), self._call_steps(f"c{n}")
            for number, step in enumerate(steps):
                self.timeline.at(start + number * chance.uniform(0.5, 20), step)
        for _ in range(chance.randint(0, 6)):
            account = chance.choice(["anna", "anna-desk", "boris", "mia"])
            status = chance.choice(["online", "dnd", "offline", "talking"])
            self.timeline.at(chance.uniform(0, 200), lambda a=account, s=status: self._tell("status", a, s))  # type: ignore[misc]
        if chance.random() < 0.3:
            self.timeline.at(chance.uniform(50, 200), lambda: self._suspend(chance.choice(NAMES)))
        for _ in range(chance.randint(0, 2)):
            self.timeline.at(chance.uniform(50, 250), self._change_rights)
        for _ in range(chance.randint(1, 4)):
            name, wanted = chance.choice(NAMES), chance.choice(FILTERS)
            came = chance.uniform(0, 150)
            self.timeline.at(came, lambda n=name, w=wanted: self._comes(n, w))  # type: ignore[misc]

    def _call_steps(self, id: str) -> list[Callable[[], None]]:
        chance = self.chance
        to = chance.choice([MAIN, SALES, ANNAS])
        agents = chance.sample(["anna", "boris", "mia"], chance.randint(1, 3))
        more: dict[str, Any] = {"to": to}
        if chance.random() < 0.2:
            more = {"direction": "outbound", "from": to, "to": "+48600100200"}
        told = [("queued", "")] if chance.random() < 0.4 else []
        told += [("ringing", agent) for agent in agents]
        if chance.random() < 0.7:
            told.append(("answered", agents[0]))
        if chance.random() < 0.2 and len(agents) > 1:
            told += [("transferred", agents[0]), ("ringing", agents[1]), ("answered", agents[1])]
        if chance.random() < 0.7:
            told.append(("completed", ""))
        return [lambda w=what, a=agent: self._tell("call", w, id, a, **more) for what, agent in told]  # type: ignore[misc]

    def _tell(self, kind: str, *words: str, **more: Any) -> None:
        self.hall.at = self.timeline.now
        key = getattr(self.hall, kind)(*words, **more)
        if not self._happens("lost_bell"):
            self.stream.write(key, "record", "MODIFY")

    def _suspend(self, name: str) -> None:
        self.hall.at = self.timeline.now
        self.hall.change(name, suspended_at=self.hall.clock())
        self.suspended[f"u-{name}"] = self.timeline.now

    def _change_rights(self) -> None:
        """Somebody manages another team, or none."""
        self.hall.at = self.timeline.now
        self.hall.change("mia", manages=self.chance.choice([("t-sales",), ("t-service",), ()]))
        for screen in self.screens:
            self._name_views(screen)

    def _name_views(self, screen: Screen) -> None:
        user = self.hall.directory.find("acme", User, screen.user_id)
        assert user is not None
        for raw in FILTERS:
            wanted = board_filter(raw)
            self.views[lens_of(user, wanted)] = user, wanted

    # --- screens

    def _comes(self, name: str, wanted: dict[str, Any]) -> None:
        self.hall.at = self.timeline.now
        process = self.chance.choice(self.processes)
        try:
            screen = self.hall.connect(name, live=process)
        except (Unavailable, Crash, NotAuthentic):
            return
        self.screens.append(screen)
        self._name_views(screen)
        screen.filter = wanted
        self._say(screen, "subscribe", filter=wanted)
        leaves = self.timeline.now + self.chance.uniform(20, 400)
        self.timeline.after(self.chance.uniform(1, 30), lambda: self._looks(screen, leaves))

    def _looks(self, screen: Screen, leaves: float) -> None:
        """The screen takes what has come, loses some of it, pings, and sometimes goes for good."""
        self.hall.at = self.timeline.now
        self._take(screen)
        if self.timeline.now > leaves and self.chance.random() < 0.3:
            self.screens.remove(screen)
            self.hall.live.disconnect(screen.connection)
            return
        if self.chance.random() < 0.15:
            # Another filter; what is on its way still is of the one before.
            screen.filter = self.chance.choice(FILTERS)
            self._say(screen, "subscribe", filter=screen.filter)
        self._say(screen, "ping", filter=screen.filter)
        if self.timeline.now < FAULTS_STOP_AT + 2 * SWEEP.total_seconds():
            self.timeline.after(self.chance.uniform(1, 30), lambda: self._looks(screen, leaves))

    def _say(self, screen: Screen, action: str, **more: Any) -> None:
        self._depth += 1
        try:
            screen.say(action, **more)
        except (Unavailable, Crash):
            # The client is told nothing; it says so again.
            pass
        finally:
            self._depth -= 1

    def _take(self, screen: Screen) -> None:
        """Whatever was taken: what is shown is what this user sees of the version that it says it is."""
        sent = self.hall.wire.sent[screen.connection]
        asks = False
        while screen.taken < len(sent):
            message, screen.taken = sent[screen.taken], screen.taken + 1
            if self._happens("lost_message"):
                continue
            asks = screen.follower.take(message) or asks
            self._check(screen)
        if asks:
            self._say(screen, "subscribe", filter=screen.filter)

    def _check(self, screen: Screen) -> None:
        follower = screen.follower
        if follower.version is None:
            return
        user, wanted = self.views[follower.view]
        assert user.id == screen.user_id
        seen, shown = seen_by(user, wanted, self.boards[follower.version]), follower.shown
        assert (shown.header, shown.calls, shown.people) == (seen.header, seen.calls, seen.people)
        head = shown.header
        assert head.total == head.waiting + head.talking <= head.in_project
        assert head.waiting_incoming <= head.waiting
        assert head.talking_incoming <= head.talking
        self.counted["versions shown"] += 1

    def run(self) -> None:
        self.plan()
        self.timeline.run()
        assert self.reader.idle
        # Faults have stopped; one more sweep for whoever still watches.
        self.hall.at = self.timeline.now + SWEEP.total_seconds()
        for screen in self.screens:
            for _ in range(4):
                self._say(screen, "ping", filter=screen.filter)
                self._take(screen)
            if screen.user_id in self.suspended:
                assert screen.connection in self.hall.wire.closed
                assert self.hall.boards.socket(screen.connection) is None
                late = self.suspended[screen.user_id] + LIFE.total_seconds()
                assert self.sent_at.get(screen.connection, 0.0) <= late
                self.counted["screens of suspended people"] += 1
                continue
            assert screen.shows_what_is(board_filter(screen.filter))
            self.counted["screens at the end"] += 1
        self._once_each()

    def _once_each(self) -> None:
        """Every message says only what its user may see; a call is announced to a screen by deltas at most once."""
        for messages in self.hall.wire.sent.values():
            announced: Counter[str] = Counter()
            for message in messages:
                told: Told = from_json(message, Told)  # type: ignore[arg-type]
                if isinstance(told, Snapshot | Delta):
                    seen = scope(self.views[told.view][0])
                    assert all(within(seen, call) for call in (*told.calls, *told.notifications))
                if isinstance(told, Delta):
                    announced.update(call.id for call in told.notifications)
            assert all(n == 1 for n in announced.values())
            self.counted["announced"] += len(announced)


def within(seen: Scope, call: LiveCall) -> bool:
    return grants(seen, call.owner_id, call.team_id, call.business_number_id, call.reached if call.group_call else ())


@pytest.fixture
def _quiet_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Histories replace the function's stores, which are put back afterwards; its log lines are not looked at."""
    monkeypatch.setattr(function, "stores", function.stores)
    monkeypatch.setattr(function, "print", lambda _: None, raising=False)


@pytest.mark.usefixtures("_quiet_function")
def test_every_history_ends_with_screens_that_show_what_is(capsys: pytest.CaptureFixture[str]) -> None:
    total: Counter[str] = Counter()
    for seed in range(SEEDS):
        history = History(seed)
        try:
            history.run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        total.update(history.counted)
        total.update(invocations=history.reader.invocations, versions=len(history.boards))
    with capsys.disabled():
        print(f"\nlive board under the simulated mapping: {SEEDS} seeds, {dict(total)}")
    assert all(total.values()), "a fault that never happened proves nothing"


@settings(max_examples=60, deadline=None)
@given(schedule=st.lists(st.integers(0, 3), max_size=60), crash=st.integers(1, 12))
def test_whatever_the_order_of_their_reads_and_writes_the_last_version_has_all(schedule: list[int], crash: int) -> None:
    """Two processes answer bells at once, a third one dies in the middle, and a screen comes in between."""
    hall = Hall()
    olga = hall.screen("olga")
    keys = [hall.call("ringing", id=f"c{n}", agent=agent) for n, agent in enumerate(("anna", "boris", "mia"))]
    late: list[Screen] = []

    def process(turn: Any, *rung: str) -> None:
        names = ("records", "contacts", "directory", "boards", "wire")
        done = hall.process(**{name: turn(getattr(hall, name)) for name in names}).ring(rung)
        hall.ring(*done.failed)

    def comes(turn: Any) -> None:
        names = ("records", "contacts", "directory", "boards", "wire")
        live = hall.process(**{name: turn(getattr(hall, name)) for name in names})
        late.append(hall.connect("olga", live=live))
        late[0].subscribe()

    Turns(iter(schedule), crash_at={2: crash}).run(
        [
            lambda turn: process(turn, keys[0]),
            lambda turn: process(turn, keys[1]),
            lambda turn: process(turn, keys[2]),
            comes,
        ]
    )
    hall.ring(keys[2])
    for screen in (olga, *late):
        screen.live = hall.live
        screen.take()
        screen.say("ping")
        assert screen.shows_what_is()


@settings(max_examples=80, deadline=None)
@given(schedule=st.lists(st.integers(0, 2), max_size=50))
def test_who_comes_while_versions_are_written_misses_none_of_them(schedule: list[int]) -> None:
    """Nothing gets lost here, so no ping and no second snapshot is needed to see everything."""
    hall = Hall()
    olga = hall.screen("olga")
    keys = [hall.call("ringing", id=f"c{n}", agent=agent) for n, agent in enumerate(("anna", "boris"))]
    names = ("records", "contacts", "directory", "boards", "wire")
    late: list[Screen] = []

    def process(turn: Any, key: str) -> None:
        live = hall.process(**{name: turn(getattr(hall, name)) for name in names})
        assert not live.ring([key]).failed

    def comes(turn: Any) -> None:
        late.append(hall.connect("olga", live=hall.process(**{n: turn(getattr(hall, n)) for n in names})))
        late[0].subscribe()

    Turns(iter(schedule)).run([lambda turn: process(turn, keys[0]), lambda turn: process(turn, keys[1]), comes])
    for screen in (olga, *late):
        screen.live = hall.live
        assert screen.shows_what_is()


IDS = st.sampled_from(["u-anna", "u-boris", "u-mia", ""])
TEAMS = st.sampled_from(["t-sales", "t-service", ""])
NUMBERS = st.sampled_from(["n-main", "n-sales", "n-anna", ""])
USERS = st.builds(
    lambda role, teams, numbers, abilities, without: User(
        id="u-anna",
        email="a@acme.example",
        name="Anna",
        role=role,
        teams=tuple(teams),
        manages=tuple(teams),
        numbers=tuple(numbers),
        abilities=tuple(abilities),
        without=tuple(without),
    ),
    st.sampled_from(Role),
    st.sets(TEAMS.filter(bool), max_size=2),
    st.sets(NUMBERS.filter(bool), max_size=2),
    st.sets(st.sampled_from([Ability.VIEW_ALL_CALLS, Ability.SCOPE_WORKSPACE, Ability.SUPERVISE]), max_size=2),
    st.sets(st.sampled_from([Ability.SEE_NUMBERS, Ability.SEE_NAMES, Ability.SUPERVISE]), max_size=2),
)
WANTED = st.builds(
    BoardFilter,
    users=st.lists(IDS.filter(bool), max_size=2).map(tuple),
    teams=st.lists(TEAMS.filter(bool), max_size=1).map(tuple),
    types=st.lists(st.sampled_from(CallType), max_size=2).map(tuple),
    statuses=st.lists(st.sampled_from(CallStatus), max_size=1).map(tuple),
    include_internal=st.booleans(),
)
CALLS = st.fixed_dictionaries(
    {
        "to": st.sampled_from([MAIN, SALES, ANNAS]),
        "agents": st.lists(st.sampled_from(["anna", "boris", "mia"]), min_size=1, max_size=3, unique=True),
        "answered": st.booleans(),
        "direction": st.sampled_from(["inbound", "outbound", "internal"]),
    }
)


@settings(max_examples=80, deadline=None)
@given(user=USERS, wanted=WANTED, calls=st.lists(CALLS, max_size=4))
def test_no_view_holds_a_row_outside_the_scope_and_its_header_counts_its_rows(
    user: User, wanted: BoardFilter, calls: list[dict[str, Any]]
) -> None:
    hall = Hall()
    for number, told in enumerate(calls):
        ends = {"to": told["to"], "direction": told["direction"]}
        if told["direction"] != "inbound":
            ends |= {"from": told["to"], "to": "+48600100200"}
        for agent in told["agents"]:
            hall.call("ringing", id=f"c{number}", agent=agent, **ends)
        if told["answered"]:
            hall.call("answered", id=f"c{number}", agent=told["agents"][0], **ends)
    hall.status("mia", "online")
    whole = hall.fresh("u-olga", BoardFilter(include_internal=True))
    board, seen = Board(calls=whole.calls, people=whole.people), scope(user)
    shown = view(board, seen, user.id, wanted)
    by_id = {call.id: call for call in board.calls}
    assert all(within(seen, by_id[call.id]) for call in (*shown.calls, *shown.mine))
    every = view(board, seen, user.id, BoardFilter(include_internal=True))
    assert {call.id for call in every.calls} == {call.id for call in board.calls if within(seen, call)}
    assert {call.id for call in shown.calls} <= {call.id for call in every.calls}
    assert shown.header.total == len(shown.calls) == shown.header.waiting + shown.header.talking
    assert shown.header.in_project <= len(every.calls)
    for call in shown.calls:
        assert Ability.SEE_NUMBERS not in seen.hides or "600100" not in call.customer_number
    ids = {call.id for call in every.calls}
    for person in shown.people:
        assert seen.everything or person.user_id in seen.users or set(person.teams) & set(seen.teams)
        assert {*person.calls, *person.ringing} <= ids
