"""Every presence scenario through the door, the fold and the roll-up: at once, as it happened, and mixed up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from ringlake.model.tables import PRESENCE
from ringlake.stores.lake import from_parquet
from tests.scenarios.presence.telling import Company, Story, stories

ALL = stories()
every_story = pytest.mark.parametrize("story", ALL, ids=[s.name for s in ALL])
ORDERS = 6


def content(company: Company) -> dict[str, bytes]:
    """The presence objects that hold rows."""
    return {
        key: body
        for key, body in company.objects.bodies.items()
        if key.startswith("presence/") and len(from_parquet(PRESENCE, body))
    }


def at_once(story: Story) -> Company:
    company = Company(story)
    company.house.fold(e.subject.key for e in company.events())
    assert company.roll_up(story.now).complete
    return company


@every_story
def test_the_line_is_as_expected(story: Story) -> None:
    company = at_once(story)

    for (whose, day), expected in story.expected.items():
        assert company.line(whose, day) == expected, f"{story.scenario.title}\n{whose} {day}"


@every_story
def test_rolled_up_after_each_delivery_and_each_night_the_rows_are_the_same(story: Story) -> None:
    company = Company(story)
    events = company.events()
    company.house.journal.items.clear()
    nights: list[datetime] = []
    for event in events:
        while nights and nights[-1] < event.received_at:
            company.roll_up(nights[-1])
            nights[-1] += timedelta(days=1)
        company.house.journal.put(event)
        company.house.fold([event.subject.key])
        company.roll_up(event.received_at)
        nights = nights or [event.received_at.replace(hour=0, minute=0, second=20) + timedelta(days=1)]
    while nights[-1] < story.now:
        company.roll_up(nights[-1])
        nights[-1] += timedelta(days=1)
    assert company.roll_up(story.now).complete

    assert content(company) == content(at_once(story))


@every_story
def test_any_order_with_repeats_gives_the_same_rows(story: Story) -> None:
    reference = at_once(story)
    events = reference.events()
    for seed in range(ORDERS):
        chance = random.Random(seed)
        company = Company(story)
        for place, event in enumerate(chance.sample([*events, *events[::2]], len(events) + len(events[::2]))):
            company.house.journal.put(event)
            company.house.fold([event.subject.key])
            if place % 3 == seed % 3:
                company.roll_up(story.now)
        company.roll_up(story.now)
        assert content(company) == content(reference), seed


def test_the_installation_that_was_off_for_days_catches_up() -> None:
    [story] = [s for s in ALL if s.name == "carry_over_the_weekend"]
    company = Company(story)
    first, *rest = company.events()
    company.house.journal.items.clear()
    company.house.journal.put(first)
    company.house.fold([first.subject.key])
    company.roll_up(first.received_at)
    for event in rest:
        company.house.journal.put(event)
    company.roll_up(story.now)
    company.house.fold(e.subject.key for e in rest)
    company.roll_up(story.now)

    assert content(company) == content(at_once(story))


def test_after_a_quiet_night_yesterday_is_closed_and_today_open() -> None:
    [story] = [s for s in ALL if s.name == "the_day_lasts"]
    company = at_once(story)
    [*_, last] = company.rows()
    assert (last["ended_at"], last["seconds"], last["online_s"], last["talking_s"]) == (None, None, None, 0)

    company.roll_up(story.now + timedelta(days=3))
    open_rows = [row for row in company.rows() if row["ended_at"] is None]

    assert [row["started_at"].isoformat() for row in open_rows] == ["2026-09-17T00:00:00"]
    assert {day: sum(r["seconds"] for r in company.rows() if r["local_date"].day == day) for day in (14, 15, 16)} == {
        14: 86_400, 15: 86_400, 16: 86_400,
    }  # fmt: skip
