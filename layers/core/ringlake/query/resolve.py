"""Zone and range are resolved once, into UTC bounds that every reader shares (demands.md D2, D3, D5)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum

from ringlake.access.scope import Scope
from ringlake.errors import Forbidden, InvalidRequest
from ringlake.model.base import Model, utc
from ringlake.model.directory import Ability, Workspace
from ringlake.model.facts import Direction
from ringlake.model.localtime import midnight
from ringlake.model.numbers import e164

from .filters import CALL, MESSAGE, Filter
from .presets import add_months, dates_of

# Below this many digits a number without international prefix may be a part of one.
_WHOLE_NUMBER_DIGITS = 8


class Kind(StrEnum):
    """What the answer is, which decides how long the range may be (features.md, conflicts: Range limits)."""

    ROWS = "rows"
    AGGREGATES = "aggregates"


_MONTHS = {Kind.ROWS: 3, Kind.AGGREGATES: 24}


class Predicates(Model, frozen=True, kw_only=True):
    """Conditions on rows beyond time and scope. Empty tuples and None restrict nothing.

    `minutes` is the local time-of-day window [from, to) in minutes, wrapping when to < from.
    `remote_exact` and `remote_part` are alternatives of one search.
    """

    channels: tuple[str, ...] = (CALL, MESSAGE)
    minutes: tuple[int, int] | None = None
    directions: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    only_unanswered: bool = False
    message_statuses: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    remote_exact: str = ""
    remote_part: str = ""
    reference: str = ""
    wait_s: tuple[int | None, int | None] = (None, None)
    duration_s: tuple[int | None, int | None] = (None, None)


class ResolvedQuery(Model, frozen=True, kw_only=True):
    """The one object that a screen, a list, a file and a schedule share.

    `from_date` and `to_date` are local dates, inclusive; the UTC bounds are [start_utc, end_utc).
    `days` are the lake's UTC days that the bounds touch, which is where a local day reaches
    into the UTC day beside it.
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


def resolve(scope: Scope, filter: Filter, workspace: Workspace, now: datetime, kind: Kind = Kind.ROWS) -> ResolvedQuery:
    """Raises `InvalidRequest` naming the field for a range beyond the limit, and `Forbidden` for a
    number that a viewer by numbers was not assigned, or a customer's number that is hidden from the viewer.
    """
    first, last = _dates(filter, utc(now).astimezone(workspace.tz).date())
    _check_length(first, last, kind, "from" if filter.preset is None else "preset")
    if scope.numbers and not (scope.everything or scope.users or scope.teams):
        foreign = set(filter.numbers) - set(scope.numbers)
        if foreign:
            raise Forbidden("a number of the filter is not assigned to you")
    if filter.remote and Ability.SEE_NUMBERS in scope.hides:
        # Who may not see numbers must not find them out by asking.
        raise Forbidden("a customer's number in the filter needs the ability see_numbers")
    start, end = midnight(first, workspace.tz), midnight(last + timedelta(days=1), workspace.tz)
    return ResolvedQuery(
        workspace=workspace.id,
        zone=workspace.zone,
        from_date=first,
        to_date=last,
        start_utc=start,
        end_utc=end,
        days=_utc_days(start, end),
        scope=scope,
        predicates=_predicates(filter, workspace.country),
    )


def pinned(filter: Filter, query: ResolvedQuery) -> Filter:
    """The same filter with its preset turned into the dates it meant: what a job stores (O27)."""
    return filter.model_copy(update={"preset": None, "from_": query.from_date, "to": query.to_date})


def _dates(filter: Filter, today: date) -> tuple[date, date]:
    if filter.preset is not None:
        return dates_of(filter.preset, today)
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


def _predicates(filter: Filter, country: str) -> Predicates:
    exact, part = _remote(filter.remote, country)
    directions = {d.value for d in filter.directions}
    if directions and filter.include_internal:
        directions.add(Direction.INTERNAL.value)
    elif not directions and not filter.include_internal:
        # An unknown direction is the empty text; such rows are shown, not hidden.
        directions = {Direction.INBOUND.value, Direction.OUTBOUND.value, ""}
    return Predicates(
        channels=_channels(filter),
        minutes=_minutes(filter),
        directions=tuple(sorted(directions)),
        outcomes=tuple(o.value for o in filter.outcomes),
        only_unanswered=filter.only_unanswered,
        message_statuses=tuple(s.value for s in filter.message_statuses),
        users=tuple(filter.users),
        teams=tuple(filter.teams),
        numbers=tuple(filter.numbers),
        queues=tuple(filter.queues),
        campaigns=tuple(filter.campaigns),
        sources=tuple(filter.sources),
        remote_exact=exact,
        remote_part=part,
        reference=filter.reference,
        wait_s=(filter.wait_min_s, filter.wait_max_s),
        duration_s=(filter.duration_min_s, filter.duration_max_s),
    )


def _channels(filter: Filter) -> tuple[str, ...]:
    if filter.channels:
        return tuple(sorted(set(filter.channels)))
    ranges = (filter.wait_min_s, filter.wait_max_s, filter.duration_min_s, filter.duration_max_s)
    of_calls = bool(
        filter.outcomes
        or filter.only_unanswered
        or filter.queues
        or filter.sources
        or any(bound is not None for bound in ranges)
    )
    of_messages = bool(filter.message_statuses)
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


def _remote(text: str, country: str) -> tuple[str, str]:
    """Whole numbers are compared in E.164, parts by their digits (features.md F11, F12)."""
    if not text:
        return "", ""
    spelled = e164(text, country)
    digits = re.sub(r"\D", "", text)
    part = digits.lstrip("0") or digits
    if not spelled.startswith("+"):
        return spelled, part if text != "anonymous" else ""
    international = text.lstrip().startswith(("+", "00"))
    return spelled, "" if international or len(digits) >= _WHOLE_NUMBER_DIGITS else part
