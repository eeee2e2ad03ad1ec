"""What is wrong with what arrives: connections that fell silent, deliveries set aside, rows that tell too little
(demands.md D22, D24, D26, D39, D40; features.md W5).

Counts are made by the filters that they drill to, so a list of the rows counts the same (D80). Whether a connection is
quiet is judged by everything that came from it, whoever asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from ringlake.access import Principal, scope
from ringlake.access.scope import Scope
from ringlake.flows.directory import Stores
from ringlake.flows.directory.connections import set_aside
from ringlake.flows.directory.views import Quarantine
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer, utc
from ringlake.model.directory import Connection, Workspace
from ringlake.model.findings import Finding, Unowned
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import CALL, MESSAGE, Filter
from ringlake.query.resolve import Kind, ResolvedQuery, resolve
from ringlake.stores.arrivals import Arrivals

from .facts import Facts
from .patterns import Drill
from .question import Meta, snapshot

if TYPE_CHECKING:
    import pyarrow as pa

# A list of rows may span three months, the shortest of which have 89 days. Two days hold every last 24 hours.
LEAST_DAYS, MOST_DAYS, DAYS = 2, 89, 30
# Quiet: nothing came since the last call or text, although the same hours of the weeks before brought so many on
# average. Where calls come by chance five are missed once in 150 times (e^-5).
USUAL = 5
WEEKS = 4
# A shorter silence may be the way from the provider to the lake.
LEAST_SILENCE = timedelta(minutes=30)
# After such a silence whoever has ever spoken is quiet, however little it used to say.
LONGEST_SILENCE = timedelta(days=7)
QUARANTINE_DAYS = 7
# Records on their way to the lake that are counted at most.
_WAITING = 1000
_READERS = 8
_WEEK = timedelta(days=7)
_RECENT = (timedelta(hours=1), timedelta(days=1))
_TABLES = {CALL: CALLS, MESSAGE: MESSAGES}

type State = Literal["speaking", "quiet", "never", "disabled"]


class Rows(Answer, frozen=True, kw_only=True):
    """So many calls and texts; `drill` is the extra filter that lists them."""

    count: int
    drill: Drill


class ConnectionRows(Rows, frozen=True, kw_only=True):
    connection: str


class Suspicion(Answer, frozen=True, kw_only=True):
    """Calls and texts that tell too little or what cannot be: `share` of the `of` that could have the same, null
    where there are none. `connections` are those with any, most first.
    """

    finding: str
    count: int
    of: int
    share: float | None
    drill: Drill
    connections: list[ConnectionRows]


class ConnectionHealth(Answer, frozen=True, kw_only=True):
    """What one connection tells. `last_at` is its last delivery, call or text; `last_record_at` the start of its last
    call or text of five weeks.

    `quiet`: nothing for at least half an hour although the same hours of the four weeks before brought `usual` calls
    and texts on average, five or more; or nothing for seven days. `quiet_since` says since when. `never` spoke.
    """

    connection: str
    name: str
    provider: str
    state: State
    last_at: datetime | None
    last_record_at: datetime | None
    quiet_since: datetime | None
    usual: float | None
    hour: Rows
    day: Rows
    arrivals: Arrivals
    quarantined: Quarantine


class Freshness(Answer, frozen=True, kw_only=True):
    """How far lists and numbers are behind: every record until `as_of` is in them. `waiting` records are on their way
    there (a lower bound when `at_least`), `refolding` requests to read history again are open.
    """

    as_of: datetime | None
    behind_s: int | None
    waiting: int
    at_least: bool
    refolding: int


class Quality(Answer, frozen=True, kw_only=True):
    """`meta.filter` is what drill-downs are added to; deliveries set aside are of the last `quarantine_days` days."""

    meta: Meta
    freshness: Freshness
    connections: list[ConnectionHealth]
    findings: list[Suspicion]
    quarantine_days: int


class _Look(NamedTuple):
    """A finding: the filter that finds its rows, and that of those that could have it."""

    finding: str
    drill: Drill
    of: Drill


_CALLS: Drill = {"channels": [CALL]}
_ANSWERED: Drill = _CALLS | {"outcomes": ["answered"]}
_TEXTS: Drill = {"channels": [MESSAGE]}
_OF_BOTH = (Finding.DIRECTION_UNKNOWN, Finding.NO_PROVIDER_TIME)
_LOOKS = (
    _Look("answered_without_talk", _ANSWERED | {"duration_max_s": 0}, _ANSWERED),
    *(_Look(f.value, _CALLS | {"findings": [f.value]}, _CALLS) for f in Finding if f not in _OF_BOTH),
    *(_Look(f.value, {"findings": [f.value]}, {}) for f in _OF_BOTH),
    _Look("person_unmapped", {"unattributed": [Unowned.UNMAPPED.value]}, {}),
    _Look("number_unmapped", {"numbers": [""]}, {}),
    _Look("text_status_unknown", _TEXTS | {"message_statuses": ["unknown"]}, _TEXTS),
)


class QualityAnswers:
    def __init__(self, stores: Stores, facts: Facts) -> None:
        self._stores = stores
        self._facts = facts

    def quality(self, viewer: Principal, now: datetime, days: int = DAYS) -> Quality:
        """Of the last local days up to today. On every plan: history is kept on each."""
        workspace = self._stores.directory.settings(viewer.workspace)
        as_of = self._stores.directory.watermark(workspace.id)
        until = min(now, as_of or now)
        listing = snapshot()
        asked = _Asked(self._facts, workspace, scope(viewer.user), now, days, listing)
        everything = _Asked(self._facts, workspace, Scope(everything=True), now, (WEEKS + 1) * 7 + 1, listing)
        starts = _starts(everything, until)
        cuts: list[Drill] = [
            {"started_from": (until - span).isoformat(), "started_before": until.isoformat()} for span in _RECENT
        ]
        recent = [(cut, asked.counts(cut)) for cut in cuts]
        connections = self._stores.directory.load(workspace.id, key=False).connections
        with ThreadPoolExecutor(_READERS) as pool:
            told = list(pool.map(lambda one: self._told(one, now), connections))
        health = [
            _health(one, *heard, starts.get(one.id, []), until, recent)
            for one, heard in zip(connections, told, strict=True)
        ]
        waiting = len(self._stores.records.dirty(workspace.id, _WAITING))
        return Quality(
            meta=asked.meta(as_of),
            freshness=Freshness(
                as_of=as_of,
                behind_s=None if as_of is None else max(0, round((now - as_of).total_seconds())),
                waiting=waiting,
                at_least=waiting >= _WAITING,
                refolding=len(self._stores.refolds.open(workspace.id)),
            ),
            connections=sorted(health, key=lambda h: (h.state == "disabled", h.name.casefold(), h.connection)),
            findings=[_suspicion(look, asked) for look in _LOOKS],
            quarantine_days=QUARANTINE_DAYS,
        )

    def _told(self, connection: Connection, now: datetime) -> tuple[Arrivals, Quarantine]:
        return (
            self._stores.arrivals.of(connection.workspace, connection.id),
            set_aside(self._stores.journal, connection, now, QUARANTINE_DAYS),
        )


class _Asked:
    """Calls and texts of some days, internal ones too, counted by connection."""

    def __init__(self, facts: Facts, workspace: Workspace, seen: Scope, now: datetime, days: int, listing: int) -> None:
        self._facts = facts
        self._workspace = workspace
        self._scope = seen
        self._now = now
        self._snapshot = listing
        today = utc(now).astimezone(workspace.tz).date()
        self._base: Drill = {
            "from": (today - timedelta(days=days - 1)).isoformat(),
            "to": today.isoformat(),
            "include_internal": True,
        }
        self._counted: dict[str, Counter[str]] = {}

    def query(self, drill: Drill) -> ResolvedQuery:
        wanted = Filter.model_validate(self._base | drill)
        query = resolve(self._scope, wanted, self._workspace, self._now, Kind.ROWS)
        return msgspec.structs.replace(query, snapshot=self._snapshot)

    def rows(self, drill: Drill, columns: tuple[str, ...]) -> Iterable[pa.Table]:
        query = self.query(drill)
        return (self._facts.rows(_TABLES[channel], query, columns) for channel in query.predicates.channels)

    def counts(self, drill: Drill) -> Counter[str]:
        """By connection."""
        key = repr(drill)
        if key not in self._counted:
            found: Counter[str] = Counter()
            for rows in self.rows(drill, ("connection",)):
                found.update(_tally(rows["connection"]))
            self._counted[key] = found
        return self._counted[key]

    def meta(self, as_of: datetime | None) -> Meta:
        query = self.query({})
        return Meta(
            workspace=self._workspace.id,
            zone=query.zone,
            from_date=query.from_date,
            to_date=query.to_date,
            start_utc=query.start_utc,
            end_utc=query.end_utc,
            as_of=as_of,
            settings_version=self._workspace.settings_version,
            filter=dict(self._base),
        )


def _tally(column: Any) -> Mapping[str, int]:
    counted = kernels().value_counts(_plain(column)).to_pylist()
    return {str(one["values"]): int(one["counts"]) for one in counted}


def _plain(column: Any) -> Any:
    import pyarrow as pa

    return column.cast(pa.string())


def _starts(asked: _Asked, until: datetime) -> dict[str, list[datetime]]:
    """When calls and texts of each connection began, in order; what claims to begin later is left out."""
    found: dict[str, list[datetime]] = {}
    for rows in asked.rows({"started_before": until.isoformat()}, ("connection", "started_at")):
        for row in rows.to_pylist():
            found.setdefault(row["connection"], []).append(row["started_at"].replace(tzinfo=UTC))
    return {connection: sorted(moments) for connection, moments in found.items()}


def _health(
    connection: Connection,
    arrivals: Arrivals,
    quarantined: Quarantine,
    starts: list[datetime],
    until: datetime,
    recent: list[tuple[Drill, Counter[str]]],
) -> ConnectionHealth:
    heard = [at for at in (arrivals.accepted_at, arrivals.quarantined_at, *starts[-1:]) if at is not None]
    silence = _silence(starts, arrivals.accepted_at, until)
    state: State = "disabled" if connection.disabled else "quiet" if silence.quiet else "speaking" if heard else "never"
    hour, day = (
        Rows(count=counted[connection.id], drill={"connections": [connection.id], **cut}) for cut, counted in recent
    )
    return ConnectionHealth(
        connection=connection.id,
        name=connection.name,
        provider=connection.provider,
        state=state,
        last_at=max(heard, default=None),
        last_record_at=starts[-1] if starts else None,
        quiet_since=silence.since if state == "quiet" else None,
        usual=silence.usual,
        hour=hour,
        day=day,
        arrivals=arrivals,
        quarantined=quarantined,
    )


class _Silence(NamedTuple):
    """`usual`: how many began on average in the same hours of earlier weeks; None where there was no earlier week."""

    since: datetime | None
    usual: float | None
    quiet: bool


def _silence(starts: list[datetime], accepted_at: datetime | None, until: datetime) -> _Silence:
    """From the last call or text until now; of a connection without any, from its last delivery."""
    since = starts[-1] if starts else accepted_at
    if since is None:
        return _Silence(None, None, quiet=False)
    begun = max(since, until - LONGEST_SILENCE)
    weeks = [_WEEK * n for n in range(1, WEEKS + 1) if starts and starts[0] <= begun - _WEEK * n]
    brought = [bisect_right(starts, until - week) - bisect_right(starts, begun - week) for week in weeks]
    usual = sum(brought) / len(brought) if brought else None
    missed = usual is not None and usual >= USUAL and until - since >= LEAST_SILENCE
    return _Silence(since, usual, quiet=missed or until - since >= LONGEST_SILENCE)


def _suspicion(look: _Look, asked: _Asked) -> Suspicion:
    found, of = asked.counts(look.drill), asked.counts(look.of).total()
    return Suspicion(
        finding=look.finding,
        count=found.total(),
        of=of,
        share=found.total() / of if of else None,
        drill=look.drill,
        connections=[
            ConnectionRows(connection=name, count=rows, drill=look.drill | {"connections": [name]})
            for name, rows in sorted(found.items(), key=lambda item: (-item[1], item[0]))
        ],
    )
