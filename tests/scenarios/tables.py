"""Reads a scenario file: what a provider sends as a text table, and what must come of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
SETTINGS = {
    *("provider", "day", "zone", "open", "short_abandon", "always", "country"),
    *("spam", "withheld", "tariff", "text_tariff", "handed_on"),
}
_CLOCK = re.compile(r"(?:(?P<day>\d{4}-\d\d-\d\d) )?(?P<clock>\d\d:\d\d:\d\d(?:\.\d+)?)")


@dataclass(frozen=True)
class Line:
    """One delivery: the cells that are not empty, by column."""

    number: int
    cells: Mapping[str, str]
    received_at: datetime


@dataclass(frozen=True)
class Expected:
    """What must hold of one record; `absent` when there must be none."""

    kind: str
    id: str
    fields: Mapping[str, str]
    absent: bool = False


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    settings: Mapping[str, str]
    lines: Sequence[Line]
    expected: Sequence[Expected] = field(default=())

    @property
    def day(self) -> str:
        return self.settings.get("day", "2026-09-14")

    @property
    def provider(self) -> str:
        return self.settings.get("provider", "generic")

    def time(self, text: str) -> datetime | None:
        return clock(text, self.day)


def clock(text: str, day: str) -> datetime | None:
    """`09:00:07` or `2026-10-25 00:30:00` as an instant in UTC; None for anything else."""
    found = _CLOCK.fullmatch(text)
    return datetime.fromisoformat(f"{found['day'] or day}T{found['clock']}").replace(tzinfo=UTC) if found else None


def scenarios() -> list[Scenario]:
    return [read(path) for path in sorted(HERE.glob("*.txt"))]


def read(path: Path) -> Scenario:
    blocks = [b for b in re.split(r"\n\s*\n", path.read_text().strip()) if b.strip()]
    title, *rest = blocks
    settings: dict[str, str] = {}
    table: list[str] = []
    expected: list[Expected] = []
    for block in rest:
        rows = block.strip("\n").splitlines()
        if "|" in rows[0]:
            assert not table, f"{path.name}: one table per file"
            table = rows
        elif rows[0].split()[0] in SETTINGS:
            settings |= dict(_pair(row) for row in rows)
        else:
            expected.append(_expected(rows))
    assert table, f"{path.name}: no table"
    assert expected, f"{path.name}: nothing expected"
    assert set(settings) <= SETTINGS, f"{path.name}: unknown setting"
    day = settings.get("day", "2026-09-14")
    return Scenario(
        name=path.stem,
        title=" ".join(title.split()),
        settings=settings,
        lines=_lines(path.name, table, _fields(settings.get("always", "")), day),
        expected=expected,
    )


def _pair(row: str) -> tuple[str, str]:
    name, _, value = row.strip().partition(" ")
    return name, value.strip()


def _fields(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in re.split(r"\s{2,}", text.strip()) if part)


def _lines(name: str, table: Sequence[str], always: Mapping[str, str], day: str) -> list[Line]:
    header = [cell.strip() for cell in table[0].split("|")]
    assert set(table[1]) <= set("-+ "), f"{name}: the second line of a table is a rule"
    found: list[Line] = []
    for number, row in enumerate(table[2:], start=1):
        cells = [cell.strip() for cell in row.split("|")]
        assert len(cells) == len(header), f"{name}, line {number}: {len(cells)} cells for {len(header)} columns"
        given = {k: v for k, v in zip(header, cells, strict=True) if v}
        at = clock(given.get("time", ""), day)
        received = clock(given.pop("received", ""), day) or (at and at + timedelta(seconds=1))
        assert received, f"{name}, line {number}: say when it was received"
        # A cell of a dash takes back a field that `always` would send.
        merged = {k: v for k, v in {**always, **given}.items() if v != "-"}
        found.append(Line(number=number, cells=merged, received_at=received))
    return found


def _expected(rows: Sequence[str]) -> Expected:
    head = rows[0].split()
    absent = head[0] == "no"
    kind, subject_id = head[-2:]
    return Expected(kind=kind, id=subject_id, fields=dict(_pair(r) for r in rows[1:]), absent=absent)
