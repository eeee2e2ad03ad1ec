"""People's time: status seconds, shifts, occupancy, availability (metrics.md; features.md R29, R32-R34).

Over rows of `presence` as Arrow columns. Instants are milliseconds since 1970 inside; seconds are those between
two instants each cut to the second, as in the rows themselves, so that the parts of a day add up to the
day exactly. People and statuses are whole numbers while rows are added up.

A stretch that has no end yet lasts until `now`. People without a line are not in any result: of who never
reports a status nothing is known, which is not 0 (design: Unknown is never zero).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.arrow import Column, kernels, wall
from ringlake.model.base import utc
from ringlake.model.facts import PresenceStatus
from ringlake.model.localtime import midnight
from ringlake.model.presence import is_wrap_up

from .columns import codes, joined, milliseconds
from .ordering import ascending, order

if TYPE_CHECKING:
    import pyarrow as pa

# Columns of the lake that these functions look at.
PRESENCE_COLUMNS = ("user_id", "status", "raw", "started_at", "ended_at")
STATUSES: tuple[PresenceStatus, ...] = (
    PresenceStatus.TALKING,
    PresenceStatus.ONLINE,
    PresenceStatus.DND,
    PresenceStatus.OFFLINE,
)
_PLACE = {status: place for place, status in enumerate(STATUSES)}
# Away for less than this is a break within a shift.
PAUSE = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
# A stretch is at most a UTC day long, so it touches at most three local days of any zone.
_DAYS_TOUCHED = 3


def ms(at: datetime) -> int:
    """Milliseconds since 1970 of an aware instant."""
    return (utc(at) - _EPOCH) // _MS


def instant(at_ms: int) -> datetime:
    return _EPOCH + at_ms * _MS


# --- stretches of presence


class Stretches(NamedTuple):
    """Rows `user` and `status` (places in `users` and STATUSES), `wrap` (1 for work after a call), `a` and `b`
    (milliseconds), all int64; cut into days also `day`.
    """

    rows: pa.Table
    users: tuple[str, ...]

    def of(self, users: Collection[str]) -> Stretches:
        """Those of some people."""
        import pyarrow as pa

        places = pa.array([place for place, user in enumerate(self.users) if user in users], pa.int64())
        return Stretches(self.rows.filter(kernels().is_in(self.rows["user"], value_set=places)), self.users)

    def with_status(self, *statuses: PresenceStatus) -> pa.Table:
        import pyarrow as pa

        places = pa.array([_PLACE[status] for status in statuses], pa.int64())
        return self.rows.filter(kernels().is_in(self.rows["status"], value_set=places))

    def on(self, day: int) -> Stretches:
        """Those of one day, of stretches that are cut into days."""
        return Stretches(self.rows.filter(kernels().equal(self.rows["day"], day)), self.users)

    def days(self) -> list[int]:
        """Numbers of the days of which anything is known."""
        return sorted(kernels().unique(self.rows["day"]).to_pylist())


def stretches(rows: pa.Table, now: datetime) -> Stretches:
    """Rows of `presence` of people, until now; text columns may be dictionaries.

    A stretch without an end lasts until the person's next one begins, else until now: between two roll-ups
    yesterday's last stretch may still be open.
    """
    import pyarrow as pa

    pc = kernels()
    told = rows.select(list(PRESENCE_COLUMNS)).unify_dictionaries()
    user, status, raw = (codes(told[name]) for name in ("user_id", "status", "raw"))
    places = [_PLACE.get(word) for word in status.words.to_pylist()]
    a, end = milliseconds(told["started_at"]), milliseconds(told["ended_at"])
    until = pa.scalar(ms(now), pa.int64())
    found = pa.table(
        {
            "user": user.values,
            "status": pa.array(places, pa.int64()).take(status.values),
            "wrap": pa.array([int(is_wrap_up(word)) for word in raw.words.to_pylist()], pa.int64()).take(raw.values),
            "a": a,
            "b": pc.fill_null(end, until),
        }
    )
    if end.null_count:
        found = _closed(found, pc.is_null(end))
    found = found.set_column(4, "b", pc.min_element_wise(found["b"], until))
    known = pc.and_(pc.invert(user.are("")), pc.is_valid(found["status"]))
    kept = pc.and_(known, pc.less(found["a"], found["b"]))
    return Stretches(found.filter(kept).combine_chunks(), tuple(user.words.to_pylist()))


def _closed(found: pa.Table, open_rows: Column) -> pa.Table:
    """Open stretches end where a later one of the same person begins."""
    import pyarrow as pa

    pc = kernels()
    last = dict(_sums(found.group_by("user").aggregate([("a", "max")]), "user", "a_max"))
    ends: dict[int, int] = {}
    for place in pc.indices_nonzero(open_rows).to_pylist():
        user, began = found["user"][place].as_py(), found["a"][place].as_py()
        if last[user] > began:
            later = pc.and_(pc.equal(found["user"], user), pc.greater(found["a"], began))
            ends[place] = pc.min(found["a"].filter(later)).as_py()
    if not ends:
        return found
    b = found["b"].to_pylist()
    for place, at in ends.items():
        b[place] = at
    return found.set_column(4, "b", pa.chunked_array([pa.array(b, pa.int64())]))


def by_day(found: Stretches, days: Sequence[date], zone: ZoneInfo) -> Stretches:
    """Stretches cut at local midnights, each with the number of its day among these successive dates; what lies
    outside of them is left out.
    """
    import pyarrow as pa

    pc = kernels()
    edges = [ms(midnight(day, zone)) for day in (*days, days[-1] + _DAY)]
    begins, ends = pa.array(edges[:-1], pa.int64()), pa.array(edges[1:], pa.int64())
    local = pc.cast(pc.cast(wall(pc.cast(found.rows["a"], pa.timestamp("ms")), zone), pa.date32(), safe=False), "int32")
    first = pc.subtract(pc.cast(joined(local), pa.int64()), pa.scalar((days[0] - _EPOCH.date()).days, pa.int64()))
    parts = []
    for shift in range(_DAYS_TOUCHED):
        day = pc.add(first, pa.scalar(shift, pa.int64()))
        inside = pc.and_(pc.greater_equal(day, 0), pc.less(day, len(days)))
        if shift:
            # Most stretches lie in one day.
            inside = pc.and_(inside, pc.greater(joined(found.rows["b"]), begins.take(_within(day, len(days)))))
        rows, at = found.rows.filter(inside), day.filter(inside)
        a = pc.max_element_wise(joined(rows["a"]), begins.take(at))
        b = pc.min_element_wise(joined(rows["b"]), ends.take(at))
        kept = {name: joined(rows[name]) for name in ("user", "status", "wrap")}
        part = pa.table({**kept, "a": a, "b": b, "day": at})
        parts.append(part.filter(pc.less(a, b)))
    return Stretches(pa.concat_tables(parts).combine_chunks(), found.users)


def _within(day: Column, count: int) -> Column:
    """Numbers of days that are there, for look-ups whose results are not used elsewhere."""
    import pyarrow as pa

    pc = kernels()
    return pc.min_element_wise(pc.max_element_wise(day, pa.scalar(0, pa.int64())), pa.scalar(count - 1, pa.int64()))


type Seconds = dict[PresenceStatus, int]


def status_seconds(cut: Stretches) -> dict[tuple[str, int], Seconds]:
    """Seconds of each status by person and day, of stretches `by_day`; the four of a whole day sum to it."""
    import pyarrow as pa

    pc = kernels()
    rows = cut.rows
    lasted = pa.table(
        {
            "key": pc.add(pc.multiply(_person_day(rows), pa.scalar(len(STATUSES), pa.int64())), rows["status"]),
            "seconds": pc.subtract(_whole(rows["b"]), _whole(rows["a"])),
        }
    )
    found: dict[tuple[str, int], Seconds] = {}
    for key, seconds in _sums(lasted.group_by("key").aggregate([("seconds", "sum")]), "key", "seconds_sum"):
        person_day, status = divmod(key, len(STATUSES))
        user, day = divmod(person_day, _MOST_DAYS)
        found.setdefault((cut.users[user], day), dict.fromkeys(STATUSES, 0))[STATUSES[status]] = seconds
    return found


def seconds_of(cut: Stretches) -> dict[str, Seconds]:
    """Seconds of each status by person, of all days together: the sums of `status_seconds`."""
    import pyarrow as pa

    pc = kernels()
    rows = cut.rows
    lasted = pa.table(
        {
            "key": pc.add(pc.multiply(rows["user"], pa.scalar(len(STATUSES), pa.int64())), rows["status"]),
            "seconds": pc.subtract(_whole(rows["b"]), _whole(rows["a"])),
        }
    )
    found: dict[str, Seconds] = {}
    for key, seconds in _sums(lasted.group_by("key").aggregate([("seconds", "sum")]), "key", "seconds_sum"):
        user, status = divmod(key, len(STATUSES))
        found.setdefault(cut.users[user], dict.fromkeys(STATUSES, 0))[STATUSES[status]] = seconds
    return found


# More than any range has.
_MOST_DAYS = 4096


def _person_day(rows: pa.Table) -> Column:
    import pyarrow as pa

    pc = kernels()
    return pc.add(pc.multiply(rows["user"], pa.scalar(_MOST_DAYS, pa.int64())), rows["day"])


def activity(cut: Stretches) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    """First and last instant by person and day at which the person was not offline (demands.md D70)."""
    there = cut.with_status(*STATUSES[:-1])
    ends = there.append_column("key", _person_day(there)).group_by("key").aggregate([("a", "min"), ("b", "max")])
    found = {}
    for key, a, b in zip(*(ends[name].to_pylist() for name in ("key", "a_min", "b_max")), strict=True):
        user, day = divmod(key or 0, _MOST_DAYS)
        found[cut.users[user], day] = (instant(a or 0), instant(b or 0))
    return found


def total(parts: Iterable[Seconds]) -> Seconds:
    """The statuses of several days together."""
    found = dict.fromkeys(STATUSES, 0)
    for part in parts:
        for status, seconds in part.items():
            found[status] += seconds
    return found


# --- one day's strip


class Segment(NamedTuple):
    """One status from one instant to another, UTC; `lasts` when it has not ended."""

    status: PresenceStatus
    start: datetime
    end: datetime
    lasts: bool


def strip(cut: Stretches, now: datetime) -> tuple[Segment, ...]:
    """One person's stretches of one day as a strip without gaps, neighbours of one status joined (R33)."""
    rows = cut.rows.sort_by("a").select(["status", "a", "b"]).to_pylist()
    found: list[Segment] = []
    for row in rows:
        status, start, end = STATUSES[row["status"]], instant(row["a"]), instant(row["b"])
        lasts, last = row["b"] >= ms(now), found[-1] if found else None
        if last and last.end == start and last.status is status:
            found[-1] = last._replace(end=end, lasts=lasts)
        else:
            found.append(Segment(status, start, end, lasts))
    return tuple(found)


# --- shifts


class Shift(NamedTuple):
    """One stretch of work across midnights (demands.md D70); `lasts` when it is not known to have ended.

    `seconds` are of the whole shift and sum to its length; offline in it are breaks. `begun_before` when the
    shift reaches back to the first instant that was looked at.
    """

    user_id: str
    start: datetime
    end: datetime
    seconds: Seconds
    lasts: bool
    begun_before: bool


def shifts(found: Stretches, now: datetime, since: datetime, pause: timedelta = PAUSE) -> list[Shift]:
    """The shifts of everybody, by person and time: away for less than `pause` is a break within one."""
    import pyarrow as pa

    pc = kernels()
    there = found.with_status(*STATUSES[:-1]).combine_chunks()
    if not len(there):
        return []
    columns = {name: joined(there[name]) for name in ("user", "status", "a", "b")}
    turn = order(columns["user"], columns["a"])
    user, status, a, b = (column.take(turn) for column in columns.values())
    other = pc.not_equal(user.slice(1), user.slice(0, len(user) - 1))
    away = pc.subtract(a.slice(1), b.slice(0, len(b) - 1))
    begins = pc.or_(other, pc.greater_equal(away, pa.scalar(pause // _MS, pa.int64())))
    begins = pa.concat_arrays([pa.array([True]), begins])
    number = pc.subtract(pc.cumulative_sum(pc.cast(begins, pa.int64())), pa.scalar(1, pa.int64()))
    first = pc.indices_nonzero(begins)
    last = pa.array([*(at - 1 for at in first.to_pylist()[1:]), len(a) - 1], pa.int64())
    lasted = pa.table(
        {
            "key": pc.add(pc.multiply(number, pa.scalar(len(STATUSES), pa.int64())), status),
            "seconds": pc.subtract(_whole(b), _whole(a)),
        }
    )
    sums = [dict.fromkeys(STATUSES, 0) for _ in range(len(first))]
    for key, seconds in _sums(lasted.group_by("key").aggregate([("seconds", "sum")]), "key", "seconds_sum"):
        place, of = divmod(key, len(STATUSES))
        sums[place][STATUSES[of]] = seconds
    shown = []
    starts, ends = (column.take(at).to_pylist() for column, at in ((a, first), (b, last)))
    until, earliest = ms(now), ms(since)
    for who, start, end, parts in zip(user.take(first).to_pylist(), starts, ends, sums, strict=True):
        parts[PresenceStatus.OFFLINE] = end // 1000 - start // 1000 - sum(parts.values())
        lasts, before = end >= until, start <= earliest
        shown.append(Shift(found.users[who], instant(start), instant(end), parts, lasts, before))
    return shown


# --- occupancy, utilisation


class Spans(NamedTuple):
    """Stretches of time of people: places in `users`, and milliseconds [a, b), int64 arrays of equal length."""

    user: Column
    a: Column
    b: Column
    users: tuple[str, ...]


class Busy(NamedTuple):
    """What one person's shares of time are made of, in seconds: `engaged` is talking, ringing or in wrap-up, `handling`
    talking or in wrap-up, hold included.
    """

    engaged: int
    handling: int
    there: int
    logged_in: int

    @property
    def occupancy(self) -> float | None:
        """metrics.md Occupancy: null for who was not there."""
        return min(self.engaged / self.there, 1.0) if self.there else None

    @property
    def utilisation(self) -> float | None:
        """metrics.md Utilisation."""
        return self.handling / self.logged_in if self.logged_in else None


class Beside(NamedTuple):
    """Seconds of being online that belong to calls: `engaged` in wrap-up or while the phone rang, `wrap` in wrap-up."""

    engaged: int = 0
    wrap: int = 0


def busy(seconds: Seconds, beside: Beside) -> Busy:
    """Parts of occupancy and utilisation. Wrap-up that a provider does not tell apart from being online is none."""
    talking, online = seconds[PresenceStatus.TALKING], seconds[PresenceStatus.ONLINE]
    there = talking + online
    return Busy(talking + beside.engaged, talking + beside.wrap, there, there + seconds[PresenceStatus.DND])


# What happens at an instant, in the lowest bits of its packed number: steps of rings and of the line.
_RING_ENDS, _LINE_ENDS, _LINE_BEGINS, _RING_BEGINS = range(4)
_TAG_BITS = 2


def beside_talks(cut: Stretches, rung: Spans) -> dict[str, Beside]:
    """What of a person's time online belongs to calls: rings and wrap-up at once count once, and a ring during a talk
    is part of the talk (metrics.md Occupancy: from the merged exclusive line).
    """
    wraps = _wrap_ups(cut)
    lasted = wraps.append_column("seconds", kernels().subtract(_whole(wraps["b"]), _whole(wraps["a"])))
    sums = lasted.group_by("user").aggregate([("seconds", "sum")])
    wrap = {cut.users[user]: seconds for user, seconds in _sums(sums, "user", "seconds_sum")}
    engaged = _engaged(cut, rung, wraps)
    return {user: Beside(engaged.get(user, 0), wrap.get(user, 0)) for user in wrap.keys() | engaged.keys()}


def _wrap_ups(cut: Stretches) -> pa.Table:
    online = cut.with_status(PresenceStatus.ONLINE)
    return online.filter(kernels().equal(online["wrap"], 1)).combine_chunks()


def _engaged(cut: Stretches, rung: Spans, wraps: pa.Table) -> dict[str, int]:
    import pyarrow as pa

    pc = kernels()
    online = cut.with_status(PresenceStatus.ONLINE)
    place = {user: n for n, user in enumerate(cut.users)}
    who = pa.array([place.get(user) for user in rung.users], pa.int64()).take(rung.user)
    known = pc.is_valid(who)
    rings = [
        pa.concat_arrays([column.filter(known), joined(wraps[name])])
        for column, name in ((who, "user"), (rung.a, "a"), (rung.b, "b"))
    ]
    if not len(online) or not len(rings[0]):
        return {}
    user, a, b = (joined(online[name]) for name in ("user", "a", "b"))
    a, b, rings[1], rings[2] = (_whole(at) for at in (a, b, rings[1], rings[2]))
    first = pc.min_element_wise(pc.min(a), pc.min(rings[1]))
    # As few bits as the time spans: fewer digits to sort.
    bits = pc.subtract(pc.max_element_wise(pc.max(b), pc.max(rings[2])), first).as_py().bit_length()
    moments = ascending(
        pa.concat_arrays(
            [
                _moment(user, pc.subtract(a, first), bits, _LINE_BEGINS),
                _moment(user, pc.subtract(b, first), bits, _LINE_ENDS),
                _moment(rings[0], pc.subtract(rings[1], first), bits, _RING_BEGINS),
                _moment(rings[0], pc.subtract(rings[2], first), bits, _RING_ENDS),
            ]
        )
    )
    tags = pc.bit_wise_and(moments, pa.scalar((1 << _TAG_BITS) - 1, pa.int64()))
    # Each person's steps add up to 0, so one running sum over everybody is right for each.
    ring = pc.cumulative_sum(pa.array([-1, 0, 0, 1], pa.int32()).take(tags))
    line = pc.cumulative_sum(pa.array([0, -1, 1, 0], pa.int32()).take(tags))
    at = pc.shift_right(moments, pa.scalar(_TAG_BITS, pa.int64()))
    both = pc.and_(pc.greater(ring, 0), pc.greater(line, 0))
    # Whoever rings and is online has a later step, so that the next moment is of the same person.
    where = pc.indices_nonzero(both)
    begins, ends = at.take(where), at.take(pc.add(where, pa.scalar(1, where.type)))
    lasted = pa.table(
        {"user": pc.shift_right(begins, pa.scalar(bits, pa.int64())), "seconds": pc.subtract(ends, begins)}
    )
    sums = lasted.group_by("user").aggregate([("seconds", "sum")])
    return {cut.users[user]: seconds for user, seconds in _sums(sums, "user", "seconds_sum")}


def _moment(user: Column, second: Column, bits: int, tag: int) -> Column:
    import pyarrow as pa

    pc = kernels()
    moment = pc.add(pc.shift_left(user, pa.scalar(bits, pa.int64())), second)
    return pc.bit_wise_or(pc.shift_left(moment, pa.scalar(_TAG_BITS, pa.int64())), pa.scalar(tag, pa.int64()))


# --- availability

type Span = tuple[int, int]


def staffed(cut: Stretches) -> list[Span]:
    """Milliseconds [a, b) in which at least one of these people was online or talking, in order, apart."""
    pc = kernels()
    rows = cut.with_status(PresenceStatus.TALKING, PresenceStatus.ONLINE).combine_chunks()
    if not len(rows):
        return []
    turn = order(joined(rows["a"]))
    a, reached = joined(rows["a"]).take(turn), pc.cumulative_max(joined(rows["b"]).take(turn))
    gaps = pc.indices_nonzero(pc.greater(a.slice(1), reached.slice(0, len(a) - 1)))
    begins = [a[0].as_py(), *a.slice(1).take(gaps).to_pylist()]
    ends = [*reached.take(gaps).to_pylist(), reached[-1].as_py()]
    return list(zip(begins, ends, strict=True))


class Availability(NamedTuple):
    """Open time in milliseconds: of it with somebody there, without anybody, and of which nothing is known."""

    open_ms: int
    staffed_ms: int
    unknown_ms: int
    gaps: tuple[Span, ...]

    @property
    def share(self) -> float | None:
        """metrics.md Availability; null when nothing is known of any open hour."""
        known = self.open_ms - self.unknown_ms
        return self.staffed_ms / known if known else None


def availability(open_spans: Iterable[Span], there: Sequence[Span], known: Sequence[Span]) -> Availability:
    """How much of the open time somebody was there. `known` are the days on which anybody has a line."""
    open_time = list(open_spans)
    told = list(_both(open_time, known))
    covered = list(_both(told, there))
    gaps = tuple(_without(told, covered))
    whole = _length(open_time)
    return Availability(whole, _length(covered), whole - _length(told), gaps)


def _both(one: Sequence[Span], other: Sequence[Span]) -> Iterator[Span]:
    """What lies in both; each is in order and apart."""
    n = 0
    for a, b in one:
        while n < len(other) and other[n][1] <= a:
            n += 1
        m = n
        while m < len(other) and other[m][0] < b:
            yield max(a, other[m][0]), min(b, other[m][1])
            m += 1


def _without(whole: Sequence[Span], parts: Sequence[Span]) -> Iterator[Span]:
    """What of `whole` is in none of `parts`, which lie in it."""
    n = 0
    for a, b in whole:
        at = a
        while n < len(parts) and parts[n][1] <= b:
            if parts[n][0] > at:
                yield at, parts[n][0]
            at = parts[n][1]
            n += 1
        if at < b:
            yield at, b


def _length(spans: Iterable[Span]) -> int:
    return sum(b - a for a, b in spans)


# --- columns


def _whole(at: Column) -> Column:
    """Milliseconds cut to whole seconds, also before 1970: Arrow's division cuts towards zero."""
    import pyarrow as pa

    pc = kernels()
    shift = pa.scalar(2**42, pa.int64())
    up = pc.add(joined(at), pc.multiply(shift, pa.scalar(1000, pa.int64())))
    return pc.subtract(pc.divide(up, pa.scalar(1000, pa.int64())), shift)


def _sums(rows: pa.Table, key: str, value: str) -> Iterator[tuple[int, int]]:
    columns: tuple[list[int], ...] = (rows[key].to_pylist(), rows[value].to_pylist())  # type: ignore[assignment]
    yield from zip(*columns, strict=True)
