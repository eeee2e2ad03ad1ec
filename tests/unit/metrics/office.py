"""A workspace whose lake holds rows of hand-made calls and messages, and the use cases that answer about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from ringlake.access import Principal
from ringlake.flows.answers.breakdown import Breakdown, BreakdownAnswers, BreakdownQuery
from ringlake.flows.answers.facts import LakeFacts
from ringlake.flows.answers.heatmap import Heatmap, HeatmapAnswers, HeatmapQuery
from ringlake.flows.answers.series import Series, SeriesAnswers, SeriesQuery
from ringlake.flows.answers.summary import Metrics, Summary, SummaryAnswers, SummaryQuery
from ringlake.flows.answers.team import TeamAnswers, TeamQuery, TeamTable
from ringlake.flows.answers.values import Value
from ringlake.metrics.rows import call_row, leg_rows, message_row
from ringlake.model.calls import CallRecord
from ringlake.model.consequences import Consequences
from ringlake.model.directory import Number, Role, Team, User, Workspace
from ringlake.model.messages import MessageRecord
from ringlake.model.tables import CALLS, LEGS, MESSAGES, Table
from ringlake.query.filters import parse
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.lake import as_rows, memory_lake
from ringlake.stores.records import MemoryRecords
from tests.unit.lake.making import NOON, WORKSPACE

OWNER = User(id="u-owner", email="owner@acme.example", name="Olga", role=Role.OWNER)
ANNA = User(id="u-anna", email="anna@acme.example", name="Anna", teams=("sales",))
BO = User(id="u-bo", email="bo@acme.example", name="bo", teams=("sales", "support"))
LATER = datetime(2026, 6, 1, tzinfo=UTC)


class Office:
    """`means` are consequences by record id (labels, recovery)."""

    def __init__(
        self,
        *records: CallRecord | MessageRecord,
        workspace: Workspace = WORKSPACE,
        means: dict[str, Consequences] | None = None,
        users: Iterable[User] = (OWNER, ANNA, BO),
        now: datetime = LATER,
    ) -> None:
        self.directory = MemoryDirectory()
        self.directory.put_workspace(workspace)
        for user in users:
            self.directory.put_user(workspace.id, user)
        self.directory.put_team(workspace.id, Team(id="sales", name="Sales"))
        self.directory.put_number(workspace.id, Number(id="n1", e164="+48220000001", name="Main"))
        self.workspace, self.now = workspace, now
        self.lake = memory_lake()
        rows: dict[tuple[Table, str], list[dict[str, Any]]] = defaultdict(list)
        for record in records:
            day = record.started_at.astimezone(UTC).date().isoformat()
            said = (means or {}).get(record.record_id, Consequences())
            if isinstance(record, CallRecord):
                rows[CALLS, day].append(call_row(record, workspace, said))
                rows[LEGS, day] += leg_rows(record)
            else:
                rows[MESSAGES, day].append(message_row(record, workspace, said))
        for (table, day), found in rows.items():
            self.lake.write(table, workspace.id, day, as_rows(table, found), None)
        self.facts = LakeFacts(self.lake)

    def viewer(self, user: User = OWNER) -> Principal:
        return Principal(workspace=self.workspace.id, user=user)

    def _stores(self) -> tuple[Any, ...]:
        return self.directory, self.facts, MemoryRecords()

    def summary(self, viewer: User = OWNER, **asked: Any) -> Summary:
        query = parse(SummaryQuery, _ranged(asked))
        return SummaryAnswers(*self._stores()).summary(self.viewer(viewer), query, self.now)

    def metrics(self) -> Metrics:
        return SummaryAnswers(*self._stores()).metrics(self.viewer())

    def value(self, metric: str, **asked: Any) -> Value:
        (found,) = self.summary(metrics=[metric], compare=False, **asked).metrics
        return found.value

    def series(self, viewer: User = OWNER, **asked: Any) -> Series:
        query = parse(SeriesQuery, _ranged(asked))
        return SeriesAnswers(*self._stores()).series(self.viewer(viewer), query, self.now)

    def heatmap(self, **asked: Any) -> Heatmap:
        return HeatmapAnswers(*self._stores()).heatmap(self.viewer(), parse(HeatmapQuery, _ranged(asked)), self.now)

    def breakdown(self, viewer: User = OWNER, **asked: Any) -> Breakdown:
        query = parse(BreakdownQuery, _ranged(asked))
        return BreakdownAnswers(*self._stores()).breakdown(self.viewer(viewer), query, self.now)

    def team(self, viewer: User = OWNER, **asked: Any) -> TeamTable:
        return TeamAnswers(*self._stores()).table(self.viewer(viewer), parse(TeamQuery, _ranged(asked)), self.now)


def _ranged(asked: dict[str, Any]) -> dict[str, Any]:
    """The day of the hand-made records, unless another range is asked for."""
    if {"preset", "from", "from_"} & set(asked):
        return asked
    day = NOON.date().isoformat()
    return {"from": day, "to": day, **asked}


def changed(workspace: Workspace = WORKSPACE, **fields: Any) -> Workspace:
    return msgspec.structs.replace(workspace, **fields)
