"""Reads a presence scenario: what accounts and calls say, and the line of a local day that comes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ringlake.flows.rollup import RolledUp, rollup
from ringlake.model.directory import Account, Directory
from ringlake.model.events import RawEvent
from ringlake.model.tables import PRESENCE
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.lake import ObjectLake
from ringlake.stores.marks import MemoryMarks
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.trails import MemoryTrails
from tests.scenarios import tables
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import Scenario
from tests.scenarios.world import WORKSPACE, House, directory_of, store_of

HERE = Path(__file__).parent
SETTINGS = {"day", "zone", "links", "capable", "dnd_devices", "always", "now"}


@dataclass(frozen=True)
class Story:
    """One file. `expected` are the rows of a local day by whose it is and which, None for no line at all."""

    scenario: Scenario
    expected: Mapping[tuple[str, date], Sequence[str] | None]
    now: datetime

    @property
    def name(self) -> str:
        return self.scenario.name


def stories() -> list[Story]:
    return [read(path) for path in sorted(HERE.glob("*.txt"))]


def read(path: Path) -> Story:
    title, *blocks = re.split(r"\n\s*\n", path.read_text().strip())
    settings: dict[str, str] = {}
    table: list[str] = []
    expected: dict[tuple[str, date], Sequence[str] | None] = {}
    for block in blocks:
        rows = [row.strip() for row in block.strip("\n").splitlines()]
        if "|" in rows[0]:
            table = rows
        elif rows[0].split()[0] in SETTINGS:
            settings |= {name: rest.strip() for name, _, rest in (row.partition(" ") for row in rows)}
        else:
            absent = rows[0].startswith("no ")
            whose, day = rows[0].removeprefix("no ").rsplit(" ", 1)
            expected[whose, date.fromisoformat(day)] = None if absent else [" ".join(row.split()) for row in rows[1:]]
    assert set(settings) <= SETTINGS, f"{path.name}: unknown setting"
    assert expected, f"{path.name}: nothing expected"
    day = settings.get("day", "2026-09-14")
    always = {"type": "presence.changed", **tables._fields(settings.get("always", ""))}
    scenario = Scenario(
        name=path.stem,
        title=" ".join(title.split()),
        settings={"zone": "UTC", **settings},
        lines=tables._lines(path.name, table, always, day),
    )
    # Two days later everything is over, unless the scenario says what time it is.
    over = datetime.fromisoformat(f"{day}T12:00:00+00:00") + timedelta(days=2)
    return Story(scenario, expected, scenario.time(settings.get("now", "")) or over)


def directory(story: Story) -> Directory:
    """The company of all scenarios; `links` says whose the accounts are (`anna A`, `anna A since 12:00:00`)."""
    found = directory_of(story.scenario)
    settings = story.scenario.settings
    connections = tuple(
        msgspec.structs.replace(
            c,
            capabilities=("dnd",) if settings.get("capable") == "yes" else (),
            options={"dnd_devices": settings["dnd_devices"]} if "dnd_devices" in settings else {},
        )
        for c in found.connections
    )
    stated = re.split(r"\s{2,}", settings["links"]) if "links" in settings else ["anna anna"]
    links = [_link(text, story.scenario) for text in stated]
    users = tuple(
        msgspec.structs.replace(u, accounts=tuple(account for who, account in links if u.id == f"u-{who}"))
        for u in found.users
    )
    return msgspec.structs.replace(found, connections=connections, users=users)


def _link(text: str, scenario: Scenario) -> tuple[str, Account]:
    found = re.fullmatch(r"(\w+) (\S+)(?: since (.+?))?(?: until (.+?))?", text)
    assert found, text
    who, account, since, until = found.groups()
    return who, Account(
        connection="pbx",
        id=account,
        since=scenario.time(since) if since else None,
        until=scenario.time(until) if until else None,
    )


@dataclass
class Company:
    """The house, and the lake behind it."""

    story: Story
    house: House = field(init=False)
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    beside: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.house = House(store_of(directory(self.story)))
        self.beside = {"trails": MemoryTrails(), "marks": MemoryMarks(), "contacts": MemoryContacts()}

    def events(self) -> list[RawEvent]:
        """What came through the door, in order of arrival."""
        for delivery, at in deliveries(self.story.scenario):
            assert self.house.receive(delivery, "generic", at).status == 200
        kept = (e for events in self.house.journal.items.values() for e in events.values())
        return sorted(kept, key=lambda e: (e.received_at, e.event_id))

    def roll_up(self, now: datetime) -> RolledUp:
        self.house.now = now
        return rollup(
            WORKSPACE,
            records=self.house.records,
            lake=ObjectLake(self.objects),
            directory=self.house.directory,
            clock=self.house.clock,
            **self.beside,
        )

    def rows(self) -> list[dict[str, Any]]:
        lake = ObjectLake(self.objects)
        days = list(lake.days(PRESENCE, WORKSPACE))
        return [row for day in days for row in lake.read(PRESENCE, WORKSPACE, day).rows.to_pylist()]

    def line(self, whose: str, day: date) -> list[str] | None:
        """A local day as the scenario writes it; None when there is no row of it."""
        zone = directory(self.story).workspace.tz
        mine = [
            row
            for row in self.rows()
            if row["local_date"] == day
            and (row["user_account"] == whose.removeprefix("nobody ") or row["user_id"] == f"u-{whose}")
        ]
        found: list[tuple[str, str, str]] = []
        for row in mine:
            said = row["status"] + (f" ({row['raw']})" if row["raw"] not in ("", row["status"]) else "")
            said += f" [{row['calls']}]" if row["calls"] else ""
            begin = _shown(row["started_at"], zone, end=False)
            end = _shown(row["ended_at"], zone, end=True)
            if found and found[-1][1:] == (begin, said):
                found[-1] = (found[-1][0], end, said)
            else:
                found.append((begin, end, said))
        return [f"{begin}-{end} {said}" for begin, end, said in found] if mine else None


def _shown(at: datetime | None, zone: Any, *, end: bool) -> str:
    if at is None:
        return ""
    clock = at.replace(tzinfo=UTC).astimezone(zone).strftime("%H:%M:%S")
    return "24:00" if end and clock == "00:00:00" else clock.removesuffix(":00")
