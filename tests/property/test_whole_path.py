"""The big one: simulated months through ingest, fold and roll-up on the in-memory stores.

Whatever the providers' network does to the deliveries, the lake must say what happened. The
truth is worked out from the story by code that knows nothing of Ringlake.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ringlake.access import Principal
from ringlake.flows.delivery import Result as Delivered
from ringlake.flows.exports import Sources, run_export
from ringlake.flows.folding import Result, Snapshots, fold_subjects
from ringlake.flows.ingest import Endpoints, ingest
from ringlake.flows.requests import Desk
from ringlake.flows.rollup import rollup
from ringlake.flows.workshop import Post, Workshop
from ringlake.model.tables import ACTIVITY, CALLS, MESSAGES, Table
from ringlake.stores.addresses import MemoryAddresses
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.jobs import MemoryJobs
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import memory_lake
from ringlake.stores.mail import MemoryMail
from ringlake.stores.marks import MemoryMarks
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.queue import MemoryQueue
from ringlake.stores.records import MemoryRecords
from ringlake.stores.saved import MemorySavedReports
from ringlake.stores.vault import MemoryVault
from tests.unit.lake.making import beside
from tools import admin
from tools.simulator import compare, deliver, people, render, seeding
from tools.simulator.history import History, history, month
from tools.simulator.observe import attachment, csv_rows
from tools.simulator.truth import file_rows, sums, totals, truth

pytestmark = pytest.mark.slow

WORKSPACE = "acme"
# Ten days around the end of summer time in New York.
DAYS = month(date(2026, 11, 6), 10)
SCALE = 0.5
ROUGH = deliver.Faults(duplicated=0.15, reorder=60, delayed=0.1, lost=0.1)


@dataclass
class Installation:
    """Ringlake on its in-memory stores, with a clock that only deliveries move."""

    now: datetime = datetime(2026, 11, 7, 9, 0, tzinfo=UTC)
    vault: MemoryVault = field(default_factory=MemoryVault)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    records: MemoryRecords = field(default_factory=MemoryRecords)

    def __post_init__(self) -> None:
        self.lake = memory_lake()
        self.beside = beside()
        self.directory = MemoryDirectory(self.vault)
        self.site = admin.Site(self.directory, self.vault, admin.MemoryIdentities(), "https://ringlake.example.com")
        self.endpoints = Endpoints()
        self.snapshots = Snapshots(self.directory, lambda: self.now)
        self.seeded: seeding.Seeded
        self.answers: Counter[str] = Counter()

    def open(self, company: people.Company) -> None:
        self.seeded = seeding.seed(self.site, WORKSPACE, "Acme", company, seeding.new_keys)

    def receive(self, attempt: deliver.Attempt) -> set[str]:
        """One delivery; the keys whose bell it rings."""
        self.now += timedelta(milliseconds=40)
        notice = attempt.notice
        endpoint = self.seeded.endpoints[notice.connection, notice.scheme]
        provider, token = seeding.door(endpoint)
        delivery = seeding.delivery(notice, endpoint, self.now)
        done = ingest(
            delivery,
            provider,
            token,
            directory=self.directory,
            journal=self.journal,
            vault=self.vault,
            now=self.now,
            endpoints=self.endpoints,
        )
        self.answers[done.outcome.value] += 1
        kind, subject_id = notice.subject
        return {f"{WORKSPACE}#{kind}#{notice.connection}#{subject_id}"}

    def fold(self, keys: Sequence[str]) -> None:
        folded = fold_subjects(
            keys, journal=self.journal, records=self.records, directory=self.snapshots, clock=lambda: self.now
        )
        assert {f.result for f in folded} <= {Result.WRITTEN, Result.UNCHANGED}, folded

    def roll_up(self) -> None:
        stores: dict[str, Any] = {
            "records": self.records,
            "lake": self.lake,
            "directory": self.directory,
            **self.beside,
        }
        done = rollup(WORKSPACE, **stores, clock=lambda: self.now)
        assert done.complete

    def export(self, person: str, story: History) -> list[dict[str, str]]:
        """The rows that somebody gets by mail for these days."""
        jobs, exports, mail, queue = MemoryJobs(), MemoryObjects(), MemoryMail(), MemoryQueue()
        desk = Desk(
            jobs=jobs,
            directory=self.directory,
            saved=MemorySavedReports(),
            exports=exports,
            export_queue=queue,
            report_queue=queue,
        )
        user = next(u for u in self.directory.load(WORKSPACE).users if u.id == person)
        viewer = Principal(workspace=WORKSPACE, user=user)
        wanted = {"from": story.days[0].isoformat(), "to": story.days[-1].isoformat()}
        job = desk.export(viewer, {"filter": wanted}, self.now)
        done = run_export(
            WORKSPACE,
            job.id,
            sources=Sources(
                directory=self.directory,
                lake=self.lake,
                records=self.records,
                marks=MemoryMarks(),
                journal=self.journal,
            ),
            shop=Workshop(
                jobs=jobs,
                directory=self.directory,
                exports=exports,
                mail=mail,
                addresses=MemoryAddresses(),
                post=Post(
                    sender="ringlake@example.com",
                    public_url="https://ringlake.example.com",
                    attach_limit_bytes=7_000_000,
                ),
                clock=lambda: self.now,
            ),
        )
        assert done is Delivered.DONE
        (message,) = mail.sent
        _, content = attachment(message)
        return [{k: v[1:] if v.startswith("'+") else v for k, v in row.items()} for row in csv_rows(content)]

    def rows(self, table: Table) -> list[dict[str, Any]]:
        days = list(self.lake.days(table, WORKSPACE))
        return [row for day in days for row in self.lake.read(table, WORKSPACE, day).rows.to_pylist()]


def deliver_all(installation: Installation, story: History, faults: deliver.Faults, seed: int) -> None:
    """Deliveries, folds and roll-ups interleaved as chance has it; at the end everything catches up."""
    chance = random.Random(seed)
    waiting: list[str] = []
    for attempt in deliver.plan(render.notices(story), faults, seed):
        if attempt.lost:
            continue
        waiting.extend(installation.receive(attempt))
        if chance.random() < 0.05:
            batch, waiting = waiting, []
            chance.shuffle(batch)
            installation.fold(batch)
        if chance.random() < 0.002:
            installation.roll_up()
    installation.fold(waiting)
    installation.roll_up()


def assert_lake_tells_the_story(installation: Installation, story: History) -> None:
    known = truth(story)
    calls = [row for row in installation.rows(CALLS) if row["is_call"]]
    wrong = compare.differences(known.calls, calls) + compare.differences(known.messages, installation.rows(MESSAGES))
    assert not wrong, compare.summary(wrong)
    activity = installation.rows(ACTIVITY)
    for columns in (("local_date",), ("user_id",), ("direction", "outcome")):
        told = [row for row in activity if row["channel"] == "call"]
        as_told = {k: v for k, v in _summed(told, "calls", columns).items() if v}
        assert as_told == totals(known.calls.values(), *columns)
        talked = {k: v for k, v in _summed(told, "talk_s", columns).items() if v}
        assert talked == {k: v for k, v in sums(known.calls.values(), "talk_s", *columns).items() if v}


def _summed(rows: Sequence[dict[str, Any]], measure: str, columns: Sequence[str]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for row in rows:
        found[tuple(compare.plain(row[c]) for c in columns)] += row[measure]
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_whatever_happens_on_the_way_the_lake_tells_what_happened(seed: int) -> None:
    company = people.company(seed)
    story = history(company, seed, DAYS, SCALE)
    installation = Installation()
    installation.open(company)
    deliver_all(installation, story, ROUGH, seed)
    notices = render.notices(story)
    assert installation.answers["accepted"] == len(notices)
    assert set(installation.answers) == {"accepted", "duplicate"}
    assert_lake_tells_the_story(installation, story)


def test_two_different_journeys_of_the_same_deliveries_end_in_the_same_bytes() -> None:
    """A lake is the same to the byte for every order, duplication and batching (design, invariant 2)."""
    company = people.company(8)
    story = history(company, 8, DAYS[:4], SCALE)
    lakes = []
    for seed, faults in ((1, deliver.NONE), (2, ROUGH)):
        installation = Installation()
        installation.open(company)
        deliver_all(installation, story, faults, seed)
        lakes.append({(t.name, day): _without_keyed_hash(installation, t, day) for t, day in _objects(installation)})
    assert lakes[0]
    assert lakes[0] == lakes[1]


def _objects(installation: Installation) -> list[tuple[Table, str]]:
    return [(t, day) for t in (CALLS, MESSAGES, ACTIVITY) for day in installation.lake.days(t, WORKSPACE)]


def _without_keyed_hash(installation: Installation, table: Table, day: str) -> list[dict[str, Any]]:
    """The rows without `party_key`, whose key differs between installations on purpose."""
    rows = installation.lake.read(table, WORKSPACE, day).rows.to_pylist()
    return [{k: v for k, v in row.items() if k != "party_key"} for row in rows]


def test_a_loss_that_is_mended_days_later_still_comes_right() -> None:
    company = people.company(4)
    story = history(company, 4, DAYS[:3], SCALE)
    installation = Installation()
    installation.open(company)
    attempts = deliver.plan(render.notices(story), deliver.NONE, seed=1)
    chance = random.Random(4)
    lost = [a for a in attempts if chance.random() < 0.3]
    first = [a for a in attempts if a not in lost]
    for batch in (first, lost):
        installation.fold([key for a in batch for key in installation.receive(a)])
        installation.roll_up()
        installation.now += timedelta(days=2)
    assert_lake_tells_the_story(installation, story)


def test_a_repeat_of_everything_changes_nothing() -> None:
    company = people.company(5)
    story = history(company, 5, DAYS[:3], SCALE)
    installation = Installation()
    installation.open(company)
    deliver_all(installation, story, deliver.NONE, seed=1)
    before = _bodies(installation)
    assert before
    deliver_all(installation, story, ROUGH, seed=2)
    assert _bodies(installation) == before
    assert installation.answers["duplicate"] >= installation.answers["accepted"]
    assert_lake_tells_the_story(installation, story)


def _bodies(installation: Installation) -> dict[str, bytes]:
    objects = installation.lake._objects
    assert isinstance(objects, MemoryObjects)
    return dict(objects.bodies)


def test_the_mailed_file_is_the_story_and_each_role_gets_its_part_of_it() -> None:
    company = people.company(6)
    story = history(company, 6, DAYS, SCALE)
    installation = Installation()
    installation.open(company)
    deliver_all(installation, story, ROUGH, seed=3)
    known = file_rows(truth(story))
    wrong = compare.differences(known, installation.export("olivia", story))
    assert not wrong, compare.summary(wrong)

    unanswered = [
        c for c in story.calls if c.line == "hotline" and c.rings and not c.talks and c.direction == "inbound"
    ]
    operator = unanswered[0].rings[0].person
    rung = {f"generic:{c.id}" for c in unanswered if operator in {r.person for r in c.rings}}
    own = {i for i, row in known.items() if row["user_id"] == operator}
    assert own
    assert {row["record_id"] for row in installation.export(operator, story)} == own | rung

    direct = {i for i, row in known.items() if row["business_number"] == company.line("ines").e164}
    assert {row["record_id"] for row in installation.export("ines", story)} == direct
