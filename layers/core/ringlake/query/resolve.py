"""Zone and range are resolved once, into UTC bounds that every reader shares (demands.md D2, D3, D5)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ringlake.access.scope import Scope
from ringlake.errors import Forbidden, InvalidRequest
from ringlake.model.base import Model, utc
from ringlake.model.directory import Ability, Directory, Workspace
from ringlake.model.facts import Direction
from ringlake.model.localtime import midnight
from ringlake.model.numbers import e164
from ringlake.model.tables import CALLS, MESSAGES

from .filters import CALL, MESSAGE, Filter, Hours, Members
from .kinds import KINDS
from .presets import add_months, dates_of

# Below this many digits a number without international prefix may be a part of one.
_WHOLE_NUMBER_DIGITS = 8


class Kind(StrEnum):
    """What the answer is, which decides how long the range may be (features.md, conflicts: Range limits)."""

    ROWS = "rows"
    AGGREGATES = "aggregates"


_MONTHS = {Kind.ROWS: 3, Kind.AGGREGATES: 24}


def most_months(kind: Kind) -> int:
    """How many calendar months a range may span."""
    return _MONTHS[kind]


class Search(Model, frozen=True, kw_only=True):
    """A number to look for: `exact` in E.164, or `part` of its digits; "" is no part."""

    exact: str
    part: str = ""


class CurrentTeams(Model, frozen=True, kw_only=True):
    """What belongs to some teams today: their members' interactions, and nobody's on their numbers (W21)."""

    users: tuple[str, ...]
    numbers: tuple[str, ...]


class Predicates(Model, frozen=True, kw_only=True):
    """Conditions on rows beyond time and scope. Empty tuples and None restrict nothing.

    `minutes` is the local time-of-day window [from, to) in minutes, wrapping when to < from.
    `members` stands in place of `teams` when current members were asked for. `open_hours` is 1 or 0.
    `include_spam` is for those who measure; rows of spam are always there.
    """

    channels: tuple[str, ...] = (CALL, MESSAGE)
    minutes: tuple[int, int] | None = None
    weekdays: tuple[int, ...] = ()
    open_hours: int | None = None
    directions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    only_unanswered: bool = False
    only_missed: bool = False
    only_unrecovered: bool = False
    reasons: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    success: bool | None = None
    sale: bool | None = None
    first_contact: bool | None = None
    hangup_by: tuple[str, ...] = ()
    message_statuses: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    members: CurrentTeams | None = None
    numbers: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    remote: Search | None = None
    source_number: Search | None = None
    destination_number: Search | None = None
    reference: str = ""
    contact: str = ""
    party: str = ""
    record_ids: tuple[str, ...] = ()
    wait_s: tuple[int | None, int | None] = (None, None)
    duration_s: tuple[int | None, int | None] = (None, None)
    include_spam: bool = False
    sets: tuple[str, ...] = ()
    wait_ms: tuple[int | None, int | None] = (None, None)
    active_at: datetime | None = None
    talking_at: datetime | None = None
    started: tuple[datetime | None, datetime | None] = (None, None)
    without_spam: bool = False
    findings: tuple[str, ...] = ()
    unattributed: tuple[str, ...] = ()


class ResolvedQuery(Model, frozen=True, kw_only=True):
    """The one object that a screen, a list, a file and a schedule share.

    `from_date` and `to_date` are local dates, inclusive; the UTC bounds are [start_utc, end_utc).
    `days` are the lake's UTC days that the bounds touch, which is where a local day reaches
    into the UTC day beside it. Queries of one question share a `snapshot`: they see one state of the lake.
    """

    workspace: str
    zone: str
    from_date: date
    to_date: date
    start_utc: datetime
    end_utc: datetime
    days: tuple[str, ...]
    scope: Scope
    predicates: Predicates
    snapshot: int = 0


def resolve(
    scope: Scope,
    filter: Filter,
    workspace: Workspace,
    now: datetime,
    kind: Kind = Kind.ROWS,
    directory: Directory | None = None,
) -> ResolvedQuery:
    """Raises `InvalidRequest` naming the field for a range beyond the limit, and `Forbidden` for a
    number that a viewer by numbers was not assigned, or a customer's number that is hidden from the viewer.

    The directory is needed for filters that `needs_directory`.
    """
    zone = ZoneInfo(filter.zone) if filter.zone else workspace.tz
    first, last = _dates(filter, utc(now).astimezone(zone).date(), workspace.fiscal_month)
    _check_length(first, last, kind, "from" if filter.preset is None else "preset")
    if scope.numbers and not (scope.everything or scope.users or scope.teams):
        foreign = set(filter.numbers) - set(scope.numbers) - {""}
        if foreign:
            raise Forbidden("a number of the filter is not assigned to you")
    if Ability.SEE_NUMBERS in scope.hides and (filter.remote or filter.source_number or filter.destination_number):
        # Who may not see numbers must not find them out by asking.
        raise Forbidden("a customer's number in the filter needs the ability see_numbers")
    start, end, days = between(first, last, zone)
    return ResolvedQuery(
        workspace=workspace.id,
        zone=zone.key,
        from_date=first,
        to_date=last,
        start_utc=start,
        end_utc=end,
        days=days,
        scope=scope,
        predicates=_predicates(filter, workspace.country, directory),
    )


def between(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime, tuple[str, ...]]:
    """UTC bounds of local dates, both inclusive, and the UTC days that they touch (demands.md D3, D5)."""
    start, end = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    return start, end, _utc_days(start, end)


def needs_directory(filter: Filter) -> bool:
    """Whether the filter speaks of teams as they are now."""
    return bool(filter.teams) and filter.team_members is Members.CURRENT


def pinned(filter: Filter, query: ResolvedQuery) -> Filter:
    """The same filter with its preset turned into the dates it meant: what a job stores (O27)."""
    return over_dates(filter, query.from_date, query.to_date)


def over_dates[F: Filter](filter: F, first: date, last: date) -> F:
    """The same filter over these local dates, whatever its own range is: further pages of a list keep the
    dates of the first, also past midnight.
    """
    return filter.model_copy(update={"preset": None, "from_": first, "to": last})


def _dates(filter: Filter, today: date, fiscal_month: int) -> tuple[date, date]:
    if filter.preset is not None:
        return dates_of(filter.preset, today, fiscal_month)
    if filter.from_ is None or filter.to is None:  # excluded by Filter
        raise InvalidRequest("from", "give a preset, or both from and to")
    return filter.from_, filter.to


def _check_length(first: date, last: date, kind: Kind, field: str) -> None:
    try:
        latest = add_months(first, _MONTHS[kind])
        last + timedelta(days=2)
    except (ValueError, OverflowError):
        raise InvalidRequest(field, "the date is out of range") from None
    if last > latest:
        raise InvalidRequest(
            field if field == "preset" else "to",
            f"a range of {kind.value} may span at most {_MONTHS[kind]} calendar months: until {latest}",
        )


def _utc_days(start: datetime, end: datetime) -> tuple[str, ...]:
    last = (end - timedelta(microseconds=1)).date()
    count = (last - start.date()).days + 1
    return tuple((start.date() + timedelta(days=n)).isoformat() for n in range(count))


def _predicates(filter: Filter, country: str, directory: Directory | None) -> Predicates:
    directions = {d.value for d in filter.directions}
    if directions and filter.include_internal:
        directions.add(Direction.INTERNAL.value)
    elif not directions and not filter.include_internal:
        # An unknown direction is the empty text; such rows are shown, not hidden.
        directions = {Direction.INBOUND.value, Direction.OUTBOUND.value, ""}
    current = needs_directory(filter)
    return Predicates(
        channels=_channels(filter),
        minutes=_minutes(filter),
        weekdays=tuple(sorted(set(filter.weekdays))),
        open_hours={Hours.ALL: None, Hours.OPEN: 1, Hours.CLOSED: 0}[filter.hours],
        directions=tuple(sorted(directions)),
        kinds=tuple(filter.kinds),
        outcomes=tuple(o.value for o in filter.outcomes),
        only_unanswered=filter.only_unanswered,
        only_missed=filter.only_missed,
        only_unrecovered=filter.only_unrecovered,
        reasons=tuple(r.value for r in filter.reasons),
        labels=tuple(label.value for label in filter.labels),
        success=filter.success,
        sale=filter.sale,
        first_contact=filter.first_contact,
        hangup_by=tuple(h.value for h in filter.hangup_by),
        message_statuses=tuple(s.value for s in filter.message_statuses),
        users=tuple(filter.users),
        teams=() if current else tuple(filter.teams),
        members=_members(filter, directory) if current else None,
        numbers=tuple(filter.numbers),
        queues=tuple(filter.queues),
        campaigns=tuple(filter.campaigns),
        sources=tuple(filter.sources),
        countries=tuple(filter.countries),
        connections=tuple(filter.connections),
        tags=tuple(filter.tags),
        remote=_search(filter.remote, country),
        source_number=_search(filter.source_number, country),
        destination_number=_search(filter.destination_number, country),
        reference=filter.reference,
        contact=filter.contact,
        party=filter.party,
        record_ids=tuple(filter.record_ids),
        wait_s=(filter.wait_min_s, filter.wait_max_s),
        duration_s=(filter.duration_min_s, filter.duration_max_s),
        include_spam=filter.include_spam,
        sets=tuple(s.value for s in filter.sets),
        wait_ms=(filter.wait_from_ms, filter.wait_below_ms),
        active_at=utc(filter.active_at) if filter.active_at else None,
        talking_at=utc(filter.talking_at) if filter.talking_at else None,
        started=(
            utc(filter.started_from) if filter.started_from else None,
            utc(filter.started_before) if filter.started_before else None,
        ),
        without_spam=filter.without_spam,
        findings=tuple(f.value for f in filter.findings),
        unattributed=tuple(u.value for u in filter.unattributed),
    )


def _members(filter: Filter, directory: Directory | None) -> CurrentTeams:
    if directory is None:
        raise InvalidRequest("team_members", "current members are not known here")
    asked = set(filter.teams)
    return CurrentTeams(
        users=tuple(sorted(user.id for user in directory.users if user.active and asked.intersection(user.teams))),
        numbers=tuple(sorted(n.id for n in directory.numbers if n.team in asked and n.deleted_at is None)),
    )


def _channels(filter: Filter) -> tuple[str, ...]:
    if filter.channels:
        return tuple(sorted(set(filter.channels)))
    ranges = (
        *(filter.wait_min_s, filter.wait_max_s, filter.duration_min_s, filter.duration_max_s),
        *(filter.wait_from_ms, filter.wait_below_ms, filter.active_at, filter.talking_at),
    )
    tables = {KINDS[code].table for code in filter.kinds}
    of_calls = bool(
        filter.outcomes
        or filter.only_unanswered
        or filter.only_missed
        or filter.only_unrecovered
        or filter.reasons
        or filter.labels
        or filter.success is not None
        or filter.sale is not None
        or filter.first_contact is not None
        or filter.hangup_by
        or filter.queues
        or filter.sources
        or filter.tags
        or filter.sets
        or any(bound is not None for bound in ranges)
        or CALLS.name in tables
    )
    of_messages = bool(filter.message_statuses) or MESSAGES.name in tables
    if of_calls == of_messages:
        return (CALL, MESSAGE)
    return (CALL,) if of_calls else (MESSAGE,)


def _minutes(filter: Filter) -> tuple[int, int] | None:
    if filter.hour_from is None and filter.hour_to is None:
        return None
    start, end = _minute(filter.hour_from or "00:00"), _minute(filter.hour_to or "00:00")
    return None if start == end else (start, end)


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _search(text: str, country: str) -> Search | None:
    """Whole numbers are compared in E.164, parts by their digits (features.md F11, F12)."""
    if not text:
        return None
    spelled = e164(text, country)
    digits = re.sub(r"\D", "", text)
    part = digits.lstrip("0") or digits
    if not spelled.startswith("+"):
        return Search(exact=spelled, part=part if text != "anonymous" else "")
    international = text.lstrip().startswith(("+", "00"))
    return Search(exact=spelled, part="" if international or len(digits) >= _WHOLE_NUMBER_DIGITS else part)
