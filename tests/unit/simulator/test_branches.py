"""Every provider's own words, through its adapter, the fold and the roll-up, against the story.

The deliveries are written from the providers' contracts and the truth from the story; neither
knows the adapters. So whatever an adapter gets wrong, of any call, text, status or case, is a
difference here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ringlake import providers
from ringlake.model.subjects import Subject
from tests.unit.simulator.branches import WORKSPACE, House, lived
from tools.simulator import compare, deliver, people, render, seeding
from tools.simulator.history import History, history, month
from tools.simulator.people import BRANCHES
from tools.simulator.truth import Truth, truth
from tools.simulator.wire.notice import timed

pytestmark = pytest.mark.slow

# Working days and a weekend, and the night in which New York's summer time ends.
DAYS = month(date(2026, 11, 4), 6)
NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
SCALE = 0.12
ROUGH = deliver.Faults(duplicated=0.1, reorder=40, delayed=0.1, lost=0.1)
REPORTING = ("acme", "aircall", "dialpad", "ringcentral")


# The main company is on OpenPhone and on our own contract; in its middle an account changes hands.
MAIN = "acme"
SWITCHED = datetime(2026, 11, 2, 17, 12, 40, tzinfo=UTC)


def _story(provider: str) -> History:
    company = people.company(5, switched=SWITCHED) if provider == MAIN else people.branch(provider)
    return history(company, 5, DAYS, SCALE)


@pytest.fixture(scope="module", params=(MAIN, *BRANCHES))
def branch(request: pytest.FixtureRequest) -> tuple[str, History, House, Truth]:
    provider = str(request.param)
    story = _story(provider)
    house = lived(story, ROUGH, seed=1, now=NOW)
    return provider, story, house, truth(story, house.now)


def test_every_branch_and_the_main_company_speak_a_provider_that_ringlake_reads() -> None:
    assert {*BRANCHES, "generic", "openphone"} <= set(providers.names())


def test_every_delivery_is_taken_once(branch: tuple[str, History, House, Truth]) -> None:
    _, story, house, _ = branch
    assert set(house.answers) <= {"accepted", "duplicate"}
    assert house.answers["accepted"] == len(render.notices(story))
    assert house.answers["duplicate"] > 0


def test_every_record_is_one_of_the_story(branch: tuple[str, History, House, Truth]) -> None:
    _, _, house, known = branch
    found = {k for k, row in house.records.rows.items() if row.record}
    ids = {Subject.from_key(k).record_id for k in found if not k.startswith(f"{WORKSPACE}#presence#")}
    assert ids == {*known.calls, *known.messages, *known.classifier_rows, *known.parts}


def test_the_lake_says_what_happened_cell_by_cell(branch: tuple[str, History, House, Truth]) -> None:
    provider, story, house, known = branch
    assert known.calls
    # Amazon Connect tells no number, so that nobody knows who rang.
    assert bool(known.cases) == (provider != "amazon_connect")
    assert bool(known.presence) == (provider in REPORTING)
    wrong = [d for found in compare.lake(known, story.days, house.table).values() for d in found]
    assert not wrong, compare.summary(wrong)


def test_a_line_of_presence_has_the_length_of_its_day(branch: tuple[str, History, House, Truth]) -> None:
    _, _, _, known = branch
    for (_, day), line in known.presence.items():
        hours = 25 if day == date(2026, 11, 1) else 24
        assert line[-1][1] - line[0][0] == timedelta(hours=hours)


@pytest.mark.parametrize("provider", ["ringostat", "zadarma", "novofon", "aircall"])
def test_in_the_night_when_clocks_go_back_a_clock_without_offset_means_the_later_hour(provider: str) -> None:
    story = _story(provider)
    lines = {line.id for line in story.company.lines if line.manner == "group"}
    call = next(c for c in story.calls if c.direction == "inbound" and c.talks and c.line in lines)
    first = datetime(2026, 11, 1, 5, 30, 7, tzinfo=UTC)
    moved = timed(call, lambda at: at + (first - call.started_at))
    night = replace(story, calls=(moved,), messages=(), classifier_rows=(), changes=())
    house = lived(night, deliver.NONE, seed=1, now=NOW)
    known = truth(night, house.now)
    (row,) = known.calls.values()
    hour = 5 if provider == "aircall" else 6
    assert str(row["started_at"]).startswith(f"2026-11-01T0{hour}:30:07")
    wrong = [d for found in compare.lake(known, night.days, house.table).values() for d in found]
    assert not wrong, compare.summary(wrong)


def test_a_wrong_secret_is_refused_and_nothing_is_kept() -> None:
    for provider in BRANCHES:
        if provider == people.AMAZON_CONNECT:
            continue
        house = House(people.branch(provider), NOW)
        for notice in render.notices(_story(provider))[:3]:
            endpoint = house.seeded.endpoints[notice.connection, notice.scheme]
            secret = seeding.new_keys(notice.connection, notice.scheme)
            house.seeded.endpoints[notice.connection, notice.scheme] = deliver.Endpoint(endpoint.url, (secret,))  # type: ignore[index]
            house.receive(notice)
        assert set(house.answers) == {"not_authentic"}, provider
        assert not house.journal.items
