"""When an alert fires, when it is over, and who is told of it when: looks of a minute each, as tables.

A table has one row per look: the value seen, and what came of it. Empty is nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.metrics.alerting import MOST_HELD, Look, Moved, evaluate
from ringlake.model.alerts import (
    AlertEvent,
    AlertKind,
    AlertRule,
    AlertState,
    EventKind,
    Observation,
    Phase,
    QuietHours,
    QuietMode,
    Told,
)

AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rule(**fields: Any) -> AlertRule:
    """Fires at 5 waiting customers; told at once, over at the second good look."""
    usual: dict[str, Any] = {
        "id": "a-1",
        "name": "Queue",
        "kind": AlertKind.WAITING,
        "owner": "u-1",
        "threshold": Decimal(5),
        "settle_s": 60,
        "cooldown_s": 0,
        "watches_from": AT,
        "created_at": AT,
        "updated_at": AT,
    }
    return AlertRule(**(usual | fields))


def seen(value: float | str | None, n: int | None = None) -> Observation:
    if value == "idle":
        return Observation(idle=True)
    return Observation(value=None if value in (None, "?") else Decimal(str(value)), n=n)


def quiet_word(event: AlertEvent) -> str:
    """An event as a table writes it: what is told has a mark, what is not says why."""
    return (
        f"{event.kind.value}!"
        if event.tells
        else f"{event.kind.value} ({event.silent})"
        if event.silent
        else event.kind.value
    )


class Watch:
    """A rule that is looked at minute by minute."""

    def __init__(self, watched: AlertRule) -> None:
        self.rule = watched
        self.state = AlertState(rule=watched.id, watches_from=watched.watches_from)
        self.at = AT
        self.events: list[AlertEvent] = []

    def look(self, value: float | str | None, *, quiet: bool = False) -> str:
        moved: Moved = evaluate(self.rule, Look(seen(value), self.at, quiet), self.state)
        self.state = moved.state
        self.events += moved.events
        self.at += MINUTE
        return " ".join(quiet_word(event) for event in moved.events)

    def looks(self, *values: float | str | None, quiet: bool = False) -> list[str]:
        return [self.look(value, quiet=quiet) for value in values]

    @property
    def told(self) -> list[AlertEvent]:
        return [event for event in self.events if event.tells]


TABLES: dict[str, tuple[dict[str, Any], list[tuple[Any, str]]]] = {
    "it is told once, and once that it is over": (
        {},
        [(4, ""), (5, "fired!"), (9, ""), (6, ""), (4, ""), (3, "resolved!"), (0, "")],
    ),
    "exactly the threshold is reached": ({}, [(5, "fired!")]),
    "of what should be high, exactly the threshold is good": (
        {"kind": AlertKind.SERVICE_LEVEL, "threshold": Decimal(80)},
        [(80, ""), ("79.9", "fired!"), (80, ""), (80, "resolved!")],
    ),
    "nobody there is less than one": (
        {"kind": AlertKind.NO_AGENT, "threshold": Decimal(1)},
        [(1, ""), (0, "fired!"), (1, ""), (2, "resolved!")],
    ),
    "one good look in between does not end it": (
        {"settle_s": 120},
        [(5, "fired!"), (4, ""), (5, ""), (4, ""), (4, ""), (4, "resolved!")],
    ),
    "between the threshold and clear nothing changes": (
        {"clear": Decimal(2)},
        [(5, "fired!"), (4, ""), (3, ""), (2, ""), (1, ""), (1, "resolved!")],
    ),
    "between the threshold and clear nothing begins": ({"clear": Decimal(2)}, [(4, ""), (3, "")]),
    "it has to last": (
        {"lasts_s": 120},
        [(5, ""), (5, ""), (5, "fired!")],
    ),
    "what did not last begins anew": (
        {"lasts_s": 120},
        [(5, ""), (5, ""), (4, ""), (5, ""), (5, ""), (5, "fired!")],
    ),
    "unknown changes nothing": (
        {},
        [(5, "fired!"), ("?", ""), ("?", ""), (0, ""), ("?", ""), (0, "resolved!")],
    ),
    "unknown neither begins nor goes on with waiting": ({"lasts_s": 60}, [(5, ""), ("?", ""), (5, "fired!")]),
    "nothing to look at ends it": ({}, [(5, "fired!"), ("idle", ""), ("idle", "resolved!")]),
    "nothing to look at begins nothing": ({}, [("idle", ""), ("idle", "")]),
    "the end is kept to itself where nobody wants it": (
        {"tells_end": False},
        [(5, "fired!"), (0, ""), (0, "resolved"), (0, "")],
    ),
    "after a notice the next one waits, and is told if it still lasts": (
        {"cooldown_s": 300, "settle_s": 0},
        [(5, "fired!"), (0, "resolved!"), (5, "fired (cooldown)"), (5, ""), (5, ""), (5, "still!"), (0, "resolved!")],
    ),
    "what is over before the notice may go is not told at all": (
        {"cooldown_s": 300, "settle_s": 0},
        [(5, "fired!"), (0, "resolved!"), (5, "fired (cooldown)"), (0, "resolved"), (0, ""), (0, ""), (0, "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_looks_of_a_minute_each(name: str) -> None:
    fields, rows = TABLES[name]
    watch = Watch(rule(**fields))

    assert watch.looks(*(value for value, _ in rows)) == [said for _, said in rows]


def test_a_firing_keeps_its_worst_value_and_tells_it_at_the_end() -> None:
    watch = Watch(rule())
    watch.looks(5, 9, 6, 0, 0)

    fired, resolved = watch.events
    assert (fired.measured, fired.incidents[0].worst) == (Decimal(5), Decimal(5))
    assert (resolved.incidents[0].value, resolved.incidents[0].worst) == (Decimal(5), Decimal(9))
    assert resolved.incidents[0].over_at == AT + 4 * MINUTE


def test_of_what_should_be_high_the_worst_is_the_lowest() -> None:
    watch = Watch(rule(kind=AlertKind.SERVICE_LEVEL, threshold=Decimal(80)))
    watch.looks(70, 50, 60, 90, 90)

    assert watch.events[-1].incidents[0].worst == 50


def test_a_muted_alert_tells_nobody_until_it_may_and_then_what_still_fires() -> None:
    watch = Watch(rule(muted_until=AT + 3 * MINUTE))

    assert watch.looks(5, 5, 5, 5, 0, 0) == ["fired (muted)", "", "", "still!", "", "resolved!"]


def test_what_came_and_went_while_muted_is_not_told() -> None:
    watch = Watch(rule(muted_until=AT + 5 * MINUTE))

    assert watch.looks(5, 0, 0, 0, 0, 0, 0) == ["fired (muted)", "", "resolved (muted)", "", "", "", ""]


def test_in_quiet_hours_incidents_are_kept_for_one_digest() -> None:
    watch = Watch(rule())
    assert watch.looks(5, 0, 0, 7, quiet=True) == ["fired (quiet hours)", "", "resolved", "fired (quiet hours)"]
    assert watch.looks(8, 0, 0) == ["digest!", "", "resolved!"]

    (digest,) = [event for event in watch.events if event.kind is EventKind.DIGEST]
    first, second = digest.incidents
    assert (first.worst, first.over_at is not None) == (Decimal(5), True)
    assert (second.worst, second.over_at) == (Decimal(8), None)


def test_quiet_hours_can_drop_what_happens_in_them() -> None:
    watch = Watch(rule(quiet=QuietHours(weekly={"1": [("09:00", "10:00")]}, mode=QuietMode.DROP)))
    said = watch.looks(5, 0, 0, quiet=True)

    assert said == ["fired (quiet hours, dropped)", "", "resolved"]
    assert watch.looks(5, 0, 0) == ["fired!", "", "resolved!"]


def test_what_was_dropped_in_quiet_hours_is_not_told_when_it_lasts_into_the_day() -> None:
    watch = Watch(rule(quiet=QuietHours(weekly={"1": [("09:00", "10:00")]}, mode=QuietMode.DROP)))
    watch.look(5, quiet=True)

    assert watch.looks(5, 0, 0) == ["", "", "resolved"]


def test_an_end_in_quiet_hours_is_in_the_digest() -> None:
    watch = Watch(rule())
    watch.look(5)
    assert watch.looks(0, 0, quiet=True) == ["", "resolved (quiet hours)"]
    assert watch.look(0) == "digest!"
    assert watch.told[-1].incidents[0].over_at == AT + 2 * MINUTE


def test_a_digest_lists_fifty_incidents_and_counts_the_others() -> None:
    watch = Watch(rule(settle_s=0))
    for _ in range(MOST_HELD + 3):
        # Half an hour apart, so that nothing is unsteady.
        watch.looks(5, 0, quiet=True)
        watch.at += timedelta(minutes=30)
    watch.look(0)

    digest = watch.told[-1]
    assert (len(digest.incidents), digest.more) == (MOST_HELD, 3)


def test_an_alert_that_goes_on_and_off_says_so_once_and_then_nothing_until_it_stands_still() -> None:
    watch = Watch(rule(settle_s=0))
    said = watch.looks(*[5, 0] * 6)

    assert said[:8] == [
        "fired!",
        "resolved!",
        "fired!",
        "resolved!",
        "fired!",
        "resolved!",
        "fired!",
        "resolved (unsteady)",
    ]
    assert said[8:] == ["fired (unsteady)", "resolved (unsteady)"] * 2
    assert [event.unsteady for event in watch.told] == [False] * 6 + [True]
    calm = watch.looks(*[0] * 31)
    assert [word for word in calm if word] == ["resolved!"]
    assert watch.looks(5, 0) == ["fired!", "resolved!"]


def test_an_unsteady_alert_that_stays_on_is_told_when_it_has_stood_still() -> None:
    watch = Watch(rule(settle_s=0))
    watch.looks(*[5, 0] * 5)

    said = watch.looks(*[5] * 32)
    assert [word for word in said if word] == ["fired (unsteady)", "still!"]


def test_with_another_threshold_a_rule_begins_anew() -> None:
    watch = Watch(rule())
    watch.look(5)
    watch.rule = msgspec.structs.replace(watch.rule, threshold=Decimal(9), watches_from=watch.at)

    assert watch.look(5) == ""
    assert watch.state.phase is Phase.CLEAR
    assert watch.look(9) == "fired!"
    assert watch.state.firings == 2


def test_a_look_that_changes_nothing_leaves_the_state_as_it_is() -> None:
    watch = Watch(rule())
    watch.look(5)
    before = watch.state
    watch.look(5)

    assert watch.state is before


def test_equal_looks_at_equal_states_make_equal_events() -> None:
    state = AlertState(rule="a-1", watches_from=AT)
    look = Look(seen(5), AT)

    assert evaluate(rule(), look, state) == evaluate(rule(), look, state)


VALUES = st.sampled_from([0, 1, 4, 5, 6, "?", "idle"])


@settings(max_examples=50, deadline=None)
@given(
    looks=st.lists(st.tuples(VALUES, st.booleans()), max_size=90),
    lasts=st.sampled_from([0, 60, 180]),
    settle=st.sampled_from([0, 60, 300]),
    cooldown=st.sampled_from([0, 300, 1800]),
    mode=st.sampled_from(QuietMode),
    tells_end=st.booleans(),
    clear=st.sampled_from([None, Decimal(1)]),
    muted=st.integers(0, 40),
)
def test_no_firing_is_told_twice_and_none_is_told_that_was_not(
    looks: list[tuple[Any, bool]],
    lasts: int,
    settle: int,
    cooldown: int,
    mode: QuietMode,
    tells_end: bool,
    clear: Decimal | None,
    muted: int,
) -> None:
    until = AT + muted * MINUTE
    watch = Watch(
        rule(
            lasts_s=lasts,
            settle_s=settle,
            cooldown_s=cooldown,
            quiet=QuietHours(mode=mode),
            tells_end=tells_end,
            clear=clear,
            muted_until=until,
        )
    )
    for value, quiet in looks:
        before, at, known = watch.state, watch.at, len(watch.events)
        watch.look(value, quiet=quiet)
        told = [event for event in watch.events[known:] if event.tells]
        assert not told or not quiet
        assert not told or at >= until
        if value == "?":
            assert (watch.state.phase, watch.state.firings) == (before.phase, before.firings)

    ids = [event.id for event in watch.events]
    assert len(set(ids)) == len(ids)
    began = [event.incidents[0].number for event in watch.events if event.kind is EventKind.FIRED]
    assert began == list(range(1, watch.state.firings + 1))
    starts: list[int] = []
    for event in watch.told:
        if event.kind in (EventKind.FIRED, EventKind.STILL):
            starts.append(event.incidents[0].number)
        if event.kind is EventKind.DIGEST:
            # Of an incident told before, a digest tells the end; of every other one, all.
            starts += [one.number for one in event.incidents if one.number not in starts]
    assert len(set(starts)) == len(starts)
    ends = [event.incidents[0].number for event in watch.told if event.kind is EventKind.RESOLVED]
    assert len(set(ends)) == len(ends)
    assert tells_end or not ends
    told_at = [event.at for event in watch.told if event.kind in (EventKind.FIRED, EventKind.STILL)]
    assert all(b - a >= timedelta(seconds=cooldown) for a, b in pairwise(told_at))
    if watch.state.phase is Phase.FIRING and watch.state.told is Told.SENT:
        assert watch.state.firings in starts
