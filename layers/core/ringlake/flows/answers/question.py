"""The one object that an answer is made of, and what every answer says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import count

import msgspec

from ringlake.access import Principal, scope
from ringlake.errors import PlanTooLow
from ringlake.flows.plans import PLANS
from ringlake.model.base import Answer
from ringlake.model.directory import Directory, Workspace
from ringlake.query.filters import Filter
from ringlake.query.resolve import Kind, ResolvedQuery, needs_directory, resolve
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records

from .facts import Facts

# One for each question: its parts share one listing of the lake, which no later question sees.
_snapshots = count(1)


def snapshot() -> int:
    """The number of a new listing."""
    return next(_snapshots)


class Meta(Answer, frozen=True, kw_only=True):
    """What an answer is about: `from_date` and `to_date` are local dates of `zone`, both inclusive; the UTC
    bounds are [start_utc, end_utc). Every record written before `as_of` is in it (None: nothing yet).
    """

    workspace: str
    zone: str
    from_date: date
    to_date: date
    start_utc: datetime
    end_utc: datetime
    as_of: datetime | None
    settings_version: int
    filter: dict[str, object]


@dataclass(frozen=True)
class Question:
    """Who asks what: the resolved query is shared by every part of the answer."""

    viewer: Principal
    workspace: Workspace
    filter: Filter
    query: ResolvedQuery
    now: datetime
    as_of: datetime | None

    @cached_property
    def asked(self) -> Mapping[str, object]:
        """The filter as plain JSON values, with the channels that it comes down to: every drill-down looks at it."""
        channels = list(self.query.predicates.channels)
        return {**self.filter.model_dump(mode="json", by_alias=True), "channels": channels}

    @property
    def meta(self) -> Meta:
        return Meta(
            workspace=self.workspace.id,
            zone=self.query.zone,
            from_date=self.query.from_date,
            to_date=self.query.to_date,
            start_utc=self.query.start_utc,
            end_utc=self.query.end_utc,
            as_of=self.as_of,
            settings_version=self.workspace.settings_version,
            filter=self.filter.stored(),
        )


class Answers:
    """Base of the use cases that answer questions."""

    def __init__(self, directory: DirectoryStore, facts: Facts, records: Records) -> None:
        self._directory = directory
        self._facts = facts
        self._records = records

    def question(self, viewer: Principal, asked: Filter, now: datetime, kind: Kind = Kind.AGGREGATES) -> Question:
        """Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`."""
        workspace = self.paid(viewer)
        # Freshness is read before the rows: everything that it promises is in them.
        as_of = self._directory.watermark(workspace.id)
        directory = self.names(viewer) if needs_directory(asked) else None
        query = resolve(scope(viewer.user), asked, workspace, now, kind, directory)
        query = msgspec.structs.replace(query, snapshot=snapshot())
        return Question(viewer=viewer, workspace=workspace, filter=asked, query=query, now=now, as_of=as_of)

    def paid(self, viewer: Principal) -> Workspace:
        """Settings of the viewer's workspace; raises `PlanTooLow` on a plan without analytics (features.md O1)."""
        workspace = self._directory.settings(viewer.workspace)
        if workspace.plan not in PLANS:
            raise PlanTooLow("analytics need the plan business or scale; your history is being kept")
        return workspace

    def names(self, viewer: Principal) -> Directory:
        """Users, teams and numbers by name, deleted ones too."""
        return self._directory.load(viewer.workspace, key=False)
