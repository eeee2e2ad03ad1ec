"""What holds of every line, whatever the accounts say (features.md R29-R37)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ringlake.fold.presence import (
    PRIORITY,
    Change,
    Channel,
    Links,
    Talk,
    by_local_day,
    joined,
    lines,
    local_spans,
    seconds,
)
from ringlake.model.directory import Account, Directory, User, Workspace
from ringlake.model.facts import PresenceStatus
from ringlake.model.presence import Interval, LineId

ANNA = LineId(user_id="u-anna")
# Around both changes of the clock in Europe, America and on Lord Howe, and an ordinary day.
DAYS = (date(2026, 3, 4), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 25), date(2026, 11, 1))
ZONES = (
    "UTC", "Europe/Warsaw", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


@st.composite
def instants(draw: st.DrawFn, day: date, hours: int = 60) -> datetime:
    """Often on a grid, so that instants meet; sometimes between whole seconds."""
    step = draw(st.sampled_from([3_600_000, 900_000, 1_000, 1]))
    count = draw(st.integers(0, hours * 3_600_000 // step))
    return midnight(day) - timedelta(hours=30) + timedelta(milliseconds=count * step)


@st.composite
def channels(draw: st.DrawFn, day: date) -> list[Channel]:
    found = []
    for name in draw(st.sampled_from([["A"], ["A", "B"], ["A", "B", "C"]])):
        times = sorted(draw(st.lists(instants(day), max_size=6, unique=True)))
        changes = tuple(Change(at, draw(st.sampled_from(PRIORITY)), "word", "") for at in times)
        found.append(Channel(connection=draw(st.sampled_from(["pbx", "app"])), key=name, account=name, changes=changes))
    return found


@st.composite
def owners(draw: st.DrawFn, day: date) -> Links:
    def bound() -> datetime | None:
        return draw(st.one_of(st.none(), instants(day)))

    anna = tuple(
        Account(connection=connection, id=name, since=bound(), until=bound())
        for name in ("A", "B")
        for connection in ("pbx", "app")
    )
    boris = (Account(connection="pbx", id="B", since=bound()), Account(connection="app", id="C"))
    users = (
        User(id="u-anna", email="a@x", name="Anna", accounts=anna, deleted_at=draw(st.sampled_from([None, bound()]))),
        User(id="u-boris", email="b@x", name="Boris", accounts=boris),
    )
    return Links(Directory(workspace=Workspace(id="acme", name="Acme"), users=users))


@st.composite
def talks(draw: st.DrawFn, day: date) -> dict[str, list[Talk]]:
    found = []
    for n in range(draw(st.integers(0, 3))):
        start = draw(instants(day))
        lasted = draw(st.sampled_from([None, timedelta(minutes=5), timedelta(hours=3)]))
        connection = draw(st.sampled_from(["pbx", "mobile"]))
        found.append(Talk(f"{connection}:c{n}", connection, start, start + lasted if lasted else None))
    return {"u-anna": found}


@given(st.data(), st.sampled_from(DAYS), st.sampled_from(ZONES), st.booleans())
def test_lines_have_no_gap_and_cover_whole_local_days(data: st.DataObject, day: date, zone: str, lasts: bool) -> None:
    where = ZoneInfo(zone)
    found = lines(data.draw(channels(day)), data.draw(talks(day)), data.draw(owners(day)), day, where, lasts=lasts)
    start, end = midnight(day), midnight(day + timedelta(days=1))
    edges = {at for span in local_spans(day, where) for at in span} | {start, end}
    for line in found:
        assert all(i.ended_at is None or i.started_at < i.ended_at for i in line.intervals)
        for before, after in pairwise(line.intervals):
            assert before.ended_at is not None
            # Whole local days of a person may be missing in between, nothing else.
            assert before.ended_at == after.started_at or {before.ended_at, after.started_at} <= edges
        first, last = line.intervals[0], line.intervals[-1]
        assert first.started_at in edges
        assert last.ended_at in edges if last.ended_at else lasts
        total = sum(seconds(line.intervals, until=end).values())
        parts = [
            (max(a, start), min(b, end))
            for a, b in local_spans(day, where)
            if any(i.started_at < b and a < (i.ended_at or end) for i in line.intervals)
        ]
        assert total == sum((b - a).total_seconds() for a, b in parts)


@given(st.data(), st.sampled_from(DAYS), st.sampled_from(ZONES))
def test_cutting_into_days_loses_nothing(data: st.DataObject, day: date, zone: str) -> None:
    where = ZoneInfo(zone)
    for line in lines(data.draw(channels(day)), {}, data.draw(owners(day)), day, where):
        by_day = by_local_day(line.intervals, where)
        parts = [part for parts in by_day.values() for part in parts]

        assert seconds(parts) == seconds(line.intervals)
        assert all(p.started_at.astimezone(where).date() == d for d, parts in by_day.items() for p in parts)
        assert joined(parts) == joined(line.intervals)


@given(st.data(), st.sampled_from(DAYS), st.integers(0, 99))
def test_the_order_of_accounts_does_not_matter(data: st.DataObject, day: date, seed: int) -> None:
    said, mine, whose = data.draw(channels(day)), data.draw(talks(day)), data.draw(owners(day))
    mixed = random.Random(seed).sample(said, len(said))
    turned = {user: list(reversed(told)) for user, told in mine.items()}

    assert lines(mixed, turned, whose, day, ZoneInfo("UTC")) == lines(said, mine, whose, day, ZoneInfo("UTC"))


@given(st.data(), st.sampled_from(DAYS))
def test_a_line_that_is_told_again_as_an_account_is_the_same_line(data: st.DataObject, day: date) -> None:
    one = Links(
        Directory(
            workspace=Workspace(id="acme", name="Acme"),
            users=(User(id="u-anna", email="a@x", name="A", accounts=_everything()),),
        )
    )
    zone = ZoneInfo("UTC")
    for line in lines(data.draw(channels(day)), {}, one, day, zone):
        again = Channel(
            connection="pbx",
            key="A",
            account="A",
            changes=tuple(Change(i.started_at, i.status, i.raw, "") for i in line.intervals),
        )
        [told] = lines([again, again], {}, one, day, zone)
        assert told == line


def _everything() -> tuple[Account, ...]:
    return tuple(Account(connection=c, id=name) for c in ("pbx", "app") for name in "ABC")


@given(st.data(), st.sampled_from(DAYS))
def test_a_higher_status_of_one_account_lowers_the_line_nowhere(data: st.DataObject, day: date) -> None:
    said, whose = data.draw(channels(day)), data.draw(owners(day))
    index = data.draw(st.integers(0, len(said) - 1))
    higher = [c._replace(status=_above(c.status)) if data.draw(st.booleans()) else c for c in said[index].changes]
    raised = Channel(
        connection=said[index].connection, key=said[index].key, account=said[index].account, changes=tuple(higher)
    )

    before = {line.id: line.intervals for line in lines(said, {}, whose, day, ZoneInfo("UTC"))}
    after = {
        line.id: line.intervals
        for line in lines([*said[:index], raised, *said[index + 1 :]], {}, whose, day, ZoneInfo("UTC"))
    }

    assert set(before) == set(after)
    for whose_line, intervals in before.items():
        for at in {i.started_at for i in (*intervals, *after[whose_line])}:
            assert PRIORITY.index(_at(after[whose_line], at)) <= PRIORITY.index(_at(intervals, at))


def _above(status: PresenceStatus) -> PresenceStatus:
    return PRIORITY[max(PRIORITY.index(status) - 1, 0)]


def _at(intervals: tuple[Interval, ...], at: datetime) -> PresenceStatus:
    return next(i.status for i in intervals if i.started_at <= at and (i.ended_at is None or at < i.ended_at))
