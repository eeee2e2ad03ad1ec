"""People's time and rings: status seconds, shifts, occupancy, availability, missed rings (metrics.md).

Over rows of `presence` and `legs` as Arrow columns. Instants are milliseconds since 1970 inside; seconds
are those between two instants each cut to the second, as in the rows themselves, so that the parts of a
day add up to the day exactly (features.md R29, R32).

A stretch that has no end yet lasts until `now`. People without a line are not in any result: of who never
reports a status nothing is known, which is not 0 (design: Unknown is never zero).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.arrow import kernels, wall
from ringlake.model.base import utc
from ringlake.model.calls import LegOutcome
from ringlake.model.facts import PresenceStatus
from ringlake.model.localtime import midnight

if TYPE_CHECKING:
    import pyarrow as pa

# Columns of the lake that these functions look at.
PRESENCE_COLUMNS = ("user_id", "status", "started_at", "ended_at")
LEG_COLUMNS = (
    "record_id",
    "row_kind",
    "kind",
    "user_id",
    "started_at",
    "answered_at",
    "ended_at",
    "talk_s",
    "outcome",
)

STATUSES: tuple[PresenceStatus, ...] = (
    PresenceStatus.TALKING,
    PresenceStatus.ONLINE,
    PresenceStatus.DND,
    PresenceStatus.OFFLINE,
)
# Away for less than this is a break within a shift.
PAUSE = timedelta(hours=1)
# Legs beside the customer's path: a colleague who is asked, a survey afterwards (features.md F21, F22).
BESIDE = ("consultation", "survey_post_call")
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


def stretches(rows: pa.Table, now: datetime) -> pa.Table:
    """Rows of `presence` as (user_id, status, a, b) with milliseconds, those of people only; `b` is at most `now`.

    A stretch without an end lasts until the person's next one begins, else until now: between two roll-ups
    yesterday's last stretch may still be open.
    """
    import pyarrow as pa

    pc = kernels()
    told = rows.select(PRESENCE_COLUMNS)
    user, status = (_text(told[name]) for name in ("user_id", "status"))
    a, end = _ms(told["started_at"]), _ms(told["ended_at"])
    until = pa.scalar(ms(now), pa.int64())
    found = pa.table({"user_id": user, "status": status, "a": a, "b": pc.fill_null(end, until)})
    open_rows = pc.is_null(end)
    if pc.any(open_rows).as_py():
        found = _closed(found, open_rows)
    found = found.set_column(3, "b", pc.min_element_wise(found["b"], until))
    return found.filter(pc.and_(pc.not_equal(found["user_id"], ""), pc.less(found["a"], found["b"])))


def _closed(found: pa.Table, open_rows: Any) -> pa.Table:
    """Open stretches end where a later one of the same person begins."""
    import pyarrow as pa

    pc = kernels()
    last = dict(_pairs(found.group_by("user_id").aggregate([("a", "max")]), "user_id", "a_max"))
    ends = found["b"].to_pylist()
    for place in pc.indices_nonzero(open_rows).to_pylist():
        user, began = found["user_id"][place].as_py(), found["a"][place].as_py()
        if last[user] > began:
            own = found.filter(pc.and_(pc.equal(found["user_id"], user), pc.greater(found["a"], began)))
            ends[place] = min(ends[place], pc.min(own["a"]).as_py())
    return found.set_column(3, "b", pa.chunked_array([pa.array(ends, pa.int64())]))


def by_day(found: pa.Table, days: Sequence[date], zone: ZoneInfo) -> pa.Table:
    """Stretches cut at local midnights, each with the number of its day among these successive dates; what lies
    outside of them is left out.
    """
    import pyarrow as pa

    pc = kernels()
    edges = [ms(midnight(day, zone)) for day in (*days, days[-1] + _DAY)]
    local = pc.cast(pc.floor_temporal(wall(pc.cast(found["a"], pa.timestamp("ms")), zone), unit="day"), pa.date32())
    first = pc.subtract(pc.cast(local, pa.int32()), pa.scalar((days[0] - _EPOCH.date()).days, pa.int32()))
    parts = []
    for shift in range(_DAYS_TOUCHED):
        day = pc.add(first, pa.scalar(shift, pa.int32()))
        inside = pc.and_(pc.greater_equal(day, 0), pc.less(day, len(days)))
        rows, at = found.filter(inside), _array(pc.filter(day, inside))
        begins, ends = pa.array(edges[:-1], pa.int64()).take(at), pa.array(edges[1:], pa.int64()).take(at)
        a, b = pc.max_element_wise(rows["a"], begins), pc.min_element_wise(rows["b"], ends)
        part = pa.table({"user_id": rows["user_id"], "status": rows["status"], "day": at, "a": a, "b": b})
        parts.append(part.filter(pc.less(a, b)))
    return pa.concat_tables(parts)


type Seconds = dict[PresenceStatus, int]


def status_seconds(cut: pa.Table) -> dict[tuple[str, int], Seconds]:
    """Seconds of each status by person and day, of stretches `by_day`; the four of a whole day sum to it."""
    pc = kernels()
    lasted = cut.append_column("seconds", pc.subtract(_whole(cut["b"]), _whole(cut["a"])))
    sums = lasted.group_by(["user_id", "day", "status"]).aggregate([("seconds", "sum")])
    found: dict[tuple[str, int], Seconds] = {}
    columns = (sums[name].to_pylist() for name in ("user_id", "day", "status", "seconds_sum"))
    for user, day, status, seconds in zip(*columns, strict=True):
        found.setdefault((user, day), dict.fromkeys(STATUSES, 0))[PresenceStatus(status)] = seconds
    return found


def activity(cut: pa.Table) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    """First and last instant by person and day at which the person was not offline (demands.md D70)."""
    pc = kernels()
    there = cut.filter(pc.not_equal(cut["status"], PresenceStatus.OFFLINE.value))
    ends = there.group_by(["user_id", "day"]).aggregate([("a", "min"), ("b", "max")])
    columns = (ends[name].to_pylist() for name in ("user_id", "day", "a_min", "b_max"))
    return {(user, day): (instant(a), instant(b)) for user, day, a, b in zip(*columns, strict=True)}


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


def strip(cut: pa.Table, now: datetime) -> tuple[Segment, ...]:
    """One person's stretches of one day as a strip without gaps, neighbours of one status joined (R33)."""
    rows = cut.sort_by("a")
    found: list[Segment] = []
    for status, a, b in zip(*(rows[name].to_pylist() for name in ("status", "a", "b")), strict=True):
        start, end, lasts = instant(a), instant(b), b >= ms(now)
        last = found[-1] if found else None
        if last and last.end == start and last.status == status:
            found[-1] = last._replace(end=end, lasts=lasts)
        else:
            found.append(Segment(PresenceStatus(status), start, end, lasts))
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


def shifts(found: pa.Table, now: datetime, since: datetime, pause: timedelta = PAUSE) -> list[Shift]:
    """The shifts of everybody, by person and time: away for less than `pause` is a break within one."""
    import pyarrow as pa

    pc = kernels()
    there = found.filter(pc.not_equal(found["status"], PresenceStatus.OFFLINE.value))
    there = there.sort_by([("user_id", "ascending"), ("a", "ascending")]).combine_chunks()
    if not len(there):
        return []
    before = pa.concat_arrays([pa.nulls(1, pa.int64()), _array(there["b"]).slice(0, len(there) - 1)])
    who = pa.concat_arrays([pa.nulls(1, pa.string()), _array(there["user_id"]).slice(0, len(there) - 1)])
    away = pc.subtract(there["a"], before)
    begins = pc.or_(pc.not_equal(there["user_id"], who), pc.greater_equal(away, pause // _MS))
    number = pc.cumulative_sum(pc.cast(pc.fill_null(begins, True), pa.int32()))  # noqa: FBT003 - Arrow's signature
    seconds = pc.subtract(_whole(there["b"]), _whole(there["a"]))
    keyed = there.append_column("shift", number).append_column("seconds", seconds)
    whole = keyed.group_by(["shift", "user_id"]).aggregate([("a", "min"), ("b", "max")]).sort_by("shift")
    sums: dict[int, Seconds] = {}
    of_status = keyed.group_by(["shift", "status"]).aggregate([("seconds", "sum")])
    for place, status, lasted in zip(
        *(of_status[n].to_pylist() for n in ("shift", "status", "seconds_sum")), strict=True
    ):
        sums.setdefault(place, dict.fromkeys(STATUSES, 0))[PresenceStatus(status)] = lasted
    shown = []
    for place, user, a, b in zip(*(whole[n].to_pylist() for n in ("shift", "user_id", "a_min", "b_max")), strict=True):
        parts = sums[place]
        parts[PresenceStatus.OFFLINE] = b // 1000 - a // 1000 - sum(parts.values())
        shown.append(Shift(user, instant(a), instant(b), parts, b >= ms(now), a <= ms(since)))
    return shown


# --- occupancy, utilisation


class Busy(NamedTuple):
    """What one person's shares of time are made of, in seconds."""

    talking: int
    ringing: int
    there: int
    logged_in: int

    @property
    def occupancy(self) -> float | None:
        """metrics.md Occupancy: null for who was not there."""
        return min((self.talking + self.ringing) / self.there, 1.0) if self.there else None

    @property
    def utilisation(self) -> float | None:
        """metrics.md Utilisation."""
        return self.talking / self.logged_in if self.logged_in else None


def busy(seconds: Seconds, ringing: int) -> Busy:
    """Parts of occupancy and utilisation: what is on the telephone (hold included) or rings, of being there.

    Seconds after calls that a provider does not tell apart from being online are not in it.
    """
    talking, online = seconds[PresenceStatus.TALKING], seconds[PresenceStatus.ONLINE]
    return Busy(talking, ringing, talking + online, talking + online + seconds[PresenceStatus.DND])


def rung_spans(legs: pa.Table) -> pa.Table:
    """(user_id, a, b) of every ring of a person of ours, until the answer or the end of the leg."""
    import pyarrow as pa

    pc = kernels()
    own = _own(legs)
    start, end = _ms(own["started_at"]), pc.coalesce(_ms(own["answered_at"]), _ms(own["ended_at"]))
    found = pa.table({"user_id": _text(own["user_id"]), "a": start, "b": end})
    return found.filter(pc.fill_null(pc.less(start, end), False))  # noqa: FBT003 - Arrow's signature


def ringing_seconds(cut: pa.Table, rung: pa.Table) -> dict[str, int]:
    """Seconds for which a person's phone rang while the line says online: rings at once count once, and a ring
    during a talk is part of the talk (metrics.md Occupancy: from the merged exclusive line).
    """
    import pyarrow as pa

    pc = kernels()
    online = cut.filter(pc.equal(cut["status"], PresenceStatus.ONLINE.value))
    if not len(online) or not len(rung):
        return {}
    parts = []
    for rows, ring, line in ((online, 0, 1), (rung, 1, 0)):
        for column, sign in (("a", 1), ("b", -1)):
            at = _whole(rows[column])
            steps = [pa.repeat(pa.scalar(sign * by, pa.int32()), len(rows)) for by in (ring, line)]
            parts.append(pa.table({"user_id": rows["user_id"], "at": at, "ring": steps[0], "line": steps[1]}))
    events = pa.concat_tables(parts).combine_chunks()
    events = events.sort_by([("user_id", "ascending"), ("at", "ascending")]).combine_chunks()
    # Each person's steps add up to 0, so one running sum over everybody is right for each.
    ring, line = (pc.cumulative_sum(_array(events[name])) for name in ("ring", "line"))
    at = _array(events["at"])
    following = pa.concat_arrays([at.slice(1), at.slice(len(at) - 1)])
    both = pc.and_(pc.greater(ring, 0), pc.greater(line, 0))
    lasted = pa.table({"user_id": events["user_id"], "seconds": pc.subtract(following, at)}).filter(both)
    return dict(_pairs(lasted.group_by("user_id").aggregate([("seconds", "sum")]), "user_id", "seconds_sum"))


# --- availability

type Span = tuple[int, int]


def staffed(cut: pa.Table) -> list[Span]:
    """Milliseconds [a, b) in which at least one of these people was online or talking, in order, apart."""
    import pyarrow as pa

    pc = kernels()
    at_work = pa.array([PresenceStatus.TALKING.value, PresenceStatus.ONLINE.value], pa.string())
    rows = cut.filter(pc.is_in(cut["status"], value_set=at_work)).sort_by("a").combine_chunks()
    if not len(rows):
        return []
    a, reached = _array(rows["a"]), pc.cumulative_max(_array(rows["b"]))
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


# --- rings and talks by leg


class Rings(NamedTuple):
    """The incoming legs of one person: each is in exactly one of the fields but `rung`, which are all.

    `answered` by him; `declined` by him; `elsewhere`, a colleague took the call while it rang for longer than
    the threshold; `missed`, it rang longer than that and nobody took it from him; `short`, not longer.
    """

    rung: int = 0
    answered: int = 0
    missed: int = 0
    declined: int = 0
    elsewhere: int = 0
    short: int = 0


def rings(legs: pa.Table, threshold_s: int) -> dict[str, Rings]:
    """Rings by person, of legs of incoming calls (metrics.md Agent missed rings, features.md R28).

    Longer than the threshold is strictly longer, in milliseconds: 5.000 s is not missed, 5.001 s is. A leg that
    still rings is none yet.
    """
    import pyarrow as pa

    own = each_ring(legs, threshold_s)
    names = [name for name in Rings._fields if name != "rung"]
    pc = kernels()
    flags = {name: pc.cast(pc.equal(own["ring"], name), pa.int32()) for name in names}
    sums = pa.table({"user_id": own["user_id"], **flags}).group_by("user_id").aggregate([(n, "sum") for n in names])
    found = {}
    for row in sums.to_pylist():
        counts = {name: row[f"{name}_sum"] for name in names}
        found[row["user_id"]] = Rings(rung=sum(counts.values()), **counts)
    return found


def each_ring(legs: pa.Table, threshold_s: int) -> pa.Table:
    """Each ring (record_id, user_id, ring) with the field of `Rings` that it belongs to."""
    import pyarrow as pa

    pc = kernels()
    own = _own(legs)
    end = pc.coalesce(_ms(own["answered_at"]), _ms(own["ended_at"]))
    rang = pc.subtract(end, _ms(own["started_at"]))
    long = pc.fill_null(pc.greater(rang, threshold_s * 1000), False)  # noqa: FBT003 - Arrow's signature
    outcome = _text(own["outcome"])

    def is_a(word: LegOutcome) -> Any:
        return pc.equal(outcome, word.value)

    # First match wins.
    ring = pc.case_when(
        pc.make_struct(
            is_a(LegOutcome.ANSWERED),
            is_a(LegOutcome.DECLINED),
            pc.invert(long),
            is_a(LegOutcome.ANSWERED_ELSEWHERE),
        ),
        *(pa.scalar(name) for name in ("answered", "declined", "short", "elsewhere", "missed")),
    )
    found = pa.table({"record_id": _text(own["record_id"]), "user_id": _text(own["user_id"]), "ring": ring})
    return found.filter(pc.not_equal(outcome, ""))


class Handled(NamedTuple):
    """The legs that one person answered, and the seconds talked on them, hold included."""

    legs: int = 0
    talk_s: int = 0

    @property
    def aht(self) -> float | None:
        """metrics.md AHT per agent: wrap-up is 0 where the provider does not tell it."""
        return self.talk_s / self.legs if self.legs else None


def handled(legs: pa.Table) -> dict[str, Handled]:
    """By person: talk time is by leg, so that the sums of people may exceed the calls' (metrics.md rule 3)."""
    pc = kernels()
    told = _people(legs)
    own = told.filter(pc.equal(_text(told["outcome"]), LegOutcome.ANSWERED.value))
    own = own.set_column(own.schema.get_field_index("user_id"), "user_id", _text(own["user_id"]))
    sums = own.group_by("user_id").aggregate([([], "count_all"), ("talk_s", "sum")])
    return {row["user_id"]: Handled(legs=row["count_all"], talk_s=row["talk_s_sum"] or 0) for row in sums.to_pylist()}


def _people(legs: pa.Table) -> pa.Table:
    """Legs of people of ours on the customer's path."""
    import pyarrow as pa

    pc = kernels()
    leg = pc.equal(_text(legs["row_kind"]), "leg")
    person = pc.not_equal(_text(legs["user_id"]), "")
    path = pc.invert(pc.is_in(_text(legs["kind"]), value_set=pa.array(BESIDE, pa.string())))
    return legs.filter(pc.and_(pc.and_(leg, person), path))


def _own(legs: pa.Table) -> pa.Table:
    """Of those the ones that rang."""
    rows = _people(legs)
    return rows.filter(kernels().is_valid(rows["started_at"]))


# --- columns


def _text(column: Any) -> Any:
    """Plain text without nulls, whatever the column is kept as."""
    import pyarrow as pa

    pc = kernels()
    plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    return pc.fill_null(plain, "") if plain.null_count else plain


def _ms(column: Any) -> Any:
    import pyarrow as pa

    return column.cast(pa.timestamp("ms")).cast(pa.int64())


def _whole(at: Any) -> Any:
    """Milliseconds cut to whole seconds, also before 1970: Arrow's division cuts towards zero."""
    import pyarrow as pa

    pc = kernels()
    shift = pa.scalar(2**42, pa.int64())
    up = pc.add(at, pc.multiply(shift, pa.scalar(1000, pa.int64())))
    return pc.subtract(pc.divide(up, pa.scalar(1000, pa.int64())), shift)


def _array(column: Any) -> Any:
    """One piece of memory."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _pairs(rows: pa.Table, key: str, value: str) -> Iterator[tuple[str, int]]:
    yield from zip(rows[key].to_pylist(), rows[value].to_pylist(), strict=True)
