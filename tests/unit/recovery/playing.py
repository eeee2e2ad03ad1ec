"""Scenarios of recovery: text tables in, rows of the lake out (tests/scenarios/recovery/README.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ringlake.flows.rollup import rollup
from ringlake.model.calls import CallRecord, MissedReason, Outcome, Party
from ringlake.model.directory import Hours, Workspace
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.marks import CaseState, Marks
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import CALLS, CASES, Table
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.lake import ObjectLake, memory_lake
from ringlake.stores.records import MemoryRecords, Record, Records
from tests.unit.lake.making import beside, store

FOLDER = Path(__file__).parents[2] / "scenarios" / "recovery"
NOTHING = "-"
REASONS = {
    "no_answer": MissedReason.RANG_NO_ANSWER,
    "caller_abandoned": MissedReason.CALLER_GAVE_UP,
    "busy": MissedReason.NOBODY_AVAILABLE,
    "failed": MissedReason.TECHNICAL,
    "voicemail": MissedReason.DIRECT_VOICEMAIL,
}


@dataclass
class Story:
    """One file, read."""

    workspace: Workspace
    heard: list[dict[str, str]] = field(default_factory=list)
    words: list[tuple[str, str, datetime]] = field(default_factory=list)
    expected: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def instant(self, local: str) -> datetime:
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(self.workspace.zone)).astimezone(UTC)

    def records(self) -> list[Record]:
        return [self._record(line) for line in self.heard]

    def marks(self) -> list[Marks]:
        return [
            Marks(record_id=f"line:{name}", case_state=CaseState(state), updated_at=at, updated_by="u-boss")
            for name, state, at in self.words
        ]

    def _record(self, line: Mapping[str, str]) -> Record:
        told = {name: value for name, value in line.items() if value != NOTHING}
        what, connection = told.pop("what"), told.pop("connection", "line")
        name, customer = told.pop("id"), told.pop("from", "")
        common: dict[str, Any] = {
            "record_id": f"{connection}:{name}",
            "workspace": self.workspace.id,
            "connection": connection,
            "provider": "generic",
            "provider_id": name,
            "started_at": self.instant(told.pop("start")),
            "party_key": customer,
            "remote_number": customer or "anonymous",
            "business_number": told.pop("number", "+48220000001"),
            "user": Party(user_id=told.pop("user", "")),
            "direction": Direction.OUTBOUND if what.endswith("out") else Direction.INBOUND,
            "revision": 1,
        }
        lasts, end = told.pop("lasts", None), told.pop("end", "")
        if "_" in what:
            status = MessageStatus(end or ("received" if what == "text_in" else "delivered"))
            return MessageRecord(**common, status=status, bulk=what == "bulk_out")
        seconds = float(lasts) if lasts else None
        told = {**_reason(end, common["direction"]), **told}
        return msgspec.convert(
            msgspec.to_builtins(
                CallRecord(
                    **common,
                    outcome=Outcome(end) if end else None,
                    ended_at=common["started_at"] + timedelta(seconds=seconds) if seconds is not None else None,
                    total_ms=int(seconds * 1000) if seconds is not None else None,
                    talk_ms=int(seconds * 1000) if seconds is not None and end == "answered" else None,
                )
            )
            | {key: tuple(value.split(";")) if key == "tags" else value for key, value in told.items()},
            CallRecord,
            strict=False,
        )


def _reason(end: str, direction: Direction) -> dict[str, str]:
    return {"missed_reason": REASONS[end].value} if direction is Direction.INBOUND and end in REASONS else {}


def read(name: str) -> Story:
    settings: dict[str, Any] = {"id": "acme", "name": "Acme", "zone": "Europe/Warsaw"}
    weekly: dict[str, list[tuple[str, str]]] = {}
    holidays: list[str] = []
    tables: dict[str, list[dict[str, str]]] = {}
    words: list[tuple[str, str, str]] = []
    table: list[dict[str, str]] | None = None
    header: list[str] = []
    for raw in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        parts = line.split()
        if parts[0] == ":":
            match parts[1:]:
                case ["hours", days, *windows]:
                    first, _, last = days.partition("-")
                    for day in range(int(first), int(last or first) + 1):
                        weekly[str(day)] = [(w.split("-")[0], w.split("-")[1]) for w in windows]
                case ["holiday", day]:
                    holidays.append(day)
                case [key, value]:
                    settings[key] = value
        elif parts[0] == "!":
            words.append((parts[1], parts[2], parts[3]))
        elif parts in (["heard"], ["calls"], ["cases"]):
            table, header = tables.setdefault(parts[0], []), []
        elif not header:
            header = parts
        else:
            assert table is not None
            assert len(parts) == len(header), f"{name}: {line}"
            table.append(dict(zip(header, parts, strict=True)))
    hours = Hours(weekly=weekly, holidays=tuple(holidays))
    workspace = msgspec.convert({**settings, "hours": msgspec.to_builtins(hours)}, Workspace, strict=False)
    story = Story(workspace, tables.pop("heard"), expected=tables)
    story.words = [(name, state, story.instant(at)) for name, state, at in words]
    return story


class Played:
    """A company that heard a story, and its lake."""

    def __init__(self, story: Story, records: Records | None = None, kept: dict[str, Any] | None = None) -> None:
        self.story = story
        self.records: Records = records or MemoryRecords()
        self.lake, self.beside = memory_lake(), kept or beside()
        self.directory = MemoryDirectory()
        self.directory.put_workspace(story.workspace)

    def hear(self, records: Iterable[Record]) -> None:
        store(self.records, *records)

    def hear_words(self) -> None:
        for marks in self.story.marks():
            self.beside["marks"].put("acme", marks, None)
            connection, _, own = marks.record_id.partition(":")
            subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection=connection, id=own)
            self.records.mark("acme", [subject.key])

    def roll_up(self, at_once: int = 1) -> None:
        stores: dict[str, Any] = {"records": self.records, "lake": self.lake, "directory": self.directory}
        now = max(record.started_at for record in self.story.records()) + timedelta(minutes=5)
        assert rollup("acme", **stores, **self.beside, clock=lambda: now, at_once=at_once).complete

    def rows(self, table: Table) -> dict[str, dict[str, Any]]:
        lake: ObjectLake = self.lake
        days = list(lake.days(table, "acme"))
        found = [row for day in days for row in lake.read(table, "acme", day).rows.to_pylist()]
        return {row["record_id"].partition(":")[2]: row for row in found}

    def differences(self) -> list[str]:
        found = []
        for name, table in (("calls", CALLS), ("cases", CASES)):
            rows = self.rows(table)
            expected = self.story.expected.get(name, [])
            if name == "cases" and name in self.story.expected and set(rows) != {line["id"] for line in expected}:
                found.append(f"cases: {sorted(rows)}")
            for line in expected:
                row = rows.get(line["id"], {})
                for column, wanted in line.items():
                    shown = line["id"] if column == "id" and row else self._shown(row.get(column))
                    if shown != wanted:
                        found.append(f"{name} {line['id']}: {column} is {shown}, not {wanted}")
        return found

    def _shown(self, value: Any) -> str:
        if isinstance(value, datetime):
            local = value.replace(tzinfo=UTC).astimezone(ZoneInfo(self.story.workspace.zone))
            return local.replace(tzinfo=None).isoformat()
        if isinstance(value, date):
            return value.isoformat()
        return NOTHING if value is None or value == "" else str(value).replace("line:", "")
