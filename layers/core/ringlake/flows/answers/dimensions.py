"""What numbers are split by, and the filter that lists the rows of each part (demands.md D80)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ringlake.errors import InvalidRequest
from ringlake.metrics.measure import Word
from ringlake.model.arrow import Column, kernels, wall
from ringlake.model.directory import Directory
from ringlake.model.marks import Label
from ringlake.model.tables import CALLS, CASES, MESSAGES
from ringlake.query.buckets import Axis, Bucket, Granularity, hour_of_week
from ringlake.query.filters import CALL, MESSAGE, Filter, Members

from .patterns import Drill

if TYPE_CHECKING:
    import pyarrow as pa

INTERACTIONS = "interactions"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS_OF_WEEK, HOURS_OF_DAY = 7, 24


class By(StrEnum):
    """What breakdowns and series are split by."""

    USER = "user"
    TEAM = "team"
    NUMBER = "number"
    CHANNEL = "channel"
    DIRECTION = "direction"
    OUTCOME = "outcome"
    STATUS = "status"
    REASON = "reason"
    KIND = "kind"
    QUEUE = "queue"
    CAMPAIGN = "campaign"
    SOURCE = "source"
    COUNTRY = "country"
    PREFIX = "prefix"
    CONNECTION = "connection"
    HANGUP_BY = "hangup_by"
    STATE = "state"
    LABEL = "label"
    HOUR = "hour"
    WEEKDAY = "weekday"


@dataclass(frozen=True)
class Dimension:
    """`columns` are those of each table that hold the key, or that `derive` makes it of.

    `drill` gives the extra filter of one key, None where no filter says it. `name` is the word of a key without
    a name of its own; `nobody` that of the empty key.
    """

    id: str
    columns: Mapping[str, str]
    drill: Callable[[Word], Drill | None]
    derive: Callable[[str, Any], Column] | None = None
    nobody: str = "None"
    names: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    @property
    def column(self) -> str:
        return f"by_{self.id}"

    def reads(self, table: str) -> set[str]:
        return {self.columns[table]} if table in self.columns else set()

    def keyed(self, table: str, rows: pa.Table) -> pa.Table:
        """The rows with the key as a column; raises `InvalidRequest` for a table that does not know it."""
        if table not in self.columns:
            raise InvalidRequest("by", f"metrics of {table} cannot be split by {self.id}")
        key = self.derive(table, rows) if self.derive else rows[self.columns[table]]
        return rows.append_column(self.column, key)

    def name(self, key: Word) -> str:
        if key in ("", None):
            return self.nobody
        return self.names.get(str(key), str(key))


def dimension(by: By, asked: Filter, zone: str, directory: Directory) -> Dimension:
    """With the names of today's directory, deleted people and numbers too (demands.md D72)."""
    if by is By.CHANNEL:
        return Dimension(
            id=by.value,
            columns=_START,
            drill=lambda key: {"channels": [key]},
            derive=_channel,
            names={CALL: "Calls", MESSAGE: "Messages"},
        )
    if by in (By.HOUR, By.WEEKDAY):
        return _of_clock(by, asked, zone)
    if by is By.LABEL:
        raise InvalidRequest("by", "labels overlap: ask for a breakdown")
    columns, condition, nobody = _LISTED[by]
    names, gone = _names(by, directory)
    return Dimension(
        id=by.value,
        columns=columns,
        drill=lambda key: _listed(condition, key, asked, columns),
        nobody=nobody,
        names=names,
        gone=gone,
    )


def labelled(label: Label) -> Dimension:
    """Calls that carry a label (1) and others (0): a call may carry several (features.md N14)."""
    return Dimension(
        id=f"label_{label.value}",
        columns={CALLS.name: f"is_{label.value}"},
        drill=lambda key: {"channels": [CALL], "labels": [label.value]} if key == 1 else None,
    )


def buckets(axis: Axis) -> Dimension:
    """The buckets of a range by their position."""
    return Dimension(
        id="bucket",
        columns=_START,
        drill=lambda key: within(axis.buckets[int(str(key))], axis.granularity),
        derive=lambda _, rows: axis.index(rows["started_at"]),
    )


def within(bucket: Bucket, granularity: Granularity) -> Drill:
    """The filter of one bucket: its dates, and for less than a day its instants."""
    dates = span(bucket.from_date, bucket.to_date)
    if granularity not in (Granularity.HOUR, Granularity.QUARTER_HOUR):
        return dates
    return {
        **dates,
        "started_from": bucket.start_utc.isoformat(),
        "started_before": bucket.end_utc.isoformat(),
    }


def hours_of_week(asked: Filter, zone: str) -> Dimension:
    """The cells of the heat map: hours since Monday 00:00 by the local clock (features.md O15)."""
    return Dimension(
        id="hour_of_week",
        columns=_START,
        drill=lambda key: cell(int(str(key)), asked),
        derive=lambda _, rows: hour_of_week(rows["started_at"], zone),
    )


def cell(position: int, asked: Filter) -> Drill | None:
    """The filter of one hour of one weekday, inside the filter's own hours."""
    hours = _hours(position % HOURS_OF_DAY, asked)
    return None if hours is None else {"weekdays": [position // HOURS_OF_DAY + 1], **hours}


def span(first: date, last: date) -> Drill:
    """The filter of some local dates, in place of the range asked about."""
    return {"preset": None, "from": first.isoformat(), "to": last.isoformat()}


_START = dict.fromkeys((CALLS.name, MESSAGES.name, CASES.name, INTERACTIONS), "started_at")


def _same(column: str, *tables: str) -> dict[str, str]:
    return dict.fromkeys(tables or tuple(_START), column)


_BOTH = (CALLS.name, CASES.name)
# Columns by table, the condition of the filter, and what rows without a value are called.
_LISTED: Mapping[By, tuple[Mapping[str, str], str, str]] = {
    By.USER: (_same("user_id"), "users", "Unassigned"),
    By.TEAM: (_same("team_id"), "teams", "No team"),
    By.NUMBER: (_same("business_number_id"), "numbers", "Unknown number"),
    By.DIRECTION: (_same("direction", CALLS.name, MESSAGES.name, INTERACTIONS), "directions", "Unknown"),
    By.OUTCOME: (_same("outcome", CALLS.name), "outcomes", "Not over yet"),
    By.STATUS: (_same("status", MESSAGES.name), "message_statuses", "Unknown"),
    By.REASON: ({CALLS.name: "missed_reason", CASES.name: "reason"}, "reasons", "None"),
    By.KIND: (_same("kind", CALLS.name, MESSAGES.name, INTERACTIONS), "kinds", "Unknown"),
    By.QUEUE: (_same("queue", *_BOTH), "queues", "No queue"),
    By.CAMPAIGN: (_same("campaign"), "campaigns", "No campaign"),
    By.SOURCE: (_same("source", *_BOTH), "sources", "No source"),
    By.COUNTRY: (_same("remote_country"), "countries", "Unknown"),
    By.CONNECTION: (_same("connection"), "connections", "Unknown"),
    By.HANGUP_BY: (_same("hangup_by", CALLS.name), "hangup_by", "Unknown"),
    By.STATE: ({CALLS.name: "recovery_state", CASES.name: "state"}, "", "None"),
}
# Conditions whose lists take the empty text: rows without a value.
_TAKES_NONE = frozenset({"users", "teams", "numbers", "queues", "campaigns", "sources", "countries", "connections"})


def one_of(condition: str, key: Word, asked: Filter) -> Drill | None:
    """The filter of one user, team, number or queue; None where no filter says it."""
    if condition == "teams" and asked.team_members is not Members.STORED:
        # The rows are of the team at the time, which the filter's own condition on today's members would replace.
        return None if asked.teams else {"teams": [key], "team_members": Members.STORED.value}
    return {condition: [key]}


def _listed(condition: str, key: Word, asked: Filter, columns: Mapping[str, str]) -> Drill | None:
    if not condition or (key == "" and condition not in _TAKES_NONE):
        return None
    of_one = one_of(condition, key, asked)
    return of_one and {
        **of_one,
        # A filter that names both channels keeps the one that does not know the condition (features.md F14).
        **({} if MESSAGES.name in columns else {"channels": [CALL]}),
        **({} if CALLS.name in columns else {"channels": [MESSAGE]}),
        # The switch of internal calls would add them to any list of directions.
        **({"include_internal": False} if condition == "directions" else {}),
    }


def _names(by: By, directory: Directory) -> tuple[dict[str, str], frozenset[str]]:
    """Names by key, and the keys of what is deleted."""
    match by:
        case By.USER:
            users = directory.users
            return {u.id: u.name for u in users}, frozenset(u.id for u in users if u.deleted_at)
        case By.TEAM:
            teams = directory.teams
            return {t.id: t.name for t in teams}, frozenset(t.id for t in teams if t.deleted_at)
        case By.NUMBER:
            numbers = directory.numbers
            return {n.id: n.name or n.e164 for n in numbers}, frozenset(n.id for n in numbers if n.deleted_at)
        case By.CONNECTION:
            return {c.id: c.name or c.id for c in directory.connections}, frozenset()
        case _:
            return {}, frozenset()


def _channel(table: str, rows: Any) -> Column:
    import pyarrow as pa

    if table == INTERACTIONS:
        pc = kernels()
        return pc.if_else(pc.equal(rows["is_call"], 1), CALL, MESSAGE)
    return pa.repeat(pa.scalar(MESSAGE if table == MESSAGES.name else CALL), len(rows))


def _of_clock(by: By, asked: Filter, zone: str) -> Dimension:
    if by is By.HOUR:
        return Dimension(
            id=by.value,
            columns=_START,
            drill=lambda key: _hours(int(str(key)), asked),
            derive=lambda _, rows: kernels().hour(wall(rows["started_at"], ZoneInfo(zone))),
            names={str(hour): f"{hour:02}:00" for hour in range(HOURS_OF_DAY)},
        )
    return Dimension(
        id=by.value,
        columns=_START,
        drill=lambda key: {"weekdays": [key]},
        derive=lambda _, rows: kernels().day_of_week(wall(rows["started_at"], ZoneInfo(zone)), count_from_zero=False),
        names={str(n): name for n, name in enumerate(WEEKDAYS, start=1)},
    )


def _hours(hour: int, asked: Filter) -> Drill | None:
    """The filter's hours cut to this hour; None where that leaves two pieces of it."""
    start, end = hour * 60, hour * 60 + 60
    first, last = (_minute(clock) for clock in (asked.hour_from or "00:00", asked.hour_to or "00:00"))
    if first != last:
        windows = [(first, last)] if first < last else [(first, 1440), (0, last)]
        cut = [(max(a, start), min(b, end)) for a, b in windows if a < end and b > start]
        if len(cut) != 1:
            return None
        start, end = cut[0]
    return {"hour_from": _clock(start), "hour_to": _clock(end % 1440)}


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
