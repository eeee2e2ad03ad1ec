"""A second opinion on recovery: SQL written from the definitions, over random histories of one customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ringlake.fold.recovery import consequences_of
from ringlake.model.consequences import Consequences, Touch
from ringlake.model.directory import Hours, Workspace
from ringlake.model.marks import Label

SQL = (Path(__file__).parent / "recovery.sql").read_text(encoding="utf-8")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A Friday before the clock goes forward, so that promises run over a weekend and a change of the clock.
FIRST = datetime(2026, 3, 27, 6, tzinfo=UTC)
HOLIDAY = "2026-03-30"

SETTINGS = st.builds(
    Workspace,
    id=st.just("acme"),
    name=st.just("Acme"),
    zone=st.sampled_from(["Europe/Warsaw", "America/New_York", "Asia/Kathmandu"]),
    hours=st.sampled_from(
        [
            Hours(weekly={str(d): [("09:00", "18:00")] for d in range(1, 6)}, holidays=(HOLIDAY,)),
            Hours(weekly={str(d): [("07:30", "12:00"), ("13:15", "16:00")] for d in range(1, 8)}),
        ]
    ),
    recovery_strict=st.booleans(),
    recover_voicemail=st.booleans(),
    recover_short=st.booleans(),
    recovery_window_days=st.sampled_from([1, 2]),
    case_burst_s=st.sampled_from([0, 1800, 7200]),
    callback_sla_s=st.sampled_from([0, 1800, 7200]),
    repeat_days=st.sampled_from([1, 2]),
    target_talk_s=st.sampled_from([0, 600]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Touch]:
    """Everything that one customer and a company did in a few days; on a coarse grid, so that edges are met."""
    found = []
    for number in range(draw(st.integers(0, 2)) * 6 + draw(st.integers(0, 5))):
        at = FIRST + timedelta(minutes=draw(st.sampled_from([10, 30, 360, 720])) * draw(st.integers(0, 9)))
        common: dict[str, Any] = {"key": f"k{number}", "record_id": f"r{draw(st.integers(0, 9))}{number}"}
        common |= {"started_at": at, "connection": "line", "user_id": draw(st.sampled_from(["", "u1", "u2"]))}
        if draw(st.integers(0, 3)) == 0:
            found.append(
                Touch(
                    **common,
                    channel="message",
                    direction=draw(st.sampled_from(["inbound", "outbound", "outbound"])),
                    outcome=draw(st.sampled_from(["delivered", "sent", "undelivered", "pending"])),
                    bulk=draw(st.integers(0, 4)) == 0,
                )
            )
            continue
        outcome = draw(st.sampled_from(["answered", "no_answer", "caller_abandoned", "voicemail", "busy", ""]))
        lasts = draw(st.sampled_from([0, 10, 30])) if outcome else None
        inbound = draw(st.integers(0, 2)) > 0
        found.append(
            Touch(
                **common,
                channel="call",
                direction="inbound" if inbound else "outbound",
                ended_at=at + timedelta(minutes=lasts) if lasts is not None else None,
                outcome=outcome,
                missed_reason=draw(st.sampled_from(["short_abandon", "rang_no_answer"])) if inbound else "",
                person_talked=outcome == "answered",
                talk_ms=lasts * 60_000 if outcome == "answered" and lasts is not None else None,
                spam=draw(st.integers(0, 7)) == 0,
                bulk=not inbound and draw(st.integers(0, 7)) == 0,
                callback_requested=inbound and draw(st.integers(0, 7)) == 0,
            )
        )
    return found


def ms(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // timedelta(milliseconds=1)


def opinion(touches: list[Touch], workspace: Workspace) -> dict[str, dict[str, tuple[Any, ...]]]:
    """What the SQL says, by table and key."""
    with duckdb.connect() as sql:
        sql.execute("set timezone = 'UTC'")
        sql.execute(
            "create table heard (key varchar, record_id varchar, channel varchar, direction varchar, started bigint,"
            " ended bigint, outcome varchar, reason varchar, talked boolean, talk_ms bigint, user_id varchar,"
            " spam boolean, bulk boolean, requested boolean)"
        )
        for t in touches:
            row = [t.key, t.record_id, t.channel, t.direction, ms(t.started_at), ms(t.ended_at), t.outcome]
            row += [t.missed_reason, t.person_talked, t.talk_ms, t.user_id, t.spam, t.bulk, t.callback_requested]
            sql.execute(f"insert into heard values ({', '.join('?' for _ in row)})", row)
        day = 86_400_000
        sql.execute(
            "create table settings as select ? as window_ms, ? as burst_ms, ? as repeat_ms, ? as target_ms,"
            " ? as sla_ms, ? as strict, ? as with_voicemail, ? as with_short, ? as zone",
            [
                workspace.recovery_window_days * day,
                workspace.case_burst_s * 1000,
                workspace.repeat_days * day,
                workspace.target_talk_s * 1000,
                workspace.callback_sla_s * 1000,
                workspace.recovery_strict,
                workspace.recover_voicemail,
                workspace.recover_short,
                workspace.zone,
            ],
        )
        sql.execute("create table hours (weekday int, opens interval, closes interval)")
        for weekday, windows in workspace.hours.weekly.items():
            for opens, closes in windows:
                sql.execute("insert into hours values (?, ?::interval, ?::interval)", [weekday, opens, closes])
        sql.execute("create table holidays (day date)")
        for closed in workspace.hours.holidays:
            sql.execute("insert into holidays values (?)", [closed])
        sql.execute(SQL)
        wanted = {
            "labels": "contact_no, is_unique, is_repeat, is_target, is_spam",
            "fates": "state, attempt, who, recovery_ms, state = 'reached', again_at is not null",
            "cases": (
                "state, opened_at, last_missed_at, misses, attempts, attempt, who, first_at, first_ms, open_ms, due_at,"
                " closed_at"
            ),
        }
        return {
            table: {key: tuple(row) for key, *row in sql.execute(f"select key, {columns} from {table}").fetchall()}
            for table, columns in wanted.items()
        }


def ours(touches: list[Touch], workspace: Workspace) -> dict[str, dict[str, tuple[Any, ...]]]:
    found = consequences_of(touches, {}, workspace)
    calls = {t.key for t in touches if t.channel == "call"}
    return {
        "labels": {key: _labels(means) for key, means in found.items() if key in calls},
        "fates": {
            key: (r.state, r.attempt, r.user_id, r.recovery_ms, r.reached, r.resolved_by_customer)
            for key, means in found.items()
            if (r := means.recovery)
        },
        "cases": {
            key: (
                c.state,
                ms(c.opened_at),
                ms(c.last_missed_at),
                ";".join(c.misses),
                c.attempts,
                c.attempt,
                c.recovered_by,
                ms(c.first_attempt_at),
                c.first_attempt_ms,
                c.first_attempt_open_ms,
                ms(c.due_at),
                ms(c.closed_at),
            )
            for key, means in found.items()
            if (c := means.case)
        },
    }


def _labels(means: Consequences) -> tuple[Any, ...]:
    words = (Label.UNIQUE, Label.REPEAT, Label.TARGET, Label.SPAM)
    return (means.contact_no, *(word in means.labels for word in words))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), SETTINGS)
def test_recovery_and_sql_over_the_same_history_agree(touches: list[Touch], workspace: Workspace) -> None:
    mine, other = ours(touches, workspace), opinion(touches, workspace)
    calls = {t.key for t in touches if t.channel == "call"}
    other["labels"] = {key: row for key, row in other["labels"].items() if key in calls}

    for table in other:
        assert mine[table] == other[table], table
    for state, *_ in mine["fates"].values():
        event(f"state {state}")
    for case in mine["cases"].values():
        event(f"misses in a case {min(case[3].count(';') + 1, 3)}")


@settings(max_examples=50, deadline=None)
@given(histories(), SETTINGS, st.randoms())
def test_the_order_of_arrival_does_not_matter(touches: list[Touch], workspace: Workspace, chance: Any) -> None:
    shuffled = list(touches)
    chance.shuffle(shuffled)

    assert consequences_of(shuffled, {}, workspace) == consequences_of(touches, {}, workspace)
