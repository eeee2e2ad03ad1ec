"""No line, ring or name of a person out of sight is in any answer about people, whoever asks (features.md W9, W13-W17).

Whom a viewer may see is decided here a second time, from the rules of roles and not by our scope.
"""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.errors import NotFound
from ringlake.flows.answers.presence import TimelineQuery
from ringlake.flows.answers.profile import ProfileQuery
from ringlake.flows.answers.rings import RingsQuery
from ringlake.flows.answers.targets import ProgressQuery
from ringlake.model.base import to_json
from ringlake.model.directory import Ability, Role, Team, User
from ringlake.query.filters import Filter, parse
from ringlake.query.people import PeopleFilter
from tests.unit.answers.staff import MONDAY, NOW, TUESDAY, call, calls, company, presence, rang, said
from tests.unit.export.world import World

pytestmark = pytest.mark.slow

TEAMS = ("t1", "t2", "t3")
RANGE: dict[str, Any] = {"from": MONDAY, "to": TUESDAY}
METRICS = ("talk_s", "agent_aht_s", "occupancy", "agent_missed_rings", "missed_rate")


class Staff:
    """Six people of random roles and teams who all report, ring and talk; names say who they are."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.users = [
            User(
                id=f"u{n}",
                email=f"u{n}@example.com",
                name=f"Secret-{n}-Name",
                role=chance.choice(list(Role)),
                teams=tuple(sorted(chance.sample(TEAMS, chance.randrange(3)))),
                manages=tuple(sorted(chance.sample(TEAMS, chance.randrange(3)))),
                numbers=tuple(sorted(chance.sample(("n1", "n2"), chance.randrange(3)))),
                abilities=tuple(
                    chance.sample((Ability.VIEW_ALL_CALLS, Ability.SCOPE_WORKSPACE), chance.choice([0, 0, 0, 1, 2]))
                ),
                deleted_at=NOW if n == 5 else None,
            )
            for n in range(6)
        ]
        self.chance = chance

    def world(self) -> World:
        world = company()
        for team in TEAMS:
            world.directory.put_team("acme", Team(id=team, name=team))
        for user in self.users:
            world.directory.put_user("acme", user)
        presence(world, *(said(u.id, ("08:00", "online"), ("09:00", "talking"), ("10:00", "end")) for u in self.users))
        calls(world, *(self._call(str(n)) for n in range(8)))
        targets = [{"metric": m, "value": 0.5, "team": t} for m in METRICS for t in ("", *TEAMS)]
        world.answers.targets.change(world.viewer("owner"), {"targets": targets}, "*", NOW)
        return world

    def _call(self, name: str) -> dict[str, Any]:
        first, second = self.chance.sample(self.users, 2)
        outcome = self.chance.choice(["answered", "declined", "no_answer"])
        owner = second if outcome == "answered" else None
        return call(
            name,
            f"09:{int(name):02}",
            rang(first.id, "no_answer", 9.0),
            rang(second.id, outcome, 7.0, 30 if outcome == "answered" else None),
            user_id=owner.id if owner else "",
            team_id=(owner.teams or ("",))[0] if owner else self.chance.choice(TEAMS),
            business_number_id=self.chance.choice(("n1", "n2")),
            talk_s=30 if owner else None,
            unattributed="" if owner else "group_call",
        )


def sees(viewer: User, other: User) -> bool:
    if viewer.id == other.id or viewer.role in (Role.OWNER, Role.ADMIN):
        return True
    everyone = viewer.role is Role.MANAGER or Ability.VIEW_ALL_CALLS in viewer.abilities
    if not everyone:
        return False
    if Ability.SCOPE_WORKSPACE in viewer.abilities:
        return True
    of = viewer.manages if viewer.role is Role.MANAGER else viewer.teams
    if not of:
        return viewer.role is not Role.MEMBER
    return bool(set(of) & set(other.teams))


def everything(world: World, viewer: User) -> list[object]:
    """What the routes about people answer to one viewer, profiles and strips apart."""
    answers, who = world.answers, world.viewer(viewer.id)
    people, plain = parse(PeopleFilter, RANGE), parse(Filter, RANGE)
    return [
        answers.presence.by_day(who, people, NOW),
        answers.presence.availability(who, people, NOW),
        answers.rings.rings(who, parse(RingsQuery, RANGE), NOW),
        answers.load.load(who, plain, NOW),
        answers.targets.show(who)[0],
        answers.targets.progress(who, parse(ProgressQuery, RANGE), NOW),
    ]


def of_one(world: World, viewer: User, other: User) -> list[str]:
    """Strip and profile of one person; nothing when there is no such person for the viewer."""
    who = world.viewer(viewer.id)
    strip = parse(TimelineQuery, {"user": other.id, "day": MONDAY})
    profile = parse(ProfileQuery, {"period": "last_7_days"})
    shown: list[object] = []
    with suppress(NotFound):
        shown.append(world.answers.presence.timeline(who, strip, NOW))
    with suppress(NotFound):
        shown.append(world.answers.profile.profile(who, other.id, profile, NOW))
    return [to_json(one).decode() for one in shown]


@given(st.builds(Staff, st.integers(0, 2**32)))
def test_no_answer_tells_of_people_out_of_sight(staff: Staff) -> None:
    world = staff.world()
    viewer = staff.chance.choice([user for user in staff.users if user.deleted_at is None])
    texts = [to_json(answer).decode() for answer in everything(world, viewer)]
    for other in staff.users:
        if sees(viewer, other):
            # Presence shows everybody in sight.
            assert f'"{other.id}"' in texts[0]
            assert all(other.name in text for text in of_one(world, viewer, other))
        else:
            assert not any(other.name in text or f'"{other.id}"' in text for text in texts), (viewer, other)
            assert of_one(world, viewer, other) == []


@given(st.builds(Staff, st.integers(0, 2**32)))
def test_rows_sum_to_totals_whoever_asks(staff: Staff) -> None:
    world = staff.world()
    for viewer in staff.users[:5]:
        who = world.viewer(viewer.id)
        rung = world.answers.rings.rings(who, parse(RingsQuery, RANGE), NOW)
        for name in ("rung", "answered", "missed", "declined", "elsewhere", "short"):
            assert sum(getattr(row, name) for row in rung.rows) == getattr(rung.total, name)
        load = world.answers.load.load(who, parse(Filter, RANGE), NOW)
        for name in ("calls", "answered", "received", "connected", "missed", "talk_s", "legs", "leg_talk_s"):
            assert sum(getattr(row, name) for row in load.rows) == getattr(load.total, name), name
