"""Truth against what was found, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .truth import Row

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
