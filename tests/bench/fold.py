"""P3: what a webhook costs in the store, from a simulated company's days run through the real stores.

Time is simulated: the fold gets what arrived within the stream's window of one second, the
roll-up runs once a minute, as in the template. Every request is answered and priced in this
process by DynamoDB's published rules (`tables.Tables`).
"""

from __future__ import annotations

import os
import statistics
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import yaml

from tests.bench.endpoint import credentials
from tests.bench.packages import Tags
from tests.bench.report import Bar, Outcome
from tests.bench.tables import Index, Tables
from tests.bench.timing import ROOT, own_process

READS_BAR, WRITES_BAR, UNITS_BAR, JOURNAL_BAR = 2, 1, 3.0, 1
DAYS, SCALE = 2, 6.0
WORKSPACE = "acme"
# What the roll-up costs every minute, whatever arrives: its look at the marks, its statement of freshness,
# and the settings it reads.
STANDING = {
    "writes": ("directory: items",),
    "reads": ("directory: items", "records: index dirty", "records: index live"),
}
WINDOW, MINUTE, BATCH = timedelta(seconds=1), timedelta(minutes=1), 100
ARCHIVE_MINUTES = 5


@cache
def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P3", "store round trips and units per webhook, counted on simulated days")
    found = own_process(simulate, days=1 if tiny else DAYS, scale=0.2 if tiny else SCALE).answer
    webhooks, folds = found["webhooks"], found["folds"]
    outcome.line("webhooks", f"{webhooks:,} ({found['calls']:,} calls, {found['messages']:,} messages)")
    outcome.line("folds (subjects touched)", f"{folds:,}, {folds / webhooks:.2f} per webhook")
    outcome.line("CPU of a fold", f"{found['fold_cpu_ms']:.2f} ms, requests answered at once")
    for name, count in sorted(found["fold_calls"].items()):
        outcome.line(f"  {name}", f"{count / folds:.2f} per fold")
    outcome.line("journal item", f"median {found['journal_median']:.0f} B, largest {found['journal_largest']:,} B")
    outcome.line("record item", f"median {found['record_median']:.0f} B, largest {found['record_largest']:,} B")
    standing = {kind: {n: found[kind].pop(n) for n in names if n in found[kind]} for kind, names in STANDING.items()}
    units = {kind: sum(found[kind].values()) / webhooks for kind in ("writes", "reads")}
    for kind, per_webhook in units.items():
        outcome.line(f"{kind[:-1]} units per webhook", f"{per_webhook:.2f}")
        for name, value in sorted(found[kind].items(), key=lambda kv: -kv[1]):
            outcome.line(f"  {name}", f"{value / webhooks:.3f}")
    for kind, by_name in standing.items():
        for name, value in by_name.items():
            outcome.line(f"{kind[:-1]} units per minute, {name}", f"{value / found['rollups']:.2f}")
    outcome.line("roll-up", f"{found['rollups']:,} runs, {found['lake_puts']:,} objects written")
    outcome.bars += [
        Bar("reads per touched call (its events; its record with links), median", found["reads_median"], READS_BAR, ""),
        Bar("writes per touched call, median", found["writes_median"], WRITES_BAR, ""),
        Bar("write units per webhook, all in", units["writes"], UNITS_BAR, "WU"),
        Bar("journal item, median", found["journal_units_median"], JOURNAL_BAR, "WU"),
    ]
    outcome.figures |= {
        "write_units": units["writes"],
        "read_units": units["reads"],
        "write_units_per_minute": sum(standing["writes"].values()) / found["rollups"],
        "read_units_per_minute": sum(standing["reads"].values()) / found["rollups"],
        "folds_per_webhook": folds / webhooks,
        "batches_per_webhook": found["batches"] / webhooks,
        "fold_cpu_ms": found["fold_cpu_ms"],
        "fold_log_bytes": found["fold_log_bytes"],
        "journal_bytes": found["journal_mean"],
        "record_bytes": found["record_mean"],
        "records_per_webhook": found["records"] / webhooks,
        "decrypts_per_rollup": found["decrypts"] / max(found["rollups"], 1),
        "lake_bytes_per_record": found["lake_bytes"] / max(found["records"], 1),
        "objects_per_busy_rollup": found["lake_puts"] / max(found["busy_rollups"], 1),
        "gets_per_busy_rollup": found["lake_gets"] / max(found["busy_rollups"], 1),
        "archive_cpu_ms": found["archive_cpu_us"] / 1000 / webhooks,
        "rollup_cpu_ms_per_record": found["rollup_cpu_ms"] / max(found["rolled_up"], 1),
    }
    outcome.notes.append("two reads: the journal's events, and the record together with its links")
    return outcome


def indexes() -> dict[str, tuple[Index, ...]]:
    """Secondary indexes of the tables in the template, by the names that the bench gives the tables."""
    resources = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=Tags)["Resources"]
    found = {}
    for table, resource in (("journal", "JournalTable"), ("records", "RecordsTable"), ("directory", "DirectoryTable")):
        declared = resources[resource]["Properties"].get("GlobalSecondaryIndexes", ())
        for index in declared:
            if index["Projection"]["ProjectionType"] != "KEYS_ONLY":
                raise ValueError(f"{index['IndexName']}: only keys-only indexes are priced")
        found[table] = tuple(
            Index(i["IndexName"], i["KeySchema"][0]["AttributeName"], i["KeySchema"][1]["AttributeName"])
            for i in declared
        )
    return found


def simulate(days: int, scale: float) -> Mapping[str, Any]:
    """Runs in a process of its own, because the clients of the stores are the process's."""
    os.environ |= credentials("http://127.0.0.1:9")
    from ringlake.stores.clients import client

    tables = Tables(indexes())
    tables.attach(client("dynamodb"))
    installation = _Installation(tables)
    installation.run(days, scale)
    return installation.answer()


class _Installation:
    """The product's flows on its real stores, with a clock that the story moves."""

    def __init__(self, tables: Tables) -> None:
        from ringlake.flows.folding import Snapshots
        from ringlake.flows.ingest import Endpoints
        from ringlake.model.events import RawEvent
        from ringlake.stores.contacts import DynamoContacts
        from ringlake.stores.directory import DynamoDirectory
        from ringlake.stores.journal import DynamoJournal, Put
        from ringlake.stores.lake import ObjectLake
        from ringlake.stores.marks import DynamoMarks
        from ringlake.stores.records import DynamoRecords
        from ringlake.stores.trails import DynamoTrails
        from ringlake.stores.vault import MemoryVault
        from tools import admin

        self.tables = tables
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.vault = _CountedVault(MemoryVault())
        self.directory = DynamoDirectory("directory", self.vault)
        self.heard = heard = list[str]()

        class Journal(DynamoJournal):
            """Says which subject the bell rings for."""

            def put(self, event: RawEvent) -> Put:
                heard.append(event.subject.key)
                return super().put(event)

        self.journal = Journal("journal")
        self.records = DynamoRecords("records")
        self.trails = DynamoTrails("records")
        self.marks, self.contacts = DynamoMarks("directory"), DynamoContacts("directory")
        self.objects = _counted_objects()
        self.lake = ObjectLake(self.objects)
        self.endpoints = Endpoints()
        self.snapshots = Snapshots(self.directory, lambda: self.now)
        self.site = admin.Site(self.directory, self.vault, admin.MemoryIdentities(), "https://ringlake.example.com")
        self.numbers: Counter[str] = Counter()
        self.per_fold: list[tuple[int, int]] = []
        self.fold_calls: Counter[str] = Counter()
        self.waiting: list[tuple[datetime, str]] = []
        self.unarchived: list[tuple[str, str]] = []
        self.raw = _counted_objects()

    def run(self, days: int, scale: float) -> None:
        from tools.simulator import people, render, seeding
        from tools.simulator.history import history, month

        company = people.company(1)
        story = history(company, 1, month(date(2026, 3, 3), days), scale)
        self.seeded = seeding.seed(self.site, WORKSPACE, "Acme", company, seeding.new_keys)
        # Setting up is no part of the traffic.
        for counter in (self.tables.writes, self.tables.reads, self.tables.calls):
            counter.clear()
        self.tables.sizes.clear()
        self.vault.decrypts = 0
        self.numbers |= Counter(calls=len(story.calls), messages=len(story.messages))
        notices = render.notices(story)
        self.now = notices[0].at
        minute = self.now + MINUTE
        for notice in notices:
            while minute <= notice.at:
                self._fold_what_is_due(minute)
                self.now = minute
                self._roll_up()
                if minute.minute % ARCHIVE_MINUTES == 0:
                    self._archive()
                minute += MINUTE
            self._fold_what_is_due(notice.at)
            self.now = notice.at
            self._receive(notice)
        self._fold_what_is_due(self.now + MINUTE)
        self._roll_up()
        self._archive()

    def _receive(self, notice: Any) -> None:
        from ringlake.flows.ingest import ingest
        from tools.simulator import seeding

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
        if done.status != 200:
            raise AssertionError(done)
        self.numbers["webhooks"] += 1
        key = self.heard.pop()
        self.waiting.append((self.now, key))
        self.unarchived.append((key, done.event_id))

    def _fold_what_is_due(self, until: datetime) -> None:
        """Batches as the stream makes them: a window of a second, at most a hundred."""
        while self.waiting and self.waiting[0][0] + WINDOW <= until:
            first = self.waiting[0][0]
            batch = [entry for entry in self.waiting[:BATCH] if entry[0] <= first + WINDOW]
            self.waiting = self.waiting[len(batch) :]
            self.now = batch[-1][0]
            self.numbers["batches"] += 1
            for key in dict.fromkeys(key for _, key in batch):
                self._fold(key)

    def _fold(self, key: str) -> None:
        import time

        from ringlake.flows.folding import Result, fold_subject

        self.snapshots.of(WORKSPACE)
        before = Counter(self.tables.calls)
        started = time.process_time()
        done = fold_subject(key, self.journal, self.records, self.snapshots, lambda: self.now)
        self.numbers["fold_cpu_us"] += round((time.process_time() - started) * 1e6)
        if done.result not in {Result.WRITTEN, Result.UNCHANGED, Result.NOT_FOLDED}:
            raise AssertionError(done)
        if done.result is not Result.NOT_FOLDED:
            self.numbers["folds"] += 1
            calls = self.tables.calls - before
            self.fold_calls += calls
            reads = sum(n for name, n in calls.items() if name.split()[0] in {"Query", "GetItem", "BatchGetItem"})
            self.per_fold.append((reads, calls.total() - reads))

    def _roll_up(self) -> None:
        import time

        from ringlake.flows.rollup import rollup

        started = time.process_time()
        done = rollup(
            WORKSPACE,
            records=self.records,
            lake=self.lake,
            directory=self.directory,
            trails=self.trails,
            marks=self.marks,
            contacts=self.contacts,
            clock=lambda: self.now,
        )
        if not done.complete:
            raise AssertionError(done)
        self.numbers["rollups"] += 1
        if done.records:
            self.numbers["busy_rollups"] += 1
            self.numbers["rolled_up"] += done.records
            self.numbers["rollup_cpu_us"] += round((time.process_time() - started) * 1e6)

    def _archive(self) -> None:
        import time

        from ringlake.flows.archive import archive

        if not self.unarchived:
            return
        started, reads = time.process_time(), self.tables.reads["journal: items"]
        done = archive(self.unarchived, journal=self.journal, raw=self.raw)
        if done.failed or done.items != len(set(self.unarchived)):
            raise AssertionError(done)
        self.numbers["archive_cpu_us"] += round((time.process_time() - started) * 1e6)
        self.tables.reads["journal: archive"] += self.tables.reads["journal: items"] - reads
        self.tables.reads["journal: items"] = reads
        self.unarchived = []

    def answer(self) -> dict[str, Any]:
        tables, numbers = self.tables, self.numbers
        journal, records = tables.sizes["journal"], tables.sizes["records"]
        kept = [p["record"] for p in tables.items["records"].values() if "record" in p]
        from tests.bench.tables import item_bytes

        return {
            **numbers,
            "fold_cpu_ms": numbers["fold_cpu_us"] / 1000 / numbers["folds"],
            "rollup_cpu_ms": numbers["rollup_cpu_us"] / 1000,
            "writes": dict(tables.writes),
            "reads": dict(tables.reads),
            "fold_calls": dict(self.fold_calls),
            "reads_median": statistics.median(r for r, _ in self.per_fold),
            "writes_median": statistics.median(w for _, w in self.per_fold),
            "journal_median": statistics.median(journal),
            "journal_mean": statistics.fmean(journal),
            "journal_largest": max(journal),
            "journal_units_median": statistics.median(-(-size // 1024) for size in journal),
            "record_median": statistics.median(records),
            "record_mean": statistics.fmean(item_bytes(item) for item in kept),
            "record_largest": max(records),
            "records": len(kept),
            "decrypts": self.vault.decrypts,
            "lake_puts": self.objects.puts,
            "lake_gets": self.objects.gets,
            "lake_bytes": sum(len(body) for body in self.objects.bodies.values()),
            "fold_log_bytes": self._fold_log_bytes(),
        }

    def _fold_log_bytes(self) -> int:
        """The line of a batch as the function prints it."""
        import json

        from functions.fold.fold import report
        from ringlake.flows.folding import Folded, Result

        return len(json.dumps(report([Folded(key="k", result=Result.WRITTEN)] * 3, 4))) + 1


class _CountedVault:
    """Counts decryptions: each is a request to the key service."""

    def __init__(self, vault: Any) -> None:
        self._vault = vault
        self.decrypts = 0

    def encrypt(self, plain: bytes, context: Mapping[str, str]) -> bytes:
        found: bytes = self._vault.encrypt(plain, context)
        return found

    def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        self.decrypts += 1
        found: bytes = self._vault.decrypt(ciphertext, context)
        return found


def _counted_objects() -> Any:
    from ringlake.stores.objects import MemoryObjects

    class Counted(MemoryObjects):
        """The bucket's twin, with its requests counted."""

        puts = 0
        gets = 0

        def get(self, key: str) -> tuple[bytes, str] | None:
            self.gets += 1
            return super().get(key)

        def etag(self, key: str) -> str | None:
            self.gets += 1
            return super().etag(key)

        def put(self, key: str, body: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
            self.puts += 1
            return super().put(key, body, if_match=if_match, if_absent=if_absent)

    return Counted()
