"""Journal and records in DynamoDB come back from the archive in S3 alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from ringlake.flows.archive import archive, item_key
from ringlake.model.events import Quarantined
from ringlake.stores import clients
from ringlake.stores.journal import DynamoJournal
from ringlake.stores.objects import S3Objects
from ringlake.stores.records import DynamoRecords
from tests.integration.emulators import emulator, library_at
from tests.integration.test_records_store import table_of_the_template
from tests.oracle.received import WORKSPACE, Company
from tools.refold import Site, refold
from tools.simulator import people, render
from tools.simulator.history import history, month

pytestmark = pytest.mark.enable_socket

FIRST = date(2026, 11, 6)
KEYS: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
}


@pytest.fixture(scope="module")
def company() -> Company:
    staff = people.company(7)
    simulated = Company(staff, datetime.combine(FIRST, time(), UTC), pace=timedelta(minutes=20))
    simulated.receive(render.notices(history(staff, 7, month(FIRST, 3), 0.2)))
    return simulated


@pytest.fixture(scope="module")
def site(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Empty tables beside an archive that holds the company's events, some of them twice."""
    with emulator(tmp_path_factory.mktemp("refold")) as running, library_at(running):
        clients.client("dynamodb").create_table(TableName="journal", **KEYS)
        clients.client("dynamodb").create_table(TableName="records", **table_of_the_template())
        clients.client("s3").create_bucket(Bucket="raw")
        raw = S3Objects("raw")
        held = Quarantined(
            id="q1", workspace=WORKSPACE, connection="line", provider="generic", stage="identify", field="call.id",
            reason="missing", received_at=company.events()[0].received_at, body=b"?",
        )  # fmt: skip
        company.journal.quarantine(held)
        keys = [*map(item_key, company.events()), item_key(held)]
        for at in range(0, len(keys), 40):
            archive(keys[at : at + 50], journal=company.journal, raw=raw)
        yield Site(DynamoJournal("journal", 4000), DynamoRecords("records"), raw, company.directory)


def test_everything_comes_back_from_the_archive(site: Site, company: Company) -> None:
    company.fold()
    expected = {key: row.etag for key, row in company.records.rows.items()}
    done = refold(site, WORKSPACE, from_archive=True, clock=company.clock)

    assert done.restored["stored"] == len(company.events())
    assert {row.key: row.etag for row in site.records.get_many(list(expected))} == expected
    for event in company.events():
        assert event in site.journal.events(event.subject)
    assert len(list(site.journal.quarantined(WORKSPACE, "line", FIRST.isoformat()))) == 1


def test_the_subjects_of_some_days_are_found_in_the_journal(site: Site, company: Company) -> None:
    refold(site, WORKSPACE, from_archive=True, clock=company.clock)
    begin = datetime.combine(FIRST + timedelta(days=1), time(), UTC)
    end = begin + timedelta(days=1)

    chosen = {e.subject.key for e in company.events() if begin <= e.received_at < end}
    assert chosen
    assert set(site.journal.subjects(WORKSPACE, begin, end)) == chosen
    assert set(site.journal.subjects("other", begin, end)) == set()


def test_a_second_time_changes_nothing(site: Site, company: Company) -> None:
    refold(site, WORKSPACE, from_archive=True, clock=company.clock)
    done = refold(site, WORKSPACE, from_archive=True, clock=company.clock)

    assert done.restored["stored"] == 0
    assert done.folded["written"] == 0
    assert done.failed == []
