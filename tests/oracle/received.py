"""Simulated deliveries taken in by Ringlake's own door: raw events as the journal keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ringlake.flows.folding import Result, Snapshots, fold_subjects
from ringlake.flows.ingest import Endpoints, ingest
from ringlake.flows.rollup import rollup
from ringlake.model.events import RawEvent
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import ObjectLake
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords
from ringlake.stores.vault import MemoryVault
from tests.unit.lake.making import beside
from tools import admin
from tools.simulator import people, render, seeding

WORKSPACE = "acme"


class Company:
    """A workspace on in-memory stores; deliveries move its clock by `pace` each."""

    def __init__(self, company: people.Company, at: datetime, pace: timedelta = timedelta(milliseconds=40)) -> None:
        self.now = at.astimezone(UTC)
        self.pace = pace
        self.vault = MemoryVault()
        self.directory = MemoryDirectory(self.vault)
        self.empty()
        self._endpoints = Endpoints()
        site = admin.Site(self.directory, self.vault, admin.MemoryIdentities(), "https://ringlake.example.com")
        self._seeded = seeding.seed(site, WORKSPACE, "Acme", company, seeding.new_keys)

    def empty(self) -> None:
        """Forget everything that was received; the workspace and its secrets stay."""
        self.journal, self.records, self.objects = MemoryJournal(), MemoryRecords(), MemoryObjects()
        self.beside = beside()

    def clock(self) -> datetime:
        return self.now

    def receive(self, notices: Iterable[render.Notice]) -> None:
        """Sign each delivery as its provider does and take it in."""
        for notice in notices:
            self.now += self.pace
            endpoint = self._seeded.endpoints[notice.connection, notice.scheme]
            provider, token = seeding.door(endpoint)
            done = ingest(
                seeding.delivery(notice, endpoint, self.now),
                provider,
                token,
                directory=self.directory,
                journal=self.journal,
                vault=self.vault,
                now=self.now,
                endpoints=self._endpoints,
            )
            assert done.outcome.value in {"accepted", "duplicate"}, done

    def events(self) -> list[RawEvent]:
        """Everything in the journal, by key."""
        return [event for _, kept in sorted(self.journal.items.items()) for _, event in sorted(kept.items())]

    def fold(self, keys: Iterable[str] = ()) -> None:
        """These subjects, or all."""
        folded = fold_subjects(
            list(keys) or sorted(self.journal.items),
            journal=self.journal,
            records=self.records,
            directory=Snapshots(self.directory, self.clock),
            clock=self.clock,
        )
        assert {f.result for f in folded} <= {Result.WRITTEN, Result.UNCHANGED, Result.NOT_FOLDED}, folded

    def roll_up(self) -> ObjectLake:
        lake = ObjectLake(self.objects)
        stores: dict[str, Any] = {"records": self.records, "lake": lake, "directory": self.directory, **self.beside}
        assert rollup(WORKSPACE, **stores, clock=self.clock).complete
        return lake
