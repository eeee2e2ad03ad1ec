"""Months that finance closes: what charges, calls and messages said then, and whether they say it still.

A closing writes in this order: the frozen charges (an object named by its content, once), the closing itself (one
document, only when there is none of its number: that is the moment it happens), then the tables `closings` and
`closed_charges`, which are made of the closings and the frozen objects. After a crash the next closing or look at
the month does the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ringlake.access import Principal
from ringlake.errors import Conflict, InvalidRequest, NotFound
from ringlake.flows.directory.office import line
from ringlake.metrics.closing import (
    COLUMNS,
    closed_charges,
    closing_rows,
    digest,
    digest_of,
    following_month,
    frozen,
    lines,
    needed,
    of_month,
)
from ringlake.model.arrow import Column, kernels
from ringlake.model.closings import Closing, Frozen
from ringlake.model.directory import Workspace
from ringlake.model.localtime import midnight
from ringlake.model.tables import CALLS, CHARGES, CLOSED_CHARGES, CLOSINGS, MESSAGES, Table
from ringlake.query.filters import parse
from ringlake.stores.lake import as_rows

from .bodies import CloseBody
from .office import FinanceOffice
from .views import ChargeDrift, ClosingEntry, ClosingList, ClosingView, Drift, FrozenSum, sum_view

if TYPE_CHECKING:
    import pyarrow as pa

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
_PARTS: tuple[Table, ...] = (CHARGES, CALLS, MESSAGES)
# Charges that changed, as far as a screen lists them; the report `closed_month_drift` has them all.
LISTED = 500
# Closings of one month: their frozen charges stand in one object for SQL.
MOST = 20
# A call and a text may have the same id.
_KEY = ("channel", "record_id", "unit")


class Months(FinanceOffice):
    def all(self, viewer: Principal) -> ClosingList:
        self._open(viewer)
        found = self._stores.kept.closings(viewer.workspace)
        latest = {one.month: one.version for one in found}
        return ClosingList(
            closings=tuple(_entry(one, latest=latest[one.month] == one.version) for one in reversed(found))
        )

    def close(self, viewer: Principal, month: str, body: Any, now: datetime) -> tuple[ClosingView, bool]:
        """Freeze a month that is over; True when that made a closing.

        A month that is closed already stays so, and is compared with what is there now; with `again` it is closed
        once more, beside what was frozen before.
        """
        workspace, first, asked = self._open(viewer), _first(month), parse(CloseBody, body)
        known = self._stores.kept.closings(viewer.workspace, first)
        if known and not asked.again:
            return self._view(workspace, known, known[-1], now), False
        if len(known) >= MOST:
            raise InvalidRequest("again", f"the month was closed {MOST} times already")
        as_of = self._over(workspace, first)
        # Read once, so that the frozen charges are those that the digests are of.
        days = list(self._read(workspace, first, (CHARGES,)))
        charges = _whole(rows for _, _, rows in days)
        parts = (*_frozen_parts(days), *_frozen_parts(self._read(workspace, first, (CALLS, MESSAGES))))
        closing = Closing(
            month=first,
            version=known[-1].version + 1 if known else 1,
            zone=workspace.zone,
            currency=workspace.currency,
            settings_version=workspace.settings_version,
            lake_as_of=as_of,
            closed_at=now,
            closed_by=viewer.user.id,
            reason=asked.reason,
            parts=parts,
            sha256=digest_of(parts),
            charges_key=f"frozen/workspace={workspace.id}/{month}-{digest(charges)[:32]}.parquet",
        )
        # The same charges have the same name: what is there is what would be written.
        with suppress(Conflict):
            self._stores.files.put(closing.charges_key, _to_bytes(charges), if_absent=True)
        self._stores.directory.audit(
            line(viewer, now, "month.close", month, version=closing.version, sha256=closing.sha256)
        )
        made = True
        try:
            self._stores.kept.add_closing(viewer.workspace, closing)
        except Conflict:
            # Somebody else closed it in the same moment: theirs counts.
            made = False
        known = self._stores.kept.closings(viewer.workspace, first)
        return self._view(workspace, known, known[-1], now), made

    def show(self, viewer: Principal, month: str, version: int | None, now: datetime) -> ClosingView:
        """The last closing of a month, or that of a number, beside the lake as it is now."""
        workspace, first = self._open(viewer), _first(month)
        known = self._stores.kept.closings(viewer.workspace, first)
        chosen = next((one for one in reversed(known) if version in (None, one.version)), None)
        if chosen is None:
            raise NotFound(month)
        return self._view(workspace, known, chosen, now)

    # ------------------------------------------------------------ steps

    def _over(self, workspace: Workspace, month: date) -> datetime:
        """When the lake was last written; raises `InvalidRequest` unless that was after the end of the month."""
        ends = midnight(following_month(month), workspace.tz)
        as_of = self._stores.directory.watermark(workspace.id)
        if as_of is None or as_of < ends:
            raise InvalidRequest("month", f"is not over yet in the tables: it ends at {ends.isoformat()}")
        return as_of

    def _now(self, workspace: Workspace, month: date) -> tuple[Frozen, ...]:
        """What all parts of the month say now."""
        return tuple(_frozen_parts(self._read(workspace, month)))

    def _charges(self, workspace: Workspace, month: date, days: Collection[date]) -> pa.Table:
        """The charges of the month on these UTC days."""
        return _whole(rows for _, day, rows in self._read(workspace, month, (CHARGES,)) if day in days)

    def _read(
        self, workspace: Workspace, month: date, tables: Sequence[Table] = _PARTS
    ) -> Iterator[tuple[Table, date, pa.Table]]:
        last = following_month(month) - timedelta(days=1)
        for table in tables:
            for day, rows in self._days(workspace.id, table, month, last, needed(table.name)):
                yield table, day, of_month(table.name, rows, month)

    def _view(self, workspace: Workspace, known: Sequence[Closing], closing: Closing, now: datetime) -> ClosingView:
        parts = self._now(workspace, closing.month)
        kept = self._frozen(closing)
        self._publish(workspace.id, known)
        drift = _drift(closing.parts, parts)
        days = {one.day for one in drift if one.table == CHARGES.name}
        drifted = tuple(_changes(kept, self._charges(workspace, closing.month, days), days)) if days else ()
        sha256_now = digest_of(parts)
        entry = _entry(closing, latest=closing.version == known[-1].version)
        return ClosingView(
            **{name: getattr(entry, name) for name in ClosingEntry.__struct_fields__},
            sha256_now=sha256_now,
            drifted=sha256_now != closing.sha256,
            intact=digest(kept)[:32] in closing.charges_key,
            checked_at=now,
            sums=_sums(closing.parts, parts),
            drift=drift,
            charges_drifted=len(drifted),
            charges=drifted[:LISTED],
        )

    def _frozen(self, closing: Closing) -> pa.Table:
        """The charges that a closing froze; none when somebody took the object away."""
        stored = self._stores.files.get(closing.charges_key)
        return _from_bytes(stored[0]) if stored else _none()

    def _publish(self, workspace: str, known: Sequence[Closing]) -> None:
        """Bring the tables of the month in line with its closings, where they are not."""
        month, table = known[0].month, self._stores.lake
        there = table.read(CLOSINGS, workspace, str(month), ["closing", "is_latest"]).rows.to_pylist()
        wanted = {(one.version, int(one is known[-1])) for one in known if one.parts}
        if {(row["closing"], row["is_latest"]) for row in there} == wanted:
            return
        import pyarrow as pa

        charges = [closed_charges(one, self._frozen(one), latest=one is known[-1]) for one in known]
        self._replace(workspace, CLOSED_CHARGES, month, pa.concat_tables(charges), "month", month)
        # Last: where these rows are right, the others are.
        self._replace(workspace, CLOSINGS, month, as_rows(CLOSINGS, closing_rows(known)), "month", month)


def _first(month: str) -> date:
    found = _MONTH.fullmatch(month)
    if found is None:
        raise NotFound("no month looks like this")
    return date(int(found[1]), int(found[2]), 1)


def _entry(closing: Closing, *, latest: bool) -> ClosingEntry:
    fields = {name: getattr(closing, name) for name in ClosingEntry.__struct_fields__ if hasattr(closing, name)}
    return ClosingEntry(**fields | {"month": f"{closing.month:%Y-%m}", "latest": latest})


def _frozen_parts(days: Iterable[tuple[Table, date, pa.Table]]) -> Iterator[Frozen]:
    return (frozen(table.name, day, rows) for table, day, rows in days if rows.num_rows)


def _whole(days: Iterable[pa.Table]) -> pa.Table:
    """All rows by key."""
    import pyarrow as pa

    return pa.concat_tables([_none(), *days]).sort_by([(name, "ascending") for name in _KEY])


def _none() -> pa.Table:
    from ringlake.stores.lake import empty

    return empty(CHARGES).select(list(COLUMNS[CHARGES.name].columns))


def _to_bytes(rows: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    personal = {column.name for column in CHARGES.columns if not column.statistics}
    shown = [name for name in rows.column_names if name not in personal]
    pq.write_table(rows, sink, compression="zstd", write_statistics=shown)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _from_bytes(data: bytes) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_table(pa.BufferReader(data))


def _changes(before: pa.Table, after: pa.Table, days: Collection[date]) -> Iterator[ChargeDrift]:
    """Every charge of these UTC days that is not what it was, by key."""
    import pyarrow as pa

    pc = kernels()
    began = pc.cast(before["started_at"], pa.date32())
    before = before.filter(pc.is_in(began, pa.array(sorted(days), pa.date32())))
    told, said = lines(before), lines(after)
    # Rows that are the same on both sides stay out of Python: there may be a million.
    was = {_key(row): row for row in before.filter(_not_in(told, said)).to_pylist()}
    now = {_key(row): row for row in after.filter(_not_in(said, told)).to_pylist()}
    for key in sorted(was.keys() | now.keys()):
        old, new = was.get(key), now.get(key)
        of: dict[str, Any] = new or old or {}
        yield ChargeDrift(
            record_id=key[1],
            unit=key[2],
            day=of["started_at"].date(),
            amount=old["cost_amount"] if old else None,
            currency=old["cost_currency"] if old else "",
            amount_now=new["cost_amount"] if new else None,
            currency_now=new["cost_currency"] if new else "",
            changed=tuple(sorted(name for name in old if old[name] != new[name])) if old and new else (),
        )


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _KEY)


def _not_in(texts: Column, others: Column) -> Column:
    pc = kernels()
    return pc.invert(pc.is_in(texts, others))


def _drift(before: Sequence[Frozen], after: Sequence[Frozen]) -> tuple[Drift, ...]:
    was, now = ({(one.table, one.day): one for one in parts} for parts in (before, after))
    return tuple(
        Drift(
            table=table,
            day=day,
            rows=was[table, day].rows if (table, day) in was else 0,
            rows_now=now[table, day].rows if (table, day) in now else 0,
            sums=tuple(map(sum_view, was[table, day].sums)) if (table, day) in was else (),
            sums_now=tuple(map(sum_view, now[table, day].sums)) if (table, day) in now else (),
        )
        for table, day in sorted(was.keys() | now.keys())
        if (table, day) not in was or (table, day) not in now or was[table, day].sha256 != now[table, day].sha256
    )


def _sums(before: Sequence[Frozen], after: Sequence[Frozen]) -> tuple[FrozenSum, ...]:
    """By table and currency."""
    added: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), 0, 0, Decimal(0)])
    for place, parts in ((0, before), (3, after)):
        for part in parts:
            for told in part.sums:
                mine = added[part.table, told.currency]
                for n, value in enumerate((told.rows, told.seconds, told.amount)):
                    mine[place + n] += value
    names = ("rows", "seconds", "amount", "rows_now", "seconds_now", "amount_now")
    return tuple(
        FrozenSum(table=table, currency=currency, **dict(zip(names, mine, strict=True)))
        for (table, currency), mine in sorted(added.items())
    )
