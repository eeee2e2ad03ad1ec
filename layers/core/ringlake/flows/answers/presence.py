"""Time of people: status seconds by day, shifts, one day's strip, and who was there in open hours.

features.md R29, R32-R37, N26; demands.md D70; metrics.md Occupancy, Utilisation, Availability.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, StringConstraints

from ringlake.access import Principal
from ringlake.files.csv import BOM, guarded
from ringlake.flows.directory.office import line
from ringlake.metrics.rings import rung_spans
from ringlake.metrics.staff import (
    Availability,
    Beside,
    Busy,
    Seconds,
    Shift,
    Stretches,
    activity,
    availability,
    beside_talks,
    busy,
    by_day,
    instant,
    ms,
    seconds_of,
    shifts,
    staffed,
    status_seconds,
    strip,
    total,
)
from ringlake.metrics.staff import Segment as Piece
from ringlake.model.base import Answer, utc
from ringlake.model.directory import User
from ringlake.model.facts import PresenceStatus
from ringlake.model.hours import open_spans
from ringlake.model.localtime import midnight
from ringlake.query.filters import Day, Filter, parse
from ringlake.query.people import PeopleFilter
from ringlake.query.presets import Preset

from .people import PeopleAnswers, Person, cut, dates, in_order, person
from .question import Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

# Shifts are looked for this many days around the range, so that those at its edges are whole.
_AROUND = 2
# A list of gaps is for reading: the longest ranges have thousands.
MAX_GAPS = 500
_DAY = timedelta(days=1)
FILE_COLUMNS = (
    "user_id",
    "name",
    "date",
    "zone",
    "length_s",
    "talking_s",
    "online_s",
    "dnd_s",
    "offline_s",
    "first_activity",
    "last_activity",
)


class StatusSeconds(Answer, frozen=True, kw_only=True):
    """Seconds in each status; they sum to the time that they are of."""

    talking_s: int
    online_s: int
    dnd_s: int
    offline_s: int


class PersonDay(Answer, frozen=True, kw_only=True):
    """One local day of one person: `length_s` is how long it was, today's until now. The first and the last
    instant at which the person was not offline, in UTC; null when there was none.
    """

    date: date
    length_s: int
    statuses: StatusSeconds
    first_activity: datetime | None
    last_activity: datetime | None


class PersonShift(Answer, frozen=True, kw_only=True):
    """One stretch of work, unsplit across midnight; being away for less than an hour is a break in it.

    It belongs to the local `date` on which it began, which may lie before the range. `lasts`: it is not over;
    `begun_before`: it may have begun before `started_at`, more than two days before the range.
    """

    date: date
    started_at: datetime
    ended_at: datetime
    length_s: int
    statuses: StatusSeconds
    lasts: bool
    begun_before: bool


class PersonPresence(Answer, frozen=True, kw_only=True):
    """One person over the range: `known_s` seconds of it are known and sum up the statuses, of `unknown_s`
    nobody reported anything.
    """

    person: Person
    statuses: StatusSeconds
    known_s: int
    unknown_s: int
    first_activity: datetime | None
    last_activity: datetime | None
    occupancy: Value
    utilisation: Value
    days: tuple[PersonDay, ...]
    shifts: tuple[PersonShift, ...]


class Presence(Answer, frozen=True, kw_only=True):
    """Presence by person and local day. `unknown` are people of whom no status was reported in the range: they
    have no line, which is not the same as offline. `elapsed_s` is the length of the range, until now at most.
    """

    meta: Meta
    elapsed_s: int
    people: tuple[PersonPresence, ...]
    unknown: tuple[Person, ...]


class StatusSegment(Answer, frozen=True, kw_only=True):
    """One status of a day's strip. `from_local` and `to_local` are the wall clock of the zone with its offset."""

    status: PresenceStatus
    started_at: datetime
    ended_at: datetime
    from_local: str
    to_local: str
    seconds: int
    lasts: bool


class DayStrip(Answer, frozen=True, kw_only=True):
    """One local day of one person from 00:00 to 24:00 or now, without a gap; no segment when nothing is known."""

    date: date
    zone: str
    known: bool
    length_s: int
    statuses: StatusSeconds | None
    segments: tuple[StatusSegment, ...]


class PresenceTimeline(Answer, frozen=True, kw_only=True):
    meta: Meta
    person: Person
    strip: DayStrip


class AvailabilityGap(Answer, frozen=True, kw_only=True):
    """Open time with nobody online or talking."""

    started_at: datetime
    ended_at: datetime
    from_local: str
    to_local: str
    seconds: int


class GroupAvailability(Answer, frozen=True, kw_only=True):
    """Open time of one team, or of the workspace (no team), and how much of it somebody was there.

    Days on which nobody of them reported a status are in `unknown_s` and in no share. `gaps` are the first 500
    of `gaps_count`.
    """

    team_id: str
    team_name: str
    people: int
    availability: Value
    open_s: int
    staffed_s: int
    unknown_s: int
    gaps_count: int
    gaps: tuple[AvailabilityGap, ...]


class AvailabilityAnswer(Answer, frozen=True, kw_only=True):
    """Availability of the workspace, which only who sees everybody is shown, and of each team in sight."""

    meta: Meta
    workspace: GroupAvailability | None
    teams: tuple[GroupAvailability, ...]


class TimelineQuery(BaseModel):
    """Whose strip of which local day: today's when it is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    user: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    day: Day | None = None
    zone: Annotated[str, StringConstraints(max_length=64)] = ""


class PresenceAnswers(PeopleAnswers):
    def by_day(self, viewer: Principal, asked: PeopleFilter, now: datetime) -> Presence:
        """Status seconds by person and day, shifts, occupancy and utilisation.

        Raises `PlanTooLow`, `InvalidRequest`, `Unavailable`.
        """
        question = self.question(viewer, asked.asked, now)
        company = self.company(question)
        users = company.chosen(asked.users, asked.teams)
        found = self.presence(question, company, users, before=_AROUND, after=_AROUND)
        time = Time(cut(found, question), self.rung(question), question)
        worked = defaultdict(list)
        for shift in shifts(found, now, question.query.start_utc - _AROUND * _DAY):
            if shift.end > question.query.start_utc and shift.start < question.query.end_utc:
                worked[shift.user_id].append(_shift(shift, time.zone))
        known = {user_id for user_id, _ in time.seconds}
        return Presence(
            meta=question.meta,
            elapsed_s=time.elapsed_s,
            people=tuple(
                time.person(user, tuple(worked[user.id])) for user in in_order(users.values()) if user.id in known
            ),
            unknown=tuple(
                person(user) for user in in_order(users.values()) if user.id not in known and user.deleted_at is None
            ),
        )

    def intervals(
        self, viewer: Principal, asked: PeopleFilter, now: datetime
    ) -> Iterator[tuple[Person, date, StatusSegment]]:
        """Every stretch of one status of the range, cut at local midnights, by person and time: the segments of the
        strips of all days. Their seconds sum up to those of `by_day`. Raises what that raises.
        """
        question = self.question(viewer, asked.asked, now)
        company = self.company(question)
        users = company.chosen(asked.users, asked.teams)
        found = cut(self.presence(question, company, users), question)
        zone, days = ZoneInfo(question.query.zone), dates(question)
        for user in in_order(users.values()):
            own = found.of([user.id])
            for number in own.days():
                for piece in strip(own.on(number), now):
                    yield person(user), days[number], _segment(piece, zone)

    def file(self, viewer: Principal, asked: PeopleFilter, now: datetime) -> tuple[str, bytes]:
        """Name and bytes of a CSV file with a line per person and known day (demands.md D70); a line of the record
        says who took it.
        """
        found = self.by_day(viewer, asked, now)
        zone = ZoneInfo(found.meta.zone)
        lines = sum(len(one.days) for one in found.people)
        self._directory.audit(line(viewer, now, "presence.export", rows=lines, filter=found.meta.filter))
        out = io.StringIO(newline="")
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(FILE_COLUMNS)
        for one in found.people:
            for day in one.days:
                of, active = day.statuses, (day.first_activity, day.last_activity)
                seconds = (day.length_s, of.talking_s, of.online_s, of.dnd_s, of.offline_s)
                times = (_local(at, zone) if at else "" for at in active)
                who = (guarded(cell) for cell in (one.person.user_id, one.person.name))
                writer.writerow((*who, day.date.isoformat(), zone.key, *seconds, *times))
        return f"presence-{found.meta.from_date}-{found.meta.to_date}", BOM + out.getvalue().encode()

    def timeline(self, viewer: Principal, asked: TimelineQuery, now: datetime) -> PresenceTimeline:
        """One day's strip (features.md R33, R34). Raises `NotFound` for somebody out of sight, `InvalidRequest`."""
        when = {"from": asked.day, "to": asked.day} if asked.day else {"preset": Preset.TODAY}
        question = self.question(viewer, parse(Filter, {**when, "zone": asked.zone, "users": [asked.user]}), now)
        company = self.company(question)
        user = company.one(asked.user)
        found = self.presence(question, company, {user.id})
        return PresenceTimeline(
            meta=question.meta, person=person(user), strip=day_strip(found, question.query.from_date, question)
        )

    def availability(self, viewer: Principal, asked: PeopleFilter, now: datetime) -> AvailabilityAnswer:
        """How much of the open hours somebody was online or talking, and when nobody was (features.md N26)."""
        question = self.question(viewer, asked.asked, now)
        company = self.company(question)
        users = company.chosen(asked.users, asked.teams)
        found = cut(self.presence(question, company, users), question)
        whole = None
        if company.scope.everything and not asked.teams:
            whole = _group(question, found, users, "", "")
        teams = [t for t in company.teams if not asked.teams or t.id in asked.teams]
        groups = []
        for team in sorted(teams, key=lambda t: (t.deleted_at is not None, t.name.casefold(), t.id)):
            members = {user.id: user for user in users.values() if team.id in user.teams}
            if members or team.deleted_at is None:
                groups.append(_group(question, found, members, team.id, team.name))
        return AvailabilityAnswer(meta=question.meta, workspace=whole, teams=tuple(groups))


class Time:
    """What is known of some people's time in the range: the one place where their seconds are added up."""

    def __init__(self, found: Stretches, rung: pa.Table, question: Question) -> None:
        self.zone = ZoneInfo(question.query.zone)
        self.days = dates(question)
        self._now = question.now
        self.lengths = [_seconds(*self._bounds(day)) for day in self.days]
        self.elapsed_s = sum(self.lengths)
        self._found = found
        self._totals = seconds_of(found)
        self._beside = beside_talks(found, rung_spans(rung))

    @cached_property
    def seconds(self) -> dict[tuple[str, int], Seconds]:
        """By person and number of the day: many, and only some answers tell them."""
        return status_seconds(self._found)

    @cached_property
    def _of(self) -> dict[str, dict[int, Seconds]]:
        found: dict[str, dict[int, Seconds]] = {}
        for (user, day), parts in self.seconds.items():
            found.setdefault(user, {})[day] = parts
        return found

    @cached_property
    def _active(self) -> dict[tuple[str, int], tuple[datetime, datetime]]:
        return activity(self._found)

    def _bounds(self, day: date) -> tuple[datetime, datetime]:
        return midnight(day, self.zone), min(midnight(day + _DAY, self.zone), utc(self._now))

    def busy(self, user_id: str) -> Busy | None:
        """None for who has no line."""
        if user_id not in self._totals:
            return None
        return busy(self.total(user_id), self._beside.get(user_id, Beside()))

    def total(self, user_id: str) -> Seconds:
        return self._totals.get(user_id, total(()))

    def known(self, user_id: str) -> bool:
        return user_id in self._totals

    def known_s(self, user_id: str) -> int:
        return sum(self.total(user_id).values()) if self.known(user_id) else 0

    def day_statuses(self, user_id: str, number: int) -> StatusSeconds | None:
        """Of one day by its number; None when nothing is known of it."""
        parts = self.seconds.get((user_id, number))
        return statuses(parts) if parts else None

    def person_days(self, user_id: str) -> tuple[PersonDay, ...]:
        """The days of which something is known."""
        days = []
        for number, parts in sorted(self._of.get(user_id, {}).items()):
            first, last = self._active.get((user_id, number), (None, None))
            days.append(
                PersonDay(
                    date=self.days[number],
                    length_s=self.lengths[number],
                    statuses=statuses(parts),
                    first_activity=first,
                    last_activity=last,
                )
            )
        return tuple(days)

    def person(self, user: User, worked: tuple[PersonShift, ...]) -> PersonPresence:
        parts, days = self.total(user.id), self.person_days(user.id)
        known_s = sum(parts.values())
        return PersonPresence(
            person=person(user),
            statuses=statuses(parts),
            known_s=known_s,
            unknown_s=self.elapsed_s - known_s,
            first_activity=next((d.first_activity for d in days if d.first_activity), None),
            last_activity=next((d.last_activity for d in reversed(days) if d.last_activity), None),
            occupancy=occupancy(self.busy(user.id)),
            utilisation=utilisation(self.busy(user.id)),
            days=days,
            shifts=worked,
        )


def occupancy(of: Busy | None) -> Value:
    if of is None:
        return Value(metric="occupancy", value=None)
    return Value(metric="occupancy", value=of.occupancy, n=of.there, numerator=of.engaged, denominator=of.there)


def utilisation(of: Busy | None) -> Value:
    if of is None:
        return Value(metric="utilisation", value=None)
    return Value(
        metric="utilisation", value=of.utilisation, n=of.logged_in, numerator=of.handling, denominator=of.logged_in
    )


def statuses(parts: Mapping[PresenceStatus, int]) -> StatusSeconds:
    return StatusSeconds(
        talking_s=parts[PresenceStatus.TALKING],
        online_s=parts[PresenceStatus.ONLINE],
        dnd_s=parts[PresenceStatus.DND],
        offline_s=parts[PresenceStatus.OFFLINE],
    )


def day_strip(found: Stretches, day: date, question: Question) -> DayStrip:
    """The strip of one person's stretches on one local day."""
    zone = ZoneInfo(question.query.zone)
    pieces = by_day(found, [day], zone)
    segments = tuple(_segment(piece, zone) for piece in strip(pieces, question.now))
    parts = next(iter(status_seconds(pieces).values()), None)
    end = min(midnight(day + _DAY, zone), utc(question.now))
    return DayStrip(
        date=day,
        zone=zone.key,
        known=bool(segments),
        length_s=max(_seconds(midnight(day, zone), end), 0),
        statuses=statuses(parts) if parts else None,
        segments=segments,
    )


def _segment(piece: Piece, zone: ZoneInfo) -> StatusSegment:
    return StatusSegment(
        status=piece.status,
        started_at=piece.start,
        ended_at=piece.end,
        from_local=_local(piece.start, zone),
        to_local=_local(piece.end, zone),
        seconds=_seconds(piece.start, piece.end),
        lasts=piece.lasts,
    )


def _shift(shift: Shift, zone: ZoneInfo) -> PersonShift:
    return PersonShift(
        date=shift.start.astimezone(zone).date(),
        started_at=shift.start,
        ended_at=shift.end,
        length_s=_seconds(shift.start, shift.end),
        statuses=statuses(shift.seconds),
        lasts=shift.lasts,
        begun_before=shift.begun_before,
    )


def group_availability(question: Question, found: Stretches, users: Mapping[str, User], team_id: str = "") -> Value:
    """Of these people, by the open hours of their team, or of the workspace."""
    return _share(_available(question, found, users, team_id))


def _available(question: Question, found: Stretches, users: Mapping[str, User], team_id: str) -> Availability:
    own = found.of(users)
    zone, days = ZoneInfo(question.query.zone), dates(question)
    known = [(ms(midnight(days[n], zone)), ms(midnight(days[n] + _DAY, zone))) for n in own.days()]
    until = min(question.query.end_utc, utc(question.now))
    spans = open_spans(question.workspace, question.query.start_utc, until, team_id)
    return availability([(ms(a), ms(b)) for a, b in spans], staffed(own), known)


def _share(of: Availability) -> Value:
    told = round((of.open_ms - of.unknown_ms) / 1000)
    return Value(metric="availability", value=of.share, n=told, numerator=round(of.staffed_ms / 1000), denominator=told)


def _group(
    question: Question, found: Stretches, users: Mapping[str, User], team_id: str, team_name: str
) -> GroupAvailability:
    of = _available(question, found, users, team_id)
    zone = ZoneInfo(question.query.zone)
    return GroupAvailability(
        team_id=team_id,
        team_name=team_name,
        people=sum(user.deleted_at is None for user in users.values()),
        availability=_share(of),
        open_s=round(of.open_ms / 1000),
        staffed_s=round(of.staffed_ms / 1000),
        unknown_s=round(of.unknown_ms / 1000),
        gaps_count=len(of.gaps),
        gaps=tuple(_gap(instant(a), instant(b), zone) for a, b in of.gaps[:MAX_GAPS]),
    )


def _gap(start: datetime, end: datetime, zone: ZoneInfo) -> AvailabilityGap:
    return AvailabilityGap(
        started_at=start,
        ended_at=end,
        from_local=_local(start, zone),
        to_local=_local(end, zone),
        seconds=_seconds(start, end),
    )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _seconds(start: datetime, end: datetime) -> int:
    """Each cut to the second, as everywhere in presence."""
    return ms(end) // 1000 - ms(start) // 1000
