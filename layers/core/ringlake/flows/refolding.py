"""Folding history again after the directory has changed (demands.md D24).

A request says what has changed. The rows of the lake say which calls, messages and deals that concerns: their
bells are rung, the fold makes their records anew with the directory of now, and the roll-up takes them
to the lake. What is rung twice, or for nothing, changes nothing; so a run may stop after any call, and two
runs at once only do the same work twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import msgspec

from ringlake.model.arrow import kernels
from ringlake.model.base import Model
from ringlake.model.refolds import EVERY, Refold
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import CALLS, CHARGES, DEALS, LEGS, MESSAGES, Table
from ringlake.stores.journal import Journal
from ringlake.stores.lake import Lake
from ringlake.stores.refolds import Refolds

# Folds keep the directory for a minute (`folding.Snapshots`), and one that has just begun may still use it.
# Only what was written later is certain to know the change, so rows until then have to be rung.
SETTLED = timedelta(seconds=90)
# Subjects rung between two notes of progress: some seconds of work.
STEP = 2_000
_KINDS = {
    CALLS.name: SubjectKind.CALL,
    LEGS.name: SubjectKind.CALL,
    MESSAGES.name: SubjectKind.MESSAGE,
    DEALS.name: SubjectKind.DEAL,
}
_NUMBERS = ("business_number", "entry_number", "remote_number")
_DAY = timedelta(days=1)


class Watermarks(Protocol):
    """What of the directory's store is needed here."""

    def watermark(self, workspace: str) -> datetime | None: ...


class Refolded(Model, frozen=True, kw_only=True):
    """What one run did. `waiting` counts requests that are not worked off: too young, or time was up."""

    done: int = 0
    waiting: int = 0
    rung: int = 0


def work_off(
    workspace: str,
    *,
    refolds: Refolds,
    lake: Lake,
    journal: Journal,
    directory: Watermarks,
    mark: Callable[[str, Sequence[str]], object],
    clock: Callable[[], datetime],
    until: datetime,
) -> Refolded:
    """Work off the workspace's requests, oldest first, as long as it is before `until`.

    `mark` marks records so that their rows are written again. No request costs one read. Raises
    `Unavailable`; what was done is kept.
    """
    done = Refolded()
    requests = refolds.open(workspace)
    if not requests:
        return done
    watermark = directory.watermark(workspace)
    for request in requests:
        settled = watermark is not None and watermark >= request.requested_at + SETTLED
        run = _Run(workspace, request, refolds, lake, journal, mark, clock, until)
        finished = settled and run.finish()
        done = Refolded(done=done.done + finished, waiting=done.waiting + (not finished), rung=done.rung + run.rung)
    return done


class _Run:
    """One run over one request."""

    def __init__(
        self,
        workspace: str,
        request: Refold,
        refolds: Refolds,
        lake: Lake,
        journal: Journal,
        mark: Callable[[str, Sequence[str]], object],
        clock: Callable[[], datetime],
        until: datetime,
    ) -> None:
        self._workspace = workspace
        self._request = request
        self._refolds = refolds
        self._lake = lake
        self._journal = journal
        self._mark = mark
        self._clock = clock
        self._until = until
        self.rung = 0

    def finish(self) -> bool:
        """Whether the request is worked off; False when time is up or somebody else has moved it."""
        for day in self._days():
            keys = [key for key in self._matching(day) if day != self._request.next_day or key > self._after]
            for at in range(0, len(keys), STEP):
                if self._clock() >= self._until:
                    return False
                if not self._ring(day, keys[at : at + STEP]):
                    return False
            if self._clock() >= self._until or not self._advance(next_day=day - _DAY, after_key=""):
                return False
        return self._refolds.advance(self._workspace, self._request, None)

    @property
    def _only_money(self) -> bool:
        """Rates of exchange stand in no record: rows are made of them, nothing has to be folded."""
        asked = self._request
        others = (asked.accounts, asked.numbers, asked.number_ids, asked.everything)
        return bool(asked.currencies) and not any(others)

    @property
    def _after(self) -> str:
        return self._request.after_key

    def _days(self) -> list[date]:
        """Days that have rows and are not done yet, newest first."""
        found = {day for table in (CALLS, MESSAGES, DEALS) for day in self._lake.days(table, self._workspace)}
        asked = self._request
        last = asked.next_day or asked.until
        return [
            day
            for day in sorted(map(date.fromisoformat, found), reverse=True)
            if (asked.since is None or day >= asked.since) and (last is None or day <= last)
        ]

    def _ring(self, day: date, keys: list[str]) -> bool:
        if not self._only_money:
            self._journal.ring(keys, self._clock())
        if self._request.everything or self._request.currencies:
            self._mark(self._workspace, keys)
        self.rung += len(keys)
        return self._advance(next_day=day, after_key=keys[-1], rung=self._request.rung + len(keys))

    def _advance(self, **progress: Any) -> bool:
        further = msgspec.structs.replace(self._request, **progress)
        moved = self._refolds.advance(self._workspace, self._request, further)
        self._request = further
        return moved

    def _matching(self, day: date) -> list[str]:
        """Keys of the subjects of a day that the request concerns, in text order."""
        found: set[str] = set()
        for table in (CALLS, MESSAGES, DEALS, *((LEGS,) if self._request.accounts else ())):
            found.update(self._of_table(table, day.isoformat()))
        if self._request.currencies:
            found.update(self._charged(day.isoformat()))
        return sorted(found)

    def _charged(self, day: str) -> Iterator[str]:
        """Subjects with a charge in one of the currencies that the request names."""
        wanted = self._request.currencies
        for part in self._lake.stream(CHARGES, self._workspace, day, ["record_id", "channel", "cost_currency"]).parts:
            charged = _text(part["cost_currency"])
            mask = kernels().not_equal(charged, "") if EVERY in wanted else _among(charged, wanted)
            kept = part.filter(mask)
            for record_id, channel in zip(kept["record_id"].to_pylist(), kept["channel"].to_pylist(), strict=True):
                connection, _, subject_id = str(record_id).partition(":")
                kind = SubjectKind(str(channel))
                yield Subject(workspace=self._workspace, kind=kind, connection=connection, id=subject_id).key

    def _of_table(self, table: Table, day: str) -> Iterator[str]:
        wanted = ("record_id", "user_id", "user_account", "unattributed", "business_number_id", *_NUMBERS)
        columns = [name for name in wanted if name in table.names]
        for part in self._lake.stream(table, self._workspace, day, columns).parts:
            for record_id in set(part.filter(self._mask(part))["record_id"].to_pylist()):
                connection, _, subject_id = str(record_id).partition(":")
                if self._request.connection in ("", connection):
                    kind = _KINDS[table.name]
                    yield Subject(workspace=self._workspace, kind=kind, connection=connection, id=subject_id).key

    def _mask(self, part: Any) -> Any:
        """Which rows match; the connection is looked at by who asks."""
        asked, pc = self._request, kernels()
        ids = _text(part["record_id"])
        if asked.everything:
            return pc.not_equal(ids, "")
        mask = pc.equal(ids, "")
        if asked.accounts:
            accounts = _text(part["user_account"])
            nobody = pc.and_(pc.equal(_text(part["user_id"]), ""), pc.not_equal(accounts, ""))
            mask = pc.or_(mask, pc.or_(_among(accounts, asked.accounts), nobody))
        for name in _NUMBERS:
            if name in part.column_names:
                mask = pc.or_(mask, _among(_text(part[name]), asked.numbers))
        if "business_number_id" in part.column_names:
            mask = pc.or_(mask, _among(_text(part["business_number_id"]), asked.number_ids))
        return mask


def _text(column: Any) -> Any:
    """A column as plain text, "" for null (a column that is newer than the file)."""
    import pyarrow as pa

    return kernels().fill_null(column.cast(pa.string()), "")


def _among(column: Any, values: Sequence[str]) -> Any:
    import pyarrow as pa

    return kernels().is_in(column, value_set=pa.array(values, pa.string()))
