"""Truth against what was found, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from .attendance import Stretch
from .truth import Row, Truth

MISSING, EXTRA = "(missing)", "(not in the story)"


@dataclass(frozen=True)
class Difference:
    """One cell that is not as the story has it; `column` is "" where the whole row is missing or too much."""

    record_id: str
    column: str
    expected: object
    found: object


def differences(expected: Mapping[str, Row], found: Iterable[Mapping[str, Any]]) -> list[Difference]:
    """Every cell in which rows of a table or file differ from the truth; columns that the truth
    does not know are not looked at.
    """
    rows: dict[str, Mapping[str, Any]] = {}
    wrong: list[Difference] = []
    for row in found:
        record_id = str(row["record_id"])
        if record_id in rows or record_id not in expected:
            wrong.append(Difference(record_id, "", None, EXTRA))
        rows[record_id] = row
    for record_id, row in expected.items():
        if record_id not in rows:
            wrong.append(Difference(record_id, "", None, MISSING))
            continue
        actual = {column: plain(rows[record_id][column]) for column in row}
        wrong += [Difference(record_id, c, value, actual[c]) for c, value in row.items() if actual[c] != value]
    return wrong


def plain(value: object) -> object:
    """Dates and decimals as text, as the truth has them."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def summary(wrong: Iterable[Difference], most: int = 12) -> str:
    """The differences for people: how many per column, then the first few."""
    listed = list(wrong)
    counts = Counter(d.column or str(d.found) for d in listed)
    lines = [f"{count} x {column}" for column, count in counts.most_common()]
    lines += [f"  {d.record_id} {d.column}: expected {d.expected!r}, found {d.found!r}" for d in listed[:most]]
    return "\n".join(lines)


def stretches(
    rows: Iterable[Mapping[str, Any]], zone: str, days: Iterable[date]
) -> dict[tuple[str, date], list[Stretch]]:
    """Rows of the presence table as the truth has it: for each person and local day the stretches of one
    status, joined over the cuts at midnights, and cut where the day begins and ends.
    """
    edges = {day: (_midnight(day, zone), _midnight(day + timedelta(days=1), zone)) for day in days}
    found: dict[tuple[str, date], list[Stretch]] = {}
    for row in sorted((r for r in rows if r["user_id"]), key=lambda r: (r["user_id"], r["started_at"])):
        start, end = (at and at.replace(tzinfo=UTC) for at in (row["started_at"], row["ended_at"]))
        for day, (first, last) in edges.items():
            a, b = max(start, first), min(end or last, last)
            if a < b:
                line = found.setdefault((row["user_id"], day), [])
                if line and line[-1][1:] == (a, row["status"]):
                    line[-1] = (line[-1][0], b, row["status"])
                else:
                    line.append((a, b, row["status"]))
    return found


def presence_differences(
    expected: Mapping[tuple[str, date], Sequence[Stretch]], found: Mapping[tuple[str, date], Sequence[Stretch]]
) -> list[Difference]:
    """Every day of a person whose line is another than the truth's, with the first stretch that differs."""
    wrong = []
    for person, day in sorted({*expected, *found}):
        told, seen = list(expected.get((person, day), ())), list(found.get((person, day), ()))
        if told != seen:
            pairs = zip_longest(told, seen)
            first = next((a, b) for a, b in pairs if a != b)
            wrong.append(Difference(f"{person} {day}", "line", *first))
    return wrong


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


# What calls are counted by, besides being held against the truth cell by cell.
CUTS = ("outcome", "missed_reason", "user_id", "business_number", "local_date")


def lake(
    known: Truth, days: Iterable[date], rows: Callable[[str], Iterable[Mapping[str, Any]]]
) -> dict[str, list[Difference]]:
    """Everything in which the lake's tables differ from the truth, by kind; `rows` gives all rows of a table."""
    calls = [row for row in rows("calls") if row["is_call"]]
    lines = stretches(rows("presence"), known.zone, days)
    return {
        "cells of calls": differences(known.calls, calls) + counted(known, calls),
        "cells of texts": differences(known.messages, rows("messages")),
        "cells of legs": differences(known.legs, _talked(rows("legs"), known)),
        "cells of cases": differences(known.cases, rows("cases")),
        "days of presence": presence_differences(known.presence, lines),
    }


def _talked(legs: Iterable[Mapping[str, Any]], known: Truth) -> list[Mapping[str, Any]]:
    """The legs on which a colleague talked to a customer who had called, named as the truth names them."""
    calls = {str(row["record_id"]).rpartition(" ")[0] for row in known.legs.values()}
    return [
        {**leg, "record_id": f"{leg['record_id']} {leg['user_id']}"}
        for leg in legs
        if leg["row_kind"] == "leg" and leg["kind"] == "agent" and leg["answered_at"] and leg["record_id"] in calls
    ]


def counted(known: Truth, rows: Collection[Mapping[str, Any]]) -> list[Difference]:
    """The same calls counted by outcome, reason, user, number and day."""
    wrong = []
    for column in CUTS:
        right: Counter[object] = Counter(row[column] for row in known.calls.values())
        found = Counter(plain(row[column]) for row in rows)
        values = sorted({*right, *found}, key=str)
        wrong += [
            Difference(str(value), f"calls by {column}", right[value], found[value])
            for value in values
            if right[value] != found[value]
        ]
    return wrong
