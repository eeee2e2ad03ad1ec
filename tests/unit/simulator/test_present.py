"""The calls around one instant: what is live then must follow from what was said by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tools.simulator import people, present

# By day, in the night, and in the hour that New York's clocks repeat.
INSTANTS = (
    datetime(2026, 11, 20, 15, 12, tzinfo=UTC),
    datetime(2026, 11, 20, 3, 12, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
)


@pytest.mark.parametrize("at", INSTANTS, ids=str)
def test_what_is_said_by_then_and_later_is_the_whole_story(at: datetime) -> None:
    scene = present.scene(people.company(5), 5, at)
    assert scene.told
    assert all(n.at <= at for n in scene.told)
    assert all(at < n.at <= at + present.LENGTH for n in scene.rest)
    calls = {c.id for c in scene.story.calls}
    assert {n.subject[1] for n in scene.told if n.kind == "call.completed"} == {
        c.id for c in scene.story.calls if present.state(c, at) == "over"
    }
    assert {n.subject[1] for n in (*scene.told, *scene.rest)} >= calls


@pytest.mark.parametrize("at", INSTANTS, ids=str)
def test_the_header_is_what_the_events_so_far_say(at: datetime) -> None:
    scene = present.scene(people.company(5), 5, at)
    kinds: dict[str, set[str]] = {}
    for notice in scene.told:
        kinds.setdefault(notice.subject[1], set()).add(notice.kind)
    rung = {i for i, said in kinds.items() if "call.completed" not in said}
    picked_up = {n.subject[1] for n in scene.told if n.kind == "call.answered" and b'"answered_by":"person"' in n.body}
    inbound = {c.id for c in scene.story.calls if c.direction == "inbound"}
    assert scene.header == {
        "total": len(rung),
        "waiting": len(rung - picked_up),
        "waiting_inbound": len((rung - picked_up) & inbound),
        "talking": len(rung & picked_up),
        "talking_inbound": len(rung & picked_up & inbound),
    }


def test_by_day_every_kind_of_call_is_there_and_each_instant_has_calls_of_its_own() -> None:
    company = people.company(5)
    first, again, later = (present.scene(company, 5, INSTANTS[0] + timedelta(minutes=m)) for m in (0, 0, 20))
    assert first.story == again.story
    assert first.header["talking"] > first.header["talking_inbound"] > 0
    assert first.header["waiting"] > first.header["waiting_inbound"] > 0
    assert {c.id for c in first.story.calls}.isdisjoint(c.id for c in later.story.calls)
