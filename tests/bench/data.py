"""Made-up rows of the lake's tables, many and fast: the same rows for the same seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ringlake.model.calls import CallRecord, Leg, Outcome, Party, TimelineStep
from ringlake.model.facts import Direction
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.stores.lake import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

WORKSPACE = "bench"
DAY = "2026-03-02"
TEAMS, NUMBERS, SOURCES = 6, 20, 8

_OUTCOMES = ("answered", "no_answer", "caller_abandoned", "busy", "failed", "voicemail", "outbound_aborted")
_OUTCOME_SHARES = (0.62, 0.13, 0.09, 0.03, 0.01, 0.1, 0.02)
_STATUSES = ("delivered", "received", "undelivered", "pending")
_DIRECTIONS = ("inbound", "outbound", "internal")
# Least, largest, and the share of rows without a value.
_RANGES = {
    "transcript": (0, 1, 0.0),
    "summary": (0, 1, 0.0),
    "recordings": (0, 1, 0.0),
    "legs": (1, 4, 0.0),
    "answered_elsewhere": (0, 2, 0.0),
    "transfers": (0, 1, 0.0),
    "revision": (1, 5, 0.0),
    "ivr_s": (1, 40, 0.7),
    "hold_s": (5, 90, 0.85),
    "ring_s": (1, 45, 0.1),
    "voicemail_s": (4, 75, 0.9),
    "remote_count": (1, 1, 0.0),
    "segments": (1, 3, 0.1),
    "media_count": (0, 1, 0.0),
}
_SURNAMES = ("Ames", "Brandt", "Chen", "Dvořák", "Eriksen", "Fontaine", "García", "Haddad")


def calls(rows: int, *, users: int = 50, seed: int = 1, day: str = DAY) -> pa.Table:
    """`rows` calls of one day with 20 numbers, in working hours. A user mostly works one number."""
    return _rows(CALLS, rows, users, seed, day)


def messages(rows: int, *, users: int = 50, seed: int = 2, day: str = DAY) -> pa.Table:
    """`rows` messages of one day, as `calls`."""
    return _rows(MESSAGES, rows, users, seed, day)


def records(count: int, *, users: int = 50, first: int = 0, day: str = DAY) -> list[CallRecord]:
    """Answered calls of one day as the fold would leave them: two legs, seven steps, three events."""
    midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return [
        _record(first + i, users, midnight + timedelta(hours=9, milliseconds=27_011 * i % 32_400_000))
        for i in range(count)
    ]


def _record(number: int, users: int, at: datetime) -> CallRecord:
    def after(seconds: int) -> datetime:
        return at + timedelta(seconds=seconds)

    who = number % users
    user = Party(user_id=f"user-{who:03}", name=f"{_SURNAMES[who % 8]}, Agent {who}", email=f"agent{who}@example.com")
    other = Party(user_id=f"user-{(who + 1) % users:03}", name="Colleague")
    steps = (("started", 0), ("ringing", 1), ("answered", 9), ("held", 40), ("resumed", 55), ("ended", 130))
    return CallRecord(
        record_id=f"main:ACchange{number:010}",
        workspace=WORKSPACE,
        connection="main",
        provider="openphone",
        provider_id=f"ACchange{number:010}",
        direction=Direction.INBOUND,
        outcome=Outcome.ANSWERED,
        started_at=at,
        ringing_at=after(1),
        answered_at=after(9),
        ended_at=after(130),
        wait_ms=8_000,
        ring_ms=8_000,
        hold_ms=15_000,
        talk_ms=121_000,
        total_ms=130_000,
        business_number=f"+1202555{who % NUMBERS:04}",
        business_number_id=f"number-{who % NUMBERS}",
        remote_number=f"+1202555{number % 10_000:04}",
        remote_country="US",
        party_key="pk1f0a9c77d2e4b80000031031",
        user=user,
        team_id=f"team-{who % TEAMS}",
        team_name=f"Team {who % TEAMS}",
        legs=(
            Leg(
                leg_id="1", party=user, ringing_at=after(1), answered_at=after(9), ended_at=after(130), talk_ms=121_000
            ),
            Leg(leg_id="2", party=other, ringing_at=after(1), ended_at=after(9), ring_ms=8_000),
        ),
        timeline=tuple(TimelineStep(at=after(s), kind=kind, party=user) for kind, s in steps),
        revision=3,
    )


def _rows(table: Table, rows: int, users: int, seed: int, day: str) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(seed)
    schema = arrow_schema(table)
    midnight = int(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp() * 1000)
    # Two peaks of a working day, milliseconds since midnight.
    hours = np.where(random.random(rows) < 0.5, random.normal(10, 1.5, rows), random.normal(15, 1.8, rows))
    since = (np.clip(hours, 0.0, 23.999) * 3_600_000).astype(np.int64)
    started = midnight + since
    user = random.integers(0, users, rows)
    number = np.where(random.random(rows) < 0.8, user % NUMBERS, random.integers(0, NUMBERS, rows))
    words: dict[str, tuple[tuple[str, ...], Any]] = {
        "outcome": (_OUTCOMES, _OUTCOME_SHARES),
        "status": (_STATUSES, (0.5, 0.42, 0.05, 0.03)),
        "direction": (_DIRECTIONS, (0.58, 0.4, 0.02)),
        "kind": (("voice",) if table is CALLS else ("sms", "mms"), None),
        "hangup_by": (("customer", "agent", "unknown"), None),
        "missed_reason": (("", "rang_no_answer", "nobody_available"), (0.8, 0.15, 0.05)),
        "remote_country": (("US", "CA", "GB"), (0.9, 0.07, 0.03)),
        "significant": (("", "VIP", '=HYPERLINK("x")', "needs a\nsecond line"), (0.9, 0.08, 0.01, 0.01)),
        "tags": (("", "refund", "callback;urgent"), (0.8, 0.1, 0.1)),
        "queue": (("", "Service", "Sales, north"), None),
    }
    known: dict[str, Any] = {
        "record_id": _numbered("main:ACbench", np.arange(rows) + seed * 10**8),
        "provider_id": _numbered("ACbench", np.arange(rows) + seed * 10**8),
        "remote_number": _numbered("+1202555", random.integers(0, max(rows // 3, 1), rows)),
        "party_key": _numbered("pk1f0a9c77d2e4b8", random.integers(0, max(rows // 3, 1), rows)),
        "user_id": _coded(user, [f"user-{i:03}" for i in range(users)]),
        "user_name": _coded(user, [f"{_SURNAMES[i % 8]}, Agent {i}" for i in range(users)]),
        "user_email": _coded(user, [f"agent{i}@example.com" for i in range(users)]),
        "team_id": _coded(user % TEAMS, [f"team-{i}" for i in range(TEAMS)]),
        "team_name": _coded(user % TEAMS, [f"Team {i}" for i in range(TEAMS)]),
        "business_number": _coded(number, [f"+1202555{i:04}" for i in range(NUMBERS)]),
        "business_number_id": _coded(number, [f"number-{i}" for i in range(NUMBERS)]),
        "business_number_name": _coded(number, [f"Line {i}" for i in range(NUMBERS)]),
        "source": _coded(number % SOURCES, [f"source {i}" if i else "" for i in range(SOURCES)]),
        "remote_name": _coded(random.integers(0, 8, rows), [f"{n}, Customer" for n in _SURNAMES]),
        "connection": _coded(np.zeros(rows, np.int64), ["main"]),
        "provider": _coded(np.zeros(rows, np.int64), ["openphone"]),
        "zone": _coded(np.zeros(rows, np.int64), ["America/New_York"]),
        "started_at": pa.array(started, pa.timestamp("ms")),
        "local_date": pa.array([date.fromisoformat(day) - timedelta(days=int(d)) for d in (0, 1)]).take(
            pa.array((since < 5 * 3_600_000).astype(np.int64), pa.int64())
        ),
        "local_hour": pa.array((since // 3_600_000 - 5) % 24),
        "local_weekday": pa.array(np.full(rows, date.fromisoformat(day).isoweekday())),
        # One row in fifty is a classifier's: such rows are no calls.
        "is_call": pa.array((random.random(rows) > 0.02).astype(np.int64)),
        "is_message": pa.array(np.ones(rows, np.int64)),
        "wait_s": pa.array(random.integers(0, 120, rows), mask=random.random(rows) < 0.2),
    }
    columns = []
    for field in schema:
        if field.name in known:
            values = known[field.name]
        elif field.name in words:
            choice, shares = words[field.name]
            values = _coded(random.choice(len(choice), rows, p=shares), list(choice))
        elif field.name.startswith("is_"):
            values = pa.array((random.random(rows) < 0.4).astype(np.int64))
        elif pa.types.is_timestamp(field.type):
            values = pa.array(
                started + random.integers(1_000, 600_000, rows), pa.timestamp("ms"), mask=random.random(rows) < 0.15
            )
        elif pa.types.is_string(field.type):
            values = _coded(np.zeros(rows, np.int64), [""])
        elif pa.types.is_decimal(field.type):
            values = pa.array(random.integers(0, 5_000, rows) / 10_000, mask=random.random(rows) < 0.5)
        elif pa.types.is_boolean(field.type):
            values = pa.nulls(rows, pa.bool_())
        else:
            low, high, missing = _RANGES.get(field.name, (0, 900, 0.1))
            values = pa.array(random.integers(low, high + 1, rows), mask=random.random(rows) < missing)
        columns.append(values.cast(field.type))
    return pa.table(columns, schema=schema)


def _coded(codes: Any, words: list[str]) -> Any:
    import pyarrow as pa

    return pa.array(words, pa.string()).take(pa.array(codes))


def _numbered(prefix: str, numbers: Any) -> Any:
    """`prefix` and ten digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=10, padding="0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")
