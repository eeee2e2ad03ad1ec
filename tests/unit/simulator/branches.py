"""A branch's history through ingest, fold and roll-up on the in-memory stores."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from ringlake.flows.folding import Result, Snapshots, fold_subjects
from ringlake.flows.ingest import Endpoints, ingest
from ringlake.flows.rollup import rollup
from ringlake.model.tables import TABLES, Table
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import memory_lake
from ringlake.stores.marks import MemoryMarks
from ringlake.stores.records import MemoryRecords
from ringlake.stores.trails import MemoryTrails
from ringlake.stores.vault import MemoryVault
from tools import admin
from tools.simulator import deliver, people, render, seeding
from tools.simulator.history import History

WORKSPACE = "acme"


class House:
    """One workspace of one provider; every delivery moves the clock a little."""

    def __init__(self, company: people.Company, now: datetime) -> None:
        self.now = now.astimezone(UTC)
        self.vault, self.journal, self.records, self.lake = (
            MemoryVault(),
            MemoryJournal(),
            MemoryRecords(),
            memory_lake(),
        )
        self.trails, self.marks, self.contacts = MemoryTrails(), MemoryMarks(), MemoryContacts()
        self.directory = MemoryDirectory(self.vault)
        self.site = admin.Site(self.directory, self.vault, admin.MemoryIdentities(), "https://ringlake.example.com")
        self.seeded = seeding.seed(self.site, WORKSPACE, "Branch", company, seeding.same_keys)
        self.endpoints = Endpoints()
        self.answers: Counter[str] = Counter()

    def receive(self, notice: render.Notice) -> None:
        self.now += timedelta(milliseconds=40)
        endpoint = self.seeded.endpoints[notice.connection, notice.scheme]
        provider, token = seeding.door(endpoint)
        done = ingest(
            seeding.delivery(notice, endpoint, self.now),
            provider,
            token,
            directory=self.directory,
            journal=self.journal,
            vault=self.vault,
            now=self.now,
            endpoints=self.endpoints,
        )
        self.answers[done.outcome.value] += 1

    def fold(self) -> None:
        snapshots = Snapshots(self.directory, lambda: self.now)
        folded = fold_subjects(
            sorted(self.journal.items),
            journal=self.journal,
            records=self.records,
            directory=snapshots,
            clock=lambda: self.now,
        )
        assert {f.result for f in folded} <= {Result.WRITTEN, Result.UNCHANGED, Result.NOT_FOLDED}, folded

    def roll_up(self) -> None:
        done = rollup(
            WORKSPACE,
            records=self.records,
            trails=self.trails,
            marks=self.marks,
            contacts=self.contacts,
            lake=self.lake,
            directory=self.directory,
            clock=lambda: self.now,
        )
        assert done.complete

    def table(self, name: str) -> list[dict[str, Any]]:
        return self.rows(next(t for t in TABLES if t.name == name))

    def rows(self, table: Table) -> list[dict[str, Any]]:
        days = list(self.lake.days(table, WORKSPACE))
        return [row for day in days for row in self.lake.read(table, WORKSPACE, day).rows.to_pylist()]


def lived(story: History, faults: deliver.Faults, seed: int, now: datetime) -> House:
    """The whole history, badly delivered, folded now and then, and rolled up."""
    house = House(story.company, now)
    chance = random.Random(seed)
    for attempt in deliver.plan(render.notices(story), faults, seed):
        if not attempt.lost:
            house.receive(attempt.notice)
        if chance.random() < 0.004:
            house.fold()
            house.roll_up()
    house.fold()
    house.roll_up()
    return house
