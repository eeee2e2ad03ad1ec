"""A made-up year of one workspace as objects of the lake: the same rows for the same seed.

Unlike `data`, whose columns know nothing of each other, a row here hangs together as the fold would leave it:
who answered has talked, missed calls have a reason, sets add up. Dashboards group by such columns, and how
many different combinations there are decides how long that takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.tables import CALLS, CASES, DEALS, LEGS, MESSAGES, PRESENCE, Table
from ringlake.stores.lake import Lake, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

WORKSPACE = "bench"
ZONE = "America/New_York"
FIRST, DAYS = date(2025, 4, 1), 365
USERS, TEAMS, NUMBERS, QUEUES, SOURCES, CAMPAIGNS = 50, 6, 20, 8, 8, 5
CUSTOMERS = 150_000
# Of a hundred interactions.
CALLS_SHARE = 0.7
_MS = 1000

type Columns = dict[str, Any]


class Written(NamedTuple):
    """Rows by table."""

    rows: dict[str, int]

    @property
    def interactions(self) -> int:
        return self.rows[CALLS.name] + self.rows[MESSAGES.name]


def write(lake: Lake, interactions: int, days: int = DAYS) -> Written:
    """Objects of all tables; about `interactions` calls and messages, fewer of them at weekends."""
    import numpy as np

    random = np.random.default_rng(7)
    total = {table.name: 0 for table in (CALLS, MESSAGES, LEGS, CASES, PRESENCE, DEALS)}
    dates = [FIRST + timedelta(days=n) for n in range(days)]
    weights = [0.25 if day.isoweekday() > 5 else 1.0 + 0.2 * (day.month % 3) for day in dates]
    for day, weight in zip(dates, weights, strict=True):
        count = round(interactions * weight / sum(weights))
        calls = _calls(random, day, round(count * CALLS_SHARE))
        made = {
            CALLS: calls,
            MESSAGES: _messages(random, day, count - round(count * CALLS_SHARE)),
            LEGS: _legs(random, calls),
            CASES: _cases(random, calls),
            PRESENCE: _presence(random, day),
            DEALS: _deals(random, calls),
        }
        for table, columns in made.items():
            rows = _table(table, columns)
            total[table.name] += len(rows)
            if len(rows):
                lake.write(table, WORKSPACE, day.isoformat(), rows, None)
    return Written(total)


def _starts(random: Any, day: date, rows: int) -> Any:
    """Milliseconds: two peaks of a working day by the local clock, inside the UTC day."""
    import numpy as np

    midnight = int(datetime.combine(day, datetime.min.time(), UTC).timestamp() * _MS)
    hours = np.where(random.random(rows) < 0.5, random.normal(15, 1.6, rows), random.normal(20, 1.7, rows))
    return midnight + (np.clip(hours, 0.0, 23.999) * 3_600_000).astype(np.int64)


def _local(starts: Any, day: date) -> tuple[Any, Any, Any]:
    """Local date (days since 1970), hour and ISO weekday of instants of one UTC day."""
    offset = datetime.combine(day, datetime.min.time(), UTC).astimezone(ZoneInfo(ZONE)).utcoffset() or timedelta()
    hours = (starts // _MS + int(offset.total_seconds())) // 3600
    days = hours // 24
    return days, hours % 24, (days + 3) % 7 + 1


def _identity(name: str, day: date, rows: int) -> Columns:
    import numpy as np

    return {
        "record_id": np.char.add(f"main:{name}{day:%y%m%d}", np.char.zfill(np.arange(rows).astype(str), 8)),
        "provider_id": np.char.add(f"{name}{day:%y%m%d}", np.char.zfill(np.arange(rows).astype(str), 8)),
        "connection": "main",
        "provider": "openphone",
        "zone": ZONE,
        "revision": np.full(rows, 4),
    }


def _customers(random: Any, rows: int) -> Columns:
    """Some customers come often, most seldom."""
    import numpy as np

    who = (random.random(rows) ** 3 * CUSTOMERS).astype(np.int64)
    text = np.char.zfill(who.astype(str), 7)
    return {
        "remote_number": np.char.add("+1202", text),
        "party_key": np.char.add("pk1f0a9c77d2e4b8", text),
        "contact_id": np.where(who % 10 < 3, np.char.add("contact-", text), ""),
        "remote_name": np.where(who % 10 < 3, np.char.add("Customer ", text), ""),
        "remote_country": np.where(who % 40 < 36, "US", np.where(who % 40 < 39, "CA", "GB")),
    }


def _people(user: Any, team: Any, number: Any) -> Columns:
    import numpy as np

    known = user >= 0
    return {
        "user_id": _named("user-", user, known),
        "user_name": _named("Agent ", user, known),
        "user_email": np.where(known, np.char.add(_named("agent", user, known), "@example.com"), ""),
        "team_id": _named("team-", team),
        "team_name": _named("Team ", team),
        "business_number": np.char.add("+12025550", np.char.zfill(number.astype(str), 3)),
        "business_number_id": _named("number-", number),
        "business_number_name": _named("Line ", number),
    }


def _named(prefix: str, codes: Any, known: Any = True) -> Any:
    import numpy as np

    return np.where(known, np.char.add(prefix, codes.astype(str)), "")


def _calls(random: Any, day: date, rows: int) -> Columns:
    import numpy as np

    starts = _starts(random, day, rows)
    days, hours, weekdays = _local(starts, day)
    chance = random.random
    classifier = chance(rows) < 0.01
    direction = np.where(classifier, "", random.choice(["inbound", "outbound", "internal"], rows, p=[0.58, 0.4, 0.02]))
    inbound, outbound = direction == "inbound", direction == "outbound"
    outcome = np.where(
        inbound,
        random.choice(
            ["answered", "caller_abandoned", "no_answer", "voicemail", "busy", "failed"],
            rows,
            p=[0.72, 0.11, 0.09, 0.06, 0.01, 0.01],
        ),
        random.choice(
            ["answered", "no_answer", "busy", "failed", "outbound_aborted"], rows, p=[0.6, 0.3, 0.05, 0.02, 0.03]
        ),
    )
    outcome = np.where(classifier, "", outcome)
    answered = outcome == "answered"
    is_open = (weekdays <= 5) & (hours >= 8) & (hours < 18)
    waits = random.exponential(12_000, rows).astype(np.int64)
    spam = inbound & (chance(rows) < 0.01)
    menu = inbound & (chance(rows) < 0.4)
    left_menu = inbound & ~answered & menu & (chance(rows) < 0.1)
    short = inbound & (outcome == "caller_abandoned") & (waits <= 5_000)
    unanswered = inbound & ~answered
    reason = np.select(
        [
            ~unanswered, spam, ~is_open, left_menu, short, outcome == "failed", outcome == "voicemail",
            outcome == "caller_abandoned", chance(rows) < 0.3,
        ],
        [
            "", "spam", "closed_hours", "ivr_abandon", "short_abandon", "technical", "direct_voicemail",
            "caller_gave_up", "nobody_available",
        ],
        "rang_no_answer",
    )  # fmt: skip
    ans = inbound & answered & is_open & ~spam
    offered = ans | (unanswered & ~np.isin(reason, ["spam", "closed_hours", "ivr_abandon"]))
    callback = offered & ~answered & (chance(rows) < 0.02)
    short_set = offered & ~answered & ~callback & (reason == "short_abandon")
    missed = offered & ~answered & ~callback & ~short_set
    candidate = unanswered & ~spam
    recovered = candidate & (chance(rows) < 0.6)
    user = random.integers(0, USERS, rows)
    number = np.where(chance(rows) < 0.8, user % NUMBERS, random.integers(0, NUMBERS, rows))
    team = user % TEAMS
    nobody = unanswered | classifier
    talk = np.where(answered, np.clip(random.lognormal(4.8, 0.9, rows), 1, 7200), -1).astype(np.int64)
    ring = np.where(inbound, waits // 1000, random.integers(1, 40, rows))
    has_wait = inbound & ~left_menu
    cost = outbound & (chance(rows) < 0.9)
    ends = starts + (np.maximum(talk, 0) + waits // 1000 + 1) * _MS
    return {
        **_identity("AC", day, rows),
        **_customers(random, rows),
        **_people(np.where(nobody, -1, user), team, number),
        "kind": np.where(classifier, "classifier", "voice"),
        "direction": direction,
        "outcome": outcome,
        "live": "",
        "missed_reason": reason,
        "unattributed": np.where(nobody, np.where(chance(rows) < 0.7, "group_call", "nobody"), ""),
        "queue": np.where(inbound, _named("Queue ", number % QUEUES), ""),
        "campaign": np.where(number < CAMPAIGNS, _named("Campaign ", number), ""),
        "source": np.where(number % SOURCES > 0, _named("source ", number % SOURCES), ""),
        "started_at": starts,
        "queued_at": _some(starts, has_wait),
        "ringing_at": _some(starts + 500, ~classifier),
        "answered_at": _some(starts + waits, answered),
        "ended_at": ends,
        "local_date": days,
        "local_hour": hours,
        "local_weekday": weekdays,
        "in_open_hours": is_open,
        "ivr_s": _some(random.integers(3, 40, rows), menu),
        "wait_ms": _some(waits, has_wait),
        "wait_s": _some((waits + 500) // 1000, has_wait),
        "ring_s": _some(ring, ~classifier),
        "hold_s": _some(random.integers(5, 90, rows), answered & (chance(rows) < 0.15)),
        "talk_s": _some(talk, answered),
        "total_s": (ends - starts) // _MS,
        "hangup_by": random.choice(["customer", "agent", "unknown"], rows),
        "recordings": answered & (chance(rows) < 0.8),
        "voicemail_status": np.where(outcome == "voicemail", "left", "none"),
        "tags": random.choice(["", "refund", "callback;urgent"], rows, p=[0.8, 0.1, 0.1]),
        "legs": np.where(answered, 2, 1),
        "answered_elsewhere": answered & (chance(rows) < 0.2),
        "transfers": answered & (chance(rows) < 0.05),
        "cost_amount": _some(np.maximum(talk, 0) / 6000 + 0.01, cost),
        "cost_currency": np.where(cost, "USD", ""),
        "home_amount": _some(np.maximum(talk, 0) / 6000 + 0.01, cost),
        "home_currency": np.where(cost, "USD", ""),
        "cost_source": np.where(cost, "provider", ""),
        "is_call": ~classifier,
        "is_inbound": inbound,
        "is_outbound": outbound,
        "is_internal": direction == "internal",
        "is_answered": answered,
        "is_offered": offered,
        "is_missed": missed,
        "is_short_abandon": short_set,
        "is_closed_hours": reason == "closed_hours",
        "is_ivr_abandon": reason == "ivr_abandon",
        "is_voicemail": outcome == "voicemail",
        "is_abandoned": outcome == "caller_abandoned",
        "is_no_answer": outcome == "no_answer",
        "is_busy": outcome == "busy",
        "is_failed": outcome == "failed",
        "is_aborted": outcome == "outbound_aborted",
        "is_answered_offered": ans,
        "is_within_service": ans & (waits <= 20_000),
        "is_callback_requested": callback,
        "is_anonymous": np.zeros(rows, bool),
        "contact_no": random.integers(1, 30, rows),
        "is_unique": chance(rows) < 0.15,
        "is_repeat": chance(rows) < 0.5,
        "is_target": answered & (chance(rows) < 0.2),
        "is_spam": spam,
        "is_candidate": candidate,
        "is_recovered": recovered,
        "is_reached": recovered & (chance(rows) < 0.7),
        "is_resolved_by_customer": candidate & ~recovered & (chance(rows) < 0.3),
        "is_unrecovered": candidate & ~recovered,
        "recovery_s": _some(random.integers(60, 90_000, rows), recovered),
        "recovery_state": np.where(candidate, np.where(recovered, "reached", "open"), ""),
        "is_success": answered & (chance(rows) < 0.1),
        "is_no_success": answered & (chance(rows) < 0.02),
    }


def _messages(random: Any, day: date, rows: int) -> Columns:
    import numpy as np

    starts = _starts(random, day, rows)
    days, hours, weekdays = _local(starts, day)
    inbound = random.random(rows) < 0.45
    status = np.where(
        inbound,
        "received",
        random.choice(["delivered", "sent", "undelivered", "pending"], rows, p=[0.86, 0.06, 0.06, 0.02]),
    )
    user = random.integers(0, USERS, rows)
    owned = ~inbound | (random.random(rows) < 0.8)
    return {
        **_identity("MS", day, rows),
        **_customers(random, rows),
        **_people(np.where(owned, user, -1), user % TEAMS, user % NUMBERS),
        "kind": random.choice(["sms", "mms"], rows, p=[0.9, 0.1]),
        "direction": np.where(inbound, "inbound", "outbound"),
        "status": status,
        "started_at": starts,
        "delivered_at": _some(starts + 2_000, status == "delivered"),
        "local_date": days,
        "local_hour": hours,
        "local_weekday": weekdays,
        "in_open_hours": (weekdays <= 5) & (hours >= 8) & (hours < 18),
        "remote_count": np.ones(rows, np.int64),
        "segments": random.integers(1, 4, rows),
        "media_count": np.zeros(rows, np.int64),
        "is_bulk": random.random(rows) < 0.05,
        "is_message": np.ones(rows, bool),
        "is_inbound": inbound,
        "is_outbound": ~inbound,
        "is_delivered": status == "delivered",
        "is_undelivered": status == "undelivered",
        "is_pending": np.isin(status, ["pending", "sent"]),
        "is_spam": random.random(rows) < 0.01,
    }


def _legs(random: Any, calls: Columns) -> Columns:
    """One leg or two for every call, and two steps of its path."""
    import numpy as np

    real = np.flatnonzero(calls["kind"] == "voice")
    second = real[random.random(len(real)) < 0.6]
    of = np.concatenate([real, second, real, real])
    parts = [len(real), len(second), len(real), len(real)]
    is_leg = np.repeat([True, True, False, False], parts)
    seq = np.repeat([1, 2, 1, 2], parts)
    own = calls["user_id"][of]
    other = _named("user-", random.integers(0, USERS, len(of)))
    starts = calls["started_at"][of]
    answered = (calls["outcome"][of] == "answered") & is_leg & (seq == 1)
    ring = random.integers(1, 30, len(of))
    return {
        "record_id": calls["record_id"][of],
        "row_kind": np.where(is_leg, "leg", "step"),
        "seq": seq,
        "leg_id": _named("leg", seq, is_leg),
        "kind": np.where(is_leg, "agent", np.where(seq == 1, "ringing", "ended")),
        "user_id": np.where(is_leg, np.where((seq == 1) & (own != ""), own, other), ""),
        "started_at": starts,
        "answered_at": _some(starts + 5_000, answered),
        "ended_at": starts + 60_000,
        "ring_s": _some(ring, is_leg),
        "talk_s": _some(np.maximum(calls["total_s"][of], 0), answered),
        "outcome": np.where(
            ~is_leg,
            "",
            np.where(answered, "answered", random.choice(["no_answer", "answered_elsewhere", "declined"], len(of))),
        ),
    }


def _cases(random: Any, calls: Columns) -> Columns:
    import numpy as np

    of = np.flatnonzero(calls["is_candidate"])
    of = of[random.random(len(of)) < 0.7]
    names = [name for name in CASES.names if name in calls]
    recovered = calls["is_recovered"][of]
    ones = np.ones(len(of), bool)
    return {
        **{name: calls[name][of] if getattr(calls[name], "shape", ()) else calls[name] for name in names},
        "state": np.where(recovered, "reached", "open"),
        "case_source": "missed",
        "reason": calls["missed_reason"][of],
        "misses": np.ones(len(of), np.int64),
        "miss_ids": calls["record_id"][of],
        "opened_at": calls["ended_at"][of],
        "last_missed_at": calls["ended_at"][of],
        "closed_at": _some(calls["ended_at"][of] + 3_600_000, recovered),
        "attempts": recovered.astype(np.int64),
        "first_attempt_s": _some(random.integers(60, 90_000, len(of)), recovered),
        "first_attempt_open_s": _some(random.integers(60, 30_000, len(of)), recovered),
        "is_case": ones,
        "is_open": ~recovered,
        "is_attempted": recovered,
        "is_within_sla": recovered & (random.random(len(of)) < 0.5),
        "is_resolved_by_text": np.zeros(len(of), bool),
        "is_dismissed": np.zeros(len(of), bool),
    }


def _presence(random: Any, day: date) -> Columns:
    """Every user: offline, then twenty stretches of a working day, then offline; cut at local midnight too."""
    import numpy as np

    offset = datetime.combine(day, datetime.min.time(), UTC).astimezone(ZoneInfo(ZONE)).utcoffset() or timedelta()
    midnight = int(datetime.combine(day, datetime.min.time(), UTC).timestamp())
    cut = -int(offset.total_seconds())
    found: dict[str, list[Any]] = {name: [] for name in ("start", "end", "user", "status")}
    for user in range(USERS):
        inner = np.sort(random.choice(np.arange(13 * 3600, 23 * 3600), 20, replace=False))
        edges = np.concatenate([[0, cut], inner, [86_400]])
        count = len(edges) - 1
        status = random.choice(["talking", "online", "dnd"], count, p=[0.45, 0.45, 0.1])
        status[[0, 1, -1]] = "offline"
        found["start"].append(edges[:-1])
        found["end"].append(edges[1:])
        found["user"].append(np.full(count, user))
        found["status"].append(status)
    start, end, who, status = (np.concatenate(found[name]) for name in ("start", "end", "user", "status"))
    starts = (midnight + start) * _MS
    days, hours, weekdays = _local(starts, day)
    seconds = end - start
    return {
        "line": _named("user user-", who),
        "user_id": _named("user-", who),
        "user_name": _named("Agent ", who),
        "team_id": _named("team-", who % TEAMS),
        "team_name": _named("Team ", who % TEAMS),
        "status": status,
        "started_at": starts,
        "ended_at": (midnight + end) * _MS,
        "seconds": seconds,
        "local_date": days,
        "local_hour": hours,
        "local_weekday": weekdays,
        "zone": ZONE,
        **{f"{name}_s": np.where(status == name, seconds, 0) for name in ("talking", "online", "dnd", "offline")},
    }


def _deals(random: Any, calls: Columns) -> Columns:
    import numpy as np

    of = np.flatnonzero((calls["direction"] == "inbound") & calls["is_answered"])
    of = of[random.random(len(of)) < 0.05]
    names = [name for name in DEALS.names if name in calls and name != "flags"]
    ordered = random.random(len(of)) < 0.3
    starts = calls["started_at"][of]
    return {
        **{name: calls[name][of] if getattr(calls[name], "shape", ()) else calls[name] for name in names},
        "record_id": np.char.add("d", calls["record_id"][of]),
        "state": np.where(ordered, "ordered", "quoted"),
        "brand": random.choice(["", "Alpha", "Beta", "Gamma"], len(of)),
        "amount": random.integers(1_000, 90_000, len(of)) / 100,
        "currency": "USD",
        "call_id": calls["record_id"][of],
        "call_started_at": starts,
        "quoted_at": starts,
        "ordered_at": _some(starts + 86_400_000, ordered),
        "order_s": _some(np.full(len(of), 86_400), ordered),
        "is_deal": np.ones(len(of), bool),
        "is_quote": np.ones(len(of), bool),
        "is_order": ordered,
        "is_converted": ordered,
        "is_lost": np.zeros(len(of), bool),
    }


def _some(values: Any, there: Any) -> Any:
    """The values where they are there, else null."""
    import numpy as np

    return np.ma.masked_array(values, ~there)


def _table(table: Table, columns: Mapping[str, Any]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    rows = len(columns["started_at"])
    arrays = []
    for field in arrow_schema(table):
        values = columns.get(field.name)
        if values is None:
            nothing = "" if pa.types.is_string(field.type) else None
            arrays.append(pa.repeat(pa.scalar(nothing, field.type), rows))
        elif isinstance(values, str):
            arrays.append(pa.repeat(pa.scalar(values, field.type), rows))
        else:
            mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
            plain = np.ma.getdata(values)
            if plain.dtype == bool:
                plain = plain.astype(np.int64)
            if pa.types.is_decimal(field.type):
                arrays.append(pa.array(np.round(plain, 4), pa.float64(), mask=mask).cast(field.type))
            elif pa.types.is_string(field.type):
                arrays.append(pa.array(plain.tolist(), field.type))
            elif pa.types.is_date(field.type):
                arrays.append(pa.array(plain.astype(np.int32), pa.int32(), mask=mask).cast(field.type))
            else:
                arrays.append(pa.array(plain, pa.int64(), mask=mask).cast(field.type))
    return pa.table(arrays, schema=arrow_schema(table))
