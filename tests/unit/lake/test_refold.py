"""Journal and records come back from the archive alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from ringlake.flows.archive import archive, item_key
from ringlake.flows.rollup import rollup
from ringlake.model.events import Quarantined
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import ObjectLake
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords
from ringlake.stores.vault import MemoryVault
from tests.oracle.received import Company
from tests.unit.lake.making import beside
from tools import installation
from tools import refold as tool
from tools.refold import Site, refold
from tools.simulator import people, render
from tools.simulator.history import history, month

FIRST = date(2026, 11, 6)
NOW = datetime(2027, 6, 1, tzinfo=UTC)


def clock() -> datetime:
    return NOW


class Archived:
    """A few days of a simulated company: in the journal, archived and folded."""

    def __init__(self) -> None:
        staff = people.company(7)
        simulated = Company(staff, datetime.combine(FIRST, time(), UTC), pace=timedelta(minutes=20))
        simulated.receive(render.notices(history(staff, 7, month(FIRST, 3), 0.2)))
        simulated.fold()
        self.directory = simulated.directory
        self.site = Site(simulated.journal, simulated.records, MemoryObjects(), self.directory)
        self.events = simulated.events()
        self.held = Quarantined(
            id="q1", workspace="acme", connection="line", provider="generic", stage="identify", field="call.id",
            reason="missing", received_at=self.events[0].received_at, body=b"?",
        )  # fmt: skip
        self.site.journal.quarantine(self.held)
        keys = [item_key(event) for event in self.events] + [item_key(self.held)]
        for at in range(0, len(keys), 40):
            archive(keys[at : at + 50], journal=self.site.journal, raw=self.site.raw)

    def wiped(self) -> Site:
        """The same installation after both tables were lost."""
        return Site(MemoryJournal(), MemoryRecords(), self.site.raw, self.directory)


@pytest.fixture(scope="module")
def company() -> Archived:
    return Archived()


def records_of(site: Site) -> dict[str, Any]:
    assert isinstance(site.records, MemoryRecords)
    return {key: (row.record, row.etag) for key, row in site.records.rows.items() if row.record is not None}


def lake_of(company: Archived, site: Site) -> dict[str, bytes]:
    objects = MemoryObjects()
    rollup("acme", records=site.records, lake=ObjectLake(objects), directory=company.directory, clock=clock, **beside())
    return objects.bodies


def test_records_and_lake_come_back_from_the_archive_alone(company: Archived) -> None:
    lost = company.wiped()
    done = refold(lost, "acme", from_archive=True, clock=clock)

    assert len(records_of(company.site)) > 20
    assert records_of(lost) == records_of(company.site)
    assert isinstance(lost.journal, MemoryJournal)
    assert isinstance(company.site.journal, MemoryJournal)
    assert {k: v for k, v in lost.journal.items.items() if v} == {
        k: v for k, v in company.site.journal.items.items() if v
    }
    assert [q for held in lost.journal.held.values() for q in held.values()] == [company.held]
    assert done.restored["stored"] == len(company.events)
    assert done.failed == []

    again = company.wiped()
    refold(again, "acme", from_archive=True, clock=clock)
    assert lake_of(company, lost) == lake_of(company, again)


def test_records_come_back_from_the_journal(company: Archived) -> None:
    site = Site(company.site.journal, MemoryRecords(), company.site.raw, company.directory)
    refold(site, "acme", clock=clock)

    assert records_of(site) == records_of(company.site)


def test_a_second_refold_changes_nothing(company: Archived) -> None:
    site = company.wiped()
    refold(site, "acme", from_archive=True, clock=clock)
    before = records_of(site)
    lake_of(company, site)
    done = refold(site, "acme", from_archive=True, clock=clock)

    assert records_of(site) == before
    assert set(done.folded) == {"unchanged", "not_folded"} or set(done.folded) == {"unchanged"}
    assert (done.restored["stored"], done.restored["duplicate"] >= len(company.events)) == (0, True)
    assert isinstance(site.records, MemoryRecords)
    assert site.records.dirt == set()


@pytest.mark.parametrize("from_archive", [True, False])
def test_a_dry_run_writes_nothing_and_counts_what_would_be_written(company: Archived, from_archive: bool) -> None:
    site = (
        company.wiped()
        if from_archive
        else Site(company.site.journal, MemoryRecords(), company.site.raw, company.directory)
    )
    audit = len(company.directory.audit_lines("acme", "2027-06"))
    done = refold(site, "acme", from_archive=from_archive, dry_run=True, clock=clock)

    assert done.folded["written"] > 20
    assert records_of(site) == {}
    assert len(company.directory.audit_lines("acme", "2027-06")) == audit
    if from_archive:
        assert isinstance(site.journal, MemoryJournal)
        assert not any(site.journal.items.values())


def test_a_dry_run_over_sound_records_would_change_nothing(company: Archived) -> None:
    done = refold(company.site, "acme", from_archive=True, dry_run=True, clock=clock)

    assert done.folded["written"] == 0
    assert done.restored["stored"] == 0


def test_days_limit_what_is_put_back(company: Archived) -> None:
    site = company.wiped()
    done = refold(site, "acme", since=FIRST, until=FIRST, from_archive=True, clock=clock)

    chosen = [e for e in company.events if e.received_at.date() == FIRST]
    assert 0 < len(chosen) < len(company.events)
    assert done.restored["stored"] == len(chosen)

    from_journal = refold(company.site, "acme", since=FIRST, until=FIRST, clock=clock)
    assert sum(from_journal.folded.values()) == len({e.subject.key for e in chosen})


def test_marking_makes_the_roll_up_write_every_row_again(company: Archived) -> None:
    """The workspace moves to another zone: local dates are columns of the lake."""
    site = company.wiped()
    refold(site, "acme", from_archive=True, clock=clock)
    objects = MemoryObjects()

    def roll_up() -> dict[str, bytes]:
        rollup("acme", records=site.records, lake=ObjectLake(objects), directory=moved, clock=clock, **kept)
        return dict(objects.bodies)

    moved, kept = MemoryDirectory(MemoryVault()), beside()
    settings = company.directory.settings("acme")
    moved.put_workspace(settings)
    first = roll_up()
    moved.put_workspace(msgspec.structs.replace(settings, zone="Pacific/Auckland"))
    assert roll_up() == first

    done = refold(site, "acme", lake=True, clock=clock)
    assert done.marked == len(records_of(site))
    second = roll_up()
    assert second.keys() == first.keys()
    assert all(second[key] != first[key] for key in first if not key.startswith("legs/"))


def test_another_workspace_stays_as_it_is(company: Archived) -> None:
    site = company.wiped()
    done = refold(site, "zeta", from_archive=True, clock=clock)

    assert (done.restored.total(), done.folded.total(), records_of(site)) == (0, 0, {})


def test_a_refold_leaves_an_audit_line_without_personal_data(company: Archived) -> None:
    refold(company.wiped(), "acme", since=FIRST, until=FIRST, from_archive=True, clock=clock)

    line = company.directory.audit_lines("acme", "2027-06")[-1]
    assert line.action == "tools.refold"
    assert set(line.detail) == {"since", "until", "subjects", "restored"}


def test_what_was_archived_before_it_expired_is_kept_in_the_journal_long_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An event's expiry counts from its receipt; an old one put back must outlive its fold."""
    kept: list[int] = []
    monkeypatch.setattr(tool, "DynamoJournal", lambda _table, days: kept.append(days))
    monkeypatch.setattr(installation, "client", lambda _service: _Described())
    tool.open_site("ringlake-local", date.today() - timedelta(days=400))  # noqa: DTZ011

    assert kept[0] >= 429


class _Described:
    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        names = ("JournalTable", "RecordsTable", "RawBucket", "DirectoryTable", "KeyId")
        return {"Stacks": [{"Outputs": [{"OutputKey": n, "OutputValue": n} for n in names]}]}


@pytest.fixture
def line(company: Archived, monkeypatch: pytest.MonkeyPatch) -> tuple[CliRunner, Any]:
    monkeypatch.setattr(tool, "open_site", lambda *_: company.site)
    app = typer.Typer()
    app.command()(tool.main)
    return CliRunner(), app


def test_the_command_line_says_what_it_did(line: tuple[CliRunner, Any]) -> None:
    runner, app = line
    result = runner.invoke(app, ["--workspace", "acme", "--from-archive", "--dry-run"])

    assert result.exit_code == 0
    assert "duplicate" in result.output
    assert "(nothing was written)" in result.output
    assert "+1" not in result.output


def test_subjects_of_no_record_are_passed_over(company: Archived) -> None:
    site = company.wiped()
    contact = msgspec.structs.replace(
        company.events[0],
        subject=Subject(workspace="acme", kind=SubjectKind.OTHER, connection="line", id="x"),
        event_id="x",
    )
    site.journal.put(contact)

    assert refold(site, "acme", lake=True, clock=clock).folded == {"not_folded": 1}
